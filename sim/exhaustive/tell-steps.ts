import { type Deny, type Entry, Op, type RDeny } from '../../src/election/messages.ts';
import { type Datagram, VOTERS } from './step-world.ts';
import { short } from './step-safety.ts';
import type { Scene, Walk } from './walk-steps.ts';

/** One line of a trace. */
export interface TraceLine {
  /** True time since the start, in milliseconds. */
  readonly atMs: number;
  /** Whose step it is. */
  readonly node: string;
  /** Who holds a valid lease now. */
  readonly leads: readonly string[];
  readonly words: string;
}

/** A way to a bad state in plain words, in the order in which it happens. */
export function tell({ scenes }: Walk, datagrams: readonly Datagram[], isOld: (datagram: number) => boolean): TraceLine[] {
  const heard = new Set<number>();
  const lines: TraceLine[] = [];
  let paused: Scene['step'] | null = null;
  for (const scene of scenes) {
    const { atMs, step, node, outcome, before, after, looks } = scene;
    const leads = looks.filter(({ leaseUs }) => leaseUs > 0).map((look) => VOTERS[look.node]!);
    if (step.kind === 'pause' && step !== paused) {
      paused = step;
      lines.push({ atMs, node: VOTERS[step.node]!, leads, words: 'does not run' });
    }
    const words = [causeOf(scene, datagrams, isOld, heard)];
    if (outcome.broke !== '') words.push(`breaks down: ${outcome.broke}`);
    for (const said of sayings(outcome.sent.map((id) => datagrams[id]!))) words.push(said);
    if (after.term > 0 && (before.term !== after.term || before.life !== after.life)) words.push(`leads in term #${short(after.term)}`);
    else if (before.leaseUs > 0 && after.leaseUs === -Infinity) words.push('leads no more');
    lines.push({ atMs, node: VOTERS[node]!, leads, words: words.join('; ') });
  }
  return lines;
}

function causeOf({ step }: Scene, datagrams: readonly Datagram[], isOld: (datagram: number) => boolean, heard: Set<number>): string {
  if (step.kind === 'arrive') {
    const { from, packet } = datagrams[step.datagram]!;
    const again = heard.has(step.datagram) ? ' again' : isOld(step.datagram) ? ', under way since before' : '';
    heard.add(step.datagram);
    return `hears ${VOTERS[from]}${again}: ${packet.entries.map(wordsOf).join(', ')}`;
  }
  if (step.kind === 'restart') return 'restarts without a memory';
  if (step.kind === 'resign') return 'resigns, and its job goes on for a while';
  if (step.kind === 'settle') return 'its job has ended';
  return 'runs what is due';
}

/** `→ a, c: renews #3`: the same to several is told once. */
function sayings(datagrams: readonly Datagram[]): string[] {
  const byWords = new Map<string, Set<string>>();
  for (const { to, packet } of datagrams) {
    const words = packet.entries.map(wordsOf).join(', ');
    byWords.set(words, (byWords.get(words) ?? new Set()).add(VOTERS[to]!));
  }
  return [...byWords].map(([words, to]) => `→ ${[...to].join(', ')}: ${words}`);
}

function wordsOf(entry: Entry): string {
  switch (entry.op) {
    case Op.bid:
      return `bid #${short(entry.ballot)}`;
    case Op.grant:
      return `promise of #${short(entry.ballot)}`;
    case Op.deny:
      return `no to #${short(entry.ballot)} (${whyOf(entry, entry.holder)})`;
    case Op.renew:
      return `renewal of #${short(entry.term)}`;
    case Op.rack:
      return `#${short(entry.term)} renewed`;
    case Op.rdeny:
      return `no to the renewal of #${short(entry.term)} (${whyOf(entry, entry.holder)})`;
    case Op.release:
      return `release of #${short(entry.term)}`;
    case Op.recover:
      return 'what was promised?';
    case Op.recovered:
      return entry.active ? `promised up to #${short(entry.floor)}` : 'I do not know either';
    case Op.hint:
      return entry.holder === '' ? 'nobody leads here' : `${entry.holder} leads in #${short(entry.term)}`;
    default:
      return 'something else';
  }
}

const whyOf = ({ why }: Deny | RDeny, holder: string): string => (why === 'held' ? `held by ${holder}` : why);

/** As a space-time diagram: `┃` leads, `●` or `◉` (leading) does something. */
export function drawn(lines: readonly TraceLine[]): string[] {
  return [
    `    ms  ${VOTERS.join(' ')}`,
    ...lines.map(({ atMs, node, leads, words }) => {
      const lanes = VOTERS.map((name) => (leads.includes(name) ? (name === node ? '◉' : '┃') : name === node ? '●' : '│'));
      return `${String(atMs).padStart(6)}  ${lanes.join(' ')}  ${node} ${words}`;
    }),
  ];
}
