import { BellwetherError } from '../../src/core/errors.ts';
import type { ElectionChange } from '../../src/election/host.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import { exponential } from '../kernel/quantiles.ts';
import { Domain, keyed } from '../kernel/keyed.ts';
import { orderOf } from '../plan/plan.ts';
import type { Machine, Process } from '../world/machine.ts';
import type { ApplicationPort } from '../world/node-port.ts';
import type { World } from '../world/world.ts';
import type { Resource } from './resources.ts';

/** What a simulated leader's job is given. */
export interface SimulatedLeadership<R extends Record<string, Resource<unknown>>> {
  readonly node: string;
  readonly election: string;
  readonly term: number;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly held: boolean;
  readonly assertHeld: () => void;
  /** Waits on the node's own clock; not at all while its process is stopped, for ever when it crashed. */
  readonly sleep: (ms: number) => Promise<void>;
  /** A request to something on the network and its answer: takes a while, and longer when the process is stopped meanwhile. */
  readonly request: () => Promise<void>;
  readonly use: { readonly [K in keyof R]: R[K] extends Resource<infer Handle> ? Handle : never };
}

/** One run of the job, in true time. */
export interface JobRun {
  readonly node: string;
  readonly term: number;
  readonly fromUs: number;
  /** When the job's promise settled, or its process died. */
  toUs: number;
  /** When the node was told that it had lost; Infinity while it was not. */
  lostUs: number;
  end: 'running' | 'settled' | 'threw' | 'crashed';
  /** When its process stood still, and could do nothing. */
  readonly stops: { fromUs: number; toUs: number }[];
}

const REQUEST_MEAN_US = 3_000;
/** A process that was refused is started again by whoever supervises it. */
const START_AGAIN_US = 1_000_000;

/** The user's job on every simulated node: runs while it leads, and its lease is given back when it has ended. */
export class Jobs<R extends Record<string, Resource<unknown>>> implements ApplicationPort {
  readonly runs: JobRun[] = [];
  readonly #world: World;
  readonly #job: (leadership: SimulatedLeadership<R>) => Promise<void>;
  readonly #resources: R;
  readonly #running = new Map<string, { run: JobRun; abort: AbortController; process: Process }>();
  #requests = 0;

  constructor(world: World, job: (leadership: SimulatedLeadership<R>) => Promise<void>, resources: R) {
    this.#world = world;
    this.#job = job;
    this.#resources = resources;
  }

  hear(machine: Machine, process: Process, change: MembershipChange | ElectionChange): void {
    switch (change.type) {
      case 'elected':
        return this.#begin(machine, process, change.name, change.term);
      case 'lost': {
        const running = this.#running.get(`${machine.name} ${change.name}`);
        if (running === undefined || running.process !== process) return;
        running.run.lostUs = this.#world.nowUs;
        running.abort.abort(
          new BellwetherError('ERR_LEASE_LOST', `lost: ${change.reason}`, { election: change.name, term: change.term, reason: change.reason }),
        );
        return;
      }
      case 'ended':
        if (process.isLeaving) return;
        return this.#enter(machine, process, () => process.node.stand(change.name, machine.plan.priority, orderOf(this.#world.plan, change.name)));
      case 'refused':
        return this.#world.after(0, () => {
          if (machine.process !== process) return;
          this.#world.crash(machine);
          this.#world.after(START_AGAIN_US, () => this.#world.start(machine, false));
        });
      default:
    }
  }

  /** A process is gone, and its jobs with it. */
  crashed(machine: Machine): void {
    for (const [key, { run }] of this.#running) {
      if (run.node !== machine.name) continue;
      this.#running.delete(key);
      this.#end(run, 'crashed');
    }
  }

  stopped(machine: Machine): void {
    for (const { run } of this.#running.values()) if (run.node === machine.name) run.stops.push({ fromUs: this.#world.nowUs, toUs: Infinity });
  }

  resumed(machine: Machine): void {
    for (const { run } of this.#running.values()) if (run.node === machine.name && run.stops.length > 0) run.stops.at(-1)!.toUs = this.#world.nowUs;
  }

  #begin(machine: Machine, process: Process, election: string, term: number): void {
    const abort = new AbortController();
    const run: JobRun = { node: machine.name, term, fromUs: this.#world.nowUs, toUs: Infinity, lostUs: Infinity, end: 'running', stops: [] };
    const key = `${machine.name} ${election}`;
    this.runs.push(run);
    this.#running.set(key, { run, abort, process });
    const world = this.#world;
    const isHeld = (): boolean => {
      if (machine.process !== process) return false;
      let held = false;
      // To ask is a step, too: it reads the clock, and may end a lease.
      world.enter(machine, () => (held = process.node.isHeld(election)));
      return held && !abort.signal.aborted;
    };
    const writer = { node: machine.name, term, nowUs: () => world.nowUs };
    const use = Object.fromEntries(Object.entries(this.#resources).map(([name, resource]) => [name, resource.handle(writer)]));
    const sleep = (ms: number): Promise<void> => this.#wait(machine, process, Math.max(0, Math.round(ms * 1_000)));
    const leadership = {
      node: machine.name,
      election,
      term,
      token: `${election}@${term}`,
      signal: abort.signal,
      use,
      sleep,
      request: () => {
        this.#requests += 1;
        return this.#wait(machine, process, exponential(REQUEST_MEAN_US, keyed(world.plan.seed, Domain.application, machine.index, this.#requests)));
      },
      assertHeld: () => {
        if (!isHeld()) throw new BellwetherError('ERR_NOT_LEADER', `the lease of '${election}' in term ${term} is not held`, { election, term });
      },
      get held() {
        return isHeld();
      },
    } as SimulatedLeadership<R>;
    const done = (end: 'settled' | 'threw'): void => {
      if (this.#running.get(key)?.run !== run) return;
      this.#running.delete(key);
      this.#end(run, end);
      this.#enter(machine, process, () => {
        if (run.lostUs === Infinity) process.node.resign(election, 'released', null);
        this.#world.settled(machine, process, election, term);
      });
    };
    // As in the library the job starts after the transition that elected us, not inside it.
    void Promise.resolve()
      .then(() => this.#job(leadership))
      .then(
        () => done('settled'),
        () => done('threw'),
      );
  }

  #end(run: JobRun, end: JobRun['end']): void {
    run.toUs = this.#world.nowUs;
    run.end = end;
  }

  #wait(machine: Machine, process: Process, delayUs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        if (machine.process !== process) return;
        if (machine.state === 'running') resolve();
        else process.deferred.push(wake);
      };
      this.#world.after(delayUs, wake);
    });
  }

  #enter(machine: Machine, process: Process, act: () => void): void {
    if (machine.process !== process) return;
    if (machine.state === 'running') this.#world.enter(machine, act);
    else process.deferred.push(() => this.#enter(machine, process, act));
  }
}
