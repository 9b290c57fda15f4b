import type { ElectionChange, NoLeaderReason } from './host.ts';
import { LISTED_MAX } from './roll.ts';

interface Belief {
  holder: string | null;
  term: number;
  /** Who led last, also when nobody does now. */
  lastHolder: string | null;
  /** Until when the last report vouches for it. Elapsed. */
  untilUs: number;
  /** The highest term said to have ended, and when a report of it can no longer stem from before that. Elapsed. */
  endedTerm: number;
  oldNewsUntilUs: number;
  /** Until when anybody was ever vouched for. Elapsed. */
  latestUs: number;
  /** What was told last; `reason` is null while somebody led. */
  toldHolder: string | null;
  toldTerm: number;
  toldReason: NoLeaderReason | null;
}

/** Names whose leader a node remembers. */
export const BELIEFS_MAX = 8_192;

/**
 * Who leads each name, as far as this node has heard: for people and for `observe`, never for a
 * rule that grants or leads. A report holds for as long as the voter's promise behind it still ran.
 */
export class Beliefs {
  readonly #beliefs = new Map<string, Belief>();
  /** Names of which something was heard since the last `settle`. */
  readonly #heard = new Set<string>();
  /** Nothing runs out before. Elapsed. */
  #soonestUs = Infinity;
  readonly #notify: (change: ElectionChange) => void;
  readonly #grantUs: number;

  constructor(grantUs: number, notify: (change: ElectionChange) => void) {
    this.#grantUs = grantUs;
    this.#notify = notify;
  }

  /** A voter (or we) vouch that `holder` leads with `term` until `untilUs`. */
  leads(name: string, holder: string, term: number, untilUs: number): void {
    const belief = this.#of(name);
    // A lower term is a former leader's, unless it is vouched for long after every higher one ended: then all
    // voters lost their memory at once and wall clocks disagree (restart.R5), and the lower one is the present.
    const isLower = term < belief.term || term < belief.endedTerm;
    if (isLower && untilUs <= belief.latestUs + this.#grantUs) return;
    if (term === belief.endedTerm && untilUs <= belief.oldNewsUntilUs) return;
    if (isLower) belief.endedTerm = 0;
    belief.latestUs = Math.max(belief.latestUs, untilUs);
    if (term === belief.term && belief.holder === holder) belief.untilUs = Math.max(belief.untilUs, untilUs);
    else Object.assign(belief, { holder, lastHolder: holder, term, untilUs });
  }

  /** Whether that is known already, and vouched for until then. */
  holds(name: string, holder: string, term: number, untilUs: number): boolean {
    const belief = this.#beliefs.get(name);
    return belief !== undefined && belief.holder === holder && belief.term === term && belief.untilUs >= untilUs;
  }

  /**
   * Somebody says that that term is over: released, or run out where it looks. At a voter that is cut
   * off from the leader it runs out while the leader goes on with the others, so this is no last
   * word: promises given before it end within T, and a report that vouches for longer is newer.
   */
  ended(name: string, term: number, nowUs: number): void {
    const belief = this.#of(name);
    if (term >= belief.endedTerm) {
      belief.endedTerm = term;
      belief.oldNewsUntilUs = nowUs + this.#grantUs;
    }
    if (belief.term <= term) belief.untilUs = -Infinity;
  }

  /** Tells what changed. `reasonFor`: why there is no leader, asked only then. `all`: look at every name; else, of many, at those of which something was heard or has run out. */
  settle(nowUs: number, reasonFor: (name: string) => NoLeaderReason, all: boolean): void {
    const isEach = all || this.#beliefs.size <= LISTED_MAX || nowUs >= this.#soonestUs;
    const names = isEach ? this.#beliefs.keys() : this.#heard;
    if (isEach) this.#soonestUs = Infinity;
    for (const name of names) {
      const belief = this.#beliefs.get(name);
      if (belief === undefined) continue;
      if (nowUs >= belief.untilUs) belief.holder = null;
      else if (belief.holder !== null) this.#soonestUs = Math.min(this.#soonestUs, belief.untilUs);
      const { holder, term } = belief;
      const reason = holder === null ? reasonFor(name) : null;
      if (holder === belief.toldHolder && reason === belief.toldReason && (holder === null || term === belief.toldTerm)) continue;
      Object.assign(belief, { toldHolder: holder, toldTerm: term, toldReason: reason });
      this.#notify({ type: 'leader', name, leader: holder, term, reason });
    }
    this.#heard.clear();
  }

  of(name: string, nowUs: number): { holder: string | null; term: number; untilUs: number } {
    const belief = this.#beliefs.get(name);
    if (belief === undefined) return { holder: null, term: 0, untilUs: -Infinity };
    return { holder: nowUs < belief.untilUs ? belief.holder : null, term: belief.term, untilUs: belief.untilUs };
  }

  /** Who led last, as far as was heard. */
  lastOf(name: string): { readonly holder: string | null; readonly term: number } {
    const belief = this.#beliefs.get(name);
    return belief === undefined ? { holder: null, term: 0 } : { holder: belief.lastHolder, term: belief.term };
  }

  /** Makes `name` known, so that its lack of a leader is told as well. */
  follow(name: string): void {
    this.#of(name);
  }

  get nextDeadlineUs(): number {
    if (this.#beliefs.size > LISTED_MAX) return this.#soonestUs;
    let earliest = Infinity;
    for (const belief of this.#beliefs.values()) if (belief.holder !== null) earliest = Math.min(earliest, belief.untilUs);
    return earliest;
  }

  #of(name: string): Belief {
    this.#heard.add(name);
    let belief = this.#beliefs.get(name);
    if (belief === undefined) {
      belief = {
        holder: null,
        lastHolder: null,
        term: 0,
        untilUs: -Infinity,
        endedTerm: 0,
        oldNewsUntilUs: -Infinity,
        latestUs: -Infinity,
        toldHolder: null,
        toldTerm: 0,
        toldReason: 'unknown',
      };
      if (this.#beliefs.size >= BELIEFS_MAX) this.#beliefs.delete(this.#beliefs.keys().next().value!);
      this.#beliefs.set(name, belief);
    }
    return belief;
  }
}
