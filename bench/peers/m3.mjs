#!/usr/bin/env node
// M3: limits. Packet rates one process can serve and the cost of the codec.
import { join } from 'node:path';
import { openResult } from './lib/results.mjs';
import { args, binDir, cpuSeconds, end, insideNetns, needs, npmDir, root, sleep, start, stats } from './lib/util.mjs';

const HELP = `
usage: node m3.mjs [--reps N] [--seconds S] [--only LIST] [--tag T]

  --reps     repetitions of each measurement (default 5)
  --seconds  length of each flood (default 4, at most 10)
  --only     comma-separated: bellwether, memberlist, happn, swim, dgram, codec (default all)
  --tag      suffix of the result file's name
Floods go over loopback of a network namespace of their own. Result: results/m3[-TAG].json;
what is in it already is not measured again.
`;
const o = args(HELP, { reps: '5', seconds: '4', only: 'bellwether,memberlist,happn,swim,dgram,codec', tag: '' });
await insideNetns();
const reps = Number(o.reps);
const seconds = Math.min(10, Number(o.seconds));
const only = new Set(o.only.split(','));
const log = (...a) => process.stderr.write(`[m3] ${a.join(' ')}\n`);
const { section, path } = openResult(`m3${o.tag ? `-${o.tag}` : ''}.json`, {}, log);

async function json(cmd, argv, opts = {}) {
  let out = '';
  const p = start(cmd, argv, {
    ...opts,
    onLine: (l) => {
      out += l;
    },
  });
  await p.exited;
  if (!out) throw new Error(`${cmd}: ${p.stderrTail.join('\n')}`);
  return JSON.parse(out);
}

/** Floods `pid` at 127.0.0.1:port through ml-flood; closed loop (window 64) and open loop. */
async function flood(name, server, port, extra) {
  const r = {};
  for (const [mode, window] of [
    ['window1', 1],
    ['window64', 64],
    ['open', 0],
  ]) {
    const rows = [];
    for (let k = 0; k < reps; k++) {
      const c0 = cpuSeconds(server.pid);
      const f = await json(join(binDir, 'ml-flood'), ['-target', `127.0.0.1:${port}`, '-seconds', String(seconds), '-window', String(window), ...extra]);
      f.targetCpuPct = (100 * (cpuSeconds(server.pid) - c0)) / f.seconds;
      f.targetUsPerMsg = (1e6 * (cpuSeconds(server.pid) - c0)) / f.acked;
      rows.push(f);
      await sleep(300);
    }
    r[mode] = {
      sentPerS: stats(rows.map((x) => x.sent_per_s)),
      ackedPerS: stats(rows.map((x) => x.acked_per_s)),
      targetCpuPct: stats(
        rows.map((x) => x.targetCpuPct),
        1,
      ),
      targetCpuUsPerMsg: stats(
        rows.map((x) => x.targetUsPerMsg),
        2,
      ),
      lostPct: stats(
        rows.map((x) => 100 * (1 - x.acked / x.sent)),
        2,
      ),
    };
    log(name, mode, JSON.stringify(r[mode]));
  }
  return r;
}

