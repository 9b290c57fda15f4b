import type { Address } from '../../src/core/address.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Now } from '../../src/core/time.ts';
import type { Member } from '../../src/core/view.ts';
import type { ElectionConfig, Kept } from '../../src/election/config.ts';
import { firstDigest } from '../../src/election/config-digest.ts';
import { Election } from '../../src/election/election.ts';
import type { ElectionChange } from '../../src/election/host.ts';
import { type ElectionPacket, type Entry, Op } from '../../src/election/messages.ts';

/** Milliseconds of a test's story to microseconds. */
export const at = (ms: number): number => ms * 1000;

/** T = 1 s, R = 250 ms and no drift: the numbers the schedules are told in. */
export function storyConfig(voters: readonly string[], change: Partial<ElectionConfig> = {}): ElectionConfig {
  return {
    cluster: 'test',
    voters,
    weights: [],
    expect: 0,
    founds: 0,
    durable: false,
    kept: null,
    handedOn: null,
    leaders: 'any',
    grantUs: at(1000),
    renewUs: at(250),
    driftPpm: 0,
    stopBeforeUs: at(100),
    minUsefulUs: at(100),
    previousGrantUs: 0,
    drainTimeoutUs: at(5000),
    reclaimDrainUs: null,
    packetBudget: 1400,
    ...change,
  };
}

/** A datagram on its way; a schedule holds, drops, copies or delivers it. */
export interface Flight {
  readonly from: string;
  readonly to: string;
  readonly packet: ElectionPacket;
  readonly sentUs: number;
}

interface Process {
  readonly election: Election;
  readonly boot: number;
  readonly log: string[];
  readonly changes: ElectionChange[];
  paused: boolean;
}

/**
 * N election cores alone, without membership: a static view, per-process clocks, and a network that
 * a schedule drives by hand. One millisecond of delay unless a rule in `network` says otherwise.
 */
export class ElectionWorld {
  nowUs = 0;
  readonly processes = new Map<string, Process>();
  /** Every process's clock rate in ppm, wall offset (ms) and the leader's clock's extra (µs). */
  readonly rate = new Map<string, number>();
  readonly wallMs = new Map<string, number>();
  readonly jumpUs = new Map<string, number>();
  /** Decides what becomes of each datagram: delay in µs, or null to lose it. */
  network: (flight: Flight) => number | null = () => at(1);
  readonly #queue: { atUs: number; order: number; flight: Flight }[] = [];
  #order = 0;
  #boots = 100;

  readonly config: ElectionConfig;
  readonly names: readonly string[];

  constructor(names: readonly string[], config: ElectionConfig) {
    this.names = names;
    this.config = config;
  }

  now(name: string): Now {
    const local = Math.floor((this.nowUs * (1_000_000 + (this.rate.get(name) ?? 0))) / 1_000_000);
    return { elapsedUs: local, leaderUs: local + (this.jumpUs.get(name) ?? 0), wallMs: 1_767_225_600_000 + this.nowUs / 1000 + (this.wallMs.get(name) ?? 0) };
  }

  /** The job of the present tenure of `name`, one of 'job', has ended. */
  settle(name: string): void {
    const election = this.election(name);
    election.settled('job', election.tenureOf('job')?.term ?? 0, this.now(name));
  }

  /** What each node's state directory holds, where it has one (`durable`). */
  readonly disks = new Map<string, Kept>();
  isDiskFull = false;
  /** How often any of them was written, or could not be. */
  diskWrites = 0;

