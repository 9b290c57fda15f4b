import type { Random } from '../../src/core/random.ts';
import type { Member } from '../../src/core/view.ts';
import type { ElectionConfig } from '../../src/election/config.ts';
import { Election } from '../../src/election/election.ts';
import type { ElectionPacket } from '../../src/election/messages.ts';

/** What goes wrong in one round; −1: nobody. Everything else of a round is determined. */
export interface Round {
  /** Who can neither send nor hear. */
  readonly cut: number;
  /** Whose datagrams arrive a round late. */
  readonly late: number;
  /** Who crashes, and starts again at once without a memory. */
  readonly restart: number;
  /** Who stands still: no timer, and its datagrams wait. */
  readonly pause: number;
}

/** Three voters, two of them candidates. Coarse time: everything happens at beats. */
export const NAMES = ['a', 'b', 'c'] as const;
const CANDIDATES = 2;
const MS = 1_000;
/** T is four rounds; clocks run at the extremes of what is allowed. */
export const CONFIG: ElectionConfig = {
  cluster: 'small',
  voters: NAMES,
  weights: [],
  expect: 0,
  founds: 0,
  durable: false,
  kept: null,
  handedOn: null,
  leaders: 'any',
  grantUs: 1_000 * MS,
  renewUs: 250 * MS,
  driftPpm: 50_000,
  stopBeforeUs: 60 * MS,
  minUsefulUs: 60 * MS,
  previousGrantUs: 0,
  drainTimeoutUs: 1_000 * MS,
  reclaimDrainUs: null,
  packetBudget: 1_400,
};
const ROUND_US = 250 * MS;
const RATE_PPM = [-50_000, 50_000, 0] as const;
const WALL_MS = 1_767_225_600_000;
/** Rounds in which nothing goes wrong, so that voters are active and somebody leads. */
const SETTLE_ROUNDS = 14;

interface Node {
  election: Election;
  boot: number;
  inbox: { from: number; packet: ElectionPacket }[];
}

