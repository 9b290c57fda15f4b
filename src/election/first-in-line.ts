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
    const endUs = role === 'bidding' && bid !== null ? this.#freeAtUs(bid) : Infinity;
    const first = endUs < Infinity;
    if (first === this.#told.has(name)) return;
    if (first) {
      this.#told.add(name);
      return this.#context.notify({ type: 'elect', name, next: true, withinUs: Math.max(0, endUs - nowUs) });
    }
    this.#told.delete(name);
    // Elected: it was not for nothing. That is told elsewhere.
    if (role !== 'leader') this.#context.notify({ type: 'elect', name, next: false, withinUs: 0 });
  }

  /** When a majority is free for this bid: the promises of the voters where it is first end, by their own last word. Infinity: it is not first at so many. */
  #freeAtUs({ denials, support }: NonNullable<Contest['bid']>): number {
    const { electorate } = this.#context;
    let votes = electorate.votes(support.keys()); // who is taking votes already has been told; a few denials more do not unsay it
    if (votes >= electorate.needed) return -Infinity;
    const waits = [...denials].filter(([voter, { deny }]) => deny.why === 'held' && deny.ahead === 0 && !support.has(voter));
    waits.sort(([, a], [, b]) => a.atUs + a.deny.leftMs * 1_000 - (b.atUs + b.deny.leftMs * 1_000));
    for (const [voter, { deny, atUs }] of waits) {
      votes += electorate.weightOf(voter);
      if (votes >= electorate.needed) return atUs + deny.leftMs * 1_000;
    }
    return Infinity;
  }
}
