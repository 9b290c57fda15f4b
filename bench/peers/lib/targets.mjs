// What this project aims at, held against what was measured: one row each, with
// the others beside it. A cell is { text, met } (met undefined: nothing to meet).
import { median, number, share99, sum, worst } from './stored.mjs';

const R = 'bench/peers/run-all.sh';
const NONE = { text: '–' };

/** median / most of times, with bounds on either. */
function times(values, { least99, medianMost, mostMost, digits = 0, unit = 'ms' } = {}) {
  if (values === undefined || values.length === 0) return NONE;
  const m = median(values);
  const met =
    (medianMost === undefined || m <= medianMost) &&
    (mostMost === undefined || worst(values) <= mostMost) &&
    (least99 === undefined || share99(values) <= least99);
  return { text: `${number(m, digits)} / ${number(worst(values), digits)} ${unit} (${values.length})`, met };
}
/** Counts of what should not have happened, in all repetitions. */
function counts(values, most) {
  if (values === undefined || values.length === 0) return NONE;
  return { text: `${values.join(', ')} (${values.length})`, met: values.every((x) => x <= most) };
}

/** Rows of a table over `systems` ([heading, { system, variant }]); the first is ours, and the only one with targets. */
export function membershipRows(stored) {
  const at = (script, key, system, n) => stored.find(script, key, n === undefined ? system : { ...system, n });
  /** `by`: the run that measures it. */
  const row = (what, target, by, cell) => ({ what, target, by, cell });
  const rows = [8, 32, 64].map((n) =>
    row(`kill -9 one of ${n}: all survivors know`, 'median ≤ 700, 99 % ≤ 2,500', `m1.mjs --n ${n} --kills`, (s) =>
      times(at('m1', 'kill', s, n)?.all, { medianMost: 700, least99: 2500 }),
    ),
  );
  rows.push(
    row('false failures in those cycles (8, 32, 64)', '0', '', (s) => {
      const all = [8, 32, 64].map((n) => at('m1', 'kill', s, n)?.falseFailures);
      if (all.every((x) => x === undefined)) return NONE;
      const each = all.map((x) => (x === undefined ? null : sum(x.map(({ events }) => events))));
      return { text: each.map((x) => x ?? '–').join(', '), met: each.every((x) => x === null || x === 0) };
    }),
    row('a host of 8 cut off without a carrier change: all others know', 'median ≤ 3,200, 99 % ≤ 4,500', 'm4.mjs --cuts', (s) =>
      times(at('m4', 'cut', s)?.all, { medianMost: 3200, least99: 4500 }),
    ),
    row('last of 64 started → all see all, from its first datagram', '≤ 700 in 10 of 10', 'm1.mjs --n 64 --starts', (s) =>
      times(at('m1', 'converge', s, 64)?.fromUp, { mostMost: 700 }),
    ),
    row('… from the start of its process', '', '', (s) => times(at('m1', 'converge', s, 64)?.raw)),
    row('leave → all know, n = 32', '≤ 250', 'm1.mjs --n 32 --leaves', (s) => times(at('m1', 'leave', s, 32)?.all, { mostMost: 250 })),
    row('the killed one starts again, same name: all agree, n = 32, from the start of its process', '≤ 500', 'm1.mjs --n 32 --kills', (s) =>
      times(at('m1', 'kill', s, 32)?.rejoin, { medianMost: 500 }),
    ),
    row('… from its first datagram', '', '', (s) => times(at('m1', 'kill', s, 32)?.rejoinFromUp)),
    row('3 and 3 apart, then healed: whole again', '≤ 5,000 each time', 'm4.mjs --splits', (s) => {
      const split = at('m4', 'split', s);
      const cell = times(split?.whole, { mostMost: 5000 });
      return split === undefined ? NONE : { ...cell, text: `${cell.text}, apart for ${split.seconds} s` };
    }),
    row('steady traffic per node, n = 32, IP bytes per second, probe period 1 s', '≤ 140', 'm1.mjs --n 32 --windows (ours: --variant 1s)', (s) =>
      times(at('m1', 'steady', s.system === 'bellwether' ? { ...s, variant: '1s' } : s, 32)?.udpBytesPerNodePerS, { medianMost: 140, unit: 'B/s' }),
    ),
    row('the same with default settings', '≤ 275', 'm1.mjs --n 32 --windows', (s) =>
      times(at('m1', 'steady', s, 32)?.udpBytesPerNodePerS, { medianMost: 275, unit: 'B/s' }),
    ),
    row('SIGSTOP 1.5 s of one of 32: healthy members declared failed', '0', 'm1.mjs --n 32 --pauses', (s) =>
      counts(at('m1', 'pause-1500', s, 32)?.healthyDeclared, 0),
    ),
    row('… observers that declared the stopped one failed', '0', '', (s) => counts(at('m1', 'pause-1500', s, 32)?.observersOfPaused, 0)),
    row('25 % loss of all packets for 60 s, n = 32: declared failed', '0', 'm1.mjs --n 32 --loss 25,40', (s) =>
      counts(at('m1', 'loss-25', s, 32)?.falseFailures, 0),
    ),
    row('40 % loss', '≤ 2', '', (s) => counts(at('m1', 'loss-40', s, 32)?.falseFailures, 2)),
    row('one of 32 stalled 300 ms in every 400, for 60 s: healthy members declared failed', '0', 'm1.mjs --n 32 --stalls', (s) =>
      counts(at('m1', 'stall', s, 32)?.falseFailures, 0),
    ),
    row('… the stalled one declared failed', '0', '', (s) => counts(at('m1', 'stall', s, 32)?.ofTroubled, 0)),
    row('all 32 starved of processor time for 60 s: declared failed', '0', 'm1.mjs --n 32 --starves', (s) =>
      counts(at('m1', 'starve', s, 32)?.falseFailures, 0),
    ),
    row('CPU of an idle node, n = 32', '≤ 0.5 %', 'm1.mjs --n 32 --windows', (s) =>
      times(at('m1', 'steady', s, 32)?.cpuPctPerNode, { medianMost: 0.5, digits: 2, unit: '%' }),
    ),
    row('pings answered per second by one process, 64 outstanding', '≥ 40,000', 'm3.mjs', (s) => flood(stored, s, 'ackedPerS', (x) => x >= 40_000, 0, '/s')),
    row('processor time for each', '≤ 25 µs', '', (s) => flood(stored, s, 'targetCpuUsPerMsg', (x) => x <= 25, 1, 'µs')),
  );
  return { rows, repeat: `${R} membership` };
}
/** median of answers under 64 outstanding. */
function flood(stored, { system }, key, meets, digits, unit) {
  const measured = stored.find('m3', system)?.window64?.[key];
  if (measured === undefined) return NONE;
  const { min, median: m, max, n } = measured;
  return { text: `${number(m, digits)} ${unit}, ${number(min, digits)} to ${number(max, digits)} (${n})`, met: meets(m) };
}

