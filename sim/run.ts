import { excuseFor } from './check/excuses.ts';
import { missingLeaders, missingViews } from './check/liveness.ts';
import type { CloseCall } from './check/leases.ts';
import { Observer } from './check/observer.ts';
import type { InvariantId, Violation } from './check/violation.ts';
import { type StoryLine, Trace, type TraceLevel } from './kernel/trace.ts';
import type { Plan } from './plan/plan.ts';
import { convergenceUs, partUs } from './plan/timings.ts';
import { checkCore, checkDisaster, checkShortPause, checkSteady } from './phases.ts';
import { carriageOf, throughCodec } from './wire/wires.ts';
import { clusterNode } from './world/cluster-node.ts';
import type { NetworkCounters } from './world/network.ts';
import type { NodeFactory } from './world/node-port.ts';
import { World } from './world/world.ts';

export interface RunOptions {
  /** Every message through the real codec and envelope; else as they are, but for those that a link damages or may find too large. */
  readonly codec?: boolean;
  /** How much to remember, or what to remember it in. */
  readonly trace?: TraceLevel | Trace;
  readonly node?: NodeFactory;
}

/** How long after the calm the cluster was whole, and what is allowed. `us` null: not within the bound. */
export interface Convergence {
  readonly us: number | null;
  readonly boundUs: number;
  /** What was missing at the bound. */
  readonly missing: readonly string[];
}

export interface RunResult {
  readonly plan: Plan;
  readonly verdict: 'pass' | 'safety' | 'liveness' | 'vacuous';
  /** Expectations of the plan that were not met, and marks it requires that were never hit. */
  readonly missed: readonly string[];
  /** Why it could not be whole in time, proven; such a run passes, and is counted. */
  readonly excuse: string | null;
  readonly violations: readonly Violation[];
  readonly checks: Readonly<Record<InvariantId, number>>;
  readonly views: Convergence;
  readonly leaders: Convergence;
  readonly acquisitions: number;
  readonly takeovers: number;
  /** From a leader's end to the next one's beginning: the longest, and all together. */
  readonly gaps: { readonly longestUs: number; readonly leaderlessUs: number };
  /** The smallest time between the end of a lease that ran out and the next leader; null when none ran out. */
  readonly closest: CloseCall | null;
  readonly marks: Readonly<Record<string, number>>;
  readonly network: Readonly<NetworkCounters>;
  readonly events: number;
  readonly simulatedUs: number;
  readonly traceHash: string;
  readonly story: readonly StoryLine[];
}

/** Executes a plan: chaos, then calm until the cluster is whole or its time is over. Same plan, same hash. */
export function runPlan(plan: Plan, options: RunOptions = {}): RunResult {
  const carriage = options.codec === true ? throughCodec : carriageOf(plan);
  const trace = options.trace instanceof Trace ? options.trace : new Trace(options.trace);
  const observer = new Observer(plan);
  const world = new World({ plan, node: options.node ?? clusterNode, carriage, trace, observer });
  const broken = (): boolean => observer.violations.list.length > 0;

  world.run(plan.calmUs - 1, broken);
  observer.finish(world.machines, world.nowUs); // while some are suspected and failed
  world.run(plan.calmUs, broken);
  const { views, leaders } = converge(world, plan, broken);
  if ((plan.parts ?? []).length > 0 && views.us !== null) world.run(plan.calmUs + partUs(plan) + PARTS_MARGIN_US, broken);
  if (!broken() && views.us !== null && leaders.us !== null) {
    checkSteady(world, observer);
    if ((plan.expect ?? []).length === 0) {
      // A scenario with expectations asks its own question, and these endings would be part of the answer.
      if (!broken()) checkShortPause(world, observer);
      if (!broken()) checkCore(world, observer);
      if (!broken() && world.marks.of('core-alone') === 0) checkDisaster(world, observer);
    }
  }
  observer.finish(world.machines, world.nowUs);
  const missed = broken() ? [] : missedBy(plan, world, observer);
  const unhit = broken() ? [] : (plan.marks ?? []).filter((mark) => world.marks.of(mark) === 0).map((mark) => `the mark '${mark}' was never hit`);
  const whole = views.missing.length + leaders.missing.length + missed.length === 0;
  const excuse = broken() || views.missing.length + leaders.missing.length === 0 ? null : excuseFor(world);
  const verdict = broken() ? 'safety' : !whole && excuse === null ? 'liveness' : unhit.length > 0 ? 'vacuous' : 'pass';
  return {
    plan,
    verdict,
    missed: [...missed, ...unhit],
    excuse,
    violations: observer.violations.list,
    checks: observer.violations.checks,
    views,
    leaders,
    acquisitions: observer.acquisitions,
    takeovers: observer.takeovers,
    gaps: observer.gaps,
    closest: observer.closest,
    marks: world.marks.all,
    network: world.network.counters,
    events: trace.count,
    simulatedUs: world.nowUs,
    traceHash: trace.hash,
    story: trace.story,
  };
}

/** What a plan's expectations can be about, beside marks. */
function measure(name: string, world: World, observer: Observer): number {
  switch (name) {
    case 'takeoverMs':
      return observer.gaps.longestUs / 1_000;
    case 'leaderlessMs':
      return observer.gaps.leaderlessUs / 1_000;
    case 'tenures':
      return observer.acquisitions;
    case 'slackMs':
      return (observer.closest?.slackUs ?? Infinity) / 1_000;
    default:
      return world.marks.of(name);
  }
}

function missedBy(plan: Plan, world: World, observer: Observer): string[] {
  return (plan.expect ?? []).flatMap(({ measure: name, atLeast, atMost }) => {
    const value = measure(name, world, observer);
    const missed = (atLeast !== undefined && value < atLeast) || (atMost !== undefined && value > atMost);
    return missed
      ? [
          `${name} is ${Math.round(value * 10) / 10}, expected ${[atLeast === undefined ? '' : `at least ${atLeast}`, atMost === undefined ? '' : `at most ${atMost}`].filter(Boolean).join(' and ')}`,
        ]
      : [];
  });
}

const PIECE_US = 10_000;
/** Parts are looked at every half a second. */
const PARTS_MARGIN_US = 2_000_000;

interface Goal {
  readonly boundUs: number;
  readonly look: (world: World) => string[];
  us: number | null;
  missing: string[];
}

const goalOf = (boundUs: number, look: Goal['look']): Goal => ({ boundUs, look, us: null, missing: [] });

/** Lets time pass in small pieces until views and leaders are whole at one moment, or their time is over. */
function converge(world: World, plan: Plan, broken: () => boolean): { readonly views: Convergence; readonly leaders: Convergence } {
  const bounds = convergenceUs(plan);
  const goals = [goalOf(bounds.viewUs, missingViews), goalOf(bounds.leaderUs, missingLeaders)];
  for (;;) {
    const passedUs = world.nowUs - plan.calmUs;
    for (const goal of goals) {
      goal.missing = goal.look(world);
      if (goal.missing.length > 0) goal.us = null;
      else goal.us ??= passedUs;
    }
    if (broken() || goals.every(({ us }) => us !== null)) break;
    if (goals.some(({ us, boundUs }) => us === null && passedUs >= boundUs)) break;
    world.run(world.nowUs + PIECE_US, broken);
  }
  const [views, leaders] = goals.map(({ us, boundUs, missing }): Convergence => ({ us, boundUs, missing }));
  return { views: views!, leaders: leaders! };
}
