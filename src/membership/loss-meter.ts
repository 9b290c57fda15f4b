/** Probes looked back on. */
const WINDOW = 32;
/** Packets are lost when so many of them needed a second try; and are not any more below the other. */
const LOSING_FROM = 8;
const WELL_BELOW = 4;

/**
 * How many of our last acked probes needed more than one ping. Those that nobody acked do not count:
 * they say something about their target. A quarter in need of a second try is one packet in eight lost.
 */
export class LossMeter {
  /** One bit per probe, the latest lowest. */
  #history = 0;
  #losing = false;

  /** @param again It was acked after the direct timeout only: late, repeated or through a relay. */
  acked(again: boolean): void {
    this.#history = ((this.#history << 1) | (again ? 1 : 0)) >>> 0;
    this.#losing = this.secondTries >= (this.#losing ? WELL_BELOW : LOSING_FROM);
  }

  /** Of the last 32. */
  get secondTries(): number {
    let count = 0;
    for (let bits = this.#history; bits !== 0; bits &= bits - 1) count += 1;
    return count;
  }

  get reason(): string | null {
    return this.#losing ? `packets are lost: ${this.secondTries} of the last ${WINDOW} acked probes needed a second try` : null;
  }
}
