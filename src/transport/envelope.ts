import { hash32 } from '../core/hash.ts';

/** First byte of every datagram of ours. A sealed datagram will begin with `SEALED_MAGIC` and carry this envelope inside. */
export const MAGIC = 0xb3;
export const SEALED_MAGIC = 0xb4;
/** The protocol version spoken here, and the oldest that can read what we send. */
export const VERSION = 1;
export const OLDEST_READER = 1;
/** Magic, version range, cluster. */
export const ENVELOPE_BYTES = 6;
/** Larger datagrams are dropped unread: nobody of ours sends them, and decoding time is bounded by size. */
export const DATAGRAM_MAX = 2_048;

export type EnvelopeDrop = 'empty' | 'too-large' | 'not-ours' | 'sealed' | 'version' | 'foreign-cluster';

/** The 32-bit tag of a cluster's name. Keeps clusters on one LAN apart; it is no secret. */
export function clusterTag(cluster: string): number {
  return hash32(cluster, 0x636c7573);
}

/** Writes the envelope into the first `ENVELOPE_BYTES` of `datagram`. */
export function writeEnvelope(datagram: Uint8Array, tag: number): void {
  datagram[0] = MAGIC;
  datagram[1] = (VERSION << 4) | OLDEST_READER; // newest spoken, oldest reader
  datagram[2] = tag >>> 24;
  datagram[3] = (tag >>> 16) & 0xff;
  datagram[4] = (tag >>> 8) & 0xff;
  datagram[5] = tag & 0xff;
}

/** Null when the body may be read, else why the datagram is dropped. Never throws. */
export function readEnvelope(datagram: Uint8Array, tag: number): EnvelopeDrop | null {
  if (datagram.length <= ENVELOPE_BYTES) return datagram.length === 0 ? 'empty' : 'not-ours';
  if (datagram.length > DATAGRAM_MAX) return 'too-large';
  if (datagram[0] === SEALED_MAGIC) return 'sealed';
  if (datagram[0] !== MAGIC) return 'not-ours';
  if ((datagram[1]! & 0x0f) > VERSION || datagram[1]! >> 4 < OLDEST_READER) return 'version';
  const theirs = ((datagram[2]! << 24) | (datagram[3]! << 16) | (datagram[4]! << 8) | datagram[5]!) >>> 0;
  return theirs === tag ? null : 'foreign-cluster';
}
