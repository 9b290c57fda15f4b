import type { Member } from './core/view.ts';
import { BELIEFS_MAX } from './election/beliefs.ts';
import type { Election } from './election/election.ts';
import type { ElectionChange } from './election/host.ts';
import type { Now } from './core/time.ts';
import { Latest, type LeaderInfo } from './observe.ts';
import { payloadOf } from './payloads.ts';

/** Who is believed to lead each name, and who wants to be told. */
export class Watches {
  readonly #beliefs = new Map<string, LeaderInfo>();
  /** Readers by election; a name that was asked about once is asked for from then on. */
  readonly #readers = new Map<string, Set<Latest<LeaderInfo>>>();
  /** The election asks for no further names: that was told once, and is not tried again. */
  #isFull = false;

  /** @param watch Makes the election ask for a name that is new; false: it asks for no more of them. */
  follow(name: string, watch: () => boolean): void {
    if (this.#isFull || this.#readers.has(name)) return;
    this.#readers.set(name, new Set()); // first: who hears of it meanwhile may ask, too
    if (watch()) return;
    this.#isFull = true;
    this.#readers.delete(name);
  }

  /** A reader that begins with `first`; it ends with its signal, or when it is closed, and at once where the name is not followed. */
  read(name: string, first: LeaderInfo, signal: AbortSignal | undefined): Latest<LeaderInfo> {
    const stop = (): void => reader.end();
    const reader = new Latest<LeaderInfo>(() => {
      this.#readers.get(name)?.delete(reader);
      signal?.removeEventListener('abort', stop);
    });
    signal?.addEventListener('abort', stop, { once: true });
    const readers = this.#readers.get(name);
    readers?.add(reader);
    reader.push(first);
    if (readers === undefined) reader.end();
    return reader;
  }

  onLeader(change: ElectionChange & { readonly type: 'leader' }, members: ReadonlyMap<string, Member>, wallMs: number): void {
    const { name: election, leader, term, reason } = change;
    this.#tell(election, { known: leader !== null, name: leader, term, since: wallMs, ...saidBy(leader, election, term, members), reason });
  }

  /** A leader that moved, or says something else of its tenure. */
  onMember(before: Member | null, after: Member): void {
    if (before === null || (before.address === after.address && before.tags === after.tags)) return;
    for (const [election, belief] of this.#beliefs) {
      if (belief.name !== after.name) continue;
      const said = { address: after.address, payload: payloadOf(after.tags, election, belief.term) };
      if (said.address !== belief.address || said.payload !== belief.payload) this.#tell(election, { ...belief, ...said });
    }
  }

  beliefOf(name: string, election: Election, members: ReadonlyMap<string, Member>, now: Now): LeaderInfo {
    const { known, name: leader, term, reason } = election.leaderOf(name, now);
    return { known, name: leader, term, since: this.#beliefs.get(name)?.since ?? now.wallMs, ...saidBy(leader, name, term, members), reason };
  }

  #tell(name: string, belief: LeaderInfo): void {
    if (this.#beliefs.size >= BELIEFS_MAX && !this.#beliefs.has(name)) this.#beliefs.delete(this.#beliefs.keys().next().value!);
    this.#beliefs.set(name, belief);
    for (const reader of this.#readers.get(name) ?? []) reader.push(belief);
  }

  /** Names asked about or stood for. */
  get names(): Set<string> {
    return new Set([...this.#readers.keys(), ...this.#beliefs.keys()]);
  }

  end(): void {
    for (const readers of this.#readers.values()) for (const reader of readers) reader.end();
  }
}

function saidBy(leader: string | null, election: string, term: number, members: ReadonlyMap<string, Member>): Pick<LeaderInfo, 'address' | 'payload'> {
  const member = leader === null ? undefined : members.get(leader);
  return member === undefined ? { address: null, payload: null } : { address: member.address, payload: payloadOf(member.tags, election, term) };
}
