#!/usr/bin/env node
// The saved results as Markdown tables: printed, or written as docs/benchmarks.md.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { args, root } from './lib/util.mjs';

const HELP = `
usage: node report.mjs [--dir DIR] [--out FILE]

  --dir   folder of the results (default: results beside this script, or PEERS_RESULTS)
  --out   write them there, under a heading that says when and on what (docs/benchmarks.md)
Every cell with three numbers is min / median / max. "never" counts repetitions
in which the thing did not happen before the deadline.
`;
const o = args(HELP, { dir: process.env.PEERS_RESULTS ?? join(root, 'results'), out: '' });
let text = '';
const dir = resolve(o.dir);
const read = (re) =>
  readdirSync(dir)
    .filter((f) => re.test(f))
    .map((f) => ({ file: f, ...JSON.parse(readFileSync(join(dir, f), 'utf8')) }));
const f3 = (s, unit = '') => {
  if (!s || (s.n === 0 && !s.missing)) return '–';
  const never = s.missing ? ` (never: ${s.missing} of ${s.n + s.missing})` : '';
  return s.n === 0 ? `never (${s.missing} of ${s.missing})` : `${s.min} / **${s.median}** / ${s.max}${unit}${never}`;
};
const stat = (values, digits = 0) => {
  const v = values.filter((x) => typeof x === 'number').sort((a, b) => a - b);
  if (!v.length) return values.length ? `never (${values.length} of ${values.length})` : '–';
  const r = (x) => Number(x.toFixed(digits));
  const m = v.length % 2 ? v[v.length >> 1] : (v[v.length / 2 - 1] + v[v.length / 2]) / 2;
  const never = values.length > v.length ? ` (never: ${values.length - v.length} of ${values.length})` : '';
  return `${r(v[0])} / **${r(m)}** / ${r(v.at(-1))}${never}`;
};
/** The value that 99 in 100 do not pass, as far as so few say. */
const share99 = (values) => {
  const v = values.map((x) => x ?? Infinity).sort((a, b) => a - b);
  return v.length === 0 ? '–' : Math.round(v[Math.min(v.length - 1, Math.ceil(0.99 * v.length) - 1)]);
};
const sum = (a) => a.reduce((x, y) => x + y, 0);
let heading = '';
/** A table under the last heading; neither where there is nothing to show. */
const table = (head, rows) => {
  if (rows.length === 0) return;
  text += `${heading}| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|\n${rows.map((r) => `| ${r.join(' | ')} |`).join('\n')}\n\n`;
  heading = '';
};
const title = (t) => {
  heading = `### ${t}\n\n`;
};

const m1 = read(/^m1-.*\.json$/).sort((a, b) => a.system.localeCompare(b.system) || a.variant.localeCompare(b.variant) || a.n - b.n);
const tag = (r) => /-n\d+-(\w+)\.json$/.exec(r.file)?.[1];
const name = (r) => `${r.system} ${r.variant}${tag(r) ? ` (${tag(r)} run)` : ''}`;
const main = m1.filter((r) => r.kill?.first?.length || r.converge.raw.length >= 3);

title('M1a–c: converge, detect, leave (ms)');
table(
  [
    'system',
    'N',
    'kills',
    'last start → all see all',
    'from when its process ran',
    'kill -9 → first survivor',
    'kill -9 → all survivors',
    '99 %',
    'false failures in those cycles',
    'restart of the killed → all agree',
    'leave → first',
    'leave → all',
  ],
  main.map((r) => [
    name(r),
    r.n,
    r.kill.first.length,
    f3(r.converge.ms),
    f3(r.converge.fromUpMs),
    f3(r.kill.firstMs),
    f3(r.kill.allMs),
    share99(r.kill.all),
    sum(r.kill.falseFailures.map((x) => x.events)),
    f3(r.kill.rejoinMs),
    f3(r.leave.firstMs),
    f3(r.leave.allMs),
  ]),
);

title('M1d: steady state, per node');
table(
  ['system', 'N', 'UDP packets/s', 'UDP bytes/s (IP)', 'TCP packets/s', 'TCP bytes/s', 'CPU %', 'RSS MiB', 'PSS MiB', 'false failures', 'machine busy %'],
  m1
    .filter((r) => r.steady)
    .map((r) => [
      name(r),
      r.n,
      r.steady.udpPacketsPerNodePerS,
      r.steady.udpBytesPerNodePerS,
      r.steady.tcpPacketsPerNodePerS,
      r.steady.tcpBytesPerNodePerS,
      r.steady.cpuPctPerNode,
      r.steady.rssMiBPerNode,
      r.steady.pssMiBPerNode,
      r.steady.falseFailures.events,
      r.steady.load.busyPct,
    ]),
);

title('M1e: one node stopped (SIGSTOP), then continued');
table(
  [
    'system',
    'N',
    'stop',
    'cycles',
    'cycles in which it was declared failed',
    'cycles with a healthy node declared failed',
    'failures the stopped node declared',
    'SIGCONT → all agree again (ms), cycles that had a failure',
  ],
  m1.flatMap((r) =>
    Object.entries(r.pause ?? {}).map(([ms, p]) => [
      name(r),
      r.n,
      `${ms} ms`,
      p.healMs.length,
      p.observersOfPaused.filter((x) => x > 0).length,
      p.healthyDeclared.filter((x) => x > 0).length,
      sum(p.declaredByPaused),
      stat(p.healMs.filter((_, i) => p.observersOfPaused[i] + p.healthyDeclared[i] + p.declaredByPaused[i] > 0)),
    ]),
  ),
);

