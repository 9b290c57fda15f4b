import { combine32, hash32 } from '../core/hash.ts';

/** Up to so many names are said, and looked at, one by one. */
export const LISTED_MAX = 8;
/** Parts a roll is told in, at most. One that differs costs the listing of its names, and no more. */
export const PARTS_MAX = 64;
/** Names one part is to have: about what a datagram lists. */
const PART_NAMES = 8;
/** Sums stay below 2^53, so that numbers are exact. */
export const SUM_END = 2 ** 52;
/** Leaders one answer vouches for. Names of any further one are listed. */
export const LEADERS_MAX = 16;
/** Bytes they may take in it. */
export const LEADERS_BYTES = 480;

/** What a roll is called of. Wire numbers are the positions: append, never reorder. */
export const ROLLS = ['leases', 'bids', 'watches', 'queues'] as const;
export type RollKind = (typeof ROLLS)[number];

/** A name's hashes, made once. */
export class NameMark {
  readonly #low: number;
  readonly #high: number;
  readonly #part: number;

  constructor(name: string) {
    this.#low = hash32(name, 0x0b5e55ed);
    this.#high = hash32(name, 0x2545f491);
    this.#part = hash32(name, 0x1c69b3f7);
  }

  /** In which of so many parts (a power of two) the name is. */
  partOf(parts: number): number {
    return this.#part & (parts - 1);
  }

  lease(term: number, ballot: number): number {
    return this.#with(SENSE.lease, term, ballot);
  }

  bid(ballot: number, priority: number): number {
    return this.#with(SENSE.bid, ballot, priority);
  }

  watch(): number {
    return this.#with(SENSE.watch, 0, 0);
  }

  /** Whom a bid waits for, as a voter sees it or has said it; '' nobody. */
  occupant(holder: string, term: number, leads: boolean): number {
    return holder === '' ? 0 : this.#with(SENSE.occupant, combine32(hash32(holder), leads ? 1 : 0), term);
  }

  /** What is said to those that watch. */
  hint(holder: string, term: number, reason: string): number {
    return this.#with(SENSE.hint, hash32(holder === '' ? `#${reason}` : holder), term);
  }

  /** Who waits for the name, best first, and the priority of the first. */
  queue(ids: readonly string[], priority: number): number {
    let h = ids.length;
    for (const id of ids) h = combine32(h, hash32(id));
    return this.#with(SENSE.queue, h, priority);
  }

  /** 52 bits that stand for the name with two whole numbers, in one sense of many. */
  #with(sense: number, a: number, b: number): number {
    return (fold(this.#high, sense, a, b) & 0xfffff) * 2 ** 32 + fold(this.#low, sense, a, b);
  }
}

/** What a mark says of a name. */
const SENSE = { lease: 1, bid: 2, watch: 3, occupant: 4, hint: 5, queue: 6 } as const;

/**
 * A set told by sums. Each part holds the sum of its members' marks, so two sets have equal sums if,
 * and but for one chance in 2^52 only if, they are equal.
 */
export class Roll {
  readonly sums: number[];

  constructor(parts: number) {
    this.sums = Array.from({ length: parts }, () => 0);
  }

  get parts(): number {
    return this.sums.length;
  }

  add(part: number, mark: number): void {
    this.sums[part] = (this.sums[part]! + mark) % SUM_END;
  }
}

/** How many parts a set of so many names is told in. */
export function partsFor(names: number): number {
  let parts = 1;
  while (parts < PARTS_MAX && parts * PART_NAMES < names) parts *= 2;
  return parts;
}

function fold(seed: number, sense: number, a: number, b: number): number {
  let h = combine32(seed, sense);
  for (const value of [a, b]) h = combine32(combine32(h, value | 0), Math.floor(value / 2 ** 32) | 0);
  return h;
}
