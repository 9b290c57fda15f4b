import { optionsError } from './candidacy.ts';
import type { Lease } from './lease.ts';

/** Most holders of one semaphore: each is an election of its own. */
export const HOLDERS_MAX = 64;

/**
 * One of `holders` slots, each an election: at most so many nodes hold one at a time, and each slot's
 * term fences its own holder.
 *
 * Stands for all slots at once and keeps the first; standing for one after another would wait behind
 * a slot that is held while another is free.
 *
 * @throws BellwetherError `ERR_OPTIONS`.
 * @param campaign Stands for one slot; must give up when its signal aborts.
 */
export async function acquireSlot(
  name: string,
  holders: number,
  campaign: (slot: string, signal: AbortSignal) => Promise<Lease>,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  if (!Number.isInteger(holders) || holders < 1 || holders > HOLDERS_MAX) throw optionsError(`holders must be 1 to ${HOLDERS_MAX}; it is ${holders}`);
  const enough = new AbortController();
  const either = signal === undefined ? enough.signal : AbortSignal.any([enough.signal, signal]);
  let kept: Lease | null = null;
  const slots = Array.from({ length: holders }, async (_, i) => {
    const lease = await campaign(`${name}#${i}`, either);
    if (kept !== null) return lease.release().then(() => Promise.reject(new Error('another slot was won first')));
    kept = lease;
    enough.abort();
    return lease;
  });
  try {
    return await Promise.any(slots);
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    enough.abort();
  }
}
