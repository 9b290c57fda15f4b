import type { Address } from '../core/address.ts';
import { assert } from '../core/assert.ts';
import type { Random } from '../core/random.ts';
import type { Now } from '../core/time.ts';
import type { MembershipView } from '../core/view.ts';
import { Beats } from './beats.ts';
import { Beliefs } from './beliefs.ts';
import { Candidate } from './candidate.ts';
import { ClockRates } from './clock-rates.ts';
import type { ElectionConfig } from './config.ts';
import { Electorate } from './electorate.ts';
import { Franchise } from './franchise.ts';
import type { HandedOn } from './hand-on.ts';
import { Memory } from './memory.ts';
import { VOTERS_ELECTION } from './reconfiguration.ts';
import type { GrantRecord } from './ballot-box.ts';
import { CONTESTS_MAX, type Contest, Contests, type Tenure } from './contest.ts';
import type { Context } from './context.ts';
import { type Standing, explainElection, reasonFor } from './explain.ts';
import type { ElectionHost, LostReason, NoLeaderReason } from './host.ts';
import { type Inspected, inspect } from './inspect.ts';
import { FirstInLine } from './first-in-line.ts';
import { Leader } from './leader.ts';
import { type Deny, type ElectionPacket, type Entry, type Hint, Op } from './messages.ts';
import { Outbox, packetOf } from './outbox.ts';
import { type Peer, Peers, lifeOf } from './peers.ts';
import { QuorumWatch } from './quorum-watch.ts';
import type { Order } from './rank.ts';
import { Reclaim } from './reclaim.ts';
import { Recovery } from './recovery.ts';
import { RollCall, type Told } from './roll-call.ts';
import { SilentVoters } from './silent-voters.ts';
import { Tokens } from './tokens.ts';
import { Voter } from './voter.ts';

/** Clocks that drift apart by more than this between two runs have jumped. */
const JUMP_US = 5_000;

/**
 * One node's part in all elections: its vote, its bids and its leases. A majority of the configured
 * voters promises a name to one holder for T; the holder renews every R and stops before its lease
 * ends by its own clock. docs/protocol.md holds the rules (voter.V*, candidate.C*, leader.L*,
 * restart.R*) and why each is there.
 *
 * Pure and synchronous: time, dice and ids are arguments, effects are calls on the host.
 */
export class Election {
  readonly counters = {
    packets: 0,
    mute: 0,
    ownName: 0,
    foreignConfig: 0,
    notFromVoter: 0,
    formerLife: 0,
    bids: 0,
    grants: 0,
    denials: 0,
    renewals: 0,
    acquisitions: 0,
    losses: 0,
    reclaims: 0,
    strayReclaims: 0,
  };

  /** Who votes, and how that changes. */
  readonly franchise: Franchise;
  readonly #host: ElectionHost;
  readonly #context: Context;
  readonly #tokens: Tokens;
  readonly #recovery: Recovery;
  readonly #voter: Voter;
  readonly #candidate: Candidate;
  readonly #leader: Leader;
  readonly #beliefs: Beliefs;
  readonly quorum: QuorumWatch;
  readonly #silent: SilentVoters;
  readonly #rates: ClockRates;
  readonly #first: FirstInLine;
  readonly #reclaim: Reclaim;
  readonly #contests: Contests;
  readonly #rolls: RollCall;
  readonly #beats: Beats;
  #participating = false;
  #isBeat = false;
  #last: Now;
  /** Of the transition that runs. */
  #nowUs = 0;
  #busy = false;

