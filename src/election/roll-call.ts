import type { Now } from '../core/time.ts';
import type { Context } from './context.ts';
import type { BidState, Contest } from './contest.ts';
import { type Hint, Op, type Stands } from './messages.ts';
import type { Peer } from './peers.ts';
import { NameMark, Roll, type RollKind, partsFor } from './roll.ts';

/** Rolls whose answers are waited for. */
const CALLS_MAX = 64;
/**
 * Names listed at most to one voter after one answer, where no lease hangs on it: a cluster that is short of time
 * must not make itself work. Who waits (`queues`) only a handover asks, and while a thousand names find new holders
 * it changes from beat to beat.
 */
const RELISTED_MAX: Readonly<Record<RollKind, number>> = { leases: Infinity, bids: 256, watches: 256, queues: 64 };
/** Voters' words remembered, over all names. */
const TOLD_MAX = 8_192;

/** What a voter said last about who leads a name. */
export interface Told {
  readonly holder: string;
  readonly term: number;
  /** `held`: it leads; else it was promised the name, or nobody was, for this reason. */
  readonly reason: Hint['reason'];
}

interface Call {
  readonly kind: RollKind;
  /** The leader's clock, read before the send. */
  readonly sentAtUs: number;
  readonly parts: number;
}

const NOTHING: Told = { holder: '', term: 0, reason: 'no-candidate' };

/** What an answer is worth to whoever called. */
export interface RollPort {
  extend(contest: Contest, peer: Peer, roll: { readonly seq: number; readonly sentAtUs: number; readonly grantedMs: number }): void;
  /** Whoever waited at that voter still does. */
  queueStands(contest: Contest, peer: Peer): void;
  /** A voter vouches for a leader, as it does name by name in a refusal. */
  vouch(peer: Peer, name: string, told: Told, leftMs: number): void;
  /** Say one name to one voter. */
  list(kind: RollKind, name: string, voter: Peer): void;
}

/**
 * The asker's side of rolls (leader.L7, candidate.C7): with many names, what is repeated every R is one entry that
 * stands for all of them. Whatever a voter does not find as we say it is said to it name by name.
 */
export class RollCall {
  readonly #context: Context;
  readonly #calls = new Map<number, Call>();
  readonly #latest = new Map<RollKind, number>();
  /** Name → voter → its last word. */
  readonly #told = new Map<string, Map<string, Told>>();
  /** What was on the last roll of each kind. */
  readonly #on: Record<RollKind, ReadonlyMap<string, Contest | null>> = { leases: new Map(), bids: new Map(), watches: new Map(), queues: new Map() };
  readonly #watchMarks = new Map<string, NameMark>();

  constructor(context: Context) {
    this.#context = context;
  }

