import type { Address } from '../core/address.ts';
import type { Now } from '../core/time.ts';
import type { MembershipView } from '../core/view.ts';
import { Bootstrap, forcedLineage } from './bootstrap.ts';
import { configDigest } from './config-digest.ts';
import { ConfigGuard } from './config-guard.ts';
import type { Context } from './context.ts';
import type { Candidate } from './candidate.ts';
import type { Contest, Contests } from './contest.ts';
import type { Leader } from './leader.ts';
import type { HandedOn } from './hand-on.ts';
import { type ElectionPacket, type Entry, type Found, Op, type Voters } from './messages.ts';
import { packetOf } from './outbox.ts';
import type { Peer } from './peers.ts';
import { Reconfiguration, type Refusal, VOTERS_ELECTION, whyNot } from './reconfiguration.ts';
import type { Recovery } from './recovery.ts';
import type { SilentVoters } from './silent-voters.ts';
import type { Voter } from './voter.ts';
import { type Seat, type VoterSet, type VotersChange, isNewer } from './voter-set.ts';

/** How far a forced set of voters lifts all terms above what anybody may have promised. */
const FORCED_RAISE = 2 ** 20;

/** Who votes, as one node knows it. */
export interface VotersStanding {
  readonly set: VoterSet;
  /** Votes that make a majority, of so many. */
  readonly needed: number;
  readonly total: number;
  /** The line of descent: two nodes with different ones belong to different clusters. */
  readonly lineage: number;
  /** It is the line of those that this node was started with: neither founded nor forced. */
  readonly isOriginal: boolean;
  /** Nobody can be elected under the set before any more, as far as this node knows. */
  readonly isSettled: boolean;
  /** What a change that is under way here waits for, in words; null: none is, or for nothing. */
  readonly waitsFor: string | null;
}

/** What a change of the voters touches of the election it is part of. */
export interface FranchiseParts {
  readonly voter: Voter;
  readonly recovery: Recovery;
  readonly silent: SilentVoters;
  readonly candidate: Candidate;
  readonly leader: Leader;
  readonly contests: Contests;
  transition(now: Now, event: () => void): void;
  /** Renews at once. */
  ask(contest: Contest, now: Now): void;
}

/**
 * The right to vote: which set of voters is in force here, whether this node has a vote in it, and how
 * one set follows another (rules config.P1–P9, config.B1, config.F1 of docs/protocol.md).
 */
export class Franchise {
  /** This node has a vote in the set in force here, and remembers what must be (config.P8). */
  hasVote: boolean;
  readonly guard: ConfigGuard;
  readonly bootstrap: Bootstrap;
  readonly reconfiguration: Reconfiguration;
  readonly #context: Context;
  readonly #parts: FranchiseParts;

