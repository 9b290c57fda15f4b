import { missingLeaders, missingViews } from './check/liveness.ts';
import type { CloseCall } from './check/leases.ts';
import { Observer } from './check/observer.ts';
import type { InvariantId, Violation } from './check/violation.ts';
import { type StoryLine, Trace, type TraceLevel } from './kernel/trace.ts';
import { type Plan, needsCodec } from './plan/plan.ts';
import { convergenceUs, timingOf } from './plan/timings.ts';
import { type WireFactory, codecWire, referenceWire } from './wire/wires.ts';
import { clusterNode } from './world/cluster-node.ts';
import type { NetworkCounters } from './world/network.ts';
import type { NodeFactory } from './world/node-port.ts';
import { World } from './world/world.ts';

export interface RunOptions {
  /** Hand messages over as they are (default), or through the real codec and envelope. */
  readonly codec?: boolean;
  readonly trace?: TraceLevel;
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
  const wire: WireFactory = options.codec === true || needsCodec(plan) ? codecWire : referenceWire;
  const trace = new Trace(options.trace ?? 'hash');
  const observer = new Observer(plan);
  const world = new World({ plan, node: options.node ?? clusterNode, wire, trace, observer });
  const broken = (): boolean => observer.violations.list.length > 0;

  world.run(plan.calmUs - 1, broken);
  observer.finish(world.machines, world.nowUs); // while some are suspected and failed
  world.run(plan.calmUs, broken);
  const { views, leaders } = converge(world, plan, broken);
  if (!broken() && views.us !== null && leaders.us !== null) checkSteady(world, plan, observer);
  observer.finish(world.machines, world.nowUs);
  const missed = broken() ? [] : missedBy(plan, world, observer);
  const unhit = broken() ? [] : (plan.marks ?? []).filter((mark) => world.marks.of(mark) === 0).map((mark) => `the mark '${mark}' was never hit`);
  const whole = views.missing.length + leaders.missing.length + missed.length === 0;
  const verdict = broken() ? 'safety' : !whole ? 'liveness' : unhit.length > 0 ? 'vacuous' : 'pass';
  return {
    plan,
    verdict,
    missed: [...missed, ...unhit],
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

/**
 * Whole, calm, and nothing to do: for a while nobody may suspect anybody, no leader may change, and
 * nobody may send more than its timers explain (live.L5, resource.R4).
 */
function checkSteady(world: World, plan: Plan, observer: Observer): void {
  const { membership: m, election: e } = timingOf(plan.timing);
  const nodes = plan.nodes.length;
  const lengthUs = 4 * m.probePeriodUs + 4 * e.renewUs;
  world.run(world.nowUs + 16 * m.probePeriodUs); // probes begun before it, accusations on their way, what the calm itself had to tell
  const before = {
    sent: world.network.counters.sent,
    suspected: world.marks.of('held-suspect'),
    failed: world.marks.of('held-failed'),
    elected: world.marks.of('elected'),
  };
  world.run(world.nowUs + lengthUs);
  const after = {
    sent: world.network.counters.sent,
    suspected: world.marks.of('held-suspect'),
    failed: world.marks.of('held-failed'),
    elected: world.marks.of('elected'),
  };
  const quiet = after.suspected === before.suspected && after.failed === before.failed && after.elected === before.elected;
  observer.violations.check(
    'live.L5',
    quiet,
    world.nowUs,
    () =>
      `in ${Math.round(lengthUs / 1000)} ms of calm: ${after.suspected - before.suspected} suspicions, ${after.failed - before.failed} deaths, ${after.elected - before.elected} new leaders`,
  );
  // Per node: a probe and its ack each period; per election a question to and an answer from each voter each R; the rest is a safety net and luck.
  const perNode = 2 * (lengthUs / m.probePeriodUs + 1) + plan.elections.length * 2 * plan.voters * (lengthUs / e.renewUs + 1);
  const allowed = Math.ceil(1.5 * nodes * perNode) + 4 * nodes;
  observer.violations.check(
    'resource.R4',
    after.sent - before.sent <= allowed,
    world.nowUs,
    () => `in ${Math.round(lengthUs / 1000)} ms of calm ${after.sent - before.sent} datagrams were sent, ${allowed} are explained`,
  );
}
