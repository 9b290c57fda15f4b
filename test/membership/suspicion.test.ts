import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { us } from '../../src/core/time.ts';
import { HEALTH_MAX, HealthScore, patienceUs } from '../../src/membership/health-score.ts';
import { RoundTrips, directTimeoutUs } from '../../src/membership/rtt.ts';
import { LOG_PROGRESS_PPM, Suspicion, suspicionTimeoutUs } from '../../src/membership/suspicion.ts';

const seconds = (s: number): number => us(s * 1000);

describe('suspicionTimeoutUs', () => {
  it('has the table that the formula makes', () => {
    expect(LOG_PROGRESS_PPM).toHaveLength(9);
    for (const [k, row] of LOG_PROGRESS_PPM.entries()) {
      const formula = Array.from({ length: k + 1 }, (_, c) => (k === 0 ? 1_000_000 : Math.round((1e6 * Math.log(c + 1)) / Math.log(k + 1))));
      expect(row).toEqual(formula);
    }
  });

  it.each([
    [0, 30],
    [1, 16],
    [2, 7.81],
    [3, 2],
    [4, 2],
  ])('gives memberlist`s vector: k=3, 2 … 30 s, %i confirmations: %d s', (confirmations, expected) => {
    expect(suspicionTimeoutUs(confirmations, 3, seconds(2), seconds(30)) / 1e6).toBeCloseTo(expected, 2);
  });

  it('is the floor at once where nobody can confirm', () => {
    expect(suspicionTimeoutUs(0, 0, 5, 50)).toBe(5);
  });

  property.prop([fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 8 }), fc.nat(1e9), fc.nat(1e9)])(
    'stays within floor and ceiling and never grows with confirmations',
    (c, k, min, more) => {
      const timeout = suspicionTimeoutUs(c, k, min, min + more);
      expect(timeout).toBeGreaterThanOrEqual(min);
      expect(timeout).toBeLessThanOrEqual(min + more);
      expect(suspicionTimeoutUs(c + 1, k, min, min + more)).toBeLessThanOrEqual(timeout);
    },
  );

  it('refuses a floor above the ceiling as our own bug', () => {
    expect(() => suspicionTimeoutUs(0, 1, 2, 1)).toThrow('BUG');
  });
});

describe('a suspicion', () => {
  const begin = (): Suspicion => new Suspicion(0, 3, seconds(2), seconds(30), ['b']);

  it('falls with each new accuser, and not with the same again', () => {
    const suspicion = begin();
    expect(suspicion.deadlineUs).toBe(seconds(30));
    for (let i = 0; i < 5; i += 1) suspicion.confirm(['b']);
    expect(suspicion.deadlineUs).toBe(seconds(30));
    suspicion.confirm(['c']);
    expect(suspicion.deadlineUs).toBe(seconds(16));
    suspicion.confirm(['c', 'd']);
    suspicion.confirm(['e']);
    expect(suspicion.deadlineUs).toBe(seconds(2));
    suspicion.confirm(['f', 'g']);
    expect(suspicion.confirmations).toBe(3);
  });

  it('waits longer by the time in which we could not hear', () => {
    const suspicion = begin();
    suspicion.shift(seconds(5));
    expect(suspicion.deadlineUs).toBe(seconds(35));
  });
});

describe('patience', () => {
  it('is at most doubled by what a member says of itself', () => {
    expect(patienceUs(1000, 0)).toBe(1000);
    expect(patienceUs(1000, 4)).toBe(1500);
    expect(patienceUs(1000, 8)).toBe(2000);
    expect(patienceUs(1000, 200)).toBe(2000);
  });
});

describe('the health score', () => {
  it('stays within 0 and 8 and widens by one time each', () => {
    const health = new HealthScore();
    health.better();
    expect(health.score).toBe(0);
    expect(health.widen(10)).toBe(10);
    health.worse(3);
    expect(health.widen(10)).toBe(40);
    health.worse(99);
    expect(health.score).toBe(HEALTH_MAX);
    health.better();
    expect(health.score).toBe(7);
  });
});

describe('the direct timeout', () => {
  it('on a path that was never measured is as long as on the worst of all, and the upper bound while there is none', () => {
    const [trips, everybodys] = [new RoundTrips(), new RoundTrips()];
    for (const path of [trips, null]) expect(directTimeoutUs(path, everybodys, 20, 100)).toBe(100);
    everybodys.add(15);
    for (let i = 0; i < 20; i += 1) everybodys.add(6);
    for (const path of [trips, null]) expect(directTimeoutUs(path, everybodys, 20, 100)).toBe(60);
    trips.add(10);
    expect(directTimeoutUs(trips, everybodys, 20, 100)).toBe(40);
  });

  it('is four times the worst of eight, within its bounds', () => {
    const trips = new RoundTrips();
    const timeout = (): number => directTimeoutUs(trips, new RoundTrips(), 20, 100);
    trips.add(1);
    expect(timeout()).toBe(20);
    trips.add(9);
    expect(timeout()).toBe(36);
    expect(trips.quantileUs(0.5)).toBe(9);
    trips.add(50);
    expect(timeout()).toBe(100);
    for (let i = 0; i < 8; i += 1) trips.add(6);
    expect(timeout()).toBe(24);
    expect(trips.quantileUs(1)).toBe(50); // of all that are kept, not only of the last eight
    for (let i = 0; i < 32; i += 1) trips.add(6);
    expect(trips.quantileUs(1)).toBe(6);
    expect(trips.count).toBe(32);
  });
});
