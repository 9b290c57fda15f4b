import type { Address } from '../../src/core/address.ts';
import type { Member } from '../../src/core/view.ts';
import type { Kept } from '../../src/election/config.ts';
import type { HandedOn } from '../../src/election/hand-on.ts';
import type { ElectionChange } from '../../src/election/host.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { PartitionChange } from '../../src/partition/host.ts';
import type { NodePlan } from '../plan/plan.ts';
import type { Payload } from '../wire/wires.ts';
import { MachineClock, type ProcessClock } from './clock.ts';
import type { SimulatedNode } from './node-port.ts';

/** Datagrams a stopped process keeps: the oldest 256 small ones fill Linux's default receive buffer (212,992 bytes). */
export const INBOX_MAX = 256;

/** A life of the program on a machine. */
export interface Process {
  readonly boot: number;
  readonly address: Address;
  readonly clock: ProcessClock;
  readonly startedUs: number;
  node: SimulatedNode;
  receive: ((payload: Payload, from: Address) => void) | null;
  /** The system says that nobody listens at an address that was probed. */
  refused: ((to: Address) => void) | null;
  /** The node's one timer: on its own clock, and when that is in true time, lateness included. */
  timer: { readonly localUs: number; readonly wake: () => void; dueUs: number } | null;
  /** The earliest queue entry that will look at the timer. */
  queuedUs: number;
  timers: number;
  /** The election's transitions that the observer has seen, and what it saw the process claim of itself. */
  looked: number;
  /** Whether its voter could promise when it was last looked at. */
  couldPromise: boolean;
  claimed: Member | null;
  /** It stands for nothing any more. */
  isLeaving: boolean;
  /** Changes of the transition that is running, for the trace and the application. */
  readonly changes: (MembershipChange | ElectionChange)[];
  /** The same of the lead of its part. */
  readonly partChanges: PartitionChange[];
  /** What the application wanted to do while the process was stopped. */
  readonly deferred: (() => void)[];
}

/** A computer with its clocks, and the process on it, if any. */
export class Machine {
  readonly index: number;
  readonly plan: NodePlan;
  readonly clock: MachineClock;
  state: 'down' | 'running' | 'paused' | 'suspended' = 'down';
  process: Process | null = null;
  address: Address;
  boots = 0;
  /** What is in its state directory; it survives every crash. */
  disk: Kept | null = null;
  /** What its last life handed on there; gone with the start of the next. */
  handedOn: HandedOn | null = null;
  /** The state directory cannot be written. */
  isDiskFull = false;
  diskSpell = 0;
  /** When it accepted to found with others, on its disk. */
  acceptedUs = Infinity;
  /** It never starts again, and nobody has its disk. */
  isGone = false;
  /** What each datagram and timer takes of a slow processor, and until when it is busy with one. */
  eachUs = 0;
  busyUntilUs = 0;
  /** Datagrams that wait for the processor. */
  backlog = 0;
  slowSpell = 0;
  downSinceUs = 0;
  /** Until then it was stopped, or slow, or still is. */
  strainUntilUs = -1;
  /** Grows with every change of state, so that a scheduled end of a former state does nothing. */
  spell = 0;
  inbox: { readonly payload: Payload; readonly from: Address }[] = [];

  constructor(index: number, plan: NodePlan) {
    this.index = index;
    this.plan = plan;
    this.clock = new MachineClock(plan.ratePpm, plan.wallMs, plan.wallDrifts);
    this.address = this.addressFor(0);
  }

  get name(): string {
    return this.plan.name;
  }

  addressFor(move: number): Address {
    const host = this.index + 1;
    return `10.0.${host >> 8}.${host & 255}:${7946 + move}`;
  }

  become(state: Machine['state']): void {
    this.state = state;
    this.spell += 1;
  }
}
