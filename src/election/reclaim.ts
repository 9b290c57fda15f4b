import type { Now } from '../core/time.ts';
import type { Context } from './context.ts';
import { Op } from './messages.ts';
import type { Peer } from './peers.ts';

/**
 * After a quick restart: frees at once what our former life was promised (candidate.C8, voter.V14).
 *
 * The system gave us the port that the former life had for itself, so that one is gone, and its leases
 * with it. What we say of it names it: a datagram that names a life was sent by one that had the address
 * after that life had lost it, however late it arrives.
 */
export class Reclaim {
  readonly #context: Context;
  readonly #drainUs: number | null;
  readonly #bornUs: number;

  /** @param now After the port was bound: the former life was gone before. */
  constructor(context: Context, now: Now) {
    this.#context = context;
    this.#drainUs = context.config.reclaimDrainUs;
    this.#bornUs = now.elapsedUs;
  }

  /**
   * A voter says who has the name.
   *
   * @param boot Of which life, where it has our name; else 0.
   * @returns Whether it was a former life of ours: then the voter is told that it is gone.
   */
  heard(voter: Peer, name: string, boot: number, now: Now): boolean {
    const { self, outbox } = this.#context;
    if (this.#drainUs === null || boot === 0 || boot === self.boot) return false;
    const drainUs = this.#drainUs - (now.elapsedUs - this.#bornUs); // what it had sent was under way since before we began
    outbox.say(voter, { op: Op.reclaim, name, boot, drainMs: Math.max(0, Math.ceil(drainUs / 1000)) });
    return true;
  }
}
