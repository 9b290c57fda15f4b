import { BidQueue } from './bid-queue.ts';
import { type Peer, lifeOf } from './peers.ts';
import { NameMark } from './roll.ts';

/** A voter's promise of one name. */
export interface GrantRecord {
  readonly holder: Peer;
  readonly ballot: number;
  /** The ballot of the acquisition; stays when renewals raise the ballot (leader.L3). */
  readonly term: number;
  /** When the promise ends, on the voter's elapsed clock. */
  readonly endUs: number;
  /** The last request it answers: late copies of earlier ones are ignored. */
  readonly seq: number;
  /** When it was first given, and what was said then, to be said again in the same words (voter.V7). */
  readonly atUs: number;
  readonly heldMs: number;
  /** The holder said that it has a majority. */
  readonly elected: boolean;
  /** It was not taken up in time, and that was noted (voter.V11). */
  readonly wasted: boolean;
}

/** Releases remembered per name. */
const RELEASED_MAX = 32;
/** Bidders remembered as wasteful per name. */
const WASTEFUL_MAX = 32;
/** Watchers told about changes per name; further ones learn by asking. */
const WATCHERS_MAX = 256;
const STRIKES_MAX = 4;

/**
 * One name at one voter: the highest ballot promised, the present grant, who waits for it, and what
 * was released or wasted lately. Bounded in every part.
 */
export class BallotBox {
  readonly name: string;
  readonly mark: NameMark;
  readonly queue: BidQueue;
  /** Highest ballot promised; never decreases within a boot. */
  maxBallot: number;
  grant: GrantRecord | null = null;
  /** A leader whose renewal was refused here: until then the vote, once free, is kept for its next one (voter.V12). */
  incumbent: { readonly peer: Peer; readonly term: number; readonly untilUs: number } | null = null;
  /** The highest term whose end (release or lapse) was seen here. */
  endedTerm = 0;
  readonly watchers = new Map<string, { peer: Peer; atUs: number }>();
  readonly #released = new Map<string, { term: number; untilUs: number }>();
  readonly #wasteful = new Map<string, { untilUs: number; forgetUs: number; strikes: number }>();

  constructor(name: string, floor: number) {
    this.name = name;
    this.mark = new NameMark(name);
    this.queue = new BidQueue(name);
    this.maxBallot = floor;
  }

  /** Whether an unexpired promise stands. Evaluated at every message; timers only serve the queue (voter.V3). */
  isLive(nowUs: number): boolean {
    return this.grant !== null && nowUs < this.grant.endUs;
  }

  /** The highest term that life released; 0 if none. */
  releasedBy(peer: Peer): number {
    return this.#released.size === 0 ? 0 : (this.#released.get(lifeOf(peer))?.term ?? 0);
  }

  noteRelease(peer: Peer, term: number, untilUs: number): void {
    const life = lifeOf(peer);
    const known = this.#released.get(life)?.term ?? 0;
    this.#released.delete(life);
    this.#released.set(life, { term: Math.max(known, term), untilUs });
    if (this.#released.size > RELEASED_MAX) this.#released.delete(this.#released.keys().next().value!);
  }

  /** A grant that was never used: `id` stands last for a while, twice as long each time (voter.V11). */
  noteWaste(id: string, nowUs: number, grantUs: number): void {
    const strikes = Math.min(STRIKES_MAX, (this.#wasteful.get(id)?.strikes ?? 0) + 1);
    this.#wasteful.delete(id);
    const penaltyUs = grantUs * 2 ** strikes;
    this.#wasteful.set(id, { untilUs: nowUs + penaltyUs, forgetUs: nowUs + 2 * penaltyUs, strikes });
    if (this.#wasteful.size > WASTEFUL_MAX) this.#wasteful.delete(this.#wasteful.keys().next().value!);
  }

  noteUse(id: string): void {
    this.#wasteful.delete(id);
  }

  wastefulAt(nowUs: number): (id: string) => boolean {
    return (id) => nowUs < (this.#wasteful.get(id)?.untilUs ?? -Infinity);
  }

  watch(peer: Peer, nowUs: number): void {
    const life = lifeOf(peer);
    this.watchers.delete(life);
    this.watchers.set(life, { peer, atUs: nowUs });
    if (this.watchers.size > WATCHERS_MAX) this.watchers.delete(this.watchers.keys().next().value!);
  }

  /** Forgets what is over. True when nothing is left and the box itself may go (its ballot lives on in the floor). */
  sweep(nowUs: number, freshSinceUs: number): boolean {
    for (const [life, released] of this.#released) if (nowUs >= released.untilUs) this.#released.delete(life);
    for (const [id, wasteful] of this.#wasteful) if (nowUs >= wasteful.forgetUs) this.#wasteful.delete(id);
    for (const [life, watcher] of this.watchers) if (watcher.atUs < freshSinceUs) this.watchers.delete(life);
    this.queue.dropStale(freshSinceUs);
    return !this.isLive(nowUs) && this.queue.size === 0 && this.#released.size === 0 && this.#wasteful.size === 0 && this.watchers.size === 0;
  }
}
