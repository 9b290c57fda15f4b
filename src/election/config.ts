/** Who may lead: any member, or the voters alone. */
export type Leaders = 'any' | 'voters';

/** A majority of more is slow to find, and nobody needs it: five voters survive the loss of two. */
export const VOTERS_MAX = 31;

/** All that the election core may be told. Times in microseconds; every field present. */
export interface ElectionConfig {
  readonly cluster: string;
  /** The voters' names: fixed, distinct, 1 … 31 of them (0 = this node takes no part in elections). */
  readonly voters: readonly string[];
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
  /** Largest datagram payload we send, envelope included. Bytes. */
  readonly packetBudget: number;
}
