import type { Now } from '../core/time.ts';
import { ELAPSED_WRAP_MS } from './clock-rates.ts';
import { ENTRIES_MAX, encodeEntry } from './codec.ts';
import type { Context } from './context.ts';
import type { ElectionPacket, Entry } from './messages.ts';
import type { Peer } from './peers.ts';
import type { Seat } from './voter-set.ts';

/** Bytes the envelope and the header of an election packet may take, names of 64 bytes included. */
const HEADER_BYTES = 136;
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
    if (entries.reduce((bytes, entry) => bytes + boundOf(entry), HEADER_BYTES) <= this.#packetBudget) return [{ peer, entries }];
    const packets: Packet[] = [];
    let current: Entry[] = [];
    let bytes = HEADER_BYTES;
    for (const entry of entries) {
      const size = bytesOf(encodeEntry(entry));
      // One that is too large by itself goes alone, as it would have without company: a list of voters that was agreed on
      // where packets may be larger than here.
      if ((bytes + size > this.#packetBudget && current.length > 0) || current.length === ENTRIES_MAX) {
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

/** What is said to one peer in one datagram, under our header. @param token For that life of it; 0: we have no vote, or do not know its life yet. */
export function packetOf(context: Context, peer: Peer, entries: readonly Entry[], token: number, maxGrantUs: number, now: Now): ElectionPacket {
  const { self, electorate, config, peers } = context;
  return {
    kind: 16,
    from: self.name,
    boot: self.boot,
    config: electorate.digest,
    lineage: electorate.lineage,
    configTerm: electorate.set.term,
    configVersion: electorate.set.version,
    grantMs: config.grantUs / 1000,
    maxGrantMs: Math.ceil(maxGrantUs / 1000),
    elapsedMs: Math.floor(now.elapsedUs / 1000) % ELAPSED_WRAP_MS,
    token,
    echo: peers.tokenFrom(peer.name),
    toBoot: peer.boot,
    entries,
  };
}

/** What a list of voters takes on the wire, at most. */
export const seatsBytes = (seats: readonly Seat[]): number => seats.reduce((sum, { name }) => sum + name.length + 5, 0);

/** What keeps such a list from being said in one packet; empty: nothing. */
export const unsayable = (seats: readonly Seat[], packetBudget: number): string[] =>
  HEADER_BYTES + ENTRY_BYTES + seatsBytes(seats) <= packetBudget ? [] : ['their names do not fit into one packet'];

/** What a wish to found takes beside each name's characters: the head of the name, a life and its votes. */
const FOUNDER_BYTES = 8;

const founderBytes = (names: readonly string[]): number => names.reduce((sum, name) => sum + name.length + FOUNDER_BYTES, 0);

/** Whether a wish to found with these can be said in one packet. */
export const fitsFound = (names: readonly string[], packetBudget: number): boolean => HEADER_BYTES + ENTRY_BYTES + founderBytes(names) <= packetBudget;

/** The longest name with which so many are sure to fit into one wish to found. Characters. */
export const founderNameMax = (founders: number, packetBudget: number): number =>
  Math.floor((packetBudget - HEADER_BYTES - ENTRY_BYTES) / founders) - FOUNDER_BYTES;

/** An upper bound of an entry's encoded size in bytes, quickly found. */
function boundOf(entry: Entry): number {
  let bytes = ENTRY_BYTES;
  if ('name' in entry) bytes += entry.name.length + 2;
  if ('holder' in entry) bytes += entry.holder.length + 2;
  if ('group' in entry) bytes += entry.group.length + 2;
  if ('to' in entry) bytes += entry.to.length + 2;
  if ('queue' in entry) for (const id of entry.queue) bytes += id.length + 2;
  if ('seats' in entry) bytes += seatsBytes(entry.seats);
  if ('names' in entry) bytes += founderBytes(entry.names);
  if ('rivals' in entry) bytes += 5 * (entry.rivals.length + entry.quiet.length);
  if ('sums' in entry) bytes += 9 * entry.sums.length;
  if ('differ' in entry) bytes += entry.differ.length + 3;
  if ('leaders' in entry) for (const [id] of entry.leaders) bytes += id.length + 8;
  return bytes;
}

/** Bytes of plain data on the wire (MessagePack), names being ASCII. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value === 'number')
    return value >= 0 && value < 128 ? 1 : value >= 0 && value < 0x1_0000 ? 3 : value >= -0x8000_0000 && value < 0x1_0000_0000 ? 5 : 9;
  return Array.isArray(value) ? value.reduce<number>((bytes, item) => bytes + bytesOf(item), 3) : 1;
}