async function memberlist() {
  needs(join(binDir, 'ml-agent'), 'the memberlist agent');
  const p = start(join(binDir, 'ml-agent'), ['-name', 'n0', '-port', '20000']);
  await sleep(500);
  const r = await flood('memberlist', p, 20000, ['-node', 'n0']);
  await end(p);
  return r;
}
async function bellwether() {
  needs(join(root, '..', '..', 'dist', 'src', 'index.js'), 'this project, built (npm run build)');
  // The pings are those of a joined member, which goes on living beside the flood: strangers are answered at a bounded rate.
  const p = start(process.execPath, [join(root, 'agents', 'bellwether-node.mjs'), 'lan', 'n0', '127.0.0.1:20000']);
  await sleep(1500);
  let hex = '';
  const member = start(process.execPath, [join(root, 'agents', 'bellwether-ping.mjs'), 'n1', '127.0.0.1:20001', '127.0.0.1:20000'], {
    onLine: (l) => (hex = l),
  });
  for (let k = 0; hex === '' && k < 500; k++) await sleep(20);
  if (hex === '') throw new Error(`no ping was seen: ${member.stderrTail.join(' ')}`);
  const r = await flood('bellwether', p, 20000, ['-hex', hex]);
  await end(member);
  await end(p);
  return r;
}
async function npmSwim(pkg, hex) {
  needs(join(npmDir, 'node_modules', pkg), pkg);
  const p = start(process.execPath, [join(root, 'agents', 'swim-node.mjs'), join(npmDir, 'node_modules', pkg), 'n0', '20000', '0', 'default']);
  await sleep(800);
  const r = await flood(pkg, p, 20000, ['-hex', hex]);
  await end(p);
  return r;
}
// type 10 (Ping), then the package's codec for { seq: 1 }
const happn = () => npmSwim('happn-swim', Buffer.concat([Buffer.from([10]), Buffer.from('{"seq":1}')]).toString('hex'));
const swim = () => npmSwim('swim', Buffer.concat([Buffer.from([10]), Buffer.from([0x81, 0xa3, 0x73, 0x65, 0x71, 0x01])]).toString('hex'));

async function dgram() {
  const r = {};
  for (const [mode, kind, window, connected] of [
    ['window1', 'echo', 1, 0],
    ['window64', 'echo', 64, 0],
    ['window64connected', 'echo', 64, 1],
    ['oneWay', 'sink', 0, 0],
    ['oneWayConnected', 'sink', 0, 1],
  ]) {
    const rows = [];
    for (let k = 0; k < reps; k++) {
      const lines = [];
      const p = start(process.execPath, [join(root, 'agents', 'dgram-echo.mjs'), kind], { onLine: (l) => lines.push(JSON.parse(l)) });
      while (!lines.length) await sleep(10);
      const c = await json(process.execPath, [
        join(root, 'agents', 'dgram-client.mjs'),
        String(lines[0].port),
        String(seconds),
        '200',
        String(window),
        String(connected),
      ]);
      await sleep(200);
      p.stdin.write('x\n');
      while (lines.length < 2) await sleep(10);
      const us = lines[1].cpu.user + lines[1].cpu.system;
      rows.push({ ...c, served: lines[1].n / c.took, serverUs: us / Math.max(1, lines[1].n) });
      await end(p);
    }
    r[mode] = {
      bytes: 200,
      servedPerS: stats(rows.map((x) => x.served)),
      sentPerS: stats(rows.map((x) => x.sentPerS)),
      clientCpuUsPerMsg: stats(
        rows.map((x) => x.cpuUsPerMsg),
        2,
      ),
      serverCpuUsPerMsg: stats(
        rows.map((x) => x.serverUs),
        2,
      ),
      rttP50Ms: stats(
        rows.map((x) => x.rttMs.p50),
        3,
      ),
      rttP99Ms: stats(
        rows.map((x) => x.rttMs.p99),
        3,
      ),
    };
    log('dgram', mode, JSON.stringify(r[mode]));
  }
  return r;
}

async function codec() {
  needs(join(npmDir, 'node_modules', 'msgpackr'), 'msgpackr');
  const c = await json(process.execPath, [join(root, 'agents', 'codec.mjs'), String(reps)], { env: { ...process.env, PEERS_NPM: npmDir } });
  return Object.fromEntries(Object.entries(c).map(([k, v]) => [k, { bytes: v.bytes, encodePerS: stats(v.encodePerS), decodePerS: stats(v.decodePerS) }]));
}

for (const [name, measure] of Object.entries({ memberlist, bellwether, happn, swim, dgram, codec })) {
  if (only.has(name)) await section(name, reps, { seconds }, measure);
}
log('saved', path);
process.exit(0);
