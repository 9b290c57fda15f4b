import { type Seat, type VoterSet, isNewer, majorityOf, overlaps, unfit, votesOf } from '../../src/election/voter-set.ts';
import type { Violations } from './violation.ts';

/** Votes by name, and how many make a majority. */
export interface Votes {
  readonly needed: number;
  of(name: string): number;
  has(name: string): boolean;
}

const counted = new WeakMap<readonly Seat[], Votes>();

/** A voter set as whoever counts needs it. */
export function votesIn(seats: readonly Seat[]): Votes {
  const known = counted.get(seats);
  if (known !== undefined) return known;
  const weights = new Map(seats.map(({ name, weight }) => [name, weight]));
  const votes = { needed: majorityOf(votesOf(seats)), of: (name: string) => weights.get(name) ?? 0, has: (name: string) => weights.has(name) };
  counted.set(seats, votes);
  return votes;
}

/** One set in force somewhere, in the line of descent it belongs to. */
export interface InForce {
  readonly set: VoterSet;
  readonly lineage: number;
}

/** The newest of several sets. */
export function newestOf(sets: readonly VoterSet[]): VoterSet {
  return sets.reduce((newest, set) => (isNewer(set, newest) ? set : newest));
}

/**
 * Who votes (election.I16): a configuration's number names one set of voters, one that can elect somebody, and no two sets that could
 * both elect somebody have majorities that do not meet. A set can elect somebody when a majority of its
 * voters go by exactly it, or will when they start again.
 */
export class ElectorateCheck {
  readonly #violations: Violations;
  readonly #named = new Map<string, string>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  /** @param byName What each node goes by, or would if it started now. */
  look(byName: ReadonlyMap<string, InForce>, nowUs: number): void {
    const sets = new Map<string, InForce & { readonly holders: string[] }>();
    for (const [name, { set, lineage }] of byName) {
      const id = `${lineage}/${set.term}/${set.version}`;
      const seats = said(set.seats);
      const named = this.#named.get(id) ?? seats;
      this.#named.set(id, named);
      this.#violations.check(
        'election.I16',
        named === seats,
        nowUs,
        () => `configuration ${set.term}.${set.version} is ${named} to somebody and ${seats} to ${name}`,
      );
      if (set.seats.length > 0)
        this.#violations.check(
          'election.I16',
          unfit(set.seats).length === 0,
          nowUs,
          () => `${name} goes by ${seats}, with which nobody is ever elected: ${unfit(set.seats).join('; ')}`,
        );
      const known = sets.get(id);
      if (known === undefined) sets.set(id, { set, lineage, holders: [name] });
      else known.holders.push(name);
    }
    const able = [...sets.values()].filter(({ set, holders }) => {
      const votes = votesIn(set.seats);
      return holders.reduce((sum, name) => sum + votes.of(name), 0) >= votes.needed;
    });
    for (const [i, a] of able.entries()) {
      for (const b of able.slice(i + 1)) {
        this.#violations.check(
          'election.I16',
          overlaps(a.set.seats, b.set.seats),
          nowUs,
          () => `${said(a.set.seats)} and ${said(b.set.seats)} could both elect a leader, and their majorities need not meet`,
        );
      }
    }
  }
}

const said = (seats: readonly Seat[]): string => seats.map(({ name, weight }) => (weight === 1 ? name : `${name}:${weight}`)).join(', ');
