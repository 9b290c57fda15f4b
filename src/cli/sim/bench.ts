import { Command } from 'commander';
import { CALM_APPLICATION, NO_NOISE, type Plan, runPlan } from '../../../sim/index.ts';
import { writeLine, writeNow } from '../output.ts';

interface Row {
  readonly nodes: number;
  readonly codec: boolean;
  /** Simulated time over real time. */
  readonly ratio: number;
  readonly eventsPerSecond: number;
  readonly rssMb: number;
}

export function benchCommand(): Command {
  return new Command('bench')
    .description('how fast the simulator runs here')
    .option('--json', 'one JSON object per line')
    .action((flags: { readonly json?: boolean }) => {
      for (const [nodes, seconds] of [
        [5, 600],
        [100, 20],
        [1_000, 4],
      ] as const) {
        for (const codec of [false, true]) {
          const row = measure(nodes, seconds, codec);
          if (flags.json === true) writeLine({ event: 'bench', ...row });
          else
            writeNow(
              `${String(nodes).padStart(5)} nodes ${codec ? 'through the codec' : 'by reference     '}  ${row.ratio.toFixed(row.ratio < 10 ? 2 : 0).padStart(6)} × real time  ${Math.round(
                row.eventsPerSecond / 1_000,
              )
                .toString()
                .padStart(4)} k events/s  ${row.rssMb} MiB\n`,
            );
        }
      }
    });
}

/** A calm cluster of that size, all checkers on; the second of two runs, so that the code is compiled. */
function measure(nodes: number, seconds: number, codec: boolean): Row {
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
    nodes: Array.from({ length: nodes }, (_, i) => ({ name: `n${i + 1}`, ratePpm: 0, wallMs: 0, wallDrifts: true, priority: 0, startUs: i * 100 })),
    calmUs: seconds * 1_000_000,
    endUs: (seconds + 60) * 1_000_000,
  };
  if (nodes <= 100) runPlan({ ...plan, calmUs: plan.calmUs / 10 }, { codec });
  const started = process.hrtime.bigint();
  const result = runPlan(plan, { codec });
  const tookS = Number(process.hrtime.bigint() - started) / 1e9;
  return {
    nodes,
    codec,
    ratio: result.simulatedUs / 1e6 / tookS,
    eventsPerSecond: result.events / tookS,
    rssMb: Math.round(process.memoryUsage().rss / 1_048_576),
  };
}
