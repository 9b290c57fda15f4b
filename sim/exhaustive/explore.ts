import { combine32, hash32 } from '../../src/core/hash.ts';
import { type Finding, NAMES, NOTHING, type Round, SmallWorld, type Start } from './small-world.ts';

export interface Bounds {
  /** Rounds from the settled world on. */
  readonly depth: number;
  /** How often each may happen on one path. */
  readonly restarts: number;
  readonly lates: number;
  readonly pauses: number;
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** Rounds explored whole. */
  readonly depth: number;
  /** The shortest way to a violation; null: there is none. */
  readonly counterexample: { readonly start: Start; readonly rounds: readonly Round[]; readonly finding: Finding } | null;
}

/**
 * Breadth first through every sequence of rounds within the bounds. The core cannot be copied, so each
 * state is reached by playing its rounds again; states that look the same are explored once.
 *
 * @param share Explores only first rounds with `index % of === part`, so that workers can divide the work.
 */
export function explore(bounds: Bounds, start: Start, share: { readonly part: number; readonly of: number } = { part: 0, of: 1 }): Exploration {
  const seen = new Set<string>();
  let frontier: Round[][] = [[]];
  let transitions = 0;
  for (let depth = 1; depth <= bounds.depth; depth += 1) {
    const next: Round[][] = [];
    for (const path of frontier) {
      for (const [index, round] of roundsAfter(path, bounds).entries()) {
        if (depth === 1 && index % share.of !== share.part) continue;
        transitions += 1;
        const world = new SmallWorld(start);
        const rounds = [...path, round];
        for (const one of rounds) {
          world.play(one);
          if (world.finding !== null) break;
        }
        if (world.finding !== null) return { states: seen.size, transitions, depth: depth - 1, counterexample: { start, rounds, finding: world.finding } };
        const print = fingerprintOf(world, rounds);
        if (seen.has(print)) continue;
        seen.add(print);
        next.push(rounds);
      }
    }
    frontier = next;
  }
  return { states: seen.size, transitions, depth: bounds.depth, counterexample: null };
}

/** What may still go wrong is part of the state. */
function fingerprintOf(world: SmallWorld, rounds: readonly Round[]): string {
  const text = world.fingerprint();
  const left = `${count(rounds, 'restart')},${count(rounds, 'late')},${count(rounds, 'pause')}`;
  return `${combine32(hash32(text), 1).toString(36)}${hash32(text, 77).toString(36)}${left}`;
}

const count = (rounds: readonly Round[], fault: keyof Round): number => rounds.filter((round) => round[fault] >= 0).length;

function roundsAfter(path: readonly Round[], bounds: Bounds): Round[] {
  const nodes = NAMES.map((_, i) => i);
  const rounds: Round[] = [];
  const restarts = count(path, 'restart') < bounds.restarts ? [-1, ...nodes] : [-1];
  const lates = count(path, 'late') < bounds.lates ? [-1, ...nodes] : [-1];
  const pauses = count(path, 'pause') < bounds.pauses ? [-1, ...nodes] : [-1];
  for (const cut of [-1, ...nodes])
    for (const restart of restarts)
      for (const late of lates)
        for (const pause of pauses) {
          const faults = [restart, late, pause].filter((who) => who >= 0).length;
          if (faults <= 1) rounds.push({ cut, restart, late, pause }); // one of these in a round; a cut beside it
        }
  return rounds;
}

/** The way there, one line a round. */
export function tellRounds(rounds: readonly Round[]): string[] {
  const who = (index: number): string => NAMES[index]!;
  return rounds.map((round, i) => {
    const faults = [
      round.cut >= 0 ? `${who(round.cut)} is cut off` : '',
      round.restart >= 0 ? `${who(round.restart)} restarts without a memory` : '',
      round.late >= 0 ? `what ${who(round.late)} sends arrives a round late` : '',
      round.pause >= 0 ? `${who(round.pause)} stands still` : '',
    ].filter(Boolean);
    return `round ${i + 1}: ${faults.length === 0 ? 'nothing goes wrong' : faults.join(', ')}`;
  });
}

export { NOTHING };
