// What the processor time of an idle node goes into, from a V8 profile of one
// node of a quiet cluster: self time by file, and what is not JavaScript.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuSeconds, now, sleep, tempDir } from './util.mjs';

/** @param whole Resolves when the cluster is whole. @returns Shares of the busy time, largest first. */
export async function profileOf(sys, n, seconds, whole) {
  const dir = tempDir('profile');
  const plain = sys.command.bind(sys);
  sys.command = (i) => {
    const [cmd, argv, opts] = plain(i);
    // A sample each 200 µs: what runs for less between two of them is seen in proportion.
    return [cmd, i === 1 ? ['--cpu-prof', '--cpu-prof-interval', '200', `--cpu-prof-dir=${dir}`, ...argv] : argv, opts];
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

/** Self time of the profile's last `seconds` by place, idle time left out. */
export function sharesOf({ nodes, samples, timeDeltas, endTime }, seconds) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const self = new Map();
  let left = endTime - nodesSpan(timeDeltas);
  let busy = 0;
  for (const [k, id] of samples.entries()) {
    left += timeDeltas[k];
    if (left < endTime - seconds * 1e6) continue;
    const { functionName, url } = frames.get(id);
    if (functionName === '(idle)' || functionName === '(root)') continue;
    const place = url === '' ? functionName || '(native)' : url.replace(/^.*\/(dist\/|node_modules\/)/, '').replace(/^file:\/\//, '');
    busy += timeDeltas[k];
    self.set(place, (self.get(place) ?? 0) + timeDeltas[k]);
  }
  return [...self.entries()]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 12)
    .map(([place, us]) => ({ place, pct: Number(((100 * us) / busy).toFixed(1)) }));
}
const nodesSpan = (deltas) => deltas.reduce((a, b) => a + b, 0);
