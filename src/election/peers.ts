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
export const lifeOf = (peer: { readonly name: string; readonly boot: number }): string => `${peer.name}#${peer.boot}`;

/** Lives of voters' names remembered per name, newest last. */
const LIVES_MAX = 8;

interface Heard {
  /** Boot → when last heard. */
  readonly lives: Map<number, number>;
  address: Address | null;
  lastUs: number;
  /** The last token that voter gave us, to be echoed. */
  token: number;
}

/**
 * What we know of the voters: where they are, when each was last heard, in which life, and the
 * token it gave us. The membership view gives addresses and may lie; hearing is first hand.
 */
export class Peers {
  readonly #config: ElectionConfig;
  readonly #self: string;
  readonly #heard = new Map<string, Heard>();
  #view: MembershipView = { members: new Map() };

  constructor(config: ElectionConfig, self: string) {
    this.#config = config;
    this.#self = self;
    for (const voter of config.voters) this.#heard.set(voter, { lives: new Map(), address: null, lastUs: -Infinity, token: 0 });
  }

  onView(view: MembershipView): void {
    this.#view = view;
  }

  /** The other voters that have an address, each with it. */
  *others(): Iterable<{ name: string; address: Address }> {
    for (const voter of this.#config.voters) {
      if (voter === this.#self) continue;
      const address = this.addressOf(voter);
      if (address !== null) yield { name: voter, address };
    }
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
    yield this.#self;
    for (const member of this.#view.members.values()) {
      if (member.name === this.#self || member.state === 'failed' || member.state === 'left') continue;
      if (this.#config.leaders === 'any' || this.#heard.has(member.name)) yield member.name;
    }
  }

  isVoter(name: string): boolean {
    return this.#heard.has(name);
  }

  heard(peer: Peer, token: number, nowUs: number): void {
    const heard = this.#heard.get(peer.name);
    if (heard === undefined) return;
    heard.lives.delete(peer.boot);
    heard.lives.set(peer.boot, nowUs);
    if (heard.lives.size > LIVES_MAX) heard.lives.delete(heard.lives.keys().next().value!);
    heard.address = peer.address;
    heard.lastUs = nowUs;
    if (token !== 0) heard.token = token;
  }

  lastHeardUs(voter: string): number {
    return this.#heard.get(voter)?.lastUs ?? -Infinity;
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

  /** Voters heard since `sinceUs`, ourselves (when a voter) always; and those that were not. */
  reachable(sinceUs: number): { reachable: string[]; missing: string[] } {
    const reachable: string[] = [];
    const missing: string[] = [];
    for (const voter of this.#config.voters) {
      (voter === this.#self || this.lastHeardUs(voter) >= sinceUs ? reachable : missing).push(voter);
    }
    return { reachable, missing };
  }
}
