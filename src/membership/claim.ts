import type { Address } from '../core/address.ts';
import type { MemberState, Tags } from '../core/view.ts';
import { ACCUSERS_MAX } from './limits.ts';

/**
 * What somebody says about a member. Never changed once made: the same object waits in queues and,
 * in the simulator, travels by reference.
 *
 * Every claim is whole (address and tags included), whatever its state: a receiver that learns of a
 * new incarnation from an accusation must not be left with the tags of the old one, for the view
 * digest does not cover tags.
 */
export interface Claim {
  readonly state: MemberState;
  readonly name: string;
  readonly boot: number;
  readonly incarnation: number;
  readonly address: Address;
  readonly tags: Tags;
  /** Who accuses a suspect, or declared a failed one: sorted, distinct, at most four. Empty for alive and left. */
  readonly accusers: readonly string[];
  /** Milliseconds since it failed or left, on no clock in particular: it travels instead of a time. 0 for alive and suspect. */
  readonly ageMs: number;
}

/** Which life of a name, and how far into it. */
export interface Identity {
  readonly incarnation: number;
  readonly boot: number;
}

const RANK: Readonly<Record<MemberState, number>> = { alive: 0, suspect: 1, failed: 2, left: 3 };

/**
 * Orders lives and incarnations of one name: by incarnation, then boot (merge.M1).
 *
 * @returns Negative, zero or positive, as `a` is older than, the same as or newer than `b`.
 */
export function compareIdentity(a: Identity, b: Identity): number {
  return a.incarnation - b.incarnation || a.boot - b.boot;
}

/**
 * Does `a` win over `b`? Both are about the same name. A strict order: newer identity first, and at
 * equal identity alive < suspect < failed < left (merge.M1).
 *
 * Incarnations start at the wall clock, so a restarted process wins over its former life at once.
 * Counting from 1 at each start is the hole of memberlist's issue 311: after a restart of all, a
 * remembered death outranks every new life.
 *
 * @see SWIM (Das, Gupta, Motivala 2002), §4.2, whose order this extends by the boot and by `left`.
 */
export function overrides(a: Claim, b: Claim): boolean {
  const newer = compareIdentity(a, b);
  return newer !== 0 ? newer > 0 : RANK[a.state] > RANK[b.state];
}

/** `a` and `b` together, sorted and cut to the smallest four names, so that the order of arrival does not matter. */
export function unionAccusers(a: readonly string[], b: readonly string[]): readonly string[] {
  if (b.every((name) => a.includes(name))) return a;
  return [...new Set([...a, ...b])].sort().slice(0, ACCUSERS_MAX);
}

/**
 * The stronger of two claims about one name; of equally strong ones the accusers of both and the
 * greater age. Commutative, associative and idempotent (merge.M2).
 *
 * @returns `held` itself, the same object, when `heard` adds nothing.
 */
export function mergeClaims(held: Claim, heard: Claim): Claim {
  if (overrides(heard, held)) return heard;
  if (overrides(held, heard)) return held;
  const accusers = unionAccusers(held.accusers, heard.accusers);
  const ageMs = Math.max(held.ageMs, heard.ageMs);
  const same = ageMs === held.ageMs && accusers.length === held.accusers.length && accusers.every((name, i) => name === held.accusers[i]);
  return same ? held : { ...held, accusers, ageMs };
}

/** Held to be running: probed, gossiped to, counted in the digest. */
export const isActive = (state: MemberState): boolean => state === 'alive' || state === 'suspect';
