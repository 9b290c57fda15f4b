import { Op } from '../../src/election/messages.ts';
import { type StepTaker, type Outcome, VOTERS, WAKE } from './step-world.ts';
import { type Led, checkChange } from './step-safety.ts';
import { RUNS_MAX } from './walk-steps.ts';

/** Where an exploration begins: three nodes, what is under way, and who has led last. */
export interface Beginning {
  readonly nodes: readonly number[];
  readonly underWay: readonly number[];
  readonly led: Led;
}

export const STEP_STARTS = {
  'first-boot': 'the first leader has just been elected, and the other candidate’s own voter is about to begin',
  'in-office': 'a leader in office, the other candidate’s bid waits at every voter',
  'lease-nearly-over': 'the leader was cut off for two ticks of its lease’s three',
  'answers-late': 'the leader’s last renewal has reached the voters, their answers are under way, and its lease is nearly over',
  'one-voter-left': 'the leader and the other candidate have not heard each other for long, so each holds its own vote, and the third voter’s decides',
  'voter-back': 'as before, but the third voter has lost its memory, and its wait is nearly over',
  'both-bid': 'nobody has heard anybody for long, and both candidates have just bid',
} as const;
export type StepStart = keyof typeof STEP_STARTS;

/** Nothing goes wrong but what is cut: all that is due runs, and all that is sent arrives at once. */
class Course {
  readonly nodes: number[];
  readonly #steps: StepTaker;
  #queue: number[] = [];
  #led: Led = { term: 0, life: '' };
  #isBad = false;
  /** Directed links that lose everything. */
  cut: (from: number, to: number) => boolean = () => false;
  /** To whom everything stays under way. */
  late: (to: number) => boolean = () => false;
  readonly #late: number[] = [];

  constructor(steps: StepTaker) {
    this.#steps = steps;
    const lives = VOTERS.map((_, node) => steps.fresh(node, 1));
    this.nodes = lives.map(({ to }) => to);
    for (const { sent } of lives) this.#queue.push(...sent);
  }

  /** −1: nobody. */
  get leader(): number {
    return this.nodes.findIndex((id) => this.#steps.looks[id]!.role === 'leader');
  }

  restart(node: number): void {
    this.#become(node, this.#steps.fresh(node, this.#steps.looks[this.nodes[node]!]!.life + 1));
  }

  tick(): void {
    for (const [i, id] of this.nodes.entries()) this.nodes[i] = this.#steps.older(id);
  }

  wake(): void {
    for (const i of this.nodes.keys()) {
      for (let due = 0; this.#steps.looks[this.nodes[i]!]!.dueUs <= 0 && due < RUNS_MAX; due += 1) this.#become(i, this.#steps.step(this.nodes[i]!, WAKE));
    }
  }

  deliver(): void {
    for (let left = 1_024; this.#queue.length > 0 && left > 0; left -= 1) {
      const datagram = this.#queue.shift()!;
      const { from, to } = this.#steps.datagrams[datagram]!;
      if (this.cut(from, to)) continue;
      if (this.late(to)) this.#late.push(datagram);
      else this.#become(to, this.#steps.step(this.nodes[to]!, datagram));
    }
    this.#queue = [];
  }

  run(ticks: number): void {
    for (; ticks > 0; ticks -= 1) {
      this.tick();
      this.wake();
      this.deliver();
    }
  }

  /** Goes on until all of `who` have just said an `op`, and it is under way. */
  until(op: number, ticks: number, who: readonly number[]): void {
    for (; ticks > 0; ticks -= 1) {
      this.tick();
      this.wake();
      const said = this.#queue.map((id) => this.#steps.datagrams[id]!).filter(({ packet }) => packet.entries.some((entry) => entry.op === op));
      if (who.every((node) => said.some(({ from }) => from === node))) return;
      this.deliver();
    }
  }

  get here(): Beginning | null {
    return this.#isBad ? null : { nodes: this.nodes, underWay: [...this.#late, ...this.#queue], led: this.#led };
  }

  #become(node: number, { to, sent, broke }: Outcome): void {
    const { looks } = this.#steps;
    this.#queue.push(...sent);
    const { led, finding } = checkChange(
      this.nodes.map((id) => looks[id]!),
      node,
      looks[to]!,
      broke,
      this.#led,
    );
    this.#led = led;
    if (finding !== null) this.#isBad = true;
    this.nodes[node] = to;
  }
}

const SETTLE_TICKS = 12;
/** The candidate with the slow clock, the other one, and the one that only votes. */
const [SLOW, OTHER, THIRD] = [0, 1, 2] as const;

/** @returns Null: the way there is bad already, with the bug that was planted. */
export function beginningOf(start: StepStart, steps: StepTaker): Beginning | null {
  const course = new Course(steps);
  course.deliver();
  if (start === 'first-boot') {
    course.run(3);
    return course.here;
  }
  course.run(SETTLE_TICKS);
  if (course.leader !== SLOW) {
    const first = course.leader; // it is to lead whose clock makes its lease last longest
    course.cut = (from, to) => from === first || to === first;
    course.run(6);
    course.cut = () => false;
    course.run(SETTLE_TICKS);
  }
  if (start === 'lease-nearly-over') {
    course.cut = (from, to) => from === SLOW || to === SLOW;
    course.run(2);
  } else if (start === 'answers-late') {
    course.late = (to) => to === SLOW;
    course.run(1);
    course.cut = (from, to) => from === SLOW || to === SLOW;
    course.run(1);
  } else if (start === 'one-voter-left' || start === 'voter-back') {
    course.cut = (from, to) => from + to === SLOW + OTHER;
    course.run(6);
    if (start === 'voter-back') {
      course.restart(THIRD);
      course.run(2);
    }
    course.until(Op.bid, 4, [OTHER]);
  } else if (start === 'both-bid') {
    course.cut = () => true;
    course.run(4);
    course.until(Op.bid, 12, [SLOW, OTHER]);
  }
  return course.here;
}
