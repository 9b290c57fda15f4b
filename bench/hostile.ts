import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pid } from 'node:process';
import { createRandom } from '../src/core/random.ts';

/**
 * Random, truncated and bit-flipped datagrams at each of five nodes: no crash, no change of leader,
 * counters that say what was dropped, memory flat. `npm run bench:hostile -- [COUNT]`.
 */
const COUNT = Number(process.argv[2] ?? 100_000);
const NODES = 5;
const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));

interface Line {
  readonly node: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

const agents = Array.from({ length: NODES }, (_, i) => ({ name: `n${i + 1}`, lines: [] as Line[], child: null as ReturnType<typeof spawn> | null, port: 0 }));
const voters = agents.map(({ name }) => name).join(',');

async function start(index: number): Promise<void> {
  const agent = agents[index]!;
  const join = index === 0 ? [] : ['--join', `127.0.0.1:${agents[0]!.port}`];
  const child = spawn(
    process.execPath,
    [
      main,
      'agent',
      '--json',
      '--control',
      '--preset',
      'loopback',
      '--cluster',
      `hostile-${pid}`,
      '--name',
      agent.name,
      '--bind',
      '127.0.0.1:0',
      '--voters',
      voters,
      ...join,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  agent.child = child;
  createInterface({ input: child.stdout }).on('line', (text) => agent.lines.push(JSON.parse(text) as Line));
  await until(() => agent.lines.some(({ event }) => event === 'started'));
  agent.port = Number(String(agent.lines[0]!['bind']).split(':')[1]);
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const rssMb = (child: { pid?: number | undefined }): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024;

/** A datagram that was really sent, to be cut and flipped: what a listener on the path could replay broken. */
async function capture(): Promise<Buffer[]> {
  const spy = createSocket('udp4');
  const caught: Buffer[] = [];
  spy.on('message', (bytes) => caught.push(bytes));
  await new Promise<void>((resolve) => spy.bind(0, '127.0.0.1', resolve));
  const probe = spawn(
    process.execPath,
    [
      main,
      'agent',
      '--json',
      '--preset',
      'loopback',
      '--cluster',
      `hostile-${pid}`,
      '--name',
      'spy',
      '--bind',
      '127.0.0.1:0',
      '--voters',
      voters,
      '--join',
      `127.0.0.1:${spy.address().port}`,
    ],
    { stdio: 'ignore' },
  );
  await until(() => caught.length >= 3);
  probe.kill('SIGKILL');
  spy.close();
  return caught;
}

for (let i = 0; i < NODES; i += 1) await start(i);
await until(() => agents.some(({ lines }) => lines.some(({ event }) => event === 'elected')));
await new Promise((resolve) => setTimeout(resolve, 1_000));
const samples = await capture();
const electedBefore = agents.flatMap(({ lines }) => lines.filter(({ event }) => event === 'elected')).length;
const before = agents.map(({ child }) => rssMb(child!));
const socket = createSocket('udp4');
const random = createRandom(1);
const byte = (): number => random.below(256);
for (let i = 0; i < COUNT; i += 1) {
  for (const { port } of agents) {
    let bytes: Buffer;
    if (i % 3 === 0) bytes = Buffer.from(Array.from({ length: 1 + random.below(200) }, byte));
    else {
      bytes = Buffer.from(samples[i % samples.length]!);
      if (i % 3 === 1) bytes = bytes.subarray(0, random.below(bytes.length));
      else bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    }
    await new Promise<void>((resolve) => socket.send(bytes, port, '127.0.0.1', () => resolve()));
  }
}
socket.close();
await new Promise((resolve) => setTimeout(resolve, 2_000));
const dropped = await Promise.all(
  agents.map(async ({ child, lines }) => {
    child!.stdin!.write('metrics\n');
    await until(() => lines.some(({ event }) => event === 'answer'));
    const metrics = lines.find(({ event }) => event === 'answer')!['result'] as Record<string, number>;
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => name.startsWith('wire.received') || name.startsWith('wire.dropped')));
  }),
);
const after = agents.map(({ child }) => rssMb(child!));
const elections = agents.flatMap(({ lines }) => lines.filter(({ event }) => event === 'elected' || event === 'lost')).length;
const report = agents.map(({ name, child }, i) => ({
  name,
  alive: child!.exitCode === null,
  rssBeforeMb: Math.round(before[i]!),
  rssAfterMb: Math.round(after[i]!),
  ...dropped[i],
}));
console.log(JSON.stringify({ sentToEach: COUNT, changesOfLeader: elections - electedBefore, nodes: report }, null, 2));
for (const { child } of agents) child!.kill('SIGTERM');
