import type { Now } from './time.ts';
import type { Random } from './random.ts';

/**
 * What a node needs of the machine it runs on. `src/runtime.ts` is the real one, the simulator has
 * a virtual one, and nothing else in the library may read a clock, roll dice or set a timer.
 */
export interface Runtime {
  /** Reads the monotonic clock alone; cheap. Microseconds. */
  elapsedUs(): number;
  /** Reads all three clocks anew. */
  now(): Now;
  /** The node's own dice, seeded once per process (or per simulated boot). */
  readonly random: Random;
  /** Random 32 bits, one draw per process start. */
  readonly boot: number;
  /** A fresh id, unique in this process's life; fine in logs, never a secret. */
  newId(): string;
  /**
   * Sets the node's one timer: `wake` is called once, at or after `atElapsedUs` on the monotonic
   * clock. A later call replaces the former. `Infinity` clears it.
   *
   * After a stall the real runtime first lets the datagrams that already arrived be received and
   * only then wakes the node (drain before judging), because Node runs expired timers before
   * queued datagrams.
   */
  wakeAt(atElapsedUs: number, wake: () => void): void;
}
