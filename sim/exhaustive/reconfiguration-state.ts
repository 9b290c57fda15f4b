/**
 * The states of the model of voters that change, and what may be left out of them. Sets of nodes are bit masks.
 */

/** A set of voters, as a bit mask of nodes. */
export interface Config {
  readonly term: number;
  readonly version: number;
  readonly voters: number;
  readonly floor: number;
}

/** One vote in one election, promised to `holder`'s present ballot; −1: to nobody that can still make use of it. */
export interface Promised {
  holder: number;
  /** The holder knows of it. While it does not: the set it was given under. */
  heard: boolean;
  under: number;
  /** Bit per changer: it was given before that one's present set was settled. */
  old: number;
}

/** Promises that were counted for a lease at one time, under one set. */
export interface Lease {
  readonly under: number;
  by: number;
  /** Per changer: those of `by` that are older than the settling of its set. */
  readonly old: number[];
}

export interface Candidate {
  /** The last one used. */
  ballot: number;
  role: 'idle' | 'bids' | 'leads';
  /** Bit per set under which the bid was said. */
  said: number;
  leases: Lease[];
  /** Of a changer: its set is settled; the highest ballot that those had promised who said so. */
  settled: boolean;
  floor: number;
}

export interface State {
  sets: Config[];
  /** Per node: the set it goes by. */
  goesBy: number[];
  /** Per election and node: the highest ballot promised, and to whom the vote is. */
  highest: number[][];
  promised: Promised[][];
  candidates: Candidate[][];
  restarts: number;
  /** The highest term the job was led with. */
  led: number;
  wrong: string;
}

export const VOTERS = 0;
export const JOB = 1;

export const sizes = Array.from(
  { length: 256 },
  (_, mask) =>
    mask
      .toString(2)
      .split('')
      .filter((bit) => bit === '1').length,
);
export const isMajority = (votes: number, of: number): boolean => 2 * sizes[votes & of]! > sizes[of]!;
export const isNewer = (a: Config, b: Config): boolean => a.term > b.term || (a.term === b.term && a.version > b.version);
export const idle = (ballot: number): Candidate => ({ ballot, role: 'idle', said: 0, leases: [], settled: false, floor: 0 });
export const nobody = (): Promised => ({ holder: -1, heard: false, under: 0, old: 0 });

/** Whether every majority of the one meets every majority of the other. */
export function overlaps(a: number, b: number): boolean {
  const both = a | b;
  for (let votes = both; votes > 0; votes = (votes - 1) & both) if (isMajority(votes, a) && isMajority(both & ~votes, b)) return false;
  return true;
}

/** All majorities of `voters` among `those` that lose it with any one of them. */
export function* leastMajorities(voters: number, those: number): Generator<number> {
  const able = voters & those;
  for (let votes = able; votes > 0; votes = (votes - 1) & able) if (isMajority(votes, voters) && 2 * (sizes[votes]! - 1) <= sizes[voters]!) yield votes;
}

export function nodesOf(mask: number): number[] {
  const nodes: number[] = [];
  for (let n = 0; mask >> n > 0; n += 1) if ((mask & (1 << n)) !== 0) nodes.push(n);
  return nodes;
}

/** P6: promises of the job that are older than the settling of `c`’s set have ended. */
export function drain(to: State, c: number): void {
  for (const [v, { old }] of to.promised[JOB]!.entries()) if ((old & (1 << c)) !== 0) to.promised[JOB]![v] = nobody();
  for (const worker of to.candidates[JOB]!) for (const lease of worker.leases) lease.by &= ~lease.old[c]!;
}

/** Takes away what nothing can come of any more: leases without their majority, promises whose holder has let go of them, marks for a change that waits for no end. */
export function tidy(to: State): void {
  for (const all of to.candidates) {
    for (const [c, one] of all.entries()) {
      if (one.role !== 'leads') continue;
      one.leases = one.leases.filter(({ by, under }) => isMajority(by, to.sets[under]!.voters));
      if (one.leases.length === 0) all[c] = idle(one.ballot);
    }
  }
  const waiting = to.candidates[VOTERS]!.reduce((mask, one, c) => (one.role === 'leads' && one.settled ? mask | (1 << c) : mask), 0);
  for (const [e, all] of to.promised.entries()) {
    for (const [v, promise] of all.entries()) {
      if (promise.holder < 0) continue;
      const { role, ballot } = to.candidates[e]![promise.holder]!;
      if (role === 'idle' || (role === 'bids' && ballot !== to.highest[e]![v])) all[v] = nobody();
      else promise.old = e === VOTERS ? 0 : promise.old & waiting;
    }
  }
  for (const worker of to.candidates[JOB]!)
    for (const lease of worker.leases) for (const c of lease.old.keys()) lease.old[c] = (waiting & (1 << c)) === 0 ? 0 : lease.old[c]! & lease.by;
}

export const copy = (state: State): State => ({
  ...state,
  sets: [...state.sets],
  goesBy: [...state.goesBy],
  highest: state.highest.map((all) => [...all]),
  promised: state.promised.map((all) => all.map((one) => ({ ...one }))),
  candidates: state.candidates.map((all) => all.map((one) => ({ ...one, leases: one.leases.map((lease) => ({ ...lease, old: [...lease.old] })) }))),
});

/** Everything a later step could depend on. */
export function print({ sets, goesBy, highest, promised, candidates, restarts, led, wrong }: State): string {
  let text = `${restarts}${led}${wrong}`;
  for (const { term, version, voters, floor } of sets) text += ` ${term}.${version}.${voters}.${floor}`;
  text += `#${goesBy.join('')}`;
  for (const all of highest) text += `#${all.join('')}`;
  for (const all of promised) for (const { holder, heard, under, old } of all) text += holder < 0 ? ',' : `,${holder}${heard ? '' : `u${under}`}o${old}`;
  for (const all of candidates) {
    for (const { ballot, role, said, leases, settled, floor } of all) {
      text += `#${ballot}${role[0]}${said}${settled ? `s${floor}` : ''}`;
      for (const lease of leases) text += `/${lease.under}:${lease.by}:${lease.old.join(':')}`;
    }
  }
  return text;
}
