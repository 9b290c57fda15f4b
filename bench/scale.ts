import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, lan } from '../sim/schedules/membership-cluster.ts';
import { createNode } from '../src/index.ts';

/**
 * How membership grows with the number of members, at the lan preset: real nodes over real UDP, all
 * in this process, and simulated ones. Packets and bytes are those sent per node and second when
 * nothing happens, bytes with the 28 of IPv4 and UDP; memory is heap, so for real nodes without
 * their sockets. `npm run bench:scale [-- REAL,… SIMULATED,…]`.
 */
const [real = '8,32,128', simulated = '8,32,128,512,1000'] = process.argv.slice(2);
const IP_UDP_BYTES = 28;
const numbers = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
const round = (x: number, digits = 1): number => Number(x.toFixed(digits));

function heap(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

const heapOf = (bytes: number, n: number): object => ({ heapBytesPerNode: round(bytes / n, 0), heapBytesPerMember: round(bytes / n / n, 0) });

async function realNodes(n: number): Promise<object> {
  const cluster = `scale-${process.pid}-${n}`;
  const before = heap();
  const first = await createNode({ cluster, name: 'm000', bind: '127.0.0.1:0' });
  const seeds = [first.self.address];
  const nodes = [first];
  let started = 0;
  for (let i = 1; i < n; i += 1) {
    started = performance.now();
    nodes.push(await createNode({ cluster, name: `m${String(i).padStart(3, '0')}`, bind: '127.0.0.1:0', seeds }));
  }
  const all = (): boolean => nodes.every(({ members }) => members.length === n && members.every(({ state }) => state === 'alive'));
  while (!all()) await sleep(5);
  const wholeMs = performance.now() - started;
  await sleep(5_000);
  const count = (name: string): number => nodes.reduce((sum, node) => sum + (node.metrics()[name] ?? 0), 0);
  const [packets, bytes, cpu, t0] = [count('wire.sent'), count('wire.sentBytes'), process.cpuUsage(), performance.now()];
  await sleep(20_000);
  const seconds = (performance.now() - t0) / 1000;
  const used = process.cpuUsage(cpu);
  const sent = count('wire.sent') - packets;
  const result = {
    kind: 'real',
    members: n,
    packetsPerNodePerS: round(sent / n / seconds),
    ipBytesPerNodePerS: round((count('wire.sentBytes') - bytes + sent * IP_UDP_BYTES) / n / seconds, 0),
    ...heapOf(heap() - before, n),
    cpuPctPerNode: round((used.user + used.system) / 1e4 / seconds / n, 2),
    lastStartToAllMs: round(wholeMs, 0),
    allAlive: all(),
  };
  await Promise.all(nodes.map((node) => node.close({ timeoutMs: 2_000 })));
  return result;
}

function simulatedNodes(n: number): object {
  const before = heap();
  const cluster = new Cluster({ config: lan });
  const first = cluster.start('m000', []);
  const nodes = [first];
  for (let i = 1; i < n; i += 1) {
    cluster.run(3);
    nodes.push(cluster.start(`m${String(i).padStart(3, '0')}`, [first.address]));
  }
  const startedUs = cluster.nowUs;
  const all = (): boolean => nodes.every(({ core }) => core.members.size === n);
  while (!all()) cluster.run(20);
  const wholeMs = (cluster.nowUs - startedUs) / 1000;
  for (const node of nodes) {
    node.changes.length = 0; // the test's own notes
    node.fold.clear();
  }
  cluster.run(10_000);
  const [packets, bytes] = [cluster.sent, cluster.bytes];
  const seconds = 20;
  cluster.run(seconds * 1000);
  for (const node of nodes) node.changes.length = 0;
  const sent = cluster.sent - packets;
  return {
    kind: 'simulated',
    members: n,
    packetsPerNodePerS: round(sent / n / seconds),
    ipBytesPerNodePerS: round((cluster.bytes - bytes + sent * IP_UDP_BYTES) / n / seconds, 0),
    ...heapOf(heap() - before, n),
    lastStartToAllMs: round(wholeMs, 0),
    allAlive: nodes.every(({ core }) => [...core.members.values()].every(({ state }) => state === 'alive')),
  };
}

await realNodes(3); // what a process loads and compiles for its first nodes is no node's memory
for (const n of numbers(real)) console.log(JSON.stringify(await realNodes(n)));
for (const n of numbers(simulated)) console.log(JSON.stringify(simulatedNodes(n)));
