import type { VoterSet } from './election/voter-set.ts';
import type { Logger } from './core/logger.ts';
import type { Address } from './core/address.ts';
import type { Member, MemberState } from './core/view.ts';
import { ms } from './core/time.ts';
import type { ElectionConfig } from './election/config.ts';
import type { ElectionChange, LostReason, NoLeaderReason, Takeover } from './election/host.ts';
import type { SelfState } from './membership/host.ts';
import { tokenOf } from './partition/claim.ts';
import type { PartitionChange, PartitionLostReason } from './partition/host.ts';

/** A change of one member. `previous` is null when it was not known before. */
export interface MemberEvent {
  readonly member: Member;
  readonly previous: MemberState | null;
  /** For people; may change between versions. */
  readonly reason: string;
}

/** What this node believes about who leads, told on each change. */
export interface LeaderEvent {
  readonly election: string;
  /** The leader's name, or null when none is known. */
  readonly leader: string | null;
  /** The highest term heard of; 0 before any. */
  readonly term: number;
  /** Why there is none; null when there is one. */
  readonly reason: NoLeaderReason | null;
}

/** What changed together, after a short quiet time. Suspicions that came to nothing are not in it. */
export interface ChangedEvent {
  /** Each member once: its state before the first change and what it is now. */
  readonly members: readonly MemberEvent[];
  /** What probably happened: at least half of the others failed together (`partition`) or came back together (`heal`), fewer did, somebody left, came, or changed its facts. */
  readonly cause: 'partition' | 'heal' | 'crash' | 'leave' | 'join' | 'update';
  /** Others that ran before. */
  readonly others: number;
}

/** To one who asked for it: a member has been silent (suspect or failed) for as long as was asked, or is back. */
export interface SilenceEvent {
  readonly member: Member;
  readonly silentMs: number;
  /** False: it is back, or left. */
  readonly silent: boolean;
}

/** How an election was won, in milliseconds of the winner's clock: where a takeover's time went. */
export interface TakeoverRecord {
  /** Who led before, as far as this node heard; null: nobody. */
  readonly former: string | null;
  readonly formerTerm: number;
  /** From the first bid to the first promise: the rest of the former lease, where there was one. */
  readonly lapseMs: number;
  /** From the first promise to a majority. */
  readonly grantMs: number;
  /** How long after the last of the former promises at this majority had ended, as its voters had said: nothing can be quicker than 0. Null: none bound them. */
  readonly overMs: number | null;
  /**
   * How many bids had to be sent again to voters of this majority after the former promise there had ended: a packet was
   * lost on the way there or back, or the answer crossed the repetition. 0: this waited for no lost packet, and what
   * `boundMs` allows for one does not apply.
   */
  readonly resent: number;
  /** The longest that a takeover from a leader that fell silent may take, in the configured times: T by the slowest clock that is allowed, and R for a packet that is lost. */
  readonly boundMs: number;
}

/** This node leads from now on. */
export interface ElectedEvent {
  readonly election: string;
  /** Rises with every tenure of this name, anywhere: the fencing token as a number. */
  readonly term: number;
  /** `name@term`. */
  readonly token: string;
  readonly remainingMs: number;
  readonly takeover: TakeoverRecord;
}

/** This node must not act as leader any more. */
export interface LostEvent {
  readonly election: string;
  readonly term: number;
  readonly reason: LostReason;
  /** What was left of the lease when this was told, by a clock read at that moment; negative: it was told too late. */
  readonly remainingMs: number;
  /** How many ms after the lease's end the job's `signal` was aborted, by the leader's clock, which counts suspends; 0: in time. */
  readonly overrunMs: number;
}

/** Something of the leadership of this node's part (`perPartition`). */
export interface PartitionEvent {
  readonly election: string;
  /** This node leads its part from now on; it leads no more; it met another part whose leader gives way; who leads this part. */
  readonly change: 'elected' | 'lost' | 'merged' | 'leader';
  /** Who leads this part now, as far as is heard. */
  readonly leader: string | null;
  /** The token it is about: ours, or with `leader` the leader's. */
  readonly token: string | null;
  /** Why it was lost; else null. */
  readonly reason: PartitionLostReason | null;
  /** With `merged`: who gave way; with `lost`: who stands above us; else null. */
  readonly other: string | null;
}

/** To one that stands: whether it will lead next. */
export interface ElectEvent {
  readonly election: string;
  /** True: a majority of voters has this node first in line. False: no more, and it does not lead either. */
  readonly next: boolean;
  /** When the present leader's promises end at the latest, unless it renews them: with a leader that works, again and again. */
  readonly withinMs: number;
}

/** Told on each loss and return of a majority of voters. */
export interface QuorumEvent {
  readonly held: boolean;
  readonly reachable: number;
  readonly needed: number;
  /** Voters that do not answer, by name. */
  readonly missing: readonly string[];
}

