import { Observer } from '../check/observer.ts';
import type { Violation } from '../check/violation.ts';
import { Trace } from '../kernel/trace.ts';
import { planOf } from '../plan/generate.ts';
import type { Plan } from '../plan/plan.ts';
import { byReference } from '../wire/wires.ts';
import { clusterNode } from '../world/cluster-node.ts';
import { World } from '../world/world.ts';
import { type JobRun, Jobs, type SimulatedLeadership } from './jobs.ts';
import type { Resource } from './resources.ts';

export interface SimulateOptions<R extends Record<string, Resource<unknown>>> {
  /** A shipped scenario's name, a seed of the swarm, or a plan. */
  readonly scenario: string | number | Plan;
  /** Another seed for a named scenario. */
  readonly seed?: number;
  /** What jobs write to; asked for anew in each call. */
  readonly resources: R;
  /** The leader-only job, as it would be given to `node.lead`. */
  readonly job: (leadership: SimulatedLeadership<R>) => Promise<void>;
}

/** What came of a job that ran only on leaders. */
export interface SimulateReport {
  readonly runs: readonly JobRun[];
  /** Pairs of runs that were under way at one moment, and for how long. */
  readonly overlaps: readonly { readonly first: JobRun; readonly second: JobRun; readonly ms: number }[];
  /** Runs that went on after `lost` was told, and for how long; stops are not counted out. */
  readonly ranAfterLost: readonly { readonly run: JobRun; readonly ms: number }[];
  /** Times in which no job ran, longer than the bound for a takeover. */
  readonly longestGapMs: number;
  /** What the resources have to complain about, in words. */
  readonly problems: readonly string[];
  /** Broken invariants of Bellwether itself; never any. */
  readonly violations: readonly Violation[];
  /** One sentence. */
  readonly verdict: string;
  readonly safe: boolean;
}

/**
 * Runs a leader-only job on every node of a simulated cluster while things go wrong, and says whether
 * two of its runs overlapped, whether one went on after it was told to stop, and what its resources saw.
 *
 * @throws ScenarioError for a name that is none.
 */
export async function simulate<R extends Record<string, Resource<unknown>>>(options: SimulateOptions<R>): Promise<SimulateReport> {
  const planned = await planFor(options.scenario, options.seed);
  const plan: Plan = { ...planned, elections: planned.elections.slice(0, 1) }; // one job, one election
  const observer = new Observer(plan);
  let jobs: Jobs<R> | null = null;
  const world = new World({
    plan,
    node: clusterNode,
    carriage: byReference,
    trace: new Trace(),
    observer,
    application: (made) => (jobs = new Jobs(made, options.job, options.resources)),
  });
  const untilUs = plan.calmUs + 2_000_000;
  while (world.step(untilUs)) await microtasks();
  for (const run of jobs!.runs) if (run.end === 'running') run.toUs = untilUs;
  return reportOf(jobs!.runs, Object.values(options.resources), observer.violations.list);
}

async function planFor(scenario: string | number | Plan, seed: number | undefined): Promise<Plan> {
  if (typeof scenario === 'number') return planOf(scenario);
  if (typeof scenario !== 'string') return scenario;
  const { readScenario } = await import('../host/files.ts'); // the only door to files
  return readScenario(scenario, seed).plan;
}

/** What jobs do between two events of the world happens at one moment of simulated time: a fixed number of turns, so that a seed is a run. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 16; i += 1) await Promise.resolve();
}

function reportOf(runs: readonly JobRun[], resources: readonly Resource<unknown>[], violations: readonly Violation[]): SimulateReport {
  const overlaps: { first: JobRun; second: JobRun; ms: number }[] = [];
  const ordered = [...runs].sort((a, b) => a.fromUs - b.fromUs);
  for (const [i, first] of ordered.entries()) {
    for (const second of ordered.slice(i + 1)) {
      const us = togetherUs(first, second);
      if (us > 0) overlaps.push({ first, second, ms: us / 1_000 });
    }
  }
  const ranAfterLost = runs.filter((run) => run.toUs > run.lostUs).map((run) => ({ run, ms: (run.toUs - run.lostUs) / 1_000 }));
  const problems = resources.flatMap((resource) => resource.problems());
  let longestGapUs = 0;
  for (let i = 1; i < ordered.length; i += 1)
    longestGapUs = Math.max(longestGapUs, ordered[i]!.fromUs - Math.max(...ordered.slice(0, i).map(({ toUs }) => toUs)));
  const safe = problems.length === 0 && violations.length === 0;
  const [worst] = [...overlaps].sort((a, b) => b.ms - a.ms);
  const overlap =
    worst === undefined
      ? 'no two runs overlapped'
      : `${worst.first.node} (term ${worst.first.term}) and ${worst.second.node} (term ${worst.second.term}) ran at once for ${worst.ms.toFixed(1)} ms`;
  return {
    runs,
    overlaps,
    ranAfterLost,
    longestGapMs: longestGapUs / 1_000,
    problems,
    violations,
    safe,
    verdict: `${runs.length} runs; ${overlap}; ${problems.length === 0 ? 'no resource complains' : problems[0]!}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
  };
}

/** For how long both could do something: a stopped process is not running, whatever it believes. */
function togetherUs(a: JobRun, b: JobRun): number {
  let us = 0;
  for (const x of active(a)) for (const y of active(b)) us += Math.max(0, Math.min(x.toUs, y.toUs) - Math.max(x.fromUs, y.fromUs));
  return us;
}

function active(run: JobRun): { fromUs: number; toUs: number }[] {
  const pieces: { fromUs: number; toUs: number }[] = [];
  let fromUs = run.fromUs;
  for (const stop of run.stops) {
    pieces.push({ fromUs, toUs: Math.min(stop.fromUs, run.toUs) });
    fromUs = stop.toUs;
  }
  pieces.push({ fromUs, toUs: run.toUs });
  return pieces.filter((piece) => piece.toUs > piece.fromUs);
}
