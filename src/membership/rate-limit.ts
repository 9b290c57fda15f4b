/** So many per second, and as many at once after a second of quiet. */
export class RateLimit {
  readonly #perSecond: number;
  #tokens: number;
  #filledUs = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
  }

  allow(nowUs: number): boolean {
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((nowUs - this.#filledUs) * this.#perSecond) / 1_000_000);
    this.#filledUs = nowUs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
