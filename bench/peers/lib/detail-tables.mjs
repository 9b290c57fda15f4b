// Everything that was measured, system by system: least / **median** / most.
import { spread, sum } from './stored.mjs';

export function detailTables(stored) {
  let text = '';
  const table = (title, head, rows) => {
    if (rows.length > 0)
      text += `### ${title}\n\n| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|\n${rows.map((r) => `| ${r.join(' | ')} |`).join('\n')}\n\n`;
  };
  const tag = (r) => /-n\d+-(\w+)\.json$/.exec(r.file)?.[1];
  const name = (r) => `${r.system} ${r.variant}${tag(r) ? ` (${tag(r)} run)` : ''}`;
  const m1 = stored.of('m1').sort((a, b) => a.system.localeCompare(b.system) || a.variant.localeCompare(b.variant) || a.n - b.n);
  /** Sections whose key begins so: [[what follows, section], …]. */
  const sections = (r, prefix) => Object.entries(r).flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : []));

  table(
    'Start, kill, leave (ms)',
    [
      'system',
      'N',
      'last start → all see all',
      'from when its process ran',
      'kill -9 → first',
      'kill -9 → all',
      'restart → all agree',
      'leave → first',
      'leave → all',
      'machine busy %',
    ],
    m1
      .filter((r) => r.kill || r.leave || r.converge?.raw.length >= 3)
      .map((r) => [
        name(r),
        r.n,
        spread(r.converge?.raw ?? []),
        spread(r.converge?.fromUp ?? []),
        spread(r.kill?.first ?? []),
        spread(r.kill?.all ?? []),
        spread(r.kill?.rejoin ?? []),
        spread(r.leave?.first ?? []),
        spread(r.leave?.all ?? []),
        r.done.kill?.load.busyPct ?? r.done.converge?.load.busyPct ?? '–',
      ]),
  );
  table(
    'A quiet cluster, per node',
    ['system', 'N', 'UDP packets/s', 'UDP bytes/s (IP)', 'TCP bytes/s', 'CPU %', 'RSS MiB', 'PSS MiB', 'false failures', 'machine busy %'],
    m1
      .filter((r) => r.steady)
      .map(({ steady: s, ...r }) => [
        name(r),
        r.n,
        spread(s.udpPacketsPerNodePerS, 2),
        spread(s.udpBytesPerNodePerS),
        spread(s.tcpBytesPerNodePerS),
        spread(s.cpuPctPerNode, 2),
        spread(s.rssMiBPerNode, 1),
        spread(s.pssMiBPerNode, 1),
        sum(s.falseFailures),
        spread(s.busyPct, 1),
      ]),
  );
  table(
    'One node stopped (SIGSTOP), then continued',
    [
      'system',
      'N',
      'for ms',
      'cycles',
      '… it was declared failed in',
      '… a healthy node was',
      'failures the stopped node declared',
      'SIGCONT → all agree (ms), where there was a failure',
    ],
    m1.flatMap((r) =>
      sections(r, 'pause-').map(([ms, p]) => [
        name(r),
        r.n,
        ms,
        p.healMs.length,
        p.observersOfPaused.filter((x) => x > 0).length,
        p.healthyDeclared.filter((x) => x > 0).length,
        sum(p.declaredByPaused),
        spread(p.healMs.filter((_, i) => p.observersOfPaused[i] + p.healthyDeclared[i] + p.declaredByPaused[i] > 0)),
      ]),
    ),
  );
  table(
    'Random loss',
    [
      'system',
      'N',
      'loss',
      'rounds of s',
      'false failures (observer × subject)',
      'distinct nodes',
      'time with someone failed in some view (%)',
      'whole again after (ms)',
      'dropped as measured (%)',
    ],
    m1.flatMap((r) =>
      sections(r, 'loss-').map(([percent, l]) => [
        name(r),
        r.n,
        `${String(percent)} % of ${l.proto === 'all' ? 'all IP' : 'UDP'}`,
        `${l.falseFailures.length} × ${l.seconds}`,
        l.falseFailures.join(', '),
        l.subjects.join(', '),
        l.notAllAlivePct.join(', '),
        l.healMs.map((x) => x ?? 'never').join(', '),
        l.droppedPct.join(', '),
      ]),
    ),
  );
  table(
    'Hosts cut off without a carrier change, and halves healed (ms)',
    ['system', 'cuts, one of 8', 'cut → first of the others', 'cut → all others', 'back → all agree', 'splits, 3 and 3', 'seconds apart', 'healed → all agree'],
    stored
      .of('m4')
      .map((r) => [
        name(r),
        r.cut?.all.length ?? '–',
        spread(r.cut?.first ?? []),
        spread(r.cut?.all ?? []),
        spread(r.cut?.rejoin ?? []),
        r.split?.whole.length ?? '–',
        r.split?.seconds ?? '–',
        spread(r.split?.whole ?? []),
      ]),
  );
  table(
    'Election (ms)',
    [
      'system',
      'kill -9 → next',
      'with the store’s leader',
      'SIGTERM',
      'exception',
      'resign',
      'SIGSTOP → next',
      'SIGCONT → old knows',
      'cut off → next',
      'cut off → old knows',
      'both lead for',
      'started together → leader',
      'double leaders unprovoked',
    ],
    stored
      .of('m2')
      .map((r) => [
        name(r),
        spread(r.kill?.raw ?? []),
        spread(r.killWithStoreLeader?.raw ?? []),
        spread(r.term?.raw ?? [], 1),
        spread(r.crash?.raw ?? [], 1),
        spread(r.resign?.raw ?? [], 1),
        spread(r.pause?.newLeader ?? []),
        spread(r.pause?.stale ?? [], 1),
        spread(r.partition?.newLeader ?? []),
        spread(r.partition?.oldKnows ?? []),
        spread(r.partition?.twoLeaders ?? []),
        spread(r.together?.fromStart ?? []),
        sum(Object.keys(r.done).map((key) => r[key].spontaneousDoubleLeaders ?? 0)),
      ]),
  );
  table(
    'What of both processors was used meanwhile, by whomever (%)',
    ['system', 'N', 'in each part of its run'],
    stored.all
      .filter(({ system }) => system)
      .map((r) => [
        name(r),
        r.n ?? r.size ?? '–',
        Object.entries(r.done)
          .filter(([part]) => part !== 'audit')
          .map(([part, { load }]) => `${part} ${load.busyPct}`)
          .join(', '),
      ]),
  );
  const f3 = (s) => (!s || s.n === 0 ? '–' : `${s.min} / **${s.median}** / ${s.max}`);
  const m3 = stored.of('m3');
  table(
    'Pings answered by one process',
    ['', 'answered per s', 'its CPU %', 'µs each', 'unanswered %', 'machine busy %'],
    m3.flatMap((r) =>
      ['bellwether', 'memberlist', 'happn', 'swim'].flatMap((s) =>
        Object.entries(r[s] ?? {}).map(([mode, x]) => [
          `${s}, ${mode}`,
          f3(x.ackedPerS),
          f3(x.targetCpuPct),
          f3(x.targetCpuUsPerMsg),
          f3(x.lostPct),
          r.done[s].load.busyPct,
        ]),
      ),
    ),
  );
  table(
    'node:dgram with 200 bytes, the least that a Node process does',
    ['', 'served per s', 'server CPU µs', 'client CPU µs', 'RTT p50 ms', 'RTT p99 ms'],
    m3.flatMap((r) =>
      Object.entries(r.dgram ?? {}).map(([k, x]) => [k, f3(x.servedPerS), f3(x.serverCpuUsPerMsg), f3(x.clientCpuUsPerMsg), f3(x.rttP50Ms), f3(x.rttP99Ms)]),
    ),
  );
  table(
    'Codecs, a ping with six updates',
    ['', 'bytes', 'encode per s', 'decode per s'],
    m3.flatMap((r) => Object.entries(r.codec ?? {}).map(([k, x]) => [k, x.bytes, f3(x.encodePerS), f3(x.decodePerS)])),
  );
  return text;
}
