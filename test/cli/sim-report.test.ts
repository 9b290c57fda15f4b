import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../sim/host/catalogue.ts';
import { DIRECTED } from '../../sim/schedules/directed.ts';
import { type Score, checkMutants } from '../../sim/host/score.ts';
import { interruptible } from '../../src/cli/sim/common.ts';
import { between, summaryOf, tableOf } from '../../src/cli/sim/mutants.ts';

const score = (id: string, killer: string | null, ...seeds: number[]): Score => ({ id, bug: `bug ${id}`, file: 'f', killer, seeds, words: null });
const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
/** What the command wrote between its markers. */
const written = (file: string): string => /<!-- mutants -->([^]*)<!-- \/mutants -->/.exec(read(file))?.[1] ?? '';

describe('the table of planted bugs', () => {
  it('has a line for each invariant in the README, the most bugs first, with the median over all their seeds', () => {
    const scores = [score('a', 'live.L1', 4), score('b', 'safety.S1', 1, 2), score('c', 'safety.S1', 9), score('d', 'schedule X45'), score('e', null)];
    const lines = summaryOf(scores).split('\n');
    expect(lines[0]).toContain('5 planted, 4 found');
    expect(lines.filter((line) => /^\| .*[0-9]/.test(line))).toEqual([
      '| `safety.S1` | 2 | 2 |',
      '| `live.L1` | 1 | 4 |',
      '| a directed schedule or a scenario | 1 | – |',
      '| nothing | 1 | – |',
    ]);
  });

  it('goes between its markers and nowhere else', () => {
    const text = 'before\n<!-- mutants -->\nold\n<!-- /mutants -->\nafter\n';
    expect(between(text, 'new\n')).toBe('before\n<!-- mutants -->\n\nnew\n\n<!-- /mutants -->\nafter\n');
    expect(between(between(text, 'new\n'), 'new\n')).toBe(between(text, 'new\n'));
    expect(() => between('no markers', 'new')).toThrow('<!-- mutants -->');
  });

  it('is in the README and in docs/simulator.md, is of all bugs there are, and says that each was found', () => {
    const counts = [...written('README.md').matchAll(/^\| .* \| ([0-9]+) \| .* \|$/gm)].map(([, count]) => Number(count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(MUTANTS.length);
    for (const { bug } of MUTANTS) expect(written('docs/simulator.md')).toContain(`| ${bug} |`);
    for (const file of ['README.md', 'docs/simulator.md']) expect(written(file)).not.toMatch(/survived|nothing/);
    expect(tableOf([score('x', null)])).toContain('survived'); // as it would say otherwise
  });
});

it('the schedules that planted bugs name are there', () => {
  const named = MUTANTS.flatMap(({ schedule }) => schedule ?? []);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !DIRECTED.some(({ id }) => id === name))).toEqual([]);
});

it('planted bugs that have lost their place in the source are named, all of them, before any is run', async () => {
  const at = (id: string, find: string) => ({ id, bug: id, file: 'f', find, replace: '' });
  const read = (): Promise<string> => Promise.resolve('one(); two(); two();');
  await expect(checkMutants([at('fits', 'one();')], read)).resolves.toBeUndefined();
  await expect(checkMutants([at('gone', 'three();'), at('fits', 'one();'), at('twice', 'two();')], read)).rejects.toThrow(
    /gone.*matches 0 times\n.*twice.*matches 2 times/,
  );
});

it('the first Ctrl-C stops a sweep in good order, and none is caught once it is over', () => {
  const interrupt = interruptible();
  expect(interrupt.isStopped()).toBe(false);
  process.emit('SIGINT');
  expect(interrupt.isStopped()).toBe(true);
  interrupt.done();
  const next = interruptible();
  expect(next.isStopped()).toBe(false);
  next.done();
});
