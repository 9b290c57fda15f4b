import type { Address } from '../core/address.ts';
import type { Tags } from '../core/view.ts';
import type { Claim } from './claim.ts';
import { ENVELOPE_BYTES } from './limits.ts';
import { Kind } from './messages.ts';
import type { MembershipMessage } from './messages.ts';

/*
 * Exact sizes of what the codec writes, without writing it: a packet is filled by adding sizes up
 * and encoded once. A property test holds these against the real encoder.
 */

/** boot 4, incarnation 6, digest 4, health 1, seq 2. */
export const HEADER_BIN_BYTES = 17;

/** Bytes of `text` in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 4;
      i += 1;
    } else bytes += 3;
  }
  return bytes;
}

const stringBytes = (text: string): number => {
  const bytes = utf8Bytes(text);
  return bytes + (bytes < 32 ? 1 : bytes < 256 ? 2 : 3);
};
const binaryBytes = (length: number): number => length + (length < 256 ? 2 : 3);
const uintBytes = (value: number): number => (value < 0x80 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : value <= 0xffff_ffff ? 5 : 9);
/** The head of an array of `length` items. */
export const arrayHeadBytes = (length: number): number => (length < 16 ? 1 : 3);
const addressLength = (address: Address): number => (address.startsWith('[') ? 18 : 6);

/** Encoded size of tags; at most `TAGS_MAX_BYTES`. */
export function tagsBytes(tags: Tags): number {
  const entries = Object.entries(tags);
  let bytes = arrayHeadBytes(entries.length * 2);
  for (const [key, value] of entries) bytes += stringBytes(key) + stringBytes(value);
  return bytes;
}

/** Encoded size of one claim. */
export function claimBytes(claim: Claim): number {
  let bytes = 1 + 1 + stringBytes(claim.name) + binaryBytes(10 + addressLength(claim.address));
  if (claim.state === 'alive') {
    for (const _ in claim.tags) return bytes + tagsBytes(claim.tags);
    return bytes;
  }
  bytes += tagsBytes(claim.tags) + arrayHeadBytes(claim.accusers.length);
  for (const name of claim.accusers) bytes += stringBytes(name);
  return claim.state === 'suspect' ? bytes : bytes + uintBytes(claim.ageMs);
}

/** Encoded size of a list of claims. */
export function claimsBytes(claims: readonly Claim[]): number {
  let bytes = arrayHeadBytes(claims.length);
  for (const claim of claims) bytes += claimBytes(claim);
  return bytes;
}

/** Size of the whole datagram that carries `message`, envelope included. Bytes. */
export function packetBytes(message: MembershipMessage): number {
  const base = ENVELOPE_BYTES + 1 + 1 + stringBytes(message.from) + binaryBytes(HEADER_BIN_BYTES);
  switch (message.kind) {
    case Kind.ping:
      return base + stringBytes(message.target) + trailing(message.updates);
    case Kind.ack:
      return message.answered === null ? base + trailing(message.updates) : base + claimsBytes(message.updates) + uintBytes(message.answered);
    case Kind.pingReq:
      return base + stringBytes(message.target) + uintBytes(message.targetBoot) + uintBytes(message.timeoutMs) + trailing(message.updates);
    case Kind.nack:
      return base + 1 + trailing(message.updates);
    case Kind.gossip:
      return base + 1 + claimsBytes(message.updates);
    case Kind.syncRequest:
      return (
        base +
        uintBytes(message.token) +
        uintBytes(message.offer) +
        claimBytes(message.claim) +
        stringBytes(message.after) +
        binaryBytes(message.buckets.length)
      );
    case Kind.syncReply: {
      const short = base + 1 + uintBytes(message.token);
      if (message.status === 'token') return short;
      return short + claimsBytes(message.claims) + stringBytes(message.next) + (message.rival === null ? 1 : binaryBytes(addressLength(message.rival)));
    }
    case Kind.leave:
      return base + claimBytes(message.claim);
  }
}

/** Updates come last and are left out when there are none. */
const trailing = (updates: readonly Claim[]): number => (updates.length === 0 ? 0 : claimsBytes(updates));
