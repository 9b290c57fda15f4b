import { exploreSteps } from '../../../sim/host/pool.ts';
import type { StepBounds, StepExploration } from '../../../sim/exhaustive/explore-steps.ts';
import { STEP_STARTS, type StepStart } from '../../../sim/exhaustive/step-starts.ts';
import { drawn } from '../../../sim/exhaustive/tell-steps.ts';
import type { Mutant } from '../../../sim/host/mutants.ts';
import { writeLine, writeNow } from '../output.ts';
import { INTERRUPTED, SimExit, SimUsage, changingLine, interruptible } from './common.ts';

export interface MessagesWish {
  /** Null: as many as the budget allows. */
  readonly depth: number | null;
  readonly restarts: number;
  readonly resigns: number;
  readonly pauses: number;
  readonly budgetMs: number;
  /** Null: all. */
  readonly start: string | null;
}

/** About a gigabyte on each worker. */
const STATES_MAX = 16_000_000;
const DEPTH_MAX = 1_000;
/** A first look with a planted bug takes this part of the budget. */
const FIRST_LOOK = 10;

/** Explores the shipped core at the grain of single datagrams, tells what was found, and sets the exit code. */
export async function exploreMessages(wish: MessagesWish, jobs: number, mutant: Mutant | null, json: boolean): Promise<void> {
  const starts = (Object.keys(STEP_STARTS) as StepStart[]).filter((start) => wish.start === null || start === wish.start);
  if (starts.length === 0) throw new SimUsage(`there is no start '${wish.start}'; there are: ${Object.keys(STEP_STARTS).join(', ')}`);
  const { restarts, resigns, pauses, budgetMs } = wish;
  const bounds: StepBounds = { depth: wish.depth ?? DEPTH_MAX, restarts, resigns, pauses, budgetMs, states: STATES_MAX };
  const startedMs = Date.now();
  const stop = interruptible();
  const told = changingLine();
  const onPulse = (pulses: readonly { readonly start: StepStart; readonly states: number; readonly depth: number }[]): boolean => {
    told.line(() => pulses.map(({ start, states, depth }) => `${start}: ${states} states, ${depth} steps whole`).join('; '));
    return !stop.isStopped();
  };
  // A bug is often near one of the starts: all are looked round before any is looked into for long.
  let explorations = mutant === null ? [] : await exploreSteps(starts, { ...bounds, budgetMs: budgetMs / FIRST_LOOK }, jobs, mutant, onPulse);
  if (explorations.every(({ counterexample }) => counterexample === null) && !stop.isStopped())
    explorations = await exploreSteps(starts, bounds, jobs, mutant, onPulse);
  told.done();
  stop.done();
  const seconds = (Date.now() - startedMs) / 1_000;
  const shortest = explorations.flatMap(({ start, counterexample }) => (counterexample === null ? [] : [{ start, ...counterexample }]));
  shortest.sort((a, b) => a.steps.length - b.steps.length);
  const [found] = shortest;
  const isGood = found === undefined && explorations.every(({ isReached }) => isReached);
  const sum = (of: (one: StepExploration) => number): number => explorations.reduce((all, one) => all + of(one), 0);
  const relived = sum((one) => one.relived);
  if (json) {
    for (const { counterexample, ...one } of explorations) writeLine({ event: 'start', ...one, steps: counterexample?.steps.length ?? null });
    const counterexample = found === undefined ? null : { start: found.start, finding: found.finding, steps: found.steps.length, trace: found.trace };
    const depth = Math.min(...explorations.filter(({ isReached }) => isReached).map((one) => one.depth));
    const totals = { states: sum((one) => one.states), transitions: sum((one) => one.transitions), depth, relived, seconds };
    writeLine({ event: 'verdict', schema: 1, verdict: isGood ? 'pass' : 'fail', model: 'messages', ...totals, bounds, counterexample });
  } else {
    for (const one of explorations) writeNow(`${one.start.padEnd(18)} ${words(one)}\n`);
    if (isGood)
      writeNow(`PASS: none of ${sum((one) => one.states)} states is bad; ${relived} of them were lived through once more, uncopied, and were the same.\n`);
    else if (found === undefined) writeNow('FAIL: something bad happens on the way to a start; `bellwether sim swarm` tells what.\n');
    else {
      writeNow(`FAIL (${found.finding.invariant}), ${found.steps.length} steps from ${found.start}: ${found.finding.words}\n`);
      writeNow(
        `  ${found.start}: ${STEP_STARTS[found.start]}\n${drawn(found.trace)
          .map((line) => `  ${line}\n`)
          .join('')}`,
      );
    }
  }
  process.exitCode = !isGood ? SimExit.safety : stop.isStopped() ? INTERRUPTED : SimExit.pass;
}

function words({ isReached, states, transitions, depth, isAll, local, seconds, counterexample }: StepExploration): string {
  if (!isReached) return 'the way there is bad already';
  const whole = isAll ? 'all there are' : `${depth} steps explored whole`;
  const found = counterexample === null ? '' : `; a bad one ${counterexample.steps.length} steps away`;
  return `${states} states, ${transitions} transitions, ${whole}, in ${seconds.toFixed(1)} s (${local.states} states of single nodes, ${local.datagrams} datagrams)${found}`;
}
