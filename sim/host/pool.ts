import { Worker } from 'node:worker_threads';
import type { Bounds, Exploration } from '../exhaustive/explore.ts';
import type { StepBounds, StepExploration } from '../exhaustive/explore-steps.ts';
import { STARTS, type Start } from '../exhaustive/small-world.ts';
import type { StepStart } from '../exhaustive/step-starts.ts';
import type { Wanted } from '../plan/generate.ts';
import type { Plan } from '../plan/plan.ts';
import type { Mutant } from './mutants.ts';
import { type RunSummary, internalError } from './summary.ts';

/** What one worker is asked to run: plans made from seeds, or plans as they are. */
export interface Task {
  readonly id: number;
  readonly seeds: readonly number[];
  readonly wanted: Wanted;
  /** Instead of seeds. */
  readonly plans?: readonly Plan[];
  /** One seed in so many goes through the codec as well, and the hashes must agree; 0: none. */
  readonly codecEvery: number;
  /** Each runs once more as it is, and the hashes must agree. */
  readonly twice?: boolean;
  /** Instead of runs: the directed schedules, or the one of this name. */
  readonly directed?: 'all' | { readonly id: string };
  /** Instead of runs: every interleaving of a small world. */
  readonly explore?: { readonly bounds: Bounds; readonly start: Start; readonly part: number; readonly of: number };
  /** Instead of runs: every step of it, down to single datagrams. `pulse`: states and whole steps so far, and how many steps are still worth looking at. */
  readonly exploreSteps?: { readonly bounds: StepBounds; readonly start: StepStart; readonly pulse: Int32Array };
  /** Stop at the first failure. */
  readonly untilFailure: boolean;
}

export interface TaskResult {
  readonly id: number;
  readonly rows: readonly RunSummary[];
  readonly exploration?: Exploration;
  readonly stepExploration?: StepExploration;
}

/** Small tasks, so that progress is told often and no worker is left alone with a long one. */
export const SEEDS_PER_TASK = 4;

export interface PoolOptions {
  readonly jobs: number;
  /** A task that takes longer is given up: a bug may be an endless loop. Default: two minutes. */
  readonly patienceMs?: number;
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
  const patienceMs = options.patienceMs ?? 120_000;
  const work = async (): Promise<void> => {
    const start = (): Worker => new Worker(new URL('./worker.js', import.meta.url), { workerData: { mutant: options.mutant ?? null } });
    let worker = start();
    try {
      for (let task = waiting.shift(); task !== undefined && !stopped; task = waiting.shift()) {
        let found: readonly RunSummary[];
        try {
          ({ rows: found } = await ask(worker, task, patienceMs));
        } catch (error) {
          found = [internalError(task.plans?.[0]?.seed ?? task.seeds[0] ?? 0, error)];
          await worker.terminate();
          worker = start();
        }
        rows.push(...found);
        options.onRows?.(found);
        if (options.enough?.(found) === true) stopped = true;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.jobs, tasks.length)) }, work));
  return rows;
}

function ask(worker: Worker, task: Task, patienceMs = Infinity): Promise<TaskResult> {
  return new Promise((resolve, reject) => {
    const timer =
      patienceMs === Infinity
        ? undefined
        : setTimeout(() => settle(() => reject(new Error(`it did not come to an end within ${patienceMs / 1_000} s`))), patienceMs);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
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

/** Every interleaving of a small world within the bounds, its first rounds divided among workers. */
export async function exploreAll(bounds: Bounds, jobs: number, mutant: Mutant | null): Promise<Exploration> {
  const waiting = STARTS.flatMap((start) => Array.from({ length: jobs }, (_, part) => ({ start, part })));
  const parts: Exploration[] = [];
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { mutant, expose: true } });
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { exploration } = await ask(worker, { id: 0, seeds: [], wanted: {}, explore: { bounds, ...next, of: jobs }, codecEvery: 0, untilFailure: true });
        parts.push(exploration!);
        if (exploration!.counterexample !== null) waiting.length = 0;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const found = parts
    .map(({ counterexample }) => counterexample)
    .filter((example) => example !== null)
    .sort((a, b) => a.rounds.length - b.rounds.length);
  return {
    states: parts.reduce((sum, { states }) => sum + states, 0),
    transitions: parts.reduce((sum, { transitions }) => sum + transitions, 0),
    depth: Math.min(...parts.map(({ depth }) => depth)),
    counterexample: found[0] ?? null,
  };
}

/**
 * The same at the grain of single datagrams, one start after the other on each worker. What is found from one
 * start bounds the others: they look for something shorter only.
 *
 * @param onPulse Called now and then: how far the explorations under way are. False: stop.
 */
export async function exploreSteps(
  starts: readonly StepStart[],
  bounds: StepBounds,
  jobs: number,
  mutant: Mutant | null,
  onPulse: (pulses: readonly { readonly start: StepStart; readonly states: number; readonly depth: number }[]) => boolean,
): Promise<StepExploration[]> {
  const waiting = [...starts];
  const found: StepExploration[] = [];
  const underWay = new Map<StepStart, Int32Array>();
  let { depth } = bounds;
  const limit = (steps: number): void => {
    depth = Math.min(depth, steps);
    for (const pulse of underWay.values()) Atomics.store(pulse, 2, depth);
  };
  const beat = setInterval(() => {
    const pulses = [...underWay].map(([start, pulse]) => ({ start, states: Atomics.load(pulse, 0), depth: Atomics.load(pulse, 1) }));
    if (!onPulse(pulses)) limit(0);
  }, 200);
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { mutant, expose: true } });
    try {
      for (let start = waiting.shift(); start !== undefined && depth > 0; start = waiting.shift()) {
        const pulse = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
        underWay.set(start, pulse);
        limit(depth);
        const task = { id: 0, seeds: [], wanted: {}, exploreSteps: { bounds: { ...bounds, depth }, start, pulse }, codecEvery: 0, untilFailure: true };
        const { stepExploration } = await ask(worker, task);
        underWay.delete(start);
        found.push(stepExploration!);
        if (stepExploration!.counterexample !== null) limit(stepExploration!.counterexample.steps.length - 1);
      }
    } finally {
      await worker.terminate();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, starts.length) }, work));
  } finally {
    clearInterval(beat);
  }
  return found.sort((a, b) => starts.indexOf(a.start) - starts.indexOf(b.start));
}
