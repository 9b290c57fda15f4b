import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ElectionWorld, at, storyConfig } from '../sim/schedules/election-world.ts';
import { createNode } from '../src/index.ts';

/**
 * What more election names cost, and what it costs when the holder of many dies: five voters that all
 * stand for every name, once simulated (the election alone, T = 1 s, R = 250 ms) and once as five real
 * processes over loopback with the lan preset (T = 2 s, R = 500 ms), one of them killed with
 * `kill -9`. Prints the table of docs/tuning.md. `npm run bench:names [-- NAMES,… [LEADER]]`; with `LEADER` one
 * process holds all names, by priority, and is the one that is killed.
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
type Order = { readonly do: 'stand'; readonly names: number; readonly priority: number } | { readonly do: 'sample' };

/** One node, told what to do by its parent. */
async function nodeProcess(cluster: string, name: string, seeds: readonly string[]): Promise<void> {
  const tell = (word: Word): void => void process.send!(word);
  const node = await createNode({ cluster, name, bind: '127.0.0.1:0', seeds, voters: VOTERS, preset: 'lan' });
  process.on('disconnect', () => process.exit(0)); // its parent is gone
  process.on('message', (order: Order) => {
    if (order.do === 'stand')
      for (const job of namesOf(order.names)) void node.campaign(job, { priority: order.priority }).then(() => tell({ at: 'led', name: job, ms: monoMs() }));
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

async function real(n: number, oneHolds: boolean): Promise<string> {
  const cluster = `names-${process.pid}-${n}`;
  const children: Child[] = [];
  const seeds: string[] = [];
  for (const name of VOTERS) {
    const child = new Child(cluster, name, seeds);
    const up = await child.word();
    if (up.at === 'up' && seeds.length === 0) seeds.push(up.address);
    children.push(child);
  }
  for (const [i, child] of children.entries()) child.tell({ do: 'stand', names: n, priority: oneHolds && i === 0 ? 1 : 0 });
  const [first] = children;
  const led = (among: readonly Child[]): Set<string> => new Set(among.flatMap((child) => [...child.led.keys()]));
  const until = async (holds: () => boolean): Promise<void> => {
    for (const startedMs = monoMs(); !holds(); await sleep(5))
      if (monoMs() > startedMs + 30_000) throw new Error(`not after 30 s; ${led(children).size} of ${n} led`);
  };
  await until(() => led(children).size === n);
  await sleep(3_000);
  const held = children.map((child) => child.led.size);
  const samples = async (): Promise<Sample[]> => (await Promise.all(children.map((child) => child.word({ do: 'sample' })))) as (Word & Sample)[];
  const before = await samples();
  await sleep(WATCH_MS);
  const after = await samples();
  const perNode = (of: (sample: Sample) => number): number =>
    after.reduce((sum, sample, i) => sum + of(sample) - of(before[i]!), 0) / VOTERS.length / (WATCH_MS / 1000);
  const victim = oneHolds ? first! : children.reduce((most, child) => (child.led.size > most.led.size ? child : most));
  const lost = new Set(victim.led.keys());
  const others = children.filter((child) => child !== victim);
  const already = new Map(others.map((child) => [child, child.led.size]));
  const killedMs = monoMs();
  victim.kill();
  await until(() => led(others).size === n);
  const times = others.flatMap((child) => [...child.led].flatMap(([name, ms]) => (lost.has(name) ? [ms - killedMs] : []))).sort((a, b) => a - b);
  const won = others.map((child) => child.led.size - already.get(child)!);
  for (const child of children) child.kill();
  const spread = (counts: readonly number[]): string =>
    n < 100 ? '–' : round(Math.max(...counts) / (counts.reduce((a, b) => a + b) / counts.length), 2).toString();
  return `| ${n}${oneHolds ? ', one holder' : ''} | ${round(perNode((s) => s.sent))} | ${round(perNode((s) => s.bytes + 0) + IP_UDP_BYTES * perNode((s) => s.sent), 0)} | ${round(perNode((s) => s.cpuMs) / 10)} % | ${oneHolds ? '–' : spread(held)} | ${lost.size} | ${round(times[Math.floor(times.length / 2)]!, 0)} / ${round(times.at(-1)!, 0)} ms | ${lost.size < 100 ? '–' : spread(won)} |`;
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
  return `| ${n} | ${round(perNodeAndS)} | ${lost} | ${(world.nowUs - killedUs) / 1_000} ms |`;
}

const ledBy = (world: ElectionWorld, node: string, n: number): number =>
  namesOf(n).filter((job) => world.election(node).isHeld(job, world.now(node).leaderUs)).length;

const [what = '1,10,100,1000', ...rest] = process.argv.slice(2);
if (what === 'node') await nodeProcess(rest[0]!, rest[1]!, rest.slice(2));
else {
  const counts = what.split(',').map(Number);
  console.log('| names (simulated) | packets per node and s | names of the one that dies | all led again |\n|---|---|---|---|');
  for (const n of counts) console.log(simulated(n));
  console.log(
    '\n| names | packets per node and s | bytes, with IP and UDP | CPU per node | most led by one / mean | names of the one killed | led again: median / last | most won by one / mean |\n|---|---|---|---|---|---|---|---|',
  );
  for (const n of counts) console.log(await real(n, false));
  console.log(await real(Math.max(...counts), true));
  process.exit(0);
}
