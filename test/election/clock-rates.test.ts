import { beforeEach, describe, expect, it } from 'vitest';
import { ClockRates, ELAPSED_WRAP_MS, RATES_MAX } from '../../src/election/clock-rates.ts';

const MINUTE_US = 60_000_000;
const peer = (name = 'b', boot = 1) => ({ name, boot, address: '10.0.0.2:1' });
let warned: string[];
let rates: ClockRates;
beforeEach(() => {
  warned = [];
  rates = new ClockRates(50_000, (name, ppm) => warned.push(`${name} ${ppm}`));
});
/** Two samples a minute of ours apart, during which theirs ran `ppm` faster. */
const run = (ppm: number, { name = 'b', boot = 1, fromMs = 1_000, fromUs = 0, jitterUs = 0 } = {}): void => {
  rates.heard(peer(name, boot), fromMs % ELAPSED_WRAP_MS, fromUs);
  rates.heard(peer(name, boot), (fromMs + Math.round(60_000 * (1 + ppm / 1e6))) % ELAPSED_WRAP_MS, fromUs + MINUTE_US + jitterUs);
};

describe('clock rates', () => {
  it('are measured over a minute, and not said before', () => {
    rates.heard(peer(), 1_000, 0);
    rates.heard(peer(), 60_990, MINUTE_US - 1);
    expect(rates.all.size).toBe(0);
    rates.heard(peer(), 61_060, MINUTE_US);
    expect(rates.all).toEqual(new Map([['b', 1_000]]));
  });

  it('warn beyond half of what is allowed, faster or slower, once in a while', () => {
    run(25_000);
    expect(warned).toEqual([]);
    run(25_100, { name: 'c' });
    run(-26_000, { name: 'd' });
    expect(warned).toEqual(['c 25100', 'd -26000']);
    rates.heard(peer('c'), 1_000 + 61_506 + 61_506, 2 * MINUTE_US);
    expect(warned).toHaveLength(2);
    expect(rates.all.get('c')).toBe(25_100);
  });

  it('know a suspend, a restart and a wrap from a rate', () => {
    run(500_000);
    run(0, { fromMs: 0, boot: 2, fromUs: 5 * MINUTE_US });
    run(1_000, { name: 'w', fromMs: ELAPSED_WRAP_MS - 30_000 });
    expect(warned).toEqual([]);
    expect(rates.all.get('w')).toBe(1_000);
  });

  it('are not moved far by a slow path', () => {
    run(0, { jitterUs: 200_000 });
    expect(warned).toEqual([]);
    expect(Math.abs(rates.all.get('b')!)).toBeLessThan(3_400);
  });

  it('are kept for so many peers only', () => {
    for (let i = 0; i < 10 * RATES_MAX; i += 1) run(10, { name: `p${i}` });
    expect(rates.all.size).toBeLessThanOrEqual(RATES_MAX);
  });
});
