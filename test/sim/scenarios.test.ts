import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUGS, readScenario, scenarioNames } from '../../sim/host/files.ts';
import { type Scenario, ScenarioError, planOfScenario, scenarioJsonSchema, scenarioOfPlan } from '../../sim/host/scenario.ts';
import { ROOT, filesBelow } from '../support/source.ts';
import { planOf, runPlan, tellRun } from '../../sim/index.ts';
import { SCHEDULES } from '../../sim/schedules/catalogue.ts';
import { DIRECTED } from '../../sim/schedules/directed.ts';

const names = scenarioNames();

/** The numbers of the schedules that it shows, and its name: X25 is found by that. */
function titleOf(kind: 'scenario' | 'directed', name: string): string {
  const shows = Object.entries(SCHEDULES).flatMap(([x, [says, by]]) => (kind in by && Object.values(by).includes(name) ? [`X${x}: ${says}`] : []));
  return [...shows, name].join(', ');
}

describe('the scenarios that ship', () => {
  it('are many, and each asks a question', () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
    for (const name of names) expect(readScenario(name).question).toMatch(/\?$/);
  });

  it.each(names.map((name) => [titleOf('scenario', name), name] as const))('%s', (_, name) => {
    const result = runPlan(readScenario(name).plan);
    expect(result.verdict, tellRun(result, `bellwether sim run ${name} --story`).join('\n')).toBe('pass');
  });
});

describe('failures that were found once', () => {
  const bugs = scenarioNames(BUGS);
  it.runIf(existsSync(BUGS))('are kept', () => expect(bugs.length).toBeGreaterThan(0));
  it.each(bugs)('%s stays mended', (name) => {
    const result = runPlan(readScenario(name).plan);
    expect(result.verdict, tellRun(result, `bellwether sim run ${name} --story`).join('\n')).toBe('pass');
  });
});

describe('directed schedules', () => {
  it.each(DIRECTED.map(({ id, says, run }) => [titleOf('directed', id), says, run] as const))('%s: %s', (_, __, run) => expect(run()).toBe(null));
});

describe('the schedules by number', () => {
  const titles = ['test/election', 'test/node', 'test/sim']
    .flatMap(filesBelow)
    .map((path) => readFileSync(`${ROOT}/${path}`, 'utf8'))
    .join('\n');
  it('are all there, each shown by something that exists', () => {
    const shown = Object.entries(SCHEDULES);
    expect(shown.map(([x]) => Number(x))).toEqual(Array.from({ length: 67 }, (_, i) => i + 1));
    const missing = shown.filter(([, [, by]]) => {
      if ('scenario' in by) return !names.includes(by.scenario);
      if ('directed' in by) return !DIRECTED.some(({ id }) => id === by.directed);
      return !titles.includes(by.test);
    });
    expect(missing).toEqual([]);
  });

  it('are found by number: what a test alone shows has the number in the test’s title', () => {
    const byTest = Object.entries(SCHEDULES).flatMap(([x, [, by]]) => ('test' in by ? [[x, by.test]] : []));
    expect(byTest.filter(([x, title]) => title !== `X${x}:`)).toEqual([]);
  });
});

describe('the language of scenarios', () => {
  const base: Scenario = { name: 'x', question: 'Does this read?', nodes: 3, voters: 3, duration: '10s' };

  it('says all that is wrong, with the place', () => {
    const read = (change: object): string => {
      try {
        planOfScenario({ ...base, ...change });
      } catch (error) {
        expect(error).toBeInstanceOf(ScenarioError);
        return (error as Error).message;
      }
      return '';
    };
    expect(read({})).toBe('');
    expect(read({ duratoin: '3s', duration: '10 parsecs' })).toContain('there is no "duratoin"');
    expect(read({ duratoin: '3s', duration: '10 parsecs' })).toContain('duration: must be a duration');
    expect(read({ steps: [{ at: '1s', do: 'crash', node: 'n9' }] })).toContain('steps.0: names a node that is not there');
    expect(read({ nodes: [{ rate: '20%' }], voters: 1 })).toContain('nodes.0.rate: beyond');
    expect(read({ voters: 5 })).toContain('voters: there are only 3 nodes');
    expect(read({ handOn: true })).toContain('handOn: needs stateDirs');
    expect(read({ disaster: true })).toContain('disaster: needs stateDirs');
    expect(read({ stateDirs: true, founding: true, voters: 1 })).toContain('founding: 3 nodes may be two groups');
    expect(read({ earlierLease: '1ms' })).toContain('earlierLease: must be longer than');
    expect(read({ stateDirs: true, founding: true, earlierLease: '10s' })).toContain('earlierLease: T is part of');
  });

  it('can say every plan that a seed makes: written and read back it is the same run', { timeout: 60_000 }, () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const plan = planOf(seed);
      const { plan: again } = planOfScenario(JSON.parse(JSON.stringify(scenarioOfPlan(plan, `seed-${seed}`, 'Is it the same run?'))));
      expect({
        ...again,
        features: [],
        expect: [],
        marks: [],
        endUs: 0,
        noise: { ...again.noise, burstUs: 0, tailUs: 0, duplicateUs: 0, reorderUs: 0 },
        application: {},
      }).toEqual({
        ...plan,
        features: [],
        expect: [],
        marks: [],
        endUs: 0,
        noise: { ...plan.noise, burstUs: 0, tailUs: 0, duplicateUs: 0, reorderUs: 0 },
        application: {},
      });
      if (seed <= 6) expect(runPlan(again).traceHash).toBe(runPlan(plan).traceHash);
    }
  });

  it('has a JSON Schema, which is the published one', () => {
    expect(JSON.parse(readFileSync(new URL('../../sim/scenario.schema.json', import.meta.url), 'utf8'))).toEqual(scenarioJsonSchema());
  });

  it('knows steps that wait for something, and steps again and again', () => {
    const { plan } = planOfScenario({
      ...base,
      steps: [
        { after: { event: 'elected', nth: 1, delay: '1s' }, do: 'crash', node: 'leader' },
        { at: '2s', every: '1s', until: '5s', do: 'tag', node: 'n1', value: 1 },
      ],
    });
    expect(plan.steps.filter((step) => step.do === 'tag').map((step) => step.atUs)).toEqual([2_000_000, 3_000_000, 4_000_000]);
    const result = runPlan({ ...plan, marks: ['leader-crash'] });
    expect(result.verdict).toBe('pass');
    expect(result.acquisitions).toBeGreaterThanOrEqual(2);
  });

  it('misses an expectation, and a mark that was never hit, and says so', () => {
    const missed = runPlan(planOfScenario({ ...base, expect: [{ measure: 'tenures', atMost: 0 }] }).plan);
    expect(missed).toMatchObject({ verdict: 'liveness', missed: ['tenures is 1, expected at most 0'] });
    expect(runPlan(planOfScenario({ ...base, marks: ['leader-crash'] }).plan)).toMatchObject({
      verdict: 'vacuous',
      missed: ["the mark 'leader-crash' was never hit"],
    });
  });
});