  callLeases(led: readonly Contest[], seq: number, voters: readonly Peer[], now: Now): void {
    for (const { tenure } of led) if (tenure !== null && tenure.called?.ballot !== tenure.ballot) tenure.called = { ballot: tenure.ballot, seq };
    this.#on.leases = new Map(led.map((contest) => [contest.name, contest]));
    this.#call('leases', led.length, seq, voters, now, (roll) => {
      for (const { mark, tenure } of led) {
        roll.add(mark.partOf(roll.parts), mark.lease(tenure!.term, tenure!.ballot));
      }
    });
  }

  /** Who waits for what is led here. */
  callQueues(led: readonly Contest[], seq: number, voters: readonly Peer[], now: Now): void {
    this.#on.queues = new Map(led.map((contest) => [contest.name, contest]));
    this.#call('queues', led.length, seq, voters, now, (roll, voter) => {
      for (const { mark, tenure } of led) {
        const queue = tenure!.queues.get(voter.name);
        roll.add(mark.partOf(roll.parts), mark.queue(queue?.ids ?? [], queue?.priority ?? 0));
      }
    });
  }

  callBids(bids: readonly Contest[], seq: number, voters: readonly Peer[], now: Now): void {
    this.#on.bids = new Map(bids.map((contest) => [contest.name, contest]));
    this.#call('bids', bids.length, seq, voters, now, (roll, voter) => {
      for (const { name, mark, bid, priority } of bids) {
        if (holdsVote(bid!, voter)) continue;
        const part = mark.partOf(roll.parts);
        const { holder, term, reason } = this.#told.get(name)?.get(voter.name) ?? NOTHING;
        roll.add(part, mark.bid(bid!.ballot, priority));
        roll.add(part, mark.occupant(holder, term, reason === 'held'));
      }
    });
  }

  callWatches(names: readonly string[], seq: number, voters: readonly Peer[], now: Now): void {
    this.#on.watches = new Map(names.map((name) => [name, null]));
    this.#call('watches', names.length, seq, voters, now, (roll, voter) => {
      for (const name of names) {
        const mark = this.#markOf(name);
        const part = mark.partOf(roll.parts);
        const { holder, term, reason } = this.#told.get(name)?.get(voter.name) ?? NOTHING;
        roll.add(part, mark.watch());
        roll.add(part, mark.hint(holder, term, reason));
      }
    });
  }

  /** A voter said who leads, in a refusal or a hint. */
  heard(voter: string, name: string, holder: string, term: number, reason: Told['reason']): void {
    let told = this.#told.get(name);
    if (told === undefined) {
      if (this.#told.size >= TOLD_MAX) this.#told.delete(this.#told.keys().next().value!);
      this.#told.set(name, (told = new Map()));
    }
    told.set(voter, { holder, term, reason });
  }

  /** When the roll with that seq was sent: a bid that stood on it may be granted in answer to it. */
  sentAtUs(seq: number): number | undefined {
    return this.#calls.get(seq)?.sentAtUs;
  }

  /** When the rolls of bids since that moment were sent; leader's clock. */
  bidsSentUs(sinceUs: number): number[] {
    return [...this.#calls.values()].filter(({ kind, sentAtUs }) => kind === 'bids' && sentAtUs > sinceUs).map(({ sentAtUs }) => sentAtUs);
  }

  onStands(peer: Peer, stands: Stands, port: RollPort): void {
    const call = this.#calls.get(stands.seq);
    if (call?.kind !== stands.kind) return;
    const { seq, grantedMs } = stands;
    const differ = new Set(stands.differ);
    const leftMs = new Map(stands.leaders);
    const isLatest = this.#latest.get(call.kind) === seq;
    const relisted = isLatest ? this.#relisted(call, seq, stands.differ) : new Set();
    for (const [name, contest] of this.#on[call.kind]) {
      const part = (contest?.mark ?? this.#markOf(name)).partOf(call.parts);
      if (differ.has(part)) {
        if (relisted.has(part)) port.list(call.kind, name, { ...peer, boot: 0 });
      } else if (call.kind === 'queues') {
        port.queueStands(contest!, peer);
      } else if (call.kind === 'leases') {
        port.extend(contest!, peer, { seq, sentAtUs: call.sentAtUs, grantedMs });
      } else if (isLatest) {
        const told = this.#told.get(name)?.get(peer.name);
        const left = told === undefined ? undefined : leftMs.get(told.holder);
        if (left !== undefined) port.vouch(peer, name, told!, left);
      }
    }
  }

  /**
   * Which parts are now said name by name. Whole ones: a part agrees only once all of it was said, so the first
   * so many names of all parts, each time the same, would be said for ever. And not always the same one first:
   * one that never agrees must not keep the others waiting.
   */
  #relisted(call: Call, seq: number, differ: readonly number[]): ReadonlySet<number> {
    if (differ.length === 0) return new Set();
    const names = new Map<number, number>();
    for (const [name, contest] of this.#on[call.kind]) {
      const part = (contest?.mark ?? this.#markOf(name)).partOf(call.parts);
      names.set(part, (names.get(part) ?? 0) + 1);
    }
    const relisted = new Set<number>();
    let listed = 0;
    for (let i = 0; i < differ.length; i += 1) {
      const part = differ[(seq + i) % differ.length]!;
      listed += names.get(part) ?? 0;
      if (relisted.size > 0 && listed > RELISTED_MAX[call.kind]) break;
      relisted.add(part);
    }
    return relisted;
  }

  #call(kind: RollKind, names: number, seq: number, voters: readonly Peer[], now: Now, fill: (roll: Roll, voter: Peer) => void): void {
    const parts = partsFor(names);
    this.#calls.set(seq, { kind, sentAtUs: now.leaderUs, parts }); // before the send: leases count from here
    this.#latest.set(kind, seq);
    if (this.#calls.size > CALLS_MAX) this.#calls.delete(this.#calls.keys().next().value!);
    for (const voter of voters) {
      const roll = new Roll(parts);
      fill(roll, voter);
      this.#context.outbox.say(voter, { op: Op.same, kind, seq, sums: roll.sums });
    }
  }

  #markOf(name: string): NameMark {
    let mark = this.#watchMarks.get(name);
    if (mark === undefined) {
      if (this.#watchMarks.size >= TOLD_MAX) this.#watchMarks.clear();
      this.#watchMarks.set(name, (mark = new NameMark(name)));
    }
    return mark;
  }
}

/** Whether that voter has promised the name to this bid, so that it waits there no more. */
const holdsVote = (bid: BidState, voter: Peer): boolean => bid.support.has(voter.name);
