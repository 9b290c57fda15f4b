/**
 * The deterministic simulator: the shipped protocol under virtual time, in a world where everything
 * can go wrong, watched by an observer who knows what time it really is.
 *
 * `runPlan(planOf(seed))` is a whole run; the same seed gives the same run everywhere.
 */

/** A plan from a seed: what goes wrong, and when. */
export { type Wanted, planOf } from './plan/generate.ts';
/** A plan is plain data: make one by hand, keep one in a file. */
export type { ApplicationPlan, Cut, NodePlan, Noise, Plan, Step, Target } from './plan/plan.ts';
export { CALM_APPLICATION, NO_NOISE } from './plan/plan.ts';
/** Executes a plan and judges it. */
export { type Convergence, type RunOptions, type RunResult, runPlan } from './run.ts';
export { tellRun } from './report.ts';
/** What is checked at every transition. */
export { INVARIANTS, type InvariantId, type Violation } from './check/violation.ts';
export type { CloseCall } from './check/leases.ts';
export { type StoryLine, type TraceLevel, Trace, firstDifference } from './kernel/trace.ts';

/** Your own leader-only job on every simulated node, while things go wrong. */
export { type SimulateOptions, type SimulateReport, simulate } from './app/simulate.ts';
export type { JobRun, SimulatedLeadership } from './app/jobs.ts';
/** Doubles of what jobs write to. */
export { type Resource, type Write, counter, cron, fencedStore, plainStore } from './app/resources.ts';
