import type { Address } from '../../src/core/address.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { DatagramWire, type Message, type Wire, type WireHandlers } from '../../src/wire.ts';
import { silentLogger } from '../../src/core/logger.ts';

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

export type WireFactory = (port: Port) => Wire;

/** Messages travel as the objects they are: fast, and right because nobody changes a message once made. */
export const referenceWire: WireFactory = (port) => ({
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
});

/** The shipped codec and envelope over a simulated transport: what cannot be written down and read back shows here. */
export const codecWire: WireFactory = (port) => {
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
};
