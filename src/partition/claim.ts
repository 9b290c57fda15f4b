import { compareRendezvous } from '../core/rendezvous.ts';

/** One process's word that it leads a name in the part of the cluster that it can see. */
export interface Claim {
  readonly name: string;
  readonly holder: string;
  readonly boot: number;
  /** Rises with every tenure of the name that its holder had heard of, and with every merge. */
  readonly term: number;
  readonly priority: number;
}

interface Stander {
  readonly holder: string;
  readonly priority: number;
}

/** Who stands above whom for `name`, the first above: by priority, then by rendezvous. */
export function compareStanders(name: string, a: Stander, b: Stander): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return compareRendezvous(name, a.holder, b.holder);
}

/**
 * Which of two claims to one name stays when their parts meet, that one first: the higher term, then
 * the better rank. Total and the same everywhere, so that any number of claims melt into one.
 */
export function compareClaims(a: Claim, b: Claim): number {
  if (a.term !== b.term) return b.term - a.term;
  const rank = compareStanders(a.name, a, b);
  return rank !== 0 ? rank : b.boot - a.boot; // two lives of one name
}

export function isSameHolder(a: Claim, b: Claim): boolean {
  return a.holder === b.holder && a.boot === b.boot;
}

/**
 * A tenure's token. No two tenures ever have the same, also in parts that cannot hear each other:
 * the term, then who and in which life. Of one name, tokens compare as strings, by term first.
 */
export function tokenOf({ name, holder, boot, term }: Claim): string {
  return `${name}@${String(term).padStart(16, '0')}/${holder}#${boot.toString(16).padStart(8, '0')}`;
}
