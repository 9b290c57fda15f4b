import { expect, it } from 'vitest';
import { planOf, runPlan, tellRun } from '../../sim/index.ts';

/** Odd things that a hundred seeds must have met, or their green proves nothing. */
const REQUIRED = [
  'elected',
  'crash',
  'leader-crash',
  'all-down',
  'restart',
  'restart-elsewhere',
  'voter-restart-within-T',
  'voter-read',
  'voter-cold-start',
  'paused',
  'leader-paused-past-T',
  'suspended',
  'leader-suspended-past-T',
  'cut',
  'cut-one-way',
  'leader-in-minority',
  'jam-released',
  'drift-change',
  'wall-step',
  'resign',
  'lost-released',
  'lost-handover',
  'lost-no-quorum',
  'lost-expired',
  'lost-suspended',
  'job-outlives-lease',
  'held-failed',
  'warning-id-conflict',
  'reclaim',
  'roll',
  'lost-preempted',
];

/** Runs seeds `from` … `to`, each with other faults, and asserts that nothing was broken and much was tried. */
export function swarm(from: number, to: number): void {
  it(`seeds ${from} to ${to}: never two leaders, terms rise, views hold, and all is whole again after the calm`, { timeout: 300_000 }, () => {
    const marks = new Map<string, number>();
    let takeovers = 0;
    for (let seed = from; seed <= to; seed += 1) {
      const result = runPlan(planOf(seed));
      expect(result.verdict, tellRun(result, `bellwether sim run --seed ${seed} --story`).join('\n')).toBe('pass');
      for (const [mark, count] of Object.entries(result.marks)) marks.set(mark, (marks.get(mark) ?? 0) + count);
      takeovers += result.takeovers;
    }
    expect(
      REQUIRED.filter((mark) => !marks.has(mark)),
      'marks never hit',
    ).toEqual([]);
    expect(takeovers).toBeGreaterThan(5 * (to - from));
  });
}
