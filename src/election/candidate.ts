import type { Now } from '../core/time.ts';
import { compareRendezvous, rendezvousIndex } from '../core/rendezvous.ts';
import type { Context } from './context.ts';
import type { BidState, Contest, Contests } from './contest.ts';
import { SentRing } from './contest.ts';
import { supportEndUs } from './lease.ts';
import { type Deny, type Grant, Op } from './messages.ts';
import type { Peer } from './peers.ts';
import { resentTo } from './resent.ts';
import type { RollCall } from './roll-call.ts';

/** First bids are staggered by this much per better-ranked member, so that the best usually finds the voters free. */
const STAGGER_US = 20_000;
const STAGGER_JITTER_US = 5_000;
/** With many names, bids go out at whole multiples of this, so that they share packets. Microseconds. */
export const TICK_US = 10_000;
/** Over so many R are those bids spread that are made anew because somebody else was promised one of many names. */
const LOST_BEATS = 2;
/** With more bidders than this queued, those behind the first few sit out most beats (their voters' queues are full anyway). */
const CROWD = 8;
const STANDING = 3;
const SIT_OUT_BEATS = 3;
/** How often one bid may be raised before it is given up. */
const RAISES_MAX = 8;
/** A cancelled bid is over when this share of T passed since its first grant, whatever was heard. Percent. */
const GIVE_UP_PERCENT = 60;

/**
 * The candidate: bids until a majority of promises, valid by its own clock, is in hand (rules
 * candidate.C1–C8 of docs/protocol.md). Send times and lease ends are the leader's clock; when to
 * bid again is elapsed time.
 */
export class Candidate {
  readonly #context: Context;
  readonly #contests: Contests;
  readonly #rolls: RollCall;
  readonly #floor: () => number;

  /** @param floor Our own voter's floor: a ballot above it cannot be stale at home. */
  constructor(context: Context, contests: Contests, rolls: RollCall, floor: () => number) {
    this.#context = context;
    this.#contests = contests;
    this.#rolls = rolls;
    this.#floor = floor;
  }

