import { type Violations, seconds } from './violation.ts';

/** Who may act as leader of one name, as truly as it can be said: until when, in true time, its own clock will let it. */
export interface Holding {
  readonly node: string;
  readonly boot: number;
  readonly term: number;
  readonly fromUs: number;
  /** Its lease's end in true time, by its own clock's course; `Infinity` while its machine is suspended. */
  endUs: number;
  /** A suspended machine computes nothing. */
  canAct: boolean;
}

/** A takeover that waited for a lease to run out, and by how much the two missed each other. */
export interface CloseCall {
  readonly slackUs: number;
  readonly atUs: number;
  readonly from: string;
  readonly to: string;
  readonly election: string;
}

/**
 * The leases of one election: never two at one moment (safety.S1), one process per term (safety.S2),
 * terms that rise in true time (safety.S3), and a beginning after every earlier end (safety.S7).
 */
export class LeaseCheck {
  readonly election: string;
  acquisitions = 0;
  takeovers = 0;
  /** Longest time from a leader's end to the next one's beginning, and all such times together. */
  longestGapUs = 0;
  leaderlessUs = 0;
  closest: CloseCall | null = null;
  readonly #violations: Violations;
  readonly #holdings = new Map<string, Holding>();
  readonly #byTerm = new Map<number, string>();
  #lastTerm = 0;
  /** The tenure that ended last, and whether it ran out (and was not given back). */
  #last: { readonly node: string; readonly endUs: number; readonly ranOut: boolean } | null = null;
  /** All voters forgot since the last acquisition: term order rests on wall clocks, and those may be wrong by plan. */
  termOrderRestsOnClocks = false;

  constructor(election: string, violations: Violations) {
    this.election = election;
    this.#violations = violations;
  }

  /** @param endUs −Infinity when it holds nothing. */
  look(node: string, boot: number, term: number, endUs: number, canAct: boolean, nowUs: number): void {
    const held = this.#holdings.get(node);
    if (held !== undefined && (held.boot !== boot || held.term !== term || endUs === -Infinity))
      this.#end(held, held.boot === boot ? nowUs : held.endUs, nowUs);
    if (endUs === -Infinity) return;
    const holding = this.#holdings.get(node);
    if (holding === undefined) this.#begin({ node, boot, term, fromUs: nowUs, endUs, canAct }, nowUs);
    else {
      holding.endUs = endUs;
      holding.canAct = canAct;
    }
    for (const other of this.#holdings.values()) {
      if (other.node === node) continue;
      this.#violations.check(
        'safety.S1',
        !(canAct && other.canAct && endUs > nowUs && other.endUs > nowUs),
        nowUs,
        () =>
          `${node} (term ${term}, until ${seconds(endUs)}) and ${other.node} (term ${other.term}, until ${seconds(other.endUs)}) both hold '${this.election}' at ${seconds(nowUs)}`,
      );
    }
  }

  /** The process is gone: whatever it held it cannot use any more. */
  crashed(node: string, nowUs: number): void {
    const held = this.#holdings.get(node);
    if (held !== undefined) this.#end(held, nowUs, nowUs);
  }

  #begin(holding: Holding, nowUs: number): void {
    const { node, boot, term } = holding;
    this.#holdings.set(node, holding);
    this.acquisitions += 1;
    const life = `${node}#${boot}`;
    const excused = this.termOrderRestsOnClocks && term <= this.#lastTerm;
    if (!excused) {
      const earlier = this.#byTerm.get(term);
      this.#violations.check(
        'safety.S2',
        earlier === undefined || earlier === life,
        nowUs,
        () => `${life} and ${earlier} both led '${this.election}' in term ${term}`,
      );
      this.#violations.check('safety.S3', term > this.#lastTerm, nowUs, () => `${node} leads '${this.election}' in term ${term} after term ${this.#lastTerm}`);
    }
    this.#byTerm.set(term, life);
    this.#lastTerm = term;
    this.termOrderRestsOnClocks = false;
    if (this.#last === null) return;
    const { endUs, ranOut, node: from } = this.#last;
    const slackUs = nowUs - endUs;
    this.#violations.check('safety.S7', slackUs >= 0, nowUs, () => `${node} began to lead '${this.election}' ${-slackUs} µs before ${from}'s lease was over`);
    this.takeovers += 1;
    this.longestGapUs = Math.max(this.longestGapUs, slackUs);
    this.leaderlessUs += Math.max(0, slackUs);
    if (ranOut && (this.closest === null || slackUs < this.closest.slackUs)) this.closest = { slackUs, atUs: nowUs, from, to: node, election: this.election };
  }

  #end(held: Holding, atUs: number, nowUs: number): void {
    this.#holdings.delete(held.node);
    const ranOut = held.endUs <= nowUs;
    this.#last = { node: held.node, endUs: Math.min(held.endUs, atUs), ranOut };
  }
}
