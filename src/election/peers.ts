import type { Address } from '../core/address.ts';
import type { MembershipView } from '../core/view.ts';
import type { ElectionConfig } from './config.ts';

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
  /** Its place in the configuration. */
  readonly index: number;
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
  readonly #config: ElectionConfig;
  readonly #self: { readonly name: string; readonly boot: number };
  readonly #heard = new Map<string, Heard>();
  /** When each voter was last heard, in the order of the configuration: read in every transition. Ourselves: always. */
  readonly #lastUs: Float64Array;
  #view: MembershipView = { members: new Map() };
  #voters: readonly Peer[] | null = null;

  constructor(config: ElectionConfig, self: { readonly name: string; readonly boot: number }) {
    this.#config = config;
    this.#self = self;
    this.#lastUs = new Float64Array(config.voters.length);
    for (const [index, voter] of config.voters.entries()) {
      this.#heard.set(voter, { index, lives: new Map(), address: null, token: 0 });
      this.#lastUs[index] = voter === self.name ? Infinity : -Infinity;
    }
  }

  onView(view: MembershipView): void {
    this.#view = view;
    this.#voters = null;
  }

  /** The voters that have an address, each with it; at the end ourselves without one, where we vote. */
  voters(): readonly Peer[] {
    if (this.#voters !== null) return this.#voters;
    const voters: Peer[] = [];
    for (const name of this.#config.voters) {
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

  /** The boot the view holds for `name`; null where it knows none. */
  bootOf(name: string): number | null {
    return this.#view.members.get(name)?.boot ?? null;
  }

  /** Those who may lead and are believed alive, ourselves included. */
  *eligible(): Iterable<string> {
    yield this.#self.name;
    for (const member of this.#view.members.values()) {
      if (member.name === this.#self.name || member.state === 'failed' || member.state === 'left') continue;
      if (this.#config.leaders === 'any' || this.#heard.has(member.name)) yield member.name;
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

  /** How many voters were heard since `sinceUs`, ourselves (when a voter) always. */
  countSince(sinceUs: number): number {
    let count = 0;
    for (const lastUs of this.#lastUs) if (lastUs >= sinceUs) count += 1;
    return count;
  }

  /** Those voters by name, and those that were not heard. */
  reachable(sinceUs: number): { reachable: string[]; missing: string[] } {
    const reachable: string[] = [];
    const missing: string[] = [];
    for (const [index, voter] of this.#config.voters.entries()) (this.#lastUs[index]! >= sinceUs ? reachable : missing).push(voter);
    return { reachable, missing };
  }

  /** The latest moment since which at least `count` voters were heard; −Infinity when so many never were. */
  heardByUs(count: number): number {
    // The count-th largest of a few numbers, in every transition: counting beats sorting.
    let latestUs = -Infinity;
    for (const candidateUs of this.#lastUs) if (candidateUs > latestUs && this.countSince(candidateUs) >= count) latestUs = candidateUs;
    return latestUs;
  }
}