  /** Starts standing for the name; the first bid goes out after a stagger by rank. */
  stand(contest: Contest, notBeforeUs: number, now: Now): void {
    contest.wanted = true;
    if (contest.role !== 'idle') return;
    contest.role = 'bidding';
    contest.bid = null;
    contest.bidAtUs = Math.max(notBeforeUs, this.#staggered(rankKeyOf(contest), now));
  }

  /**
   * Our own voter promises from now on. A few names are bid for at once; of many each by rank, or all that start together would take each other's votes.
   *
   * @param told By one that bids already, as likely as not (restart.R6): all by rank.
   */
  mayStart(contest: Contest, told: boolean, now: Now): void {
    contest.bidAtUs = Math.max(contest.bidAtUs, told || this.#contests.isMany ? this.#staggered(rankKeyOf(contest), now) : now.elapsedUs);
  }

  /** A beat, or the end of a stagger: bid to every voter, with a new seq. @returns Whether it was time to. */
  bid(contest: Contest, seq: number, voters: readonly Peer[], now: Now): boolean {
    if (contest.role !== 'bidding' || now.elapsedUs < contest.bidAtUs) return false;
    if (contest.bid === null || isOutdated(contest, contest.bid)) contest.bid = this.#newBid(contest, contest.bid?.startedUs ?? now.elapsedUs);
    else if (contest.bid.ballot <= this.#context.electorate.set.floor)
      this.#raise(contest, contest.bid); // config.P7: it can elect nobody any more
    else if (this.#sitsOut(contest, contest.bid)) {
      this.#watch(contest, voters);
      return false;
    }
    this.#send(contest, contest.bid, seq, voters, now);
    return true;
  }

  /** Whether this bid only has to be said again. */
  stands(contest: Contest, now: Now): boolean {
    return contest.role === 'bidding' && contest.bid !== null && now.elapsedUs >= contest.bidAtUs && !isOutdated(contest, contest.bid);
  }

  /** The same ballot to one voter at once, because it asked for a fresh token (voter.V6). */
  bidAgain(contest: Contest, seq: number, voter: Peer, now: Now): void {
    if (contest.role === 'bidding' && contest.bid !== null) this.#send(contest, contest.bid, seq, [voter], now);
  }

  /** To one voter at once, under a ballot that it can promise. */
  bidAnew(contest: Contest, seq: number, voter: Peer, now: Now): void {
    if (contest.role === 'bidding' && contest.bid !== null && isOutdated(contest, contest.bid)) contest.bid = this.#newBid(contest, contest.bid.startedUs);
    this.bidAgain(contest, seq, voter, now);
  }

  /**
   * C3: a promise.
   *
   * @param isOurs It was made to this life of ours.
   * @returns The bid's lease end when this made a majority worth having (C4), else null.
   */
  onGrant(contest: Contest | undefined, peer: Peer, grant: Grant, isOurs: boolean, now: Now): number | null {
    const bid = contest?.bid ?? null;
    // C9. Ballots and seqs begin anew with each life, so a late promise to a former one looks like an answer to this one's
    // bid. To give it back is as wrong: this life may have got that very ballot from that voter since.
    if (!isOurs && bid?.ballot === grant.ballot) return null;
    if (contest === undefined || contest.role !== 'bidding' || bid === null || grant.ballot !== bid.ballot) {
      if (bid?.formerBallots.includes(grant.ballot)) return null; // that voter has our raised bid by now, or will have
      // A promise nobody wants blocks the name for T: give it back, unless it is the very ballot we lead with.
      // It may be a former life's, or of a name forgotten since; its number is spent all the same, or our next bid would be refused as released.
      this.#contests.spend(contest, grant.ballot);
      if (contest?.tenure?.term !== grant.ballot) this.#context.outbox.say(peer, { op: Op.release, name: grant.name, term: grant.ballot, to: '', drainMs: 0 });
      return null;
    }
    const sentAtUs = bid.sent.at(grant.seq) ?? this.#rolls.sentAtUs(grant.seq);
    if (sentAtUs === undefined) return null;
    const { grantUs, driftPpm, minUsefulUs } = this.#context.config;
    const endUs = supportEndUs(sentAtUs, grant.heldMs * 1000, Math.min(grantUs, grant.grantedMs * 1000), driftPpm);
    const known = bid.support.get(peer.name);
    if (known === undefined) bid.resent += this.#resentTo(peer.name, bid, sentAtUs + (grant.heldMs + 1) * 1000, now);
    if (known === undefined || known.boot !== peer.boot || endUs > known.endUs) bid.support.set(peer.name, { boot: peer.boot, endUs });
    bid.denials.delete(peer.name);
    bid.firstGrantUs = Math.min(bid.firstGrantUs, now.elapsedUs);
    // config.P7. The voters may have promised it before they knew of the floor, under a set whose majorities need not meet those before.
    if (bid.ballot <= this.#context.electorate.set.floor) return null;
    const leaseUs = this.leaseEndOf(bid);
    return leaseUs > now.leaderUs + minUsefulUs ? leaseUs : null;
  }

  /**
   * A refusal: remember it, learn the ballot, and give up what can no longer be won (C5, C6).
   *
   * @returns Whether to bid at once, with a raised ballot.
   */
  onDeny(contest: Contest, peer: Peer, deny: Deny, now: Now): boolean {
    contest.knownBallot = Math.max(contest.knownBallot, deny.maxBallot);
    const bid = contest.bid;
    if (contest.role !== 'bidding' || bid === null || deny.ballot !== bid.ballot) return false;
    bid.denials.set(peer.name, { deny, atUs: now.elapsedUs });
    if (deny.why === 'held' && deny.elected) bid.formerEndsUs.set(peer.name, now.elapsedUs + deny.leftMs * 1000);
    const isOvertaken = (deny.why === 'stale' || deny.why === 'released') && deny.maxBallot >= bid.ballot;
    if (!holdsAnything(bid)) {
      // C5 with nothing in hand: nobody else is served by waiting.
      if (isOvertaken) this.#rebid(contest, deny, now);
      return false;
    }
    if (isOvertaken && bid.formerBallots.length < RAISES_MAX) {
      this.#raise(contest, bid);
      return true;
    }
    if (!this.#isHopeless(bid) && !this.#yields(rankKeyOf(contest), bid, now) && !this.#renewedSince(bid, deny, now)) return false;
    // A leader in office: leave the voters that were free just now to its next renewals, or our own
    // bids would take them again and again and the leader would never win them back.
    const inOffice = [...bid.denials.values()].some(({ deny, atUs }) => deny.elected && atUs >= bid.firstGrantUs);
    this.cancel(contest, now);
    if (inOffice) contest.bidAtUs = now.elapsedUs + 2 * this.#context.config.renewUs;
    return false;
  }

  /**
   * C6 (d): somebody leads with a term that is newer than this bid, so the round is over. The promises
   * in our hands are what that leader may need: won with those of a voter that has gone deaf since, it
   * would lose its lease while we sit on the one voter that hears it.
   */
  onLeader(contest: Contest, term: number, now: Now): void {
    contest.knownTerm = Math.max(contest.knownTerm, term);
    const { bid } = contest;
    if (contest.role !== 'bidding' || bid === null) return;
    // A bid that holds nothing stands behind that leader from now on. Were it held to what was known at its
    // beginning, a refusal still on its way when the leader resigns would cancel it at the first promise.
    if (!holdsAnything(bid)) bid.formerTerm = contest.knownTerm;
    if (term <= bid.formerTerm) return;
    this.cancel(contest, now);
    contest.bidAtUs = now.elapsedUs + 2 * this.#context.config.renewUs;
  }

  /** A voter's last refusal still holds, as if it were said again. @returns As `onDeny`. */
  onVouch(contest: Contest, voter: Peer, told: { readonly holder: string; readonly term: number }, leftMs: number, now: Now): boolean {
    const { bid } = contest;
    const deny = bid?.denials.get(voter.name)?.deny;
    if (bid === null || deny?.why !== 'held' || deny.holder !== told.holder || deny.term !== told.term) return false;
    if (holdsAnything(bid)) return this.onDeny(contest, voter, { ...deny, leftMs }, now);
    if (deny.elected) bid.formerEndsUs.set(voter.name, now.elapsedUs + leftMs * 1000);
    return false;
  }

  /** C6 by the clock. */
  advance(contest: Contest, now: Now): void {
    const bid = contest.bid;
    if (contest.role !== 'bidding' || bid === null || !holdsAnything(bid)) return;
    if (now.elapsedUs >= this.#giveUpAtUs(bid) || this.#yields(rankKeyOf(contest), bid, now)) this.cancel(contest, now);
  }

  nextDeadlineUs(contest: Contest): number {
    if (contest.role !== 'bidding') return Infinity;
    if (contest.bid === null || !holdsAnything(contest.bid)) return contest.bid === null ? contest.bidAtUs : Infinity;
    return this.#giveUpAtUs(contest.bid);
  }

  /**
   * C6: the ballot is dead for good, and every voter is told, so that those who promised it serve
   * the next bid at once. Paxos leases have no such undo; without it a split vote costs a lease.
   */
  cancel(contest: Contest, now: Now): void {
    const bid = contest.bid;
    if (bid === null) return;
    contest.bid = null;
    for (const ballot of [...bid.formerBallots, bid.ballot]) this.#release(contest.name, ballot);
    contest.bidAtUs = this.#staggered(rankKeyOf(contest), now);
  }

  /** Stops standing. */
  withdraw(contest: Contest, now: Now): void {
    contest.wanted = false;
    if (contest.role !== 'bidding') return;
    this.cancel(contest, now);
    contest.role = 'idle';
  }

  /** The view says that `voter` lives another life than the one that promised: its promise is no longer counted. */
  onVoterLife(contest: Contest, voter: string, boot: number): void {
    const support = contest.bid?.support.get(voter);
    if (support !== undefined && support.boot !== boot) contest.bid?.support.delete(voter);
  }

  leaseEndOf(bid: BidState): number {
    return this.#context.electorate.leaseEndUs(bid.support);
  }

  /** C1. */
  #newBid(contest: Contest, startedUs: number): BidState {
    const ballot = Math.max(contest.knownBallot, contest.lastBallot, this.#floor(), this.#context.electorate.set.floor) + 1;
    contest.lastBallot = ballot;
    contest.satOut = 0;
    return {
      ballot,
      sent: new SentRing(),
      support: new Map(),
      denials: new Map(),
      startedUs,
      formerEndsUs: new Map(),
      firstGrantUs: Infinity,
      resent: 0,
      formerTerm: contest.knownTerm,
      formerBallots: [],
    };
  }

  /** C2. */
  #send(contest: Contest, bid: BidState, seq: number, voters: readonly Peer[], now: Now): void {
    bid.sent.note(seq, now.leaderUs, voters);
    for (const voter of voters) {
      this.#context.outbox.say(voter, {
        op: Op.bid,
        name: contest.name,
        ballot: bid.ballot,
        seq,
        priority: contest.priority,
        group: contest.group,
        fair: contest.fair,
      });
    }
  }

  /** How many of a bid's repetitions that voter needed before it heard us, or we its promise. */
  #resentTo(voter: string, bid: BidState, promisedUs: number, now: Now): number {
    const aheadUs = now.leaderUs - now.elapsedUs;
    const sentUs = [...bid.sent.to(voter), ...this.#rolls.bidsSentUs(bid.startedUs + aheadUs)].sort((a, b) => a - b);
    const refusedUs = (bid.denials.get(voter)?.atUs ?? -Infinity) + aheadUs;
    return resentTo({ sentUs, refusedUs, lapsedUs: (bid.formerEndsUs.get(voter) ?? -Infinity) + aheadUs, promisedUs });
  }

  /** Who sits out asks one voter who leads, another one each time: it wants to know, and costs one packet instead of all. */
  #watch(contest: Contest, voters: readonly Peer[]): void {
    const voter = voters[contest.satOut % Math.max(1, voters.length)];
    if (voter !== undefined) this.#context.outbox.say(voter, { op: Op.watch, name: contest.name });
  }

  #release(name: string, term: number): void {
    for (const voter of this.#context.peers.voters()) this.#context.outbox.say(voter, { op: Op.release, name, term, to: '', drainMs: 0 });
  }

  /**
   * C5 with nothing in hand. One of many names that was promised to somebody else just now waits for a beat or
   * three (C7): when a holder of a thousand dies, those who lose a name are all told so while those who win it
   * have to be heard, and a bid now would only be put off again.
   */
  #rebid(contest: Contest, { holder }: Deny, now: Now): void {
    const { random, config } = this.#context;
    contest.bid = null;
    const isLost = this.#contests.isMany && holder !== '' && holder !== this.#context.self.name;
    const afterUs = isLost ? Math.floor(config.renewUs / 2) + random.below(LOST_BEATS * config.renewUs) : 0;
    contest.bidAtUs = this.#staggered(rankKeyOf(contest), now) + Math.floor(afterUs / TICK_US) * TICK_US;
  }

  /**
   * C5 with promises in hand: a voter that could be had has seen a higher ballot, and will never promise
   * this one. The bid goes on under a higher ballot, which those that promised serve at once, as it is
   * ours; its time to give up does not move. To wait instead, with one voter of three silent, made two
   * candidates hold one voter each in turns, for half a minute and more.
   */
  #raise(contest: Contest, bid: BidState): void {
    const { firstGrantUs, resent, formerTerm, formerBallots } = bid;
    contest.bid = {
      ...this.#newBid(contest, bid.startedUs),
      formerEndsUs: bid.formerEndsUs,
      firstGrantUs,
      resent,
      formerTerm,
      formerBallots: [...formerBallots, bid.ballot],
    };
  }

