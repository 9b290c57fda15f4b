import { type Claim, compareClaims, isSameHolder } from './claim.ts';

/** Names whose claims are remembered; beyond it the one heard of longest ago goes. */
export const PARTITION_NAMES_MAX = 8_192;

interface Belief {
  claim: Claim | null;
  untilUs: number;
  /** The highest term ever heard of for this name. */
  term: number;
}

/** Who else leads each name, as far as was heard lately. */
export class PartitionBeliefs {
  readonly #beliefs = new Map<string, Belief>();

  /** The claim that is believed in now, if any. */
  of(name: string, nowUs: number): Claim | null {
    const belief = this.#beliefs.get(name);
    return belief !== undefined && belief.claim !== null && nowUs < belief.untilUs ? belief.claim : null;
  }

  untilUs(name: string): number {
    return this.#beliefs.get(name)?.untilUs ?? -Infinity;
  }

  /** The highest term heard of; 0 before any. */
  termOf(name: string): number {
    return this.#beliefs.get(name)?.term ?? 0;
  }

  noteTerm(name: string, term: number): void {
    const belief = this.#entry(name);
    belief.term = Math.max(belief.term, term);
  }

  /**
   * @returns Whether it is believed: newer than what was held, or of the same holder, or better than
   * another's that still stands.
   */
  hear(claim: Claim, untilUs: number, nowUs: number): boolean {
    const held = this.of(claim.name, nowUs);
    if (held !== null && isSameHolder(held, claim) ? claim.term < held.term : held !== null && compareClaims(held, claim) < 0) return false;
    const belief = this.#entry(claim.name);
    const same = held !== null && isSameHolder(held, claim);
    belief.untilUs = same && claim.term === held.term ? Math.max(belief.untilUs, untilUs) : untilUs;
    belief.claim = claim;
    belief.term = Math.max(belief.term, claim.term);
    return true;
  }

  /** That holder says that its tenure is over. */
  gone(name: string, holder: string, boot: number, term: number): void {
    const belief = this.#beliefs.get(name);
    if (belief?.claim?.holder === holder && belief.claim.boot === boot && belief.claim.term <= term) belief.claim = null;
  }

  /** Believes in nobody any more who is not there. */
  dropUnless(isThere: (claim: Claim) => boolean): void {
    for (const belief of this.#beliefs.values()) if (belief.claim !== null && !isThere(belief.claim)) belief.claim = null;
  }

  #entry(name: string): Belief {
    let belief = this.#beliefs.get(name);
    if (belief === undefined) {
      if (this.#beliefs.size >= PARTITION_NAMES_MAX) this.#beliefs.delete(this.#beliefs.keys().next().value!);
      this.#beliefs.set(name, (belief = { claim: null, untilUs: -Infinity, term: 0 }));
    }
    return belief;
  }
}
