import { combine32, hash32 } from '../../src/core/hash.ts';

/** Events between two checkpoints of the hash. */
export const CHECKPOINT_EVERY = 1_024;

/** How much a run remembers: its hash alone, what a person wants to read, or every event as well. */
export type TraceLevel = 'hash' | 'story' | 'full';

/** One line of a run's story. */
export interface StoryLine {
  readonly atUs: number;
  readonly node: string;
  readonly text: string;
}

/**
 * Everything that happened, as a 64-bit hash in two 32-bit lanes. Two runs of one seed must give
 * the same; where they do not, the checkpoints say between which events they parted.
 *
 * Remembering more never changes the hash.
 */
export class Trace {
  readonly level: TraceLevel;
  readonly checkpoints: string[] = [];
  readonly story: StoryLine[] = [];
  readonly events: string[] = [];
  #count = 0;
  #low = 0x243f6a88;
  #high = 0x85a308d3;

  constructor(level: TraceLevel = 'hash') {
    this.level = level;
  }

  get count(): number {
    return this.#count;
  }

  /** Sixteen hexadecimal digits. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  record(atUs: number, kind: string, node: number, a = 0, b = 0): void {
    const what = kind === 'datagram' ? DATAGRAM : kind === 'timer' ? TIMER : kindHash(kind);
    const second = Math.floor(atUs / 0x1_0000_0000);
    this.#low = combine32(combine32(combine32(this.#low, atUs >>> 0), what ^ node), a);
    this.#high = combine32(combine32(combine32(this.#high, what + second), a ^ Math.imul(node, 0x85ebca6b)), b);
    this.#count += 1;
    if (this.#count % CHECKPOINT_EVERY === 0) this.checkpoints.push(this.hash);
    if (this.level === 'full') this.events.push(`${atUs} ${kind} ${node} ${a} ${b}`);
  }

  /** Something a person wants to know; part of the hash. `text` is only made when somebody will read it. */
  tell(atUs: number, kind: string, index: number, node: string, text: string): void {
    this.record(atUs, kind, index, hash32(text));
    if (this.level !== 'hash') this.story.push({ atUs, node, text });
  }
}

/** Where two fully kept traces part: the first event that differs, with both readings; null when they are equal. */
export function firstDifference(a: Trace, b: Trace): { readonly event: number; readonly first: string; readonly second: string } | null {
  if (a.hash === b.hash && a.count === b.count) return null;
  // The last checkpoint they share bounds the search; a hash never comes back to a former value by itself.
  let low = 0;
  let high = Math.min(a.checkpoints.length, b.checkpoints.length);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (a.checkpoints[middle] === b.checkpoints[middle]) low = middle + 1;
    else high = middle;
  }
  let at = low * CHECKPOINT_EVERY;
  while (at < a.events.length && a.events[at] === b.events[at]) at += 1;
  return { event: at, first: a.events[at] ?? '(the end)', second: b.events[at] ?? '(the end)' };
}

/** Nearly every event is one of these. */
const DATAGRAM = hash32('datagram');
const TIMER = hash32('timer');
const kindHashes = new Map<string, number>();
function kindHash(kind: string): number {
  let hash = kindHashes.get(kind);
  if (hash === undefined) {
    hash = hash32(kind);
    kindHashes.set(kind, hash);
  }
  return hash;
}

const hex = (lane: number): string => lane.toString(16).padStart(8, '0');
