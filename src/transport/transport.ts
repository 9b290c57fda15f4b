import type { Address } from '../core/address.ts';

/** Why a datagram could not be sent, as far as the operating system said. */
export type SendFailure = 'unreachable' | 'refused' | 'too-large' | 'other';

/** What a transport tells its owner. Handlers must not throw. */
export interface TransportHandlers {
  /** One datagram, whole. `bytes` is the receiver's to keep. `from` is numeric. */
  onDatagram(bytes: Uint8Array, from: Address): void;
  /** A datagram to `to` was not sent. Never thrown, never an event nobody listens to. */
  onSendFailure(to: Address, failure: SendFailure, detail: string): void;
  /** A limit of the transport's own was reached, and something was left out. */
  onLimit?(limit: string, value: number): void;
}

/** What came of opening. */
export interface TransportInfo {
  /** The numeric address bound, with the real port where 0 was asked for. */
  readonly bound: Address;
  /** Bytes of receive buffer the kernel gave; null where there is none. */
  readonly receiveBufferBytes: number | null;
}

/**
 * Moves bytes, knows no message. UDP and memory implement it and pass one contract suite; the
 * simulator's network is a third.
 *
 * Contract: `send` never throws, never blocks and never calls a handler before it has returned; a
 * datagram arrives whole, once, several times or never, in any order; nothing is delivered before
 * `open` resolved nor after `close` was called; `close` is idempotent.
 */
export interface Transport {
  open(handlers: TransportHandlers): Promise<TransportInfo>;
  send(bytes: Uint8Array, to: Address): void;
  /**
   * Sends once from a socket of its own that is connected to `to`, if there is room for one more: only
   * so does the system say that nobody listens there (`refused`). What is answered arrives as ever.
   */
  probe(bytes: Uint8Array, to: Address): void;
  close(): Promise<void>;
}
