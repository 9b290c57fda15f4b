import { type Socket, createSocket } from 'node:dgram';
import { type Address, familyOf, hostOf } from '../core/address.ts';
import { addressOf, endpointOf, numericLookup } from './endpoints.ts';

/** Probe sockets open at one time. Beyond it a probe is left out: its silence would have been no evidence either. */
export const PROBE_SOCKETS_MAX = 16;
/** How long an answer is waited for on one: the longest direct timeout of the presets. */
const OPEN_MS = 1_000;

interface Handlers {
  onDatagram(bytes: Uint8Array, from: Address): void;
  onFailure(to: Address, error: unknown): void;
  onLimit(limit: string, value: number): void;
}

/**
 * Short-lived sockets, each connected to one address. The kernel tells a refusal (ICMP port
 * unreachable) to connected sockets only, and the member socket talks to everybody.
 *
 * Each has a port of its own. A second socket on the member's port, connected after the bind, would
 * take every datagram that arrives in between (measured), whatever reuseAddr promises.
 */
export class ProbeSockets {
  readonly #bind: Address;
  readonly #handlers: Handlers;
  readonly #open = new Set<Socket>();

  constructor(bind: Address, handlers: Handlers) {
    this.#bind = bind;
    this.#handlers = handlers;
  }

  send(bytes: Uint8Array, to: Address): void {
    if (this.#open.size >= PROBE_SOCKETS_MAX) return this.#handlers.onLimit('probe-sockets', PROBE_SOCKETS_MAX);
    const family = familyOf(this.#bind);
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', ipv6Only: false, lookup: numericLookup });
    this.#open.add(socket);
    const timer = setTimeout(() => end(), OPEN_MS);
    timer.unref();
    const end = (error?: unknown): void => {
      if (!this.#open.delete(socket)) return;
      clearTimeout(timer);
      socket.close();
      if (error != null) this.#handlers.onFailure(to, error);
    };
    socket.on('error', end);
    socket.on('message', (answer, from) => {
      const address = addressOf(from);
      end();
      if (address !== null) this.#handlers.onDatagram(answer, address);
    });
    // From the address that we are known by, where we have one: a filter may know it, too.
    socket.bind({ address: hostOf(this.#bind), port: 0, exclusive: true }, () => {
      if (!this.#open.has(socket)) return;
      const { host, port } = endpointOf(family, to);
      socket.connect(port, host, (error?: Error) => {
        if (error != null) return end(error);
        if (this.#open.has(socket)) socket.send(bytes, (failed) => failed !== null && end(failed));
      });
    });
  }

  close(): void {
    for (const socket of this.#open) socket.close();
    this.#open.clear();
  }
}
