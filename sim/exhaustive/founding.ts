/**
 * How the first voters are found where only their number is known (config.B1), as a model small enough
 * to be explored whole: five nodes that hear of each other as the network likes, three of which are to
 * be the voters, and lives that end. Whatever was once said stays sayable, by whichever life.
 *
 * Founded sets are not elected under here. Two that share a voter, each with a majority of its voters
 * in lives that go by it, are two leaders: {a, b} of the one and {c, d, e} of the other promise to
 * different ones, and nobody refuses.
 */
export interface FoundingRules {
  /** What a node accepts is on its disk before it says so. */
  readonly kept: boolean;
  /**
   * All must propose the same before anybody accepts; without it, whoever has heard of enough accepts. Where
   * the rest holds it keeps nobody safe, only from binding itself to a set that cannot come to be.
   */
  readonly unanimous: boolean;
  /** A set is in force where all its voters were heard to accept it; without it, where it is accepted. */
  readonly twice: boolean;
  /** Who is bound is free when one that it is bound to goes by another set; without it, when that one has accepted another. */
  readonly final: boolean;
}

export const FOUNDING_RULES: FoundingRules = { kept: true, unanimous: true, twice: true, final: true };

export interface FoundingExploration {
  readonly states: number;
  readonly transitions: number;
  /** The shortest way to two sets that elect two leaders, one line a step; null: there is none. */
  readonly counterexample: readonly string[] | null;
}

interface Node {
  readonly life: number;
  /** The set it has accepted, as its lives in the order of their names; '': none. */
  readonly accepted: string;
  readonly inForce: boolean;
  /** It has no vote, and goes by what others have founded. */
  readonly follows: boolean;
}

interface State {
  readonly nodes: readonly Node[];
  /** Lives that were bound to nothing at some time: whatever they could take for the first voters, they proposed. */
  readonly free: ReadonlySet<string>;
  /** `name>set`: accepted once, by some life. */
  readonly accepts: ReadonlySet<string>;
}

/**
 * @param restarts How many lives may end in all.
 * @param groups Who can take whom for the first voters, by their names, all of one size.
 */
export function exploreFounding(restarts: number, groups: readonly string[], rules: FoundingRules = FOUNDING_RULES): FoundingExploration {
  const names = [...new Set(groups.join('').split(''))].sort().join('');
  const first: State = {
    nodes: names.split('').map(() => ({ life: 1, accepted: '', inForce: false, follows: false })),
    free: new Set(names.split('').map((name) => `${name}1`)),
    accepts: new Set(),
  };
  const seen = new Set([print(first)]);
  let frontier: { state: State; path: readonly string[] }[] = [{ state: first, path: [] }];
  let transitions = 0;
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { state, path } of frontier) {
      for (const { words, to } of steps(state, names, groups, restarts, rules)) {
        transitions += 1;
        const key = print(to);
        if (seen.has(key)) continue;
        seen.add(key);
        const way = [...path, words];
        const both = rivals(to, names);
        if (both !== null) return { states: seen.size, transitions, counterexample: [...way, both] };
        next.push({ state: to, path: way });
      }
    }
    frontier = next;
  }
  return { states: seen.size, transitions, counterexample: null };
}

