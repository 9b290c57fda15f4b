import type { Address } from '../core/address.ts';
import type { MembershipView } from '../core/view.ts';
import type { Leaders } from './config.ts';
import type { Electorate } from './electorate.ts';

/** Somebody we talk to: holder identity is (name, boot), never the name alone. */
export interface Peer {
  readonly name: string;
  readonly boot: number;
  readonly address: Address;
}

/** One process start of one name, as a map key. */
export function lifeOf({ name, boot }: { readonly name: string; readonly boot: number }): string {
  const known = lives.get(name);
  if (known?.boot === boot) return known.life;
  const life = `${name}#${boot}`;
  if (lives.size >= LIVES_KEPT) lives.clear();
  lives.set(name, { boot, life });
  return life;
}

/** The last key made for each name: keys are asked for with every packet, and a new string would be hashed anew each time. */
const lives = new Map<string, { readonly boot: number; readonly life: string }>();
const LIVES_KEPT = 4_096;

/** Whether both are the same process: a name alone would mix a process up with its successor. */
export const isSameLife = (a: { readonly name: string; readonly boot: number }, b: { readonly name: string; readonly boot: number }): boolean =>
  a.boot === b.boot && a.name === b.name;

/** Lives of voters' names remembered per name, newest last. */
const LIVES_MAX = 8;

interface Heard {
  /** Its place among the voters. */
  index: number;
  /** Boot → when last heard. */
  readonly lives: Map<number, number>;
  address: Address | null;
  /** The last token that voter gave us, to be echoed. */
  token: number;
}

/**
 * What we know of the voters: where they are, when each was last heard, in which life, and the
 * token it gave us. The membership view gives addresses and may lie; hearing is first hand.
 */
export class Peers {
  readonly #electorate: Electorate;
  readonly #leaders: Leaders;
  readonly #self: { readonly name: string; readonly boot: number };
  #heard = new Map<string, Heard>();
  /** When each voter was last heard, and its votes, in the order of the set: read in every transition. Ourselves: always. */
  #lastUs = new Float64Array(0);
  #weights = new Uint8Array(0);
  #view: MembershipView = { members: new Map() };
  #voters: readonly Peer[] | null = null;

  constructor(electorate: Electorate, leaders: Leaders, self: { readonly name: string; readonly boot: number }) {
    this.#electorate = electorate;
    this.#leaders = leaders;
    this.#self = self;
    this.onVoters();
  }

