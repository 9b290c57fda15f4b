import type { HandedOn } from './hand-on.ts';
import type { VoterSet } from './voter-set.ts';

/** Who may lead: any member, or the voters alone. */
export type Leaders = 'any' | 'voters';

/** A majority of more is slow to find, and nobody needs it: five voters survive the loss of two. */
export const VOTERS_MAX = 31;

/** What a voter's state directory holds. */
export interface Kept {
  /** The life that wrote it. */
  readonly boot: number;
  /** Nothing above it was promised; 0: not known. */
  readonly mark: number;
  /** The longest T under which a promise of that life may run. Microseconds. */
  readonly grantUs: number;
  /** What the node was started with when `set` was written, and the set's line of descent. */
  readonly origin: number;
  readonly lineage: number;
  /** The voters in force, where they are not those that the node was started with. */
  readonly set: VoterSet | null;
  /** `set` was accepted, and is not in force before all its voters have accepted it (config.B1). */
  readonly pending: boolean;
}

/** All that the election core may be told. Times in microseconds; every field present. */
export interface ElectionConfig {
  readonly cluster: string;
  /** The first voters' names: distinct, 1 … 31 of them (0 = none yet, or this node takes no part in elections). */
  readonly voters: readonly string[];
  /** Their votes, in that order; empty: one each, made odd. */
  readonly weights: readonly number[];
  /** Without names: so many voters must find each other and agree before there is a first set. Else 0. */
  readonly expect: number;
  /** With how many votes this node would be one of them; 0: it would not. */
  readonly founds: number;
  /** This node has a state directory: what it must not forget is there before it says a word on it. */
  readonly durable: boolean;
  /** What it had kept there. */
  readonly kept: Kept | null;
  /** What its last life handed on, if that ended in good order. */
  readonly handedOn: HandedOn | null;
  readonly leaders: Leaders;
  /** T: how long a voter promises a name to its holder. 100 ms … 5 min. */
  readonly grantUs: number;
  /** R: time between two renewals, and between two bids. At most a third of what T is worth to the holder. */
  readonly renewUs: number;
  /** ρ: bound of the clock-rate error, in parts per million. */
  readonly driftPpm: number;
  /** How long before its lease ends a leader tells the application to stop. */
  readonly stopBeforeUs: number;
  /** A majority of grants worth less than this is not taken up. */
  readonly minUsefulUs: number;
  /** The largest T this voter may have promised in a former life, where it was larger than `grantUs`; else 0. */
  readonly previousGrantUs: number;
  /** Longest a resigning leader goes on renewing while its job drains; then the lease runs out. */
  readonly drainTimeoutUs: number;
  /** What this node's former life was promised it frees at once, once that life is gone for so long (voter.V14); null: it does not. Microseconds. */
  readonly reclaimDrainUs: number | null;
  /** Largest datagram payload we send, envelope included. Bytes. */
  readonly packetBudget: number;
}
