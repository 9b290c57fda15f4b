import { Cluster, type Net } from '../sim/schedules/membership-cluster.ts';
import { PRESETS, type PresetName, settingsOf } from '../src/options.ts';

/**
 * What each preset trades: time to know of a death, against failures declared falsely, against
 * bytes. Simulated, n = 32, on a network such as the preset is meant for, over many seeds; prints the
 * table of docs/tuning.md. `npm run bench:presets [-- SEEDS]`.
 */
const SEEDS = Number(process.argv[2] ?? 25);
const N = 32;
const IP_UDP_BYTES = 28;
const NETWORKS: Readonly<Record<PresetName, Partial<Net>>> = {
  loopback: { delayUs: 50, jitterUs: 100 },
  lan: { delayUs: 200, jitterUs: 600 },
  edge: { delayUs: 10_000, jitterUs: 20_000 },
  wan: { delayUs: 60_000, jitterUs: 60_000 },
};

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]!;
const seconds = (us: number): string => (us / 1e6).toFixed(us < 9.95e6 ? 2 : 1);

function clusterOf(preset: PresetName, seed: number): { cluster: Cluster; all: ReturnType<Cluster['grow']> } {
  const config = settingsOf({ preset, name: 'x' }, 'x', '127.0.0.1:1', null).membership;
  const cluster = new Cluster({ seed, config, net: NETWORKS[preset] });
  const all = cluster.grow(N);
  // Until everybody has asked everybody: a cluster that was just started has measured no path yet.
  cluster.run(2 * N * PRESETS[preset].probePeriodMs);
  for (const { changes } of all) changes.length = 0;
  return { cluster, all };
}
const failures = (all: ReturnType<Cluster['grow']>): number => all.flatMap(({ events }) => events).filter(({ text }) => text.startsWith('failed')).length;

/** From the death of one to the moment when all others hold it failed. Microseconds. */
function death(preset: PresetName, seed: number, hostsRefuse: boolean): number {
  const { cluster, all } = clusterOf(preset, seed);
  cluster.hostsRefuse = hostsRefuse;
  cluster.run((seed * 37) % PRESETS[preset].probePeriodMs);
  const victim = all[1 + (seed % (N - 1))]!;
  const others = all.filter((process) => process !== victim);
  cluster.kill(victim);
  const diedUs = cluster.nowUs;
  if (!cluster.runUntil(() => others.every((observer) => observer.state(victim.name) === 'failed'), 600_000)) throw new Error('it was never found dead');
  return cluster.nowUs - diedUs;
}

/** Failures declared in a minute in which nobody fails. */
function falsely(preset: PresetName, seed: number, trouble: (cluster: Cluster, all: ReturnType<Cluster['grow']>) => void): number {
  const { cluster, all } = clusterOf(preset, seed);
  trouble(cluster, all);
  return failures(all);
}

const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
const lossy =
  (perMille: number) =>
  (cluster: Cluster): void => {
    cluster.net.lossPerMille = perMille;
    cluster.run(60_000);
  };
console.log(
  '| | killed, host refuses: all know (median / 99 %) | cut off, silence: all know | false failures in a minute at 25 % loss | at 40 % | one stopped for 0.9 × tolerance | steady, per node |\n|---|---|---|---|---|---|---|',
);
for (const preset of ['loopback', 'lan', 'edge', 'wan'] as const) {
  const [refused, silent] = [true, false].map((refuse) => seeds.map((seed) => death(preset, seed, refuse)));
  const few = seeds.slice(0, Math.max(5, SEEDS / 5));
  const sum = (trouble: Parameters<typeof falsely>[2]): number => few.reduce((all, seed) => all + falsely(preset, seed, trouble), 0);
  const stopped = sum((cluster, all) => {
    cluster.pause(all[3]!);
    cluster.run(0.9 * PRESETS[preset].pauseToleranceMs);
    cluster.resume(all[3]!);
    cluster.run(60_000);
  });
  const { cluster } = clusterOf(preset, 1);
  const [packets, bytes] = [cluster.sent, cluster.bytes];
  cluster.run(60_000);
  const sent = cluster.sent - packets;
  console.log(
    `| ${preset} | ${seconds(quantile(refused!, 0.5))} / ${seconds(quantile(refused!, 0.99))} s | ${seconds(quantile(silent!, 0.5))} / ${seconds(quantile(silent!, 0.99))} s | ${sum(lossy(250))} in ${few.length} min | ${sum(lossy(400))} in ${few.length} min | ${stopped} in ${few.length} | ${(sent / N / 60).toFixed(1)} packets/s, ${Math.round((cluster.bytes - bytes + sent * IP_UDP_BYTES) / N / 60)} B/s |`,
  );
}
