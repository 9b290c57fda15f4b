import { assert } from '../../src/core/assert.ts';

/** Room for insertion numbers inside one key; 2^20 events may wait for one microsecond before two of them could swap. */
const ORDER = 2 ** 20;
/** Latest time a key can hold: 2^33 µs are 2 h 23 min of simulated time. */
export const TIME_MAX_US = 2 ** 33 - 1;
const FIRST_CAPACITY = 256;

/**
 * What happens next. A binary heap on one packed number, `time · 2^20 + order`, so that one
 * comparison decides and events of the same microsecond come out in the order they went in: the
 * whole of a run's determinism rests on that.
 */
export class EventQueue<E> {
  #keys = new Float64Array(FIRST_CAPACITY);
  readonly #events: E[] = [];
  #size = 0;
  #order = 0;

  get size(): number {
    return this.#size;
  }

  /** When the next event is due; Infinity when none is. */
  get nextUs(): number {
    return this.#size === 0 ? Infinity : Math.floor(this.#keys[0]! / ORDER);
  }

  push(atUs: number, event: E): void {
    // The words are made only when needed: this is called for every event.
    if (!(Number.isInteger(atUs) && atUs >= 0 && atUs <= TIME_MAX_US)) assert(false, `BUG: event at ${atUs} µs`);
    const key = atUs * ORDER + this.#order;
    this.#order = (this.#order + 1) % ORDER;
    if (this.#size === this.#keys.length) {
      const grown = new Float64Array(2 * this.#size);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#keys[parent]! <= key) break;
      this.#keys[at] = this.#keys[parent]!;
      this.#events[at] = this.#events[parent]!;
      at = parent;
    }
    this.#keys[at] = key;
    this.#events[at] = event;
  }

  /** Takes the earliest event; the queue must not be empty. */
  pop(): E {
    assert(this.#size > 0, 'BUG: pop of an empty queue');
    const first = this.#events[0]!;
    this.#size -= 1;
    const key = this.#keys[this.#size]!;
    const event = this.#events.pop()!;
    if (this.#size === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#keys[child + 1]! < this.#keys[child]!) child += 1;
      if (this.#keys[child]! >= key) break;
      this.#keys[at] = this.#keys[child]!;
      this.#events[at] = this.#events[child]!;
      at = child;
    }
    this.#keys[at] = key;
    this.#events[at] = event;
    return first;
  }
}
