import { compareRendezvous } from '../core/rendezvous.ts';

/** Who stands before whom. */
export interface Ranked {
  readonly id: string;
  /** Higher leads first. −1,000 … 1,000. */
  readonly priority: number;
  /** Took a grant lately and never used it (voter.V11). */
  readonly wasteful: boolean;
}

/**
 * Orders bidders for `name`, best first: the wasteful last, then priority, then rendezvous hash,
 * which spreads many names over equal nodes and gives every node the same order without talking.
 *
 * This is the bully's rank (Garcia-Molina 1982), and only an order: it queues bids and staggers
 * them, and never decides who may lead. A majority of grants does.
 */
export function compareRank(name: string, a: Ranked, b: Ranked): number {
  if (a.wasteful !== b.wasteful) return a.wasteful ? 1 : -1;
  if (a.priority !== b.priority) return b.priority - a.priority;
  return compareRendezvous(name, a.id, b.id);
}
