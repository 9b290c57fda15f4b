import { Malformed, readBoolean, readInteger, readList, readName, readOptionalName, readU32, readWhole } from '../core/fields.ts';
import { QUEUE_MAX } from './bid-queue.ts';
import { type ElectionPacket, type Entry, type Hint, Op, WHY, type Why } from './messages.ts';
import { VOTERS_MAX } from './config.ts';
import { BALLOT_MAX, GRANT_MAX_US } from './recovery.ts';
import { LEADERS_MAX, PARTS_MAX, ROLLS, SUM_END } from './roll.ts';
import { type Seat, WEIGHT_MAX, votesOf } from './voter-set.ts';

/** Kind of an election packet: the first field of every message on the wire. */
export const ELECTION_KIND = 16;
/** Entries one packet may hold; more than fit a datagram. */
export const ENTRIES_MAX = 256;
export const PRIORITY_MAX = 1_000;
const RIVALS_MAX = 8;
const DURATION_MAX_MS = GRANT_MAX_US / 1000;
const HINT_REASONS = ['held', 'recovering', 'electing', 'no-candidate'] as const satisfies readonly Hint['reason'][];

/** Positional fields, by docs/protocol.md "Election packet". Append, never reorder. */
export function encodeElection(packet: ElectionPacket): unknown[] {
  const { from, boot, config, grantMs, maxGrantMs, elapsedMs, token, echo, toBoot } = packet;
  const { lineage, configTerm, configVersion } = packet;
  const fields = [ELECTION_KIND, from, boot, config, grantMs, maxGrantMs, token, echo, packet.entries.map(encodeEntry), elapsedMs, toBoot];
  return lineage === config ? fields : [...fields, lineage, configTerm, configVersion]; // the first set is its own line of descent
}

/**
 * Reads what `encodeElection` writes. Unknown fields at the end and entries of an unknown kind are
 * skipped, so that a newer peer can say more.
 *
 * @throws {Malformed} with the field.
 */
export function decodeElection(fields: readonly unknown[]): ElectionPacket {
  const [, from, boot, config, grantMs, maxGrantMs, token, echo, entries, elapsedMs, toBoot, lineage, configTerm, configVersion] = fields;
  const isFirst = lineage === undefined || lineage === config; // the first set is its own line of descent, and has no number
  const decoded: Entry[] = [];
  for (const raw of readList(entries, ENTRIES_MAX, 'entries')) {
    const entry = decodeEntry(readList(raw, 32, 'entry'));
    if (entry !== null) decoded.push(entry);
  }
  return {
    kind: ELECTION_KIND,
    from: readName(from, 'from'),
    boot: readU32(boot, 'boot'),
    config: readU32(config, 'config'),
    lineage: isFirst ? readU32(config, 'config') : readU32(lineage, 'lineage'),
    configTerm: isFirst ? 0 : ballot(configTerm, 'configTerm'),
    configVersion: isFirst ? 0 : readU32(configVersion, 'configVersion'),
    grantMs: readWhole(grantMs, DURATION_MAX_MS + 1, 'grantMs'),
    maxGrantMs: readWhole(maxGrantMs, DURATION_MAX_MS + 1, 'maxGrantMs'),
    elapsedMs: elapsedMs === undefined ? 0 : readU32(elapsedMs, 'elapsedMs'),
    token: readU32(token, 'token'),
    echo: readU32(echo, 'echo'),
    toBoot: toBoot === undefined ? 0 : readU32(toBoot, 'toBoot'),
    entries: decoded,
  };
}

