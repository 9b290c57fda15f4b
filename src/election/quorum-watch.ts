import type { Now } from '../core/time.ts';
import type { Context } from './context.ts';
import type { Hint } from './messages.ts';
import type { NoLeaderReason } from './host.ts';
import { FRESH_TENTHS } from './tokens.ts';

/** Names whose last hint is remembered. */
const HINTS_MAX = 4_096;

/**
 * Whether a majority of voters answers, told on each loss and return with the missing by name. For
 * people and for the reason of a loss; the lease itself ends by its own clock.
 */
export class QuorumWatch {
  readonly #context: Context;
  readonly #hints = new Map<string, Hint['reason']>();
  #sinceUs = Infinity;
  #held = true;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Looks again. `talking`: we bid, renew or watch, so silence means something. */
  advance(talking: boolean, now: Now): void {
    if (!talking || this.#context.config.voters.length === 0) {
      this.#sinceUs = Infinity;
      return;
    }
    this.#sinceUs = Math.min(this.#sinceUs, now.elapsedUs);
    const { reachable, missing } = this.look(now.elapsedUs);
    const held = reachable.length >= this.#context.needed;
    if (held === this.#held) return;
    if (!held && now.elapsedUs < this.#sinceUs + this.#windowUs) return; // nobody was asked long enough
    this.#held = held;
    this.#context.notify({ type: 'quorum', held, reachable: reachable.length, needed: this.#context.needed, missing });
  }

  look(nowUs: number): { reachable: string[]; missing: string[] } {
    return this.#context.peers.reachable(nowUs - this.#windowUs);
  }

  /** Whether a majority answered within the last two and a half intervals: tells why a lease was lost, before the loss of quorum is certain. */
  answeredLately(nowUs: number): boolean {
    const sinceUs = nowUs - (this.#context.config.renewUs * FRESH_TENTHS) / 10;
    return this.#context.peers.reachable(sinceUs).reachable.length >= this.#context.needed;
  }

  /** Told and not taken back. */
  get isLost(): boolean {
    return !this.#held;
  }

  noteHint(name: string, reason: Hint['reason']): void {
    this.#hints.delete(name);
    this.#hints.set(name, reason);
    if (this.#hints.size > HINTS_MAX) this.#hints.delete(this.#hints.keys().next().value!);
  }

  hintOf(name: string): NoLeaderReason | null {
    const hint = this.#hints.get(name);
    return hint === undefined || hint === 'held' ? null : hint;
  }

  /** When silence may first have become a loss. Ends are found at beats, which are denser. */
  get nextDeadlineUs(): number {
    return this.#sinceUs === Infinity || !this.#held ? Infinity : this.#firstLossUs;
  }

  /** The moment at which, with nothing more heard, fewer than a majority would be reachable. */
  get #firstLossUs(): number {
    const { peers, config, needed, self } = this.#context;
    // The `needed`-th latest of the times at which voters were heard; few voters, so counting beats sorting.
    const heardUs = (voter: string): number => (voter === self.name ? Infinity : peers.lastHeardUs(voter));
    let latestUs = -Infinity;
    for (const voter of config.voters) {
      const us = heardUs(voter);
      if (us <= latestUs) continue;
      let atLeast = 0;
      for (const other of config.voters) if (heardUs(other) >= us) atLeast += 1;
      if (atLeast >= needed) latestUs = us;
    }
    return Math.max(latestUs, this.#sinceUs) + this.#windowUs + 1;
  }

  /** Three unanswered beats: shorter than any lease, so that the cause is told before its effect. */
  get #windowUs(): number {
    return 3 * this.#context.config.renewUs;
  }
}
