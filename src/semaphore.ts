import { type Standing, optionsError } from './candidacy.ts';
import type { Campaigns } from './campaigns.ts';
import { BellwetherError } from './core/errors.ts';
import type { Lease, Tenure } from './lease.ts';
import { abortsWith } from './standing.ts';

/** Most holders of one semaphore: each is an election of its own. */
export const HOLDERS_MAX = 64;

/**
 * Semaphores: at most so many nodes hold a slot at a time, and a node at most one. Each slot is an
 * election, whose term fences its own holder.
 */
export class Semaphores {
  readonly #campaigns: Campaigns;
  /** Names of which this node stands for the slots, or holds one. To an election each slot is a name of its own, so it would give us two. */
  readonly #taken = new Set<string>();

  constructor(campaigns: Campaigns) {
    this.#campaigns = campaigns;
  }

  /**
   * Stands for all slots at once and keeps the first; standing for one after another would wait behind
   * a slot that is held while another is free.
   *
   * @throws BellwetherError `ERR_BUSY`, `ERR_CLOSED`, `ERR_OPTIONS`; what `signal` was aborted with.
   */
  async acquire(name: string, holders: number, standing: Standing, signal: AbortSignal | undefined): Promise<Lease> {
    if (!Number.isInteger(holders) || holders < 1 || holders > HOLDERS_MAX) throw optionsError(`holders must be 1 to ${HOLDERS_MAX}; it is ${holders}`);
    if (this.#taken.has(name)) throw new BellwetherError('ERR_BUSY', `this node already stands for, or holds, a slot of '${name}'`, { election: name });
    this.#taken.add(name);
    const free = (): void => void this.#taken.delete(name);
    try {
      const { lease, ended } = await this.#firstOf(name, holders, standing, signal);
      void ended.then(free);
      return lease;
    } catch (error) {
      free();
      throw error;
    }
  }

  async #firstOf(name: string, holders: number, standing: Standing, signal: AbortSignal | undefined): Promise<Tenure> {
    const enough = abortsWith(signal);
    let kept: Tenure | null = null;
    const slots = Array.from({ length: holders }, async (_, i) => {
      const tenure = await this.#campaigns.campaign(`${name}#${i}`, { ...standing }, enough.signal);
      if (kept !== null) return tenure.lease.release().then(() => Promise.reject(new Error('another slot was won first')));
      kept = tenure;
      enough.abort();
      return tenure;
    });
    try {
      return await Promise.any(slots);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw error instanceof AggregateError ? error.errors[0] : error;
    } finally {
      enough.abort();
      enough.end();
    }
  }
}
