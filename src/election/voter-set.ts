import { VOTERS_MAX } from './config.ts';

/** One place in a voter set. */
export interface Seat {
  readonly name: string;
  /** Votes it counts for; 0: it is listed and does not vote. */
  readonly weight: number;
  /** Taken out for maintenance: it keeps its place and gets no vote until it is taken in again. */
  readonly excluded: boolean;
}

/**
 * Who votes, from some change on: a configuration. Ordered by (term, version); the set that a node
 * was started with is (0, 0).
 */
export interface VoterSet {
  /** The term of the leader of the voters' own election that installed it (config.P1). */
  readonly term: number;
  readonly version: number;
  readonly seats: readonly Seat[];
  /** At least every ballot that anybody was elected with under a set before the last one (config.P7). */
  readonly floor: number;
}

/** Most votes of one seat. */
export const WEIGHT_MAX = 10;

/** A wish that can be applied to any set, and again to its own result without effect. */
export interface VotersChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  /** Old name → new name. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Kept in the list without a vote, until included again. */
  readonly exclude?: readonly string[];
  readonly include?: readonly string[];
  /** Name → votes, 1 … 10. Once anybody has more than one vote, the number of votes is not made odd any more. */
  readonly weigh?: Readonly<Record<string, number>>;
}

/** Votes that make a majority of `votes`: of the *configured* ones, even if only two are alive. */
export function majorityOf(votes: number): number {
  return Math.floor(votes / 2) + 1;
}

export const votesOf = (seats: readonly Seat[]): number => seats.reduce((sum, { weight }) => sum + weight, 0);

export const isNewer = (a: { readonly term: number; readonly version: number }, b: { readonly term: number; readonly version: number }): boolean =>
  a.term > b.term || (a.term === b.term && a.version > b.version);

/**
 * The first set: each name one vote, but an even number of four and more gives its last name none,
 * since a majority of four survives the loss of one like one of three does, and two halves of four
 * are two halves without a leader.
 */
export function firstSeats(voters: readonly string[], weights: readonly number[]): readonly Seat[] {
  if (weights.length > 0) return voters.map((name, i) => ({ name, weight: weights[i] ?? 1, excluded: false }));
  return oddly(voters.map((name) => ({ name, weight: 1, excluded: false })));
}

/**
 * What `change` makes of `seats`.
 *
 * A seat whose vote was taken from a dead voter, so that somebody else gets it (config.R1), stays without one while that
 * one is gone and `change` is about others: an operator's wish that comes between would give the dead one its vote back.
 */
export function applyChange(seats: readonly Seat[], change: VotersChange, isGone: (name: string) => boolean): readonly Seat[] {
  const { add = [], include = [], weigh = {}, replace = {} } = change;
  const wished = new Set([...add, ...include, ...Object.keys(weigh), ...Object.entries(replace).flat()]);
  const oddOne = oddOneOut(seats);
  const isVacant = (seat: Seat): boolean => seat.weight === 0 && !seat.excluded && seat !== oddOne && isGone(seat.name) && !wished.has(seat.name);
  const vacant = new Set(seats.filter(isVacant).map(({ name }) => name));
  const replaced = seats.map((seat) => {
    const by = change.replace?.[seat.name];
    return by === undefined ? seat : { name: by, weight: Math.max(1, seat.weight), excluded: false }; // who is replaced may have lost its vote already
  });
  const known = new Set(replaced.map(({ name }) => name));
  // Who replaces somebody is wanted also after that one is gone: the change takes two steps, and may be taken up again between them.
  const added = [...new Set([...(change.add ?? []), ...Object.values(change.replace ?? {})])]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, weight: 1, excluded: false }));
  const kept = [...distinct(replaced), ...added].filter(({ name }) => !(change.remove ?? []).includes(name));
  return oddly(
    kept.map((seat) => {
      if (change.exclude?.includes(seat.name)) return { ...seat, weight: 0, excluded: true };
      if (change.include?.includes(seat.name) && seat.excluded) return { ...seat, weight: 1, excluded: false };
      const votes = change.weigh?.[seat.name];
      return votes === undefined || seat.excluded ? seat : { ...seat, weight: votes };
    }),
    vacant,
  );
}

/** One that stands in for a seat that is there already takes no second one. */
function distinct(seats: readonly Seat[]): readonly Seat[] {
  return seats.filter(({ name }, i) => seats.findIndex((seat) => seat.name === name) === i);
}

/** The one that has no vote because their number would be even; null: there is none. `vacant`: those that wait for somebody else. */
export function oddOneOut(seats: readonly Seat[], vacant: ReadonlySet<string> = new Set()): Seat | null {
  if (seats.some(({ weight }) => weight > 1)) return null; // somebody has weighed them
  const voting = seats.filter(({ name, excluded }) => !excluded && !vacant.has(name));
  return voting.length >= 4 && voting.length % 2 === 0 ? voting.at(-1)! : null;
}

/** Votes by number of seats, unless somebody has weighed them. */
function oddly(seats: readonly Seat[], vacant: ReadonlySet<string> = new Set()): readonly Seat[] {
  if (seats.some(({ weight }) => weight > 1)) return seats;
  const spare = oddOneOut(seats, vacant);
  return seats.map((seat) => ({ ...seat, weight: seat.excluded || seat === spare || vacant.has(seat.name) ? 0 : 1 }));
}

