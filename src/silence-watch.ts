import { optionsError } from './candidacy.ts';
import type { Member } from './core/view.ts';
import type { SilenceEvent } from './events.ts';

interface Watch {
  readonly afterMs: number;
  readonly listener: (event: SilenceEvent) => void;
  /** Members told of as silent, and those that will be unless they answer. */
  readonly told: Set<string>;
  readonly waiting: Map<string, () => void>;
}

/**
 * Thresholds of listeners' own on one detector: a dashboard wants to know of a silence at once, an
 * eviction that moves data only after a minute. The detector's own verdict is one threshold of many.
 */
export class SilenceWatch {
  readonly #alarm: (afterMs: number, ring: () => void) => () => void;
  readonly #guard: (call: () => void) => void;
  readonly #watches = new Set<Watch>();
  /** Who is silent now, and since when. Monotonic milliseconds. */
  readonly #silent = new Map<string, { member: Member; sinceMs: number }>();

  /** @param guard Calls a listener so that what it throws harms nobody. */
  constructor(alarm: (afterMs: number, ring: () => void) => () => void, guard: (call: () => void) => void) {
    this.#alarm = alarm;
    this.#guard = guard;
  }

  add(afterMs: number, listener: (event: SilenceEvent) => void, nowMs: number): () => void {
    if (!(afterMs >= 0 && afterMs <= 86_400_000)) throw optionsError(`afterMs must be 0 to 86,400,000; it is ${afterMs}`);
    const watch: Watch = { afterMs, listener, told: new Set(), waiting: new Map() };
    this.#watches.add(watch);
    for (const [name, { sinceMs }] of this.#silent) this.#wait(watch, name, Math.max(0, afterMs - (nowMs - sinceMs)), nowMs);
    return () => {
      this.#watches.delete(watch);
      for (const cancel of watch.waiting.values()) cancel();
    };
  }

  note(member: Member, nowMs: number): void {
    const { name, state } = member;
    const silent = this.#silent.get(name);
    if (state === 'suspect' || state === 'failed') {
      if (silent !== undefined) silent.member = member;
      else {
        this.#silent.set(name, { member, sinceMs: nowMs });
        for (const watch of [...this.#watches]) this.#wait(watch, name, watch.afterMs, nowMs); // one that a listener adds is told already
      }
      return;
    }
    if (silent === undefined) return;
    this.#silent.delete(name);
    for (const watch of this.#watches) {
      watch.waiting.get(name)?.();
      watch.waiting.delete(name);
      if (watch.told.delete(name)) this.#guard(() => watch.listener({ member, silentMs: nowMs - silent.sinceMs, silent: false }));
    }
  }

  /** Nobody remembers it any more: it is no member, silent or not. */
  forget(name: string): void {
    this.#silent.delete(name);
    for (const watch of this.#watches) {
      watch.told.delete(name);
      watch.waiting.get(name)?.();
      watch.waiting.delete(name);
    }
  }

  #wait(watch: Watch, name: string, afterMs: number, nowMs: number): void {
    const ring = (): void => {
      watch.waiting.delete(name);
      const silent = this.#silent.get(name);
      if (silent === undefined) return;
      watch.told.add(name);
      this.#guard(() => watch.listener({ member: silent.member, silentMs: nowMs + afterMs - silent.sinceMs, silent: true }));
    };
    if (afterMs === 0) ring();
    else watch.waiting.set(name, this.#alarm(afterMs, ring));
  }
}
