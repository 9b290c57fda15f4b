import type { Address } from '../../core/address.ts';
import type { Transport } from '../../transport/transport.ts';

/** A cut cable for the demo's children: nothing passes to or from the addresses blocked. The shipped transport knows nothing of it. */
export function faultTransport(inner: Transport): { transport: Transport; block(addresses: readonly Address[]): void } {
  let blocked = new Set<Address>();
  return {
    transport: {
      open: (handlers) =>
        inner.open({
          onDatagram: (bytes, from) => {
            if (!blocked.has(from)) handlers.onDatagram(bytes, from);
          },
          onSendFailure: (to, failure, detail) => handlers.onSendFailure(to, failure, detail),
        }),
      send: (bytes, to) => {
        if (!blocked.has(to)) inner.send(bytes, to);
      },
      probe: (bytes, to) => {
        if (!blocked.has(to)) inner.probe(bytes, to);
      },
      close: () => inner.close(),
    },
    block: (addresses) => (blocked = new Set(addresses)),
  };
}
