import type { Line } from '../output.ts';

/** One node's leadership of one election, on the clock all processes of the host share (ms). */
export interface Tenure {
  readonly election: string;
  readonly node: string;
  readonly term: number;
  readonly from: number;
  readonly to: number;
  /** How it ended: the `lost` reason, `killed`, `paused`, or `end of the demo`. */
  readonly why: string;
}

/** From a leader's end to the next one's beginning. */
export interface Takeover {
  readonly election: string;
  readonly from: string;
  readonly to: string;
  readonly term: number;
  /** What ended the former tenure: an action of the demo, or the `lost` reason. */
  readonly cause: string;
  /** From that action (or the loss) to `elected`. */
  readonly ms: number;
}

export interface Summary {
  readonly tenures: readonly Tenure[];
  readonly takeovers: readonly Takeover[];
  /** The longest time in which two nodes led one election; 0 is the promise. */
  readonly overlapMs: number;
  readonly promisesHeld: boolean;
  /** Broken promises in words. */
  readonly broken: readonly string[];
}

interface Open {
  readonly election: string;
  readonly node: string;
  readonly term: number;
  readonly from: number;
  /** When the process was stopped, while it is. */
  pausedAt: number | null;
}

/**
 * Judges a run from its lines alone.
 *
 * A tenure runs from `elected` to `lost`; to the end of the lease where that was told too late
 * (`remainingMs` negative); to the kill. A process that was stopped tells the end of its lease when it goes on. Of one that
 * never does nobody knows it (it may have been renewed until the stop, or hardly), but it did nothing since: it led until the stop.
 *
 * @param endMono When it was over, for tenures that were not.
 */
export function summarize(lines: readonly Line[], endMono: number): Summary {
  const ordered = [...lines].sort((a, b) => a.mono - b.mono);
  const tenures: Tenure[] = [];
  const broken: string[] = [];
  const open = new Map<string, Open>();
  const key = (node: string, election: string): string => `${node} ${election}`;
  const end = (tenure: Open, to: number, why: string): void => {
    open.delete(key(tenure.node, tenure.election));
    tenures.push({ election: tenure.election, node: tenure.node, term: tenure.term, from: tenure.from, to: Math.max(tenure.from, to), why });
  };
  for (const line of ordered) {
    const { node, mono } = line;
    if (line.event === 'elected') {
      const election = String(line['election']);
      const earlier = open.get(key(node, election));
      if (earlier !== undefined) {
        broken.push(`${node} was elected for '${election}' twice without losing it`);
        end(earlier, mono, 'elected again');
      }
      open.set(key(node, election), { election, node, term: Number(line['term']), from: mono, pausedAt: null });
    } else if (line.event === 'lost') {
      const tenure = open.get(key(node, String(line['election'])));
      if (tenure !== undefined) end(tenure, mono + Math.min(0, Number(line['remainingMs'])), String(line['reason']));
    } else if (line.event === 'action') {
      const theirs = [...open.values()].filter((tenure) => tenure.node === line['target']);
      if (line['action'] === 'kill') for (const tenure of theirs) end(tenure, tenure.pausedAt ?? mono, 'killed');
      if (line['action'] === 'pause') for (const tenure of theirs) tenure.pausedAt = mono;
      if (line['action'] === 'resume') for (const tenure of theirs) tenure.pausedAt = null;
    }
  }
  for (const tenure of [...open.values()]) end(tenure, tenure.pausedAt ?? endMono, tenure.pausedAt === null ? 'end of the demo' : 'paused');
  tenures.sort((a, b) => a.from - b.from);

  let overlapMs = 0;
  for (const [i, a] of tenures.entries()) {
    for (const b of tenures.slice(i + 1)) {
      if (a.election !== b.election) continue;
      const overlap = Math.min(a.to, b.to) - b.from;
      if (overlap > 0) {
        overlapMs = Math.max(overlapMs, overlap);
        broken.push(`${a.node} (term ${a.term}) and ${b.node} (term ${b.term}) both led '${a.election}' for ${overlap.toFixed(1)} ms`);
      }
      if (b.term <= a.term) broken.push(`term ${b.term} of ${b.node} came after term ${a.term} of ${a.node} in '${a.election}'`);
    }
  }
  return { tenures, takeovers: takeoversOf(ordered, tenures), overlapMs, promisesHeld: broken.length === 0, broken };
}

function takeoversOf(lines: readonly Line[], tenures: readonly Tenure[]): Takeover[] {
  const takeovers: Takeover[] = [];
  const last = new Map<string, Tenure>();
  for (const tenure of tenures) {
    const former = last.get(tenure.election);
    last.set(tenure.election, tenure);
    if (former === undefined) continue;
    // The last thing done to the former leader while it led (or as its lease ran out) is the cause.
    const action = lines.findLast(
      (line) =>
        line.event === 'action' &&
        line['target'] === former.node &&
        line.mono >= former.from &&
        line.mono <= tenure.from &&
        line['action'] !== 'resume' &&
        line['action'] !== 'restart',
    );
    const released = lines.some((line) => line.event === 'release' && line['target'] === former.node && line.mono >= former.from && line.mono <= tenure.from);
    takeovers.push({
      election: tenure.election,
      from: former.node,
      to: tenure.node,
      term: tenure.term,
      cause: released ? 'released-by-supervisor' : action === undefined ? former.why : String(action['action']),
      ms: tenure.from - (action?.mono ?? former.to),
    });
  }
  return takeovers;
}

/** The summary for people. */
export function tellSummary(summary: Summary, leaseMs: number): string {
  const start = summary.tenures[0]?.from ?? 0;
  const seconds = (mono: number): string => `${((mono - start) / 1000).toFixed(2)} s`.padStart(9);
  const lines = ['', '  Who led when (from the first leader on):'];
  for (const t of summary.tenures) lines.push(`    ${t.node.padEnd(6)} term ${t.term}  ${seconds(t.from)} to ${seconds(t.to)}   ${t.why}`);
  if (summary.takeovers.length > 0) lines.push('', '  Takeovers:');
  for (const t of summary.takeovers) lines.push(`    ${t.from} to ${t.to}  ${Math.round(t.ms)} ms after ${causeInWords(t.cause)}`);
  lines.push('', summary.promisesHeld ? `  Every promise held: never two leaders, and terms only rose. (A lease is ${leaseMs} ms.)` : '  BROKEN:');
  for (const promise of summary.broken) lines.push(`    ${promise}`);
  return `${lines.join('\n')}\n`;
}

export function causeInWords(cause: string): string {
  switch (cause) {
    case 'kill':
      return 'kill -9';
    case 'pause':
      return 'the leader was stopped';
    case 'partition':
      return 'the leader was cut off';
    case 'resign':
      return 'the leader resigned';
    case 'released-by-supervisor':
      return 'kill -9, and a release by the demo that saw it dead';
    default:
      return cause;
  }
}

/** An `action` line: `kill n3`, `heal all`. */
export function actionInWords(line: Line): string {
  const { action, target } = line as Line & { readonly action: string; readonly target: string | null };
  return `${action} ${target ?? 'all'}`;
}
