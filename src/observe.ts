import type { Address } from './core/address.ts';
import type { NoLeaderReason } from './election/host.ts';

/** What this node believes about who leads. A belief: only the leader itself, by its clock, knows. */
export interface LeaderInfo {
  readonly known: boolean;
  readonly name: string | null;
  /** The highest term heard of; 0 before any. */
  readonly term: number;
  /** Since when it is believed, Unix time in milliseconds. */
  readonly since: number;
  /** Where the leader is, if the view knows. */
  readonly address: Address | null;
  /** What the leader said of this tenure (`setPayload`); null when it said nothing, or that has not come yet. */
  readonly payload: string | null;
  /** Why nobody is known to lead; null when somebody is. */
  readonly reason: NoLeaderReason | null;
}

/** A channel of size one: a slow reader misses what is outdated, never what is latest. */
export class Latest<T> implements AsyncIterableIterator<T> {
  #value: { readonly latest: T } | null = null;
  /** More than one where `next` is called again before it has answered. */
  readonly #waiting: ((result: IteratorResult<T>) => void)[] = [];
  #done = false;
  readonly #onReturn: () => void;

  /** @param onReturn Called once, when nobody reads any more. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(latest: T): void {
    if (this.#done) return;
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#value = { latest };
    else reader({ value: latest, done: false });
  }

  end(): void {
    if (this.#done) return;
    this.#done = true;
    for (const reader of this.#waiting.splice(0)) reader({ value: undefined, done: true });
    this.#onReturn();
  }

  next(): Promise<IteratorResult<T>> {
    const value = this.#value;
    this.#value = null;
    if (value !== null) return Promise.resolve({ value: value.latest, done: false });
    if (this.#done) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.#value = null;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
