import { assert } from '../core/assert.ts';
import type { Entry } from './messages.ts';
import type { Peer } from './peers.ts';

/** Bytes the envelope and the header of an election packet may take, names of 64 bytes included. */
const HEADER_BYTES = 116;
/** Bytes an entry takes without its strings: at most seven numbers of nine bytes and the array around them. */
const ENTRY_BYTES = 56;

interface Packet {
  readonly peer: Peer;
  readonly entries: Entry[];
}

/**
 * What is to be said, gathered per receiver during one transition: one datagram then carries the
 * entries of all names, so that a thousand elections do not cost a thousand packets.
 */
export class Outbox {
  readonly #packetBudget: number;
  /** Per receiver; two lives of one name, or one at two addresses, are two receivers. */
  #waiting: Packet[] = [];

  constructor(packetBudget: number) {
    this.#packetBudget = packetBudget;
  }

  say(peer: Peer, entry: Entry): void {
    // A handful of receivers, so looking through them beats a key made of three parts.
    for (const waiting of this.#waiting) {
      if (waiting.peer.name === peer.name && waiting.peer.boot === peer.boot && waiting.peer.address === peer.address) return void waiting.entries.push(entry);
    }
    this.#waiting.push({ peer, entries: [entry] });
  }

  /** Hands over everything said so far, in packets within the budget, and forgets it. */
  take(): readonly Packet[] {
    const waiting = this.#waiting;
    if (waiting.length === 0) return waiting;
    this.#waiting = [];
    return waiting.every(({ entries }) => entries.length === 1) ? waiting : waiting.flatMap((all) => this.#split(all));
  }

  #split({ peer, entries }: Packet): Packet[] {
    const packets: Packet[] = [];
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
    return packets;
  }
}

/** An upper bound of an entry's encoded size, in bytes. */
function sizeOf(entry: Entry): number {
  let bytes = ENTRY_BYTES;
  if ('name' in entry) bytes += entry.name.length + 2;
  if ('holder' in entry) bytes += entry.holder.length + 2;
  if ('group' in entry) bytes += entry.group.length + 2;
  if ('to' in entry) bytes += entry.to.length + 2;
  if ('queue' in entry) for (const id of entry.queue) bytes += id.length + 2;
  if ('rivals' in entry) bytes += 5 * (entry.rivals.length + entry.quiet.length);
  return bytes;
}
