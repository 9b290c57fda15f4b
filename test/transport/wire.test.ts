import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { ELECTION_KIND, decodeElection, encodeElection } from '../../src/election/codec.ts';
import { type ElectionPacket, type Entry, Op, WHY } from '../../src/election/messages.ts';
import { Kind, type MembershipMessage } from '../../src/membership/messages.ts';
import { DATAGRAM_MAX, ENVELOPE_BYTES, clusterTag, readEnvelope, writeEnvelope } from '../../src/transport/envelope.ts';
import type { TransportHandlers } from '../../src/transport/transport.ts';
import { DatagramWire, type Message } from '../../src/wire.ts';

const packr = new Packr({ useRecords: false });

const ping: MembershipMessage = { kind: Kind.ping, from: 'a', boot: 1, incarnation: 2, digest: 3, health: 0, seq: 4, target: 'b', updates: [] };
const name = fc.stringMatching(/^[\x21-\x7e]{1,64}$/);
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const ballot = fc.integer({ min: 0, max: 2 ** 50 - 1 });
const duration = fc.integer({ min: 0, max: 300_000 });
const holder = fc.oneof(fc.constant(''), name);
const why = fc.constantFrom(...WHY);
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ op: fc.constant(Op.bid), name, ballot, seq: u32, priority: fc.integer({ min: -1_000, max: 1_000 }), group: holder, fair: fc.boolean() }),
  fc.record({ op: fc.constant(Op.grant), name, ballot, seq: u32, heldMs: duration, grantedMs: duration }),
  fc.record({
    op: fc.constant(Op.deny),
    name,
    ballot,
    maxBallot: ballot,
    why,
    holder,
    term: ballot,
    elected: fc.boolean(),
    leftMs: duration,
    ahead: fc.nat(8),
    queued: fc.nat(8),
    holderBoot: u32,
  }),
  fc.record({ op: fc.constant(Op.renew), name, ballot, term: ballot, seq: u32, ask: fc.boolean() }),
  fc.record({
    op: fc.constant(Op.rack),
    name,
    ballot,
    term: ballot,
    seq: u32,
    grantedMs: duration,
    queue: fc.array(name, { maxLength: 7 }),
    priority: fc.integer({ min: -1_000, max: 1_000 }),
    floor: ballot,
  }),
  fc.record({ op: fc.constant(Op.rdeny), name, term: ballot, seq: u32, maxBallot: ballot, why, holder, holderTerm: ballot, elected: fc.boolean() }),
  fc.record({ op: fc.constant(Op.release), name, term: ballot, to: holder, drainMs: duration }),
  fc.record({ op: fc.constant(Op.recover), nonce: u32 }),
  fc.record({
    op: fc.constant(Op.recovered),
    nonce: u32,
    active: fc.boolean(),
    floor: ballot,
    rivals: fc.array(u32, { maxLength: 7 }),
    quiet: fc.array(u32, { maxLength: 31 }),
  }),
  fc.record({ op: fc.constant(Op.watch), name }),
  fc.record({
    op: fc.constant(Op.hint),
    name,
    holder,
    term: ballot,
    leftMs: duration,
    reason: fc.constantFrom('held' as const, 'recovering' as const, 'electing' as const, 'no-candidate' as const),
    holderBoot: u32,
  }),
  fc.record({ op: fc.constant(Op.reclaim), name, boot: u32, drainMs: duration }),
  fc.record({
    op: fc.constant(Op.voters),
    origin: u32,
    lineage: u32,
    term: ballot,
    version: u32,
    floor: ballot,
    seats: fc.uniqueArray(fc.record({ name, weight: fc.integer({ min: 1, max: 10 }), excluded: fc.boolean() }), {
      minLength: 1,
      maxLength: 7,
      selector: ({ name }) => name,
    }),
  }),
  fc.record({
    op: fc.constant(Op.found),
    lineage: u32,
    names: fc.array(name, { maxLength: 7 }),
    boots: fc.array(u32, { maxLength: 7 }),
    weights: fc.array(fc.nat(10), { maxLength: 7 }),
  }),
);
const electionPacket: fc.Arbitrary<ElectionPacket> = fc.record({
  kind: fc.constant(ELECTION_KIND as 16),
  from: name,
  boot: u32,
  config: u32,
  lineage: u32,
  configTerm: ballot,
  configVersion: u32,
  grantMs: duration,
  maxGrantMs: duration,
  elapsedMs: u32,
  toBoot: u32,
  token: u32,
  echo: u32,
  entries: fc.array(entry, { maxLength: 5 }),
});

/** The first set has no number: it is its own line of descent. */
const numbered = electionPacket.map((packet) => (packet.lineage === packet.config ? { ...packet, configTerm: 0, configVersion: 0 } : packet));

describe('an election packet', () => {
  it('is read as it was written, every entry of every kind', () => {
    fc.assert(fc.property(numbered, (packet) => void expect(decodeElection(encodeElection(packet))).toEqual(packet)));
  });

  it('with one field spoiled is refused whole or is still a valid packet, and nothing else is thrown', () => {
    fc.assert(
      fc.property(
        electionPacket,
        fc.nat(),
        fc.oneof(fc.constant(null), fc.constant(-1), fc.constant(1.5), fc.constant('x y'), fc.constant(2 ** 53), fc.constant([]), fc.constant(true)),
        (packet, at, junk) => {
          const fields = encodeElection(packet);
          const entries = fields[8] as unknown[][];
          const target = entries.length > 0 ? entries[at % entries.length]! : fields;
          target[at % target.length] = junk;
          let decoded: ElectionPacket | null = null;
          try {
            decoded = decodeElection(fields);
          } catch (error) {
            expect((error as Error).name).toBe('Malformed');
          }
          if (decoded !== null) expect(decodeElection(encodeElection(decoded))).toEqual(decoded);
        },
      ),
    );
  });

  it('may say more than we know: fields after those known and entries of a later kind are skipped', () => {
    const packet: ElectionPacket = {
      kind: 16,
      from: 'a',
      boot: 1,
      config: 2,
      lineage: 3,
      configTerm: 4,
      configVersion: 5,
      grantMs: 600,
      maxGrantMs: 600,
      elapsedMs: 5,
      toBoot: 6,
      token: 3,
      echo: 4,
      entries: [{ op: Op.watch, name: 'x' }],
    };
    const fields = encodeElection(packet);
    (fields[8] as unknown[]).push([99, 'later']);
    expect(decodeElection([...fields, 'later'])).toEqual(packet);
  });
});

