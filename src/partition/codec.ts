import { readInteger, readList, readName, readU32, readWhole } from '../core/fields.ts';
import { type PartitionEntry, PartitionOp, type PartitionPacket } from './messages.ts';

/** Kind of a partition packet: the first field of every message on the wire. */
export const PARTITION_KIND = 24;
/** Entries one packet may hold; more than fit a datagram. */
const ENTRIES_MAX = 256;
const PRIORITY_MAX = 1_000;
const TERM_MAX = 2 ** 50;
/** A claim is believed for so long at most without news. */
export const LEFT_MAX_MS = 600_000;

/** Positional fields, by docs/protocol.md "Partition packet". Append, never reorder. */
export function encodePartition({ from, boot, entries }: PartitionPacket): unknown[] {
  return [PARTITION_KIND, from, boot, entries.map(encodeEntry)];
}

/** Reads what `encodePartition` writes; skips entries of an unknown kind. @throws {Malformed} with the field. */
export function decodePartition([, from, boot, entries]: readonly unknown[]): PartitionPacket {
  const decoded: PartitionEntry[] = [];
  for (const raw of readList(entries, ENTRIES_MAX, 'entries')) {
    const entry = decodeEntry(readList(raw, 32, 'entry'));
    if (entry !== null) decoded.push(entry);
  }
  return { kind: PARTITION_KIND, from: readName(from, 'from'), boot: readU32(boot, 'boot'), entries: decoded };
}

function encodeEntry(e: PartitionEntry): unknown[] {
  switch (e.op) {
    case PartitionOp.stand:
      return [e.op, e.name, e.priority];
    case PartitionOp.claim:
      return [e.op, e.name, e.holder, e.boot, e.term, e.priority, e.leftMs];
    case PartitionOp.gone:
      return [e.op, e.name, e.term];
  }
}

function decodeEntry([op, name, ...rest]: readonly unknown[]): PartitionEntry | null {
  switch (op) {
    case PartitionOp.stand:
      return { op, name: readName(name, 'name'), priority: readPriority(rest[0]) };
    case PartitionOp.claim:
      return {
        op,
        name: readName(name, 'name'),
        holder: readName(rest[0], 'holder'),
        boot: readU32(rest[1], 'holderBoot'),
        term: readWhole(rest[2], TERM_MAX, 'term'),
        priority: readPriority(rest[3]),
        leftMs: readWhole(rest[4], LEFT_MAX_MS + 1, 'leftMs'),
      };
    case PartitionOp.gone:
      return { op, name: readName(name, 'name'), term: readWhole(rest[0], TERM_MAX, 'term') };
    default:
      return null;
  }
}

const readPriority = (value: unknown): number => readInteger(value, -PRIORITY_MAX, PRIORITY_MAX, 'priority');
