/** Gain of the wall clock that counts as a jump. Above Date's millisecond grain, below anything that matters to a lease. */
export const WALL_JUMP_US = 5_000;
/** Gain of the uptime that counts as a suspend; uptime comes in steps of 10 ms. */
export const UPTIME_JUMP_US = 20_000;
/** How far this clock may be behind true time (28 ms was the worst of 60,000 random histories); every lease end is shortened by it. */
export const LEADER_CLOCK_LAG_US = 30_000;

/**
 * The clock a leader measures its lease with: monotonic time plus every suspend and every forward
 * jump seen so far. It may run ahead of true time (a lease ends early, nothing else) and is never
 * more than `LEADER_CLOCK_LAG_US` behind it.
 *
 * Linux's monotonic clock stands still while the host is suspended, so alone it lets a laptop wake
 * up leading. The wall clock and the uptime go on; each gain over *this* clock beyond its smallest
 * lead is added, whole.
 *
 * Two simpler forms are wrong. The maximum of deltas from one anchor stands still after "wall +1 h,
 * new lease, wall −1 h" while the lease lasts an hour. Gains measured against the monotonic clock
 * lose many small suspends hidden by backward steps.
 */
export class LeaderClock {
  #addedUs = 0;
  #wallLeadUs = Infinity;
  #uptimeLeadUs = Infinity;

  /**
   * Reads the clock. All arguments in microseconds from any fixed origin, taken together, now.
   *
   * @returns Microseconds; never less than an earlier reading with a smaller `monotonicUs`.
   */
  read(monotonicUs: number, wallUs: number, uptimeUs: number): number {
    let nowUs = monotonicUs + this.#addedUs;

    const wallGainUs = wallUs - nowUs - this.#wallLeadUs;
    if (wallGainUs > WALL_JUMP_US) nowUs += wallGainUs;
    this.#wallLeadUs = Math.min(this.#wallLeadUs, wallUs - nowUs);

    // After the wall's gain was added, a suspend that both clocks saw is no gain of the uptime any more.
    const uptimeGainUs = uptimeUs - nowUs - this.#uptimeLeadUs;
    if (uptimeGainUs > UPTIME_JUMP_US) {
      nowUs += uptimeGainUs;
      this.#wallLeadUs = Math.min(this.#wallLeadUs, wallUs - nowUs);
    }
    this.#uptimeLeadUs = Math.min(this.#uptimeLeadUs, uptimeUs - nowUs);

    this.#addedUs = nowUs - monotonicUs;
    return nowUs;
  }

  /** A clock with the same past, for an observer whose reading must not disturb this one. */
  copy(): LeaderClock {
    const copy = new LeaderClock();
    copy.#addedUs = this.#addedUs;
    copy.#wallLeadUs = this.#wallLeadUs;
    copy.#uptimeLeadUs = this.#uptimeLeadUs;
    return copy;
  }
}
