import { LEADER_CLOCK_LAG_US } from './leader-clock.ts';

const PPM = 1_000_000;

/**
 * What a voter's duration is worth on the holder's clock: `duration · (1 − ρ) / (1 + ρ)`, rounded
 * down. The voter's clock may run fast by ρ (its promise ends early), the holder's slow by ρ (its
 * lease ends late); between them lies this factor k.
 *
 * @param durationUs Microseconds on the voter's clock, 0 … 5 min.
 * @param driftPpm ρ in parts per million, below one million.
 * @see PaxosLease (Trencseni, Gazso, Reinhardt 2012) for relative-time leases; it assumes ρ = 0.
 */
export function worthUs(durationUs: number, driftPpm: number): number {
  return Math.floor((durationUs * (PPM - driftPpm)) / (PPM + driftPpm));
}

/**
 * Until when one voter's promise supports its holder, on the holder's clock.
 *
 * Counted from **before the request was sent**: the holder cannot know when the voter processed it,
 * only that it was later. Counting from the answer's receipt elects two leaders. `heldUs`, the time
 * a standing bid waited in the voter's queue before the grant, is on the voter's clock and therefore
 * shrinks by k as well.
 */
export function supportEndUs(sentAtUs: number, heldUs: number, grantedUs: number, driftPpm: number): number {
  return sentAtUs + worthUs(heldUs, driftPpm) + worthUs(grantedUs, driftPpm);
}

/** Votes that make a majority of `voters`: of the *configured* ones, even if only two are alive. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * Until when a lease holds: the `needed`-th latest of the supports' ends, shortened by how far the
 * leader's clock may be behind. `-Infinity` with fewer supports.
 */
export function leaseEndUs(supportEnds: readonly number[], needed: number): number {
  if (supportEnds.length < needed) return -Infinity;
  const latestFirst = [...supportEnds].sort((a, b) => b - a);
  return latestFirst[needed - 1]! - LEADER_CLOCK_LAG_US;
}