/** One entry of a packet, as its fields. */
export function encodeEntry(e: Entry): unknown[] {
  switch (e.op) {
    case Op.bid:
      return e.group === '' && !e.fair ? [e.op, e.name, e.ballot, e.seq, e.priority] : [e.op, e.name, e.ballot, e.seq, e.priority, e.group, e.fair];
    case Op.grant:
      return [e.op, e.name, e.ballot, e.seq, e.heldMs, e.grantedMs];
    case Op.deny:
      return [e.op, e.name, e.ballot, e.maxBallot, WHY.indexOf(e.why), e.holder, e.term, e.elected, e.leftMs, e.ahead, e.queued, ...unlessZero(e.holderBoot)];
    case Op.renew:
      return [e.op, e.name, e.ballot, e.term, e.seq, e.ask];
    case Op.rack:
      return e.floor === 0
        ? [e.op, e.name, e.ballot, e.term, e.seq, e.grantedMs, e.queue, e.priority]
        : [e.op, e.name, e.ballot, e.term, e.seq, e.grantedMs, e.queue, e.priority, e.floor];
    case Op.rdeny:
      return [e.op, e.name, e.term, e.seq, e.maxBallot, WHY.indexOf(e.why), e.holder, e.holderTerm, e.elected];
    case Op.release:
      return e.drainMs === 0 ? [e.op, e.name, e.term, e.to] : [e.op, e.name, e.term, e.to, e.drainMs];
    case Op.recover:
      return [e.op, e.nonce];
    case Op.recovered:
      return e.quiet.length === 0 ? [e.op, e.nonce, e.active, e.floor, e.rivals] : [e.op, e.nonce, e.active, e.floor, e.rivals, e.quiet];
    case Op.watch:
      return [e.op, e.name];
    case Op.hint:
      return [e.op, e.name, e.holder, e.term, e.leftMs, HINT_REASONS.indexOf(e.reason), ...unlessZero(e.holderBoot)];
    case Op.voters:
      return [e.op, e.origin, e.lineage, e.term, e.version, e.floor, e.seats.map(({ name, weight, excluded }) => [name, weight, excluded])];
    case Op.found:
      return [e.op, e.lineage, e.names, e.boots, e.weights];
    case Op.same:
      return [e.op, ROLLS.indexOf(e.kind), e.seq, e.sums];
    case Op.stands:
      return [e.op, ROLLS.indexOf(e.kind), e.seq, e.differ, e.grantedMs, e.leaders];
    case Op.reclaim:
      return [e.op, e.name, e.boot, e.drainMs];
  }
}

/** A last field that is left out where it says nothing. */
const unlessZero = (value: number): number[] => (value === 0 ? [] : [value]);

