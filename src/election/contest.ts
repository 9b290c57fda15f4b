import type { Now } from '../core/time.ts';
import type { Deny } from './messages.ts';
import { LISTED_MAX, NameMark } from './roll.ts';

/** Election names one node may stand for or lead at once; so many more it may watch. */
export const CONTESTS_MAX = 4_096;

/** What one node is to one name. Changes only in `becomeX` functions of candidate.ts and leader.ts. */
export type Role = 'idle' | 'bidding' | 'leader' | 'draining' | 'lost';

/** One voter's promise as its receiver counts it. One entry per voter, never per packet. */
export interface Support {
  readonly boot: number;
  /** On the leader's clock. */
  readonly endUs: number;
}

/** Whoever a request was sent to. */
type Receivers = readonly { readonly name: string }[];

/** Send times of the last requests, by seq. An answer to a forgotten one counts for nothing. */
export class SentRing {
  static readonly SIZE = 256;
  readonly #sent = new Map<number, { readonly atUs: number; readonly receivers: Receivers }>();

  /** Stores the leader's clock as read **before** the send. */
  note(seq: number, leaderUs: number, receivers: Receivers): void {
    this.#sent.set(seq, { atUs: leaderUs, receivers });
    if (this.#sent.size > SentRing.SIZE) this.#sent.delete(this.#sent.keys().next().value!);
  }

  /** When the request with that very seq was sent; never the latest send (schedule X67). */
  at(seq: number): number | undefined {
    return this.#sent.get(seq)?.atUs;
  }

  /** When each request to that voter was sent, in order. */
  to(voter: string): number[] {
    return [...this.#sent.values()].filter(({ receivers }) => receivers.some(({ name }) => name === voter)).map(({ atUs }) => atUs);
  }
}

/** A bid for one ballot. */
export interface BidState {
  readonly ballot: number;
  readonly sent: SentRing;
  readonly support: Map<string, Support>;
  /** The last refusal of this ballot, per voter. */
  readonly denials: Map<string, { readonly deny: Deny; readonly atUs: number }>;
  /** Elapsed time of the first bid under it, or under the ballots that it raised. */
  readonly startedUs: number;
  /** When the former leader's promise at each voter was to end, as the voter said last. Elapsed. */
  readonly formerEndsUs: Map<string, number>;
  /** Elapsed time of the first grant; Infinity before. */
  firstGrantUs: number;
  /** Bids that had to be sent again to those who promised. */
  resent: number;
  /** The highest term anybody was said to lead with before the first promise; a higher one was won since. */
  formerTerm: number;
  /** Ballots that this bid had before it was raised: voters may still promise them to us, and must be told when we give up. */
  readonly formerBallots: readonly number[];
}

/** One acquisition, from `elected` until released or run out. */
export interface Tenure {
  readonly term: number;
  /** May rise above the term to win a voter back (leader.L3); the term never changes. */
  ballot: number;
  readonly sent: SentRing;
  readonly support: Map<string, Support>;
  /** On the leader's clock. Never decreases while leading, never moves once lost. */
  leaseEndUs: number;
  /** Elapsed time after which a draining leader stops renewing. */
  drainUntilUs: number;
  /** Preferred successor, told in the release. */
  successor: string;
  /** Bidders each voter reported, for the handover's precheck. */
  readonly queues: Map<string, { readonly ids: readonly string[]; readonly priority: number; atUs: number }>;
  /** Every roll of leases called since `seq` has this tenure with `ballot` on it; null: none has. */
  called: { readonly ballot: number; readonly seq: number } | null;
}

/** One name at one candidate. */
export interface Contest {
  readonly name: string;
  readonly mark: NameMark;
  role: Role;
  /** The application wants to lead: bid whenever idle. */
  wanted: boolean;
  priority: number;
  /** What the name is ranked by instead of itself: names of one group go to one node; '' for none. */
  group: string;
  /** Whether equals lead in the order in which they came to stand. */
  fair: boolean;
  /** The highest ballot ever used here. A ballot is never used twice, even if our own voter forgot it. */
  lastBallot: number;
  /** The highest ballot heard of. */
  knownBallot: number;
  /** The highest term anybody was said to lead with. */
  knownTerm: number;
  /** When the next bid may go out. Elapsed. */
  bidAtUs: number;
  bid: BidState | null;
  tenure: Tenure | null;
  /** Beats sat out because better bidders stand at a majority. */
  satOut: number;
  /** Since when nobody here stands for it and nothing is led. Elapsed; Infinity while it is of use. */
  unusedSinceUs: number;
}

function newContest(name: string, lastBallot: number, now: Now): Contest {
  return {
    name,
    mark: new NameMark(name),
    role: 'idle',
    wanted: false,
    priority: 0,
    group: '',
    fair: false,
    lastBallot,
    knownBallot: 0,
    knownTerm: 0,
    bidAtUs: now.elapsedUs,
    bid: null,
    tenure: null,
    satOut: 0,
    unusedSinceUs: Infinity,
  };
}

/**
 * All names this node stands for or leads, or did so lately.
 *
 * A few are all looked at in every transition. Of many, those that were asked for by name since the last
 * one, and all of them when the first may be due: a thousand names then cost a packet little more than one does.
 */
export class Contests extends Map<string, Contest> {
  /** No lease is due before, on the leader's clock. Leases only move later, so an old bound holds. */
  #leaseDueUs = Infinity;
  /** Nothing else is due before. Elapsed. */
  #dueUs = Infinity;
  /** No name can be forgotten before. Elapsed. */
  #forgetDueUs = Infinity;
  readonly #stirred = new Set<Contest>();
  #allStirred = false;
  readonly #keepUs: number;
  /** The highest ballot used here for any name that was forgotten (candidate.C1). */
  #spentBallot = 0;

  /** @param keepUs How long a name is kept that is of no use here. */
  constructor(keepUs: number) {
    super();
    this.#keepUs = keepUs;
  }

  override get(name: string): Contest | undefined {
    const contest = super.get(name);
    if (contest !== undefined) this.#stirred.add(contest);
    return contest;
  }

  get isMany(): boolean {
    return this.size > LISTED_MAX;
  }

  /** All, to be changed. */
  each(): IterableIterator<Contest> {
    this.#allStirred = true;
    return this.values();
  }

  stir(contest: Contest): void {
    if (super.get(contest.name) === contest) this.#stirred.add(contest); // a roll may hold on to one that was forgotten
  }

  /** Those of which something may be due, or may have changed. */
  due(now: Now): Iterable<Contest> {
    return !this.isMany || this.#allStirred || this.isDue(now) ? this.each() : [...this.#stirred];
  }

  isDue(now: Now): boolean {
    return now.leaderUs >= this.#leaseDueUs || now.elapsedUs >= Math.min(this.#dueUs, this.#forgetDueUs);
  }

  /** Those that may have changed since the last `settle`. */
  get changed(): Iterable<Contest> {
    return !this.isMany || this.#allStirred ? this.values() : this.#stirred;
  }

  /** The end of a transition. @returns When the next is due, on the elapsed clock; of many, perhaps too early. */
  settle(leaseDueUs: (contest: Contest) => number, dueUs: (contest: Contest) => number, now: Now): number {
    if (!this.isMany || this.#allStirred) this.#leaseDueUs = this.#dueUs = this.#forgetDueUs = Infinity;
    for (const contest of this.changed) {
      this.#leaseDueUs = Math.min(this.#leaseDueUs, leaseDueUs(contest));
      this.#dueUs = Math.min(this.#dueUs, dueUs(contest));
      this.#forgetDueUs = Math.min(this.#forgetDueUs, this.#forget(contest, now));
    }
    this.#stirred.clear();
    this.#allStirred = false;
    return Math.min(this.#leaseDueUs - (now.leaderUs - now.elapsedUs), this.#dueUs); // to forget, nobody need be woken
  }

  /** @returns Null: there is no room for one more. */
  open(name: string, now: Now): Contest | null {
    const known = this.get(name);
    if (known !== undefined) return known;
    if (this.size >= CONTESTS_MAX) for (const contest of this.values()) this.#forget(contest, now);
    if (this.size >= CONTESTS_MAX) return null;
    const contest = newContest(name, this.#spentBallot, now);
    this.set(name, contest);
    this.#stirred.add(contest);
    return contest;
  }

  /**
   * Drops a name that was of no use for long enough. One number for all of them has to outlive them: did each
   * name's ballots begin anew, a promise of an earlier one that is still under way could be counted for a later bid.
   *
   * @returns When it is to be looked at again.
   */
  #forget(contest: Contest, { elapsedUs }: Now): number {
    contest.unusedSinceUs = contest.role === 'idle' && !contest.wanted ? Math.min(contest.unusedSinceUs, elapsedUs) : Infinity;
    const dueUs = contest.unusedSinceUs + this.#keepUs;
    if (elapsedUs < dueUs) return dueUs;
    this.spend(undefined, contest.lastBallot);
    this.delete(contest.name);
    this.#stirred.delete(contest);
    return Infinity;
  }

  /** A ballot was used here, for `contest` or a name that is not known any more: no bid comes under it again. */
  spend(contest: Contest | undefined, ballot: number): void {
    if (contest === undefined) this.#spentBallot = Math.max(this.#spentBallot, ballot);
    else contest.lastBallot = Math.max(contest.lastBallot, ballot);
  }

  /** How many are led here. */
  get leading(): number {
    let count = 0;
    for (const { role } of this.values()) if (role === 'leader') count += 1;
    return count;
  }

  get isBusy(): boolean {
    for (const { role } of this.values()) if (role !== 'idle') return true;
    return false;
  }
}
