import type { Member } from '../core/view.ts';
import { isActive } from './claim.ts';
import type { Claim } from './claim.ts';
import { addHash, bucketDigests, subtractHash } from './digest.ts';
import { Peer } from './peer.ts';

/** A death we heard of, of somebody we never held: it keeps older claims out, and does nothing else. */
export interface Tombstone {
  readonly claim: Claim;
  readonly diedUs: number;
}

/**
 * Who we hold, by name, ourselves included. Keeps the view, the sets by state and the digest in step
 * with the claims; decides nothing.
 */
export class MemberTable {
  readonly #peers = new Map<string, Peer>();
  readonly #view = new Map<string, Member>();
  readonly #self: string;
  readonly #own: Peer;
  /** Alive and suspect others. A list is made of it when asked for, and kept until it changes. */
  readonly #active = new Set<Peer>();
  #activeList: readonly Peer[] | null = null;
  #sorted: readonly string[] | null = null;
  #buckets: { readonly count: number; readonly bytes: Uint8Array } | null = null;
  readonly suspects = new Set<Peer>();
  /** In the order in which we learned that they failed. */
  readonly failed = new Set<Peer>();
  readonly tombstones = new Map<string, Tombstone>();
  /** Over all active members, ourselves included. */
  digest = 0;

  constructor(self: Claim, nowUs: number) {
    this.#self = self.name;
    this.#own = this.put(self, nowUs);
  }

  get members(): ReadonlyMap<string, Member> {
    return this.#view;
  }

  get self(): Peer {
    return this.#own;
  }

  get size(): number {
    return this.#peers.size;
  }

  get(name: string): Peer | undefined {
    return this.#peers.get(name);
  }

  peers(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  /** Others that we hold alive or suspect. */
  get active(): readonly Peer[] {
    this.#activeList ??= [...this.#active];
    return this.#activeList;
  }

  /** Members held running, ourselves included. */
  get activeCount(): number {
    return this.#active.size + 1;
  }

  /** Others held alive and accused by nobody: those who may be asked for help. */
  get helpers(): readonly Peer[] {
    return this.suspects.size === 0 ? this.active : this.active.filter((peer) => peer.claim.state === 'alive');
  }

  /** All names in order. Kept until a name comes or goes. */
  get sortedNames(): readonly string[] {
    this.#sorted ??= [...this.#peers.keys()].sort();
    return this.#sorted;
  }

  /** The digests of all active members, ourselves included, by bucket. Kept until something changes. */
  bucketDigests(count: number): Uint8Array {
    if (this.#buckets?.count !== count) this.#buckets = { count, bytes: bucketDigests(this.#activeClaims(), count) };
    return this.#buckets.bytes;
  }

  *#activeClaims(): Generator<Claim> {
    for (const peer of this.#peers.values()) if (isActive(peer.claim.state)) yield peer.claim;
  }

  /** Takes over a claim of a new or a known name. */
  put(claim: Claim, nowUs: number): Peer {
    let peer = this.#peers.get(claim.name);
    if (peer === undefined) {
      peer = new Peer(claim, nowUs);
      this.#peers.set(claim.name, peer);
      this.#sorted = null;
    } else {
      this.#uncount(peer);
      peer.become(claim, nowUs);
    }
    this.#count(peer);
    this.#view.set(claim.name, peer.member);
    return peer;
  }

  remove(peer: Peer): void {
    this.#uncount(peer);
    if (this.#active.delete(peer)) this.#activeList = null;
    this.#peers.delete(peer.claim.name);
    this.#sorted = null;
    this.#view.delete(peer.claim.name);
  }

  #count(peer: Peer): void {
    const { state, name } = peer.claim;
    this.#buckets = null;
    if (isActive(state)) this.digest = addHash(this.digest, peer.hash);
    if (name === this.#self) return;
    if (isActive(state) && !this.#active.has(peer)) {
      this.#active.add(peer);
      this.#activeList = null;
    }
    if (!isActive(state) && this.#active.delete(peer)) this.#activeList = null;
    if (state === 'suspect') this.suspects.add(peer);
    if (state === 'failed') this.failed.add(peer);
  }

  /** Undoes `#count`, but leaves the peer among the active: most changes keep it there. */
  #uncount(peer: Peer): void {
    const { state } = peer.claim;
    this.#buckets = null;
    if (isActive(state)) this.digest = subtractHash(this.digest, peer.hash);
    if (state === 'suspect') this.suspects.delete(peer);
    if (state === 'failed') this.failed.delete(peer);
  }
}
