import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';

describe('dice', () => {
  it('are the same for the same seed, and others for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 8 }, createRandom(seed).u32);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('stay below their bound, and a sample is distinct and leaves its source alone', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), fc.uniqueArray(fc.integer()), fc.nat(10), (seed, bound, items, count) => {
        const random = createRandom(seed);
        expect(random.below(bound)).toBeLessThan(bound);
        const before = [...items];
        const sample = random.sample(items, count);
        expect(items).toEqual(before);
        expect(new Set(sample).size).toBe(Math.min(count, items.length));
        expect(sample.every((item) => items.includes(item))).toBe(true);
      }),
    );
  });

  it('give every order of three about as often', () => {
    const random = createRandom(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6_000; i += 1) {
      const order = random.shuffle([1, 2, 3]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
