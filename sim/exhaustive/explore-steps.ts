import { LocalSteps } from './local-steps.ts';
import { type Input, type Outcome, RESIGN, SETTLE, VOTERS, WAKE } from './step-world.ts';
import { type Led, type StepFinding, checkChange } from './step-safety.ts';
import { LiveSteps } from './live-steps.ts';
import { type Beginning, type StepStart, beginningOf } from './step-starts.ts';
import { StateTable } from './state-table.ts';
import { type TraceLine, tell } from './tell-steps.ts';
import { RUNS_MAX, difference, walk } from './walk-steps.ts';

export interface StepBounds {
  /** Steps from the start on: a datagram that arrives, a tick in which all that is due is done, a restart, a word of the application. */
  readonly depth: number;
  /** How often each may happen on one path, 0 … 3. */
  readonly restarts: number;
  readonly resigns: number;
  /** Ticks in which one node does not run; it does when something arrives there, on its own, or with the next tick. */
  readonly pauses: number;
  /** Gives up beyond it, between depths or within one. */
  readonly budgetMs: number;
  readonly states: number;
}

/** One step of a path, as plain data. */
export type Step =
  | { readonly kind: 'arrive'; readonly datagram: number }
  | { readonly kind: 'tick' }
  | { readonly kind: 'pause' | 'wake' | 'restart' | 'resign' | 'settle'; readonly node: number };

export interface StepExploration {
  readonly start: StepStart;
  /** False: with the bug that was planted the way to the start is bad already, and nothing was explored from it. */
  readonly isReached: boolean;
  readonly states: number;
  readonly transitions: number;
  /** Steps explored whole: nothing reachable within so many is left out. */
  readonly depth: number;
  /** Nothing is left to explore, at any depth. */
  readonly isAll: boolean;
  /** States of single nodes, the steps that the core took for them, and different datagrams. */
  readonly local: { readonly states: number; readonly steps: number; readonly datagrams: number };
  readonly seconds: number;
  /** States to which the same steps were taken once more by cores that live, uncopied, and which were the same then. */
  readonly relived: number;
  /** A shortest one. */
  readonly counterexample: { readonly steps: readonly Step[]; readonly finding: StepFinding; readonly trace: readonly TraceLine[] } | null;
}

/** States that are lived through once more after an exploration without a finding. */
const RELIVED = 100;

const ACTIONS = ['pause', 'wake', 'restart', 'resign', 'settle'] as const;
const TICK = -1;
/** What is counted, in one number: faults left, two bits of each, and above them who led last. */
const PAUSE = 1;
const ONE_RESIGN = 4;
const RESTART = 16;
const LED = 64;
/** Numbers below −1: who does what else. */
const codeOf = (kind: (typeof ACTIONS)[number], node: number): number => -2 - (ACTIONS.indexOf(kind) * VOTERS.length + node);

export function stepOf(code: number): Step {
  if (code >= 0) return { kind: 'arrive', datagram: code };
  if (code === TICK) return { kind: 'tick' };
  const at = -2 - code;
  return { kind: ACTIONS[Math.floor(at / VOTERS.length)]!, node: at % VOTERS.length };
}

/**
 * Breadth first through every step of a small world, at the grain of single datagrams.
 *
 * A state of the world is five numbers: of each node's state, of the set of datagrams sent so far, and of what
 * is counted (who led last, faults left). Datagrams are never taken out of that set, so each may arrive at any
 * later time, in any order, again, or never. Which of two steps at different nodes comes first makes no
 * difference to where they lead, so all such orders meet in one state, and that is expanded once; what was done
 * by one node in one state is known from then on whatever the others did meanwhile. States are compared
 * as they are, not by a hash.
 */
export class StepExplorer {
  readonly steps = new LocalSteps();
  readonly #bounds: StepBounds;
  readonly #start: StepStart;
  readonly #table = new StateTable();
  readonly #sets: (readonly number[])[] = [];
  readonly #setIds = new Map<string, number>();
  readonly #unions = new Map<number, number>();
  readonly #led: Led[] = [];
  readonly #ledIds = new Map<string, number>();
  #transitions = 0;
  #finding: StepFinding | null = null;
  #isDone = false;
  #isAll = false;
  #beginning: Beginning | null = null;

