import type { Election } from './election/election.ts';
import type { ElectionChange } from './election/host.ts';
import type { Now } from './core/time.ts';
import { Latest, type LeaderInfo } from './observe.ts';

/** Who is believed to lead each name, and who wants to be told. */
export class Watches {
  readonly #beliefs = new Map<string, LeaderInfo>();
  /** Readers by election; a name that was asked about once is asked for from then on. */
  readonly #readers = new Map<string, Set<Latest<LeaderInfo>>>();

  /** @returns Whether the name is new, and the election must begin to ask. */
  follow(name: string): boolean {
    if (this.#readers.has(name)) return false;
    this.#readers.set(name, new Set());
    return true;
  }

  /** A reader that begins with `first`; it ends with its signal, or when it is closed. */
  read(name: string, first: LeaderInfo, signal: AbortSignal | undefined): Latest<LeaderInfo> {
    const stop = (): void => reader.end();
    const reader = new Latest<LeaderInfo>(() => {
      this.#readers.get(name)?.delete(reader);
      signal?.removeEventListener('abort', stop);
    });
    signal?.addEventListener('abort', stop, { once: true });
    this.#readers.get(name)?.add(reader);
    reader.push(first);
    return reader;
  }

  onLeader(change: ElectionChange & { readonly type: 'leader' }, wallMs: number): void {
    const belief: LeaderInfo = { known: change.leader !== null, name: change.leader, term: change.term, since: wallMs, reason: change.reason };
    this.#beliefs.set(change.name, belief);
    for (const reader of this.#readers.get(change.name) ?? []) reader.push(belief);
  }

  beliefOf(name: string, election: Election, now: Now): LeaderInfo {
    const { known, name: leader, term, reason } = election.leaderOf(name, now);
    return { known, name: leader, term, since: this.#beliefs.get(name)?.since ?? now.wallMs, reason };
  }

  /** Names asked about or stood for. */
  get names(): Set<string> {
    return new Set([...this.#readers.keys(), ...this.#beliefs.keys()]);
  }

  end(): void {
    for (const readers of this.#readers.values()) for (const reader of readers) reader.end();
  }
}
