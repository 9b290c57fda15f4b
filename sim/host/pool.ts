import { Worker } from 'node:worker_threads';
import type { Wanted } from '../plan/generate.ts';
import type { Plan } from '../plan/plan.ts';
import type { Mutant } from './mutants.ts';
import type { RunSummary } from './summary.ts';

/** What one worker is asked to run: plans made from seeds, or plans as they are. */
export interface Task {
  readonly id: number;
  readonly seeds: readonly number[];
  readonly wanted: Wanted;
  /** Instead of seeds. */
  readonly plans?: readonly Plan[];
  /** One seed in so many goes through the codec as well, and the hashes must agree; 0: none. */
  readonly codecEvery: number;
  /** Instead of runs: the directed schedules. */
  readonly directed?: boolean;
  /** Stop at the first failure. */
  readonly untilFailure: boolean;
}

export interface TaskResult {
  readonly id: number;
  readonly rows: readonly RunSummary[];
}

/** Small tasks, so that progress is told often and no worker is left alone with a long one. */
export const SEEDS_PER_TASK = 4;

export interface PoolOptions {
  readonly jobs: number;
  /** The protocol with one bug in it. */
  readonly mutant?: Mutant | undefined;
  onRows?(rows: readonly RunSummary[]): void;
  /** Whether to go on after these rows. */
  enough?(rows: readonly RunSummary[]): boolean;
}

/** One worker, for those who ask one thing after the other. */
export function openWorker(mutant: Mutant | null): { run(plans: readonly Plan[]): Promise<readonly RunSummary[]>; close(): Promise<void> } {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { mutant } });
  let id = 0;
  return {
    run: async (plans) => (await ask(worker, { id: (id += 1), seeds: [], wanted: {}, plans, codecEvery: 0, untilFailure: false })).rows,
    close: async () => void (await worker.terminate()),
  };
}

/** Runs tasks on worker threads; what comes back does not depend on how many there are. */
export async function runTasks(tasks: readonly Task[], options: PoolOptions): Promise<RunSummary[]> {
  const waiting = [...tasks];
  const rows: RunSummary[] = [];
  let stopped = false;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { mutant: options.mutant ?? null } });
    try {
      for (let task = waiting.shift(); task !== undefined && !stopped; task = waiting.shift()) {
        const result = await ask(worker, task);
        rows.push(...result.rows);
        options.onRows?.(result.rows);
        if (options.enough?.(result.rows) === true) stopped = true;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.jobs, tasks.length)) }, work));
  return rows;
}

function ask(worker: Worker, task: Task): Promise<TaskResult> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      act();
    };
    const onMessage = (result: TaskResult): void => settle(() => resolve(result));
    const onError = (error: unknown): void => settle(() => reject(error));
    const onExit = (code: number): void => settle(() => reject(new Error(`a worker ended with code ${code}`)));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(task);
  });
}

export function seedTasks(from: number, to: number, wanted: Wanted, codecEvery: number, untilFailure = false): Task[] {
  const tasks: Task[] = [];
  for (let seed = from; seed <= to; seed += SEEDS_PER_TASK) {
    const seeds = Array.from({ length: Math.min(SEEDS_PER_TASK, to - seed + 1) }, (_, i) => seed + i);
    tasks.push({ id: tasks.length, seeds, wanted, codecEvery, untilFailure });
  }
  return tasks;
}
