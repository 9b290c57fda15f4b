#!/usr/bin/env node
// M2: election. Runs one system through every election scenario on three test
// hosts in network namespaces of their own and saves a JSON result.
import { args, insideNetns, machineLoad, now, save, sleep, stats } from './lib/util.mjs';

const HELP = `
usage: node m2.mjs --system FILE [--variant V] [options]

  --system      adapter in adapters/ without .mjs (etcd, zookeeper, redis, liferaft, antietcd, …)
  --variant     the adapter's variant (default: its first)
  --kills       kill -9 of the leading candidate (default 5)
  --store-kills the same together with the store's own leader, where there is one (default 3)
  --resigns     graceful resignations (default 5)
  --pauses      SIGSTOP of the leader until 1 s after another is elected, then SIGCONT (default 5)
  --partitions  the leader's host cut off from all others (default 5)
  --deadline    seconds to wait for a new leader (default 90)
  --stale       seconds to wait for a deposed leader to notice (default: twice the lease, 10 to 40)
  --tag         suffix of the result file's name
Needs root, ip, unshare and nsenter. Result: results/m2-SYSTEM-VARIANT[-TAG].json
`;
const o = args(HELP, {
  system: '',
  variant: '',
  kills: '5',
  'store-kills': '3',
  resigns: '5',
  pauses: '5',
  partitions: '5',
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
const deadline = Number(o.deadline) * 1000;
const log = (...a) => process.stderr.write(`[m2 ${o.system}/${variant}] ${a.join(' ')}\n`);
const sys = adapter.create(variant);
const staleLimit = o.stale ? Number(o.stale) * 1000 : Math.min(40000, Math.max(10000, 2 * sys.leaseMs));
const load = machineLoad();

/** Resolves to the first event satisfying `match` (or null at the limit). */
function event(match, limit) {
  return new Promise((resolve) => {
    const off = sys.onEvent((e) => {
      if (match(e)) {
        clearTimeout(t);
        off();
        resolve(e);
      }
    });
    const t = setTimeout(() => {
      off();
      resolve(null);
    }, limit);
  });
}

/** Waits until exactly one candidate has believed it leads for `hold` ms; returns it. */
async function stable(hold = 1500) {
  const t0 = now();
  let who = -1;
  let since = 0;
  while (now() - t0 < deadline + 30000) {
    const l = sys.leaders();
    if (l.length !== 1 || l[0] !== who) {
      who = l.length === 1 ? l[0] : -1;
      since = now();
    }
    if (who >= 0 && now() - since >= hold) return who;
    await sleep(20);
  }
  throw new Error(`no single leader: ${JSON.stringify(sys.leaders())} ${JSON.stringify(sys.log.slice(-12))}`);
}

// Watches all the time for two candidates believing at once (other than by our pauses and partitions).
const spontaneous = [];
let quiet = false;
sys.onEvent((e) => {
  if (!quiet && e.ev === 'leader' && sys.leaders().length > 1) spontaneous.push({ t: e.t, leaders: sys.leaders() });
});

const infos = {};
sys.onEvent((e) => {
  if (e.ev === 'info') infos[e.what] = (infos[e.what] ?? 0) + 1;
});

const result = { system: o.system, variant, settings: adapter.settings?.[variant], leaseMs: sys.leaseMs, at: new Date().toISOString(), node: process.version };
const tStart = now();
await sys.start();
await stable();
result.firstElectionMs = Math.round(Math.min(...sys.log.filter((e) => e.ev === 'leader').map((e) => e.t)) - tStart);
const settle = () => sleep(Math.min(3000, 500 + sys.leaseMs));
log('up');

async function killCycle(alsoStore) {
  const l = await stable();
  await settle();
  let killStore = false;
  if (alsoStore) {
    killStore = await sys.killStoreLeader();
    if (!killStore) return undefined;
  }
  const next = event((e) => e.ev === 'leader' && e.i !== l, deadline);
  const t0 = sys.kill(l);
  if (killStore) killStore();
  const e = await next;
  if (killStore) await sys.restoreStore();
  await sys.restart(l);
  await sleep(1500);
  return e ? e.t - t0 : null;
}

result.kill = { raw: [] };
for (let k = 0; k < Number(o.kills); k++) {
  result.kill.raw.push(await killCycle(false));
  log('kill', Math.round(result.kill.raw.at(-1)));
}
result.kill.ms = stats(result.kill.raw);

result.killWithStoreLeader = { raw: [] };
for (let k = 0; k < Number(o['store-kills']); k++) {
  const r = await killCycle(true);
  if (r === undefined) break;
  result.killWithStoreLeader.raw.push(r);
  log('kill with store leader', Math.round(r));
}
result.killWithStoreLeader.ms = stats(result.killWithStoreLeader.raw);

result.resign = { raw: [] };
for (let k = 0; k < Number(o.resigns); k++) {
  const l = await stable();
  await settle();
  quiet = true;
  const next = event((e) => e.ev === 'leader' && e.i !== l, deadline);
  const t0 = sys.resign(l);
  const e = await next;
  quiet = false;
  result.resign.raw.push(e ? e.t - t0 : null);
  log('resign', Math.round(result.resign.raw.at(-1)));
  await sys.restart(l);
  await sleep(1500);
}
result.resign.ms = stats(result.resign.raw, 1);

// SIGSTOP past the lease, SIGCONT once another leads.
result.pause = { newLeader: [], stale: [], acts: [], staleLimitMs: staleLimit };
for (let k = 0; k < Number(o.pauses); k++) {
  const l = await stable();
  await settle();
  quiet = true;
  const next = event((e) => e.ev === 'leader' && e.i !== l, deadline);
  const t0 = sys.pause(l);
  const e = await next;
  await sleep(1000);
  const down = event((x) => x.i === l && x.ev === 'follower', staleLimit);
  const t1 = sys.resume(l);
  const d = await down;
  result.pause.newLeader.push(e ? e.t - t0 : null);
  result.pause.stale.push(d ? d.t - t1 : null);
  result.pause.acts.push(d ? d.acts : null);
  log(
    'pause: new leader',
    Math.round(e ? e.t - t0 : NaN),
    'old noticed after',
    d ? `${(d.t - t1).toFixed(1)} ms, ${d.acts} acts, ${d.why}` : `more than ${staleLimit} ms`,
  );
  if (!d) await sys.restart(l);
  quiet = false;
  await sleep(1500);
}
result.pause.newLeaderMs = stats(result.pause.newLeader);
result.pause.staleMs = stats(result.pause.stale, 1);

// Partition of the leader's host.
result.partition = { newLeader: [], oldKnows: [], twoLeaders: [], heal: [], staleLimitMs: staleLimit };
for (let k = 0; k < Number(o.partitions); k++) {
  const l = await stable();
  await settle();
  quiet = true;
  let down = null;
  let up = null;
  const off = sys.onEvent((x) => {
    if (x.i === l && x.ev === 'follower' && !down) down = x;
    if (x.i !== l && x.ev === 'leader' && !up) up = x;
  });
  const t0 = sys.isolate(l);
  while ((!up && now() - t0 < deadline) || (!down && now() - t0 < Math.max(staleLimit, up ? up.t - t0 + staleLimit : 0))) {
    if (up && down) break;
    await sleep(20);
  }
  off();
  result.partition.newLeader.push(up ? up.t - t0 : null);
  result.partition.oldKnows.push(down ? down.t - t0 : null);
  result.partition.twoLeaders.push(up && down ? Math.max(0, down.t - up.t) : null);
  const t1 = sys.rejoin(l);
  log(
    'partition: new leader',
    Math.round(up ? up.t - t0 : NaN),
    'old knows',
    down ? `${Math.round(down.t - t0)} (${down.why})` : `not within ${Math.round(t1 - t0)}`,
  );
  // Healed: one leader for 1 s.
  let who;
  try {
    who = await Promise.race([stable(1000), sleep(staleLimit).then(() => -1)]);
  } catch {
    who = -1;
  }
  result.partition.heal.push(who >= 0 ? now() - 1000 - t1 : null);
  if (who < 0) {
    log('two leaders remain after healing');
    await sys.restart(l);
  }
  quiet = false;
  await sleep(1500);
}
for (const k of ['newLeader', 'oldKnows', 'twoLeaders', 'heal']) result.partition[`${k}Ms`] = stats(result.partition[k]);
result.spontaneousDoubleLeaders = spontaneous.length;
result.infoEvents = infos; // what candidates said besides leader and follower
result.load = load();
await sys.stop();
log('saved', save(`m2-${o.system}-${variant}${o.tag ? `-${o.tag}` : ''}.json`, result));
process.exit(0);