/**
 * P3. Whether every majority of the one meets every majority of the other. The predicate, not the
 * shape of the change: two changes of one vote each can look alike and differ in this.
 */
export function overlaps(a: readonly Seat[], b: readonly Seat[]): boolean {
  const votes = new Map<string, [number, number]>();
  for (const { name, weight } of a) votes.set(name, [weight, 0]);
  for (const { name, weight } of b) votes.set(name, [votes.get(name)?.[0] ?? 0, weight]);
  const neededOfA = majorityOf(votesOf(a));
  // The fewest votes of b that some majority of a can hold: what is left to its complement is the most.
  let least = new Map<number, number>([[0, 0]]);
  for (const [inA, inB] of votes.values()) {
    const next = new Map(least);
    for (const [sum, held] of least) next.set(sum + inA, Math.min(next.get(sum + inA) ?? Infinity, held + inB));
    least = next;
  }
  const held = Math.min(...[...least].filter(([sum]) => sum >= neededOfA).map(([, held]) => held));
  return votesOf(b) - held < majorityOf(votesOf(b));
}

/**
 * The next single step from `now` towards `wanted`: one vote more or less, or only seats without a
 * vote. First the votes of those that are gone (two of three that live are a majority, and a third
 * vote that nobody casts is in the way), then the new ones, then what else is taken away. Who has lost
 * its vote stays listed until all that are to have one do: should the leader of the change die between
 * two steps, the empty seat tells the others that it is to be filled (config.R1). Where old and new
 * ones together would be too many, the old ones go first.
 *
 * @param fits Whether such a list can be said and kept.
 * @returns Null when there is nothing left to do.
 */
export function nextSeats(
  now: readonly Seat[],
  wanted: readonly Seat[],
  isGone: (name: string) => boolean,
  fits: (seats: readonly Seat[]) => boolean,
): readonly Seat[] | null {
  const target = new Map(wanted.map((seat) => [seat.name, seat]));
  const present = new Map(now.map((seat) => [seat.name, seat]));
  const one = (seat: Seat, by: 1 | -1): readonly Seat[] => {
    const stepped = { ...seat, weight: seat.weight + by, excluded: target.get(seat.name)?.excluded ?? seat.excluded };
    const all = present.has(seat.name) ? now.map((s) => (s.name === seat.name ? stepped : s)) : [...now, stepped];
    const isFilled = wanted.every(({ name, weight }) => weight <= (all.find((s) => s.name === name)?.weight ?? 0));
    return isFilled || !fits(all) ? all.filter(({ name, weight }) => weight > 0 || target.has(name)) : all; // who has no vote and is not wanted needs no step of its own
  };
  const excess = now.filter((seat) => seat.weight > (target.get(seat.name)?.weight ?? 0));
  const dead = excess.find(({ name }) => isGone(name));
  if (dead !== undefined && votesOf(now) > 1) return one(dead, -1);
  const lacking = wanted.find((seat) => seat.weight > (present.get(seat.name)?.weight ?? 0));
  if (lacking !== undefined) {
    const more = one(present.get(lacking.name) ?? { ...lacking, weight: 0 }, 1);
    if (excess[0] === undefined || fits(more)) return more;
  }
  if (excess[0] !== undefined) return one(excess[0], -1);
  const same = now.length === wanted.length && wanted.every((seat) => present.get(seat.name)?.excluded === seat.excluded);
  return same ? null : wanted;
}

/** What is wrong with a wish, in sentences; empty: nothing. */
export function faultsOf(seats: readonly Seat[], change: VotersChange, wanted: readonly Seat[]): string[] {
  const faults: string[] = [];
  const known = new Set(seats.map(({ name }) => name));
  const missing = [...(change.exclude ?? []), ...(change.include ?? []), ...Object.keys(change.replace ?? {})].filter((name) => !known.has(name));
  missing.push(...[...(change.remove ?? []), ...Object.keys(change.weigh ?? {})].filter((name) => !known.has(name) && !(change.add ?? []).includes(name)));
  if (missing.length > 0) faults.push(`not among the voters: ${[...new Set(missing)].join(', ')}`);
  // None in the set itself means that a seat waits to be filled; in a wish it would be made one where all have one each.
  if (Object.values(change.weigh ?? {}).some((votes) => !isVotes(votes))) faults.push(WEIGHT_FAULT);
  return [...new Set([...faults, ...unfit(wanted)])];
}

/** Why nobody could go by such a set; empty: it is one. */
export function unfit(seats: readonly Seat[]): string[] {
  const faults: string[] = [];
  if (seats.length > VOTERS_MAX) faults.push(`at most ${VOTERS_MAX} voters; it would be ${seats.length}`);
  if (votesOf(seats) === 0) faults.push('somebody must be left to vote');
  if (seats.some(({ weight }) => weight !== 0 && !isVotes(weight))) faults.push(WEIGHT_FAULT);
  return faults;
}

const WEIGHT_FAULT = `a voter has 1 to ${WEIGHT_MAX} votes`;
const isVotes = (weight: number): boolean => Number.isInteger(weight) && weight >= 1 && weight <= WEIGHT_MAX;
