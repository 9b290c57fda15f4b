import { assert } from './core/assert.ts';

interface Alarm {
  readonly atUs: number;
  readonly ring: () => void;
}

/**
 * Deadlines of calls that wait (`tryAcquire`, `close`). They ring from the node's one timer, so a
 * simulated node needs no other clock than its own.
 */
export class Alarms {
  readonly #alarms = new Set<Alarm>();

  get nextDeadlineUs(): number {
    let next = Infinity;
    for (const { atUs } of this.#alarms) next = Math.min(next, atUs);
    return next;
  }

  /** @returns A function that cancels. */
  set(atUs: number, ring: () => void): () => void {
    assert(!Number.isNaN(atUs), 'BUG: an alarm at no time, which would stop the one timer of the node');
    const alarm = { atUs, ring };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  advance(nowUs: number): void {
    for (const alarm of this.#alarms) {
      if (alarm.atUs > nowUs) continue;
      this.#alarms.delete(alarm);
      alarm.ring();
    }
  }
}
