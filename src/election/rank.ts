import { compareRendezvous } from '../core/rendezvous.ts';

/** How equals are ordered, where not by rendezvous over the name. The same on every node that stands for it. */
export interface Order {
  /** Names of one group go to one node, as long as it stands for all of them. */
  readonly group?: string;
  /** Who came to stand first leads first. */
  readonly fair?: boolean;
}

/** Who stands before whom. */
export interface Ranked {
  readonly id: string;
  /** Higher leads first. −1,000 … 1,000. */
  readonly priority: number;
  /** Took a grant lately and never used it (voter.V11). */
  readonly wasteful: boolean;
  /** Since when it has stood here without a break, where equals are served in the order in which they came; 0 where by rendezvous. Microseconds. */
  readonly fairSinceUs?: number;
}

/** Bids that came within this are as good as at one moment: no two voters receive them in one order. */
const FAIR_BUCKET_US = 1_000_000;

/**
 * Orders bidders by `key` (a name, or the group it belongs to), best first: the wasteful last, then
 * priority, then, where it is fair, who has waited longer, then rendezvous hash, which spreads many names over equal nodes and gives every node the same order without talking.
 *
 * This is the bully's rank (Garcia-Molina 1982), and only an order: it queues bids and staggers
 * them, and never decides who may lead. A majority of grants does.
 */
export function compareRank(key: string, a: Ranked, b: Ranked): number {
  if (a.wasteful !== b.wasteful) return a.wasteful ? 1 : -1;
  if (a.priority !== b.priority) return b.priority - a.priority;
  const since = bucketOf(a) - bucketOf(b);
  if (since !== 0) return since;
  return compareRendezvous(key, a.id, b.id);
}

const bucketOf = ({ fairSinceUs = 0 }: Ranked): number => Math.floor(fairSinceUs / FAIR_BUCKET_US);
