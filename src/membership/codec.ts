import { decodeAddress, encodeAddress } from '../core/address.ts';
import { u16At, u32At, u48At, writeU16, writeU32, writeU48 } from '../core/bytes.ts';
import { Malformed, readAddress, readBoolean, readList, readName, readOptionalName, readU32, readWhole } from '../core/fields.ts';
import type { MemberState, Tags } from '../core/view.ts';
import type { Claim } from './claim.ts';
import { BUCKETS_MAX, BUCKET_BYTES } from './digest.ts';
import { HEALTH_MAX } from './health-score.ts';
import { ACCUSERS_MAX, TAGS_MAX_BYTES } from './limits.ts';
import { Kind, NACKS, SYNC_STATUS } from './messages.ts';
import type { Header, MembershipMessage } from './messages.ts';
import { HEADER_BIN_BYTES, tagsBytes } from './wire-size.ts';

/*
 * Messages as positional arrays of plain values; `docs/protocol.md`, "Membership messages", shows the
 * layout. Fixed-width numbers share one binary: a ping is 37 bytes, and its size does not depend on
 * their values. A decoder takes what it knows and ignores fields after it, so that a later version
 * can append.
 */

/** Wire numbers are the positions. */
const STATES = ['alive', 'suspect', 'failed', 'left'] as const satisfies readonly MemberState[];
/** Claims in one packet, and pairs of tags in one claim: more than ever fit. */
const CLAIMS_MAX = 128;
const TAG_FIELDS_MAX = 256;

export function encodeMembership(message: MembershipMessage): unknown[] {
  const out: unknown[] = [message.kind, message.from, encodeHeader(message)];
  switch (message.kind) {
    case Kind.ping:
      out.push(message.target);
      break;
    case Kind.ack:
      if (message.answered !== null) {
        out.push(message.updates.map(encodeClaim), message.answered);
        return out;
      }
      break;
    case Kind.pingReq:
      out.push(message.target, message.targetBoot, message.timeoutMs);
      break;
    case Kind.nack:
      out.push(NACKS.indexOf(message.reason));
      break;
    case Kind.gossip:
      out.push(message.answer, message.updates.map(encodeClaim));
      return out;
    case Kind.syncRequest:
      out.push(message.token, message.offer, encodeClaim(message.claim), message.after, message.buckets);
      return out;
    case Kind.syncReply:
      out.push(SYNC_STATUS.indexOf(message.status), message.token);
      if (message.status !== 'token') out.push(message.claims.map(encodeClaim), message.next, message.rival === null ? null : encodeAddress(message.rival));
      return out;
    case Kind.leave:
      out.push(encodeClaim(message.claim));
      return out;
  }
  if (message.updates.length > 0) out.push(message.updates.map(encodeClaim));
  return out;
}

/**
 * @param fields What the guard and the decoder let through; the first is the kind.
 * @throws {Malformed} for anything that is not a whole, valid message. Nothing of such a one is used.
 */
export function decodeMembership(fields: readonly unknown[]): MembershipMessage {
  const kind = fields[0];
  const header = decodeHeader(fields);
  switch (kind) {
    case Kind.ping:
      return { kind, ...header, target: readName(fields[3], 'target'), updates: decodeUpdates(fields[4]) };
    case Kind.ack:
      return { kind, ...header, updates: decodeUpdates(fields[3]), answered: fields[4] === undefined ? null : readU32(fields[4], 'answered') };
    case Kind.pingReq:
      return {
        kind,
        ...header,
        target: readName(fields[3], 'target'),
        targetBoot: readU32(fields[4], 'targetBoot'),
        timeoutMs: readWhole(fields[5], 0x1_0000, 'timeoutMs'),
        updates: decodeUpdates(fields[6]),
      };
    case Kind.nack:
      return { kind, ...header, reason: NACKS[readWhole(fields[3], NACKS.length, 'reason')]!, updates: decodeUpdates(fields[4]) };
    case Kind.gossip:
      return { kind, ...header, answer: readBoolean(fields[3], 'answer'), updates: decodeUpdates(fields[4]) };
    case Kind.syncRequest:
      return {
        kind,
        ...header,
        token: readU32(fields[3], 'token'),
        offer: readU32(fields[4], 'offer'),
        claim: decodeClaim(fields[5]),
        after: readOptionalName(fields[6], 'after'),
        buckets: decodeBuckets(fields[7]),
      };
    case Kind.syncReply: {
      const status = SYNC_STATUS[readWhole(fields[3], SYNC_STATUS.length, 'status')]!;
      const token = readU32(fields[4], 'token');
      if (status === 'token') return { kind, ...header, status, token, claims: [], next: '', rival: null };
      return {
        kind,
        ...header,
        status,
        token,
        claims: decodeUpdates(fields[5]),
        next: readOptionalName(fields[6], 'next'),
        rival: fields[7] === null ? null : readAddress(fields[7], 'rival'),
      };
    }
    case Kind.leave:
      return { kind, ...header, claim: decodeClaim(fields[3]) };
    default:
      throw new Malformed('kind');
  }
}

