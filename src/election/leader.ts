import { assert } from '../core/assert.ts';
import type { Now } from '../core/time.ts';
import type { Context } from './context.ts';
import type { Contest, Tenure } from './contest.ts';
import type { LostReason } from './host.ts';
import { leaseEndUs, supportEndUs } from './lease.ts';
import { Op, type Rack, type RDeny } from './messages.ts';
import { BALLOT_MAX } from './recovery.ts';
import type { Peer } from './peers.ts';
import { FRESH_TENTHS } from './tokens.ts';

/** A release is said three times, so that one lost datagram does not cost the rest of the lease. Microseconds after the first. */
const RELEASE_AGAIN_US = [20_000, 100_000];

interface PendingRelease {
  readonly name: string;
  readonly term: number;
  readonly to: string;
  readonly atUs: number;
}

/**
 * The leader: renews, and stops in time (rules leader.L1–L5 of docs/protocol.md). The lease is
 * measured on the leader's clock; `held` is decided at each call, not by a timer.
 */
export class Leader {
  readonly #context: Context;
  #releases: PendingRelease[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  /** C4: a majority of promises is in hand. The term is the ballot, and never changes. */
  becomeLeader(contest: Contest, leaseUs: number, former: { readonly holder: string | null; readonly term: number }, now: Now): void {
    const bid = contest.bid;
    assert(contest.role === 'bidding' && bid !== null, 'BUG: only a bidder becomes leader');
    const formerEndUs = Math.max(-Infinity, ...[...bid.support.keys()].map((voter) => bid.formerEndsUs.get(voter) ?? -Infinity));
    contest.role = 'leader';
    contest.bid = null;
    contest.tenure = {
      term: bid.ballot,
      ballot: bid.ballot,
      sent: bid.sent,
      support: bid.support,
      leaseEndUs: leaseUs,
      drainUntilUs: Infinity,
      successor: '',
      queues: new Map(),
      called: null,
    };
    this.#context.notify({
      type: 'elected',
      name: contest.name,
      term: bid.ballot,
      leaseEndUs: leaseUs,
      takeover: {
        former: former.holder,
        formerTerm: former.term,
        lapseUs: bid.firstGrantUs - bid.startedUs,
        grantUs: now.elapsedUs - bid.firstGrantUs,
        overUs: formerEndUs === -Infinity ? null : now.elapsedUs - formerEndUs,
        resent: bid.resent,
      },
    });
  }

  /** L1: asks every voter to renew. `ask`: also for its queue. */
  renew(contest: Contest, seq: number, voters: readonly Peer[], ask: boolean, now: Now): void {
    const tenure = contest.tenure;
    if (tenure === null || (contest.role !== 'leader' && contest.role !== 'draining')) return;
    tenure.sent.note(seq, now.leaderUs, voters); // before the send: the lease counts from here
    for (const voter of voters) {
      this.#context.outbox.say(voter, { op: Op.renew, name: contest.name, ballot: tenure.ballot, term: tenure.term, seq, ask });
    }
  }

  /** Where a lease ends that a majority renews in answer to what is sent now. */
  confirmedEndUs(now: Now): number {
    const { grantUs, driftPpm } = this.#context.config;
    return leaseEndUs([{ endUs: supportEndUs(now.leaderUs, 0, grantUs, driftPpm), weight: 1 }], 1);
  }

  /** L1, L2: a renewed promise counts from the send of the very request it answers, and only while the lease holds. */
  onRack(contest: Contest, peer: Peer, rack: Rack, now: Now): void {
    const tenure = contest.tenure;
    if (tenure === null || rack.term !== tenure.term) return;
    if (contest.role !== 'leader' && contest.role !== 'draining') return;
    tenure.queues.set(peer.name, { ids: rack.queue, priority: rack.priority, atUs: now.elapsedUs });
    const sentAtUs = tenure.sent.at(rack.seq);
    if (sentAtUs !== undefined) this.#extend(tenure, peer, sentAtUs, rack.grantedMs, now);
  }

  /** L7: a voter found a whole part of our leases as the roll `seq` has it. Only what was on that roll, and still is as it was then, is extended. */
  onRoll(contest: Contest, peer: Peer, roll: { readonly seq: number; readonly sentAtUs: number; readonly grantedMs: number }, now: Now): void {
    const tenure = contest.tenure;
    if (tenure === null || (contest.role !== 'leader' && contest.role !== 'draining')) return;
    if (tenure.called === null || tenure.called.ballot !== tenure.ballot || roll.seq < tenure.called.seq) return;
    this.#extend(tenure, peer, roll.sentAtUs, roll.grantedMs, now);
  }

  /** Those that waited for the name at that voter wait there still. */
  onQueueStands(contest: Contest, peer: Peer, now: Now): void {
    const queue = contest.tenure?.queues.get(peer.name);
    if (queue !== undefined) queue.atUs = now.elapsedUs;
  }

  #extend(tenure: Tenure, peer: Peer, sentAtUs: number, grantedMs: number, now: Now): void {
    if (now.leaderUs >= tenure.leaseEndUs) return; // L2: the application was told; nothing brings the lease back
    const { grantUs, driftPpm } = this.#context.config;
    const endUs = supportEndUs(sentAtUs, 0, Math.min(grantUs, grantedMs * 1000), driftPpm);
    const known = tenure.support.get(peer.name);
    if (known === undefined || known.boot !== peer.boot || endUs > known.endUs) tenure.support.set(peer.name, { boot: peer.boot, endUs });
    tenure.leaseEndUs = Math.max(tenure.leaseEndUs, this.#context.electorate.leaseEndUs(tenure.support));
  }

  /** L3: a voter that promised a higher ballot meanwhile is won back by a higher ballot; the term, the fencing token, stays. @returns Whether to renew again at once. */
  onRDeny(contest: Contest, rdeny: RDeny): boolean {
    const tenure = contest.tenure;
    contest.knownBallot = Math.max(contest.knownBallot, rdeny.maxBallot);
    if (tenure === null || rdeny.term !== tenure.term || (contest.role !== 'leader' && contest.role !== 'draining')) return false;
    if (rdeny.why !== 'stale' || rdeny.maxBallot <= tenure.ballot) return false;
    tenure.ballot = rdeny.maxBallot + 1;
    contest.lastBallot = Math.max(contest.lastBallot, tenure.ballot);
    return true;
  }

  /**
   * Ends what is over. Called on every entry, before anything else is looked at.
   *
   * L4: the application is told `stopBefore` ahead of the lease's end; after a pause or a suspend,
   * as soon as we run at all.
   */
  checkLease(contest: Contest, lateReason: () => LostReason, now: Now): void {
    const tenure = contest.tenure;
    if (tenure === null) return;
    const stopUs = tenure.leaseEndUs - this.#context.config.stopBeforeUs;
    if (contest.role === 'leader' && now.leaderUs >= stopUs) this.#lose(contest, tenure, lateReason());
    if (contest.role === 'draining' && now.elapsedUs >= tenure.drainUntilUs) contest.role = 'lost';
    if (now.leaderUs >= tenure.leaseEndUs) this.#finish(contest, tenure, now);
  }

  /** Other voters were forced: whatever the former ones promised counts no more. */
  disown(contest: Contest, now: Now): void {
    if (contest.tenure === null) return;
    contest.tenure.leaseEndUs = Math.min(contest.tenure.leaseEndUs, now.leaderUs);
    this.checkLease(contest, () => 'no-quorum', now);
  }

  /** The application gives up: told at once, while renewing goes on until its job has settled. */
  resign(contest: Contest, reason: LostReason, successor: string | null, now: Now): void {
    const tenure = contest.tenure;
    if (tenure === null || contest.role !== 'leader') return;
    tenure.successor = successor ?? '';
    tenure.drainUntilUs = now.elapsedUs + this.#context.config.drainTimeoutUs;
    this.#lose(contest, tenure, reason);
    contest.role = 'draining';
  }

  /**
   * The job of a lost or draining tenure is over: nothing acts on the lease any more, so let others have it now. By its
   * term: a job that outlived its lease ends late, and this node may lead again by then, with another job under way.
   */
  settled(contest: Contest, term: number, now: Now): void {
    if (contest.tenure?.term === term && (contest.role === 'lost' || contest.role === 'draining')) this.#finish(contest, contest.tenure, now);
  }

  /** L5: somebody leads with a higher term although our lease holds. An assumption is broken; the safe side is to stop. */
  onViolation(contest: Contest, holder: string, term: number, now: Now): void {
    const tenure = contest.tenure;
    if (tenure === null || contest.role !== 'leader' || term <= tenure.term || now.leaderUs >= tenure.leaseEndUs) return;
    this.#context.notify({ type: 'warning', code: 'safety-violation', details: { name: contest.name, ours: tenure.term, theirs: term, holder } });
    this.#lose(contest, tenure, 'violation');
  }

  /**
   * L6: a resource was written to in a higher term. Whoever did that is, or was, a leader after us; the
   * resource is right, whatever our clock says. A number beyond all terms is not learned: nobody could stand above it.
   */
  onStale(contest: Contest, seenTerm: number, now: Now): boolean {
    const tenure = contest.tenure;
    if (tenure === null || contest.role !== 'leader' || seenTerm <= tenure.term || now.leaderUs >= tenure.leaseEndUs) return false;
    if (seenTerm < BALLOT_MAX / 2) contest.knownBallot = Math.max(contest.knownBallot, seenTerm);
    this.#context.notify({ type: 'warning', code: 'safety-violation', details: { name: contest.name, ours: tenure.term, theirs: seenTerm, holder: '' } });
    this.#lose(contest, tenure, 'violation');
    return true;
  }

  /** Who stands first at a majority of voters, so that it would take over in one hop. */
  successor(contest: Contest, now: Now): { readonly name: string; readonly priority: number } | null {
    const tenure = contest.tenure;
    if (tenure === null || contest.role !== 'leader') return null;
    for (const { ids, priority, atUs } of tenure.queues.values()) {
      const [name] = ids;
      if (name !== undefined && this.#isFresh(atUs, now) && this.canHandOver(contest, name, now)) return { name, priority };
    }
    return null;
  }

  #isFresh(atUs: number, now: Now): boolean {
    return atUs >= now.elapsedUs - (this.#context.config.renewUs * FRESH_TENTHS) / 10;
  }

  /** Whether `to` (or, for null, anybody) has a fresh bid at a majority of voters, so that a handover takes one hop. */
  canHandOver(contest: Contest, to: string | null, now: Now): boolean {
    const tenure = contest.tenure;
    if (tenure === null || contest.role !== 'leader') return false;
    const { electorate } = this.#context;
    let ready = 0;
    for (const [voter, { ids, atUs }] of tenure.queues) {
      if (this.#isFresh(atUs, now) && (to === null ? ids.length > 0 : ids.includes(to))) ready += electorate.weightOf(voter);
    }
    return ready >= electorate.needed;
  }

  /** Repeats releases that are due. */
  advance(voters: readonly Peer[], now: Now): void {
    if (this.#releases.length === 0) return;
    const due = this.#releases.filter((r) => now.elapsedUs >= r.atUs);
    if (due.length === 0) return;
    this.#releases = this.#releases.filter((r) => now.elapsedUs < r.atUs);
    for (const { name, term, to } of due) {
      for (const voter of voters) this.#context.outbox.say(voter, { op: Op.release, name, term, to, drainMs: 0 });
    }
  }

  /** The process ends in this moment: what it leads is given back, and nothing here may act on it any more. */
  lastBreath(contest: Contest, voters: readonly Peer[], drainMs: number, isOver: (name: string, term: number) => boolean): void {
    const tenure = contest.tenure;
    if (tenure === null || !isOver(contest.name, tenure.term)) return;
    contest.tenure = null;
    contest.role = 'idle';
    contest.wanted = false;
    for (const voter of voters) this.#context.outbox.say(voter, { op: Op.release, name: contest.name, term: tenure.term, to: '', drainMs });
  }

  /** When the lease has to be looked at, on the leader's clock. */
  leaseDueUs({ role, tenure }: Contest): number {
    if (tenure === null) return Infinity;
    return role === 'leader' ? tenure.leaseEndUs - this.#context.config.stopBeforeUs : tenure.leaseEndUs;
  }

  /** When something else is due, on the elapsed clock. */
  dueUs({ role, tenure }: Contest): number {
    return role === 'draining' && tenure !== null ? tenure.drainUntilUs : Infinity;
  }

  get nextReleaseUs(): number {
    return this.#releases.reduce((earliest, r) => Math.min(earliest, r.atUs), Infinity);
  }

  #lose(contest: Contest, tenure: Tenure, reason: LostReason): void {
    contest.role = 'lost';
    this.#context.notify({ type: 'lost', name: contest.name, term: tenure.term, reason, leaseEndUs: tenure.leaseEndUs });
  }

  /**
   * The tenure is over here: either nothing acts on it any more or the lease has run out. The
   * release names its term and is harmless after the end; before it, sending it while the job still
   * runs would be two leaders (309 of 800 random schedules).
   */
  #finish(contest: Contest, tenure: Tenure, now: Now): void {
    contest.tenure = null;
    contest.role = 'idle';
    contest.wanted = false; // a name that is never stood for again must not hold its place for ever
    const release = { name: contest.name, term: tenure.term, to: tenure.successor };
    this.#releases.push({ ...release, atUs: now.elapsedUs }, ...RELEASE_AGAIN_US.map((us) => ({ ...release, atUs: now.elapsedUs + us })));
    this.#context.notify({ type: 'ended', name: contest.name, term: tenure.term });
  }
}
