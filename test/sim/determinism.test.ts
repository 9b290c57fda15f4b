import { describe, expect, it } from 'vitest';
import { Trace, firstDifference, planOf, runPlan } from '../../sim/index.ts';
import { clusterNode } from '../../sim/world/cluster-node.ts';
import type { NodeFactory } from '../../sim/world/node-port.ts';

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34];

describe('a seed', () => {
  it.each(SEEDS)('%i means one run: again, with the story kept, and through the codec', (seed) => {
    const plan = planOf(seed);
    const { traceHash, events } = runPlan(plan);
    expect(events).toBeGreaterThan(500);
    expect(runPlan(plan).traceHash).toBe(traceHash);
    expect(runPlan(plan, { trace: 'story' }).traceHash).toBe(traceHash);
    expect(runPlan(plan, { codec: true }).traceHash).toBe(traceHash);
  });

  it('means its plan: the plan as JSON gives the same run, and another seed another', () => {
    const plan = planOf(4);
    const { traceHash } = runPlan(plan);
    expect(runPlan(JSON.parse(JSON.stringify(plan)) as typeof plan).traceHash).toBe(traceHash);
    expect(runPlan({ ...plan, seed: 5 }).traceHash).not.toBe(traceHash);
  });

  it('decides each thing by itself: a step taken out leaves every earlier event as it was', () => {
    const plan = planOf(12);
    const last = plan.steps.at(-1)!;
    const whole = runPlan(plan, { trace: 'story' }).story;
    const without = runPlan({ ...plan, steps: plan.steps.slice(0, -1) }, { trace: 'story' }).story;
    const before = (story: typeof whole): typeof whole => story.filter(({ atUs }) => atUs < last.atUs);
    expect(before(without)).toEqual(before(whole));
    expect(without).not.toEqual(whole);
  });
});

describe('resource.R2', () => {
  /** Nodes that draw from something that outlives a run, as a program does that asks `Math.random` or keeps state in a module. */
  const forgetful = (): NodeFactory => {
    let drawn = 0;
    return (setup) =>
      clusterNode({
        ...setup,
        runtime: {
          ...setup.runtime,
          wakeAt: (localUs, wake) => setup.runtime.wakeAt(localUs === Infinity ? localUs : localUs + (drawn++ % 1_000), wake),
        },
      });
  };
  const twice = (node: NodeFactory): readonly [Trace, Trace] => {
    const traces = [new Trace('full'), new Trace('full')] as const;
    for (const trace of traces) runPlan(planOf(7), { trace, node });
    return traces;
  };

  it('bites where a second run of one plan is another one, and says from which event on', () => {
    const [first, second] = twice(forgetful());
    expect(second.hash).not.toBe(first.hash);
    const parted = firstDifference(first, second)!;
    expect(parted.first).not.toBe(parted.second);
    expect(first.events.slice(0, parted.event)).toEqual(second.events.slice(0, parted.event));
  });

  it('rests on what ships', () => {
    const [first, second] = twice(clusterNode);
    expect(firstDifference(first, second)).toBe(null);
  });
});

describe('two traces that part', () => {
  it('say at which event', () => {
    const [a, b] = [new Trace('full'), new Trace('full')];
    for (let i = 0; i < 5_000; i += 1) {
      a.record(i, 'datagram', 1);
      b.record(i, 'datagram', i === 3_333 ? 2 : 1);
    }
    expect(firstDifference(a, b)).toEqual({ event: 3_333, first: '3333 datagram 1 0 0', second: '3333 datagram 2 0 0' });
    expect(firstDifference(a, a)).toBe(null);
  });
});
