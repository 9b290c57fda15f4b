import { Worker } from 'node:worker_threads';
import type { ClusterNode } from './node.ts';

/** The shared word: when the last lease in hand ends, in microseconds of CLOCK_MONOTONIC; this: none is in hand. */
const NONE = 0n;
/** With more leases than this the word is moved by the timer alone: each datagram would cost a look at all of them. */
const FEW = 64;
const monoUs = (): bigint => process.hrtime.bigint() / 1_000n;

/**
 * Ends the process when a lease in hand has run out and nobody noticed: a blocked event loop cannot
 * be told, and whatever blocks it goes on as if it led.
 *
 * A thread of its own looks at a shared word every few milliseconds. The main thread moves the word
 * forward while it can, and at once when a lease was extended: what blocks it may come next, and a
 * word that lags would end a leader that still leads. When it cannot, the word stands still and the
 * thread sends SIGKILL, since nothing less stops a thread that does not come round. After a loss the
 * word stays where it was until the job has ended, so a job that will not end is ended, too.
 */
export class Watchdog {
  readonly #node: ClusterNode;
  readonly #endUs = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #leases = new Map<string, { readonly term: number; endUs: bigint }>();
  #worker: Worker | null = null;
  readonly #timer: NodeJS.Timeout;

  /** @param everyMs How often the word is moved; a part of a renewal time. */
  constructor(node: ClusterNode, everyMs: number) {
    this.#node = node;
    node.core.onSettled = () => {
      if (this.#leases.size <= FEW) this.#move();
    };
    this.#timer = setInterval(() => this.#move(), everyMs).unref();
    node.on('elected', ({ election, term }) => {
      this.#start();
      this.#leases.set(election, { term, endUs: NONE });
      this.#move();
    });
    node.on('closed', () => this.#end());
  }

  /** Every lease whose job may still run. */
  #move(): void {
    let earliest: bigint | null = null;
    for (const [election, lease] of this.#leases) {
      const leftUs = this.#node.core.remainingUs(election);
      if (leftUs > -Infinity) lease.endUs = monoUs() + BigInt(Math.floor(leftUs));
      else if (!this.#node.core.campaigns.isRunning(election, lease.term)) {
        this.#leases.delete(election);
        continue;
      }
      if (earliest === null || lease.endUs < earliest) earliest = lease.endUs;
    }
    Atomics.store(this.#endUs, 0, earliest ?? NONE);
  }

  #start(): void {
    if (this.#worker !== null) return;
    this.#worker = new Worker(new URL('./watchdog-thread.js', import.meta.url), { workerData: this.#endUs.buffer });
    this.#worker.unref();
  }

  #end(): void {
    clearInterval(this.#timer);
    Atomics.store(this.#endUs, 0, NONE);
    void this.#worker?.terminate();
  }
}
