import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { createNode } from '../../src/index.ts';
import type { ClusterNode } from '../../src/node.ts';

const nodes: ClusterNode[] = [];
afterEach(() => Promise.all(nodes.splice(0).map((node) => node.close({ timeoutMs: 500 }))));

const open = async (name: string, seeds: string[] = [], more: object = {}): Promise<ClusterNode> => {
  const node = await createNode({ name, bind: '127.0.0.1:0', preset: 'loopback', seeds, voters: ['a', 'b', 'c'], ...more });
  nodes.push(node);
  return node;
};

describe('createNode over real UDP', () => {
  it('makes three nodes one cluster, with one leader, and a host name for a seed', async () => {
    const a = await open('a');
    const seed = `localhost:${a.self.address.split(':')[1]}`;
    const [b, c] = await Promise.all([open('b', [seed]), open('c', [seed])]);
    const leases = [a, b, c].map((node) => node.campaign('job'));
    const lease = await Promise.any(leases);
    expect(lease.held).toBe(true);
    expect([a, b, c].filter((node) => node.isHeld('job'))).toHaveLength(1);
    for (const campaign of leases) campaign.catch(() => {});
    await lease.release();
  });

  it('survives garbage, says how much it dropped and why, and goes on leading', async () => {
    const a = await open('a', [], { voters: ['a'] });
    const lease = await a.campaign('job');
    const socket = createSocket('udp4');
    const [, port] = a.self.address.split(':');
    let state = 7;
    const byte = (): number => ((state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) >> 16) & 0xff;
    const count = 3_000;
    for (let i = 0; i < count; i += 1) {
      const bytes = Uint8Array.from({ length: byte() }, byte);
      if (i % 3 === 0) bytes.set([0xb3, 0x11].slice(0, bytes.length)); // looks like ours
      await new Promise<void>((resolve) => socket.send(bytes, Number(port), '127.0.0.1', () => resolve()));
    }
    await expect.poll(() => a.metrics()['wire.dropped'] ?? 0, { timeout: 5_000 }).toBeGreaterThan(count / 2);
    socket.close();
    expect(lease.held).toBe(true);
    const reasons = Object.entries(a.metrics()).filter(([name]) => name.startsWith('wire.dropped.'));
    expect(reasons.reduce((sum, [, n]) => sum + n, 0)).toBe(a.metrics()['wire.dropped']);
    expect(reasons.length).toBeGreaterThan(1);
  });

  it('closes with its signal, and is not opened with one that is aborted', async () => {
    const abort = new AbortController();
    const a = await open('a', [], { signal: abort.signal });
    abort.abort();
    await expect.poll(() => a.isClosed, { timeout: 5_000 }).toBe(true);
    await expect(open('a', [], { signal: abort.signal })).rejects.toThrow();
  });

  it('is not opened with a signal that is aborted meanwhile, and leaves no socket', async () => {
    const abort = new AbortController();
    const giveUp = (): void => abort.abort(new Error('enough')); // its first word comes once the socket is bound
    const logger = { debug: giveUp, info: () => {}, warn: giveUp, error: () => {} };
    const bind = `127.0.0.1:${30_000 + (process.pid % 10_000)}`;
    await expect(open('a', [], { bind, signal: abort.signal, logger })).rejects.toThrow('enough');
    expect((await open('a', [], { bind })).state).toBe('joined');
  });

  it('fails with a typed error when the port is taken', async () => {
    const a = await open('a');
    await expect(open('b', [], { bind: a.self.address })).rejects.toMatchObject({ code: 'ERR_BIND', details: { code: 'EADDRINUSE' } });
  });
});
