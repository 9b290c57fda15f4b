import { assert } from '../core/assert.ts';
import type { Entry } from './messages.ts';
import type { Peer } from './peers.ts';

/** Bytes the envelope and the header of an election packet may take, names of 64 bytes included. */
const HEADER_BYTES = 110;
/** Bytes an entry takes without its strings: at most seven numbers of nine bytes and the array around them. */
const ENTRY_BYTES = 56;

/**
 * What is to be said, gathered per receiver during one transition: one datagram then carries the
 * entries of all names, so that a thousand elections do not cost a thousand packets.
 */
export class Outbox {
  readonly #packetBudget: number;
  #waiting = new Map<string, { peer: Peer; entries: Entry[] }>();

  constructor(packetBudget: number) {
    this.#packetBudget = packetBudget;
  }

  say(peer: Peer, entry: Entry): void {
    const key = `${peer.name}#${peer.boot}@${peer.address}`;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, { peer, entries: [entry] });
    else waiting.entries.push(entry);
  }

  /** Hands over everything said so far, in packets within the budget, and forgets it. */
  take(): { peer: Peer; entries: Entry[] }[] {
    if (this.#waiting.size === 0) return [];
    const packets: { peer: Peer; entries: Entry[] }[] = [];
    for (const { peer, entries } of this.#waiting.values()) {
      let current: Entry[] = [];
      let bytes = HEADER_BYTES;
      for (const entry of entries) {
        const size = sizeOf(entry);
        assert(HEADER_BYTES + size <= this.#packetBudget, 'BUG: one entry is larger than a packet');
        if (bytes + size > this.#packetBudget) {
          packets.push({ peer, entries: current });
          current = [];
          bytes = HEADER_BYTES;
        }
        current.push(entry);
        bytes += size;
      }
      packets.push({ peer, entries: current });
    }
    this.#waiting = new Map();
    return packets;
  }
}

/** An upper bound of an entry's encoded size, in bytes. */
function sizeOf(entry: Entry): number {
  let bytes = ENTRY_BYTES;
  if ('name' in entry) bytes += entry.name.length + 2;
  if ('holder' in entry) bytes += entry.holder.length + 2;
  if ('to' in entry) bytes += entry.to.length + 2;
  if ('queue' in entry) for (const id of entry.queue) bytes += id.length + 2;
  if ('rivals' in entry) bytes += 5 * entry.rivals.length;
  return bytes;
}
