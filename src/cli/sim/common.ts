import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MUTANTS } from '../../../sim/host/catalogue.ts';
import type { Mutant } from '../../../sim/host/mutants.ts';
import type { SweepReport } from '../../../sim/host/summary.ts';
import { NODES_DRAWN, type Wanted } from '../../../sim/plan/generate.ts';
import { durationMs } from '../demo/script.ts';
import { writeNow } from '../output.ts';

/** The simulator's own exit codes. */
export const SimExit = { pass: 0, safety: 1, liveness: 2, nondeterminism: 3, vacuous: 4, survivor: 5, usage: 64, internal: 70 } as const;

/** What the user did wrong with `sim`: printed as it is, exit 64. */
export class SimUsage extends Error {}

/** A whole number of an option. @throws SimUsage */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most || text.trim() === '')
    throw new SimUsage(`${flag} must be a whole number from ${least} to ${most}; it is "${text}"`);
  return value;
}

/** `A..B`, or one number. @throws SimUsage */
export function range(flag: string, text: string, least: number, most: number): [from: number, to: number] {
  const found = /^([0-9]+)(?:\.\.([0-9]+))?$/.exec(text.trim());
  if (found === null) throw new SimUsage(`${flag} must be A..B or one number; it is "${text}"`);
  const from = wholeNumber(flag, found[1]!, least, most);
  const to = found[2] === undefined ? from : wholeNumber(flag, found[2], least, most);
  if (to < from) throw new SimUsage(`${flag}: ${to} is before ${from}`);
  return [from, to];
}

/** What may be said of seeds; a scenario says it itself. */
export interface SeedFlags {
  readonly nodes?: string;
  readonly voters?: string;
  readonly preset?: 'loopback' | 'lan';
  readonly time?: string;
}

/** What each seed means with these flags: the same for whoever sweeps it, runs it again and shrinks it. @throws SimUsage */
export function wantedOf(flags: SeedFlags): (seed: number) => Wanted {
  const size = flags.nodes === undefined ? undefined : range('--nodes', flags.nodes, 1, 9);
  const [, most] = size ?? NODES_DRAWN;
  const voters = flags.voters === undefined ? undefined : wholeNumber(`--voters (with at most ${most} nodes)`, flags.voters, 1, most);
  const chaosUs = timeUs(flags.time);
  return (seed) => ({ nodes: size === undefined ? undefined : Math.max(sizeOf(seed, ...size), voters ?? 1), voters, timing: flags.preset, chaosUs });
}

/** @throws SimUsage where something is said of a scenario that only seeds heed. */
export function refuseSeedFlags(flags: SeedFlags): void {
  const given = (['nodes', 'voters', 'preset', 'time'] as const).filter((flag) => flags[flag] !== undefined).map((flag) => `--${flag}`);
  if (given.length > 0) throw new SimUsage(`${given.join(', ')}: for seeds only; a scenario says this itself`);
}

/** How many nodes a seed has where that may be from `least` to `most`: the seed decides, not the order of running. */
const sizeOf = (seed: number, least: number, most: number): number => least + (seed % (most - least + 1));

/** @throws SimUsage where the file, or folder, that the user named cannot be had. */
export function withFile<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new SimUsage(error instanceof Error ? error.message : String(error));
  }
}

/** @throws SimUsage */
export function readText(path: string): string {
  return withFile(() => readFileSync(path, 'utf8'));
}

/** @throws SimUsage */
export function writeText(path: string, text: string): void {
  withFile(() => writeFileSync(path, text));
}

/** How long things go wrong in a run, or something may take; undefined: as it is without. @throws SimUsage */
export function timeUs(text: string | undefined, flag = '--time'): number | undefined {
  if (text === undefined) return undefined;
  const minutes = /^([0-9.]+)min$/.exec(text);
  const ms = minutes === null ? durationMs(text) : Number(minutes[1]) * 60_000;
  if (ms === null || !(ms >= 1_000 && ms <= 3_600_000)) throw new SimUsage(`${flag} must be from 1s to 60min; it is "${text}"`);
  return Math.round(ms * 1_000);
}

export function jobsOf(text: string | undefined): number {
  return text === undefined ? availableParallelism() : wholeNumber('--jobs', text, 1, 256);
}

/** A mutant by its name, for planting a bug. @throws SimUsage */
export function mutantOf(id: string | undefined): Mutant | undefined {
  if (id === undefined) return undefined;
  const mutant = MUTANTS.find((m) => m.id === id);
  if (mutant === undefined) throw new SimUsage(`there is no mutant '${id}'; \`bellwether sim list\` names them`);
  return mutant;
}

const QUIET_MS = 10_000;

/** A line that changes on a terminal; elsewhere one line every ten seconds. On standard error. */
export function changingLine(): { line(text: () => string): void; done(): void } {
  const terminal = process.stderr.isTTY;
  let lastMs = Date.now();
  return {
    line: (text) => {
      if (Date.now() - lastMs < (terminal ? 100 : QUIET_MS)) return;
      lastMs = Date.now();
      writeNow(terminal ? `\r\u001b[2K${text()}` : `${text()}\n`, 2);
    },
    done: () => {
      if (terminal) writeNow('\r\u001b[2K', 2);
    },
  };
}

/** How far a sweep has come, and at its end how long it took. */
export function progress(total: number, what: string): { step(by: number, extra?: string): void; done(): void } {
  const started = Date.now();
  const told = changingLine();
  let count = 0;
  const tell = (extra: string): string => {
    const seconds = (Date.now() - started) / 1000;
    const left = count === 0 ? '' : `, ${Math.round((seconds / count) * (total - count))} s left`;
    return `${count} of ${total} ${what} in ${Math.round(seconds)} s${left}${extra === '' ? '' : `, ${extra}`}`;
  };
  return {
    step: (by, extra = '') => {
      count += by;
      told.line(() => tell(extra));
    },
    done: () => {
      told.done();
      const ms = Date.now() - started;
      if (process.stderr.isTTY || ms >= QUIET_MS) writeNow(`${count} ${what} in ${(ms / 1000).toFixed(1)} s\n`, 2);
    },
  };
}

/** The first Ctrl-C lets what is under way come to its end and be reported; the second ends at once. Call `done` when there is nothing to stop any more. */
export function interruptible(): { readonly isStopped: () => boolean; done(): void } {
  let stopped = false;
  const onSignal = (): void => {
    if (stopped) process.exit(INTERRUPTED);
    stopped = true;
    writeNow('\nstopping after the runs under way; Ctrl-C again stops at once\n', 2);
  };
  process.on('SIGINT', onSignal);
  return { isStopped: () => stopped, done: () => void process.off('SIGINT', onSignal) };
}

/** What a shell says of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** How much a clean sweep says: the rule of three. */
export function ruleOfThree(report: SweepReport): string {
  return `No failure in ${report.seeds} runs: with 95 % confidence fewer than ${Number(Math.min(100, 300 / report.seeds).toPrecision(2))} % of such runs fail (rule of three).`;
}

export function exitOf(report: SweepReport): number {
  const worst = ['safety', 'internal', 'liveness', 'vacuous'] as const;
  for (const verdict of worst) if (report.failures.some((row) => row.verdict === verdict)) return SimExit[verdict];
  return SimExit.pass;
}
