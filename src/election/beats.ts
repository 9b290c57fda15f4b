import type { Now } from '../core/time.ts';
import { type Candidate, TICK_US } from './candidate.ts';
import type { Contest, Contests } from './contest.ts';
import type { Context } from './context.ts';
import type { Leader } from './leader.ts';
import { Op, type Stands } from './messages.ts';
import type { Peer } from './peers.ts';
import { VOTERS_ELECTION } from './reconfiguration.ts';
import { LISTED_MAX } from './roll.ts';
import type { RollCall, RollPort } from './roll-call.ts';
import type { SilentVoters } from './silent-voters.ts';

/** Leaders of at most this many names ask voters for their whole queue with every renewal; others learn the first only. */
const ASK_QUEUE_NAMES = 32;
/** With many names, so many first bids may be without any answer at one time. */
const UNANSWERED_MAX = 128;

/** What a beat needs of the election around it. */
export interface BeatPort {
  /** A process whose own voter is recovering may be the second of its name, or about to learn of a higher ballot: it does not bid. */
  readonly mayBid: () => boolean;
  /** Whether what a former life of ours led is to be freed (candidate.C8). */
  readonly reclaims: boolean;
  readonly counters: { bids: number; renewals: number };
}

/** What is said every R: bids that stand, leases that are renewed, names that are watched. With many names, by roll. */
export class Beats {
  readonly #context: Context;
  readonly #contests: Contests;
  readonly #candidate: Candidate;
  readonly #leader: Leader;
  readonly #silent: SilentVoters;
  readonly #port: BeatPort;
  readonly #rolls: RollCall;
  readonly watched = new Set<string>();
  #atUs = Infinity;
  #seq = 0;
  /** Voters that were asked who has what we stand for. */
  #asked = 0;
  /** Names led at the last beat. */
  #leading = 0;

  constructor(context: Context, contests: Contests, candidate: Candidate, leader: Leader, silent: SilentVoters, rolls: RollCall, port: BeatPort) {
    this.#context = context;
    this.#contests = contests;
    this.#candidate = candidate;
    this.#leader = leader;
    this.#silent = silent;
    this.#rolls = rolls;
    this.#port = port;
  }

  /** Beats no later than that. */
  noLaterThan(atUs: number): void {
    this.#atUs = Math.min(this.#atUs, atUs);
  }

  get nextDeadlineUs(): number {
    return this.#atUs;
  }

  /** Whether anything is to be said at beats. */
  get hasBusiness(): boolean {
    return this.watched.size > 0 || this.#contests.isBusy;
  }

  /** Bids, renews and asks what is due. @returns Whether this was a beat. */
  advance(now: Now): boolean {
    const nowUs = now.elapsedUs;
    const { renewUs } = this.#context.config;
    if (this.hasBusiness) this.noLaterThan(nowUs + renewUs);
    else this.#atUs = Infinity;
    const isBeat = nowUs >= this.#atUs;
    if (isBeat) this.#leading = this.#contests.leading;
    const called = isBeat ? this.#call(now) : null;
    const first: Contest[] = [];
    for (const contest of isBeat ? this.#contests.each() : this.#contests.due(now)) {
      const firstBid = contest.role === 'bidding' && contest.bid === null && nowUs >= contest.bidAtUs;
      if (firstBid && this.#contests.isMany) first.push(contest);
      else if (firstBid || (isBeat && called?.has(contest) !== true)) this.ask(contest, now);
    }
    if (first.length > 0) this.#bidFirst(first, now);
    if (!isBeat) return false;
    this.#watch(now);
    this.#atUs = nowUs + renewUs - Math.floor(renewUs / 20) + this.#context.random.below(Math.floor(renewUs / 10)); // R ± 5 %: beats of many nodes spread
    return true;
  }

  /**
   * C7: only so many first bids are under way at one time, the best ranks first. All at once, with as many
   * rivals, would take longer to be answered than a promise may lie unused.
   */
  #bidFirst(due: readonly Contest[], now: Now): void {
    if (!this.#port.mayBid()) return;
    const sinceUs = now.elapsedUs - this.#context.config.renewUs;
    let free = UNANSWERED_MAX;
    for (const { bid } of this.#contests.values()) if (bid !== null && bid.startedUs > sinceUs && bid.denials.size === 0 && bid.support.size <= 1) free -= 1;
    for (const contest of [...due].sort((a, b) => a.bidAtUs - b.bidAtUs)) {
      if (free > 0) this.ask(contest, now);
      else contest.bidAtUs = Math.max(contest.bidAtUs, (Math.floor(now.elapsedUs / TICK_US) + 1) * TICK_US);
      free -= 1;
    }
  }

  /** Bids or renews with a new seq. */
  ask(contest: Contest, now: Now): void {
    this.#askOf(contest, null, now);
  }

  /** The same bid to one voter, under a new seq. */
  bidAgain(contest: Contest, peer: Peer, now: Now): void {
    this.#candidate.bidAgain(contest, this.#nextSeq(), peer, now);
  }

  /** C8: to a voter that is told in the same packet that the name is free. */
  bidAnew(contest: Contest, peer: Peer, now: Now): void {
    this.#candidate.bidAnew(contest, this.#nextSeq(), peer, now);
  }

  /** C8: asks soon who has what we stand for, where we may not bid yet: about a new name, of which more may follow, or voters that were not known before. */
  askFirst(isNew: boolean, now: Now): void {
    if (isNew) this.#asked = 0;
    if (this.#asksFirst && this.#context.peers.voters().length > this.#asked) this.noLaterThan(now.elapsedUs + (isNew ? TICK_US : 0));
  }

  /** Whether who has a name is asked for also where we stand for it and may not bid yet: it may be a former life of ours. */
  get #asksFirst(): boolean {
    return this.#port.reclaims && !this.#port.mayBid();
  }

  onStands(peer: Peer, stands: Stands, vouch: RollPort['vouch'], now: Now): void {
    this.#rolls.onStands(peer, stands, {
      extend: (contest, voter, roll) => {
        this.#contests.stir(contest);
        this.#leader.onRoll(contest, voter, roll, now);
      },
      queueStands: (contest, voter) => this.#leader.onQueueStands(contest, voter, now),
      vouch,
      list: (kind, name, voter) => {
        const contest = this.#contests.get(name);
        if (kind === 'watches') this.#context.outbox.say(voter, { op: Op.watch, name });
        else if (contest !== undefined && (contest.tenure !== null) === (kind === 'leases' || kind === 'queues')) this.#askOf(contest, [voter], now);
      },
    });
  }

