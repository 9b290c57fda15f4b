/** Round trips kept per member. */
const SAMPLES = 8;

/** The last round trips to one member. Only of pings sent once: an ack to a repeated ping tells nothing about time (Karn). */
export class RoundTrips {
  readonly #samples: number[] = [];
  #next = 0;

  add(us: number): void {
    this.#samples[this.#next] = us;
    this.#next = (this.#next + 1) % SAMPLES;
  }

  get count(): number {
    return this.#samples.length;
  }

  /** The worst of the last few, which at eight samples is the 99th percentile. Microseconds; null before the first. */
  get worstUs(): number | null {
    return this.#samples.length === 0 ? null : Math.max(...this.#samples);
  }

  get medianUs(): number | null {
    if (this.#samples.length === 0) return null;
    return [...this.#samples].sort((a, b) => a - b)[this.#samples.length >> 1]!;
  }
}

/** How long to wait for an ack: four times the worst round trip, within the preset's bounds; the upper bound while nothing was measured. */
export function directTimeoutUs(trips: RoundTrips | null, minUs: number, maxUs: number): number {
  const worst = trips?.worstUs ?? null;
  return worst === null ? maxUs : Math.min(maxUs, Math.max(minUs, 4 * worst));
}