  constructor(context: Context, parts: FranchiseParts) {
    const { electorate, memory, self } = context;
    this.#context = context;
    this.#parts = parts;
    this.hasVote = electorate.isVoter(self.name) && (electorate.isFirst || memory.isDurable);
    this.guard = new ConfigGuard(context);
    this.bootstrap = new Bootstrap(context);
    this.reconfiguration = new Reconfiguration(context, (set, now) => this.#install(set, electorate.lineage, now));
  }

  /**
   * Changes who votes: stands for the voters' own election and steps, one vote at a time, to what
   * `wish` makes of the set it finds then. `voters` with `settled` tells when a majority goes by it.
   *
   * @param isOwn Nobody asked for it: it gives way to what somebody asks for.
   * @returns Why it was not begun; null: it is under way.
   */
  change(wish: VotersChange, now: Now, isOwn = false): Refusal | null {
    let refusal: Refusal | null = null;
    this.#parts.transition(now, () => void (refusal = this.reconfiguration.begin(wish, isOwn)));
    return refusal;
  }

  /** Goes no further; what is in force stays so. */
  abandon(now: Now): void {
    this.#parts.transition(now, () => {
      this.reconfiguration.abandon();
      const contest = this.#parts.contests.get(VOTERS_ELECTION);
      if (contest !== undefined) this.#giveBack(contest, now);
    });
  }

  /**
   * For disasters: from now on `seats` vote, whatever the former voters say, who are believed to be gone
   * for good. It begins another line of descent, which the former ones refuse; each that is to belong to
   * it must be told the same (config.F1). Leases in hand are lost, and nothing is promised for T.
   *
   * @returns Why not; null: it is so.
   */
  force(seats: readonly Seat[], now: Now): Refusal | null {
    const { config, electorate, memory } = this.#context;
    if (!memory.isDurable) return { why: 'no-memory', problems: ['without a state directory voters are fixed (config.P8)'] };
    const isTheSame = electorate.lineage !== electorate.origin && electorate.isOriginal && JSON.stringify(electorate.set.seats) === JSON.stringify(seats);
    if (isTheSame) return null; // told twice, or it has followed the first that was told
    const problems = whyNot(seats, config.packetBudget);
    if (problems.length > 0) return { why: 'fault', problems };
    let kept = false;
    this.#parts.transition(now, () => {
      const set: VoterSet = { term: 0, version: 0, seats, floor: Math.max(electorate.set.floor, this.#parts.recovery.floor) + FORCED_RAISE };
      this.reconfiguration.abandon();
      kept = this.#install(set, forcedLineage(electorate.lineage, seats), now);
      if (kept) this.#parts.recovery.startOver(now);
    });
    return kept ? null : { why: 'no-memory', problems: ['the state directory could not be written'] };
  }

  /** What is to be said to every other voter, as packets of ours for somebody else to send when we cannot. */
  say(entries: readonly Entry[], members: MembershipView['members']): { readonly to: Address; readonly packet: ElectionPacket }[] {
    const { electorate, self, config } = this.#context;
    return electorate.names.flatMap((voter) => {
      const member = members.get(voter);
      if (member === undefined || voter === self.name) return [];
      const peer = { name: voter, boot: member.boot, address: member.address };
      return [{ to: member.address, packet: packetOf(this.#context, peer, entries, 0, config.grantUs, { elapsedUs: 0, leaderUs: 0, wallMs: 0 }) }];
    });
  }

  get standing(): VotersStanding {
    const { set, needed, total, lineage, origin, isSettled } = this.#context.electorate;
    return { set, needed, total, lineage, isOriginal: lineage === origin, isSettled, waitsFor: this.reconfiguration.waitsFor };
  }

  /**
   * A packet under another set of voters. Counts nothing in it; whoever knows less is told.
   *
   * @returns Whether this node goes by the sender's set now.
   */
  reconcile(peer: Peer, packet: ElectionPacket, now: Now): boolean {
    const { config, electorate, outbox } = this.#context;
    for (const entry of packet.entries) {
      if (entry.op === Op.voters && configDigest(config, entry.lineage, entry) === packet.config && this.#mayFollow(entry, peer))
        this.#install(entry, entry.lineage, now);
    }
    if (packet.config === electorate.digest) return true;
    const theirs = { term: packet.configTerm, version: packet.configVersion };
    // Of another T no set of theirs is one of ours, however new: to ask for it, or to tell ours, would go on for ever without a word to anybody.
    if (packet.grantMs * 1000 !== config.grantUs) this.guard.refuse(peer, packet, now.elapsedUs);
    else if (packet.lineage === electorate.lineage) {
      if (isNewer(theirs, electorate.set))
        outbox.say(peer, { op: Op.watch, name: VOTERS_ELECTION }); // the header says that we know less
      else if (isNewer(electorate.set, theirs)) this.guard.tell(peer, packet, now.elapsedUs);
      else this.guard.refuse(peer, packet, now.elapsedUs);
    } else if (packet.lineage === electorate.origin) this.guard.tell(peer, packet, now.elapsedUs);
    else if (!this.bootstrap.isOpen) this.guard.refuse(peer, packet, now.elapsedUs);
    return false;
  }

  /** See `Election.handOn`. */
  handOn(now: Now): HandedOn | null {
    const { electorate, memory, self } = this.#context;
    if (!this.hasVote || !this.#parts.recovery.isActive || !memory.isDurable) return null;
    return { boot: self.boot, digest: electorate.digest, floor: this.#parts.recovery.floor, grants: this.#parts.voter.promises(now.elapsedUs) };
  }

  onFound(peer: Peer, found: Found, now: Now): void {
    const founded = this.bootstrap.onFound(peer, found, now);
    if (founded !== null) this.#install(founded.set, founded.lineage, now);
  }

  advance(now: Now): void {
    const founded = this.bootstrap.advance(now);
    if (founded !== null) this.#install(founded.set, founded.lineage, now);
  }

  /** Leads the change that was asked for here, as far as its preconditions allow now. */
  lead(now: Now): void {
    if (!this.reconfiguration.isWanted) return;
    const contest = this.#parts.contests.open(VOTERS_ELECTION, now);
    if (contest === null) return this.reconfiguration.abandon();
    if (contest.role === 'idle') this.#parts.candidate.stand(contest, now.elapsedUs, now);
    const { role, tenure } = contest;
    const step = this.reconfiguration.advance(role === 'leader' && tenure !== null && now.leaderUs < tenure.leaseEndUs ? tenure.term : 0, now);
    if (step === 'stepped') this.#parts.ask(contest, now);
    if (step === null || step === 'stepped') return;
    this.#giveBack(contest, now);
    if (step === 'done') this.#context.notify({ type: 'voters', set: this.#context.electorate.set, settled: true });
    else this.#context.notify({ type: 'warning', code: 'voters-refused', details: { problems: step.problems.join('; ') } });
  }

  #giveBack(contest: Contest, now: Now): void {
    const { candidate, leader } = this.#parts;
    candidate.withdraw(contest, now);
    leader.resign(contest, 'released', null, now);
    leader.settled(contest, contest.tenure?.term ?? 0, now);
  }

  /**
   * Whether the set that `peer` goes by is a later one of ours; or, for a node without a vote of its own, the one that grew from what it
   * was started with. Who has accepted to found with others is bound to them, until one of those goes by another set.
   */
  #mayFollow(news: Voters, peer: Peer): boolean {
    const { electorate, self } = this.#context;
    if (news.lineage === electorate.lineage) return isNewer(news, electorate.set);
    if (news.origin !== electorate.origin || electorate.lineage !== electorate.origin || electorate.isVoter(self.name)) return false;
    const { boundTo } = this.bootstrap;
    return boundTo === 0 || boundTo === news.lineage || this.bootstrap.waitsFor(peer.name);
  }

  /**
   * Puts a set in force here. A voter under it has it on disk before it says a word under it: with {a, b, c}
   * made {a, b, d} and d leading, a and b that forget would elect c beside it (config.P8).
   */
  #install(next: VoterSet, lineage: number, now: Now): boolean {
    const { electorate, memory, peers, self } = this.#context;
    const set: VoterSet = { term: next.term, version: next.version, seats: next.seats, floor: next.floor };
    const notKept = (): void => this.#context.notify({ type: 'warning', code: 'not-kept', details: { term: set.term, version: set.version } });
    if (memory.isDurable && !memory.remember(set, lineage, electorate.origin)) {
      notKept();
      return false;
    }
    if (lineage !== electorate.lineage) {
      // What the voters of another line promised counts no more.
      for (const contest of this.#parts.contests.values()) {
        this.#parts.candidate.cancel(contest, now);
        this.#parts.leader.disown(contest, now);
      }
    }
    const hadVote = this.hasVote;
    const isForced = lineage !== electorate.lineage && set.floor >= FORCED_RAISE; // a founded one has no floor until it is changed, and then this only waits longer
    const hasSeat = set.seats.some(({ name, weight }) => name === self.name && weight > 0);
    this.hasVote = hasSeat && memory.isDurable;
    electorate.install(set, lineage);
    peers.onVoters();
    this.#parts.silent.onVoters();
    this.reconfiguration.onVoters();
    this.#parts.voter.onVoters(set.floor);
    // Who hears of a forced set waits as who is told does: a process may be old, and what the former voters promised is not (config.F1, schedule force-followed).
    if (this.hasVote && !hadVote) this.#parts.recovery[isForced ? 'startOver' : 'restart'](now);
    else this.#parts.recovery.onVoters();
    if (this.hasVote) electorate.heardUnder(self.name);
    if (hasSeat && !this.hasVote) notKept();
    this.#context.notify({ type: 'voters', set, settled: false });
    return true;
  }
}
