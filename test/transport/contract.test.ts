import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { Address } from '../../src/core/address.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { SendFailure, Transport } from '../../src/transport/transport.ts';
import { createUdpTransport } from '../../src/transport/udp.ts';

interface Received {
  readonly bytes: Uint8Array;
  readonly from: Address;
}

const hasIPv6 = await new Promise<boolean>((resolve) => {
  const socket = createSocket('udp6');
  socket.once('error', () => resolve(false));
  socket.bind(0, '::1', () => socket.close(() => resolve(true)));
});
if (!hasIPv6) console.warn('skipped: UDP over IPv6, because this machine has no ::1');

const network = new MemoryNetwork();
let memoryPort = 1;
const kinds: readonly [string, () => Transport, string][] = [
  ['memory', () => network.transport(`10.0.0.1:${(memoryPort += 1)}`), '10.0.0.9:9'],
  ['UDP over IPv4', () => createUdpTransport({ bind: '127.0.0.1:0' }), '127.0.0.1:9'],
  ...(hasIPv6 ? ([['UDP over IPv6', () => createUdpTransport({ bind: '[::1]:0' }), '[::1]:9']] as [string, () => Transport, string][]) : []),
];

const open: Transport[] = [];
afterEach(() => Promise.all(open.splice(0).map((transport) => transport.close())));

describe.each(kinds)('%s', (_, create, nobody) => {
  const start = async (): Promise<{ transport: Transport; bound: Address; received: Received[]; failures: SendFailure[] }> => {
    const transport = create();
    open.push(transport);
    const received: Received[] = [];
    const failures: SendFailure[] = [];
    const { bound } = await transport.open({
      onDatagram: (bytes, from) => received.push({ bytes, from }),
      onSendFailure: (__, failure) => failures.push(failure),
    });
    return { transport, bound, received, failures };
  };

  it('carries a datagram whole, and says whence', async () => {
    const [a, b] = [await start(), await start()];
    const sizes = [1, 38, 1_400, 2_048];
    for (const size of sizes)
      a.transport.send(
        Uint8Array.from({ length: size }, (__, i) => i % 251),
        b.bound,
      );
    await expect.poll(() => b.received.length).toBe(sizes.length);
    for (const { bytes, from } of b.received) {
      expect(from).toBe(a.bound);
      expect(bytes.every((byte, i) => byte === i % 251)).toBe(true);
    }
    expect(b.received.map(({ bytes }) => bytes.length).sort((x, y) => x - y)).toEqual(sizes);
  });

  it('keeps what was sent as it was, and what was received', async () => {
    const [a, b] = [await start(), await start()];
    for (let i = 0; i < 3; i += 1) a.transport.send(Uint8Array.of(i, i), b.bound);
    await expect.poll(() => b.received.length).toBe(3);
    expect(b.received.map(({ bytes }) => bytes[0]).sort((x, y) => x! - y!)).toEqual([0, 1, 2]);
  });

  it('sends to nobody without a throw', async () => {
    const { transport } = await start();
    for (let i = 0; i < 20; i += 1) transport.send(Uint8Array.of(1), nobody);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('delivers and sends nothing after close, which may be called twice', async () => {
    const [a, b] = [await start(), await start()];
    await b.transport.close();
    await b.transport.close();
    a.transport.send(Uint8Array.of(1), b.bound);
    b.transport.send(Uint8Array.of(1), a.bound);
    const c = await start();
    c.transport.send(Uint8Array.of(2), a.bound);
    await expect.poll(() => a.received.length).toBe(1);
    expect(a.received[0]!.bytes[0]).toBe(2);
    expect(b.received).toEqual([]);
  });

  it('does not open twice at one address', async () => {
    const { bound } = await start();
    const second = bound.startsWith('10.') ? network.transport(bound) : createUdpTransport({ bind: bound });
    await expect(second.open({ onDatagram: () => {}, onSendFailure: () => {} })).rejects.toThrow();
  });
});

describe('UDP', () => {
  it('tells a send that cannot be, with the reason, and goes on', async () => {
    const transport = createUdpTransport({ bind: '127.0.0.1:0' });
    open.push(transport);
    const failures: SendFailure[] = [];
    const received: number[] = [];
    const { bound, receiveBufferBytes } = await transport.open({
      onDatagram: (bytes) => received.push(bytes[0]!),
      onSendFailure: (_, failure) => failures.push(failure),
    });
    expect(receiveBufferBytes).toBeGreaterThan(4_096);
    transport.send(new Uint8Array(70_000), bound);
    await expect.poll(() => failures).toEqual(['too-large']);
    transport.send(Uint8Array.of(7), bound);
    await expect.poll(() => received).toEqual([7]);
  });

  it('opens at most 16 probe sockets at a time, and says when that was not enough', async () => {
    const transport = createUdpTransport({ bind: '127.0.0.1:0' });
    open.push(transport);
    const limits: string[] = [];
    const { bound } = await transport.open({
      onDatagram: () => {},
      onSendFailure: () => {},
      onLimit: (limit, value) => limits.push(`${limit} ${value}`),
    });
    for (let i = 0; i < 18; i += 1) transport.probe(Uint8Array.of(i), bound);
    expect(limits).toEqual(['probe-sockets 16', 'probe-sockets 16']);
  });
});
