import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ElectionWorld, at, storyConfig } from '../sim/schedules/election-world.ts';
import { createNode } from '../src/index.ts';

/**
 * What more election names cost, and what it costs when the holder of many dies: five voters that all
 * stand for every name. Once simulated (the election alone, T = 1 s, R = 250 ms; all start together), and once as
 * five real processes over loopback with the lan preset (T = 2 s, R = 500 ms): the first stands alone and holds all
 * names, the others stand then, and the first is killed with `kill -9`. Prints the tables of docs/tuning.md.
 * `npm run bench:names [-- NAMES,…]`.
 */
const VOTERS = ['v1', 'v2', 'v3', 'v4', 'v5'];
const IP_UDP_BYTES = 28;
const WATCH_MS = 10_000;
const namesOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `job-${i}`);
const monoMs = (): number => Number(process.hrtime.bigint()) / 1e6;
const round = (x: number, digits = 1): number => Number(x.toFixed(digits));

interface Sample {
  readonly sent: number;
  readonly bytes: number;
  readonly cpuMs: number;
}

type Word =
  { readonly at: 'up'; readonly address: string } | { readonly at: 'led'; readonly name: string; readonly ms: number } | ({ readonly at: 'sample' } & Sample);
type Order = { readonly do: 'stand'; readonly names: number } | { readonly do: 'sample' };

/** One node, told what to do by its parent. */
async function nodeProcess(cluster: string, name: string, seeds: readonly string[]): Promise<void> {
  const tell = (word: Word): void => void process.send!(word);
  const node = await createNode({ cluster, name, bind: '127.0.0.1:0', seeds, voters: VOTERS, preset: 'lan' });
  process.on('disconnect', () => process.exit(0)); // its parent is gone
  process.on('message', (order: Order) => {
    if (order.do === 'stand') for (const job of namesOf(order.names)) void node.campaign(job).then(() => tell({ at: 'led', name: job, ms: monoMs() }));
    else {
      const metrics = node.metrics();
      const { user, system } = process.cpuUsage();
      tell({ at: 'sample', sent: metrics['wire.sent'] ?? 0, bytes: metrics['wire.sentBytes'] ?? 0, cpuMs: (user + system) / 1000 });
    }
  });
  tell({ at: 'up', address: node.self.address });
}

class Child {
  readonly #process: ChildProcess;
  readonly led = new Map<string, number>();
  #next: ((word: Word) => void) | null = null;

  constructor(cluster: string, name: string, seeds: readonly string[]) {
    this.#process = fork(fileURLToPath(import.meta.url), ['node', cluster, name, ...seeds]);
    this.#process.on('message', (word: Word) => {
      if (word.at === 'led') this.led.set(word.name, word.ms);
      else this.#next?.(word);
    });
  }

  word(order?: Order): Promise<Word> {
    const word = new Promise<Word>((resolve) => (this.#next = resolve));
    if (order !== undefined) this.tell(order);
    return word;
  }

  tell(order: Order): void {
    this.#process.send(order);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

async function real(n: number): Promise<string> {
  const cluster = `names-${process.pid}-${n}`;
  const children: Child[] = [];
  const seeds: string[] = [];
  for (const name of VOTERS) {
    const child = new Child(cluster, name, seeds);
    const up = await child.word();
    if (up.at === 'up' && seeds.length === 0) seeds.push(up.address);
    children.push(child);
  }
  const [holder, ...others] = children as [Child, ...Child[]];
  const led = (among: readonly Child[]): number => new Set(among.flatMap((child) => [...child.led.keys()])).size;
  const until = async (holds: () => boolean): Promise<void> => {
    for (const startedMs = monoMs(); !holds(); await sleep(5))
      if (monoMs() > startedMs + 60_000) throw new Error(`not after 60 s; ${led(children)} of ${n} led`);
  };
  holder.tell({ do: 'stand', names: n });
  await until(() => led([holder]) === n);
  for (const child of others) child.tell({ do: 'stand', names: n });
  await sleep(5_000);
  const samples = async (): Promise<Sample[]> => (await Promise.all(children.map((child) => child.word({ do: 'sample' })))) as (Word & Sample)[];
  const before = await samples();
  await sleep(WATCH_MS);
  const after = await samples();
  const perNode = (of: (sample: Sample) => number): number =>
    after.reduce((sum, sample, i) => sum + of(sample) - of(before[i]!), 0) / VOTERS.length / (WATCH_MS / 1000);
  if (led(others) > 0) throw new Error('the holder lost something before it was killed');
  const killedMs = monoMs();
  holder.kill();
  await until(() => led(others) === n);
  const times = others.flatMap((child) => [...child.led.values()].map((ms) => ms - killedMs)).sort((a, b) => a - b);
  const most = Math.max(...others.map((child) => child.led.size));
  for (const child of children) child.kill();
  const packets = perNode(({ sent }) => sent);
  const bytes = perNode(({ bytes: payload }) => payload) + IP_UDP_BYTES * packets;
  const cpu = perNode(({ cpuMs }) => cpuMs) / 10;
  return `| ${n} | ${round(packets)} | ${round(bytes, 0)} | ${round(cpu)} % | ${round(times[0]!, 0)} / ${round(times.at(-1)!, 0)} ms | ${n < 100 ? '–' : round((most * others.length) / n, 2)} |`;
}

function simulated(n: number): string {
  const world = new ElectionWorld(VOTERS, storyConfig(VOTERS));
  let sent = 0;
  world.network = () => {
    sent += 1;
    return at(1);
  };
  for (const name of VOTERS) world.start(name);
  for (const name of VOTERS) for (const job of namesOf(n)) world.campaign(name, job);
  world.run(4_000);
  sent = 0;
  world.run(14_000);
  const perNodeAndS = sent / VOTERS.length / 10;
  const counted = VOTERS.map((name) => ledBy(world, name, n));
  const holder = VOTERS.reduce((most, name) => (ledBy(world, name, n) > ledBy(world, most, n) ? name : most));
  const lost = ledBy(world, holder, n);
  world.kill(holder);
  const killedUs = world.nowUs;
  const others = VOTERS.filter((name) => name !== holder);
  let all = 0;
  while (all < n) {
    world.run(world.nowUs / 1_000 + 5);
    all = others.reduce((sum, name) => sum + ledBy(world, name, n), 0);
    if (world.nowUs > killedUs + at(10_000)) throw new Error('not after 10 s');
  }
  return `| ${n} | ${round(perNodeAndS)} | ${n < 100 ? '–' : round((Math.max(...counted) * VOTERS.length) / n, 2)} | ${lost} | ${(world.nowUs - killedUs) / 1_000} ms |`;
}

const ledBy = (world: ElectionWorld, node: string, n: number): number =>
  namesOf(n).filter((job) => world.election(node).isHeld(job, world.now(node).leaderUs)).length;

const [what = '1,10,100,1000', ...rest] = process.argv.slice(2);
if (what === 'node') await nodeProcess(rest[0]!, rest[1]!, rest.slice(2));
else {
  const counts = what.split(',').map(Number);
  console.log('| names (simulated) | packets per node and s | most led by one / mean | names of the one that dies | all led again |\n|---|---|---|---|---|');
  for (const n of counts) console.log(simulated(n));
  console.log(
    '\n| names | packets per node and s | bytes, with IP and UDP | CPU per node | holder killed: first / last led again | most won by one / mean |\n|---|---|---|---|---|---|',
  );
  for (const n of counts) console.log(await real(n));
  process.exit(0);
}
