/** Highest score; 0 is healthy. It is four bits on the wire with room to spare. */
export const HEALTH_MAX = 8;

/**
 * How much we doubt ourselves. Everything that may be our own fault raises it: missing nacks, having
 * to refute, timers that ran late, sends that failed. It widens our own probe period and timeouts,
 * so that a slow or deaf process accuses others late instead of wrongly, and it travels in every
 * header, so that others may be patient with us.
 *
 * @see Lifeguard (Dadgar, Phillips, Currey 2018), "LHA-Probe".
 */
export class HealthScore {
  #score = 0;

  get score(): number {
    return this.#score;
  }

  worse(by: number): void {
    this.#score = Math.min(HEALTH_MAX, this.#score + by);
  }

  /** One probe went well. */
  better(): void {
    if (this.#score > 0) this.#score -= 1;
  }

  /** A duration as we should wait it: up to nine times as long. */
  widen(us: number): number {
    return us * (1 + this.#score);
  }
}

/**
 * Others' patience with a member that says of itself that it is slow: at most twice as long, so
 * that a liar is not immortal (member.H3).
 *
 * @param score The last score it told before the suspicion began, 0 … 8.
 */
export function patienceUs(us: number, score: number): number {
  return us + Math.floor((us * Math.min(score, HEALTH_MAX)) / HEALTH_MAX);
}
