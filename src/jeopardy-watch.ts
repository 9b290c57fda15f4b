import { ms } from './core/time.ts';
import type { ElectionConfig } from './election/config.ts';
import type { NodeEvents } from './events.ts';
import { leaseWorthMs } from './options.ts';

/** How many renewals' worth of the lease must be used up: after two and a half, one at least has failed altogether. */
const RENEWALS_MISSED = 2.5;

export interface JeopardyPort {
  /** Microseconds; −Infinity where that tenure is not led any more. */
  remainingUs(name: string, term: number): number;
  alarm(afterMs: number, ring: () => void): () => void;
}

/**
 * Tells a leader that its lease is not being renewed while there is still time to do something about
 * it, and when it is renewed again. Chubby's clients call this jeopardy (Burrows 2006, §2.8).
 */
export class JeopardyWatch {
  readonly #port: JeopardyPort;
  readonly #thresholdMs: number;
  readonly #renewMs: number;
  readonly #emit: (event: NodeEvents['jeopardy']) => void;
  readonly #watched = new Map<string, number>();
  /** Nobody listens, nothing is done. */
  #on = false;

  constructor(port: JeopardyPort, { grantUs, driftPpm, renewUs }: ElectionConfig, emit: (event: NodeEvents['jeopardy']) => void) {
    this.#port = port;
    this.#renewMs = ms(renewUs);
    this.#thresholdMs = leaseWorthMs(ms(grantUs), driftPpm) - RENEWALS_MISSED * this.#renewMs;
    this.#emit = emit;
  }

  isInJeopardy(remainingMs: number): boolean {
    return remainingMs > 0 && remainingMs < this.#thresholdMs;
  }

  /** @param leading The tenures in hand: name → term. */
  start(leading: ReadonlyMap<string, number>): void {
    if (this.#on) return;
    this.#on = true;
    for (const [name, term] of leading) this.elected(name, term);
  }

  elected(name: string, term: number): void {
    if (!this.#on) return;
    this.#watched.set(name, term);
    this.#look(name, term, false);
  }

  #look(name: string, term: number, told: boolean): void {
    const remainingMs = this.#port.remainingUs(name, term) / 1000;
    if (this.#watched.get(name) !== term) return;
    if (remainingMs <= 0) return void this.#watched.delete(name); // lost: that is told elsewhere
    const inJeopardy = remainingMs < this.#thresholdMs;
    if (inJeopardy !== told) this.#emit({ election: name, term, inJeopardy, remainingMs });
    const nextMs = inJeopardy ? this.#renewMs / 4 : remainingMs - this.#thresholdMs;
    this.#port.alarm(nextMs + 1, () => this.#look(name, term, inJeopardy));
  }
}
