import { Cluster, type Net } from '../sim/schedules/membership-cluster.ts';
import { PRESETS, type Preset, type PresetName, settingsOf } from '../src/options.ts';

/**
 * What each preset trades: time to know of a death, against failures declared falsely, against
 * bytes; and what it would trade with half and twice its probe period and its tolerance. Simulated,
 * n = 32, on a network such as the preset is meant for, over many seeds; prints the tables of
 * docs/tuning.md. `npm run bench:presets [-- SEEDS [SEEDS_OF_ALTERNATIVES]]`.
 */
const [SEEDS, FEWER] = [Number(process.argv[2] ?? 25), Number(process.argv[3] ?? 20)];
const N = 32;
const IP_UDP_BYTES = 28;
const NETWORKS: Readonly<Record<PresetName, Partial<Net>>> = {
  loopback: { delayUs: 50, jitterUs: 100 },
  lan: { delayUs: 200, jitterUs: 600 },
  edge: { delayUs: 10_000, jitterUs: 20_000 },
  wan: { delayUs: 60_000, jitterUs: 60_000 },
};

/** A preset, or one that could stand in its place: on its network, and asked to bear the same pause. */
interface Choice {
  readonly words: string;
  readonly preset: PresetName;
  readonly probePeriodMs: number;
  readonly pauseToleranceMs: number;
}
type All = ReturnType<Cluster['grow']>;

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]!;
const seconds = (us: number): string => (us / 1e6).toFixed(us < 9.95e6 ? 2 : 1);

function clusterOf({ preset, probePeriodMs, pauseToleranceMs }: Choice, seed: number): { cluster: Cluster; all: All } {
  const config = settingsOf({ preset, probePeriodMs, pauseToleranceMs, name: 'x' }, 'x', '127.0.0.1:1', null).membership;
  const cluster = new Cluster({ seed, config, net: NETWORKS[preset] });
  const all = cluster.grow(N);
  // Until everybody has asked everybody: a cluster that was just started has measured no path yet.
  cluster.run(2 * N * probePeriodMs);
  for (const { changes } of all) changes.length = 0;
  return { cluster, all };
}
const failures = (all: All): number => all.flatMap(({ events }) => events).filter(({ text }) => text.startsWith('failed')).length;

/** From the death of one to the moment when all others hold it failed. Microseconds. */
function death(choice: Choice, seed: number, hostsRefuse: boolean): number {
  const { cluster, all } = clusterOf(choice, seed);
  cluster.hostsRefuse = hostsRefuse;
  cluster.run((seed * 37) % choice.probePeriodMs);
  const victim = all[1 + (seed % (N - 1))]!;
  const others = all.filter((process) => process !== victim);
  cluster.kill(victim);
  const diedUs = cluster.nowUs;
  if (!cluster.runUntil(() => others.every((observer) => observer.state(victim.name) === 'failed'), 600_000)) throw new Error('it was never found dead');
  return cluster.nowUs - diedUs;
}

const lossy =
  (perMille: number) =>
  (cluster: Cluster): void => {
    cluster.net.lossPerMille = perMille;
    cluster.run(60_000);
  };

/** One line of a table, without what it is called. */
function row(choice: Choice, seeds: readonly number[]): string {
  const [refused, silent] = [true, false].map((refuse) => seeds.map((seed) => death(choice, seed, refuse)));
  const times = (values: readonly number[]): string => `${seconds(quantile(values, 0.5))} / ${seconds(quantile(values, 0.99))} s`;
  const few = seeds.slice(0, Math.max(5, seeds.length / 5));
  /** Failures declared while nobody fails. */
  const falsely = (trouble: (cluster: Cluster, all: All) => void): number =>
    few.reduce((sum, seed) => {
      const { cluster, all } = clusterOf(choice, seed);
      trouble(cluster, all);
      return sum + failures(all);
    }, 0);
  const stopped = falsely((cluster, all) => {
    cluster.pause(all[3]!);
    cluster.run(0.9 * PRESETS[choice.preset].pauseToleranceMs);
    cluster.resume(all[3]!);
    cluster.run(60_000);
  });
  const { cluster } = clusterOf(choice, 1);
  const [packets, bytes] = [cluster.sent, cluster.bytes];
  cluster.run(60_000);
  const sent = cluster.sent - packets;
  const steady = `${(sent / N / 60).toFixed(1)} packets/s, ${Math.round((cluster.bytes - bytes + sent * IP_UDP_BYTES) / N / 60)} B/s`;
  return `${times(refused!)} | ${times(silent!)} | ${falsely(lossy(250))} in ${few.length} min | ${falsely(lossy(400))} in ${few.length} min | ${stopped} in ${few.length} | ${steady}`;
}

const choiceOf = (preset: PresetName, words: string, { probePeriodMs, pauseToleranceMs }: Pick<Preset, 'probePeriodMs' | 'pauseToleranceMs'>): Choice => ({
  words,
  preset,
  probePeriodMs,
  pauseToleranceMs,
});

function table(choices: readonly Choice[], seeds: number): void {
  console.log(
    '| | killed, host refuses: all know (median / worst) | cut off, silence: all know | false failures in a minute at 25 % loss | at 40 % | one stopped for 0.9 × the preset’s tolerance | steady, per node |\n|---|---|---|---|---|---|---|',
  );
  for (const choice of choices)
    console.log(
      `| ${choice.words} | ${row(
        choice,
        Array.from({ length: seeds }, (_, i) => i + 1),
      )} |`,
    );
}

const names = ['loopback', 'lan', 'edge', 'wan'] as const;
table(
  names.map((preset) => choiceOf(preset, preset, PRESETS[preset])),
  SEEDS,
);
console.log();
table(
  names.flatMap((preset) => {
    const { probePeriodMs, pauseToleranceMs } = PRESETS[preset];
    const ms = (value: number): string => (value < 1_000 ? `${value} ms` : `${value / 1_000} s`);
    return [0.5, 2].flatMap((factor) => [
      choiceOf(preset, `${preset}, probe period ${ms(factor * probePeriodMs)}`, { probePeriodMs: factor * probePeriodMs, pauseToleranceMs }),
      choiceOf(preset, `${preset}, tolerance ${ms(factor * pauseToleranceMs)}`, { probePeriodMs, pauseToleranceMs: factor * pauseToleranceMs }),
    ]);
  }),
  FEWER,
);
