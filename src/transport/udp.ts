import { type Socket, createSocket } from 'node:dgram';
import { type Address, familyOf, hostOf, portOf } from '../core/address.ts';
import { BellwetherError } from '../core/errors.ts';
import { addressOf, endpointOf, numericLookup } from './endpoints.ts';
import { ProbeSockets } from './probe-sockets.ts';
import type { SendFailure, Transport, TransportHandlers, TransportInfo } from './transport.ts';

/** Asked of the kernel: a stalled process keeps only the oldest datagrams that fit, 256 small ones by default. */
export const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;

export interface UdpOptions {
  /** Where to listen; port 0 lets the system choose. */
  readonly bind: Address;
  readonly receiveBufferBytes?: number;
}

/**
 * The member socket: UDP over node:dgram, IPv4 or IPv6 by the bound address. Sends go to numeric
 * addresses only (a name would be a DNS lookup for each packet), each with a callback (without one
 * an error is lost or kills the process).
 */
export function createUdpTransport(options: UdpOptions): Transport {
  const { bind } = options;
  const family = familyOf(bind);
  let socket: Socket | null = null;
  let handlers: TransportHandlers | null = null;
  let isClosed = false;

  const fail = (to: Address, error: unknown): void => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    handlers?.onSendFailure(to, classify(code), code);
  };
  /** `send` is called in the middle of a transition, which a failure told at once would enter a second time. */
  const failLater = (to: Address, error: unknown): void => queueMicrotask(() => fail(to, error));
  const probes = new ProbeSockets(bind, {
    onDatagram: (bytes, from) => handlers?.onDatagram(bytes, from),
    onFailure: fail,
    onLimit: (limit, value) => handlers?.onLimit?.(limit, value),
  });

  return {
    async open(given: TransportHandlers): Promise<TransportInfo> {
      const opening = createSocket({ type: family === 6 ? 'udp6' : 'udp4', ipv6Only: false, lookup: numericLookup });
      await new Promise<void>((resolve, reject) => {
        opening.once('error', (error: NodeJS.ErrnoException) => {
          opening.close();
          reject(
            new BellwetherError(
              'ERR_BIND',
              `cannot bind ${bind}: ${error.code ?? error.message}`,
              { address: bind, code: error.code ?? 'unknown' },
              { cause: error },
            ),
          );
        });
        // Never reuseAddr: a second socket on the port would steal datagrams.
        opening.bind({ address: hostOf(bind), port: portOf(bind), exclusive: true }, () => resolve());
      });
      if (isClosed) {
        opening.close(); // nobody else knows of this socket, and it would keep the port and the process
        throw new BellwetherError('ERR_CLOSED', `closed while ${bind} was being bound`);
      }
      opening.removeAllListeners('error');
      opening.on('error', (error) => fail(bind, error)); // nothing the socket says may kill the process
      opening.on('message', (bytes, from) => {
        const address = addressOf(from);
        if (address !== null) handlers?.onDatagram(bytes, address);
      });
      let receiveBufferBytes: number | null = null;
      try {
        opening.setRecvBufferSize(options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES);
      } catch {
        // The kernel gives what it gives; what that is is read below and told to the owner.
      }
      try {
        receiveBufferBytes = opening.getRecvBufferSize();
      } catch {
        receiveBufferBytes = null;
      }
      socket = opening;
      handlers = given;
      const bound = opening.address();
      return {
        bound: addressOf(bound) ?? bind,
        receiveBufferBytes,
      };
    },

    send(bytes: Uint8Array, to: Address): void {
      if (socket === null) return;
      if (family === 4 && familyOf(to) === 6) return failLater(to, 'EAFNOSUPPORT');
      try {
        const { host, port } = endpointOf(family, to);
        socket.send(bytes, port, host, (error) => {
          if (error !== null) fail(to, error);
        });
      } catch (error) {
        failLater(to, error);
      }
    },

    probe(bytes: Uint8Array, to: Address): void {
      if (socket === null) return;
      if (family === 4 && familyOf(to) === 6) return failLater(to, 'EAFNOSUPPORT');
      probes.send(bytes, to);
    },

    async close(): Promise<void> {
      isClosed = true;
      probes.close();
      const closing = socket;
      socket = null;
      handlers = null;
      if (closing !== null) await new Promise<void>((resolve) => closing.close(() => resolve()));
    },
  };
}

function classify(code: string): SendFailure {
  switch (code) {
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EPERM':
    case 'EACCES':
      return 'unreachable';
    case 'ECONNREFUSED':
      return 'refused';
    case 'EMSGSIZE':
      return 'too-large';
    default:
      return 'other';
  }
}
