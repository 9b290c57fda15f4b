import { register } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Mutant } from './mutants.ts';
import type { Task, TaskResult } from './pool.ts';
import type { RunSummary } from './summary.ts';

/** A worker: loads the simulator (with a bug in it, if it was told one) and runs what it is asked. */
const { mutant, expose = false } = workerData as { readonly mutant: Mutant | null; readonly expose?: boolean };
if (mutant !== null || expose) register('./patch-loader.js', import.meta.url, { data: { mutant, expose } });

// Only now: what is imported before the loader is registered is not patched.
const { runPlan } = (await import('../run.js' as string)) as typeof import('../run.ts');
const { planOf } = (await import('../plan/generate.js' as string)) as typeof import('../plan/generate.ts');
const { internalError, summaryOf } = (await import('./summary.js' as string)) as typeof import('./summary.ts');

const { explore } = (await import('../exhaustive/explore.js' as string)) as typeof import('../exhaustive/explore.ts');
const { StepExplorer } = (await import('../exhaustive/explore-steps.js' as string)) as typeof import('../exhaustive/explore-steps.ts');
const { brokenSchedule } = (await import('../schedules/directed.js' as string)) as typeof import('../schedules/directed.ts');

parentPort!.on('message', (task: Task) => {
  const rows: RunSummary[] = [];
  if (task.explore !== undefined) {
    const { bounds, start, part, of } = task.explore;
    parentPort!.postMessage({ id: task.id, rows, exploration: explore(bounds, start, { part, of }) } satisfies TaskResult);
    return;
  }
  if (task.exploreSteps !== undefined) {
    const { bounds, start, pulse } = task.exploreSteps;
    const stepExploration = new StepExplorer(start, bounds).run((states, depth) => {
      Atomics.store(pulse, 0, states);
      Atomics.store(pulse, 1, depth);
      return Atomics.load(pulse, 2);
    });
    parentPort!.postMessage({ id: task.id, rows, stepExploration } satisfies TaskResult);
    return;
  }
  if (task.directed !== undefined) {
    const broken = brokenSchedule(task.directed === 'all' ? undefined : task.directed.id);
    if (broken !== null) rows.push({ ...internalError(0, broken.words), verdict: 'safety', words: `${broken.id}: ${broken.words}` });
    parentPort!.postMessage({ id: task.id, rows } satisfies TaskResult);
    return;
  }
  const plans = task.plans ?? task.seeds.map((seed) => planOf(seed, task.wanted));
  for (const plan of plans) {
    let row: RunSummary;
    try {
      row = summaryOf(runPlan(plan));
      if (task.twice === true) {
        const again = runPlan(plan).traceHash;
        if (again !== row.traceHash) row = { ...row, verdict: 'internal', words: `run again, the trace is ${again}, not ${row.traceHash}` };
      }
      if (task.codecEvery > 0 && plan.seed % task.codecEvery === 0) {
        const again = runPlan(plan, { codec: true }).traceHash;
        if (again !== row.traceHash) row = { ...row, verdict: 'internal', words: `through the codec the trace is ${again}, not ${row.traceHash}` };
      }
    } catch (error) {
      row = internalError(plan.seed, error);
    }
    rows.push(row);
    if (task.untilFailure && row.verdict !== 'pass') break;
  }
  parentPort!.postMessage({ id: task.id, rows } satisfies TaskResult);
});
