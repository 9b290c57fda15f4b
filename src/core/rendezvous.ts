import { hash32 } from './hash.ts';

/**
 * A total order of ids for each key, the same on every node without talking: rendezvous hashing
 * (Thaler and Ravishankar 1998). Spreads many keys over equal nodes; who goes first for one key says
 * nothing about another.
 */
export function compareRendezvous(key: string, a: string, b: string): number {
  const difference = rendezvous(key, a) - rendezvous(key, b);
  if (difference !== 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many of `others` stand before `id` for `key`. */
export function rendezvousIndex(key: string, id: string, others: Iterable<string>): number {
  let before = 0;
  for (const other of others) if (other !== id && compareRendezvous(key, other, id) < 0) before += 1;
  return before;
}

function rendezvous(key: string, id: string): number {
  return hash32(id, hash32(key));
}
