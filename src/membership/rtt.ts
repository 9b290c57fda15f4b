/** Round trips kept, and the last of them that the timeout looks at. */
const SAMPLES = 32;
const RECENT = 8;

/** The last round trips, to one member or to all. Only of pings sent once: an ack to a repeated ping tells nothing about time (Karn). */
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

  /** The worst of the last eight, about their 90th percentile. Microseconds; null before the first. */
  get worstUs(): number | null {
    const { length } = this.#samples;
    if (length === 0) return null;
    let worst = 0;
    for (let back = 1; back <= Math.min(RECENT, length); back += 1) worst = Math.max(worst, this.#samples[(this.#next - back + SAMPLES) % SAMPLES]!);
    return worst;
  }

  /** @param share 0.5 is the median, 1 the worst of all that are kept. @returns Microseconds; null before the first. */
  quantileUs(share: number): number | null {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  }
}

/**
 * How long to wait for an ack (member.D8): four times the worst recent round trip, within the preset's bounds. A path that was never
 * measured is taken for as bad as the worst of the last on any path, and the upper bound holds only while there is none:
 * in a large cluster most paths are new, and whoever waited the bound on each would ask the relays last of all.
 * @param everybodys The last round trips to whomever.
 */
export function directTimeoutUs(trips: RoundTrips | null, everybodys: RoundTrips, minUs: number, maxUs: number): number {
  const worst = trips?.worstUs ?? everybodys.quantileUs(1);
  return worst === null ? maxUs : Math.min(maxUs, Math.max(minUs, 4 * worst));
}
