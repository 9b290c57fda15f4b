import { Model, type ReconfigurationRules, type ReconfigurationWorld } from './reconfiguration-model.ts';
import { print } from './reconfiguration-state.ts';

export type { ReconfigurationRules, ReconfigurationWorld };

export const RECONFIGURATION_RULES: ReconfigurationRules = {
  settled: true,
  stamped: true,
  overlap: true,
  voting: true,
  sameSet: true,
  drained: true,
  floor: true,
  counted: true,
  durable: true,
  left: true,
};

/** The rule of docs/protocol.md (config.*) that each stands for. */
export const RULE_IDS: Readonly<Record<string, keyof ReconfigurationRules>> = {
  P1: 'settled',
  P2: 'stamped',
  P3: 'overlap',
  P4: 'voting',
  P5: 'sameSet',
  P6: 'drained',
  P7: 'floor',
  'P7-counted': 'counted',
  P8: 'durable',
  P9: 'left',
};

/** {a, b, c} becomes {b, c} and then {c}, while a and c stand for the job: of the first and the last set no majorities meet. */
export const ONE_CHANGER: ReconfigurationWorld = { first: 'abc', term: 1, wishes: { c: 'c' }, workers: 'ac', terms: 1, ballots: 1, sets: 3, restarts: 0 };

/** Two that want different sets, of four voters: each a step away from the first, and two steps from each other. */
export const TWO_CHANGERS: ReconfigurationWorld = {
  first: 'abcd',
  term: 0,
  wishes: { a: 'abc', d: 'bcd' },
  workers: '',
  terms: 3,
  ballots: 1,
  sets: 5,
  restarts: 0,
};

/** Two voters, each of which wants to go on alone: both wishes, one after the other, would leave nobody. Only voters may lead. */
export const TWO_LONERS: ReconfigurationWorld = {
  first: 'ab',
  term: 1,
  wishes: { a: 'a', b: 'b' },
  onlyVoters: true,
  workers: '',
  terms: 3,
  ballots: 1,
  sets: 5,
  restarts: 0,
};

/** A voter that wants to be none, and leads the change meanwhile. Only voters may lead. */
export const ONE_THAT_GOES: ReconfigurationWorld = { ...TWO_LONERS, first: 'abc', wishes: { c: 'ab', a: 'abc' } };

export interface ReconfigurationExploration {
  readonly states: number;
  readonly transitions: number;
  /** Steps of the longest shortest way to any state. */
  readonly depth: number;
  /** The bound on states was met before all were seen. */
  readonly isCut: boolean;
  /** The shortest way to a bad state, one line a step; null: there is none. */
  readonly counterexample: readonly string[] | null;
}

/** All that can happen in `world` under `rules`, breadth first; cut once `limit` states were seen. */
export function exploreReconfiguration(
  world: ReconfigurationWorld,
  rules: ReconfigurationRules = RECONFIGURATION_RULES,
  limit = Infinity,
): ReconfigurationExploration {
  const model = new Model(world, rules);
  const first = model.first();
  const seen = new Map<string, number>([[print(first), 0]]);
  const parents: number[] = [-1];
  let transitions = 0;
  let frontier = [{ state: first, id: 0 }];
  for (let depth = 0; ; depth += 1) {
    const next: typeof frontier = [];
    for (const { state, id } of frontier) {
      for (const { to } of model.steps(state)) {
        transitions += 1;
        const key = print(to);
        if (seen.has(key)) continue;
        const child = parents.length;
        seen.set(key, child);
        parents.push(id);
        if (to.wrong !== '') {
          const way: number[] = [];
          for (let at = child; at > 0; at = parents[at]!) way.unshift(at);
          return { states: seen.size, transitions, depth: depth + 1, isCut: false, counterexample: model.story(first, way, seen) };
        }
        next.push({ state: to, id: child });
      }
    }
    if (next.length === 0 || seen.size > limit) return { states: seen.size, transitions, depth, isCut: next.length > 0, counterexample: null };
    frontier = next;
  }
}