  constructor(config: ElectionConfig, self: { name: string; boot: number }, random: Random, host: ElectionHost, now: Now) {
    const notify: ElectionHost['notify'] = (change) => {
      if ('name' in change && change.name === VOTERS_ELECTION) return; // nobody's job
      if (change.type === 'ended') this.#beliefs.ended(change.name, change.term, this.#nowUs);
      if (change.type === 'lost') this.counters.losses += 1;
      host.notify(change);
    };
    this.#host = host;
    const electorate = new Electorate(config);
    const memory = new Memory(config, self.boot, (kept) => host.keep(kept));
    this.#context = {
      config,
      self,
      random,
      notify,
      outbox: new Outbox(config.packetBudget),
      peers: new Peers(electorate, config.leaders, self),
      electorate,
      memory,
    };
    this.#tokens = new Tokens(random, config.renewUs);
    this.#recovery = new Recovery(this.#context, now);
    this.#voter = new Voter(this.#context, this.#recovery);
    this.#contests = new Contests(2 * config.grantUs);
    this.#rolls = new RollCall(this.#context);
    this.#candidate = new Candidate(this.#context, this.#contests, this.#rolls, () => (this.franchise.hasVote ? this.#recovery.floor : 0));
    this.#leader = new Leader(this.#context);
    this.#beliefs = new Beliefs(config.grantUs, notify);
    this.quorum = new QuorumWatch(this.#context);
    this.#silent = new SilentVoters(this.#context);
    this.#beats = new Beats(this.#context, this.#contests, this.#candidate, this.#leader, this.#silent, this.#rolls, {
      mayBid: () => !this.franchise.hasVote || this.#recovery.isActive,
      reclaims: config.reclaimDrainUs !== null,
      counters: this.counters,
    });
    this.franchise = new Franchise(this.#context, {
      voter: this.#voter,
      recovery: this.#recovery,
      silent: this.#silent,
      candidate: this.#candidate,
      leader: this.#leader,
      contests: this.#contests,
      transition: (at, event) => this.#transition(at, event),
      ask: (contest, at) => this.#beats.ask(contest, at),
    });
    this.#rates = new ClockRates(config.driftPpm, (peer, ppm) =>
      notify({ type: 'warning', code: 'clock-rate', details: { peer, ppm, allowed: config.driftPpm } }),
    );
    this.#first = new FirstInLine(this.#context);
    this.#reclaim = new Reclaim(this.#context, now);
    this.#last = now;
  }

  /** When `advance` wants to be called, on the elapsed clock. */
  nextDeadlineUs = Infinity;

  /** A decoded, fully validated packet, with the clocks read after it was received. */
  receive(from: Address, packet: ElectionPacket, now: Now): void {
    this.#transition(now, () => {
      this.counters.packets += 1;
      if (!this.#participating) return void (this.counters.mute += 1);
      const { self, peers, electorate } = this.#context;
      // Another process under our name (or our own packet come back): membership settles who keeps the name.
      if (packet.from === self.name) return void (this.counters.ownName += 1);
      const peer: Peer = { name: packet.from, boot: packet.boot, address: from };
      if (peers.isVoter(peer.name)) this.#recovery.heardGrant(packet.maxGrantMs * 1000); // whoever strays in would make restarts wait
      if (packet.config !== electorate.digest) {
        if (!this.franchise.reconcile(peer, packet, now)) return void (this.counters.foreignConfig += 1);
        this.#beats.noLaterThan(now.elapsedUs); // leases in hand need the new voters' promises
      }
      electorate.heardUnder(peer.name);
      peers.heard(peer, packet.token, now.elapsedUs);
      if (packet.elapsedMs > 0) this.#rates.heard(peer, packet.elapsedMs, now.elapsedUs);
      const echoed = this.#tokens.isFresh(lifeOf(peer), packet.echo, now.elapsedUs);
      const isOurs = packet.toBoot === 0 || packet.toBoot === self.boot;
      for (const entry of packet.entries) this.#dispatch(peer, entry, echoed, isOurs, now);
    });
  }

  /** Runs what is due; extra calls are harmless. */
  advance(now: Now): void {
    this.#transition(now, () => {});
  }

  /** The view changed. It may lie: it orders, prunes and addresses, and decides nothing. */
  onView(view: MembershipView, now: Now): void {
    this.#transition(now, () => {
      const { peers, electorate } = this.#context;
      peers.onView(view);
      this.#beats.askFirst(false, now);
      for (const voter of electorate.names) {
        const boot = peers.bootOf(voter);
        if (boot === null) continue;
        for (const contest of this.#contests.each()) this.#candidate.onVoterLife(contest, voter, boot);
      }
    });
  }

  /**
   * From now on this node takes part. Until its join was accepted (or it found nobody to join) it
   * is mute, so that a second process under a living voter's name is refused before it votes.
   */
  participate(now: Now): void {
    this.#transition(now, () => {
      if (this.#participating) return;
      this.#participating = true;
      if (this.franchise.hasVote) this.#voter.takeOver(this.#recovery.begin(now), now);
      this.#noteActive(false, now);
      this.franchise.bootstrap.begin(now);
      for (const contest of this.#contests.each()) if (contest.wanted) this.#candidate.stand(contest, now.elapsedUs, now);
    });
  }

  /**
   * Answers nobody any more, and says what the next life of this voter has to know to begin without the
   * start-up wait (restart.R8). Null where it has no vote, or nothing to keep it in.
   */
  handOn(now: Now): HandedOn | null {
    const handed = this.#participating ? this.franchise.handOn(now) : null;
    this.#participating = false;
    return handed;
  }

  /** A higher claim to our own name was heard: our voter promises nothing until that was silent for T. */
  rivalHeard(now: Now): void {
    this.#transition(now, () => this.#voter.silence(now));
  }

  /**
   * Stands for `name` until withdrawn, elected or out of it. After `ended` call it again to go on.
   *
   * @param priority −1,000 … 1,000; higher stands before lower in every voter's queue.
   * @returns False, and nothing was done: there are `CONTESTS_MAX` others.
   */
  campaign(name: string, priority: number, now: Now, { group = '', fair = false }: Order = {}): boolean {
    return this.#transition(now, () => {
      const contest = this.#contests.open(name, now);
      if (contest === null) return false;
      Object.assign(contest, { priority, group, fair, wanted: true });
      this.#beliefs.follow(name);
      if (this.#participating) this.#candidate.stand(contest, contest.bidAtUs, now);
      this.#beats.askFirst(true, now);
      return true;
    });
  }

  /** Stops bidding. A lease in hand stays; resign it. */
  withdraw(name: string, now: Now): void {
    this.#step(name, now, (contest) => {
      this.#candidate.withdraw(contest, now);
      this.#first.look(contest, now.elapsedUs);
    });
  }

  /**
   * Gives the lease up. `lost` is told at once; renewing goes on, for `drainTimeout` at most, until
   * `settled` says that the application's job has ended, and only then the name is released.
   */
  resign(name: string, reason: LostReason, to: string | null, now: Now): void {
    this.#step(name, now, (contest) => {
      contest.wanted = false;
      // Who resigns wants somebody else to lead: our next bid waits until the others' were served.
      contest.bidAtUs = now.elapsedUs + 2 * this.#context.config.renewUs;
      this.#leader.resign(contest, reason, to, now);
    });
  }

  /** The job of that tenure, a lost or resigned one, has ended. */
  settled(name: string, term: number, now: Now): void {
    this.#step(name, now, (contest) => this.#leader.settled(contest, term, now));
  }

  /**
   * Gives back what is led, for a process that ends now. Every such lease is invalid before a word is sent.
   *
   * @param drainMs How long voters keep the name from others: what this process sent last is still under way.
   * @param isOver Whether nothing acts on that tenure any more; of those on which something may the lease runs out.
   */
  lastBreath(drainMs: number, now: Now, isOver: (name: string, term: number) => boolean = () => true): void {
    this.#transition(now, () => {
      for (const contest of this.#contests.each()) this.#leader.lastBreath(contest, this.#context.peers.voters(), Math.max(1, Math.round(drainMs)), isOver);
    });
  }

  /** Whether `to` (null: anybody) stands at a majority of voters and would take over in one hop. */
  canHandOver(name: string, to: string | null, now: Now): boolean {
    const contest = this.#contests.get(name);
    return contest !== undefined && this.#leader.canHandOver(contest, to, now);
  }

  /**
   * Asks every voter to renew, now.
   *
   * @returns Where the lease's end will be once a majority has answered what was sent now or later; null where we do not lead.
   */
  confirm(name: string, now: Now): number | null {
    return this.#transition(now, () => {
      const contest = this.#contests.get(name);
      if (contest?.role !== 'leader') return null;
      this.#beats.ask(contest, now);
      return this.#leader.confirmedEndUs(now);
    });
  }

  /** A resource has seen a higher term than ours: we stop, and stand above it from now on. @returns Whether we led with a lower one. */
  reportStale(name: string, seenTerm: number, now: Now): boolean {
    return this.#step(name, now, (contest) => this.#leader.onStale(contest, seenTerm, now)) === true;
  }

  /** Who stands first at a majority of voters; null where we do not lead, or nobody does. */
  successor(name: string, now: Now): { readonly name: string; readonly priority: number } | null {
    const contest = this.#contests.get(name);
    return contest === undefined ? null : this.#leader.successor(contest, now);
  }

  setPriority(name: string, priority: number, now: Now): void {
    this.#step(name, now, (contest) => void (contest.priority = priority));
  }

  /** Keeps asking who leads `name`, without bidding. @returns False at the limit: nobody is asked. */
  watch(name: string, now: Now): boolean {
    const { watched } = this.#beats;
    this.#transition(now, () => {
      if (watched.size >= CONTESTS_MAX) return this.#context.notify({ type: 'warning', code: 'names-limit', details: { name, limit: CONTESTS_MAX } });
      watched.add(name);
      this.#beliefs.follow(name);
      this.#beats.noLaterThan(now.elapsedUs);
    });
    return watched.has(name);
  }

  /** Whether this node leads `name` at this reading of the leader's clock. */
  isHeld(name: string, leaderUs: number): boolean {
    return this.#contests.get(name)?.role === 'leader' && this.remainingUs(name, leaderUs) > 0;
  }

  /** Whether this node stands for `name`, or leads it and has not given it up. */
  isWanted(name: string): boolean {
    return this.#contests.get(name)?.wanted === true;
  }

  /** What is left of the lease; negative after its end, `-Infinity` without a tenure. */
  remainingUs(name: string, leaderUs: number): number {
    return (this.tenureOf(name)?.leaseEndUs ?? -Infinity) - leaderUs;
  }

  leaderOf(name: string, now: Now): { known: boolean; name: string | null; term: number; untilUs: number; reason: NoLeaderReason | null } {
    const { holder, term, untilUs } = this.#beliefs.of(name, now.elapsedUs);
    return { known: holder !== null, name: holder, term, untilUs, reason: holder === null ? this.#reasonFor(name) : null };
  }

  /** Why things are as they are for `name`, in sentences: missing voters, waits, refusals. */
  explain(name: string, now: Now): readonly string[] {
    const standing: Standing = {
      name,
      now,
      contest: this.#contests.get(name),
      leader: this.leaderOf(name, now),
      participating: this.#participating,
      voting: this.franchise.hasVote,
      recovery: this.#recovery,
      quorum: this.quorum,
      configs: this.franchise.guard,
      bootstrap: this.franchise.bootstrap,
    };
    return explainElection(this.#context, standing);
  }

  /** How many transitions there were: who looks at this node from outside need not look twice. */
  transitions = 0;

  /** The lease in hand, if any; live, for whoever only looks. */
  tenureOf(name: string): Readonly<Tenure> | null {
    return this.#contests.get(name)?.tenure ?? null;
  }

  /** What our own voter promised, and still keeps if it has lost its vote since; live, for whoever only looks. Null where it never had one. */
  voteOf(name: string): { readonly maxBallot: number; readonly floor: number; readonly grant: Readonly<GrantRecord> | null; readonly queued: number } | null {
    return this.franchise.hasVote || this.#voter.names > 0 ? this.#voter.inspect(name) : null;
  }

  /** Whether our voter may promise anything yet. */
  get mayPromise(): boolean {
    return this.franchise.hasVote && this.#recovery.isActive;
  }

  /** A copy of what this node holds about `name`, for checkers. */
  inspect(name: string): Inspected {
    return inspect(this.#contests.get(name), this.franchise.hasVote ? this.#voter.inspect(name) : null, this.#recovery);
  }

  /** What concerns one name, where it is known here. */
  #step<T>(name: string, now: Now, act: (contest: Contest) => T): T | undefined {
    return this.#transition(now, () => {
      const contest = this.#contests.get(name);
      return contest === undefined ? undefined : act(contest);
    });
  }

  /** Decide, change, tell: leases first, then the event itself, then what is due, then one packet per peer. */
  #transition<T>(now: Now, event: () => T): T {
    assert(!this.#busy, 'BUG: the host called back into the election');
    this.#busy = true;
    try {
      this.#nowUs = now.elapsedUs;
      this.transitions += 1;
      this.#checkLeases(now);
      const result = event();
      this.#runDue(now);
      this.#flush(now);
      this.#beliefs.settle(now.elapsedUs, (name) => this.#reasonFor(name), this.#isBeat);
      this.#isBeat = false;
      this.#last = now;
      this.nextDeadlineUs = this.#deadline(now);
      return result;
    } finally {
      this.#busy = false; // whatever was wrong is what is told, not each call after it
    }
  }

  #checkLeases(now: Now): void {
    const ranUs = now.elapsedUs - this.#last.elapsedUs;
    const jumpedUs = now.leaderUs - this.#last.leaderUs - ranUs;
    const stopped = jumpedUs > JUMP_US || ranUs > this.#context.config.renewUs + this.#context.config.stopBeforeUs;
    const reason = (): LostReason => (stopped ? 'suspended' : this.quorum.answeredLately(now.elapsedUs) ? 'expired' : 'no-quorum');
    if (this.#contests.isMany && !this.#contests.isDue(now)) return;
    for (const contest of this.#contests.each()) this.#leader.checkLease(contest, reason, now);
  }

  #runDue(now: Now): void {
    if (!this.#participating) return;
    const wasActive = this.#recovery.isActive;
    this.franchise.advance(now);
    if (this.franchise.hasVote) this.#recovery.advance(now);
    this.#noteActive(wasActive, now);
    if (this.franchise.hasVote) this.#voter.advance(now);
    this.franchise.lead(now);
    for (const contest of this.#contests.due(now)) this.#candidate.advance(contest, now);
    this.#isBeat = this.#beats.advance(now);
    this.#leader.advance(this.#context.peers.voters(), now);
    // Silence means something only where we ask: a recovering voter that waits asks nobody yet.
    const asking = !this.franchise.hasVote || this.#recovery.leftUs(now.elapsedUs) === 0;
    this.quorum.advance(this.#beats.hasBusiness && asking, now);
  }

  #dispatch(peer: Peer, entry: Entry, echoed: boolean, isOurs: boolean, now: Now): void {
    switch (entry.op) {
      case Op.bid:
        return this.franchise.hasVote ? this.#voter.onBid(peer, entry, echoed, now) : undefined;
      case Op.renew:
        return this.franchise.hasVote ? this.#voter.onRenew(peer, entry, now) : undefined;
      case Op.release:
        return this.franchise.hasVote ? this.#voter.onRelease(peer, entry, now) : undefined;
      case Op.watch:
        return this.franchise.hasVote ? this.#voter.onWatch(peer, entry, now) : undefined;
      case Op.reclaim:
        if (this.franchise.hasVote) this.counters[this.#voter.onReclaim(peer, entry, now) ? 'reclaims' : 'strayReclaims'] += 1;
        return;
      case Op.same:
        return this.franchise.hasVote ? this.#voter.onSame(peer, entry, echoed, now) : undefined;
      case Op.recover:
        return this.franchise.hasVote ? this.#recovery.answer(peer, entry, now) : undefined;
      case Op.found:
        return this.franchise.onFound(peer, entry, now);
      case Op.voters:
        return; // `reconcile` has read it; under the same set it is no news
      default:
    }
    // What follows only a voter may say.
    if (!this.#context.peers.isVoter(peer.name)) return void (this.counters.notFromVoter += 1);
    if (entry.op === Op.recovered) {
      const wasActive = this.#recovery.isActive;
      this.#recovery.onRecovered(peer, entry, now); // it says itself which lives it is about
      return this.#noteActive(wasActive, now);
    }
    if (!isOurs && entry.op !== Op.grant) return void (this.counters.formerLife += 1); // candidate.C9
    switch (entry.op) {
      case Op.hint:
        return this.#onHint(peer, entry, now);
      case Op.stands:
        return this.#beats.onStands(peer, entry, (voter, name, told, leftMs) => this.#onVouch(voter, name, told, leftMs, now), now);
      default:
    }
    const contest = this.#contests.get(entry.name);
    switch (entry.op) {
      case Op.grant: {
        this.counters.grants += 1;
        const leaseEnd = this.#candidate.onGrant(contest, peer, entry, isOurs, now);
        if (leaseEnd === null || contest === undefined) return;
        this.#leader.becomeLeader(contest, leaseEnd, this.#beliefs.lastOf(entry.name), now);
        this.counters.acquisitions += 1;
        this.#first.look(contest, now.elapsedUs);
        return this.#beats.ask(contest, now); // C4: renew at once, so that voters learn who won
      }
      case Op.deny:
        return this.#onDeny(contest, peer, entry, now);
      case Op.rack:
        if (entry.name === VOTERS_ELECTION && entry.term === contest?.tenure?.term) this.franchise.reconfiguration.onRack(peer.name, entry.floor);
        return contest === undefined ? undefined : this.#leader.onRack(contest, peer, entry, now);
      case Op.rdeny:
        if (contest === undefined) return;
        if (this.#leader.onRDeny(contest, entry)) this.#beats.ask(contest, now); // L3: the lease may be running out, and the next beat is R away
        if (entry.elected && entry.holder !== this.#context.self.name) this.#leader.onViolation(contest, entry.holder, entry.holderTerm, now);
        return;
    }
  }

  #onDeny(contest: Contest | undefined, peer: Peer, deny: Deny, now: Now): void {
    this.counters.denials += 1;
    // Of a former life nothing is kept as told: it is said again, name by name, until the voter has heard of its end.
    const reclaims = this.#reclaim.heard(peer, deny.name, deny.holderBoot, now);
    if (!reclaims) this.#rolls.heard(peer.name, deny.name, deny.holder, deny.term, deny.elected ? 'held' : 'electing');
    if (deny.elected && deny.holder !== '') this.#heardLeader(deny.name, deny.holder, deny.term, deny.leftMs, now);
    if (contest === undefined) return;
    const isFirst = contest.bid?.denials.has(peer.name) === false;
    if (deny.why === 'echo' && this.#silent.mayEcho(peer.name, now.elapsedUs)) this.#beats.bidAgain(contest, peer, now);
    if (this.#candidate.onDeny(contest, peer, deny, now)) this.#beats.ask(contest, now);
    if (reclaims && isFirst) this.#beats.bidAnew(contest, peer, now); // once: that voter may keep the name all the same
    this.#first.look(contest, now.elapsedUs);
  }

  #onHint(peer: Peer, hint: Hint, now: Now): void {
    if (this.#reclaim.heard(peer, hint.name, hint.holderBoot, now)) return;
    this.#rolls.heard(peer.name, hint.name, hint.holder, hint.term, hint.reason);
    if (hint.holder !== '') return this.#heardLeader(hint.name, hint.holder, hint.term, hint.leftMs, now);
    this.#contests.get(hint.name); // if we lead it, our own lease is better evidence
    if (hint.term > 0) this.#beliefs.ended(hint.name, hint.term, now.elapsedUs);
    this.quorum.noteHint(hint.name, hint.reason);
  }

  /** What a voter has said of a name still holds: as if it were said again. */
  #onVouch(voter: Peer, name: string, told: Told, leftMs: number, now: Now): void {
    const contest = this.#contests.get(name);
    if (contest !== undefined && this.#candidate.onVouch(contest, voter, told, leftMs, now)) this.#beats.ask(contest, now);
    // Five voters vouch for a thousand names every R: what adds little is not looked at.
    const untilUs = now.elapsedUs + leftMs * 1000;
    if (told.reason === 'held' && !this.#beliefs.holds(name, told.holder, told.term, untilUs - this.#context.config.renewUs / 2))
      this.#heardLeader(name, told.holder, told.term, leftMs, now);
  }

  #heardLeader(name: string, holder: string, term: number, leftMs: number, now: Now): void {
    const contest = this.#contests.get(name);
    if (holder !== this.#context.self.name) {
      if (contest !== undefined) {
        this.#leader.onViolation(contest, holder, term, now);
        this.#candidate.onLeader(contest, term, now);
      }
      this.#beliefs.leads(name, holder, term, now.elapsedUs + leftMs * 1000);
    }
  }

  #noteActive(wasActive: boolean, now: Now): void {
    if (wasActive || !this.#recovery.isActive) return;
    this.#voter.onActive(now);
    for (const contest of this.#contests.each()) if (contest.role === 'bidding') this.#candidate.mayStart(contest, this.#recovery.wasTold, now);
  }

  /** Our own lease is the best evidence of who leads. */
  #noteOwnLeases(now: Now): void {
    for (const contest of this.#contests.changed) {
      if (contest.role !== 'leader' || contest.tenure === null) continue;
      const leftUs = contest.tenure.leaseEndUs - now.leaderUs;
      this.#beliefs.leads(contest.name, this.#context.self.name, contest.tenure.term, now.elapsedUs + leftUs);
    }
  }

  /** Sends what was said, ourselves included: our own voter is asked like any other, without the network. */
  #flush(now: Now): void {
    const { self, outbox } = this.#context;
    for (let rounds = 0; ; rounds += 1) {
      assert(rounds < 64, 'BUG: talking to ourselves without end');
      const packets = outbox.take();
      if (packets.length === 0) break;
      for (const { peer, entries } of packets) {
        if (peer.name === self.name) {
          for (const entry of entries) this.#dispatch({ ...self, address: '' }, entry, true, true, now);
          continue;
        }
        const token = !this.franchise.hasVote || peer.boot === 0 ? 0 : this.#tokens.give(lifeOf(peer), now.elapsedUs);
        this.#host.send(peer.address, packetOf(this.#context, peer, entries, token, this.#recovery.maxGrantUs, now));
      }
    }
    this.#noteOwnLeases(now);
  }

  #reasonFor(name: string): NoLeaderReason {
    const isRecovering = this.franchise.hasVote && !this.#recovery.isActive;
    return reasonFor(this.#context, name, this.#contests.get(name)?.bid ?? null, this.quorum, isRecovering);
  }

  #deadline(now: Now): number {
    const mayBid = this.#participating && (!this.franchise.hasVote || this.#recovery.isActive);
    const contestsUs = this.#contests.settle(
      (contest) => this.#leader.leaseDueUs(contest),
      (contest) => Math.min(this.#leader.dueUs(contest), mayBid ? this.#candidate.nextDeadlineUs(contest) : Infinity),
      now,
    );
    let earliest = Math.min(this.#leader.nextReleaseUs, this.#beliefs.nextDeadlineUs, contestsUs);
    if (!this.#participating) return earliest;
    if (this.franchise.hasVote) earliest = Math.min(earliest, this.#recovery.nextDeadlineUs, this.#voter.nextDeadlineUs);
    return Math.min(
      earliest,
      this.#beats.nextDeadlineUs,
      this.quorum.nextDeadlineUs,
      this.franchise.bootstrap.nextDeadlineUs,
      this.franchise.reconfiguration.nextDeadlineUs,
    );
  }
}