  /** Others vote now. What was heard of those that stay is kept. */
  onVoters(): void {
    const { names } = this.#electorate;
    const [formerly, formerUs] = [this.#heard, this.#lastUs];
    this.#heard = new Map();
    this.#lastUs = new Float64Array(names.length);
    this.#weights = Uint8Array.from(names, (name) => this.#electorate.weightOf(name));
    this.#voters = null;
    for (const [index, voter] of names.entries()) {
      const former = formerly.get(voter);
      this.#lastUs[index] = voter === this.#self.name ? Infinity : former === undefined ? -Infinity : formerUs[former.index]!;
      this.#heard.set(voter, former === undefined ? { index, lives: new Map(), address: null, token: 0 } : { ...former, index });
    }
  }

  onView(view: MembershipView): void {
    this.#view = view;
    this.#voters = null;
  }

  /** Members that are believed alive, ourselves not among them, so many at most. */
  alive(limit: number): Peer[] {
    const peers: Peer[] = [];
    for (const { name, state, address } of this.#view.members.values()) {
      if (name !== this.#self.name && state !== 'failed' && state !== 'left' && peers.push({ name, boot: 0, address }) >= limit) break;
    }
    return peers;
  }

  /** The voters that have an address, each with it; at the end ourselves without one, where we vote. */
  voters(): readonly Peer[] {
    if (this.#voters !== null) return this.#voters;
    const voters: Peer[] = [];
    for (const name of this.#electorate.names) {
      const address = name === this.#self.name ? null : this.addressOf(name);
      if (address !== null) voters.push({ name, boot: 0, address });
    }
    if (this.#heard.has(this.#self.name)) voters.push({ ...this.#self, address: '' });
    return (this.#voters = voters);
  }

  /** Where `voter` is: as the view says, the failed and the left included; else where it last wrote from. */
  addressOf(voter: string): Address | null {
    return this.#view.members.get(voter)?.address ?? this.#heard.get(voter)?.address ?? null;
  }

  /** Whether the view says that this very life is gone. Orders and prunes, decides nothing. */
  isGone(peer: Peer): boolean {
    const member = this.#view.members.get(peer.name);
    return member !== undefined && member.boot === peer.boot && (member.state === 'failed' || member.state === 'left');
  }

  /** Whether the view holds a member of that name alive. Plans a change of the voters, decides nothing. */
  isAlive(name: string): boolean {
    const state = this.#view.members.get(name)?.state;
    return name === this.#self.name || state === 'alive' || state === 'suspect';
  }

  /** The boot the view holds for `name`; null where it knows none. */
  bootOf(name: string): number | null {
    return this.#view.members.get(name)?.boot ?? null;
  }

  /** Those who may lead and are believed alive, ourselves included. */
  *eligible(): Iterable<string> {
    yield this.#self.name;
    for (const member of this.#view.members.values()) {
      if (member.name === this.#self.name || member.state === 'failed' || member.state === 'left') continue;
      if (this.#leaders === 'any' || this.#heard.has(member.name)) yield member.name;
    }
  }

  isVoter(name: string): boolean {
    return this.#heard.has(name);
  }

  heard(peer: Peer, token: number, nowUs: number): void {
    const heard = this.#heard.get(peer.name);
    if (heard === undefined) return;
    if (heard.lives.size > 1) heard.lives.delete(peer.boot); // newest last
    heard.lives.set(peer.boot, nowUs);
    if (heard.lives.size > LIVES_MAX) heard.lives.delete(heard.lives.keys().next().value!);
    if (heard.address !== peer.address) {
      heard.address = peer.address;
      this.#voters = null;
    }
    this.#lastUs[heard.index] = nowUs;
    if (token !== 0) heard.token = token;
  }

  lastHeardUs(voter: string): number {
    const heard = this.#heard.get(voter);
    return heard === undefined ? -Infinity : this.#lastUs[heard.index]!;
  }

  tokenFrom(voter: string): number {
    return this.#heard.get(voter)?.token ?? 0;
  }

  /** Other lives of `peer`'s name heard since `sinceUs` (restart rules: two processes under one voter's name). */
  rivalsOf(peer: Peer, sinceUs: number): number[] {
    const heard = this.#heard.get(peer.name);
    if (heard === undefined) return [];
    return [...heard.lives].filter(([boot, atUs]) => boot !== peer.boot && atUs >= sinceUs).map(([boot]) => boot);
  }

  /** Votes of those heard since `sinceUs`, ourselves (when a voter) always. */
  votesSince(sinceUs: number): number {
    let votes = 0;
    for (let i = 0; i < this.#lastUs.length; i += 1) if (this.#lastUs[i]! >= sinceUs) votes += this.#weights[i]!;
    return votes;
  }

  /** Those voters by name, and those that were not heard. */
  reachable(sinceUs: number): { reachable: string[]; missing: string[] } {
    const reachable: string[] = [];
    const missing: string[] = [];
    for (const [index, voter] of this.#electorate.names.entries()) (this.#lastUs[index]! >= sinceUs ? reachable : missing).push(voter);
    return { reachable, missing };
  }

  /** The latest moment since which at least so many votes were heard; −Infinity when so many never were. */
  heardByUs(votes: number): number {
    // The n-th largest of a few numbers, in every transition: counting beats sorting.
    let latestUs = -Infinity;
    for (const candidateUs of this.#lastUs) if (candidateUs > latestUs && this.votesSince(candidateUs) >= votes) latestUs = candidateUs;
    return latestUs;
  }
}