function decodeEntry(f: readonly unknown[]): Entry | null {
  switch (f[0]) {
    case Op.bid:
      return {
        op: Op.bid,
        name: name(f[1]),
        ballot: ballot(f[2], 'ballot'),
        seq: readU32(f[3], 'seq'),
        priority: readInteger(f[4], -PRIORITY_MAX, PRIORITY_MAX, 'priority'),
        group: f[5] === undefined ? '' : readOptionalName(f[5], 'group'),
        fair: f[6] === undefined ? false : readBoolean(f[6], 'fair'),
      };
    case Op.grant:
      return {
        op: Op.grant,
        name: name(f[1]),
        ballot: ballot(f[2], 'ballot'),
        seq: readU32(f[3], 'seq'),
        heldMs: duration(f[4], 'heldMs'),
        grantedMs: duration(f[5], 'grantedMs'),
      };
    case Op.deny:
      return {
        op: Op.deny,
        name: name(f[1]),
        ballot: ballot(f[2], 'ballot'),
        maxBallot: ballot(f[3], 'maxBallot'),
        why: why(f[4]),
        holder: readOptionalName(f[5], 'holder'),
        term: ballot(f[6], 'term'),
        elected: readBoolean(f[7], 'elected'),
        leftMs: duration(f[8], 'leftMs'),
        ahead: readWhole(f[9], QUEUE_MAX + 1, 'ahead'),
        queued: readWhole(f[10], QUEUE_MAX + 1, 'queued'),
        holderBoot: f[11] === undefined ? 0 : readU32(f[11], 'holderBoot'),
      };
    case Op.renew:
      return {
        op: Op.renew,
        name: name(f[1]),
        ballot: ballot(f[2], 'ballot'),
        term: ballot(f[3], 'term'),
        seq: readU32(f[4], 'seq'),
        ask: readBoolean(f[5], 'ask'),
      };
    case Op.rack:
      return {
        op: Op.rack,
        name: name(f[1]),
        ballot: ballot(f[2], 'ballot'),
        term: ballot(f[3], 'term'),
        seq: readU32(f[4], 'seq'),
        grantedMs: duration(f[5], 'grantedMs'),
        queue: readList(f[6], QUEUE_MAX, 'queue').map((id) => readName(id, 'queue')),
        priority: f[7] === undefined ? 0 : readInteger(f[7], -PRIORITY_MAX, PRIORITY_MAX, 'priority'),
        floor: f[8] === undefined ? 0 : ballot(f[8], 'floor'),
      };
    case Op.rdeny:
      return {
        op: Op.rdeny,
        name: name(f[1]),
        term: ballot(f[2], 'term'),
        seq: readU32(f[3], 'seq'),
        maxBallot: ballot(f[4], 'maxBallot'),
        why: why(f[5]),
        holder: readOptionalName(f[6], 'holder'),
        holderTerm: ballot(f[7], 'holderTerm'),
        elected: readBoolean(f[8], 'elected'),
      };
    case Op.release:
      return {
        op: Op.release,
        name: name(f[1]),
        term: ballot(f[2], 'term'),
        to: readOptionalName(f[3], 'to'),
        drainMs: f[4] === undefined ? 0 : duration(f[4], 'drainMs'),
      };
    case Op.recover:
      return { op: Op.recover, nonce: readU32(f[1], 'nonce') };
    case Op.recovered:
      return {
        op: Op.recovered,
        nonce: readU32(f[1], 'nonce'),
        active: readBoolean(f[2], 'active'),
        floor: ballot(f[3], 'floor'),
        rivals: readList(f[4], RIVALS_MAX, 'rivals').map((boot) => readU32(boot, 'rivals')),
        quiet: f[5] === undefined ? [] : readList(f[5], VOTERS_MAX, 'quiet').map((boot) => readU32(boot, 'quiet')),
      };
    case Op.watch:
      return { op: Op.watch, name: name(f[1]) };
    case Op.hint:
      return {
        op: Op.hint,
        name: name(f[1]),
        holder: readOptionalName(f[2], 'holder'),
        term: ballot(f[3], 'term'),
        leftMs: duration(f[4], 'leftMs'),
        reason: HINT_REASONS[readWhole(f[5], HINT_REASONS.length, 'reason')]!,
        holderBoot: f[6] === undefined ? 0 : readU32(f[6], 'holderBoot'),
      };
    case Op.voters:
      return {
        op: Op.voters,
        origin: readU32(f[1], 'origin'),
        lineage: readU32(f[2], 'lineage'),
        term: ballot(f[3], 'term'),
        version: readU32(f[4], 'version'),
        floor: ballot(f[5], 'floor'),
        seats: seats(f[6]),
      };
    case Op.found:
      return {
        op: Op.found,
        lineage: readU32(f[1], 'lineage'),
        names: readList(f[2], VOTERS_MAX, 'names').map((id) => readName(id, 'names')),
        boots: readList(f[3], VOTERS_MAX, 'boots').map((boot) => readU32(boot, 'boots')),
        weights: readList(f[4], VOTERS_MAX, 'weights').map((weight) => readWhole(weight, WEIGHT_MAX + 1, 'weights')),
      };
    case Op.same:
      return {
        op: Op.same,
        kind: ROLLS[readWhole(f[1], ROLLS.length, 'kind')]!,
        seq: readU32(f[2], 'seq'),
        sums: sums(f[3]),
      };
    case Op.stands:
      return {
        op: Op.stands,
        kind: ROLLS[readWhole(f[1], ROLLS.length, 'kind')]!,
        seq: readU32(f[2], 'seq'),
        differ: readList(f[3], PARTS_MAX, 'differ').map((part) => readWhole(part, PARTS_MAX, 'differ')),
        grantedMs: duration(f[4], 'grantedMs'),
        leaders: readList(f[5], LEADERS_MAX, 'leaders').map((leader) => {
          const [id, leftMs] = readList(leader, 8, 'leader');
          return [name(id), duration(leftMs, 'leftMs')] as const;
        }),
      };
    case Op.reclaim:
      return { op: Op.reclaim, name: name(f[1]), boot: readU32(f[2], 'boot'), drainMs: duration(f[3], 'drainMs') };
    default:
      if (!Number.isInteger(f[0])) throw new Malformed('op');
      return null;
  }
}

function seats(value: unknown): Seat[] {
  const read = readList(value, VOTERS_MAX, 'seats').map((seat) => {
    const [id, weight, excluded] = readList(seat, 8, 'seat');
    return { name: name(id), weight: readWhole(weight, WEIGHT_MAX + 1, 'weight'), excluded: readBoolean(excluded, 'excluded') };
  });
  if (new Set(read.map((seat) => seat.name)).size < read.length || votesOf(read) === 0) throw new Malformed('seats');
  return read;
}

/** One number per part; their number is a power of two. */
function sums(value: unknown): number[] {
  const read = readList(value, PARTS_MAX, 'sums').map((sum) => readWhole(sum, SUM_END, 'sums'));
  if (read.length === 0 || (read.length & (read.length - 1)) !== 0) throw new Malformed('sums');
  return read;
}

const name = (value: unknown): string => readName(value, 'name');
const ballot = (value: unknown, field: string): number => readWhole(value, BALLOT_MAX, field);
const duration = (value: unknown, field: string): number => readWhole(value, DURATION_MAX_MS + 1, field);
const why = (value: unknown): Why => WHY[readWhole(value, WHY.length, 'why')]!;