export function electionRows(stored) {
  const m2 = (s, key) => stored.find('m2', key, s);
  const row = (what, target, by, cell) => ({ what, target, by: by && `m2.mjs --${by}`, cell });
  const ends = (key, bounds) => (s) => times(m2(s, key)?.raw, { digits: 1, ...bounds });
  const rows = [
    row('kill -9 of the leader → next', 'median ≤ 650, worst ≤ 800', 'kills', ends('kill', { medianMost: 650, mostMost: 800, digits: 0 })),
    row(
      '… after the longest promise at the electing majority ended, by the voters’ own records',
      '≤ 50, + R = 150 where its record says that a packet was lost',
      '',
      (s) => {
        const kill = m2(s, 'kill');
        if (!kill?.over?.length) return NONE;
        const cell = times(kill.over, { digits: 1 });
        const waited = kill.resent?.filter((x) => x > 0).length ?? 0; // results from before there was such a record have none
        return {
          text: `${cell.text}, later than that ${kill.broken} times; ${waited} waited for a lost packet`,
          met: kill.broken === 0 && kill.over.every((x) => x !== null),
        };
      },
    ),
    row('… as the winner’s takeover record says', '', '', (s) => times(m2(s, 'kill')?.recorded, { digits: 1 })),
    row('SIGTERM → next', '≤ 60', 'terms', ends('term', { mostMost: 60 })),
    row(
      'uncaught exception → next',
      '≤ crashDrainMs + 30 = 110',
      'crashes',
      ends('crash', { mostMost: (stored.find('m2', 'crash', { variant: 'five', system: 'bellwether-election' })?.crashDrainMs ?? 80) + 30 }),
    ),
    row('all started at once → a leader, from when the last process could be reached (its socket open; of others: its process ran)', '≤ 150', 'together', (s) =>
      times(m2(s, 'together')?.fromOpen?.length > 0 ? m2(s, 'together').fromOpen : m2(s, 'together')?.fromUp, { mostMost: 150 }),
    ),
    row('… from when the last process ran, its modules loaded', '', '', (s) => times(m2(s, 'together')?.fromUp)),
    row('… from when the last was ready (a member)', '', '', (s) => times(m2(s, 'together')?.fromReady)),
    row('… from when the last process was started', '', '', (s) => times(m2(s, 'together')?.fromStart)),
    row('resign → next', 'median ≤ 10, worst ≤ 60', 'resigns', ends('resign', { medianMost: 10, mostMost: 60 })),
    row('SIGSTOP of the leader → next', '', 'pauses', (s) => times(m2(s, 'pause')?.newLeader)),
    row('… SIGCONT → the old one knows', '', '', (s) => times(m2(s, 'pause')?.stale, { digits: 1 })),
    row('… what it did before that, through the gate', '0', '', (s) => {
      const gated = m2(s, 'pause')?.gated;
      if (!gated?.some((x) => x !== null)) return NONE; // has none
      return { text: `${sum(gated.map((x) => x ?? Infinity))} in ${gated.length}`, met: gated.every((x) => x === 0) };
    }),
    row('… and past no gate', '', '', (s) => {
      const acts = m2(s, 'pause')?.acts;
      if (!acts?.length) return NONE;
      return acts.every((x) => x === null) ? { text: 'not counted' } : { text: `${sum(acts.map((x) => x ?? 0))} in ${acts.length}` };
    }),
    row('the leader’s host cut off → next', '', 'partitions', (s) => times(m2(s, 'partition')?.newLeader)),
    row('… the old one has stopped before: least time between (less than 0: both led)', '> 0', '', (s) => {
      const partition = m2(s, 'partition');
      if (partition === undefined) return NONE;
      const { gap, newLeader, oldKnows, staleLimitMs } = partition;
      const seen = gap.filter((x) => x !== null);
      const stayed = oldKnows.filter((x, i) => x === null && newLeader[i] !== null).length;
      const parts = [];
      if (seen.length > 0) parts.push(`${number(Math.min(...seen))} ms`);
      if (stayed > 0) parts.push(`led on for > ${number(staleLimitMs / 1000)} s in ${stayed}`);
      if (newLeader.some((x) => x === null)) parts.push(`no next in ${newLeader.filter((x) => x === null).length}`);
      return { text: `${parts.join(', ')} (${gap.length})`, met: stayed === 0 && seen.length === gap.length && seen.every((x) => x > 0) };
    }),
  ];
  return { rows, repeat: `${R} election` };
}

