import { expect, it } from 'vitest';
import { planOf, runPlan } from '../../sim/index.ts';

/** More names than are said one by one, so that leases and bids go by roll. */
const NAMES = ['leader', 'reports', ...Array.from({ length: 10 }, (_, i) => `job-${i}`)];

it('sixteen plans with twelve names: every invariant holds, through every fault', { timeout: 120_000 }, () => {
  for (let seed = 1; seed <= 16; seed += 1) {
    const { violations, verdict } = runPlan({ ...planOf(seed), elections: NAMES });
    expect(violations, `seed ${seed}`).toEqual([]);
    expect(verdict, `seed ${seed}`).not.toBe('liveness');
  }
});
