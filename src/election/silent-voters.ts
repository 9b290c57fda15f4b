import type { Context } from './context.ts';

/** Longest pause between two bids to a voter that does not answer. */
const SILENT_BID_US = 2_000_000;
/** Echo requests answered per voter and interval; more would be a ping-pong at the speed of the network. */
const ECHOES_MAX = 4;

interface Attempts {
  lastUs: number;
  pauseUs: number;
  echoFromUs: number;
  echoes: number;
}

/**
 * Bids to a voter that answers go out every R, never slower: its token would be stale at every bid
 * and nobody would ever be elected. Only a silent voter is asked less and less often.
 */
export class SilentVoters {
  readonly #context: Context;
  readonly #attempts = new Map<string, Attempts>();

  constructor(context: Context) {
    this.#context = context;
    this.onVoters();
  }

  /** Others vote now. */
  onVoters(): void {
    const { names } = this.#context.electorate;
    for (const voter of this.#attempts.keys()) if (!names.includes(voter)) this.#attempts.delete(voter);
    for (const voter of names) if (!this.#attempts.has(voter)) this.#attempts.set(voter, { lastUs: -Infinity, pauseUs: 0, echoFromUs: -Infinity, echoes: 0 });
  }

  mayBid(voter: string, nowUs: number): boolean {
    const { peers, config, self } = this.#context;
    const attempts = this.#attempts.get(voter);
    if (voter === self.name || attempts === undefined) return true;
    if (nowUs - peers.lastHeardUs(voter) <= 4 * config.renewUs) {
      attempts.pauseUs = 0;
      attempts.lastUs = nowUs;
      return true;
    }
    if (nowUs < attempts.lastUs + attempts.pauseUs) return false;
    attempts.pauseUs = Math.min(SILENT_BID_US, Math.max(config.renewUs, 2 * attempts.pauseUs));
    attempts.lastUs = nowUs;
    return true;
  }

  /** Whether another `echo` refusal of that voter may be answered at once. */
  mayEcho(voter: string, nowUs: number): boolean {
    const attempts = this.#attempts.get(voter);
    if (attempts === undefined) return false;
    if (nowUs - attempts.echoFromUs > this.#context.config.renewUs) {
      attempts.echoFromUs = nowUs;
      attempts.echoes = 0;
    }
    attempts.echoes += 1;
    return attempts.echoes <= ECHOES_MAX;
  }
}
