import { describe, expect, it } from 'vitest';
import { STEP_STARTS } from '../../sim/exhaustive/step-starts.ts';
import { run } from '../support/processes.ts';

interface Verdict {
  readonly verdict: string;
  readonly states: number;
  readonly depth: number;
  readonly relived: number;
  readonly counterexample: null | {
    readonly start: string;
    readonly steps: number;
    readonly finding: { readonly invariant: string };
    readonly trace: readonly object[];
  };
}
const verdictOf = (stdout: string): Verdict => JSON.parse(stdout.trim().split('\n').at(-1)!) as Verdict;

describe('sim explore --messages', () => {
  it.each(Object.keys(STEP_STARTS))(
    'finds nothing bad in the core that ships, and comes to what living cores come to, from %s',
    { timeout: 60_000 },
    async (start) => {
      const { code, stdout } = await run('sim', 'explore', '--messages', '--start', start, '--depth', '4', '--jobs', '1', '--json');
      expect(code).toBe(0);
      const verdict = verdictOf(stdout);
      expect(verdict).toMatchObject({ verdict: 'pass', depth: 4, relived: 100, counterexample: null });
      expect(verdict.states).toBeGreaterThan(1_500);
    },
  );

  it.each([
    ['no-drift-margin', 'lease-nearly-over', 2],
    ['recovering-grants', 'one-voter-left', 5],
  ])('finds the shortest way to two leaders with %s', { timeout: 60_000 }, async (mutant, start, steps) => {
    const { code, stdout } = await run('sim', 'explore', '--messages', '--start', start, '--depth', '6', '--jobs', '1', '--mutant', mutant, '--json');
    expect(code).toBe(1);
    expect(verdictOf(stdout)).toMatchObject({ verdict: 'fail', counterexample: { start, steps, finding: { invariant: 'safety.S1' } } });
    expect(verdictOf(stdout).counterexample!.trace.at(-1)).toMatchObject({ node: 'b', leads: ['a', 'b'] });
  });

  it('says which starts there are, exit 64', async () => {
    const { code, stderr } = await run('sim', 'explore', '--messages', '--start', 'nowhere');
    expect(code).toBe(64);
    expect(stderr).toContain('lease-nearly-over');
  });
});
