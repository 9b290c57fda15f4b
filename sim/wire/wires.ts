import type { Address } from '../../src/core/address.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { ELECTION_KIND } from '../../src/election/codec.ts';
import { type ElectionPacket, Op } from '../../src/election/messages.ts';
import type { MembershipMessage } from '../../src/membership/messages.ts';
import { packetBytes } from '../../src/membership/wire-size.ts';
import { clusterTag } from '../../src/transport/envelope.ts';
import type { Transport } from '../../src/transport/transport.ts';
import type { Plan } from '../plan/plan.ts';
import { PARTITION_KIND } from '../../src/partition/codec.ts';
import { DatagramWire, type Message, type Wire, type WireHandlers, datagramOf } from '../../src/wire.ts';

/** A message or a datagram on its way through the simulated network. */
export type Payload = Message | Uint8Array;

/** Where a process's wire meets the simulated network. */
export interface Port {
  readonly address: Address;
  readonly cluster: string;
  /** Hands a payload to the network. */
  send(payload: Payload, to: Address): void;
  /** The same, from a socket whose sender hears that nobody listens there. */
  probe(payload: Payload, to: Address): void;
  /** Tells the network where to deliver; null: nowhere any more. */
  listen(receive: ((payload: Payload, from: Address) => void) | null, refused?: (to: Address) => void): void;
}

/** How messages travel in one run. All ways give the same trace. */
export interface Carriage {
  wire(port: Port): Wire;
  /** What it takes on a wire, in bytes; 0 where that can make no difference. */
  sizeOf(payload: Payload): number;
  /** What is left of it when a link cuts it short. */
  damage(payload: Payload): Payload;
}

const CLUSTER = 'simulated';
const TAG = clusterTag(CLUSTER);
const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);

/** Messages travel as the objects they are: fast, and right because nobody changes a message once made. */
export const byReference: Carriage = {
  wire: (port) => ({
    open: async (handlers: WireHandlers) => {
      port.listen(
        (payload, from) => handlers.onMessage(payload as Message, from),
        (to) => handlers.onSendFailure(to, 'refused', 'ECONNREFUSED'),
      );
      return { bound: port.address, receiveBufferBytes: null };
    },
    send: (message, to) => port.send(message, to),
    probe: (message, to) => port.probe(message, to),
    close: async () => port.listen(null),
    counters: {},
  }),
  sizeOf: () => 0,
  damage: (payload) => payload,
};

/** The shipped codec and envelope over a simulated transport: what cannot be written down and read back shows here. */
export const throughCodec: Carriage = {
  wire: (port) => {
    const transport: Transport = {
      open: async (handlers) => {
        port.listen(
          (payload, from) => handlers.onDatagram(payload as Uint8Array, from),
          (to) => handlers.onSendFailure(to, 'refused', 'ECONNREFUSED'),
        );
        return { bound: port.address, receiveBufferBytes: null };
      },
      send: (bytes, to) => port.send(bytes, to),
      probe: (bytes, to) => port.probe(bytes, to),
      close: async () => port.listen(null),
    };
    return new DatagramWire(transport, port.cluster, silentLogger);
  },
  sizeOf: (payload) => (payload as Uint8Array).length,
  damage: (payload) => half(payload as Uint8Array),
};

/**
 * By reference, and as bytes where bytes matter: a datagram that a link cuts short is written down
 * first and read by the shipped decoder, and one that may be large is measured. For plans with damage
 * or a small MTU; the codec for every datagram would cost as much as all the rest.
 */
export const whereBytesMatter: Carriage = {
  wire: (port) => {
    let decode: (payload: Uint8Array, from: Address) => void = () => {};
    const decoder = new DatagramWire(
      {
        open: async (handlers) => {
          decode = (payload, from) => handlers.onDatagram(payload, from);
          return { bound: port.address, receiveBufferBytes: null };
        },
        send: () => {},
        probe: () => {},
        close: async () => {},
      },
      port.cluster,
      silentLogger,
    );
    return {
      ...byReference.wire(port),
      open: async (handlers: WireHandlers) => {
        void decoder.open(handlers);
        port.listen(
          (payload, from) => (payload instanceof Uint8Array ? decode(payload, from) : handlers.onMessage(payload, from)),
          (to) => handlers.onSendFailure(to, 'refused', 'ECONNREFUSED'),
        );
        return { bound: port.address, receiveBufferBytes: null };
      },
    };
  },
  sizeOf: (payload) => {
    const message = payload as Message;
    if (message.kind === ELECTION_KIND) return isSmall(message as ElectionPacket) ? 0 : datagramOf(message, TAG).length;
    return message.kind === PARTITION_KIND ? datagramOf(message, TAG).length : packetBytes(message as MembershipMessage);
  },
  damage: (payload) => half(datagramOf(payload as Message, TAG)),
};

/** The least MTU that is measured only where it may be exceeded (RFC 791: every host takes 576 bytes). */
const MTU_MIN = 576;
/** So few entries, without lists, are below it: 116 bytes of header and at most 56 and two short names for each. */
const SMALL_ENTRIES = 4;
function isSmall({ entries }: ElectionPacket): boolean {
  if (entries.length > SMALL_ENTRIES) return false;
  return !entries.some(
    (entry) => (entry.op === Op.rack && entry.queue.length > 2) || entry.op === Op.recovered || entry.op === Op.voters || entry.op === Op.found,
  );
}

/** The fastest way that is right for a plan. */
export function carriageOf({ noise: { damagePpm, mtuBytes } }: Plan): Carriage {
  if (mtuBytes > 0 && mtuBytes < MTU_MIN) return throughCodec;
  return damagePpm > 0 || mtuBytes > 0 ? whereBytesMatter : byReference;
}
