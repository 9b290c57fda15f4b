#!/usr/bin/env node
// M5: what only this project promises: a leader whose event loop is blocked, a
// command run by `exec`, two nodes and a witness. Each is saved when it is done.
import { create, settings } from './adapters/bellwether-election.mjs';
import { electionScenarios } from './lib/election-scenarios.mjs';
import { execScenario } from './lib/exec-scenario.mjs';
import { openResult } from './lib/results.mjs';
import { args, insideNetns, now, sleep, stats } from './lib/util.mjs';

const HELP = `
usage: node m5.mjs [options]

  --blocks    the leader's event loop blocked, with the watchdog and without (default 5 each)
  --block-ms  for how long (default 3000)
  --execs     kill -9 of the process that runs exec for the leader (default 5)
  --witness   kill -9 of the leading one of two nodes beside a witness, then of the other (default 5 each)
  --deadline  seconds to wait for a new leader (default 30)
  --tag       suffix of the result file's name
Needs root, ip, unshare and nsenter. Result: results/m5-bellwether[-TAG].json;
what is in it already, measured as often, is not measured again.
`;
const o = args(HELP, { blocks: '5', 'block-ms': '3000', execs: '5', witness: '5', deadline: '30', tag: '' });
await insideNetns();
const log = (...a) => process.stderr.write(`[m5] ${a.join(' ')}\n`);
const { section, path } = openResult(
  `m5-bellwether${o.tag ? `-${o.tag}` : ''}.json`,
  { system: 'bellwether-election', variant: 'five', settings: settings.five },
  log,
);
const deadline = Number(o.deadline) * 1000;
const blockMs = Number(o['block-ms']);
const scenariosOf = (variant) => electionScenarios({ create: () => create(variant), deadline, log });

/**
 * The leader's event loop is blocked for longer than its lease. With the watchdog: how long after the
 * lease's end (by the leader's own clock, read just before) the process was gone. Without: by how much
 * it was told too late, as the event says (`overrunMs`), and as the lease's end says.
 */
async function blocked(variant, times) {
  const s = scenariosOf(variant);
  const r = { blockMs, goneAfterEnd: [], toldAfterEnd: [], overrun: [], nextAfterEnd: [], signals: [] };
  for (let k = 0; k < times; k++) {
    const l = await s.leader();
    const sys = await s.running();
    await s.aside(async () => {
      const process = sys.procs[l];
      let gone = null;
      void process.exited.then(({ signal }) => {
        gone = now();
        r.signals.push(signal);
      });
      const says = s.event((e) => e.i === l && e.what === 'blocking');
      const told = s.event((e) => e.i === l && e.what === 'lost', blockMs + 3000);
      const next = s.nextAfter(l);
      sys.block(l, blockMs);
      const began = await says;
      const end = began.t + began.leftMs;
      const e = await next;
      await sleep(Math.max(0, end + blockMs + 500 - now()));
      r.nextAfterEnd.push(e ? e.t - end : null);
      r.goneAfterEnd.push(gone === null ? null : gone - end);
      const lost = gone === null ? await told : null;
      r.toldAfterEnd.push(lost ? lost.t - end : null);
      r.overrun.push(lost ? lost.overrunMs : null);
      log(
        variant,
        k,
        'gone',
        r.goneAfterEnd.at(-1)?.toFixed(1),
        'told',
        r.toldAfterEnd.at(-1)?.toFixed(1),
        'overrun',
        r.overrun.at(-1)?.toFixed(1),
        'next',
        r.nextAfterEnd.at(-1)?.toFixed(1),
      );
    });
    await s.again(l);
  }
  await s.stop();
  for (const key of ['goneAfterEnd', 'toldAfterEnd', 'overrun', 'nextAfterEnd']) r[`${key}Ms`] = stats(r[key], 1);
  return r;
}

/** Two nodes and a witness: the leading one of the two is killed; then the other, which must change nothing. */
async function witness(times) {
  const s = scenariosOf('witness');
  const r = { leaderKilled: [], otherKilled: [], lostWithout: 0, killed: [] };
  for (let k = 0; k < times; k++) {
    const l = await s.leader();
    const sys = await s.running();
    await s.aside(async () => {
      const next = s.nextAfter(l);
      const t0 = sys.kill(l);
      const e = await next;
      r.leaderKilled.push(e ? e.t - t0 : null);
      r.killed.push(`c${l}`);
      if (e?.i === 2) throw new Error('the witness leads');
    });
    await s.again(l);
    const leads = await s.leader();
    const other = 1 - leads;
    const lost = s.event((e) => e.i === leads && e.ev === 'follower', 3000);
    sys.kill(other);
    const e = await lost;
    r.otherKilled.push(e === null);
    if (e !== null) r.lostWithout++;
    log(
      'witness',
      k,
      'leader',
      r.killed.at(-1),
      'killed: next after',
      Math.round(r.leaderKilled.at(-1)),
      '; the other killed: the leader',
      e === null ? 'stays' : 'LOST',
    );
    await s.again(other);
  }
  await s.stop();
  return { ...r, leaderKilledMs: stats(r.leaderKilled) };
}

await section('watchdog', Number(o.blocks), { blockMs }, (n) => blocked('five-watchdog', n));
await section('blocked', Number(o.blocks), { blockMs }, (n) => blocked('five', n));
await section('exec', Number(o.execs), {}, (n) => execScenario(n, deadline, log));
await section('witness', Number(o.witness), {}, witness);
log('saved', path);
process.exit(0);
