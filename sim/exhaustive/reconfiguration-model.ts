import {
  type Candidate,
  type Config,
  JOB,
  type Lease,
  type Promised,
  type State,
  VOTERS,
  copy,
  drain,
  idle,
  isMajority,
  isNewer,
  leastMajorities,
  nobody,
  nodesOf,
  overlaps,
  print,
  tidy,
} from './reconfiguration-state.ts';

/**
 * Voters that change (config.P1–P9) as a model small enough to be explored whole: a few nodes, an
 * election of whoever may change the voters, one job, messages that are late, doubled and lost as they
 * like, and lives that end. It drives the rules, where the schedules drive the shipped code.
 *
 * What is left out makes more possible, never less. Time: a promise ends when it would be in somebody's
 * way, so an end is part of the step that needs it (whoever lost a lease can do nothing it could not do
 * with it). Messages: what was said stays sayable, a bid by who still stands for it, a set once it is
 * in force anywhere. The rule that a lease must hold under the former voters as well (the shipped code
 * keeps it) is left out: nothing here needs it.
 *
 * @see "Design and Analysis of a Logless Dynamic Reconfiguration Protocol" (Schultz, Zhou, Tripakis,
 * OPODIS 2021), whose model has one primary, no leases and no restarts without a memory.
 */
export interface ReconfigurationRules {
  /** P1. A set is left only when a majority of it has answered under exactly it. */
  readonly settled: boolean;
  /** P2. The winner stamps the set that it finds with its term before it changes it. */
  readonly stamped: boolean;
  /** P3. Majorities of consecutive sets meet: one vote more or less. */
  readonly overlap: boolean;
  /** P4. Where only voters may lead, whoever leads a change has a vote in what it wants. */
  readonly voting: boolean;
  /** P5. A voter answers only who goes by the set that it goes by itself. */
  readonly sameSet: boolean;
  /** P6. Promises given before a set was settled have ended before it is left. */
  readonly drained: boolean;
  /** P7. A set carries the highest ballot that those who settled the one before had promised. */
  readonly floor: boolean;
  /** P7. Who counts promises takes none at or below the floor: they may have been given before it was known. */
  readonly counted: boolean;
  /** P8. A voter that starts again goes by the set that it went by before. */
  readonly durable: boolean;
  /** P9. Each step leaves somebody to vote, whatever was wished before it. */
  readonly left: boolean;
}

export interface ReconfigurationWorld {
  /** Who votes first: one letter each. */
  readonly first: string;
  /** The term that the first set carries: 0, or the one of an earlier change, which spares the stamp. */
  readonly term: number;
  /** Who may lead the voters' own election, and what each wants the voters to be. */
  readonly wishes: Readonly<Record<string, string>>;
  /** Whether only voters may lead. */
  readonly onlyVoters?: boolean;
  /** Who stands for the job; nobody: the sets themselves are looked at, whether two can elect at once. */
  readonly workers: string;
  /** Highest ballot of the voters' own election, and of the job. */
  readonly terms: number;
  readonly ballots: number;
  /** Sets in all, the first and those that only carry another term included. */
  readonly sets: number;
  readonly restarts: number;
}

interface Step {
  readonly words: string;
  readonly to: State;
}

const ELECTIONS = ['the voters’ election', 'the job'];

export class Model {
  readonly #world: ReconfigurationWorld;
  readonly #rules: ReconfigurationRules;
  readonly #names: string;
  /** Per election: which nodes stand for it. */
  readonly #runners: readonly (readonly number[])[];
  readonly #wanted: readonly number[];

  constructor(world: ReconfigurationWorld, rules: ReconfigurationRules) {
    this.#world = world;
    this.#rules = rules;
    this.#names = [...new Set([world.first, ...Object.values(world.wishes), ...Object.keys(world.wishes), world.workers].join('').split(''))].join('');
    this.#runners = [Object.keys(world.wishes), world.workers.split('')].map((names) => names.map((name) => this.#names.indexOf(name)));
    this.#wanted = Object.values(world.wishes).map((names) => names.split('').reduce((mask, name) => mask | (1 << this.#names.indexOf(name)), 0));
  }

