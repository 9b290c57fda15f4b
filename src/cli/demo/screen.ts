import { styleText } from 'node:util';
import sliceAnsi from 'slice-ansi';
import { causeInWords, type Takeover } from './summary.ts';
import type { Actor } from './cast.ts';

export interface Scene {
  readonly actors: readonly Actor[];
  readonly selected: string | null;
  readonly leaseMs: number;
  readonly preset: string;
  readonly takeover: (Takeover & { readonly leftMs: number | null }) | null;
  /** Oldest first; as many of the last are shown as there is room for. */
  readonly recent: readonly string[];
  /** Of the terminal. */
  readonly columns: number;
  readonly rows: number;
}

/** The latest things that happened, below the table: no more than these, and in a low terminal fewer. */
export const RECENT = 7;
const RECENT_MIN = 2;
/** Lines of a screen beside those of nodes and of what happened, with the one that the cursor stands on. */
const FRAME_LINES = 13;
/** Names are written out in the column of who is seen while they are short enough; else each is one sign. */
const NAMES_MAX = 20;
const BELIEF = 19;
/** The bar of what is left of a lease; it is left out where it would be too short to say anything. */
const BAR_MAX = 20;
const BAR_MIN = 4;
const MS = '1234 ms'.length;

const KEYS = [
  ['k', 'kill'],
  ['p', 'pause'],
  ['c', 'continue'],
  ['r', 'restart'],
  ['s', 'step down'],
  ['x', 'cut off'],
  ['h', 'heal'],
  ['q', 'quit'],
] as const;

const dim = (text: string): string => styleText('dim', text);
const bold = (text: string): string => styleText('bold', text);

/**
 * The whole screen as text, anew ten times a second: never wider than the terminal, as a line that wraps
 * moves all below it, nor higher, where there are few enough nodes. Pure, so that a test can look at it.
 */
export function draw(scene: Scene): string {
  const { actors, leaseMs, takeover } = scene;
  const names = actors.map(({ name }) => name);
  const wide = names.join(' ').length > NAMES_MAX;
  const seenWidth = wide ? names.length : names.join(' ').length;
  const sees = Math.max('sees'.length, seenWidth);
  const left = '   1 n12  1234567 cut off     '.length + sees + 2 + BELIEF + 1;
  const bar = Math.min(BAR_MAX, scene.columns - left - MS - 1);
  const lines = [
    '',
    `  ${bold('Bellwether')}  ${actors.length} processes agree on one leader over UDP.  ${dim(`${scene.preset}, lease ${leaseMs} ms`)}`,
    '',
    dim(`     ${'node'.padEnd(4)} ${'pid'.padEnd(7)} ${'state'.padEnd(11)} ${'sees'.padEnd(sees)}  ${'thinks who leads'.padEnd(BELIEF)} lease left`),
  ];
  for (const [i, actor] of actors.entries()) {
    const { status } = actor;
    const running = actor.state === 'running';
    const stateAt = (name: string): string | null => (running ? (status?.members.find((member) => member.name === name)?.state ?? null) : null);
    const seen = names.map((name) => dot(stateAt(name), name, wide)).join(wide ? '' : ' ') + ' '.repeat(sees - seenWidth);
    const leftMs = running && status !== null && actor.leads !== null ? Math.max(0, status.remainingMs) : null;
    const mark = scene.selected === actor.name ? styleText('cyan', '>') : ' ';
    lines.push(
      ` ${mark} ${dim(i < 9 ? String(i + 1) : ' ')} ${bold(actor.name.padEnd(4))} ${String(actor.child?.pid ?? '').padEnd(7)} ${stateOf(actor)} ${seen}  ${beliefOf(actor)} ${leftMs === null ? '' : leaseLeft(leftMs, leaseMs, bar)}`,
    );
  }
  lines.push(
    '',
    dim(`     sees: ${wide ? '● alive' : styleText('green', 'alive')} ${styleText('yellow', 'suspect?')} ${styleText('red', 'failed×')} left–`),
    '',
  );
  lines.push(
    takeover === null
      ? dim('  No takeover yet. Press k to kill the leader.')
      : `  Takeover: ${bold(`${Math.round(takeover.ms)} ms`)} after ${causeInWords(takeover.cause)}, ${takeover.from}→${takeover.to}${takeover.leftMs === null ? '' : dim(` (${Math.round(takeover.leftMs)} ms of lease left)`)}`,
  );
  lines.push('');
  // Always as many lines: a screen that grows and shrinks flickers.
  const room = Math.max(RECENT_MIN, Math.min(RECENT, scene.rows - FRAME_LINES - actors.length));
  const recent = scene.recent.slice(-room);
  for (let i = 0; i < room; i += 1) lines.push(dim(`  ${recent[i] ?? ''}`));
  lines.push(
    '',
    `  ${KEYS.map(([name, does]) => key(name, does)).join('  ')}`,
    `  ${key(`1-${Math.min(9, actors.length)}`, 'choose')}  ${dim(scene.selected === null ? 'keys act on the leader' : `keys act on ${scene.selected}; 0: on the leader again`)}`,
  );
  return lines.map((line) => sliceAnsi(line, 0, scene.columns).trimEnd()).join('\n');
}

function beliefOf({ name, state, status }: Actor): string {
  if (state !== 'running' || status === null) return ' '.repeat(BELIEF);
  if (status.leader === null) return dim(`nobody: ${status.reason ?? 'unknown'}`.slice(0, BELIEF).padEnd(BELIEF));
  return `${status.leader === name ? 'itself' : status.leader}, term ${shortTerm(status.term)}`.padEnd(BELIEF);
}

function leaseLeft(leftMs: number, leaseMs: number, bar: number): string {
  const text = `${String(Math.round(leftMs)).padStart(4)} ms`;
  if (bar < BAR_MIN) return text;
  const filled = Math.min(bar, Math.round((leftMs / leaseMs) * bar));
  return `${styleText('green', '█'.repeat(filled))}${dim('░'.repeat(bar - filled))} ${text}`;
}

/** Terms start at a wall clock's count after a cold start; the end of the number is what one compares. */
function shortTerm(term: number): string {
  return term < 100_000 ? String(term) : `…${String(term % 100_000).padStart(5, '0')}`;
}

function key(name: string, does: string): string {
  return `${styleText(['bold', 'cyan'], name)} ${does}`;
}

/** A member as another sees it: its name, or one sign where there are many. */
function dot(state: string | null, name: string, isSign: boolean): string {
  const number = isSign ? '' : name.slice(1);
  switch (state) {
    case 'alive':
      return styleText('green', isSign ? '●' : name);
    case 'suspect':
      return styleText('yellow', `${number}?`);
    case 'failed':
      return styleText('red', `${number}×`);
    case 'left':
      return dim(`${number}–`);
    default:
      return dim('·'.repeat(isSign ? 1 : name.length));
  }
}

function stateOf(actor: Actor): string {
  const [text, colour] =
    actor.state === 'dead'
      ? (['dead', 'red'] as const)
      : actor.state === 'paused'
        ? (['stopped', 'yellow'] as const)
        : actor.state === 'starting'
          ? (['starting', 'dim'] as const)
          : actor.leads !== null
            ? ([actor.isCut ? 'LEADS, cut' : 'LEADS', 'green'] as const)
            : actor.isCut
              ? (['cut off', 'yellow'] as const)
              : (['stands by', 'reset'] as const);
  return styleText(colour, text.padEnd(11));
}
