import type { Address } from '../core/address.ts';
import { BellwetherError } from '../core/errors.ts';
import type { Transport, TransportHandlers } from './transport.ts';

/** A network inside one process, for tests and examples: delivers in order, loses nothing, knows no delay. */
export class MemoryNetwork {
  readonly #open = new Map<Address, TransportHandlers>();

  /** A transport bound to `address`. */
  transport(address: Address): Transport {
    let mine: TransportHandlers | null = null;
    return {
      open: async (handlers) => {
        if (this.#open.has(address)) throw new BellwetherError('ERR_BIND', `cannot bind ${address}: in use`, { address, code: 'EADDRINUSE' });
        mine = handlers;
        this.#open.set(address, handlers);
        return { bound: address, receiveBufferBytes: null };
      },
      send: (bytes, to) => {
        if (mine === null) return;
        const copy = bytes.slice(); // the receiver keeps it, the sender may reuse its own
        queueMicrotask(() => this.#open.get(to)?.onDatagram(copy, address));
      },
      probe: (bytes, to) => {
        if (mine === null) return;
        const [copy, asker] = [bytes.slice(), mine];
        queueMicrotask(() => {
          const there = this.#open.get(to);
          if (there !== undefined) there.onDatagram(copy, address);
          else if (this.#open.get(address) === asker) asker.onSendFailure(to, 'refused', 'ECONNREFUSED');
        });
      },
      close: async () => {
        if (mine !== null && this.#open.get(address) === mine) this.#open.delete(address);
        mine = null;
      },
    };
  }
}
