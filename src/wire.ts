import { Packr, Unpackr } from 'msgpackr';
import type { Address } from './core/address.ts';
import { Malformed, readList, readWhole } from './core/fields.ts';
import type { Logger } from './core/logger.ts';
import { isPlain } from './core/plain.ts';
import { ELECTION_KIND, decodeElection, encodeElection } from './election/codec.ts';
import type { ElectionPacket } from './election/messages.ts';
import { decodeMembership, encodeMembership } from './membership/codec.ts';
import type { MembershipMessage } from './membership/messages.ts';
import { PARTITION_KIND, decodePartition, encodePartition } from './partition/codec.ts';
import type { PartitionPacket } from './partition/messages.ts';
import { ENVELOPE_BYTES, clusterTag, readEnvelope, writeEnvelope } from './transport/envelope.ts';
import type { SendFailure, Transport, TransportInfo } from './transport/transport.ts';

export type Message = MembershipMessage | ElectionPacket | PartitionPacket;

export interface WireHandlers {
  /** A decoded, fully validated message. */
  onMessage(message: Message, from: Address): void;
  onSendFailure(to: Address, failure: SendFailure, detail: string): void;
  /** A datagram of another cluster came, and was dropped. */
  onForeignCluster?(from: Address): void;
}

/**
 * Messages in, messages out. `DatagramWire` puts codec, envelope and transport together; the
 * simulator may hand messages over by reference instead, or use the real one.
 */
export interface Wire {
  open(handlers: WireHandlers): Promise<TransportInfo>;
  send(message: Message, to: Address): void;
  /** Sends so that the system says whether anybody listens there. */
  probe(message: Message, to: Address): void;
  close(): Promise<void>;
  /** What was sent, received and dropped, by reason. */
  readonly counters: Readonly<Record<string, number>>;
}

/** No record structures, no extensions of ours, 64-bit integers as numbers; what the guard lets through needs nothing else. */
const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' });

/** One debug line per this many drops: a flood must not become a flood of log lines. */
const LOG_EVERY = 1_000;

export class DatagramWire implements Wire {
  readonly #transport: Transport;
  readonly #tag: number;
  readonly #logger: Logger;
  readonly #counters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, dropped: 0 };
  readonly #reasons: Record<string, number> = {};
  #handlers: WireHandlers | null = null;

  constructor(transport: Transport, cluster: string, logger: Logger) {
    this.#transport = transport;
    this.#tag = clusterTag(cluster);
    this.#logger = logger;
  }

  get counters(): Readonly<Record<string, number>> {
    return { ...this.#counters, ...this.#reasons };
  }

  open(handlers: WireHandlers): Promise<TransportInfo> {
    this.#handlers = handlers;
    return this.#transport.open({
      onDatagram: (bytes, from) => this.#receive(bytes, from),
      onSendFailure: (to, failure, detail) => {
        this.#because(`sendFailed.${failure}`);
        this.#handlers?.onSendFailure(to, failure, detail);
      },
      onLimit: (limit, value) => {
        if (this.#reasons[`${limit}.limit`] === undefined) this.#logger.warn({ limit, value }, 'a limit was reached');
        this.#because(`${limit}.limit`);
      },
    });
  }

  send(message: Message, to: Address): void {
    this.#transport.send(this.#encode(message), to);
  }

  probe(message: Message, to: Address): void {
    this.#transport.probe(this.#encode(message), to);
  }

  #encode(message: Message): Uint8Array {
    const datagram = datagramOf(message, this.#tag);
    this.#counters.sent += 1;
    this.#counters.sentBytes += datagram.length;
    return datagram;
  }

  async close(): Promise<void> {
    this.#handlers = null;
    await this.#transport.close();
  }

  /** Envelope, guard, decoder, codec: whatever does not pass is counted by reason and dropped. */
  #receive(datagram: Uint8Array, from: Address): void {
    this.#counters.received += 1;
    this.#counters.receivedBytes += datagram.length;
    const drop = readEnvelope(datagram, this.#tag);
    if (drop !== null) {
      if (drop === 'foreign-cluster') this.#handlers?.onForeignCluster?.(from);
      return this.#drop(drop, from);
    }
    if (!isPlain(datagram, ENVELOPE_BYTES)) return this.#drop('not-plain', from);
    let message: Message;
    try {
      const fields = readList(unpackr.unpack(datagram.subarray(ENVELOPE_BYTES)), 64, 'message');
      const kind = readWhole(fields[0], 256, 'kind');
      message = kind === ELECTION_KIND ? decodeElection(fields) : kind === PARTITION_KIND ? decodePartition(fields) : decodeMembership(fields);
    } catch (error) {
      return this.#drop(error instanceof Malformed ? `malformed.${error.field}` : 'undecodable', from);
    }
    this.#handlers?.onMessage(message, from);
  }

  #drop(reason: string, from: Address): void {
    this.#counters.dropped += 1;
    this.#because(`dropped.${reason}`);
    if (this.#counters.dropped % LOG_EVERY === 1) this.#logger.debug({ reason, from, dropped: this.#counters.dropped }, 'datagram dropped');
  }

  #because(reason: string): void {
    this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1;
  }
}

/** Room before what the encoder writes. */
const RESERVE_START_SPACE = 2_048;

/** A message as it goes on the wire, envelope included. A view of a larger buffer, which nobody writes to again. */
export function datagramOf(message: Message, tag: number): Uint8Array {
  const datagram = packr.pack(encode(message), RESERVE_START_SPACE | ENVELOPE_BYTES);
  writeEnvelope(datagram, tag);
  return datagram;
}

function encode(message: Message): unknown[] {
  switch (message.kind) {
    case ELECTION_KIND:
      return encodeElection(message as ElectionPacket);
    case PARTITION_KIND:
      return encodePartition(message as PartitionPacket);
    default:
      return encodeMembership(message as MembershipMessage);
  }
}
