import type { Violations } from './violation.ts';

/**
 * A resource behind a fence: it remembers the highest token and refuses lower ones (Kleppmann 2016).
 * The present leader must never be the one that it refuses (safety.S8); with a lock whose tokens can
 * fall, it is.
 */
export class GateCheck {
  readonly #violations: Violations;
  readonly #election: string;
  #highest = 0;

  constructor(election: string, violations: Violations) {
    this.#election = election;
    this.#violations = violations;
  }

  /** The present leader writes. */
  write(node: string, term: number, nowUs: number): void {
    this.#violations.check(
      'safety.S8',
      term >= this.#highest,
      nowUs,
      () => `${node} leads '${this.#election}' in term ${term}, and the resource has seen ${this.#highest}`,
    );
    this.#highest = Math.max(this.#highest, term);
  }

  /** All voters forgot, and wall clocks disagree: the documented limit, after which the fence is set anew. */
  reset(): void {
    this.#highest = 0;
  }
}
