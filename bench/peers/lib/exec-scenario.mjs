// `bellwether exec` on five voters, each on a host of its own: the exec process of
// the leader is killed; its command must be gone before any other node starts it.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, makeHost, now, root, sleep, start, stats, tempDir } from './util.mjs';

const MAIN = join(root, '..', '..', 'dist', 'src', 'cli', 'main.js');
const SIZE = 5;
/** A job that leaves a mark every few milliseconds: who, in which term, when (ns of the machine's clock). */
const JOB = 'while :; do echo "$BELLWETHER_NODE $BELLWETHER_TERM $(date +%s%N)" >> "$OUT"; sleep 0.005; done';

/** Processes of a group that still run. */
function running(group) {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const s = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , pgrp] = s.slice(s.lastIndexOf(')') + 2).split(' ');
      return Number(pgrp) === group && state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  });
}

/** @returns Per kill: when the next command was started, and how long after the former's last mark the next's first came. */
export async function execScenario(times, deadline, log) {
  const out = join(tempDir('exec'), 'marks');
  writeFileSync(out, '');
  const hosts = [];
  for (let i = 0; i < SIZE; i++) hosts.push(await makeHost(i));
  const nodes = [];
  const starts = []; // { i, group, t }
  const startNode = (i) => {
    const joins = hosts.flatMap(({ ip }, k) => (k === i ? [] : ['--join', `${ip}:7946`]));
    const voters = hosts.map((_, k) => `c${k}`).join(',');
    const argv = [MAIN, 'exec', '--preset', 'loopback', '--cluster', 'bench', '--json', '--verbose', '--voters', voters, '--leaders', 'voters'];
    argv.push('--name', `c${i}`, '--bind', `${hosts[i].ip}:7946`, ...joins, '--election', 'job', '--', 'sh', '-c', JOB);
    nodes[i] = start(process.execPath, argv, {
      netns: hosts[i].netns,
      env: { ...process.env, OUT: out },
      onErrLine: (line, t) => {
        if (!line.startsWith('{')) return;
        const { event, action, pid } = JSON.parse(line);
        // What of the former command still runs is looked at when the next is said to have started.
        if (event === 'command' && action === 'started') starts.push({ i, group: pid, t, still: starts.length > 0 ? running(starts.at(-1).group).length : 0 });
      },
    });
  };
  for (let i = 0; i < SIZE; i++) startNode(i);
  const until = async (look) => {
    for (const t0 = now(); now() - t0 < deadline; await sleep(5)) if (look()) return true;
    return false;
  };
  const marks = () =>
    readFileSync(out, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '))
      .map(([node, term, ns]) => ({ node, term: Number(term), t: Number(BigInt(ns) / 1000n) / 1000 }));

  /** The node whose command runs: it made the last mark, and is the last that started one. */
  const leading = () => {
    const { i } = starts.at(-1);
    return marks().at(-1)?.node === `c${i}` && !nodes[i].gone ? i : null;
  };

  const r = { next: [], gap: [], stillRunning: [], overlaps: 0, exited: 0 };
  if (!(await until(() => starts.length > 0))) throw new Error(`exec never led: ${nodes.map((p) => p.stderrTail.at(-1)).join(' | ')}`);
  await sleep(2000);
  for (let k = 0; k < times; k++) {
    for (const [i, p] of nodes.entries()) {
      if (!p.gone) continue;
      r.exited++; // nobody killed this one
      log(`c${i} had ended by itself: ${p.stderrTail.slice(-3).join(' ')}`);
      startNode(i);
      await sleep(3000);
    }
    writeFileSync(out, '');
    if (!(await until(() => leading() !== null))) throw new Error('no command runs');
    const before = starts.length;
    const { i } = starts.at(-1);
    const t0 = now();
    nodes[i].kill('SIGKILL');
    const came = await until(() => starts.length > before);
    if (!came) nodes.forEach((p, n) => log(`nobody led; c${n} said last: ${p.stderrTail.slice(-4).join(' ')}`));
    const former = Math.max(
      ...marks()
        .filter(({ t }) => t <= t0)
        .map(({ term }) => term),
    );
    const later = () => marks().filter(({ term }) => term > former);
    if (came) await until(() => later().length > 0); // a mark of the next
    await sleep(100); // and of a former one that would go on
    const last = Math.max(
      ...marks()
        .filter(({ term }) => term === former)
        .map(({ t }) => t),
    );
    const gap = later().length === 0 ? null : Math.min(...later().map(({ t }) => t)) - last;
    r.next.push(came ? starts.at(before).t - t0 : null);
    r.gap.push(gap);
    r.stillRunning.push(came ? starts.at(before).still : null);
    if (gap === null || gap <= 0 || r.stillRunning.at(-1) !== 0) r.overlaps++;
    log(
      'exec',
      k,
      `c${i} killed: next command after ${r.next.at(-1)?.toFixed(0)} ms, ${gap?.toFixed(0)} ms after the last mark; of the former ran still ${r.stillRunning.at(-1)}`,
    );
    await end(nodes[i]);
    startNode(i);
    await sleep(3000); // the new voter has waited and stands by
  }
  await Promise.all(nodes.map((p) => end(p)));
  await until(() => starts.every(({ group }) => running(group).length === 0));
  for (const host of hosts) await host.close();
  return { ...r, nextMs: stats(r.next), gapMs: stats(r.gap, 1) };
}
