import { Command } from 'commander';
import { missingLeaders, missingViews } from '../../../sim/check/liveness.ts';
import { Observer } from '../../../sim/check/observer.ts';
import { CALM_APPLICATION, NO_NOISE, type Plan, Trace } from '../../../sim/index.ts';
import { byReference, throughCodec } from '../../../sim/wire/wires.ts';
import { clusterNode } from '../../../sim/world/cluster-node.ts';
import { World } from '../../../sim/world/world.ts';
import { writeLine, writeNow } from '../output.ts';
import { SimUsage } from './common.ts';

interface Size {
  readonly nodes: number;
  /** Simulated seconds before the measurement, and of it. */
  readonly warmS: number;
  readonly measuredS: number;
}

const SIZES: readonly Size[] = [
  { nodes: 5, warmS: 1_200, measuredS: 2_400 },
  { nodes: 100, warmS: 20, measuredS: 60 },
  { nodes: 1_000, warmS: 8, measuredS: 10 },
];
const START_MAX_US = 60_000_000;
const LONG_US = 8_000_000_000;

interface Row {
  readonly nodes: number;
  readonly codec: boolean;
  /** Simulated time over real time, once the cluster is whole; and over the processor's, which a busy machine does not change as much. */
  readonly ratio: number;
  readonly cpuRatio: number;
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
  /** How long all nodes took to find each other, in simulated and in real seconds. */
  readonly startSimulatedS: number;
  readonly startS: number;
  readonly rssMb: number;
}

export function benchCommand(): Command {
  return new Command('bench')
    .description('how fast the simulator runs here: calm clusters with all checkers on')
    .option('--nodes <n>', 'only this size: 5, 100 or 1000')
    .option('--json', 'one JSON object per line')
    .action((flags: { readonly nodes?: string; readonly json?: boolean }) => {
      for (const size of sizesOf(flags.nodes)) {
        for (const codec of [false, true]) {
          const row = measure(size, codec);
          if (flags.json === true) writeLine({ event: 'bench', ...row });
          else writeNow(tell(row));
        }
      }
    });
}

/** @throws SimUsage */
function sizesOf(text: string | undefined): readonly Size[] {
  const sizes = SIZES.filter(({ nodes }) => text === undefined || String(nodes) === text);
  if (sizes.length === 0) throw new SimUsage(`--nodes must be ${SIZES.map(({ nodes }) => nodes).join(', ')}; it is "${text}"`);
  return sizes;
}

/** A calm cluster of that size, all checkers on: first until everybody knows everybody and who leads, then for a while. */
function measure({ nodes, warmS, measuredS }: Size, codec: boolean): Row {
  const plan: Plan = {
    seed: 1,
    timing: 'lan',
    voters: Math.min(5, nodes),
    elections: ['leader'],
    noise: NO_NOISE,
    application: CALM_APPLICATION,
    steps: [],
    lyingView: false,
    features: [],
    nodes: Array.from({ length: nodes }, (_, i) => ({ name: `n${i + 1}`, ratePpm: 0, wallMs: 0, wallDrifts: true, priority: 0, startUs: i * 1_000 })),
    calmUs: LONG_US, // nothing goes wrong before it either
    endUs: LONG_US,
  };
  const observer = new Observer(plan);
  const trace = new Trace();
  const world = new World({ plan, node: clusterNode, carriage: codec ? throughCodec : byReference, trace, observer });
  const { realS: startS } = timed(() => {
    do world.run(world.nowUs + 100_000);
    while (world.nowUs < START_MAX_US && (missingViews(world).length > 0 || missingLeaders(world).length > 0));
  });
  const startedUs = world.nowUs;
  world.run(world.nowUs + warmS * 1_000_000); // until the engine has compiled what matters
  const before = trace.count;
  const { realS, cpuS } = timed(() => world.run(world.nowUs + measuredS * 1_000_000));
  observer.finish(world.machines, world.nowUs);
  const [broken] = observer.violations.list;
  if (broken !== undefined) throw new Error(`BUG: ${broken.id}: ${broken.words}`);
  return {
    nodes,
    codec,
    ratio: measuredS / realS,
    cpuRatio: measuredS / cpuS,
    eventsPerSecond: (trace.count - before) / realS,
    eventsPerCpuSecond: (trace.count - before) / cpuS,
    startSimulatedS: startedUs / 1e6,
    startS,
    rssMb: Math.round(process.memoryUsage().rss / 1_048_576),
  };
}

function timed(work: () => void): { readonly realS: number; readonly cpuS: number } {
  const started = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(cpu);
  return { realS: Number(process.hrtime.bigint() - started) / 1e9, cpuS: (user + system) / 1e6 };
}

function tell(row: Row): string {
  const ratio = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
  const thousands = (value: number): string => Math.round(value / 1_000).toString();
  const parts = [
    `${String(row.nodes).padStart(5)} nodes ${row.codec ? 'through the codec' : 'by reference     '}`,
    `${ratio(row.ratio).padStart(5)} × real time (${ratio(row.cpuRatio)} × processor time)`,
    `${thousands(row.eventsPerSecond)} k events/s (${thousands(row.eventsPerCpuSecond)} k)`,
    `start of ${row.startSimulatedS.toFixed(1)} s in ${row.startS.toFixed(1)} s`,
    `${row.rssMb} MiB`,
  ];
  return `${parts.join('  ')}\n`;
}