function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_BIN_BYTES);
  writeU32(bytes, 0, header.boot);
  writeU48(bytes, 4, header.incarnation);
  writeU32(bytes, 10, header.digest);
  bytes[14] = header.health;
  writeU16(bytes, 15, header.seq);
  return bytes;
}

function decodeHeader(fields: readonly unknown[]): Header {
  const bytes = fields[2];
  // Longer is allowed: a later version may append.
  if (!(bytes instanceof Uint8Array) || bytes.length < HEADER_BIN_BYTES) throw new Malformed('header');
  return {
    from: readName(fields[1], 'from'),
    boot: u32At(bytes, 0),
    incarnation: u48At(bytes, 4),
    digest: u32At(bytes, 10),
    health: Math.min(HEALTH_MAX, bytes[14]!), // the upper bits are free
    seq: u16At(bytes, 15),
  };
}

function encodeClaim(claim: Claim): unknown[] {
  const address = encodeAddress(claim.address);
  const bytes = new Uint8Array(10 + address.length);
  writeU32(bytes, 0, claim.boot);
  writeU48(bytes, 4, claim.incarnation);
  bytes.set(address, 10);
  const out: unknown[] = [STATES.indexOf(claim.state), claim.name, bytes];
  const tags = Object.entries(claim.tags).flat();
  if (claim.state === 'alive') return tags.length === 0 ? out : [...out, tags];
  out.push(tags, [...claim.accusers]);
  if (claim.state !== 'suspect') out.push(claim.ageMs);
  return out;
}

function decodeClaim(value: unknown): Claim {
  const fields = readList(value, 16, 'claim');
  const state = STATES[readWhole(fields[0], STATES.length, 'state')]!;
  const name = readName(fields[1], 'claim.name');
  const bytes = fields[2];
  if (!(bytes instanceof Uint8Array) || (bytes.length !== 16 && bytes.length !== 28)) throw new Malformed('claim.identity');
  const address = decodeAddress(bytes.subarray(10));
  if (address === null) throw new Malformed('claim.address');
  const tags = fields[3] === undefined ? NO_TAGS : decodeTags(fields[3]);
  const accusers = state === 'alive' || state === 'left' ? NOBODY : decodeAccusers(fields[4], name);
  return {
    state,
    name,
    address,
    tags,
    accusers,
    boot: u32At(bytes, 0),
    incarnation: u48At(bytes, 4),
    ageMs: state === 'failed' || state === 'left' ? readU32(fields[5], 'age') : 0,
  };
}

const NO_TAGS: Tags = Object.freeze({});
const NOBODY: readonly string[] = Object.freeze([]);

function decodeUpdates(value: unknown): readonly Claim[] {
  return value === undefined ? [] : readList(value, CLAIMS_MAX, 'updates').map(decodeClaim);
}

/** Sorted and distinct, as the merge keeps them; at least one, and never the subject itself. */
function decodeAccusers(value: unknown, subject: string): readonly string[] {
  const accusers = readList(value, ACCUSERS_MAX, 'accusers').map((name) => readName(name, 'accuser'));
  const sorted = accusers.every((name, i) => i === 0 || accusers[i - 1]! < name);
  if (accusers.length === 0 || !sorted || accusers.includes(subject)) throw new Malformed('accusers');
  return accusers;
}

/** Keys and values in turn. `Object.fromEntries` defines properties, so that a key like `__proto__` is only a key. */
function decodeTags(value: unknown): Tags {
  const flat = readList(value, TAG_FIELDS_MAX, 'tags');
  if (flat.length % 2 !== 0) throw new Malformed('tags');
  const entries: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const key = flat[i];
    const text = flat[i + 1];
    if (typeof key !== 'string' || typeof text !== 'string') throw new Malformed('tags');
    entries.push([key, text]);
  }
  const tags = Object.fromEntries(entries);
  if (tagsBytes(tags) > TAGS_MAX_BYTES) throw new Malformed('tags');
  return Object.freeze(tags);
}

function decodeBuckets(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length === 0 || value.length % BUCKET_BYTES !== 0 || value.length > BUCKETS_MAX * BUCKET_BYTES) {
    throw new Malformed('buckets');
  }
  return value;
}
