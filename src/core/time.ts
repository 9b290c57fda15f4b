/**
 * The three clocks, read together, anew for each datagram and each timer.
 *
 * They are different arguments because mixing them up elects two leaders: a voter whose promise
 * counted suspends and wall-clock jumps would drop it at a one-hour step while the leader still
 * holds its lease; a leader whose lease did not count them would wake from a suspend still leading.
 */
export interface Now {
  /** Monotonic microseconds. All that membership, a voter's promises and the restart wait may use. */
  readonly elapsedUs: number;
  /** Microseconds on the leader's clock, which counts suspends and jumps. Only `held`, `leaseEnd`, `sentAt` use it. */
  readonly leaderUs: number;
  /** Unix time in milliseconds. Feeds the term floor and the first incarnation, nothing else. */
  readonly wallMs: number;
}

/** Milliseconds (options, events, wire) to microseconds (cores). */
export const us = (ms: number): number => Math.round(ms * 1000);
/** Microseconds to milliseconds, with a fraction. */
export const ms = (microseconds: number): number => microseconds / 1000;