title('M1f: random loss');
table(
  [
    'system',
    'N',
    'loss',
    'seconds',
    'false failures (observer × subject)',
    'distinct nodes',
    'time with someone failed in some view',
    'heal after loss ends (ms)',
    'dropped as measured',
  ],
  m1.flatMap((r) =>
    Object.entries(r.loss ?? {}).map(([p, l]) => [
      name(r),
      r.n,
      `${p} % of ${r.options.lossProto === 'all' ? 'all IP' : 'UDP'}`,
      r.options.lossSeconds,
      l.falseFailureEvents,
      l.subjects,
      `${l.notAllAlivePct} %`,
      l.healMs === null ? 'never' : Math.max(0, l.healMs),
      l.droppedPct === undefined ? 'not recorded' : `${l.droppedPct} %`,
    ]),
  ),
);

title('M1g–h: one node stopped for 300 ms of every 400, or all starved of processor time, for 60 s');
table(
  ['system', 'N', 'trouble', 'rounds', 'false failures in each', 'after it → all agree again (ms)'],
  m1.flatMap((r) =>
    [
      ['one node stopped', r.stall],
      ['every processor busy four times over', r.starve],
    ]
      .filter(([, t]) => t?.falseFailures.length > 0)
      .map(([what, t]) => [name(r), r.n, what, t.falseFailures.length, t.falseFailures.join(', '), stat(t.healMs)]),
  ),
);

const m4 = read(/^m4-.*\.json$/);
title('M4: hosts cut off without a carrier change, and halves healed (ms)');
table(
  [
    'system',
    'cuts, one of 8',
    'cut → first of the others',
    'cut → all others',
    '99 %',
    'back → all agree',
    'splits, 3 and 3',
    'seconds apart',
    'healed → all agree',
  ],
  m4.map((r) => [
    name(r),
    r.cut.first.length,
    f3(r.cut.firstMs),
    f3(r.cut.allMs),
    share99(r.cut.all),
    f3(r.cut.rejoinMs),
    r.split.whole.length,
    r.split.seconds,
    f3(r.split.wholeMs),
  ]),
);

const m2 = read(/^m2-.*\.json$/);
title('M2: election (ms)');
table(
  [
    'system',
    'kill -9 leader → next',
    'with the store’s leader',
    'resign → next',
    'SIGSTOP → next',
    'SIGCONT → old knows',
    'acts before that',
    'partition → next',
    'partition → old knows',
    'both lead for',
    'spontaneous double leaders',
  ],
  m2.map((r) => [
    name(r),
    f3(r.kill.ms),
    f3(r.killWithStoreLeader.ms),
    f3(r.resign.ms),
    f3(r.pause.newLeaderMs),
    f3(r.pause.staleMs),
    r.pause.acts.some((x) => x !== null) ? stat(r.pause.acts) : 'not counted',
    f3(r.partition.newLeaderMs),
    `${f3(r.partition.oldKnowsMs)}`,
    stat(r.partition.twoLeaders),
    r.spontaneousDoubleLeaders,
  ]),
);

for (const r of read(/^m3.*\.json$/)) {
  title(`M3: ${r.file} (machine busy ${r.load?.busyPct} %)`);
  const rows = [];
  for (const s of ['bellwether', 'memberlist', 'happn', 'swim'])
    for (const [mode, x] of Object.entries(r[s] ?? {}))
      rows.push([`${s} ping → ack, ${mode}`, f3(x.ackedPerS), f3(x.targetCpuPct), f3(x.targetCpuUsPerMsg), f3(x.lostPct)]);
  if (rows.length) table(['flood', 'answered per s', 'target CPU %', 'target CPU µs per answer', 'unanswered %'], rows);
  if (r.dgram) {
    table(
      ['node:dgram, 200 bytes', 'served per s', 'server CPU µs', 'client CPU µs', 'RTT p50 ms', 'RTT p99 ms'],
      Object.entries(r.dgram).map(([k, x]) => [
        k,
        f3(x.servedPerS),
        f3(x.serverCpuUsPerMsg),
        f3(x.clientCpuUsPerMsg),
        x.rttP50Ms.n ? f3(x.rttP50Ms) : '–',
        x.rttP99Ms.n ? f3(x.rttP99Ms) : '–',
      ]),
    );
  }
  if (r.codec) {
    table(
      ['codec, ping with 6 updates', 'bytes', 'encode per s', 'decode per s'],
      Object.entries(r.codec).map(([k, x]) => [k, x.bytes, f3(x.encodePerS), f3(x.decodePerS)]),
    );
  }
}

if (o.out === '') process.stdout.write(text);
else {
  const all = [...m1, ...m2, ...m4];
  const days = [...new Set(all.map(({ at }) => at.slice(0, 10)))].sort((a, b) => a.localeCompare(b));
  const cpu = cpus();
  writeFileSync(
    o.out,
    `# Benchmarks

Written by \`node bench/peers/report.mjs --out docs/benchmarks.md\` from runs of \`bench/peers/\` on ${days.join(' and ')}:
one machine, ${cpu.length} processors (${cpu[0]?.model.trim() ?? 'unknown'}), Node ${process.version}, every system in a network
namespace of its own, one run after another. Cells with three numbers are least / **median** / most. \`bench/peers/README.md\`
says what is measured, how to repeat it, and how to read it honestly: loopback, so a killed process has a host that refuses.
Ours are \`bellwether\` (membership) and \`bellwether-election\`.

What stands behind each name:

${[...new Map(all.map((r) => [name(r), r.settings])).entries()].map(([system, settings]) => `- ${system}: ${settings ?? 'its defaults'}`).join('\n')}

${text}`,
  );
}
