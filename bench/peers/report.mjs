#!/usr/bin/env node
// The saved results as Markdown: printed, or written as docs/benchmarks.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { detailTables } from './lib/detail-tables.mjs';
import { resultsDir } from './lib/results.mjs';
import { readResults } from './lib/stored.mjs';
import { keepUnmeasured } from './lib/page.mjs';
import { electionRows, endingRows, membershipRows } from './lib/targets.mjs';
import { args } from './lib/util.mjs';

const HELP = `
usage: node report.mjs [--dir DIR] [--out FILE]

  --dir   folder of the results (default: results beside this script, or PEERS_RESULTS)
  --out   write them there, under a heading that says when and on what (docs/benchmarks.md)
Sections of that page for which there are no results here stay as they are, with the day on which they were measured.
First what is aimed at, with the others beside it; then everything that was measured.
"never" is a repetition in which the thing did not happen before the deadline.
`;
const o = args(HELP, { dir: resultsDir(), out: '' });
const stored = readResults(resolve(o.dir));

const tableOf = (head, rows) => `| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|\n${rows.map((r) => `| ${r.join(' | ')} |`).join('\n')}\n\n`;
const verdict = ({ met }) => (met === undefined ? '' : met ? ' ✓' : ' **✗**');

/** A table of targets: ours first, with a verdict, then whoever else was measured. */
function compared({ rows, repeat }, systems) {
  const there = systems.filter(([, s], i) => i === 0 || stored.all.some((r) => r.system === s.system && r.variant === s.variant));
  const lines = rows
    .map(({ what, target, by, cell }) => [
      what,
      target,
      ...there.map(([, s], i) => {
        const { text, met } = cell(s);
        return i === 0 && target !== '' && text !== '–' ? text + verdict({ met }) : text;
      }),
      by ? `\`${by}\`` : '',
    ])
    .filter((line) => line.slice(2, -1).some((text) => text !== '–'));
  if (lines.length === 0) return '';
  return `${tableOf(['', 'target (ms)', ...there.map(([heading]) => heading), 'one again, with --system'], lines)}All again: \`${repeat}\`.\n\n`;
}

const MEMBERSHIP = [
  ['Bellwether, lan', { system: 'bellwether', variant: 'lan' }],
  ['memberlist, LAN', { system: 'memberlist', variant: 'lan' }],
  ['Serf, LAN', { system: 'serf', variant: 'lan' }],
];
const ELECTION = [
  ['Bellwether, loopback (T 600 ms), 5 voters', { system: 'bellwether-election', variant: 'five' }],
  ['etcdctl, TTL 2 s', { system: 'etcd', variant: 'ctl2' }],
  ['npm etcd3, TTL 2 s, hardened', { system: 'etcd', variant: 'hard2' }],
  ['ZooKeeper, npm client, session 4 s', { system: 'zookeeper', variant: 's4' }],
  ['ts-safe-redis-leader', { system: 'redis', variant: 'safe' }],
  ['redis-leader', { system: 'redis', variant: 'leader' }],
  ['liferaft, 5 nodes', { system: 'liferaft', variant: 'five' }],
  ['antietcd, fast', { system: 'antietcd', variant: 'fast' }],
];
const endings = endingRows(stored);
const profile = stored.find('m1', 'profile', { system: 'bellwether' });
let text = '';
// Beside each section's days: a section that a later run on another machine keeps was not measured on that one.
const machine = `${cpus().length} processors (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}`;
const daysOf = (results) =>
  [...new Set(results.flatMap(({ done }) => Object.values(done).map(({ at }) => at.slice(0, 10))))].sort((a, b) => a.localeCompare(b)).join(' and ');
const add = (title, body, scripts) => {
  const of = stored.all.filter(({ script }) => scripts.includes(script));
  if (body !== '') text += `## ${title}\n\nMeasured on ${daysOf(of)}, on ${machine}.\n\n${body}`;
};
add('Membership against its targets', compared(membershipRows(stored), MEMBERSHIP), ['m1', 'm3', 'm4']);
add('Election against its targets', compared(electionRows(stored), ELECTION), ['m2']);
if (endings.rows.length > 0)
  add(
    'Endings',
    `${tableOf(
      ['', 'target', 'measured'],
      endings.rows.map(([what, target, cell]) => [what, target, cell.text + verdict(cell)]),
    )}Again: \`node bench/peers/m5.mjs\`, or all: \`${endings.repeat}\`.\n\n`,
    ['m5'],
  );
if (profile)
  add(
    'What an idle node’s processor time goes into',
    `One of a quiet cluster under V8’s profiler for ${profile.seconds} s; a neighbour without it used ${profile.cpuPct} % of a processor. Self time by file, in percent of the busy time:\n\n${tableOf(
      ['where', '%'],
      profile.shares.map(({ place, pct }) => [`\`${place}\``, pct]),
    )}`,
    ['m1'],
  );
text += `## Everything that was measured\n\n${detailTables(stored)}`;

if (o.out === '') process.stdout.write(text);
else {
  const busiest = Math.max(...stored.all.flatMap(({ done }) => Object.values(done).map(({ load }) => load.stealPct)));
  const names = new Map(stored.all.filter(({ settings }) => settings).map((r) => [`${r.system} ${r.variant}`, r.settings]));
  const page = `# Benchmarks

Written by \`bench/peers/run-all.sh\` from its runs: all that stands in one section on one machine, every system in network
namespaces of its own, one run after another. The hypervisor took at most ${busiest} % of a processor in any run, and *machine busy* is what was used of both, by whomever. Cells against targets are
median / worst (repetitions), and of up to thirty the worst stands for 99 %; cells with three numbers are least / **median** / most. Targets are this project's own, set before
it was measured. The others' settings stand at the end; a TTL of 2 s and a session of 4 s are the least that etcd and ZooKeeper grant at their default timings. \`bench/peers/README.md\` says what is measured, how to repeat it, and how to read it honestly:
loopback, so a killed process has a host that refuses.

${text}## What stands behind each name

${[...names].map(([system, settings]) => `- ${system}: ${settings}`).join('\n')}
`;
  writeFileSync(o.out, existsSync(o.out) ? keepUnmeasured(page, readFileSync(o.out, 'utf8')) : page);
}
