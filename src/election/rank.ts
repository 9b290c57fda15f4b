import { hash32 } from '../core/hash.ts';

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

/** The rendezvous part alone: a total order of ids for each name. */
export function compareRendezvous(name: string, a: string, b: string): number {
  const difference = rendezvous(name, a) - rendezvous(name, b);
  if (difference !== 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many of `others` stand before `id` for `name`, by rendezvous alone. */
export function rendezvousIndex(name: string, id: string, others: Iterable<string>): number {
  let before = 0;
  for (const other of others) if (other !== id && compareRendezvous(name, other, id) < 0) before += 1;
  return before;
}

function rendezvous(name: string, id: string): number {
  return hash32(id, hash32(name));
}
