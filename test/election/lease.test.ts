import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { LEADER_CLOCK_LAG_US } from '../../src/election/leader-clock.ts';
import { type Endorsement, leaseEndUs, supportEndUs, worthUs } from '../../src/election/lease.ts';
import { majorityOf } from '../../src/election/voter-set.ts';

const votes = (...ends: number[]): Endorsement[] => ends.map((endUs) => ({ endUs, weight: 1 }));

describe('lease arithmetic', () => {
  it('gives the presets’ worth of T', () => {
    expect(worthUs(600_000, 20_000)).toBe(576_470);
    expect(worthUs(2_000_000, 50_000)).toBe(1_809_523);
    expect(worthUs(1_000_000, 0)).toBe(1_000_000);
  });

  it('needs a majority of the configured voters', () => {
    expect([1, 2, 3, 4, 5, 7].map(majorityOf)).toEqual([1, 2, 2, 3, 3, 4]);
    expect(leaseEndUs(votes(5_000_000), 2)).toBe(-Infinity);
    expect(leaseEndUs([], 1)).toBe(-Infinity);
  });

  it('ends with the majority-th latest support, less the clock’s lag', () => {
    expect(leaseEndUs(votes(100_000, 900_000, 500_000), 2)).toBe(500_000 - LEADER_CLOCK_LAG_US);
  });

  it('counts votes, and not voters', () => {
    const [heavy, light] = [
      { endUs: 500_000, weight: 2 },
      { endUs: 900_000, weight: 1 },
    ];
    expect(leaseEndUs([heavy, light], 2)).toBe(500_000 - LEADER_CLOCK_LAG_US);
    expect(leaseEndUs([light], 2)).toBe(-Infinity);
  });

  const rho = fc.integer({ min: 0, max: 100_000 });
  const rate = (ppm: number): fc.Arbitrary<number> => fc.integer({ min: -ppm, max: ppm });
  test.prop([
    rho.chain((r) => fc.tuple(fc.constant(r), rate(r), rate(r))),
    fc.integer({ min: 100_000, max: 300_000_000 }),
    fc.integer({ min: 0, max: 300_000_000 }),
    fc.nat(5_000_000),
  ])('never outlasts the promise in true time, whatever the clocks’ rates within ρ', ([driftPpm, leaderRate, voterRate], grantUs, heldTrueUs, delayUs) => {
    // True time 0: sent. `delayUs` later it reached the voter, which held it and then promised T on its own clock.
    const heldLocalUs = Math.floor((heldTrueUs * (1_000_000 + voterRate)) / 1_000_000 / 1000) * 1000;
    const promiseEndsTrue = delayUs + heldTrueUs + (grantUs * 1_000_000) / (1_000_000 + voterRate);
    const leaseLocal = supportEndUs(0, heldLocalUs, grantUs, driftPpm);
    const leaseEndsTrue = (leaseLocal * 1_000_000) / (1_000_000 + leaderRate);
    expect(leaseEndsTrue).toBeLessThanOrEqual(promiseEndsTrue + 1e-3);
  });

  test.prop([fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 9 }), fc.integer({ min: 1, max: 9 })])(
    'is supported by at least `needed` voters until it ends',
    (ends, needed) => {
      const end = leaseEndUs(votes(...ends), needed);
      if (end === -Infinity) expect(ends.length).toBeLessThan(needed);
      else expect(ends.filter((e) => e >= end).length).toBeGreaterThanOrEqual(needed);
    },
  );
});
