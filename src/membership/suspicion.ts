import { assert } from '../core/assert.ts';

/**
 * round(1e6 · ln(c+1) / ln(k+1)) for k = 0 … 8 expected and c = 0 … k confirmations. Tabulated
 * because logarithms differ between processors and Node versions; a test builds it from the formula.
 */
export const LOG_PROGRESS_PPM: readonly (readonly number[])[] = [
  [1_000_000],
  [0, 1_000_000],
  [0, 630_930, 1_000_000],
  [0, 500_000, 792_481, 1_000_000],
  [0, 430_677, 682_606, 861_353, 1_000_000],
  [0, 386_853, 613_147, 773_706, 898_244, 1_000_000],
  [0, 356_207, 564_575, 712_414, 827_087, 920_782, 1_000_000],
  [0, 333_333, 528_321, 666_667, 773_976, 861_654, 935_785, 1_000_000],
  [0, 315_465, 500_000, 630_930, 732_487, 815_465, 885_622, 946_395, 1_000_000],
];

/**
 * How long a suspect may stay silent before it is declared failed.
 *
 * Starts at `maxUs` and falls towards `minUs` on a log scale as other members confirm, so the first
 * confirmations count most.
 *
 * @param confirmations Distinct accusers beside the first. Count.
 * @param expected Confirmations at which the floor is reached, 0 … 8; 0 returns `minUs` at once. Count.
 * @returns Microseconds from the moment the suspicion began, within `minUs … maxUs`.
 * @see Lifeguard (Dadgar, Phillips, Currey 2018), "LHA-Suspicion".
 */
export function suspicionTimeoutUs(confirmations: number, expected: number, minUs: number, maxUs: number): number {
  assert(minUs <= maxUs, 'BUG: suspicion floor above its ceiling');
  const row = LOG_PROGRESS_PPM[expected];
  assert(row !== undefined, 'BUG: expected confirmations out of range');
  const progressPpm = row[Math.min(confirmations, expected)]!;
  return Math.max(minUs, maxUs - Math.floor(((maxUs - minUs) * progressPpm) / 1_000_000));
}

/** The timer of one suspect at one observer. */
export class Suspicion {
  readonly expected: number;
  readonly minUs: number;
  readonly maxUs: number;
  /** Moves forward when we could not run: time in which we heard nobody is no evidence against anybody. */
  #startUs: number;
  #hastened = false;
  /** Counted here, not by the claim's list, which is cut to four names and may replace one by another. */
  readonly #accusers = new Set<string>();

  constructor(startUs: number, expected: number, minUs: number, maxUs: number, accusers: readonly string[]) {
    this.#startUs = startUs;
    this.expected = expected;
    this.minUs = minUs;
    this.maxUs = maxUs;
    for (const name of accusers) this.#accusers.add(name);
  }

  /** Distinct accusers beside the first. */
  get confirmations(): number {
    return Math.max(0, this.#accusers.size - 1);
  }

  get startUs(): number {
    return this.#startUs;
  }

  get deadlineUs(): number {
    if (this.#hastened) return this.#startUs + this.minUs;
    return this.#startUs + suspicionTimeoutUs(this.confirmations, this.expected, this.minUs, this.maxUs);
  }

  /** Hears more accusers; the same one twice counts once. More than are expected change nothing. */
  confirm(accusers: readonly string[]): void {
    for (const name of accusers) if (this.#accusers.size <= this.expected) this.#accusers.add(name);
  }

  /** There is more than silence against it: no more patience than the floor. */
  hasten(): void {
    this.#hastened = true;
  }

  shift(byUs: number): void {
    this.#startUs += byUs;
  }
}