  #askOf(contest: Contest, only: readonly Peer[] | null, now: Now): void {
    if (contest.role === 'bidding') {
      if (!this.#port.mayBid()) return;
      const voters = only ?? this.#context.peers.voters().filter((voter) => this.#silent.mayBid(voter.name, now.elapsedUs));
      if (this.#candidate.bid(contest, this.#nextSeq(), voters, now)) this.#port.counters.bids += 1;
    } else if (contest.tenure !== null) {
      this.#port.counters.renewals += 1;
      const ask = this.#leading <= ASK_QUEUE_NAMES || only !== null;
      this.#leader.renew(contest, this.#nextSeq(), only ?? this.#context.peers.voters(), ask, now);
    }
  }

  /** Calls the rolls. @returns What need not be said name by name. */
  #call(now: Now): ReadonlySet<Contest> | null {
    if (this.#contests.size <= LISTED_MAX) return null;
    const leases: Contest[] = [];
    const bids: Contest[] = [];
    const mayBid = this.#port.mayBid();
    for (const contest of this.#contests.values()) {
      if (contest.name === VOTERS_ELECTION) continue;
      if ((contest.role === 'leader' || contest.role === 'draining') && contest.tenure !== null) leases.push(contest);
      if (!mayBid || !this.#candidate.stands(contest, now)) continue;
      bids.push(contest);
    }
    const called = new Set<Contest>();
    const { peers } = this.#context;
    if (leases.length > LISTED_MAX) {
      this.#port.counters.renewals += 1;
      this.#rolls.callLeases(leases, this.#nextSeq(), peers.voters(), now);
      this.#rolls.callQueues(leases, this.#nextSeq(), peers.voters(), now);
      for (const contest of leases) called.add(contest);
    }
    if (bids.length > LISTED_MAX) {
      this.#port.counters.bids += 1;
      const voters = peers.voters().filter((voter) => this.#silent.mayBid(voter.name, now.elapsedUs));
      this.#rolls.callBids(bids, this.#nextSeq(), voters, now);
      for (const contest of bids) called.add(contest);
    }
    return called;
  }

  #watch(now: Now): void {
    const { peers, outbox } = this.#context;
    const names = [...this.watched].filter((name) => {
      const role = this.#contests.get(name)?.role ?? 'idle';
      return role === 'idle' || role === 'lost';
    });
    if (this.#asksFirst) {
      this.#asked = peers.voters().length;
      for (const { name, role } of this.#contests.values()) if (role === 'bidding') names.push(name);
    }
    if (names.length > LISTED_MAX) return this.#rolls.callWatches(names, this.#nextSeq(), peers.voters(), now);
    for (const name of names) for (const voter of peers.voters()) outbox.say(voter, { op: Op.watch, name });
  }

  #nextSeq(): number {
    this.#seq = this.#seq >= 0xffff_ffff ? 1 : this.#seq + 1;
    return this.#seq;
  }
}
