// What the processor time of an idle node goes into, from a V8 profile of one
// node of a quiet cluster: self time by file, and what is not JavaScript.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuSeconds, now, sleep, tempDir } from './util.mjs';

/** What runs for less between two samples is seen in proportion. */
const INTERVAL_US = 200;

/** @param whole Resolves when the cluster is whole. @returns Shares of the busy time, largest first. */
export async function profileOf(sys, n, seconds, whole) {
  const dir = tempDir('profile');
  const plain = sys.command.bind(sys);
  sys.command = (i) => {
    const [cmd, argv, opts] = plain(i);
    return [cmd, i === 1 ? ['--cpu-prof', '--cpu-prof-interval', String(INTERVAL_US), `--cpu-prof-dir=${dir}`, ...argv] : argv, opts];
  };
  await sys.start(n);
  if ((await whole()) === null) throw new Error('the cluster did not form');
  const from = now();
  const c0 = cpuSeconds(sys.procs[2].pid);
  await sleep(seconds * 1000);
  const cpuPct = (100 * (cpuSeconds(sys.procs[2].pid) - c0)) / ((now() - from) / 1000); // of a neighbour without the profiler
  sys.leave(1);
  await Promise.race([sys.procs[1].exited, sleep(10_000)]);
  const [file] = readdirSync(dir).filter((f) => f.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('the node wrote no profile');
  return { seconds, cpuPct: Number(cpuPct.toFixed(3)), shares: sharesOf(JSON.parse(readFileSync(join(dir, file), 'utf8')), seconds) };
}

/** Self time of the profile's last `seconds` by place, idle time left out: a sample lasts until the next one. */
export function sharesOf({ nodes, samples, timeDeltas, startTime, endTime }, seconds) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const self = new Map();
  let at = startTime;
  let busy = 0;
  for (const [k, id] of samples.entries()) {
    at += timeDeltas[k];
    // Much longer than the interval: the processor was somebody else's.
    const lasted = Math.min(5 * INTERVAL_US, (k + 1 < samples.length ? at + timeDeltas[k + 1] : endTime) - at);
    const { functionName, url } = frames.get(id);
    if (at < endTime - seconds * 1e6 || functionName === '(idle)' || functionName === '(root)') continue;
    const place = url === '' ? functionName || '(native)' : url.replace(/^.*\/(dist\/|node_modules\/)/, '').replace(/^file:\/\//, '');
    busy += lasted;
    self.set(place, (self.get(place) ?? 0) + lasted);
  }
  return [...self.entries()]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 12)
    .map(([place, us]) => ({ place, pct: Number(((100 * us) / busy).toFixed(1)) }));
}
