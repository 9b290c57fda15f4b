import type { Context } from './context.ts';
import type { Contest } from './contest.ts';

/**
 * Tells a candidate that it is the next leader, while the present one still leads: a majority of
 * voters has its bid first in the queue. Time to warm up; no rule reads this, and nothing is promised.
 */
export class FirstInLine {
  readonly #context: Context;
  readonly #told = new Set<string>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** After anything that may have changed the place of `contest`. */
  look(contest: Contest, nowUs: number): void {
    const { name, bid, role } = contest;
    const waitsUs = role === 'bidding' && bid !== null ? this.#waitsUs(bid) : [];
    const first = waitsUs.length >= this.#context.needed;
    if (first === this.#told.has(name)) return;
    if (!first) {
      this.#told.delete(name);
      // Elected: it was not for nothing. That is told elsewhere.
      if (role !== 'leader') this.#context.notify({ type: 'elect', name, next: false, withinUs: 0 });
      return;
    }
    this.#told.add(name);
    // A majority is free when the last of the first so many is.
    const endUs = waitsUs.sort((a, b) => a - b)[this.#context.needed - 1]!;
    this.#context.notify({ type: 'elect', name, next: true, withinUs: Math.max(0, endUs - nowUs) });
  }

  /** When the promises of the voters end where this bid is first, by their own last word. */
  #waitsUs({ denials, support }: NonNullable<Contest['bid']>): number[] {
    const waitsUs = [...denials].filter(([, { deny }]) => deny.why === 'held' && deny.ahead === 0).map(([, { deny, atUs }]) => atUs + deny.leftMs * 1_000);
    // Who is taking votes already has been told; a few denials more do not unsay it.
    return [...waitsUs, ...Array.from(support, () => -Infinity)];
  }
}