  /** C6 (a): so many voters are lost to this ballot that the rest is no majority. */
  #isHopeless(bid: BidState): boolean {
    const { electorate } = this.#context;
    const lost: string[] = [];
    for (const [voter, { deny, atUs }] of bid.denials) {
      if (bid.support.has(voter)) continue;
      if (deny.why === 'stale' || deny.why === 'released' || deny.why === 'config' || deny.why === 'not-voter') lost.push(voter);
      else if (deny.why === 'held' && atUs >= bid.firstGrantUs && this.#isRivalGrant(deny)) lost.push(voter);
    }
    return electorate.votes(lost) > electorate.total - electorate.needed;
  }

  /**
   * Whether a refusal names a rival of this round. A holder that leads is none: it is the former leader,
   * whose grants end one voter after the other, or it is in office, which (d) and (e) find out. To
   * count it here cancelled bids on refusals that were on their way when the leader resigned.
   */
  #isRivalGrant(deny: Deny): boolean {
    return deny.holder !== '' && !deny.elected;
  }

  /**
   * C6 (e): the leader renewed at that voter after we were first promised something here. It is in
   * office, so a majority is promised to it and not to us; what we hold may be the very voter it is
   * about to need. A leader that is dead or cut off from its majority renews nowhere, so this delays
   * no takeover from one. A quarter of R more, because what a refusal says is as old as its way was
   * long: one that left just before the leader resigned must not cost its successor the election.
   */
  #renewedSince(bid: BidState, deny: Deny, now: Now): boolean {
    const { grantUs, renewUs } = this.#context.config;
    const renewedUs = now.elapsedUs - (grantUs - deny.leftMs * 1000);
    return deny.why === 'held' && deny.elected && renewedUs >= bid.firstGrantUs + Math.floor(renewUs / 4);
  }

  /** C6 (b): after a while without a majority the lower rank makes room. */
  #yields(key: string, bid: BidState, now: Now): boolean {
    if (now.elapsedUs < bid.firstGrantUs + this.#context.config.renewUs) return false;
    for (const { deny, atUs } of bid.denials.values()) {
      if (deny.why !== 'held' || atUs < bid.firstGrantUs || !this.#isRivalGrant(deny)) continue;
      if (compareRendezvous(key, deny.holder, this.#context.self.name) < 0) return true;
    }
    return false;
  }

  /** C6 (c): whatever was heard. */
  #giveUpAtUs(bid: BidState): number {
    return bid.firstGrantUs + Math.floor((this.#context.config.grantUs * GIVE_UP_PERCENT) / 100);
  }

  /** In a crowd, those with several better bidders before them at a majority bid only every fourth beat. */
  #sitsOut(contest: Contest, bid: BidState): boolean {
    if (holdsAnything(bid) || contest.fair) return false; // who sits out loses its place
    const { electorate } = this.#context;
    let behind = 0;
    for (const [voter, { deny }] of bid.denials) {
      if (deny.why === 'held' && deny.queued >= CROWD && deny.ahead >= STANDING) behind += electorate.weightOf(voter);
    }
    if (behind < electorate.needed || contest.satOut >= SIT_OUT_BEATS) {
      contest.satOut = 0;
      return false;
    }
    contest.satOut += 1;
    return true;
  }

  /** When to bid, by rank. */
  #staggered(key: string, now: Now): number {
    const { peers, self, config, random } = this.#context;
    const rankUs = Math.min(rendezvousIndex(key, self.name, peers.eligible()) * STAGGER_US, Math.floor(config.renewUs / 2));
    const atUs = now.elapsedUs + rankUs + random.below(STAGGER_JITTER_US);
    return this.#contests.isMany ? Math.ceil(atUs / TICK_US) * TICK_US : atUs;
  }
}

/** C5: a higher ballot was seen, and nobody has promised this one. */
const isOutdated = (contest: Contest, bid: BidState): boolean => !holdsAnything(bid) && contest.knownBallot >= bid.ballot;

const rankKeyOf = ({ name, group }: Contest): string => group || name;

/** Whether any voter may be bound by this bid: then giving it up must be said, and must happen in time. */
const holdsAnything = (bid: BidState): boolean => bid.firstGrantUs !== Infinity;
