import { compareRank } from './rank.ts';
import type { Peer } from './peers.ts';

/** Bidders one voter keeps per name. Beyond it the lowest rank is dropped; it bids again within R. */
export const QUEUE_MAX = 8;

/** A standing bid. */
export interface Bidder {
  readonly peer: Peer;
  readonly ballot: number;
  readonly seq: number;
  readonly priority: number;
  /** When it was received; freshness and the held time count from here. Elapsed µs. */
  readonly atUs: number;
  /** Whether it echoed a fresh token: proof that the bidder hears us. */
  readonly echoed: boolean;
}

/**
 * The bids standing at one voter for one name. A takeover is fast because the next leader's bid is
 * already here when the present grant runs out.
 */
export class BidQueue {
  readonly #name: string;
  #bidders: Bidder[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#bidders.length;
  }

  /**
   * Puts a bid in its bidder's place. A late copy of an earlier bid of the same life never
   * replaces a later one.
   */
  put(bidder: Bidder, isWasteful: (id: string) => boolean): void {
    const known = this.#bidders.find((b) => b.peer.name === bidder.peer.name);
    if (known !== undefined && known.peer.boot === bidder.peer.boot && known.seq > bidder.seq) return;
    this.#bidders = this.#bidders.filter((b) => b !== known);
    this.#bidders.push(bidder);
    if (this.#bidders.length > QUEUE_MAX) {
      this.#bidders = this.ranked(isWasteful).slice(0, QUEUE_MAX);
    }
  }

  /** Drops bids of that life up to `ballot`. */
  drop(peer: { readonly name: string; readonly boot: number }, ballot = Infinity): void {
    this.#bidders = this.#bidders.filter((b) => b.peer.name !== peer.name || b.peer.boot !== peer.boot || b.ballot > ballot);
  }

  /** Drops what was received before `sinceUs`. */
  dropStale(sinceUs: number): void {
    this.#bidders = this.#bidders.filter((b) => b.atUs >= sinceUs);
  }

  /** All bids, best first. */
  ranked(isWasteful: (id: string) => boolean): Bidder[] {
    const rank = (b: Bidder) => ({ id: b.peer.name, priority: b.priority, wasteful: isWasteful(b.peer.name) });
    return [...this.#bidders].sort((a, b) => compareRank(this.#name, rank(a), rank(b)));
  }
}
