import { type Peer, isSameLife } from './peers.ts';
import { type Ranked, compareRank } from './rank.ts';

/** Bidders one voter keeps per name. Beyond it the lowest rank is dropped; it bids again within R. */
export const QUEUE_MAX = 8;

/** A standing bid. */
export interface Bidder {
  readonly peer: Peer;
  readonly ballot: number;
  /** Of the last time it was said. */
  seq: number;
  readonly priority: number;
  /** When it was received; freshness and the held time count from here. Elapsed µs. */
  atUs: number;
  /** Whether it echoed a fresh token: proof that the bidder hears us. */
  echoed: boolean;
  /** What its name is ranked by where it belongs to a group; '' for the name itself. */
  readonly group: string;
  /** Whether equals are served in the order in which they came. */
  readonly fair: boolean;
  /** Since when it has stood here without a break. */
  readonly sinceUs: number;
}

/**
 * The bids standing at one voter for one name. A takeover is fast because the next leader's bid is
 * already here when the present grant runs out.
 */
export class BidQueue {
  readonly #name: string;
  /** By rank without waste, best first: that order never changes, so it is made once per bid and not once per look. */
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
  put(bid: Bidder, isWasteful: (id: string) => boolean): void {
    const at = this.#bidders.findIndex((b) => b.peer.name === bid.peer.name);
    const known = this.#bidders[at];
    const bidder = known?.peer.boot === bid.peer.boot ? { ...bid, sinceUs: known.sinceUs } : bid;
    if (known !== undefined) {
      if (known.peer.boot === bidder.peer.boot && known.seq > bidder.seq) return;
      if (known.priority === bidder.priority && known.group === bidder.group && known.fair === bidder.fair && known.sinceUs === bidder.sinceUs)
        return void (this.#bidders[at] = bidder);
      this.#bidders.splice(at, 1);
    }
    const place = this.#bidders.findIndex((b) => compareRank(bidder.group || this.#name, standing(bidder), standing(b)) < 0);
    this.#bidders.splice(place < 0 ? this.#bidders.length : place, 0, bidder);
    if (this.#bidders.length > QUEUE_MAX) {
      const last = this.ranked(isWasteful).at(-1);
      this.#bidders = this.#bidders.filter((b) => b !== last);
    }
  }

  /** The bid of that life, if it waits here. */
  of(peer: { readonly name: string; readonly boot: number }): Bidder | null {
    for (const b of this.#bidders) if (isSameLife(b.peer, peer)) return b;
    return null;
  }

  /** Drops bids of that life up to `ballot`. */
  drop(peer: { readonly name: string; readonly boot: number }, ballot = Infinity): void {
    const at = this.#bidders.findIndex((b) => isSameLife(b.peer, peer) && b.ballot <= ballot);
    if (at >= 0) this.#bidders.splice(at, 1);
  }

  clear(): void {
    this.#bidders = [];
  }

  /** Drops what was received before `sinceUs`. */
  dropStale(sinceUs: number): void {
    this.#bidders = this.#bidders.filter((b) => b.atUs >= sinceUs);
  }

  /** All bids, best first: by priority and rendezvous, the wasteful behind all others. */
  ranked(isWasteful: (id: string) => boolean): readonly Bidder[] {
    if (!this.#bidders.some((b) => isWasteful(b.peer.name))) return this.#bidders.slice();
    return [...this.#bidders.filter((b) => !isWasteful(b.peer.name)), ...this.#bidders.filter((b) => isWasteful(b.peer.name))];
  }
}

const standing = (b: Bidder): Ranked => ({ id: b.peer.name, priority: b.priority, wasteful: false, fairSinceUs: b.fair ? b.sinceUs : 0 });
