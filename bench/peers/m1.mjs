#!/usr/bin/env node
// M1: membership. Runs one system at one size through every membership
// scenario in a network namespace of its own; each is saved when it is done.
import { membershipScenarios } from './lib/membership-scenarios.mjs';
import { openResult } from './lib/results.mjs';
import { args, insideNetns, installCounters } from './lib/util.mjs';

const HELP = `
usage: node m1.mjs --system FILE [--variant V] [--n N] [options]

  --system    adapter in adapters/ without .mjs (memberlist, serf, swim-npm, …)
  --variant   the adapter's variant (default: its first)
  --n         nodes (default 8)
  --starts    whole-cluster starts to time (default 5)
  --kills     kill -9 cycles, each with a restart under the same name (default 5)
  --leaves    graceful leave cycles (default 5)
  --pauses    SIGSTOP cycles for each length in --pause-ms (default 3)
  --pause-ms  lengths, comma-separated (default 3000,8000)
  --steady    seconds of each window of steady state (default 20)
  --windows   such windows (default 5; 0 skips)
  --loss      loss percentages, comma-separated (default 10,25; empty skips)
  --losses    rounds of each (default 1)
  --loss-s    seconds under each loss (default 60)
  --loss-proto udp | all (default udp)
  --stalls    rounds of 60 s in which one node is stopped for 300 ms of every 400 (default 0)
  --starves   rounds of 60 s in which every processor is kept busy four times over (default 0)
  --profile   seconds of a processor profile of one idle node, where nodes are Node processes (default 0)
  --deadline  seconds to wait for any one thing (default 60)
  --tag       suffix of the result file's name
Needs root (or user namespaces), nft and ip. Result: results/m1-SYSTEM-VARIANT-nN[-TAG].json;
what is in it already, measured as often and in the same way, is not measured again.
`;
const o = args(HELP, {
  system: '',
  variant: '',
  n: '8',
  starts: '5',
  kills: '5',
  leaves: '5',
  pauses: '3',
  'pause-ms': '3000,8000',
  steady: '20',
  windows: '5',
  loss: '10,25',
  losses: '1',
  'loss-s': '60',
  'loss-proto': 'udp',
  stalls: '0',
  starves: '0',
  profile: '0',
  deadline: '60',
  tag: '',
});
if (!o.system) {
  process.stderr.write(HELP);
  process.exit(2);
}
await insideNetns();

const adapter = await import(`./adapters/${o.system}.mjs`);
const variant = o.variant || adapter.variants[0];
const n = Number(o.n);
const log = (...a) => process.stderr.write(`[m1 ${o.system}/${variant} n=${n}] ${a.join(' ')}\n`);
const { section, path } = openResult(
  `m1-${o.system}-${variant}-n${n}${o.tag ? `-${o.tag}` : ''}.json`,
  { system: o.system, variant, n, settings: adapter.settings?.[variant] },
  log,
);
installCounters();
const list = (text) => text.split(',').filter(Boolean).map(Number);
const scenarios = membershipScenarios({ create: () => adapter.create(variant), n, deadline: Number(o.deadline) * 1000, log });

await section('converge', Number(o.starts), {}, scenarios.converge);
await section('steady', Number(o.windows), { seconds: Number(o.steady) }, (windows) => scenarios.steady(windows, Number(o.steady)));
await section('kill', Number(o.kills), {}, scenarios.kill);
await section('leave', Number(o.leaves), {}, scenarios.leave);
for (const ms of list(o['pause-ms'])) await section(`pause-${ms}`, Number(o.pauses), {}, (times) => scenarios.pause(ms, times));
const loss = { seconds: Number(o['loss-s']), proto: o['loss-proto'] };
for (const percent of list(o.loss)) await section(`loss-${percent}`, Number(o.losses), loss, (rounds) => scenarios.loss(percent, rounds, loss));
await section('stall', Number(o.stalls), {}, scenarios.stall);
await section('starve', Number(o.starves), {}, scenarios.starve);
await section('profile', Number(o.profile), {}, scenarios.profile);
await section('audit', 1, {}, scenarios.audit);
await scenarios.stop();
log('saved', path);
process.exit(0);
