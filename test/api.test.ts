import { expect, it } from 'vitest';
import * as library from '../src/index.ts';
import * as simulator from '../sim/index.ts';

it('the public values are these, and adding one is a decision', () => {
  expect(Object.keys(library).sort()).toEqual([
    'BellwetherError',
    'FENCE_HEADER',
    'FENCE_TABLE',
    'FencingGate',
    'PRESETS',
    'checkFenceHeader',
    'createNode',
    'fenceHeaders',
    'fencedTransaction',
  ]);
  expect(Object.keys(simulator).sort()).toEqual([
    'CALM_APPLICATION',
    'INVARIANTS',
    'NO_NOISE',
    'Trace',
    'counter',
    'cron',
    'fencedStore',
    'firstDifference',
    'plainStore',
    'planOf',
    'runPlan',
    'simulate',
    'tellRun',
  ]);
});
