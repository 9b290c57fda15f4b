import type { Address } from './core/address.ts';
import type { ElectionPacket } from './election/messages.ts';
import type { MembershipMessage } from './membership/messages.ts';
import type { SendFailure, TransportInfo } from './transport/transport.ts';

export type Message = MembershipMessage | ElectionPacket;

export interface WireHandlers {
  /** A decoded, fully validated message. */
  onMessage(message: Message, from: Address): void;
  onSendFailure(to: Address, failure: SendFailure, detail: string): void;
}

/**
 * Messages in, messages out. `DatagramWire` puts codec, envelope and transport together; the
 * simulator may hand messages over by reference instead, or use the real one.
 */
export interface Wire {
  open(handlers: WireHandlers): Promise<TransportInfo>;
  send(message: Message, to: Address): void;
  close(): Promise<void>;
  /** What was sent, received and dropped, by reason. */
  readonly counters: Readonly<Record<string, number>>;
}