/** What only this project has: no others beside it. */
export function endingRows(stored) {
  const m5 = (key) => stored.find('m5', key);
  const watchdog = m5('watchdog');
  const blocked = m5('blocked');
  const exec = m5('exec');
  const witness = m5('witness');
  const rows = [];
  if (watchdog)
    rows.push(
      [
        'event loop blocked for 3 s, onOverrun exit: the process is gone, after its lease’s end',
        '≤ 50 ms',
        times(watchdog.goneAfterEnd, { mostMost: 50, digits: 1 }),
      ],
      ['… and the next leads, after that end', '', times(watchdog.nextAfterEnd, { digits: 1 })],
    );
  if (blocked)
    rows.push([
      'the same, onOverrun report: by how much it was told too late (`overrunMs` in `lost`)',
      'reported each time',
      { ...times(blocked.overrun, { digits: 0 }), met: blocked.overrun.every((x) => x !== null && x > 0) },
    ]);
  if (exec)
    rows.push(
      [
        'kill -9 of exec: its command is gone before another node starts it',
        'each time',
        { text: `${exec.next.length - exec.overlaps} of ${exec.next.length}`, met: exec.overlaps === 0 },
      ],
      ['… from the last mark of the former command to the first of the next', '> 0', { ...times(exec.gap), met: exec.gap.every((x) => x > 0) }],
      ['… an exec process that ended by itself meanwhile', '0', { text: String(exec.exited), met: exec.exited === 0 }],
    );
  if (witness)
    rows.push(
      [
        'two nodes and a witness: kill -9 of the leading node → the other leads',
        'each time',
        { ...times(witness.leaderKilled), met: witness.leaderKilled.every((x) => x !== null) },
      ],
      [
        '… kill -9 of the other node: the leader stays',
        'each time',
        { text: `${witness.otherKilled.filter(Boolean).length} of ${witness.otherKilled.length}`, met: witness.lostWithout === 0 },
      ],
    );
  return { rows, repeat: `${R} election` };
}
