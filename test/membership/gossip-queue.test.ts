import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { GossipQueue, retransmitLimit } from '../../src/membership/gossip-queue.ts';
import { claimBytes } from '../../src/membership/wire-size.ts';
import { claim } from '../support/membership-lone.ts';

const everybody = (...names: string[]): { claim: { name: string } }[] => names.map((name) => ({ claim: { name } }));
const many = everybody(...Array.from({ length: 40 }, (_, i) => `m${i}`));
const names = (claims: readonly { name: string }[]): string[] => claims.map(({ name }) => name);

describe('retransmitLimit', () => {
  it('is max(⌈3·log2(n+1)⌉, n−1 while n ≤ 16), as computed with real logarithms', () => {
    for (let n = 1; n <= 4_096; n += 1) {
      const formula = Math.ceil(Number((3 * Math.log2(n + 1)).toFixed(9)));
      expect(retransmitLimit(n)).toBe(n <= 16 ? Math.max(formula, n - 1) : formula);
    }
  });
});

describe('the gossip queue', () => {
  it('keeps one piece of news per member, the last one added', () => {
    const queue = new GossipQueue();
    queue.add(claim('b'), null, 0);
    queue.add(claim('b', { state: 'suspect' }), null, 0);
    expect(queue.size).toBe(1);
    expect(queue.take('m1', 1_000, many, 0)).toEqual([claim('b', { state: 'suspect' })]);
  });

  it('sends the least sent first, and among these the largest that fits', () => {
    const queue = new GossipQueue();
    const small = claim('b');
    const large = claim('c', { tags: { key: 'a value of some length' } });
    queue.add(small, null, 0);
    queue.add(large, null, 0);
    expect(names(queue.take('m1', claimBytes(large) + 3, many, 0))).toEqual(['c']);
    expect(names(queue.take('m2', claimBytes(large) + 3, many, 0))).toEqual(['b']);
    expect(names(queue.take('m3', 1_000, many, 0))).toEqual(['c', 'b']);
    expect(names(queue.take('m4', claimBytes(small) + 3, many, 0))).toEqual(['b']);
    expect(names(queue.take('m5', claimBytes(small) + 2, many, 0))).toEqual([]);
  });

  it('sends each piece exactly as often as the limit says, then forgets it', () => {
    const queue = new GossipQueue();
    queue.add(claim('b'), null, 0);
    let sent = 0;
    while (queue.size > 0) sent += queue.take(many[sent % 40]!.claim.name, 1_000, many, 0).length;
    expect(sent).toBe(retransmitLimit(41));
  });

  it('in a small cluster tells everybody once before it tells anybody twice', () => {
    const queue = new GossipQueue();
    const others = everybody('c', 'd', 'e', 'f');
    queue.add(claim('b'), 'c', 0);
    const told = ['d', 'd', 'e', 'c', 'f', 'e'].filter((name) => queue.take(name, 1_000, others, 0).length > 0);
    expect(told).toEqual(['d', 'e', 'f', 'e']); // c told us; e again in the second cycle
  });

  it('tells nobody that he himself is alive, but the suspect that it is suspected', () => {
    const queue = new GossipQueue();
    queue.add(claim('b'), null, 0);
    expect(queue.take('b', 1_000, many, 0)).toEqual([]);
    queue.add(claim('b', { state: 'suspect' }), null, 0);
    expect(names(queue.take('b', 1_000, many, 0))).toEqual(['b']);
  });

  it('drops news that everybody told us, instead of waiting for somebody to tell', () => {
    const queue = new GossipQueue();
    queue.add(claim('b'), 'b', 0);
    queue.settle(everybody('b'));
    expect(queue.size).toBe(0);
  });

  it('lets the age of a death grow while the news of it waits', () => {
    const queue = new GossipQueue();
    queue.add(claim('b', { state: 'failed', ageMs: 100 }), null, 1_000_000);
    expect(queue.take('m1', 1_000, many, 1_250_999)[0]!.ageMs).toBe(350);
  });

  property.prop([
    fc.array(fc.tuple(fc.constantFrom('b', 'c', 'd', 'e'), fc.constantFrom('alive', 'suspect', 'failed'), fc.nat(3), fc.integer({ min: 0, max: 200 })), {
      maxLength: 60,
    }),
  ])('never gives more than there is room for, and never the same piece twice in one packet', (steps) => {
    const queue = new GossipQueue();
    const others = everybody('b', 'c', 'd', 'e');
    for (const [i, [name, state, to, room]] of steps.entries()) {
      queue.add(claim(name, { state: state as 'alive' }), null, i);
      expect(queue.size).toBeLessThanOrEqual(4); // one piece per name
      const taken = queue.take(others[to]!.claim.name, room, others, i);
      expect(taken.reduce((sum, c) => sum + claimBytes(c), 0) + 3).toBeLessThanOrEqual(Math.max(3, room));
      expect(new Set(names(taken)).size).toBe(taken.length);
    }
  });
});
