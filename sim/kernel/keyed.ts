import { combine32, mix32 } from '../../src/core/hash.ts';

const PPM = 1_000_000;

/** What a decision is about. Values are part of what a seed means: append, never renumber. */
export const Domain = {
  delay: 1,
  tail: 2,
  loss: 3,
  duplicate: 4,
  reorder: 5,
  offset: 6,
  boot: 7,
  dice: 8,
  lateness: 9,
  application: 10,
  target: 11,
  plan: 12,
  burst: 13,
  damage: 14,
  lie: 15,
  ending: 16,
} as const;
export type Domain = (typeof Domain)[keyof typeof Domain];

/**
 * A number for one decision: a hash of what the decision is about, not the next of a stream.
 * Taking one fault out of a plan changes no other decision, which is what makes shrinking work.
 */
export function keyed(seed: number, domain: Domain, a: number, b = 0): number {
  return combine32(combine32(mix32(seed ^ Math.imul(domain, 0x9e3779b1)), a), b);
}

/** True in `ppm` of a million decisions. */
export function chance(value: number, ppm: number): boolean {
  return value % PPM < ppm;
}

/** The draws behind one part of a plan; each part has its own, so that a new part shifts no other. */
export class Dice {
  readonly #seed: number;
  readonly #part: number;
  #count = 0;

  constructor(seed: number, part: number) {
    this.#seed = seed;
    this.#part = part;
  }

  u32(): number {
    this.#count += 1;
    return keyed(this.#seed, Domain.plan, this.#part, this.#count);
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + (this.u32() % (most - least + 1));
  }

  chance(ppm: number): boolean {
    return chance(this.u32(), ppm);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.u32() % items.length]!;
  }

  /** At most `count` distinct items, in the order they have in `items`. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = items.map((item, at) => ({ item, at, rank: this.u32() }));
    return left
      .sort((a, b) => a.rank - b.rank || a.at - b.at)
      .slice(0, count)
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}