/** What is kept for people: no rule reads it, so it tells no two states apart. */
const NO_RULE = /^[_#]*(?:counters|transitions|rates|startedUs|formerEndsUs|lastHolder)$/;

export const STARTS = ['settled', 'leader-cut', 'voter-cut'] as const;
export type Start = (typeof STARTS)[number];

/** Violations of one world, in words. */
export interface Finding {
  readonly invariant: string;
  readonly words: string;
}

/**
 * A world small enough to be explored whole: each round every link either works, is cut, or is late,
 * and every process either runs, stands still, or restarts. Between faults nothing is left to chance.
 */
export class SmallWorld {
  readonly nodes: Node[];
  finding: Finding | null = null;
  rounds = 0;
  readonly #late: { from: number; to: number; packet: ElectionPacket }[] = [];
  readonly #terms = new Map<number, string>();
  readonly #queue: { from: number; to: number; packet: ElectionPacket; atUs: number }[] = [];
  #lastTerm = 0;
  #trueUs = 0;
  #faults: Round = NOTHING;

  /** @param start Where to begin: with a leader in office; with one that was cut off for three rounds, so that its lease is about to run out; or with the other voter cut off so long. */
  constructor(start: Start) {
    this.nodes = NAMES.map((_, index) => ({ election: null as never, boot: 0, inbox: [] }) as Node & { index?: typeof index });
    for (let i = 0; i < NAMES.length; i += 1) this.#start(i);
    for (let i = 0; i < SETTLE_ROUNDS; i += 1) this.play(NOTHING);
    const leader = Math.max(
      0,
      this.nodes.findIndex(({ election }) => election.tenureOf('job') !== null),
    );
    const cut = start === 'leader-cut' ? leader : start === 'voter-cut' ? NAMES.length - 1 : -1;
    if (cut >= 0) for (let i = 0; i < 3; i += 1) this.play({ ...NOTHING, cut });
    this.rounds = 0;
  }

  play(round: Round): void {
    this.#faults = round;
    this.#trueUs += ROUND_US;
    this.rounds += 1;
    if (round.restart >= 0) this.#start(round.restart);
    for (const { from, to, packet } of this.#late.splice(0)) this.#queue.push({ from, to, packet, atUs: 0 });
    for (let i = 0; i < this.nodes.length; i += 1) {
      if (i === round.pause) continue;
      this.nodes[i]!.election.advance(this.#now(i));
      this.#check();
      for (const { from, packet } of this.nodes[i]!.inbox.splice(0)) this.#queue.push({ from, to: i, packet, atUs: 0 });
      this.#deliver();
    }
    this.#deliver();
  }

  /** All that a later round could depend on. Needs private fields made readable; functions and configuration are left out. */
  fingerprint(): string {
    const seen = new Set<unknown>();
    const tell = (value: unknown): string => {
      if (typeof value === 'number') return String(value);
      if (typeof value === 'string') return JSON.stringify(value);
      if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '' : String(value);
      if (value === CONFIG || seen.has(value)) return '~';
      seen.add(value);
      let text: string;
      if (value instanceof Map) text = `M${[...value].map(([k, v]) => `${tell(k)}>${tell(v)}`).join()}`;
      else if (value instanceof Set) text = `S${[...value].map(tell).join()}`;
      else if (Array.isArray(value)) text = `[${value.map(tell).join()}]`;
      else {
        text = '{';
        for (const key of Object.keys(value)) if (!NO_RULE.test(key)) text += `${key}:${tell((value as Record<string, unknown>)[key])},`;
      }
      seen.delete(value);
      return text;
    };
    return `${this.nodes.map(({ election, boot, inbox }) => `${boot}${tell(election)}${tell(inbox)}`).join('|')}#${tell(this.#late)}#${this.#lastTerm}`;
  }

  #start(index: number): void {
    const node = this.nodes[index]!;
    node.boot += 1;
    node.inbox = [];
    const name = NAMES[index]!;
    const boot = 10 * (index + 1) + node.boot;
    node.election = new Election(
      CONFIG,
      { name, boot },
      constantDice(boot),
      { send: (to, packet) => this.#send(index, to, packet), notify: () => {}, keep: () => false },
      this.#now(index),
    );
    const view = new Map(
      NAMES.map((other, i): [string, Member] => [
        other,
        { name: other, boot: 10 * (i + 1) + this.nodes[i]!.boot, incarnation: 1, address: `10.0.0.${i + 1}:1`, state: 'alive', tags: {} },
      ]),
    );
    for (let i = 0; i < this.nodes.length; i += 1) if (this.nodes[i]!.election !== null) this.nodes[i]!.election.onView({ members: view }, this.#now(i));
    node.election.participate(this.#now(index));
    if (index < CANDIDATES) node.election.campaign('job', 0, this.#now(index));
  }

  #send(from: number, to: string, packet: ElectionPacket): void {
    const target = Number(to.split(':')[0]!.split('.')[3]) - 1;
    const { cut, late } = this.#faults;
    if (cut === from || cut === target) return;
    if (late === from) this.#late.push({ from, to: target, packet });
    else this.#queue.push({ from, to: target, packet, atUs: this.#trueUs });
  }

  #deliver(): void {
    for (let i = 0; i < 4_096; i += 1) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      if (next.to === this.#faults.pause) this.nodes[next.to]!.inbox.push(next);
      else {
        this.nodes[next.to]!.election.receive(`10.0.0.${next.from + 1}:1`, next.packet, this.#now(next.to));
        this.#check();
      }
    }
    this.finding ??= { invariant: 'resource.R4', words: 'a conversation that never ends' };
  }

  #now(index: number): { elapsedUs: number; leaderUs: number; wallMs: number } {
    const localUs = Math.floor((this.#trueUs * (1_000_000 + RATE_PPM[index]!)) / 1_000_000);
    return { elapsedUs: localUs, leaderUs: localUs, wallMs: WALL_MS + Math.floor(this.#trueUs / 1_000) };
  }

  #check(): void {
    const held: { name: string; term: number; endUs: number }[] = [];
    for (const [i, { election, boot }] of this.nodes.entries()) {
      const tenure = election.tenureOf('job');
      if (tenure === null) continue;
      const endUs = Math.ceil((tenure.leaseEndUs * 1_000_000) / (1_000_000 + RATE_PPM[i]!));
      if (endUs > this.#trueUs) held.push({ name: NAMES[i]!, term: tenure.term, endUs });
      const life = `${NAMES[i]!}#${boot}`;
      const earlier = this.#terms.get(tenure.term);
      if (earlier === undefined) {
        if (tenure.term < this.#lastTerm)
          this.finding ??= { invariant: 'safety.S3', words: `${life} leads in term ${tenure.term} after term ${this.#lastTerm}` };
        this.#lastTerm = Math.max(this.#lastTerm, tenure.term);
        this.#terms.set(tenure.term, life);
      } else if (earlier !== life) this.finding ??= { invariant: 'safety.S2', words: `${life} and ${earlier} led in term ${tenure.term}` };
    }
    if (held.length > 1)
      this.finding ??= {
        invariant: 'safety.S1',
        words: `${held.map(({ name, term, endUs }) => `${name} (term ${term}, ${Math.round((endUs - this.#trueUs) / 1_000)} ms left)`).join(' and ')} hold the name at one moment`,
      };
  }
}

export const NOTHING: Round = { cut: -1, late: -1, restart: -1, pause: -1 };

/** The same for every life but different between lives: nothing here is left to dice, and states that are equal must look equal. */
function constantDice(seed: number): Random {
  return { u32: () => seed * 7_919, below: (bound) => seed % bound, shuffle: (items) => items, sample: (items, count) => items.slice(0, count) };
}
