/** The invariants an observer with true time checks at every transition; docs/invariants.md says each in full. */
export const INVARIANTS = {
  'safety.S1': 'two processes hold one name at one moment',
  'safety.S2': 'two processes led in one term',
  'safety.S3': 'a term did not rise',
  'safety.S4': 'a voter granted one ballot to two holders, or went back',
  'safety.S5': 'a lease is not backed by a majority of voters until its end',
  'safety.S6': 'a voter promised a name while its earlier promise still ran',
  'safety.S7': "a leader began before the former one's lease was over",
  'safety.S8': 'a fenced resource had to refuse the present leader',
  'safety.S9': 'a token that an application was given did not rise',
  'safety.S10': 'a node that left was elected',
  'safety.S11': 'elected and lost did not alternate',
  'member.M1': 'an observer went back to an older claim',
  'member.M2': 'a member came back from the dead without a newer claim',
  'member.M3': "somebody else raised a member's incarnation",
  'member.M4': 'a running node holds itself failed or left',
  'member.M5': 'a member changed its state in a way there is none',
  'member.M6': 'a member is held at an address that it never had',
  'member.M7': 'a datagram is larger than the packet budget',
  'member.M8': 'a member was declared failed before its suspicion was old enough',
  'member.M9': "two versions of a member's tags carry one incarnation",
  'member.M10': 'a member is held that never was',
  'member.M11': 'what a node told does not add up to what it holds',
  'member.M12': 'a member that runs was declared failed by refusals',
  'election.I4': 'a voter gave away what it had promised, unreleased',
  'election.I6': "a voter's promise, ballot and floor do not agree",
  'election.I7': 'a voter without its memory promised something',
  'election.I8': 'a leader counts a promise for longer than it runs',
  'election.I9': 'a lease is longer than a majority of the promises counted',
  'election.I10': 'a ballot that was given up was used again, or a term led twice',
  'election.I11': 'a highest ballot rose without a promise',
  'election.I12': 'a name was released before its job had ended',
  'election.I13': 'a loss was told after the lease had ended, to a process that ran',
  'election.I15': 'a process holds itself leader outside of its tenure',
  'election.I16': 'two sets of voters have majorities that need not meet, or one number',
  'election.I17': 'a leader counts somebody who does not vote',
  'election.I18': 'a promise nobody asked for',
  'election.I20': 'a queue grew beyond its bound',
  'election.I22': 'a leader is believed in for longer than any promise runs',
  'part.P1': 'a token of a part came twice',
  'part.P2': 'a merge did not go to the higher token',
  'part.P3': 'elected and lost of a part did not alternate',
  'part.P4': 'a part that stood still had not exactly one leader',
  'live.L1': 'a dead member was not found out in time',
  'live.L3': 'a majority that can talk had no leader in time',
  'live.L4': 'a minority has a leader',
  'live.L5': 'in calm, a living member was suspected or a leader changed',
  'live.L6': 'a pause within the tolerance cost a membership',
  'live.L7': 'elections without end',
  'live.L9': 'a node that hears or is heard by nobody disturbed the others',
  'resource.R1': 'a process sent something after its end',
  'resource.R3': 'something received was thrown through',
  'resource.R4': 'in calm, nodes send more than their timers explain',
  'resource.R5': 'something was thrown',
  'resource.R6': 'more members are kept than ever were',
} as const;
export type InvariantId = keyof typeof INVARIANTS;

/** What no single transition can show: judged when a run has ended, or by two runs. Their verdicts are `liveness` and `nondeterminism`. */
export const JUDGED_AFTER = {
  'live.L2': 'after the faults some view did not come to hold every running process alive, in its present life, in time',
  'resource.R2': 'two runs of one plan differed',
} as const;

export interface Violation {
  readonly id: InvariantId;
  /** True time. */
  readonly atUs: number;
  /** What happened, in words, with the nodes and the times. */
  readonly words: string;
}

const IDS = Object.keys(INVARIANTS) as readonly InvariantId[];

/** An invariant's place in the list: those that are looked at in every event are counted by it. */
export function placeOf(id: InvariantId): number {
  return IDS.indexOf(id);
}

/** The first few violations of a run; the first is the one that counts. */
export class Violations {
  readonly list: Violation[] = [];
  readonly #looks = new Float64Array(IDS.length);

  /** How often each invariant was looked at: a checker that never looked proves nothing. */
  get checks(): Readonly<Record<InvariantId, number>> {
    return Object.fromEntries(IDS.map((id, place) => [id, this.#looks[place]!])) as Record<InvariantId, number>;
  }

  check(id: InvariantId, holds: boolean, atUs: number, words: () => string): void {
    this.#looks[PLACES.get(id)!]! += 1;
    if (!holds) this.broken(id, atUs, words());
  }

  /** Counts a look, and leaves the words to whoever finds it broken: in every event, making the means to say them costs more than the look. @returns `holds`. */
  looked(place: number, holds: boolean): boolean {
    this.#looks[place]! += 1;
    return holds;
  }

  broken(id: InvariantId, atUs: number, words: string): void {
    if (this.list.length < 16) this.list.push({ id, atUs, words });
  }
}

const PLACES = new Map(IDS.map((id, place) => [id, place]));

export const seconds = (us: number): string => `${(us / 1_000_000).toFixed(6)} s`;
