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
    if (!talking || this.#context.electorate.names.length === 0) {
      this.#sinceUs = Infinity;
      return;
    }
    this.#sinceUs = Math.min(this.#sinceUs, now.elapsedUs);
    const held = this.#context.peers.votesSince(now.elapsedUs - this.#windowUs) >= this.#context.electorate.needed;
    if (held === this.#held) return;
    if (!held && now.elapsedUs < this.#sinceUs + this.#windowUs) return; // nobody was asked long enough
    this.#held = held;
    const { reachable, missing } = this.look(now.elapsedUs);
    this.#context.notify({ type: 'quorum', held, reachable: this.#context.electorate.votes(reachable), needed: this.#context.electorate.needed, missing });
  }

  look(nowUs: number): { reachable: string[]; missing: string[] } {
    return this.#context.peers.reachable(nowUs - this.#windowUs);
  }

  /** Whether a majority answered within the last two and a half intervals: tells why a lease was lost, before the loss of quorum is certain. */
  answeredLately(nowUs: number): boolean {
    const sinceUs = nowUs - (this.#context.config.renewUs * FRESH_TENTHS) / 10;
    return this.#context.peers.votesSince(sinceUs) >= this.#context.electorate.needed;
  }

  /** Whether silence means something now. */
  get isAsking(): boolean {
    return this.#sinceUs !== Infinity;
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
    return Math.max(this.#context.peers.heardByUs(this.#context.electorate.needed), this.#sinceUs) + this.#windowUs + 1;
  }

  /** Three unanswered beats: shorter than any lease, so that the cause is told before its effect. */
  get #windowUs(): number {
    return 3 * this.#context.config.renewUs;
  }
}
