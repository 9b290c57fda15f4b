import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { BidQueue, type Bidder, QUEUE_MAX } from '../../src/election/bid-queue.ts';
import { rendezvousIndex } from '../../src/core/rendezvous.ts';
import { compareRank } from '../../src/election/rank.ts';
import { TOKEN_PEERS_MAX, Tokens } from '../../src/election/tokens.ts';

const bidder = (name: string, change: Partial<Bidder> = {}): Bidder => ({
  peer: { name, boot: 1, address: `${name}:1` },
  ballot: 1,
  seq: 1,
  priority: 0,
  atUs: 0,
  echoed: true,
  group: '',
  fair: false,
  sinceUs: 0,
  ...change,
});
const nobody = (): boolean => false;

describe('the queue of standing bids', () => {
  it('orders by waste, then priority, then rendezvous', () => {
    const queue = new BidQueue('job');
    queue.put(bidder('low', { priority: -1 }), nobody);
    queue.put(bidder('high', { priority: 5 }), nobody);
    queue.put(bidder('wasteful', { priority: 9 }), nobody);
    expect(queue.ranked((id) => id === 'wasteful').map((b) => b.peer.name)).toEqual(['high', 'low', 'wasteful']);
  });

  it('keeps the latest bid of a life, whatever order copies arrive in', () => {
    const queue = new BidQueue('job');
    queue.put(bidder('a', { seq: 7, ballot: 9 }), nobody);
    queue.put(bidder('a', { seq: 3, ballot: 4 }), nobody);
    expect(queue.ranked(nobody).map((b) => b.ballot)).toEqual([9]);
  });

  it('stays within its limit and drops the lowest rank', () => {
    const queue = new BidQueue('job');
    for (let i = 0; i < 40; i += 1) queue.put(bidder(`n${i}`, { priority: i }), nobody);
    expect(queue.ranked(nobody).map((b) => b.priority)).toEqual(Array.from({ length: QUEUE_MAX }, (_, i) => 39 - i));
  });
});

describe('a fair order', () => {
  it('keeps the place of who goes on standing, to the second, and priority before it', () => {
    const queue = new BidQueue('job');
    const put = (name: string, atUs: number, priority = 0): void => queue.put(bidder(name, { fair: true, atUs, sinceUs: atUs, priority, seq: atUs }), nobody);
    const order = (): string[] => queue.ranked(nobody).map((b) => b.peer.name);
    const all = ['p', 'q', 'r', 's'];
    for (const [i, name] of all.entries()) put(name, i * 2_000_000);
    for (const name of [...all].reverse()) put(name, 9_000_000);
    expect(order()).toEqual(all);
    put('t', 9_000_000, 1);
    expect(order()).toEqual(['t', ...all]);
    queue.drop({ name: 'p', boot: 1 });
    put('p', 10_000_000);
    expect(order()).toEqual(['t', 'q', 'r', 's', 'p']);
  });
});

describe('rank', () => {
  const ranked = fc.record({ id: fc.string({ minLength: 1, maxLength: 8 }), priority: fc.integer({ min: -3, max: 3 }), wasteful: fc.boolean() });
  test.prop([fc.string(), ranked, ranked, ranked])('is a strict total order', (name, a, b, c) => {
    const sign = (x: number): number => Math.sign(x);
    expect(sign(compareRank(name, a, b)) + sign(compareRank(name, b, a))).toBe(0);
    if (compareRank(name, a, b) < 0 && compareRank(name, b, c) < 0) expect(compareRank(name, a, c)).toBeLessThan(0);
  });

  it('spreads first place of many names over equal nodes', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e'];
    const firsts = new Map(nodes.map((n) => [n, 0]));
    for (let i = 0; i < 1_000; i += 1) {
      const first = nodes.find((n) => rendezvousIndex(`job-${i}`, n, nodes) === 0)!;
      firsts.set(first, firsts.get(first)! + 1);
    }
    expect(Math.min(...firsts.values())).toBeGreaterThan(140);
    expect(Math.max(...firsts.values())).toBeLessThan(260);
  });
});

describe('echo tokens (voter.V6)', () => {
  it('are fresh for two and a half intervals after they were last given', () => {
    const tokens = new Tokens(createRandom(1), 100);
    const token = tokens.give('a#1', 0);
    expect(tokens.isFresh('a#1', token, 250)).toBe(true);
    expect(tokens.isFresh('a#1', token, 251)).toBe(false);
    expect(tokens.isFresh('b#1', token, 1)).toBe(false);
    expect(tokens.isFresh('a#1', 0, 1)).toBe(false);
  });

  it('are replaced, so that a node that stopped hearing runs out of them', () => {
    const tokens = new Tokens(createRandom(1), 100);
    const old = tokens.give('a#1', 0);
    for (let at = 50; at <= 600; at += 50) tokens.give('a#1', at); // answers it never hears
    expect(tokens.isFresh('a#1', old, 600)).toBe(false);
  });

  it('are kept for a bounded number of peers', () => {
    const tokens = new Tokens(createRandom(1), 100);
    const first = tokens.give('n0', 0);
    for (let i = 1; i <= TOKEN_PEERS_MAX; i += 1) tokens.give(`n${i}`, 0);
    expect(tokens.isFresh('n0', first, 0)).toBe(false);
  });
});