  constructor(start: StepStart, bounds: StepBounds) {
    this.#start = start;
    this.#bounds = bounds;
  }

  /** @param heartbeat Called now and then with states and whole steps so far. @returns How many steps are worth looking at from now on. */
  run(heartbeat: (states: number, depth: number) => number = () => Infinity): StepExploration {
    const startedMs = performance.now();
    const beginning = beginningOf(this.#start, this.steps);
    if (beginning === null) return this.#report(0, startedMs);
    this.#beginning = beginning;
    const { nodes, underWay, led } = beginning;
    const { restarts, resigns, pauses, depth, budgetMs, states } = this.#bounds;
    const left = restarts * RESTART + resigns * ONE_RESIGN + pauses * PAUSE;
    this.#table.add(nodes[0]!, nodes[1]!, nodes[2]!, this.#union(this.#setId([]), underWay), this.#ledId(led) * LED + left, -1, 0);
    let whole = 0;
    let isStopped = false;
    for (let from = 0; whole < depth && from < this.#table.size && !isStopped && this.#finding === null;) {
      const to = this.#table.size;
      for (let at = from; at < to && this.#finding === null && !isStopped; at += 1) {
        if (at === from || at % 2_048 === 0)
          isStopped = performance.now() - startedMs > budgetMs || this.#table.size > states || heartbeat(this.#table.size, whole) <= whole;
        if (!isStopped) this.#expand(at);
      }
      if (isStopped || this.#finding !== null) break;
      whole += 1;
      from = to;
      this.#isAll = from === this.#table.size;
    }
    return this.#report(whole, startedMs);
  }

  #report(depth: number, startedMs: number): StepExploration {
    const { size } = this.#table;
    const finding = this.#finding;
    const seconds = (performance.now() - startedMs) / 1_000;
    return {
      start: this.#start,
      isReached: size > 0,
      states: size,
      transitions: this.#transitions,
      depth,
      isAll: this.#isAll,
      local: { states: this.steps.states, steps: this.steps.taken, datagrams: this.steps.datagrams.length },
      seconds,
      relived: size === 0 ? 0 : this.#relive(finding === null ? RELIVED : 1),
      counterexample: finding === null ? null : { steps: this.#table.way(size - 1).map(stepOf), finding, trace: this.#trace() },
    };
  }

  /** The last state, and others evenly over all depths, are reached once more without images. @throws When that comes to something else: then the images are wrong, and nothing is proven. */
  #relive(count: number): number {
    const { size } = this.#table;
    const { datagrams } = this.steps;
    const rows = new Set(Array.from({ length: count }, (_, i) => size - 1 - Math.floor((i * size) / count)));
    for (const row of rows) {
      const path = this.#table.way(row).map(stepOf);
      const imagined = walk(this.steps, this.#beginning!, path, (id) => id);
      const live = new LiveSteps();
      const lived = walk(live, beginningOf(this.#start, live)!, path, (id) => live.idOf(datagrams[id]!));
      const differs = difference(
        imagined,
        (id) => datagrams[id]!,
        lived,
        (id) => live.datagrams[id]!,
      );
      if (differs !== '') throw new Error(`the images of nodes are wrong after ${JSON.stringify(path)}: ${differs}`);
    }
    return rows.size;
  }

  #trace(): TraceLine[] {
    const underWay = new Set(this.#beginning!.underWay);
    const path = this.#table.way(this.#table.size - 1).map(stepOf);
    return tell(
      walk(this.steps, this.#beginning!, path, (id) => id),
      this.steps.datagrams,
      (id) => underWay.has(id),
    );
  }

  #expand(at: number): void {
    const table = this.#table;
    const nodes = [table.get(at, 0), table.get(at, 1), table.get(at, 2)];
    const set = table.get(at, 3);
    const counts = table.get(at, 4);
    const { looks, datagrams } = this.steps;
    for (const datagram of this.#sets[set]!) this.#do(at, nodes, set, counts, datagrams[datagram]!.to, datagram, datagram);
    for (let node = 0; node < nodes.length; node += 1) {
      const { dueUs, role, life } = looks[nodes[node]!]!;
      if (dueUs <= 0) this.#do(at, nodes, set, counts, node, WAKE, codeOf('wake', node));
      if (role === 'lost' || role === 'draining') this.#do(at, nodes, set, counts, node, SETTLE, codeOf('settle', node));
      if (role === 'leader' && (counts / ONE_RESIGN) % 4 >= 1) this.#do(at, nodes, set, counts - ONE_RESIGN, node, RESIGN, codeOf('resign', node));
      if (life === 1 && (counts / RESTART) % 4 >= 1) {
        this.#become(at, nodes, set, counts - RESTART, node, this.steps.fresh(node, life + 1), codeOf('restart', node));
      }
    }
    const older = nodes.map((id) => this.steps.older(id));
    this.#tick(at, older, set, counts, -1);
    if ((counts / PAUSE) % 4 < 1) return;
    for (let node = 0; node < nodes.length; node += 1) if (looks[older[node]!]!.dueUs <= 0) this.#tick(at, older, set, counts - PAUSE, node);
  }

  /** All run what is due, but `paused`. In which order they do makes no difference, for they only speak. */
  #tick(at: number, older: readonly number[], set: number, counts: number, paused: number): void {
    const nodes = [...older];
    let led = Math.floor(counts / LED);
    for (let node = 0; node < nodes.length; node += 1) {
      for (let runs = 0; node !== paused && this.steps.looks[nodes[node]!]!.dueUs <= 0 && runs < RUNS_MAX; runs += 1) {
        const outcome = this.steps.step(nodes[node]!, WAKE);
        led = this.#check(nodes, node, outcome, led);
        set = this.#union(set, outcome.sent);
        nodes[node] = outcome.to;
      }
    }
    this.#put(nodes, set, led * LED + (counts % LED), at, paused < 0 ? TICK : codeOf('pause', paused));
  }

  #do(at: number, nodes: readonly number[], set: number, counts: number, node: number, input: Input, code: number): void {
    this.#become(at, nodes, set, counts, node, this.steps.step(nodes[node]!, input), code);
  }

  /** One node becomes another, and has sent something. */
  #become(at: number, nodes: readonly number[], set: number, counts: number, node: number, outcome: Outcome, code: number): void {
    const { to, sent, broke } = outcome;
    const after = this.#union(set, sent);
    if (to === nodes[node] && after === set && broke === '') return;
    const led = this.#check(nodes, node, outcome, Math.floor(counts / LED));
    const changed = [...nodes];
    changed[node] = to;
    this.#put(changed, after, led * LED + (counts % LED), at, code);
  }

  /** Of bad states the first is kept, as the last row, whether it is new or not. */
  #put(nodes: readonly number[], set: number, counts: number, at: number, code: number): void {
    if (this.#isDone) return;
    this.#transitions += 1;
    const [a, b, c] = nodes as [number, number, number];
    if (this.#finding === null) this.#table.add(a, b, c, set, counts, at, code);
    else {
      this.#table.append(a, b, c, set, counts, at, code);
      this.#isDone = true;
    }
  }

  /** @returns The number of who has led last now. */
  #check(nodes: readonly number[], node: number, { to, broke }: Outcome, ledId: number): number {
    const { looks } = this.steps;
    const now = looks[to]!;
    if (now.term === 0 && broke === '') return ledId;
    const { led, finding } = checkChange(
      nodes.map((id) => looks[id]!),
      node,
      now,
      broke,
      this.#led[ledId]!,
    );
    this.#finding ??= finding;
    return led === this.#led[ledId] ? ledId : this.#ledId(led);
  }

  #ledId(led: Led): number {
    const key = `${led.term} ${led.life}`;
    let id = this.#ledIds.get(key);
    if (id === undefined) this.#ledIds.set(key, (id = this.#led.push(led) - 1));
    return id;
  }

  #union(set: number, sent: readonly number[]): number {
    let id = set;
    for (const datagram of sent) {
      const key = id * 2 ** 24 + datagram;
      let next = this.#unions.get(key);
      if (next === undefined) {
        const before = this.#sets[id]!;
        next = before.includes(datagram) ? id : this.#setId([...before, datagram].sort((a, b) => a - b));
        this.#unions.set(key, next);
      }
      id = next;
    }
    return id;
  }

  #setId(datagrams: readonly number[]): number {
    const key = datagrams.join();
    let id = this.#setIds.get(key);
    if (id === undefined) this.#setIds.set(key, (id = this.#sets.push(datagrams) - 1));
    return id;
  }
}
