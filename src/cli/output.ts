import { writeSync } from 'node:fs';

/** One line of NDJSON. `mono` is comparable among the processes of one host on Linux. */
export interface Line {
  readonly at: number;
  readonly mono: number;
  readonly node: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

export function lineOf(node: string, event: string, facts: object): Line {
  return { at: Date.now(), mono: monoMs(), node, event, ...facts };
}

/** Milliseconds with a fraction, by CLOCK_MONOTONIC: one clock for all processes of a host. */
export function monoMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/**
 * Writes now, not when the event loop comes round: a line that says `lost` must be out before
 * whatever the process does next. A full pipe is waited for; a closed one ends the process, for
 * nobody listens any more.
 *
 * What cannot be said on standard error is lost: it is told beside the work, and the work, with its
 * exit code, goes on whoever listens and however full the disk is.
 */
export function writeNow(text: string, fd = 1): void {
  const error = tryWrite(text, fd);
  if (error === null || fd === 2) return;
  if (error.code === 'EPIPE') process.exit(Exit.ok);
  throw error;
}

/** The same for those that must not just end. @returns Why it could not be written; null when it was. */
export function tryWrite(text: string, fd = 1): NodeJS.ErrnoException | null {
  const bytes = Buffer.from(text);
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return error as NodeJS.ErrnoException;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  return null;
}

export function writeLine(line: object): void {
  writeNow(`${JSON.stringify(line)}\n`);
}

/** Exit codes of the whole command line; the simulator adds its own. */
export const Exit = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What the user did wrong: printed as it is, exit 2. */
export class UsageError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.length === 1 ? problems[0] : `${problems.length} problems:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'UsageError';
    this.problems = problems;
  }
}
