import type { Random } from '../../src/core/random.ts';
import type { Member } from '../../src/core/view.ts';
import type { ElectionConfig } from '../../src/election/config.ts';
import { Election } from '../../src/election/election.ts';
import type { ElectionPacket } from '../../src/election/messages.ts';
import { NAMES, CONFIG as SMALL_CONFIG } from './small-world.ts';

/** Three voters, two of them candidates, one name. */
export const VOTERS = NAMES;
export const CANDIDATES = 2;
export const NAME = 'job';
const MS = 1_000;

/**
 * T is little less than three ticks, whether a voter with a fast clock counts it or a leader with a slow one:
 * the two are at the extremes of what is allowed, so a margin that is too small shows at the third tick.
 */
export const STEP_CONFIG: ElectionConfig = { ...SMALL_CONFIG, renewUs: 300 * MS };
/** True time that passes at once. Every node that runs has a beat in it. */
export const TICK_US = 318 * MS;
const PPM = 1_000_000;
/** By how much each clock is wrong. The one who leads first has the slow one: its lease lasts longest. */
export const RATE_PPM = [-50_000, 50_000, 50_000] as const;
/** What a tick is on each clock; whole microseconds, so that nothing is rounded. */
export const LOCAL_TICK_US = RATE_PPM.map((ppm) => (TICK_US * (PPM + ppm)) / PPM);
const WALL_MS = 1_767_225_600_000;
/** The least that lies between two lives that waited out T, by any clock. */
const LIFE_MS = 900;

/** What one node can be made to do. A whole number: the datagram of that number arrives. */
export type Input = number;
export const WAKE: Input = -1;
export const RESIGN: Input = -2;
/** The job of a tenure that was lost or resigned has ended. */
export const SETTLE: Input = -3;

/** A datagram: to whom, and what. Its sender's clock reading is taken out, for it serves people. */
export interface Datagram {
  readonly to: number;
  readonly from: number;
  readonly packet: ElectionPacket;
}

/** What may be looked at of a node without waking it. Times from now, on its own clock. */
export interface Look {
  readonly node: number;
  readonly life: number;
  /** The end of its lease on its leader's clock; −Infinity: none. */
  readonly leaseUs: number;
  /** 0: none. */
  readonly term: number;
  readonly role: string;
  /** When it wants to run. */
  readonly dueUs: number;
}

export interface Outcome {
  /** The node afterwards, by the number of its state. */
  readonly to: number;
  /** Numbers of the datagrams it sent, sorted. */
  readonly sent: readonly number[];
  /** What the core broke down with; '': nothing. */
  readonly broke: string;
}

/** Whoever can make single nodes do things. */
export interface StepTaker {
  readonly looks: readonly Look[];
  readonly datagrams: readonly Datagram[];
  /** What `input` makes of the node in state `id`. */
  step(id: number, input: Input): Outcome;
  /** The first state of a life. */
  fresh(node: number, life: number): Outcome;
  /** The same node when a tick has passed in which it did nothing. */
  older(id: number): number;
}

export const addressOf = (index: number): string => `10.0.0.${index + 1}:1`;
export const bootOf = (index: number, life: number): number => 10 * (index + 1) + life;
export const wallMsOf = (life: number): number => WALL_MS + LIFE_MS * (life - 1);

/** A voter's life, as its host would begin it. `told`: what the core says to its host. */
export function begin(index: number, life: number, nowUs: number, host: { send(to: number, packet: ElectionPacket): void; ended(): void }): Election {
  const boot = bootOf(index, life);
  const now = { elapsedUs: nowUs, leaderUs: nowUs, wallMs: wallMsOf(life) };
  const election = new Election(
    STEP_CONFIG,
    { name: VOTERS[index]!, boot },
    constantDice(boot),
    {
      send: (to, packet) => host.send(Number(to.split(':')[0]!.split('.')[3]) - 1, { ...packet, elapsedMs: 0 }),
      notify: (change) => {
        if (change.type === 'ended') host.ended();
      },
      keep: () => false,
    },
    now,
  );
  election.onView({ members: new Map(VOTERS.map((name, i) => [name, memberOf(name, i, i === index ? life : 1)])) }, now);
  return election;
}

/** After the view was given: from here on it takes part. */
export function takePart(election: Election, index: number, life: number, nowUs: number): void {
  const now = { elapsedUs: nowUs, leaderUs: nowUs, wallMs: wallMsOf(life) };
  election.participate(now);
  if (index < CANDIDATES) election.campaign(NAME, 0, now);
}

/** Makes it do one thing. Who has lost a lease stands again at once. */
export function act(election: Election, input: Input, datagram: Datagram | null, life: number, nowUs: number, hasEnded: () => boolean): void {
  const now = { elapsedUs: nowUs, leaderUs: nowUs, wallMs: wallMsOf(life) };
  if (datagram !== null) election.receive(addressOf(datagram.from), datagram.packet, now);
  else if (input === RESIGN) election.resign(NAME, 'released', null, now);
  else if (input === SETTLE) election.settled(NAME, election.tenureOf(NAME)?.term ?? 0, now);
  else election.advance(now);
  if (hasEnded()) election.campaign(NAME, 0, now);
}

export function lookAt(election: Election, node: number, life: number, nowUs: number): Look {
  const { role, term, leaseEndUs } = election.inspect(NAME);
  return { node, life, leaseUs: leaseEndUs - nowUs, term, role, dueUs: election.nextDeadlineUs - nowUs };
}

/** Two datagrams that say the same to the same node are one: it may arrive more than once. */
export const textOf = ({ to, packet }: Datagram): string => `${to} ${JSON.stringify(packet)}`;

/** The same for every life but different between lives: nothing is left to dice, and states that are equal must look equal. */
function constantDice(seed: number): Random {
  return { u32: () => seed * 7_919, below: (bound) => seed % bound, shuffle: (items) => items, sample: (items, count) => items.slice(0, count) };
}

const memberOf = (name: string, index: number, life: number): Member => ({
  name,
  boot: bootOf(index, life),
  incarnation: 1,
  address: addressOf(index),
  state: 'alive',
  tags: {},
});
