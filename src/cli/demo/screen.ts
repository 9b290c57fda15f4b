import { styleText } from 'node:util';
import { causeInWords, type Takeover } from './summary.ts';
import type { Actor } from './cast.ts';

export interface Scene {
  readonly actors: readonly Actor[];
  readonly selected: string | null;
  readonly leaseMs: number;
  readonly preset: string;
  readonly takeover: (Takeover & { readonly leftMs: number | null }) | null;
  readonly recent: readonly string[];
}

const BAR = 20;
/** The latest things that happened, below the table. */
export const RECENT = 7;

/** The whole screen as text, anew ten times a second. Pure, so that a test can look at it. */
export function draw(scene: Scene): string {
  const { actors, leaseMs } = scene;
  const dim = (text: string): string => styleText('dim', text);
  const bold = (text: string): string => styleText('bold', text);
  const names = actors.map(({ name }) => name);
  const lines = [
    '',
    `  ${bold('Bellwether')}  ${actors.length} processes on this machine agree on one leader over UDP. ${dim(`preset ${scene.preset}: a lease lasts ${leaseMs} ms`)}`,
    '',
    dim(
      `     ${'node'.padEnd(5)} ${'pid'.padEnd(9)} ${'state'.padEnd(10)}  ${'sees'.padEnd(names.join(' ').length)}   ${'who leads, it thinks'.padEnd(26)} lease left`,
    ),
  ];
  for (const [i, actor] of actors.entries()) {
    const { status } = actor;
    const running = actor.state === 'running';
    const seen = names.map((name) => dot(running ? (status?.members.find((m) => m.name === name)?.state ?? null) : null, name));
    const belief =
      !running || status === null
        ? ''
        : status.leader === null
          ? dim(`nobody: ${status.reason ?? 'unknown'}`.slice(0, 26).padEnd(26))
          : `${status.leader === actor.name ? 'itself' : status.leader}, term ${shortTerm(status.term)}`.padEnd(26);
    const leftMs = running && status !== null && actor.leads !== null ? Math.max(0, status.remainingMs) : null;
    const lease =
      leftMs === null
        ? ''
        : `${styleText('green', '█'.repeat(Math.round((leftMs / leaseMs) * BAR)))}${dim('░'.repeat(BAR - Math.min(BAR, Math.round((leftMs / leaseMs) * BAR))))} ${String(Math.round(leftMs)).padStart(4)} ms`;
    const mark = scene.selected === actor.name ? styleText('cyan', '>') : ' ';
    lines.push(
      ` ${mark} ${dim(String(i + 1))} ${bold(actor.name.padEnd(5))} ${String(actor.child?.pid ?? '').padEnd(9)} ${stateOf(actor)}  ${seen.join(' ')}   ${belief.padEnd(26)} ${lease}`,
    );
  }
  lines.push('', dim(`     sees: ${styleText('green', 'alive')} ${styleText('yellow', 'suspect?')} ${styleText('red', 'failed×')} left–`), '');
  const { takeover } = scene;
  lines.push(
    takeover === null
      ? dim('  No takeover yet. Press k to kill the leader.')
      : `  Last takeover: ${bold(`${Math.round(takeover.ms)} ms`)} after ${causeInWords(takeover.cause)}, ${takeover.from} to ${takeover.to}${takeover.leftMs === null ? '' : dim(` (its lease had ${Math.round(takeover.leftMs)} ms left)`)}`,
  );
  lines.push('');
  // Always as many lines: a screen that grows and shrinks flickers.
  for (let i = 0; i < RECENT; i += 1) lines.push(dim(`  ${scene.recent[i] ?? ''}`));
  lines.push(
    '',
    `  ${key('k', 'kill')} ${key('p', 'pause')} ${key('c', 'continue')} ${key('r', 'restart the dead')} ${key('s', 'step down')} ${key('x', 'cut off')} ${key('h', 'heal')} ${key('1-9', 'choose')} ${key('q', 'quit')}   ${dim(scene.selected === null ? 'acts on the leader' : `acts on ${scene.selected}; 0: the leader again`)}`,
    '',
  );
  return lines.join('\n');
}

/** Terms start at a wall clock's count after a cold start; the end of the number is what one compares. */
function shortTerm(term: number): string {
  return term < 100_000 ? String(term) : `…${String(term % 100_000).padStart(5, '0')}`;
}

function key(name: string, does: string): string {
  return `${styleText(['bold', 'cyan'], name)} ${does} `;
}

function dot(state: string | null, name: string): string {
  switch (state) {
    case 'alive':
      return styleText('green', name);
    case 'suspect':
      return styleText('yellow', `${name.slice(1)}?`);
    case 'failed':
      return styleText('red', `${name.slice(1)}×`);
    case 'left':
      return styleText('dim', `${name.slice(1)}–`);
    default:
      return styleText('dim', '·'.repeat(name.length));
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
  return styleText(colour, text.padEnd(10));
}
