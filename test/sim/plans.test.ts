import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALM_APPLICATION, NO_NOISE, type Plan, type Step, type Target, runPlan, tellRun } from '../../sim/index.ts';

/** Plans as fast-check makes them, and makes smaller: what it reports is a plan that can be replayed as it stands. */

const SECOND = 1_000_000;
const CHAOS_US = 6 * SECOND;

const target = (nodes: number): fc.Arbitrary<Target> => fc.oneof(fc.nat(nodes - 1), fc.constantFrom<Target>('leader', 'old-leader', 'follower'));
const ppm = fc.integer({ min: -5_000, max: 5_000 });
const lasting = fc.integer({ min: 1_000, max: 3 * SECOND });

const atUs = fc.nat(CHAOS_US);
const step = (nodes: number): fc.Arbitrary<Step> =>
  fc.oneof(
    fc.record({ atUs, do: fc.constant('restart' as const), node: target(nodes), downUs: lasting, newAddress: fc.boolean() }),
    fc.record({
      atUs,
      do: fc.constant('pause' as const),
      node: target(nodes),
      forUs: lasting,
      wakeFirst: fc.constantFrom('timers' as const, 'datagrams' as const),
    }),
    fc.record({ atUs, do: fc.constant('suspend' as const), node: target(nodes), forUs: lasting }),
    fc.record({ atUs, do: fc.constant('drift' as const), node: fc.nat(nodes - 1), ratePpm: ppm }),
    fc.record({ atUs, do: fc.constant('wall' as const), node: target(nodes), stepMs: fc.integer({ min: -3_600_000, max: 3_600_000 }) }),
    fc.record({
      atUs,
      do: fc.constant('cut' as const),
      forUs: lasting,
      kind: fc.constantFrom('stop' as const, 'jam' as const, 'slow' as const),
      cut: fc.record({ isolate: target(nodes), company: fc.nat(nodes - 2), oneWay: fc.constantFrom('no' as const, 'deaf' as const, 'mute' as const) }),
    }),
  );

const plan: fc.Arbitrary<Plan> = fc.integer({ min: 3, max: 5 }).chain((nodes) =>
  fc.record({
    seed: fc.nat(0xffff_ffff),
    timing: fc.constant('loopback' as const),
    voters: fc.constant(nodes % 2 === 0 ? nodes - 1 : nodes),
    elections: fc.constant(['leader']),
    noise: fc
      .record({ lossPpm: fc.nat(200_000), duplicatePpm: fc.nat(200_000), latenessUs: fc.nat(20_000) })
      .map((some) => ({ ...NO_NOISE, duplicateUs: 5_000, ...some })),
    application: fc.constant(CALM_APPLICATION),
    steps: fc.array(step(nodes), { maxLength: 8 }),
    lyingView: fc.boolean(),
    features: fc.constant([]),
    nodes: fc
      .array(ppm, { minLength: nodes, maxLength: nodes })
      .map((rates) => rates.map((ratePpm, i) => ({ name: `n${i + 1}`, ratePpm, wallMs: 0, wallDrifts: true, priority: 0, startUs: i * 10_000 }))),
    calmUs: fc.constant(CHAOS_US + SECOND),
    endUs: fc.constant(CHAOS_US + 60 * SECOND),
  }),
);

describe('any plan', () => {
  it('never has two leaders, and is whole again after its end', () => {
    fc.assert(
      fc.property(plan, (made) => {
        const result = runPlan(made);
        expect(result.verdict, tellRun(result, 'the plan above').join('\n')).toBe('pass');
      }),
      { numRuns: 40, seed: 20_261_124, endOnFailure: false },
    );
  });
});
