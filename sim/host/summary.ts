import type { CloseCall } from '../check/leases.ts';
import type { InvariantId } from '../check/violation.ts';
import { combine32, hash32 } from '../../src/core/hash.ts';
import type { RunResult } from '../run.ts';

/** One run in few words: what workers send home. Plain data. */
export interface RunSummary {
  readonly seed: number;
  readonly verdict: RunResult['verdict'] | 'internal';
  /** The first broken invariant, what was missing, or what was thrown. */
  readonly words: string | null;
  readonly invariant: InvariantId | null;
  readonly excuse: string | null;
  readonly acquisitions: number;
  readonly takeovers: number;
  readonly closest: CloseCall | null;
  readonly marks: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, number>>;
  readonly events: number;
  readonly datagrams: number;
  readonly simulatedUs: number;
  readonly traceHash: string;
}

export function summaryOf(result: RunResult): RunSummary {
  const [first] = result.violations;
  return {
    seed: result.plan.seed,
    verdict: result.verdict,
    invariant: first?.id ?? null,
    excuse: result.excuse,
    words:
      first?.words ??
      (result.verdict === 'liveness' || result.verdict === 'vacuous'
        ? [...result.views.missing, ...result.leaders.missing, ...result.missed].slice(0, 6).join('; ')
        : null),
    acquisitions: result.acquisitions,
    takeovers: result.takeovers,
    closest: result.closest,
    marks: result.marks,
    checks: result.checks,
    events: result.events,
    datagrams: result.network.sent,
    simulatedUs: result.simulatedUs,
    traceHash: result.traceHash,
  };
}

export function internalError(seed: number, error: unknown): RunSummary {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    seed,
    verdict: 'internal',
    words,
    invariant: null,
    excuse: null,
    acquisitions: 0,
    takeovers: 0,
    closest: null,
    marks: {},
    checks: {},
    events: 0,
    datagrams: 0,
    simulatedUs: 0,
    traceHash: '',
  };
}

/** Many runs together: sums and extremes, the same in whatever order they came. */
export interface SweepReport {
  readonly seeds: number;
  readonly failures: readonly RunSummary[];
  /** Runs that could not become whole in time, by the reason that was proven. */
  readonly excused: Readonly<Record<string, number>>;
  readonly acquisitions: number;
  readonly takeovers: number;
  readonly closest: (CloseCall & { readonly seed: number }) | null;
  readonly marks: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, number>>;
  readonly events: number;
  readonly datagrams: number;
  readonly simulatedUs: number;
  /** Hash of every run's trace, in order of seeds: two sweeps of one program agree in it, with any number of workers. */
  readonly reportHash: string;
}

const FAILURES_KEPT = 32;
/** More excused runs than this hide something. Percent. */
const EXCUSED_MAX = 2;

/** Whether so many runs were excused that nobody should believe the rest. */
export function isExcusedTooOften(report: SweepReport): boolean {
  const excused = Object.values(report.excused).reduce((sum, count) => sum + count, 0);
  return excused * 100 > EXCUSED_MAX * report.seeds;
}

export function sweepReport(rows: readonly RunSummary[]): SweepReport {
  const ordered = [...rows].sort((a, b) => a.seed - b.seed);
  const marks = new Map<string, number>();
  const checks = new Map<string, number>();
  const excused = new Map<string, number>();
  const add = (to: Map<string, number>, counts: Readonly<Record<string, number>>): void => {
    for (const [name, count] of Object.entries(counts)) to.set(name, (to.get(name) ?? 0) + count);
  };
  const sum = (of: (row: RunSummary) => number): number => ordered.reduce((total, row) => total + of(row), 0);
  let low = 0;
  let high = 0;
  let closest: SweepReport['closest'] = null;
  for (const row of ordered) {
    add(marks, row.marks);
    add(checks, row.checks);
    if (row.excuse !== null) add(excused, { [row.excuse]: 1 });
    low = combine32(combine32(low, row.seed), hash32(`${row.traceHash} ${row.verdict}`));
    high = combine32(high, hash32(row.traceHash, 1));
    if (row.closest !== null && (closest === null || row.closest.slackUs < closest.slackUs)) closest = { ...row.closest, seed: row.seed };
  }
  const sorted = (counts: Map<string, number>): Record<string, number> => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    seeds: ordered.length,
    failures: ordered.filter(({ verdict }) => verdict !== 'pass').slice(0, FAILURES_KEPT),
    excused: sorted(excused),
    acquisitions: sum((r) => r.acquisitions),
    takeovers: sum((r) => r.takeovers),
    closest,
    marks: sorted(marks),
    checks: sorted(checks),
    events: sum((r) => r.events),
    datagrams: sum((r) => r.datagrams),
    simulatedUs: sum((r) => r.simulatedUs),
    reportHash: high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0'),
  };
}
