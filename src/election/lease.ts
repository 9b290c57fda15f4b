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

/** One voter's promise: until when it holds, and how many votes it is. */
export interface Endorsement {
  readonly endUs: number;
  readonly weight: number;
}

/**
 * Until when a lease holds: as long as promises of at least `needed` votes do, shortened by how far
 * the leader's clock may be behind. `-Infinity` with fewer.
 */
export function leaseEndUs(promises: readonly Endorsement[], needed: number): number {
  const latestFirst = [...promises].sort((a, b) => b.endUs - a.endUs);
  let votes = 0;
  for (const { endUs, weight } of latestFirst) {
    votes += weight;
    if (votes >= needed) return endUs - LEADER_CLOCK_LAG_US;
  }
  return -Infinity;
}
