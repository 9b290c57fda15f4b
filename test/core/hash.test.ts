import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine32, hash32, mix32 } from '../../src/core/hash.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const isU32 = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
const ones = (value: number): number => value.toString(2).replaceAll('0', '').length;

describe('hash32', () => {
  it('is fixed: it is in datagrams and in seeds', () => {
    expect([hash32(''), hash32('bellwether'), hash32('bellwether', 1)]).toEqual([2_872_998_923, 92_001_999, 309_161_206]);
    expect(combine32(hash32('a'), hash32('b'))).toBe(3_641_932_033);
    expect(new Set(Array.from({ length: 5_000 }, (_, i) => hash32(`n${i}`))).size).toBe(5_000);
  });

  it('is a whole number of 32 bits, whatever is hashed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), u32, (text, seed) => isU32(hash32(text, seed)) && isU32(combine32(seed, hash32(text)))));
  });

  it('gives an independent hash for another seed', () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `n${i}`);
    const orders = [1, 2].map((seed) => names.map((name, i) => [hash32(name, seed), i] as const).sort(([a], [b]) => a - b));
    expect(orders[0]!.filter(([, i], at) => orders[1]![at]![1] === i).length).toBeLessThan(10);
  });

  it('spreads: the low bits of neighbouring names fill their buckets about evenly', () => {
    const buckets = Array.from({ length: 16 }, () => 0);
    for (let i = 0; i < 16_000; i += 1) buckets[hash32(`node-${i}`) & 15]! += 1;
    for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe('mix32', () => {
  it('flips about half of the bits for one flipped bit', () => {
    let flipped = 0;
    for (let i = 0; i < 3_200; i += 1) flipped += ones((mix32(i * 2_654_435_761) ^ mix32((i * 2_654_435_761) ^ (1 << (i % 32)))) >>> 0);
    expect(flipped / 3_200).toBeGreaterThan(15);
    expect(flipped / 3_200).toBeLessThan(17);
  });

  it('loses nothing: different numbers stay different', () => {
    fc.assert(fc.property(u32, u32, (a, b) => (a === b) === (mix32(a) === mix32(b))));
  });
});

describe('combine32', () => {
  it('minds the order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 2 }), ([a, b]) => {
        expect(combine32(combine32(0, hash32(a!)), hash32(b!))).not.toBe(combine32(combine32(0, hash32(b!)), hash32(a!)));
      }),
    );
  });
});
