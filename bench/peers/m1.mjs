#!/usr/bin/env node
// M1: membership. Runs one system at one size through every membership
// scenario in a network namespace of its own and saves a JSON result.
import { failed, watcher } from './lib/watching.mjs';
import {
  args,
  cpuSeconds,
  insideNetns,
  installCounters,
  machineLoad,
  memory,
  now,
  readCounters,
  save,
  setLoss,
  sleep,
  starve,
  stats,
  udpErrors,
} from './lib/util.mjs';

const HELP = `
usage: node m1.mjs --system FILE [--variant V] [--n N] [options]

  --system    adapter in adapters/ without .mjs (memberlist, serf, swim-npm, …)
  --variant   the adapter's variant (default: its first)
  --n         nodes (default 8)
  --starts    whole-cluster starts to time (default 5)
  --kills     kill -9 cycles (default 5)
  --leaves    graceful leave cycles (default 5)
  --pauses    SIGSTOP cycles for each length in --pause-ms (default 3)
  --pause-ms  lengths, comma-separated (default 3000,8000)
  --steady    seconds of steady state to count (default 20; 0 skips)
  --loss      loss percentages, comma-separated (default 10,25; empty skips)
  --loss-s    seconds under each loss (default 60)
  --loss-proto udp | all (default udp)
  --stalls    rounds of 60 s in which one node is stopped for 300 ms of every 400 (default 0)
  --starves   rounds of 60 s in which every processor is kept busy four times over (default 0)
  --deadline  seconds to wait for any one thing (default 60)
  --tag       suffix of the result file's name
Needs root (or user namespaces), nft and ip. Result: results/m1-SYSTEM-VARIANT-nN[-TAG].json
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
  loss: '10,25',
  'loss-s': '60',
  'loss-proto': 'udp',
  stalls: '0',
  starves: '0',
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
const N = Number(o.n);
const deadline = Number(o.deadline) * 1000;
const log = (...a) => process.stderr.write(`[m1 ${o.system}/${variant} n=${N}] ${a.join(' ')}\n`);

let sys;
const name = (i) => sys.name(i);

const { nodes, stateOf, until, allAlive, watchFailures } = watcher(() => sys, N, deadline);

const result = {
  system: o.system,
  variant,
  n: N,
  settings: adapter.settings?.[variant],
  at: new Date().toISOString(),
  node: process.version,
  options: { lossProto: o['loss-proto'], lossSeconds: Number(o['loss-s']) },
};
const load = machineLoad();
const pick = () => 1 + Math.floor(Math.random() * (N - 1)); // never the seed: others rejoin through it

installCounters();

/** Compares the event-built views with what the library itself answers, where it can be asked. */
result.audit = { asked: 0, differ: 0 };
async function audit() {
  for (const i of nodes) {
    const real = await sys.audit?.(i);
    if (!real) continue;
    result.audit.asked++;
    const ours = new Set(nodes.filter((b) => b !== i && !failed(stateOf(i, b)) && stateOf(i, b)).map(name));
    real.delete(name(i));
    if (real.size !== ours.size || [...real].some((other) => !ours.has(other))) {
      result.audit.differ++;
      log('audit: node', i, 'says', [...real].length, 'others, its events say', ours.size);
    }
  }
}

// (a) whole-cluster start
result.converge = { raw: [] };
result.converge.fromUp = [];
result.converge.processMs = [];
const bringUp = [];
for (let k = 0; k < Math.max(1, Number(o.starts)); k++) {
  if (sys) await sys.stop();
  sys = adapter.create(variant);
  const t0 = now();
  const { tLast, tUp } = await sys.start(N);
  const t = await until(() => allAlive());
  result.converge.raw.push(t === null ? null : t - tLast);
  bringUp.push(t === null ? null : t - t0);
  if (tUp !== undefined) {
    result.converge.processMs.push(tUp - tLast);
    result.converge.fromUp.push(t === null ? null : t - tUp);
  }
  if (t === null || k === Number(o.starts) - 1) await audit();
  if (t === null)
    log(
      'missing pairs',
      nodes
        .flatMap((a) => nodes.filter((b) => a !== b && stateOf(a, b) !== 'alive').map((b) => `${a}>${b}:${stateOf(a, b)}`))
        .slice(0, 20)
        .join(' '),
    );
  log(
    'start',
    k,
    t === null
      ? 'did not converge'
      : `${Math.round(t - tLast)} ms after the last start${tUp === undefined ? '' : `, ${Math.round(t - tUp)} after its process was up`}`,
  );
}
result.converge.ms = stats(result.converge.raw);
result.converge.wholeMs = stats(bringUp);
result.converge.fromUpMs = stats(result.converge.fromUp);
result.converge.processStartMs = stats(result.converge.processMs);

// (d) steady state
if (Number(o.steady) > 0) {
  await sleep(3000);
  const w = watchFailures();
  const ml = machineLoad();
  const pids = sys.pids();
  const c0 = pids.map(cpuSeconds);
  const k0 = readCounters();
  const e0 = udpErrors();
  const t0 = now();
  await sleep(Number(o.steady) * 1000);
  const s = (now() - t0) / 1000;
  const k1 = readCounters();
  const c1 = pids.map(cpuSeconds);
  const e1 = udpErrors();
  const cpu = pids.map((_, i) => c1[i] - c0[i]).reduce((a, b) => a + b, 0);
  const mem = pids.map(memory);
  const sum = (f) => mem.reduce((a, m) => a + f(m), 0);
  const d = (p, f) => k1[p][f] - k0[p][f];
  result.steady = {
    seconds: Number(s.toFixed(1)),
    udpPacketsPerNodePerS: Number((d('udp', 'packets') / s / N).toFixed(2)),
    udpBytesPerNodePerS: Number((d('udp', 'bytes') / s / N).toFixed(0)),
    tcpPacketsPerNodePerS: Number((d('tcp', 'packets') / s / N).toFixed(2)),
    tcpBytesPerNodePerS: Number((d('tcp', 'bytes') / s / N).toFixed(0)),
    cpuPctPerNode: Number(((100 * cpu) / s / N).toFixed(3)),
    rssMiBPerNode: Number((sum((m) => m.rss) / 1024 / N).toFixed(1)),
    pssMiBPerNode: Number((sum((m) => m.pss) / 1024 / N).toFixed(1)),
    processes: pids.length,
    falseFailures: w.stop(),
    rcvbufErrors: e1.RcvbufErrors - e0.RcvbufErrors,
    load: ml(),
  };
  log('steady', JSON.stringify(result.steady));
}

/** Brings node i back and waits until all agree again; returns ms after the start. */
async function back(i) {
  const t = await sys.restart(i);
  const c = await until(() => allAlive());
  await sleep(2000); // let rumours of the return die down
  return c === null ? null : c - t;
}

// (b) kill -9
result.kill = { first: [], all: [], rejoin: [], falseFailures: [] };
for (let k = 0; k < Number(o.kills); k++) {
  await until(() => allAlive());
  const v = pick();
  const rest = nodes.filter((i) => i !== v);
  const w = watchFailures(new Set([name(v)]));
  const t0 = sys.kill(v);
  // Only failures declared after the kill count, not a stale state from before it.
  const first = await until(() => rest.some((i) => failed(stateOf(i, v))));
  const all = await until(() => rest.every((i) => failed(stateOf(i, v))));
  const seen = rest
    .map((i) => sys.views[i].get(name(v)))
    .filter((x) => failed(x?.state))
    .map((x) => x.t);
  result.kill.first.push(first === null ? null : Math.min(first, ...seen) - t0);
  result.kill.all.push(all === null ? null : Math.max(...seen) - t0);
  result.kill.falseFailures.push(w.stop());
  result.kill.rejoin.push(await back(v));
  log(
    'kill',
    k,
    [result.kill.first, result.kill.all, result.kill.rejoin].map((x) => Math.round(x.at(-1))).join(' / '),
    JSON.stringify(result.kill.falseFailures.at(-1)),
  );
}
result.kill.firstMs = stats(result.kill.first);
result.kill.allMs = stats(result.kill.all);
result.kill.rejoinMs = stats(result.kill.rejoin);

// (c) graceful leave
result.leave = { first: [], all: [] };
for (let k = 0; k < Number(o.leaves); k++) {
  await until(() => allAlive());
  const v = pick();
  const rest = nodes.filter((i) => i !== v);
  const t0 = sys.leave(v);
  const first = await until(() => rest.some((i) => failed(stateOf(i, v))));
  const all = await until(() => rest.every((i) => failed(stateOf(i, v))));
  const seen = rest
    .map((i) => sys.views[i].get(name(v)))
    .filter((x) => failed(x?.state))
    .map((x) => x.t);
  result.leave.first.push(first === null ? null : Math.min(...seen) - t0);
  result.leave.all.push(all === null ? null : Math.max(...seen) - t0);
  await sleep(1500); // memberlist and serf linger before they close
  const r = await back(v);
  log('leave', k, Math.round(result.leave.first.at(-1)), '/', Math.round(result.leave.all.at(-1)), 'back', Math.round(r));
}
result.leave.firstMs = stats(result.leave.first);
result.leave.allMs = stats(result.leave.all);

// (e) SIGSTOP
result.pause = {};
if (sys.pause && Number(o.pauses) > 0) {
  for (const ms of o['pause-ms'].split(',').filter(Boolean).map(Number)) {
    const r = (result.pause[ms] = { healthyDeclared: [], observersOfPaused: [], declaredByPaused: [], healMs: [] });
    for (let k = 0; k < Number(o.pauses); k++) {
      await until(() => allAlive());
      const v = pick();
      const healthy = [];
      const ofPaused = new Set();
      const byPaused = [];
      const off = sys.onEvent((e) => {
        if (!failed(e.state) || failed(e.old)) return;
        if (e.observer === v) byPaused.push(e.member);
        else if (e.member === name(v)) ofPaused.add(e.observer);
        else healthy.push(e);
      });
      sys.pause(v);
      await sleep(ms);
      const t1 = sys.resume(v);
      await sleep(50);
      // "Again all alive" must hold for 8 s, so that late failures are seen too.
      let heal = null;
      let since = null;
      const limit = now() + deadline;
      while (now() < limit) {
        if (allAlive()) {
          since ??= now();
          if (now() - since > 8000) {
            heal = since - t1;
            break;
          }
        } else since = null;
        await sleep(20);
      }
      off();
      r.healthyDeclared.push(healthy.length);
      r.observersOfPaused.push(ofPaused.size);
      r.declaredByPaused.push(byPaused.length);
      r.healMs.push(heal);
      log(
        'pause',
        ms,
        `healthy declared ${healthy.length}, paused declared by ${ofPaused.size}, by paused ${byPaused.length}, healed ${heal === null ? 'never' : Math.round(heal)}`,
      );
      if (heal === null) {
        // start afresh rather than measure a broken cluster
        await sys.stop();
        sys = adapter.create(variant);
        await sys.start(N);
        await until(() => allAlive());
      }
    }
    r.healStats = stats(r.healMs);
  }
}

// (f) loss
result.loss = {};
for (const p of o.loss.split(',').filter(Boolean).map(Number)) {
  await until(() => allAlive());
  const w = watchFailures();
  const ml = machineLoad();
  setLoss(p, o['loss-proto']);
  const d0 = readCounters();
  let bad = 0;
  let samples = 0;
  const t0 = now();
  while (now() - t0 < Number(o['loss-s']) * 1000) {
    samples++;
    if (!nodes.every((a) => nodes.every((b) => a === b || !failed(stateOf(a, b))))) bad++;
    await sleep(100);
  }
  const duringLoss = w.fp.length;
  const d1 = readCounters();
  const dropped = d1.drop.packets - d0.drop.packets;
  const sentUdp = d1.udp.packets - d0.udp.packets;
  const arrived = d1.in.packets - d0.in.packets;
  setLoss(0);
  const t1 = now();
  const c = await until(() => allAlive());
  const f = w.stop();
  result.loss[p] = {
    falseFailureEvents: duringLoss,
    droppedPackets: dropped,
    droppedPct: Number(((100 * dropped) / arrived).toFixed(1)),
    udpPacketsPerNodePerS: Number((sentUdp / Number(o['loss-s']) / N).toFixed(2)),
    subjects: f.subjects,
    notAllAlivePct: Number(((100 * bad) / samples).toFixed(1)),
    healMs: c === null ? null : Math.max(0, Math.round(c - t1)),
    load: ml(),
  };
  log('loss', p, JSON.stringify(result.loss[p]));
  if (c === null) {
    await sys.stop();
    sys = adapter.create(variant);
    await sys.start(N);
    await until(() => allAlive());
  }
}

/** Rounds of 60 s under `trouble`: nobody fails, so every failure declared is a false one. */
async function underTrouble(kind, rounds, trouble) {
  const out = { seconds: 60, falseFailures: [], healMs: [] };
  for (let k = 0; k < rounds; k++) {
    await until(() => allAlive());
    const w = watchFailures();
    const calm = await trouble();
    const t = now();
    out.falseFailures.push(w.stop().events);
    await calm?.();
    const c = await until(() => allAlive());
    out.healMs.push(c === null ? null : Math.max(0, c - t));
    log(kind, k, `${out.falseFailures.at(-1)} false failures`);
  }
  return out;
}

// (g) a node that is stopped three quarters of the time
if (sys.pause && Number(o.stalls) > 0) {
  result.stall = await underTrouble('stall', Number(o.stalls), async () => {
    const v = pick();
    for (const t0 = now(); now() - t0 < 60_000;) {
      sys.pause(v);
      await sleep(300);
      sys.resume(v);
      await sleep(100);
    }
  });
}

// (h) all of them starved of processor time
if (Number(o.starves) > 0) {
  result.starve = await underTrouble('starve', Number(o.starves), async () => {
    const end = starve();
    await sleep(60_000);
    await end();
    await sleep(2000);
  });
}

result.load = load();
await sys.stop();
const path = save(`m1-${o.system}-${variant}-n${N}${o.tag ? `-${o.tag}` : ''}.json`, result);
log('saved', path);
process.exit(0);
