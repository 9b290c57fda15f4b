import { missingLeaders, missingViews } from './check/liveness.ts';
import type { CloseCall } from './check/leases.ts';
import { Observer } from './check/observer.ts';
import type { InvariantId, Violation } from './check/violation.ts';
import { type StoryLine, Trace, type TraceLevel } from './kernel/trace.ts';
import type { Plan } from './plan/plan.ts';
import { convergenceUs } from './plan/timings.ts';
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
  readonly verdict: 'pass' | 'safety' | 'liveness';
  readonly violations: readonly Violation[];
  readonly checks: Readonly<Record<InvariantId, number>>;
  readonly views: Convergence;
  readonly leaders: Convergence;
  readonly acquisitions: number;
  readonly takeovers: number;
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
  const wire: WireFactory = options.codec === true ? codecWire : referenceWire;
  const trace = new Trace(options.trace ?? 'hash');
  const observer = new Observer(plan);
  const world = new World({ plan, node: options.node ?? clusterNode, wire, trace, observer });
  const broken = (): boolean => observer.violations.list.length > 0;

  world.run(plan.calmUs, broken);
  const bounds = convergenceUs(plan);
  const views = settle(world, () => missingViews(world), plan.calmUs + bounds.viewUs, broken);
  const leaders = settle(world, () => missingLeaders(world), plan.calmUs + bounds.leaderUs, broken);
  const verdict = broken() ? 'safety' : views.missing.length + leaders.missing.length > 0 ? 'liveness' : 'pass';
  return {
    plan,
    verdict,
    violations: observer.violations.list,
    checks: observer.violations.checks,
    views: { us: views.missing.length === 0 ? views.atUs - plan.calmUs : null, boundUs: bounds.viewUs, missing: views.missing },
    leaders: { us: leaders.missing.length === 0 ? Math.max(0, leaders.atUs - plan.calmUs) : null, boundUs: bounds.leaderUs, missing: leaders.missing },
    acquisitions: observer.acquisitions,
    takeovers: observer.takeovers,
    closest: observer.closest,
    marks: world.marks.all,
    network: world.network.counters,
    events: trace.count,
    simulatedUs: world.nowUs,
    traceHash: trace.hash,
    story: trace.story,
  };
}

/** Lets time pass in small pieces until nothing is missing. */
function settle(world: World, missing: () => string[], untilUs: number, broken: () => boolean): { readonly atUs: number; readonly missing: string[] } {
  const PIECE_US = 10_000;
  let left = missing();
  while (left.length > 0 && world.nowUs < untilUs && !broken()) {
    world.run(Math.min(untilUs, world.nowUs + PIECE_US), broken);
    left = missing();
  }
  return { atUs: world.nowUs, missing: left };
}
