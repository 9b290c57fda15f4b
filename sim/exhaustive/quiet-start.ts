/**
 * Quiet start (restart.R6) as a model small enough to be explored whole: three voters, every one a
 * candidate, lives that end at any moment, a network that loses, delays, repeats and reorders as it
 * likes, and a horizon shorter than T, in which no promise ends and nobody becomes active by waiting.
 *
 * The schedules drive the shipped code and this drives the rule: they find what was coded wrongly, it
 * finds what was thought wrongly. Whatever was once said stays sayable for ever (that is delay, loss
 * and repetition in one), so saying something at once loses no behaviour, and what is left to chance
 * is only who hears what, who promises to whom, and who dies.
 */
export interface QuietRules {
  /** Ask a second time, after every first answer. */
  readonly twice: boolean;
  /** A recovering voter joins a set only if its own life is in it. */
  readonly ownLife: boolean;
  /** A second answer counts only from the life that gave the first. */
  readonly sameLives: boolean;
  /** A process does not bid while its own voter is recovering (restart.R3): who says that it recovers leads nothing. */
  readonly noBid: boolean;
}

export const QUIET_RULES: QuietRules = { twice: true, ownLife: true, sameLives: true, noBid: true };

export interface QuietExploration {
  readonly states: number;
  readonly transitions: number;
  /** The shortest way to two leaders, one line a step; null: there is none. */
  readonly counterexample: readonly string[] | null;
}

const NAMES = ['a', 'b', 'c'];
const MAJORITY = 2;
/** How often one life may begin its two questions again. */
const COLLECTS = 2;
/** An answer that names no set: its speaker was recovering. */
const RECOVERING = '-';

interface Voter {
  life: number;
  active: boolean;
  /** Which question it asks: 1 or 2, and 3 or 4 after it began again; 0: none, it is active. */
  question: number;
  /** The life of each voter that answered its first question; 0: none. */
  first: number[];
  confirmed: boolean[];
  /** The lives that were new together, once known. */
  set: string;
  /** Who holds its promise, as an index, and in which life; −1: nobody. */
  holder: number;
  holderLife: number;
}

interface State {
  voters: Voter[];
  /** `from.life>to.life.question:set`: said once, heard at any time or never. */
  said: Set<string>;
  /** `name.life` of all that ever bid. */
  bids: Set<string>;
  /** `granter>name.life`. */
  grants: Set<string>;
}

const newVoter = (life: number): Voter => ({
  life,
  active: false,
  question: 1,
  first: [0, 0, 0],
  confirmed: [false, false, false],
  set: '',
  holder: -1,
  holderLife: 0,
});

/** @param restarts How many lives may end in all. */
export function exploreQuietStart(restarts: number, rules: QuietRules = QUIET_RULES): QuietExploration {
  const first: State = { voters: NAMES.map(() => newVoter(1)), said: new Set(), bids: new Set(), grants: new Set() };
  const seen = new Set<string>();
  let frontier: { state: State; path: readonly string[] }[] = [{ state: saturate(first, rules), path: [] }];
  let transitions = 0;
  seen.add(print(frontier[0]!.state));
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { state, path } of frontier) {
      for (const { words, to } of steps(state, restarts, rules)) {
        transitions += 1;
        const after = saturate(to, rules);
        const key = print(after);
        if (seen.has(key)) continue;
        seen.add(key);
        const way = [...path, words];
        const leaders = leadersOf(after);
        if (leaders.length > 1) return { states: seen.size, transitions, counterexample: [...way, `${leaders.join(' and ')} lead, both`] };
        next.push({ state: after, path: way });
      }
    }
    frontier = next;
  }
  return { states: seen.size, transitions, counterexample: null };
}

/** Everything that can be said now is said now: it takes nothing away from what may happen later. */
function saturate(state: State, rules: QuietRules): State {
  for (const [i, asker] of state.voters.entries()) {
    if (asker.active || !rules.noBid) state.bids.add(`${i}.${asker.life}`);
    for (const [j, voter] of state.voters.entries()) {
      if (i === j || asker.question === 0) continue;
      for (let question = 1; question <= asker.question; question += 1)
        state.said.add(`${j}.${voter.life}>${i}.${asker.life}.${question}:${voter.active ? voter.set : RECOVERING}`);
    }
  }
  return state;
}

