#!/usr/bin/env node
// M2: election. Runs one system through every election scenario, each candidate
// on a test host in a network namespace of its own; each is saved when it is done.
import { electionScenarios } from './lib/election-scenarios.mjs';
import { openResult } from './lib/results.mjs';
import { args, insideNetns } from './lib/util.mjs';

const HELP = `
usage: node m2.mjs --system FILE [--variant V] [options]

  --system      adapter in adapters/ without .mjs (etcd, zookeeper, redis, liferaft, antietcd, …)
  --variant     the adapter's variant (default: its first)
  --kills       kill -9 of the leading candidate (default 5)
  --store-kills the same together with the store's own leader, where there is one (default 3)
  --terms       SIGTERM of the leading candidate (default 5)
  --crashes     an exception in it that nobody catches (default 5)
  --resigns     graceful resignations (default 5)
  --pauses      SIGSTOP of the leader until 1 s after another is elected, then SIGCONT (default 5)
  --partitions  the leader's host cut off from all others (default 5)
  --together    everything started at once, the store too (default 5)
  --deadline    seconds to wait for a new leader (default 90)
  --stale       seconds to wait for a deposed leader to notice (default: twice the lease, 10 to 40)
  --tag         suffix of the result file's name
Needs root, ip, unshare and nsenter. Result: results/m2-SYSTEM-VARIANT[-TAG].json;
what is in it already, measured as often, is not measured again.
`;
const o = args(HELP, {
  system: '',
  variant: '',
  kills: '5',
  'store-kills': '3',
  terms: '5',
  crashes: '5',
  resigns: '5',
  pauses: '5',
  partitions: '5',
  together: '5',
  deadline: '90',
  stale: '',
  tag: '',
});
if (!o.system) {
  process.stderr.write(HELP);
  process.exit(2);
}
await insideNetns();

const adapter = await import(`./adapters/${o.system}.mjs`);
const variant = o.variant || adapter.variants[0];
const log = (...a) => process.stderr.write(`[m2 ${o.system}/${variant}] ${a.join(' ')}\n`);
const { section, result, path } = openResult(
  `m2-${o.system}-${variant}${o.tag ? `-${o.tag}` : ''}.json`,
  { system: o.system, variant, settings: adapter.settings?.[variant], leaseMs: adapter.create(variant).leaseMs },
  log,
);
const scenarios = electionScenarios({
  create: () => adapter.create(variant),
  deadline: Number(o.deadline) * 1000,
  stale: o.stale === '' ? undefined : Number(o.stale) * 1000,
  log,
});
for (const [key, times] of [
  ['kill', o.kills],
  ['killWithStoreLeader', o['store-kills']],
  ['term', o.terms],
  ['crash', o.crashes],
  ['resign', o.resigns],
  ['pause', o.pauses],
  ['partition', o.partitions],
  ['together', o.together],
]) {
  const before = scenarios.seen().doubleLeaders;
  await section(key, Number(times), {}, async (n) => {
    const measured = await scenarios[key](n);
    const { infos, doubleLeaders } = scenarios.seen();
    result.infoEvents = infos;
    return { ...measured, spontaneousDoubleLeaders: doubleLeaders - before };
  });
}
await scenarios.stop();
log('saved', path);
process.exit(0);