function* steps(state: State, names: string, groups: readonly string[], restarts: number, rules: FoundingRules): Generator<{ words: string; to: State }> {
  const lives = state.nodes.map(({ life }) => life);
  const ended = lives.reduce((sum, life) => sum + life - 1, 0);
  for (const [n, { life, accepted, inForce, follows }] of state.nodes.entries()) {
    const name = names[n]!;
    const change = (node: Partial<Node>): readonly Node[] => state.nodes.map((one, i) => (i === n ? { ...one, ...node } : one));
    if (ended < restarts) {
      const next = `${name}${life + 1}`;
      const nodes = change({ life: life + 1, ...(rules.kept ? {} : { accepted: '', inForce: false, follows: false }) });
      const free = rules.kept && accepted !== '' ? state.free : new Set([...state.free, next]);
      yield { words: `${name}${life} dies and starts again as ${next}`, to: { ...state, nodes, free } };
    }
    if (follows) continue;
    const isMet = (other: string): boolean => accepted === '' || accepted.split(' ').some((one) => one[0] === other);
    for (const [m, other] of state.nodes.entries()) {
      if (m === n || inForce || !isMet(names[m]!) || !(other.inForce || other.follows) || other.accepted === accepted) continue;
      const nodes = change({ accepted: other.accepted, follows: true });
      yield { words: `${name}${life} goes by ${other.accepted}, as ${names[m]} does`, to: { ...state, nodes } };
    }
    if (!rules.final && accepted !== '' && !inForce) {
      const [other] = [...state.accepts].filter((one) => isMet(one[0]!) && one[0] !== name && !one.endsWith(`>${accepted}`));
      if (other !== undefined)
        yield { words: `${name}${life} lets go of ${accepted}, as it heard of ${other}`, to: { ...state, nodes: change({ accepted: '' }) } };
    }
    if (accepted === '') {
      for (const set of setsOf(lives, names, groups, n)) {
        if (rules.unanimous && !set.split(' ').every((one) => state.free.has(one))) continue;
        const accepts = new Set([...state.accepts, `${name}>${set}`]);
        yield { words: `${name}${life} accepts ${set}`, to: { ...state, nodes: change({ accepted: set, inForce: !rules.twice }), accepts } };
      }
    } else if (!inForce && accepted.split(' ').every((one) => one[0] === name || state.accepts.has(`${one[0]}>${accepted}`))) {
      yield { words: `${name}${life} hears that all have accepted ${accepted}: it is in force`, to: { ...state, nodes: change({ inForce: true }) } };
    }
  }
}

/** What a node may take for the first voters: itself in this life, and others in any life they have had. */
function* setsOf(lives: readonly number[], names: string, groups: readonly string[], self: number): Generator<string> {
  for (const group of groups.filter((members) => members.includes(names[self]!))) {
    let sets = [''];
    for (const name of group) {
      const life = lives[names.indexOf(name)]!;
      const known = name === names[self] ? [life] : Array.from({ length: life }, (_, i) => i + 1);
      sets = sets.flatMap((set) => known.map((one) => `${set} ${name}${one}`.trim()));
    }
    yield* sets;
  }
}

/** All groups of `size` among `names`. */
export function groupsOf(names: string, size: number): string[] {
  if (size === 0) return [''];
  return names.split('').flatMap((name, i) => groupsOf(names.slice(i + 1), size - 1).map((rest) => name + rest));
}

/** Two founded sets of one voter, or more, that can both elect; null: there are none. */
function rivals({ nodes }: State, names: string): string | null {
  const holders = new Map<string, string[]>();
  for (const [n, { accepted, inForce }] of nodes.entries()) if (inForce) holders.set(accepted, [...(holders.get(accepted) ?? []), names[n]!]);
  const able = [...holders].filter(([set, those]) => 2 * those.length > set.split(' ').length);
  for (const [a, ofA] of able) {
    for (const [b, ofB] of able) {
      if (a < b && a.split(' ').some((one) => b.split(' ').some((other) => one[0] === other[0])))
        return `${ofA.join(' and ')} elect one of {${a}}, ${ofB.join(' and ')} one of {${b}}`;
    }
  }
  return null;
}

function print({ nodes, free, accepts }: State): string {
  const sorted = (set: ReadonlySet<string>): string => [...set].sort((a, b) => (a < b ? -1 : 1)).join();
  return `${nodes.map(({ life, accepted, inForce, follows }) => `${life}${accepted}${inForce ? '!' : ''}${follows ? '*' : ''}`).join('|')}#${sorted(free)}#${sorted(accepts)}`;
}
