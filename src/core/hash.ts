/**
 * 32-bit hash of a string (FNV-1a over UTF-16 code units, murmur3 finaliser). Well mixed, fast,
 * the same everywhere; not cryptographic. Used for rendezvous order, view digests and the cluster
 * tag.
 *
 * @param seed Another seed gives an independent hash; 0 … 2^32 − 1.
 */
export function hash32(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) | 0;
  for (let i = 0; i < text.length; i += 1) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return mix32(h);
}

/** murmur3's finaliser: every input bit flips every output bit with probability one half. */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Folds another 32-bit number into a hash. Order matters. */
export function combine32(h: number, value: number): number {
  return mix32(Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) ^ mix32(value));
}
