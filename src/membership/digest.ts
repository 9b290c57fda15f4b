import { combine32, hash32 } from '../core/hash.ts';
import type { Claim } from './claim.ts';

const HEADER_SEED = 0;
const BUCKET_SEEDS = [0x5bd1e995, 0x27d4eb2f] as const;
const NAME_SEED = 0x165667b1;
/** Bytes of one bucket's digest: two sums under different seeds. */
export const BUCKET_BYTES = 8;
export const BUCKETS_MAX = 128;
/** Makes the shortest request longer than the longest token answer, so that a forged source gains nothing. */
const BUCKETS_MIN = 8;

type Subject = Pick<Claim, 'name' | 'boot' | 'incarnation'>;

/**
 * One member's share of a digest: a well-mixed hash of (name, boot, incarnation). Never of the
 * state, of timers or of tombstones: those differ between healthy observers all the time, and the
 * digest would never be equal.
 */
export function memberHash(subject: Subject, seed: number = HEADER_SEED): number {
  const h = combine32(hash32(subject.name, seed), subject.boot);
  return combine32(combine32(h, Math.floor(subject.incarnation / 0x1_0000_0000)), subject.incarnation >>> 0);
}

/** A digest is the sum of its members' hashes, so that one change costs one addition. */
export const addHash = (digest: number, hash: number): number => (digest + hash) >>> 0;
export const subtractHash = (digest: number, hash: number): number => (digest - hash) >>> 0;

/** Which of `count` buckets a name falls into. `count` is a power of two. */
export const bucketOf = (name: string, count: number): number => hash32(name, NAME_SEED) & (count - 1);

/**
 * How many buckets: about eight members in each, a power of two that fits the packet.
 *
 * @param room Bytes there are for them.
 */
export function bucketCount(members: number, room: number): number {
  let count = BUCKETS_MIN;
  while (count < BUCKETS_MAX && count * 8 < members && count * 2 * BUCKET_BYTES <= room) count *= 2;
  return count;
}

/** The digest of each bucket over the active members, 64 bits each, under seeds of their own: a collision of the header's digest is found here (member.A2). */
export function bucketDigests(active: Iterable<Subject>, count: number): Uint8Array {
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  for (const subject of active) {
    const bucket = bucketOf(subject.name, count);
    low[bucket] = addHash(low[bucket]!, memberHash(subject, BUCKET_SEEDS[0]));
    high[bucket] = addHash(high[bucket]!, memberHash(subject, BUCKET_SEEDS[1]));
  }
  const bytes = new Uint8Array(count * BUCKET_BYTES);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i += 1) {
    view.setUint32(i * BUCKET_BYTES, low[i]!);
    view.setUint32(i * BUCKET_BYTES + 4, high[i]!);
  }
  return bytes;
}

/** True for each bucket in which the two differ. Both have the same length. */
export function differingBuckets(ours: Uint8Array, theirs: Uint8Array): readonly boolean[] {
  const differ: boolean[] = [];
  for (let at = 0; at < ours.length; at += BUCKET_BYTES) {
    let same = true;
    for (let i = at; i < at + BUCKET_BYTES; i += 1) same &&= ours[i] === theirs[i];
    differ.push(!same);
  }
  return differ;
}