  /** Starts a process (again): a new boot without any memory but its state directory's. */
  start(name: string, change: Partial<ElectionConfig> = {}): Election {
    const boot = (this.#boots += 1);
    const log: string[] = [];
    const changes: ElectionChange[] = [];
    const host = {
      send: (to: Address, packet: ElectionPacket) => this.#send({ from: name, to: to.split(':')[0]!, packet, sentUs: this.nowUs }),
      notify: (c: ElectionChange) => {
        changes.push(c);
        log.push(`${this.nowUs / 1000} ${tell(c)}`);
      },
      keep: (kept: Kept) => {
        this.diskWrites += 1;
        if (!this.isDiskFull) this.disks.set(name, kept);
        return !this.isDiskFull;
      },
    };
    const election = new Election({ ...this.config, kept: this.disks.get(name) ?? null, ...change }, { name, boot }, createRandom(boot), host, this.now(name));
    this.processes.set(name, { election, boot, log, changes, paused: false });
    for (const [, p] of this.processes) p.election.onView({ members: this.view() }, this.now(this.#nameOf(p)));
    election.participate(this.now(name));
    return election;
  }

  /** The process is gone; what it sent is still on its way. */
  kill(name: string): void {
    this.processes.delete(name);
  }

  pause(name: string): void {
    this.process(name).paused = true;
  }

  resume(name: string): void {
    this.process(name).paused = false;
  }

  process(name: string): Process {
    return this.processes.get(name)!;
  }

  election(name: string): Election {
    return this.process(name).election;
  }

  campaign(name: string, election = 'job', priority = 0): void {
    this.election(name).campaign(election, priority, this.now(name));
  }

  /** Lets time pass, millisecond by millisecond, until `untilMs` of the story. */
  run(untilMs: number, each: () => void = () => {}): void {
    while (this.nowUs < at(untilMs)) {
      this.nowUs += 1000;
      for (;;) {
        const due = this.#queue.filter((q) => q.atUs <= this.nowUs).sort((a, b) => a.atUs - b.atUs || a.order - b.order);
        const next = due.find(({ flight }) => this.processes.get(flight.to)?.paused !== true);
        if (next === undefined) break;
        this.#queue.splice(this.#queue.indexOf(next), 1);
        this.deliver(next.flight);
      }
      for (const [name, p] of this.processes) if (!p.paused && p.election.nextDeadlineUs <= this.now(name).elapsedUs) p.election.advance(this.now(name));
      each();
      this.assertExclusion();
    }
  }

  deliver(flight: Flight): void {
    this.processes.get(flight.to)?.election.receive(`${flight.from}:1`, flight.packet, this.now(flight.to));
  }

  /** Puts a datagram (a copy, a forgery) on its way, to arrive after `delayUs`. */
  later(flight: Flight, delayUs: number): void {
    this.#queue.push({ atUs: this.nowUs + delayUs, order: (this.#order += 1), flight });
  }

  get digest(): number {
    return firstDigest(this.config);
  }

  /** Who leads `name` by its own clock, paused or not: never more than one. */
  leaders(name = 'job'): string[] {
    return [...this.processes]
      .filter(([id, p]) => {
        const { role, leaseEndUs } = p.election.inspect(name);
        return (role === 'leader' || role === 'draining') && this.now(id).leaderUs < leaseEndUs;
      })
      .map(([id]) => id);
  }

  assertExclusion(name = 'job'): void {
    const leaders = this.leaders(name);
    if (leaders.length > 1) throw new Error(`two leaders at ${this.nowUs / 1000} ms: ${leaders.join(', ')}`);
  }

  terms(name = 'job'): number[] {
    return [...this.processes.values()].flatMap((p) => p.changes).flatMap((c) => (c.type === 'elected' && c.name === name ? [c.term] : []));
  }

  view(): Map<string, Member> {
    return new Map(
      [...this.processes].map(([name, p]) => [name, { name, boot: p.boot, incarnation: p.boot, address: `${name}:1`, state: 'alive' as const, tags: {} }]),
    );
  }

  #nameOf(process: Process): string {
    return [...this.processes].find(([, p]) => p === process)![0];
  }

  #send(flight: Flight): void {
    const delayUs = this.network(flight);
    if (delayUs !== null) this.later(flight, delayUs);
  }
}

/** A packet as that life would send it, whoever makes it. */
export function packetFrom(world: ElectionWorld, life: { readonly name: string; readonly boot: number }, entries: readonly Entry[]): Flight['packet'] {
  return {
    kind: 16,
    from: life.name,
    boot: life.boot,
    config: world.digest,
    lineage: world.digest,
    configTerm: 0,
    configVersion: 0,
    grantMs: 1_000,
    maxGrantMs: 1_000,
    elapsedMs: 0,
    toBoot: 0,
    token: 0,
    echo: 0,
    entries,
  };
}

/** Whether a datagram carries an entry of that kind. */
export function carries(flight: Flight, op: Entry['op']): boolean {
  return flight.packet.entries.some((e) => e.op === op);
}

export { Op };

function tell(c: ElectionChange): string {
  switch (c.type) {
    case 'elected':
      return `elected ${c.name} ${c.term}`;
    case 'lost':
      return `lost ${c.name} ${c.term} ${c.reason}`;
    case 'ended':
      return `ended ${c.name} ${c.term}`;
    case 'elect':
      return `elect ${c.name} ${c.next}`;
    case 'leader':
      return `leader ${c.name} ${c.leader ?? `none (${c.reason})`} ${c.term}`;
    case 'quorum':
      return `quorum ${c.held} ${c.reachable}/${c.needed} missing ${c.missing.join(' ')}`;
    case 'voter':
      return `voter ${c.phase} ${c.how}`;
    case 'voters':
      return `voters ${c.set.version} ${c.set.seats.map(({ name, weight }) => `${name}${weight}`).join(' ')}${c.settled ? ' settled' : ''}`;
    case 'warning':
      return `warning ${c.code} ${JSON.stringify(c.details)}`;
  }
}

/** Three (or more) voters that all stand for `job`, run until one leads. */
export function settledWorld(names: readonly string[], change: Partial<ElectionConfig> = {}): { world: ElectionWorld; leader: string } {
  const world = new ElectionWorld(names, storyConfig(names, change));
  for (const name of names) world.start(name);
  for (const name of names) world.campaign(name);
  world.run(3000);
  const leader = world.leaders()[0];
  if (leader === undefined)
    throw new Error(
      `nobody leads:\n${names.map((n) => `${n}: ${world.process(n).log.join('; ')}\n  ${world.election(n).explain('job', world.now(n)).join('\n  ')}`).join('\n')}`,
    );
  return { world, leader };
}