  first(): State {
    const nodes = this.#names.split('');
    return {
      sets: [{ term: this.#world.term, version: 0, voters: (1 << this.#world.first.length) - 1, floor: 0 }],
      goesBy: nodes.map(() => 0),
      highest: [nodes.map(() => 0), nodes.map(() => 0)],
      promised: [nodes.map(nobody), nodes.map(nobody)],
      candidates: this.#runners.map((runners) => runners.map(() => idle(0))),
      restarts: 0,
      led: 0,
      wrong: '',
    };
  }

  *steps(state: State): Generator<Step> {
    for (const step of this.#rawSteps(state)) {
      tidy(step.to);
      yield step;
    }
  }

  /** The way in words, gone again from the beginning. */
  story(first: State, way: readonly number[], seen: ReadonlyMap<string, number>): string[] {
    const lines: string[] = [];
    let state = first;
    for (const id of way) {
      for (const { words, to } of this.steps(state)) {
        if (seen.get(print(to)) !== id) continue;
        lines.push(words);
        state = to;
        break;
      }
    }
    return [...lines, state.wrong];
  }

  *#rawSteps(state: State): Generator<Step> {
    for (const [c, changer] of state.candidates[VOTERS]!.entries()) {
      yield* this.#wins(state, c, changer);
      if (changer.role !== 'leads') continue;
      if (this.#rules.settled && !changer.settled) yield* this.#settles(state, c);
      yield* this.#changes(state, c, changer);
    }
    for (const [c, worker] of state.candidates[JOB]!.entries()) {
      for (let ballot = worker.ballot + 1; ballot <= this.#world.ballots; ballot += 1) {
        const to = copy(state);
        to.candidates[JOB]![c] = { ...idle(ballot), role: 'bids', said: 1 << to.goesBy[this.#runners[JOB]![c]!]! };
        yield { words: `${this.#runner(JOB, c)} stands for the job with ballot ${ballot}`, to };
      }
      for (const v of state.goesBy.keys()) {
        if (worker.role === 'bids') yield* this.#grants(state, c, worker, v);
        if (worker.role === 'leads') yield* this.#renews(state, c, v);
      }
    }
    for (const n of state.goesBy.keys()) {
      if (this.#stands(n)) yield* this.#follows(state, n);
      if (state.restarts < this.#world.restarts) yield this.#restarts(state, n);
    }
  }

  /**
   * The voters' own election is won in one step: what a minority promises there stands in somebody's way
   * at most. The promises are counted as for any lease.
   */
  *#wins(state: State, c: number, { ballot: last }: Candidate): Generator<Step> {
    const node = this.#runners[VOTERS]![c]!;
    const under = state.goesBy[node]!;
    for (let ballot = last + 1; ballot <= this.#world.terms; ballot += 1) {
      const able = this.#nodes((v) => this.#answers(state, v, under) && state.highest[VOTERS]![v]! < ballot);
      for (const votes of leastMajorities(state.sets[under]!.voters, able)) {
        const to = copy(state);
        to.candidates[VOTERS]![c] = { ...idle(ballot), role: 'bids' };
        for (const v of nodesOf(votes)) this.#promise(to, VOTERS, c, v, under);
        this.#count(to, VOTERS, c);
        if (!this.#rules.settled) this.#settle(to, c, 0);
        yield { words: `${this.#names[node]} leads ${ELECTIONS[VOTERS]} in term ${ballot}, by ${this.#list(votes)}`, to };
      }
    }
  }

  /** P1, P2: a majority answers renewals, under the very set and in this term. */
  *#settles(state: State, c: number): Generator<Step> {
    const under = state.goesBy[this.#runners[VOTERS]![c]!]!;
    const set = state.sets[under]!;
    const { ballot } = state.candidates[VOTERS]![c]!;
    const able = this.#nodes((v) => this.#reaches(state, v, under) && state.highest[VOTERS]![v]! <= ballot);
    for (const votes of leastMajorities(set.voters, able)) {
      const to = copy(state);
      for (const v of nodesOf(votes)) this.#promise(to, VOTERS, c, v, under);
      this.#count(to, VOTERS, c);
      this.#settle(to, c, votes);
      yield { words: `${this.#list(votes)} answer ${this.#runner(VOTERS, c)}: ${this.#tell(set)} is settled`, to };
    }
  }

  /** From now on it counts which promises are older: P6 waits for their end. */
  #settle(to: State, c: number, votes: number): void {
    const changer = to.candidates[VOTERS]![c]!;
    changer.settled = true;
    changer.floor = Math.max(0, ...nodesOf(votes).map((v) => Math.max(to.highest[JOB]![v]!, to.sets[to.goesBy[v]!]!.floor)));
    for (const promise of to.promised[JOB]!) promise.old |= 1 << c;
    for (const worker of to.candidates[JOB]!) for (const lease of worker.leases) lease.old[c] = lease.by;
  }

  /** The next set, by its leader: stamped with its term, or nearer to its wish by one vote. */
  *#changes(state: State, c: number, { settled, ballot }: Candidate): Generator<Step> {
    const node = this.#runners[VOTERS]![c]!;
    const now = state.sets[state.goesBy[node]!]!;
    if (state.sets.length >= this.#world.sets || !settled) return;
    if (this.#rules.stamped && now.term !== ballot) {
      const to = copy(state);
      this.#install(to, c, now.voters);
      return yield { words: `${this.#names[node]} stamps the set with its term: ${this.#tell(to.sets.at(-1)!)}`, to };
    }
    const wanted = this.#wanted[c]!;
    if (this.#rules.voting && this.#world.onlyVoters === true && (wanted & (1 << node)) === 0) return;
    const steps = this.#rules.overlap ? nodesOf(now.voters ^ wanted).map((n) => now.voters ^ (1 << n)) : [wanted];
    for (const voters of steps) {
      if ((this.#rules.left && voters === 0) || voters === now.voters || (this.#rules.overlap && !overlaps(now.voters, voters))) continue;
      const to = copy(state);
      if (this.#rules.drained) drain(to, c);
      this.#install(to, c, voters);
      // Quiet start asks the voters alone whether anybody can lead (restart.R6). That it refuses any set but the first is the bar behind this one.
      if (this.#world.onlyVoters === true && voters !== 0 && (voters & (1 << node)) === 0)
        to.wrong = `${this.#names[node]} leads without a vote in the set that it made`;
      yield { words: `${this.#names[node]} puts ${this.#tell(to.sets.at(-1)!)} in force`, to };
    }
  }

  #install(to: State, c: number, voters: number): void {
    const node = this.#runners[VOTERS]![c]!;
    const { ballot, floor } = to.candidates[VOTERS]![c]!;
    const now = to.sets[to.goesBy[node]!]!;
    const next: Config = { term: ballot, version: now.version + 1, voters, floor: this.#rules.floor ? Math.max(now.floor, floor) : 0 };
    const twin = to.sets.find(({ term, version }) => term === next.term && version === next.version);
    if (twin !== undefined) to.wrong = `${this.#tell(twin)} and ${this.#tell(next)} have one number`;
    if (voters === 0) to.wrong = `of ${this.#tell(now)} nobody is left to vote`;
    this.#goBy(to, node, to.sets.push(next) - 1);
    if (to.wrong === '' && this.#world.workers === '') to.wrong = this.#apart(to);
  }

  /** Where there is no job to lead twice: whether two sets can elect by majorities that do not meet. Can elect what no majority has left for a newer one. */
  #apart({ sets, goesBy }: State): string {
    const able = sets.filter((set) =>
      isMajority(
        this.#nodes((v) => !isNewer(sets[goesBy[v]!]!, set)),
        set.voters,
      ),
    );
    const pair = able.flatMap((a, i) => able.slice(i + 1).map((b) => [a, b] as const)).find(([a, b]) => !overlaps(a.voters, b.voters));
    return pair === undefined ? '' : `${this.#tell(pair[0])} and ${this.#tell(pair[1])} can both elect, by majorities that do not meet`;
  }

  /** A bid is answered, and the answer heard at once where both go by one set: who knows later could do nothing more. */
  *#grants(state: State, c: number, { ballot, said }: Candidate, v: number): Generator<Step> {
    const node = this.#runners[JOB]![c]!;
    const present = state.goesBy[node]!;
    const before = state.promised[JOB]![v]!;
    // The same promise, in the same words: said under the present set it is heard under that one.
    const isSame = before.holder === c && state.highest[JOB]![v] === ballot;
    if (isSame && !before.heard && before.under === present) return;
    for (const [under, { voters, floor }] of state.sets.entries()) {
      if ((said & (1 << under)) === 0 || !this.#answers(state, v, under) || (voters & (1 << v)) === 0) continue;
      if (isSame ? under !== present : ballot <= Math.max(state.highest[JOB]![v]!, floor)) continue;
      const heard = under === present || !this.#rules.sameSet;
      const to = copy(state);
      if (isSame) this.#learn(to, v, under);
      else this.#promise(to, JOB, c, v, under);
      Object.assign(to.promised[JOB]![v]!, { heard, under: heard ? 0 : under });
      if (heard) this.#count(to, JOB, c);
      const words = [
        `${this.#names[node]} ${isSame ? 'hears again of the promise of' : heard ? 'is promised the job by' : 'is promised the job, and does not hear it, by'} ${this.#names[v]}`,
        isSame ? '' : this.#ended(before, c),
        under === state.goesBy[v] ? '' : ` under ${this.#tell(state.sets[under]!)}`,
        to.candidates[JOB]![c]!.role === 'leads' ? `, and leads in term ${ballot}` : '',
      ];
      yield { words: words.join(''), to };
    }
  }

  /** A renewal is answered, and the answer heard. */
  *#renews(state: State, c: number, v: number): Generator<Step> {
    const under = state.goesBy[this.#runners[JOB]![c]!]!;
    if (!this.#answers(state, v, under) || (state.sets[under]!.voters & (1 << v)) === 0) return;
    const to = copy(state);
    this.#promise(to, JOB, c, v, under);
    this.#count(to, JOB, c);
    const set = under === state.goesBy[v] ? '' : ` under ${this.#tell(state.sets[under]!)}`;
    yield { words: `${this.#names[v]} renews the lease of ${this.#runner(JOB, c)}${set}${this.#ended(state.promised[JOB]![v]!, c)}`, to };
  }

  /** Who stands for something hears of a newer set at any time; who only votes, when it answers under it: before, it could only refuse. */
  *#follows(state: State, n: number): Generator<Step> {
    for (const [k, set] of state.sets.entries()) {
      if (!isNewer(set, state.sets[state.goesBy[n]!]!)) continue;
      const to = copy(state);
      this.#goBy(to, n, k);
      yield { words: `${this.#names[n]} goes by ${this.#tell(set)}`, to };
    }
  }

  /** A life ends, and the next one promises nothing until all that this one promised has ended (restart.R1). What it promised at most it knows (restart.R7). */
  #restarts(state: State, n: number): Step {
    const to = copy(state);
    to.restarts += 1;
    for (const e of [VOTERS, JOB]) {
      this.#end(to, e, n);
      const c = this.#runners[e]!.indexOf(n);
      if (c >= 0) to.candidates[e]![c] = idle(to.candidates[e]![c]!.ballot);
    }
    if (!this.#rules.durable) to.goesBy[n] = 0;
    return { words: `${this.#names[n]} dies and starts again${this.#rules.durable ? '' : `, by ${this.#tell(to.sets[0]!)}`}`, to };
  }

  #goBy(to: State, n: number, k: number): void {
    to.goesBy[n] = k;
    for (const e of [VOTERS, JOB]) {
      const one = to.candidates[e]![this.#runners[e]!.indexOf(n)];
      if (one === undefined) continue;
      if (one.role === 'bids') one.said |= 1 << k;
      one.settled = false;
      one.floor = 0;
    }
    const c = this.#runners[VOTERS]!.indexOf(n);
    if (c >= 0 && !this.#rules.settled && to.candidates[VOTERS]![c]!.role === 'leads') this.#settle(to, c, 0);
  }

  #stands(n: number): boolean {
    return this.#runners.some((nodes) => nodes.includes(n));
  }

  /** Whether `v` goes by that set, or can as soon as it hears of it. */
  #reaches(state: State, v: number, under: number): boolean {
    return state.goesBy[v] === under || (!this.#stands(v) && isNewer(state.sets[under]!, state.sets[state.goesBy[v]!]!));
  }

  /** P5. */
  #answers(state: State, v: number, under: number): boolean {
    return !this.#rules.sameSet || this.#reaches(state, v, under);
  }

  #learn(to: State, v: number, under: number): void {
    if (to.goesBy[v] !== under && this.#reaches(to, v, under)) this.#goBy(to, v, under);
  }

  #promise(to: State, e: number, c: number, v: number, under: number): void {
    this.#learn(to, v, under);
    if (to.promised[e]![v]!.holder !== c) this.#end(to, e, v);
    to.highest[e]![v] = Math.max(to.highest[e]![v]!, to.candidates[e]![c]!.ballot);
    to.promised[e]![v] = { holder: c, heard: true, under: 0, old: 0 };
  }

  /** `v`’s promise has ended, and with it what its holder counted on. */
  #end(to: State, e: number, v: number): void {
    const { holder } = to.promised[e]![v]!;
    to.promised[e]![v] = nobody();
    if (holder >= 0) for (const lease of to.candidates[e]![holder]!.leases) lease.by &= ~(1 << v);
  }

  /** Counts what `c` has heard, under the set that it goes by now: the lease this makes is added to those it has. */
  #count(to: State, e: number, c: number): void {
    const under = to.goesBy[this.#runners[e]![c]!]!;
    const lease: Lease = { under, by: 0, old: this.#wanted.map(() => 0) };
    for (const [v, { holder, heard, old }] of to.promised[e]!.entries()) {
      if (holder !== c || !heard) continue;
      lease.by |= 1 << v;
      for (const k of lease.old.keys()) if ((old & (1 << k)) !== 0) lease.old[k]! |= 1 << v;
    }
    if (!isMajority(lease.by, to.sets[under]!.voters)) return;
    const candidate = to.candidates[e]![c]!;
    // P7. Those who promised it may not have known of the floor.
    if (candidate.role === 'bids' && e === JOB && this.#rules.counted && candidate.ballot <= to.sets[under]!.floor) return;
    const isNew = candidate.role === 'bids';
    Object.assign(candidate, { role: 'leads', said: 0, leases: [...candidate.leases.filter((one) => one.under !== under), lease] });
    if (e === VOTERS || !isNew) return;
    tidy(to);
    const all = to.candidates[e]!.flatMap(({ role }, k) => (role === 'leads' ? [this.#runner(e, k)] : []));
    if (all.length > 1) to.wrong = `${all.join(' and ')} lead, both`;
    else if (candidate.ballot <= to.led) to.wrong = `the job is led in term ${candidate.ballot} after term ${to.led}`;
    to.led = Math.max(to.led, candidate.ballot);
  }

  #nodes(test: (n: number) => boolean): number {
    return this.#names.split('').reduce((mask, _, n) => (test(n) ? mask | (1 << n) : mask), 0);
  }

  /** Whose promise had to end for it, as part of a line. */
  #ended({ holder }: Promised, c: number): string {
    return holder < 0 || holder === c ? '' : ` (whose promise to ${this.#runner(JOB, holder)} has run out)`;
  }

  #runner(e: number, c: number): string {
    return this.#names[this.#runners[e]![c]!]!;
  }

  #list(nodes: number): string {
    return nodesOf(nodes)
      .map((n) => this.#names[n])
      .join(' and ');
  }

  #tell({ term, version, voters }: Config): string {
    return `{${nodesOf(voters)
      .map((n) => this.#names[n])
      .join('')}} (${term}.${version})`;
  }
}
