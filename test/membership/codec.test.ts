import { fc, test as property } from '@fast-check/vitest';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/core/fields.ts';
import { isPlain } from '../../src/core/plain.ts';
import { decodeMembership, encodeMembership } from '../../src/membership/codec.ts';
import { ENVELOPE_BYTES, TAGS_MAX_BYTES } from '../../src/membership/limits.ts';
import { Kind } from '../../src/membership/messages.ts';
import type { MembershipMessage } from '../../src/membership/messages.ts';
import { claimBytes, packetBytes, tagsBytes } from '../../src/membership/wire-size.ts';
import * as envelope from '../../src/transport/envelope.ts';
import { claim, header } from '../support/membership-lone.ts';
import { anyMessage, wireClaim } from './arbitraries.ts';

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false });
const bytesOf = (message: MembershipMessage): Uint8Array => Uint8Array.from(packr.pack(encodeMembership(message)));
const name64 = 'n'.repeat(64);

describe('the membership codec', () => {
  property.prop([anyMessage])('gives back every message as it was, through the guard and the real encoder', (message) => {
    const bytes = bytesOf(message);
    expect(isPlain(bytes)).toBe(true);
    expect(decodeMembership(unpackr.unpack(bytes) as unknown[])).toEqual(message);
  });

  property.prop([anyMessage])('knows the exact size beforehand', (message) => {
    expect(packetBytes(message)).toBe(ENVELOPE_BYTES + bytesOf(message).length);
  });

  property.prop([fc.array(fc.anything({ maxDepth: 3, withTypedArray: true }), { maxLength: 9 })])(
    'makes a message of any fields, or says Malformed',
    (fields) => {
      const kind = fc.sample(fc.integer({ min: 1, max: 8 }), 1)[0]!;
      for (const attempt of [fields, [kind, ...fields], [kind, 'name', new Uint8Array(17), ...fields]]) {
        try {
          expect(decodeMembership(attempt).kind).toBe(attempt[0]);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }
    },
  );

  property.prop([anyMessage, fc.nat(), fc.integer({ min: 0, max: 255 })])('survives one changed byte: another message, or Malformed', (message, at, value) => {
    const bytes = bytesOf(message);
    bytes[at % bytes.length] = value;
    if (!isPlain(bytes)) return;
    const fields: unknown = unpackr.unpack(bytes);
    if (!Array.isArray(fields)) return;
    try {
      const other = decodeMembership(fields);
      expect(decodeMembership(encodeMembership(other))).toEqual(other);
    } catch (error) {
      expect(error).toBeInstanceOf(Malformed);
    }
  });

  it('ignores what a later version appends', () => {
    const ping: MembershipMessage = { kind: Kind.ping, ...header('abcd'), target: 'efgh', updates: [] };
    expect(decodeMembership([...encodeMembership(ping), [], 'later', 7])).toEqual(ping);
  });

  it.each([
    ['an accuser twice', (c: unknown[]) => (c[4] = ['q', 'q'])],
    ['accusers out of order', (c: unknown[]) => (c[4] = ['r', 'q'])],
    ['no accuser', (c: unknown[]) => (c[4] = [])],
    ['five accusers', (c: unknown[]) => (c[4] = ['p', 'q', 'r', 's', 't'])],
    ['the subject as its own accuser', (c: unknown[]) => (c[4] = ['b'])],
    ['an unknown state', (c: unknown[]) => (c[0] = 4)],
    ['a name with a space', (c: unknown[]) => (c[1] = 'a b')],
    ['a short identity', (c: unknown[]) => (c[2] = new Uint8Array(15))],
    ['port 0', (c: unknown[]) => (c[2] = new Uint8Array(16))],
    ['a tag without a value', (c: unknown[]) => (c[3] = ['key'])],
    ['a tag that is no text', (c: unknown[]) => (c[3] = ['key', 1])],
    ['tags above their limit', (c: unknown[]) => (c[3] = ['key', 'v'.repeat(TAGS_MAX_BYTES)])],
  ])('refuses a claim with %s', (_, spoil) => {
    const fields = encodeMembership({ kind: Kind.gossip, ...header('c'), answer: false, updates: [claim('b', { state: 'suspect' })] });
    decodeMembership(fields);
    spoil((fields[4] as unknown[][])[0]!);
    expect(() => decodeMembership(fields)).toThrow(Malformed);
  });

  it('takes a tag called __proto__ for a tag', () => {
    const tags = Object.fromEntries([['__proto__', 'x']]);
    const back = decodeMembership(encodeMembership({ kind: Kind.leave, ...header('b'), claim: claim('b', { state: 'left', tags }) }));
    expect(Object.entries((back as { claim: { tags: object } }).claim.tags)).toEqual([['__proto__', 'x']]);
  });
});

describe('sizes on the wire', () => {
  const small = header('abcd', { boot: 0xffff_ffff, incarnation: 1_700_000_000_000, digest: 0xffff_ffff, health: 8, seq: 0xffff });

  it('counts the envelope as it is', () => {
    expect(ENVELOPE_BYTES).toBe(envelope.ENVELOPE_BYTES);
  });

  it('makes a ping of at most 38 bytes and an ack of at most 34, for names of four characters', () => {
    expect(packetBytes({ kind: Kind.ping, ...small, target: 'efgh', updates: [] })).toBe(37);
    expect(packetBytes({ kind: Kind.ack, ...small, answered: null, updates: [] })).toBe(32);
  });

  it('fits the longest claim into the smallest packet, beside the longest header', () => {
    const tags = { k: 'v'.repeat(TAGS_MAX_BYTES - 6) };
    expect(tagsBytes(tags)).toBe(TAGS_MAX_BYTES);
    const accusers = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
    const longest = claim(name64, { state: 'failed', tags, accusers, address: '[2001:db8:1:2:3:4:5:6]:65535', ageMs: 0xffff_ffff });
    const request: MembershipMessage = {
      kind: Kind.pingReq,
      ...header(name64),
      target: name64,
      targetBoot: 0xffff_ffff,
      timeoutMs: 0xffff,
      updates: [longest],
    };
    expect(packetBytes(request)).toBeLessThanOrEqual(1_100);
  });

  property.prop([wireClaim])('never lets a claim grow by its size arithmetic', (c) => {
    expect(claimBytes(c)).toBe(packetBytes({ kind: Kind.leave, ...small, claim: c }) - packetBytes({ kind: Kind.ack, ...small, answered: null, updates: [] }));
  });
});
