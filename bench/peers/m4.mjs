#!/usr/bin/env node
// M4: membership across hosts. Runs one system, each node in a network namespace
// of its own on a bridge, through what a network does without telling anybody:
// a host cut off, and a split into halves that is healed after a while.
import { openResult } from './lib/results.mjs';
import { args, insideNetns, now, sleep, stats } from './lib/util.mjs';
import { failed, watcher } from './lib/watching.mjs';

const HELP = `
usage: node m4.mjs --system FILE [--variant V] [options]

  --system    adapter in adapters/ without .mjs (memberlist, serf, bellwether)
  --variant   the adapter's variant (default: its first)
  --cuts      a host of 8 cut off from all others without a carrier change (default 10)
  --splits    3 hosts of 6 cut off from the other 3, then healed (default 10)
  --split-s   seconds of each split (default 60)
  --deadline  seconds to wait for any one thing (default 60)
  --tag       suffix of the result file's name
Needs root, ip, unshare and nsenter. Result: results/m4-SYSTEM-VARIANT[-TAG].json;
what is in it already is not measured again.
`;
const o = args(HELP, { system: '', variant: '', cuts: '10', splits: '10', 'split-s': '60', deadline: '60', tag: '' });
if (!o.system) {
  process.stderr.write(HELP);
  process.exit(2);
}
await insideNetns();

const adapter = await import(`./adapters/${o.system}.mjs`);
const variant = o.variant || adapter.variants[0];
const deadline = Number(o.deadline) * 1000;
const log = (...a) => process.stderr.write(`[m4 ${o.system}/${variant}] ${a.join(' ')}\n`);
const inWords = (ms) => (ms === null ? 'never' : Math.round(ms));
const { section, path } = openResult(
  `m4-${o.system}-${variant}${o.tag ? `-${o.tag}` : ''}.json`,
  { system: o.system, variant, settings: adapter.settings?.[variant] },
  log,
);

/** A cluster of n hosts, whole, for as long as `use` takes. */
async function withCluster(n, use) {
  const sys = adapter.create(variant);
  await sys.startOnHosts(n);
  const watch = watcher(() => sys, n, deadline);
  // A cluster that does not heal by itself is started anew: the repetition before has said so.
  const whole = async () => {
    if (!watch.allAlive() && (await watch.until(() => watch.allAlive(), 5000)) === null) {
      await sys.stop();
      await sys.startOnHosts(n);
      if ((await watch.until(() => watch.allAlive())) === null) throw new Error('the cluster did not form');
    }
    await sleep(3000);
  };
  await use(sys, watch, whole);
  await sys.stop();
}

/** One host of eight. */
async function cut(times) {
  const r = { n: 8, first: [], all: [], rejoin: [], falseFailures: [] };
  await withCluster(8, async (sys, { nodes, stateOf, until, allAlive, watchFailures }, whole) => {
    for (let k = 0; k < times; k++) {
      await whole();
      const v = 1 + (k % 7);
      const rest = nodes.filter((i) => i !== v);
      const w = watchFailures(new Set([sys.name(v)]));
      const t0 = now();
      sys.hosts[v].isolate();
      const first = await until(() => rest.some((i) => failed(stateOf(i, v))));
      const all = await until(() => rest.every((i) => failed(stateOf(i, v))));
      r.first.push(first === null ? null : first - t0);
      r.all.push(all === null ? null : all - t0);
      r.falseFailures.push(w.stop().events);
      await sleep(2000);
      const t1 = now();
      sys.hosts[v].rejoin();
      const back = await until(() => allAlive());
      r.rejoin.push(back === null ? null : back - t1);
      log('cut', k, [r.first, r.all, r.rejoin].map((x) => inWords(x.at(-1))).join(' / '));
    }
  });
  return { ...r, firstMs: stats(r.first), allMs: stats(r.all), rejoinMs: stats(r.rejoin) };
}

/** Three and three. */
async function split(times) {
  const seconds = Number(o['split-s']);
  const r = { n: 6, seconds, apart: [], whole: [] };
  await withCluster(6, async (sys, { stateOf, until, allAlive }, whole) => {
    const halves = [
      [0, 1, 2],
      [3, 4, 5],
    ];
    for (let k = 0; k < times; k++) {
      await whole();
      const t0 = now();
      for (const i of halves[1]) sys.hosts[i].part();
      const apart = await until(() => halves[0].every((a) => halves[1].every((b) => failed(stateOf(a, b)) && failed(stateOf(b, a)))), seconds * 1000);
      r.apart.push(apart === null ? null : apart - t0);
      await sleep(Math.max(0, t0 + seconds * 1000 - now()));
      const t1 = now();
      for (const i of halves[1]) sys.hosts[i].rejoin();
      const back = await until(() => allAlive());
      r.whole.push(back === null ? null : back - t1);
      log('split', k, 'apart', inWords(r.apart.at(-1)), 'whole again', inWords(r.whole.at(-1)));
    }
  });
  return { ...r, apartMs: stats(r.apart), wholeMs: stats(r.whole) };
}

await section('cut', Number(o.cuts), {}, cut);
await section('split', Number(o.splits), { seconds: Number(o['split-s']) }, split);
log('saved', path);
process.exit(0);
