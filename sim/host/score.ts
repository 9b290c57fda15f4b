import { readFile } from 'node:fs/promises';
import { MUTANTS } from './catalogue.ts';
import type { Plan } from '../plan/plan.ts';
import { type Mutant, applyMutant } from './mutants.ts';
import { type Task, runTasks, seedTasks } from './pool.ts';
import type { RunSummary } from './summary.ts';

/** What became of one mutant. */
export interface Score {
  readonly id: string;
  readonly bug: string;
  readonly file: string;
  /** The invariant that found it, or `liveness`; null: it survived. */
  readonly killer: string | null;
  /** Seeds needed from each start; the median is what is published. */
  readonly seeds: readonly number[];
  readonly words: string | null;
}

export interface ScoreOptions {
  readonly budget: number;
  readonly jobs: number;
  /** How often to look from another first seed. */
  readonly sweeps: number;
  /** Tried when no seed finds it. */
  readonly scenarios: readonly Plan[];
  onScore?(score: Score): void;
}

/** Seeds that are tried before anything else. */
const FEW = 60;

/** Each sweep of a mutant begins this far from the last. */
const BAND = 10_000;

const readBuilt = (file: string): Promise<string> => readFile(new URL(`../../${file.replace(/\.ts$/, '.js')}`, import.meta.url), 'utf8');

/**
 * Whether each mutant still has its one place in the built source, before any is run: what no longer fits is said at once,
 * not after the minutes that those before it take.
 *
 * @param read A source file as it is loaded, without type annotations; the built one beside this, unless another is given.
 * @throws With all that do not fit.
 */
export async function checkMutants(mutants: readonly Mutant[], read = readBuilt): Promise<void> {
  const wrong: string[] = [];
  for (const mutant of mutants) {
    try {
      applyMutant(await read(mutant.file), mutant);
    } catch (error) {
      wrong.push((error as Error).message);
    }
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/** Runs every mutant against the swarm until an invariant finds it, each within its budget of seeds. */
export async function scoreMutants(mutants: readonly Mutant[], options: ScoreOptions): Promise<Score[]> {
  const waiting = mutants.map((mutant, at) => ({ mutant, at }));
  const scores: Score[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const score = await scoreOne(next.mutant, options);
      scores[next.at] = score;
      options.onScore?.(score);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.jobs) }, work));
  return scores;
}

async function scoreOne(mutant: Mutant, options: ScoreOptions): Promise<Score> {
  const { budget, sweeps } = options;
  const seeds: number[] = [];
  let first: RunSummary | null = null;
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const from = 1 + sweep * BAND;
    const killed = (rows: readonly RunSummary[]): RunSummary | undefined => rows.find(({ verdict }) => verdict !== 'pass');
    const look = async (tasks: readonly Task[]): Promise<RunSummary | undefined> =>
      killed(await runTasks(tasks, { jobs: 1, mutant, patienceMs: 20_000, enough: (some) => killed(some) !== undefined }));
    const found = (killer: RunSummary, by: string): Score => ({ id: mutant.id, bug: mutant.bug, file: mutant.file, killer: by, seeds, words: killer.words });
    const bySchedule = async (directed: NonNullable<Task['directed']>): Promise<Score | null> => {
      const killer = await look([{ id: 0, seeds: [], wanted: {}, directed, codecEvery: 0, untilFailure: true }]);
      return killer === undefined ? null : found(killer, `schedule ${killer.words!.split(':')[0]}`);
    };
    const own = mutant.schedule === undefined ? null : await bySchedule({ id: mutant.schedule });
    if (own !== null) return own;
    // Most die in a few seeds. What does not is looked for where it hides, before many more seeds are spent.
    let killer = await look(seedTasks(from, from + Math.min(budget, FEW) - 1, {}, 0, true));
    if (killer === undefined) {
      const directed = await bySchedule('all');
      if (directed !== null) return directed;
      // Expectations are about what users see.
      const scenario = await look(options.scenarios.map((plan) => ({ id: 0, seeds: [], wanted: {}, plans: [plan], codecEvery: 0, untilFailure: true })));
      if (scenario !== undefined) return found(scenario, `scenario (${scenario.invariant ?? scenario.verdict})`);
      if (budget > FEW) killer = await look(seedTasks(from + FEW, from + budget - 1, {}, 0, true));
    }
    // What a node throws is a broken invariant; what is thrown elsewhere is a patch that does not fit, and kills nobody.
    if (killer?.verdict === 'internal') throw new Error(`mutant ${mutant.id}: ${killer.words}`);
    if (killer === undefined) return { id: mutant.id, bug: mutant.bug, file: mutant.file, killer: null, seeds, words: null };
    first ??= killer;
    seeds.push(killer.seed - from + 1);
  }
  return { id: mutant.id, bug: mutant.bug, file: mutant.file, killer: first!.invariant ?? first!.verdict, seeds, words: first!.words };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export { MUTANTS };