function* steps(state: State, restarts: number, rules: QuietRules): Generator<{ words: string; to: State }> {
  const ended = state.voters.reduce((sum, { life }) => sum + life - 1, 0);
  if (ended < restarts)
    for (const [i, voter] of state.voters.entries()) {
      const to = copy(state);
      to.voters[i] = newVoter(voter.life + 1);
      yield { words: `${nameOf(i, voter.life)} dies and starts again`, to };
    }
  for (const answer of state.said) {
    const [, j, jLife, i, iLife, question, set] = /^(\d)\.(\d+)>(\d)\.(\d+)\.(\d):(.*)$/.exec(answer)!;
    const asker = state.voters[Number(i)]!;
    // A set is also told to who has not asked, and so to whichever life is there when it arrives.
    if (asker.active || (set === RECOVERING && asker.life !== Number(iLife))) continue;
    const to = hear(state, Number(i), Number(j), Number(jLife), Number(question), set!, rules);
    if (to !== null)
      yield {
        words: `${nameOf(Number(i), asker.life)} hears ${nameOf(Number(j), Number(jLife))} ${set === RECOVERING ? 'say that it is recovering' : `name ${tellSet(set!)} as new together`} (question ${question})`,
        to,
      };
  }
  for (const bid of state.bids) {
    const [i, life] = bid.split('.').map(Number) as [number, number];
    for (const [j, voter] of state.voters.entries()) {
      if (!voter.active || voter.holder >= 0) continue;
      const to = copy(state);
      Object.assign(to.voters[j]!, { holder: i, holderLife: life });
      to.grants.add(`${j}>${bid}`);
      yield { words: `${nameOf(j, voter.life)} promises its vote to ${nameOf(i, life)}`, to };
    }
  }
}

/** What the shipped `QuietStart` does with an answer; null: nothing. */
function hear(state: State, i: number, j: number, jLife: number, question: number, set: string, rules: QuietRules): State | null {
  const now = state.voters[i]!;
  if (set !== RECOVERING) {
    if (set === '' || (rules.ownLife && Number(set.split(',')[i]) !== now.life)) return null;
    const to = copy(state);
    activate(to.voters[i]!, set);
    return to;
  }
  if (question !== now.question) return null;
  const to = copy(state);
  const asker = to.voters[i]!;
  if (question % 2 === 1) {
    if (asker.first[j] === jLife) return null;
    asker.first[j] = jLife;
  } else if (!rules.sameLives || asker.first[j] === jLife) {
    if (asker.confirmed[j] === true) return null;
    asker.confirmed[j] = true;
  } else {
    if (question >= 2 * COLLECTS) return null;
    Object.assign(asker, { question: question + 1, first: [0, 0, 0], confirmed: [false, false, false] });
    return to;
  }
  const complete = (known: readonly unknown[]): boolean => known.every((one, k) => k === i || Boolean(one));
  if (asker.question % 2 === 1 && complete(asker.first)) asker.question += 1;
  if (asker.question % 2 === 0 && (!rules.twice || complete(asker.confirmed)))
    activate(asker, asker.first.map((life, k) => (k === i ? asker.life : life)).join());
  return to;
}

function activate(voter: Voter, set: string): void {
  Object.assign(voter, { active: true, set, question: 0, first: [0, 0, 0], confirmed: [false, false, false] });
}

/** Who is alive and holds promises of a majority, whichever lives gave them: a life that ended takes its promise back from nobody. */
function leadersOf(state: State): string[] {
  return state.voters.flatMap((voter, i) => {
    const granters = new Set([...state.grants].filter((grant) => grant.endsWith(`>${i}.${voter.life}`)).map((grant) => grant[0]));
    return granters.size >= MAJORITY ? [nameOf(i, voter.life)] : [];
  });
}

const nameOf = (index: number, life: number): string => `${NAMES[index]}${life}`;

const tellSet = (set: string): string =>
  set
    .split(',')
    .map((life, i) => nameOf(i, Number(life)))
    .join(' ');

const copy = (state: State): State => ({
  voters: state.voters.map((voter) => ({ ...voter, first: [...voter.first], confirmed: [...voter.confirmed] })),
  said: new Set(state.said),
  bids: new Set(state.bids),
  grants: new Set(state.grants),
});

/** Everything a later step could depend on: what nobody alive can hear any more is left out. */
function print({ voters, said, bids, grants }: State): string {
  const lives = voters.map(({ life }) => life);
  const voterText = voters.map(
    (v) => `${v.life}${v.active ? `+${v.set}` : `${v.question}${v.first.join('')}${v.confirmed.map(Number).join('')}`}${v.holder}.${v.holderLife}`,
  );
  const audible = [...said].filter((one) => {
    const i = Number(one[one.indexOf('>') + 1]);
    return !voters[i]!.active && one.includes(`>${i}.${lives[i]}.`);
  });
  const counted = [...grants].filter((one) => one.endsWith(`.${lives[Number(one[2])]}`));
  return `${voterText.join('|')}#${audible.sort((a, b) => (a < b ? -1 : 1)).join(' ')}#${[...bids].sort((a, b) => (a < b ? -1 : 1)).join(' ')}#${counted.sort((a, b) => (a < b ? -1 : 1)).join(' ')}`;
}