describe('the envelope', () => {
  it('is read by its own cluster and by no other', () => {
    const bytes = new Uint8Array(20);
    writeEnvelope(bytes, clusterTag('mine'));
    expect(readEnvelope(bytes, clusterTag('mine'))).toBe(null);
    expect(readEnvelope(bytes, clusterTag('theirs'))).toBe('foreign-cluster');
  });
});

describe('the wire', () => {
  let handlers: TransportHandlers;
  let sent: Uint8Array[];
  let heard: Message[];
  let wire: DatagramWire;
  beforeEach(async () => {
    sent = [];
    heard = [];
    const transport = {
      open: async (given: TransportHandlers) => {
        handlers = given;
        return { bound: '10.0.0.1:1', receiveBufferBytes: null };
      },
      send: (bytes: Uint8Array) => void sent.push(bytes),
      probe: (bytes: Uint8Array) => void sent.push(bytes),
      close: async () => {},
    };
    wire = new DatagramWire(transport, 'test', silentLogger);
    await wire.open({ onMessage: (message) => heard.push(message), onSendFailure: () => {} });
  });
  const datagram = (value: unknown): Uint8Array => {
    const body = packr.pack(value);
    const bytes = new Uint8Array(ENVELOPE_BYTES + body.length);
    writeEnvelope(bytes, clusterTag('test'));
    bytes.set(body, ENVELOPE_BYTES);
    return bytes;
  };
  const receive = (bytes: Uint8Array): void => handlers.onDatagram(bytes, '10.0.0.2:2');

  it('carries a message as it is, in few bytes', () => {
    wire.send({ ...ping, from: 'aaaa', target: 'bbbb' }, '10.0.0.2:2');
    expect(sent[0]!.length).toBeLessThanOrEqual(38);
    receive(sent[0]!);
    expect(heard).toEqual([{ ...ping, from: 'aaaa', target: 'bbbb' }]);
  });

  it.each<[string, () => Uint8Array]>([
    ['empty', () => new Uint8Array(0)],
    ['not-ours', () => Uint8Array.of(1, 2, 3)],
    ['not-ours', () => new Uint8Array(40).fill(7)],
    [
      'sealed',
      () => {
        const bytes = datagram([1]);
        bytes[0] = 0xb4;
        return bytes;
      },
    ],
    [
      'version',
      () => {
        const bytes = datagram([1]);
        bytes[1] = 0x22;
        return bytes;
      },
    ],
    [
      'foreign-cluster',
      () => {
        const bytes = datagram([1]);
        bytes[3]! ^= 1;
        return bytes;
      },
    ],
    [
      'too-large',
      () => {
        const bytes = new Uint8Array(DATAGRAM_MAX + 1);
        writeEnvelope(bytes, clusterTag('test'));
        return bytes;
      },
    ],
    ['not-plain', () => datagram({ kind: 1 })],
    ['malformed.message', () => datagram(5)],
    ['malformed.kind', () => datagram(['ping'])],
    ['malformed.kind', () => datagram([77, 'a', new Uint8Array(17)])],
    ['malformed.header', () => datagram([1, 'a', new Uint8Array(3), 'b'])],
    ['malformed.from', () => datagram([1, 'two words', new Uint8Array(17), 'b'])],
    ['malformed.from', () => datagram([16, null, 1, 2, 3, 4, 5, 6, []])],
    ['malformed.entries', () => datagram([16, 'a', 1, 2, 3, 4, 5, 6, 'no list'])],
  ])('drops and counts: %s', (reason, make) => {
    receive(make());
    expect(heard).toEqual([]);
    expect(wire.counters).toMatchObject({ received: 1, dropped: 1, [`dropped.${reason}`]: 1 });
  });

  it('never throws and never makes up a reason, whatever arrives', () => {
    const real = fc.constantFrom<Message>(ping, {
      kind: 16,
      from: 'a',
      boot: 1,
      config: 2,
      lineage: 3,
      configTerm: 4,
      configVersion: 5,
      grantMs: 600,
      maxGrantMs: 600,
      elapsedMs: 5,
      toBoot: 6,
      token: 3,
      echo: 4,
      entries: [{ op: Op.bid, name: 'x', ballot: 9, seq: 1, priority: 0, group: '', fair: false }],
    });
    const broken = fc.tuple(real, fc.nat(), fc.nat(7), fc.nat(100)).map(([message, at, bit, cut]) => {
      wire.send(message, '10.0.0.2:2');
      const bytes = sent.at(-1)!.slice();
      bytes[at % bytes.length]! ^= 1 << bit;
      return cut < 50 ? bytes : bytes.subarray(0, at % bytes.length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), broken), (bytes) => {
        const before = heard.length + wire.counters['dropped']!;
        receive(bytes);
        expect(heard.length + wire.counters['dropped']!).toBe(before + 1);
      }),
      { numRuns: 3_000 },
    );
    expect(Object.keys(wire.counters).length).toBeLessThan(60);
  });
});
