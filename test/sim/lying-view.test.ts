import { afterEach, describe, expect, it, vi } from 'vitest';
import { readScenario, scenarioNames } from '../../sim/host/files.ts';
import { runPlan, tellRun } from '../../sim/index.ts';
import { DIRECTED } from '../../sim/schedules/directed.ts';
import { ElectionWorld } from '../../sim/schedules/election-world.ts';
import { lie } from '../../sim/world/lies.ts';

// What a scenario expects, what a schedule comes to, and that somebody leads in time is asked elsewhere: with such a view it need not be so.

describe('X64: under a membership view that lies nothing unsafe happens', () => {
  it.each(scenarioNames())('in the scenario %s', (name) => {
    const result = runPlan({ ...readScenario(name).plan, lyingView: true });
    expect(result.violations, tellRun(result, `bellwether sim run ${name} --story`).join('\n')).toEqual([]);
  });

  const { view } = ElectionWorld.prototype;
  afterEach(() => void vi.restoreAllMocks());
  it.each(DIRECTED.map(({ id, run }) => [id, run] as const))('in the schedule %s', (_, run) => {
    for (let seed = 1; seed <= 4; seed += 1) {
      const lies = vi.spyOn(ElectionWorld.prototype, 'view').mockImplementation(function (this: ElectionWorld) {
        return new Map(lie(seed, lies.mock.calls.length, this.nowUs, view.call(this)));
      });
      let words: string | null;
      try {
        words = run();
      } catch (error) {
        words = (error as Error).message;
      }
      expect(words ?? '', `lies of seed ${seed}`).not.toMatch(/^two leaders|counts \w+'s promise/);
      vi.restoreAllMocks();
    }
  });
});
