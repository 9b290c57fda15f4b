import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { assert } from './assert.ts';

/** A node's own stream of dice. Never shared between nodes, so adding a node shifts no other's. */
export interface Random {
  /** A whole number in 0 … 2^32 − 1. */
  u32(): number;
  /** A whole number in 0 … bound − 1; bound is 1 … 2^32. */
  below(bound: number): number;
  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T>(items: T[]): T[];
  /** At most `count` distinct items, in random order; the input is left alone. */
  sample<T>(items: readonly T[], count: number): T[];
}

/**
 * A seeded generator (xoroshiro128+). Same seed, same numbers on every platform.
 *
 * @param seed Any 32-bit whole number. For probe order, relays and jitter only; never a secret.
 */
export function createRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed | 0);
  const below = (bound: number): number => {
    assert(bound >= 1 && bound <= 0x1_0000_0000, 'BUG: bound of a random number');
    return uniformInt(generator, 0, bound - 1);
  };
  const shuffle = <T>(items: T[]): T[] => {
    for (let i = items.length - 1; i > 0; i -= 1) {
      const j = below(i + 1);
      const swap = items[i]!;
      items[i] = items[j]!;
      items[j] = swap;
    }
    return items;
  };
  return {
    u32: () => below(0x1_0000_0000),
    below,
    shuffle,
    sample: (items, count) => shuffle([...items]).slice(0, count),
  };
}