/** Event name → what its listeners get. */
export interface NodeEvents {
  /** The socket is open and the node begins to join; `address` is what others send to. */
  started: { readonly address: Address; readonly incarnation: number };
  /** A member appeared, or came back after it had failed or left. */
  joined: MemberEvent;
  /** Same state, other facts: tags, address, incarnation. */
  updated: MemberEvent;
  /** It did not answer and has a while to contradict. */
  suspected: MemberEvent;
  /** It contradicted in time. */
  recovered: MemberEvent;
  failed: MemberEvent;
  /** It said itself that it goes. */
  left: MemberEvent;
  /** All of the six above. */
  member: MemberEvent;
  /** All that changed together. */
  changed: ChangedEvent;
  /** Long failed or left, and now forgotten. */
  forgotten: { readonly member: Member };
  /** Another living process claims our name. `gaveUp`: it keeps the name and we are silent from now on. */
  'name-conflict': { readonly rival: Address; readonly gaveUp: boolean };
  self: { readonly state: SelfState; readonly reasons: readonly string[] };
  leader: LeaderEvent;
  /** This node will lead next: time to warm up. */
  elect: ElectEvent;
  elected: ElectedEvent;
  lost: LostEvent;
  /** Renewals fail and the lease is about to end; or they succeed again. */
  jeopardy: { readonly election: string; readonly term: number; readonly inJeopardy: boolean; readonly remainingMs: number };
  quorum: QuorumEvent;
  /** Who votes is another set here. */
  voters: VotersEvent;
  partition: PartitionEvent;
  warning: { readonly code: string; readonly details: Readonly<Record<string, string | number | boolean>> };
  closed: { readonly reason: string };
}

/** Who votes from now on, as far as this node knows. */
export interface VotersEvent {
  /** In their order; `weight` 0: listed, without a vote; `excluded`: out for maintenance. */
  readonly voters: readonly { readonly name: string; readonly weight: number; readonly excluded: boolean }[];
  /** The configuration's number: (term, version); 0, 0 for the first. */
  readonly term: number;
  readonly version: number;
  /** At the node that led the change: it is done, and a majority goes by it. */
  readonly settled: boolean;
}

type Listener<E> = (event: E) => void;

/**
 * Listeners by event name. Not Node's EventEmitter, because there a throwing listener returns into
 * the emitter's caller, and that is the protocol: here it is counted and logged, and nothing else
 * hears of it.
 */
export class Events {
  readonly #listeners = new Map<keyof NodeEvents, Set<Listener<never>>>();
  readonly #logger: Logger;
  /** Listeners that threw. */
  failures = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns A function that takes the listener off again. */
  on<K extends keyof NodeEvents>(event: K, listener: Listener<NodeEvents[K]>): () => void {
    let listeners = this.#listeners.get(event);
    if (listeners === undefined) this.#listeners.set(event, (listeners = new Set()));
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  emit<K extends keyof NodeEvents>(event: K, payload: NodeEvents[K]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])] as Listener<NodeEvents[K]>[]) this.guard(event, () => listener(payload));
  }

  /** Calls a listener; what it throws is counted and logged. */
  guard(event: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.failures += 1;
      this.#logger.error({ event, error }, 'an event listener threw');
    }
  }
}

/** The name under which a member's change is told. */
export function memberEventName(before: Member | null, after: Member): 'joined' | 'updated' | 'suspected' | 'recovered' | 'failed' | 'left' {
  const gone = before === null || before.state === 'failed' || before.state === 'left';
  if (after.state === before?.state) return 'updated';
  switch (after.state) {
    case 'alive':
      return gone ? 'joined' : 'recovered';
    case 'suspect':
      return 'suspected';
    case 'failed':
      return 'failed';
    case 'left':
      return 'left';
  }
}

export function takeoverRecord({ former, formerTerm, lapseUs, grantUs, overUs, resent }: Takeover, config: ElectionConfig): TakeoverRecord {
  const boundUs = Math.ceil((config.grantUs * 1_000_000) / (1_000_000 - config.driftPpm)) + config.renewUs;
  return { former, formerTerm, lapseMs: ms(lapseUs), grantMs: ms(grantUs), overMs: overUs === null ? null : ms(overUs), resent, boundMs: ms(boundUs) };
}

/** @param leaderUs The leader's clock, read now. */
export function lostEvent({ name, term, reason, leaseEndUs }: ElectionChange & { readonly type: 'lost' }, leaderUs: number, overrunMs: number): LostEvent {
  return { election: name, term, reason, remainingMs: ms(leaseEndUs - leaderUs), overrunMs };
}

export function partitionEvent(change: PartitionChange): PartitionEvent {
  if (change.type === 'leader') {
    const { name, claim } = change;
    return { election: name, change: 'leader', leader: claim?.holder ?? null, token: claim === null ? null : tokenOf(claim), reason: null, other: null };
  }
  const { type, claim } = change;
  const facts = { election: claim.name, change: type, token: tokenOf(claim) };
  switch (type) {
    case 'elected':
      return { ...facts, leader: claim.holder, reason: null, other: null };
    case 'merged':
      return { ...facts, leader: claim.holder, reason: null, other: change.loser.holder };
    case 'lost':
      return { ...facts, leader: change.winner?.holder ?? null, reason: change.reason, other: change.winner?.holder ?? null };
  }
}

export function votersEvent({ seats, term, version }: VoterSet, settled: boolean): VotersEvent {
  return { voters: seats.map(({ name, weight, excluded }) => ({ name, weight, excluded })), term, version, settled };
}
