import { fc } from '@fast-check/vitest';
import { encodeAddress } from '../../src/core/address.ts';
import { decodeAddress } from '../../src/core/address.ts';
import type { Claim } from '../../src/membership/claim.ts';
import { Kind, NACKS, SYNC_STATUS } from '../../src/membership/messages.ts';
import type { Header, MembershipMessage } from '../../src/membership/messages.ts';

const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i));
export const anyName = fc.array(fc.constantFrom(...printable), { minLength: 1, maxLength: 64 }).map((chars) => chars.join(''));
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const byte = fc.integer({ min: 0, max: 255 });
export const anyAddress = fc
  .oneof(fc.array(byte, { minLength: 6, maxLength: 6 }), fc.array(byte, { minLength: 18, maxLength: 18 }))
  .map((bytes) => decodeAddress(Uint8Array.from(bytes)))
  .filter((address) => address !== null)
  .filter((address) => decodeAddress(encodeAddress(address)) === address);
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
export const anyTags = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true });
const accusers = fc.uniqueArray(fc.constantFrom('p', 'q', 'r', 's', 't', 'u'), { minLength: 1, maxLength: 4 }).map((names) => names.sort());

/**
 * Claims about one name, few enough identities that they often meet. What belongs to an identity
 * (address, tags) follows from it, as its owner makes it.
 */
export const anyClaim: fc.Arbitrary<Claim> = fc
  .record({
    state: fc.constantFrom('alive', 'suspect', 'failed', 'left'),
    boot: fc.integer({ min: 1, max: 3 }),
    incarnation: fc.integer({ min: 1, max: 4 }),
    accusers,
    ageMs: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ state, boot, incarnation, accusers: by, ageMs }) => ({
    state,
    name: 'x',
    boot,
    incarnation,
    address: `10.0.${boot}.${incarnation}:1`,
    tags: { life: `${boot}/${incarnation}` },
    accusers: state === 'suspect' || state === 'failed' ? by : [],
    ageMs: state === 'failed' || state === 'left' ? ageMs : 0,
  }));

/** Any claim that may be on the wire. */
export const wireClaim: fc.Arbitrary<Claim> = fc
  .record({
    state: fc.constantFrom('alive', 'suspect', 'failed', 'left'),
    name: anyName.filter((name) => name.length > 1),
    boot: u32,
    incarnation: fc.oneof(
      fc.integer({ min: 0, max: 100 }),
      fc.maxSafeInteger().map((n) => Math.abs(n) % 2 ** 48),
    ),
    address: anyAddress,
    tags: anyTags,
    accusers,
    ageMs: u32,
  })
  .map((claim) => ({
    ...claim,
    accusers: claim.state === 'suspect' || claim.state === 'failed' ? claim.accusers : [],
    ageMs: claim.state === 'failed' || claim.state === 'left' ? claim.ageMs : 0,
  }));

const updates = fc.array(wireClaim, { maxLength: 20 });
const headers: fc.Arbitrary<Header> = fc.record({
  from: anyName,
  boot: u32,
  incarnation: fc.maxSafeInteger().map((n) => Math.abs(n) % 2 ** 48),
  digest: u32,
  health: fc.integer({ min: 0, max: 8 }),
  seq: u16,
});
const with_ = <T extends object>(kind: number, fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<MembershipMessage> =>
  fc.tuple(headers, fc.record(fields)).map(([header, rest]) => ({ kind, ...header, ...rest }) as unknown as MembershipMessage);
const buckets = fc.constantFrom(1, 2, 4, 64, 128).chain((count) => fc.uint8Array({ minLength: count * 8, maxLength: count * 8 }));

export const anyMessage: fc.Arbitrary<MembershipMessage> = fc.oneof(
  with_(Kind.ping, { target: anyName, updates }),
  with_(Kind.ack, { answered: fc.option(u32), updates }),
  with_(Kind.pingReq, { target: anyName, targetBoot: u32, timeoutMs: u16, updates }),
  with_(Kind.nack, { reason: fc.constantFrom(...NACKS), updates }),
  with_(Kind.gossip, { answer: fc.boolean(), updates }),
  with_(Kind.syncRequest, { token: u32, offer: u32, claim: wireClaim, after: fc.oneof(fc.constant(''), anyName), buckets }),
  with_(Kind.syncReply, {
    status: fc.constantFrom(...SYNC_STATUS.slice(1)),
    token: u32,
    claims: updates,
    next: fc.oneof(fc.constant(''), anyName),
    rival: fc.option(anyAddress),
  }),
  with_(Kind.syncReply, { status: fc.constant('token'), token: u32, claims: fc.constant([]), next: fc.constant(''), rival: fc.constant(null) }),
  with_(Kind.leave, { claim: wireClaim }),
);
