import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isActive } from '../../src/membership/claim.ts';
import { addHash, bucketCount, bucketDigests, bucketOf, differingBuckets, memberHash } from '../../src/membership/digest.ts';
import { MemberTable } from '../../src/membership/member-table.ts';
import { Tokens, halfSipHash } from '../../src/membership/tokens.ts';
import { claim } from '../support/membership-lone.ts';
import { anyClaim } from './arbitraries.ts';

describe('the view digest', () => {
  property.prop([fc.array(fc.tuple(fc.constantFrom('b', 'c', 'd'), anyClaim, fc.boolean()), { maxLength: 30 })])(
    'kept by addition is that of the active members, whatever came and went',
    (steps) => {
      const table = new MemberTable(claim('a'), 0);
      for (const [name, what, remove] of steps) {
        const peer = table.put({ ...what, name }, 0);
        if (remove) table.remove(peer);
      }
      const active = [...table.peers()].filter((peer) => isActive(peer.claim.state));
      expect(table.digest).toBe(active.reduce((sum, { claim: c }) => addHash(sum, memberHash(c)), 0));
      expect(new Set(table.active)).toEqual(new Set(active.filter((peer) => peer !== table.self)));
      expect(table.failed.size).toBe([...table.peers()].filter((peer) => peer.claim.state === 'failed').length);
      expect(table.suspects.size).toBe([...table.peers()].filter((peer) => peer.claim.state === 'suspect').length);
      expect([...table.members.keys()].sort()).toEqual([...table.peers()].map((peer) => peer.claim.name).sort());
    },
  );

  it('tells lives and incarnations apart, also above 32 bits, and not states', () => {
    const hashes = [claim('b'), claim('b', { boot: 1 }), claim('b', { incarnation: 1_001 }), claim('b', { incarnation: 1_000 + 2 ** 32 }), claim('c')].map(
      (c) => memberHash(c),
    );
    expect(new Set(hashes).size).toBe(5);
    expect(memberHash(claim('b', { state: 'suspect', tags: { k: 'v' } }))).toBe(memberHash(claim('b')));
  });
});

describe('buckets', () => {
  it('are a power of two, about one for eight members, never more than fit', () => {
    expect([1, 64, 65, 500, 4_096].map((n) => bucketCount(n, 1_200))).toEqual([8, 8, 16, 64, 128]);
    expect(bucketCount(4_096, 600)).toBe(64);
  });

  property.prop([fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 40 }), fc.nat()])(
    'differ exactly where a member differs',
    (names, pick) => {
      const ours = names.map((name) => claim(name, { boot: 1, address: '10.0.0.1:1' }));
      const odd = ours[pick % ours.length]!;
      const theirs = ours.map((c) => (c === odd ? { ...c, incarnation: 2_000 } : c));
      const differ = differingBuckets(bucketDigests(ours, 16), bucketDigests(theirs, 16));
      expect(differ.map((d, i) => (d ? i : -1)).filter((i) => i >= 0)).toEqual([bucketOf(odd.name, 16)]);
    },
  );
});

describe('tokens', () => {
  it('use HalfSipHash-2-4 (the reference`s vectors)', () => {
    expect(halfSipHash(0x03020100, 0x07060504, '')).toBe(0x5b9f35a9);
    expect(halfSipHash(0x03020100, 0x07060504, '\0')).toBe(0xb85a4727);
  });

  it('are good for their address, this minute and the next, and in no other process', () => {
    const tokens = new Tokens(1, 2);
    const minute = 60_000_000;
    const token = tokens.mint('10.0.0.1:1', 5 * minute);
    expect(tokens.valid(token, '10.0.0.1:1', 5 * minute + 59_999_999)).toBe(true);
    expect(tokens.valid(token, '10.0.0.1:1', 6 * minute + 59_999_999)).toBe(true);
    expect(tokens.valid(token, '10.0.0.1:1', 7 * minute)).toBe(false);
    expect(tokens.valid(token, '10.0.0.1:2', 5 * minute)).toBe(false);
    expect(tokens.valid(0, '10.0.0.1:1', 5 * minute)).toBe(false);
    expect(new Tokens(1, 3).valid(token, '10.0.0.1:1', 5 * minute)).toBe(false);
  });
});
