import type { Address } from '../../src/core/address.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import type { Member } from '../../src/core/view.ts';
import type { Kept } from '../../src/election/config.ts';
import { ELECTION_KIND } from '../../src/election/codec.ts';
import { firstDigest } from '../../src/election/config-digest.ts';
import { type Entry, Op } from '../../src/election/messages.ts';
import { type VoterSet, firstSeats } from '../../src/election/voter-set.ts';
import { type InForce, newestOf } from '../check/electorate.ts';
import type { ElectionChange } from '../../src/election/host.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { PartitionChange } from '../../src/partition/host.ts';
import type { Wire } from '../../src/wire.ts';
import type { Observer } from '../check/observer.ts';
import { EventQueue } from '../kernel/event-queue.ts';
import { Domain, keyed } from '../kernel/keyed.ts';
import type { Trace } from '../kernel/trace.ts';
import { type Plan, type Trigger, isStill, orderOf } from '../plan/plan.ts';
import { electionConfigOf, membershipConfigOf, stableAfterMs } from '../plan/timings.ts';
import type { Carriage, Payload } from '../wire/wires.ts';
import { Application } from './application.ts';
import { ProcessClock } from './clock.ts';
import { Faults } from './faults.ts';
import { INBOX_MAX, Machine, type Process } from './machine.ts';
import { lie } from './lies.ts';
import { Marks } from './marks.ts';
import { Network } from './network.ts';
import type { ApplicationPort, NodeFactory } from './node-port.ts';
import { tellElection, tellMembership, tellPartition } from './tell.ts';

/** How often the parts are looked at; they change seldom. */
const PARTS_LOOK_US = 500_000;

/** More than that never happens at one moment, in clusters of any size that are run. */
const AT_ONCE_MAX = 20_000;

/** A node is started with the addresses of at most so many others. */
const SEEDS = 16;

/** Who asked the system whether anybody listens. */
interface Prober {
  readonly machine: Machine;
  readonly process: Process;
}

interface Datagram {
  readonly kind: 'datagram';
  readonly to: Address;
  readonly from: Address;
  readonly payload: Payload;
  readonly prober: Prober | null;
}

type Event = Datagram | { readonly kind: 'timer'; readonly machine: Machine; readonly process: Process } | { readonly kind: 'act'; readonly act: () => void };

export interface WorldOptions {
  readonly plan: Plan;
  readonly node: NodeFactory;
  readonly carriage: Carriage;
  readonly trace: Trace;
  readonly observer: Observer;
  /** What runs on the nodes; default: a job that works while it leads and ends as the plan says. */
  readonly application?: (world: World) => ApplicationPort;
}

/**
 * Machines, the processes on them and the network between, in true time. It executes a plan: one
 * queue, one event after the other, and after each one the observer looks at whoever moved.
 */
export class World {
  readonly plan: Plan;
  readonly machines: readonly Machine[];
  readonly network: Network;
  readonly marks = new Marks();
  readonly trace: Trace;
  nowUs = 0;
  /** Set once nothing goes wrong any more. */
  isCalm = false;
  readonly #queue = new EventQueue<Event>();
  readonly #observer: Observer;
  readonly #node: NodeFactory;
  readonly #carriage: Carriage;
  readonly #application: ApplicationPort;
  readonly #faults: Faults;
  readonly #at = new Map<Address, Machine>();
  /** Steps that wait for something to happen, and how often each thing has happened. */
  readonly #waiting: { readonly when: Trigger; readonly run: () => void }[] = [];
  readonly #happened = new Map<string, number>();
  /** Who leads each election and who did before, by what was told. */
  readonly #leaders = new Map<string, { last: Machine; former: Machine | null }>();
  readonly #firstSet: VoterSet;
  readonly #lineage: number;
  /** Events at this very moment. */
  #atOnce = 0;
  /** Datagrams behind a jam. */
  #jammed: { readonly from: Machine; readonly to: Machine; readonly event: Event }[] = [];

  constructor(options: WorldOptions) {
    const { plan } = options;
    this.plan = plan;
    const config = electionConfigOf(plan, 0, 2); // as all nodes are once they have started again
    this.#firstSet = { term: 0, version: 0, seats: firstSeats(config.voters, config.weights), floor: 0 };
    this.#lineage = firstDigest(config);
    this.trace = options.trace;
    this.#observer = options.observer;
    this.#node = options.node;
    this.#carriage = options.carriage;
    this.machines = plan.nodes.map((node, index) => new Machine(index, node));
    for (const machine of this.machines) this.#at.set(machine.address, machine);
    this.network = new Network(plan.seed, plan.nodes.length, plan.noise);
    this.#application = options.application?.(this) ?? new Application(this);
    this.#faults = new Faults(this);
    for (const machine of this.machines) this.after(machine.plan.startUs, () => this.start(machine, false));
    for (const step of plan.steps) {
      if (step.when === undefined) this.after(step.atUs, () => this.#faults.run(step));
      else this.#waiting.push({ when: step.when, run: () => this.#faults.run(step) });
    }
    this.after(plan.calmUs, () => this.#faults.calm());
    if ((plan.parts ?? []).length > 0) this.after(0, () => this.#lookAtParts());
  }

  /** Runs until true time `untilUs`, or until `stop` says so after an event. */
  run(untilUs: number, stop: () => boolean = () => false): void {
    while (!stop() && this.step(untilUs));
    if (!stop()) this.nowUs = Math.max(this.nowUs, untilUs);
  }

  /** The next event, if it is due until then. @returns Whether there was one. */
  step(untilUs: number): boolean {
    const nextUs = this.#queue.nextUs;
    if (nextUs > untilUs) return false;
    this.#atOnce = nextUs === this.nowUs ? this.#atOnce + 1 : 0;
    if (this.#atOnce > AT_ONCE_MAX) return this.#restless();
    this.nowUs = nextUs;
    const event = this.#queue.pop();
    switch (event.kind) {
      case 'datagram':
        this.#arrive(event);
        break;
      case 'timer':
        this.#onTimer(event.machine, event.process);
        break;
      case 'act':
        event.act();
        break;
    }
    return true;
  }

  /** Somebody wants to be woken again and again at one moment: time would stand still for ever. */
  #restless(): false {
    if (this.#atOnce === AT_ONCE_MAX + 1)
      this.#observer.stepped('the cluster', false, `${AT_ONCE_MAX} things happened at one moment, and there was no end to it`, this.nowUs);
    return false;
  }

  /** Does something `delayUs` from now. */
  after(delayUs: number, act: () => void): void {
    this.#queue.push(this.nowUs + delayUs, { kind: 'act', act });
  }

  /** Starts a process without any memory. */
  start(machine: Machine, newAddress: boolean): void {
    if (machine.process !== null || machine.isGone) return;
    if (newAddress) {
      machine.address = machine.addressFor(machine.boots);
      this.#at.set(machine.address, machine);
    }
    machine.boots += 1;
    if (this.plan.earlierGrantUs !== undefined && machine.boots === 2 && !this.isCalm) this.marks.hit('lease-shortened');
    const boot = 1 + (keyed(this.plan.seed, Domain.boot, machine.index, machine.boots) % 0xffff_fffe);
    const process: Process = {
      boot,
      address: machine.address,
      clock: new ProcessClock(machine.clock),
      startedUs: this.nowUs,
      node: null as never,
      receive: null,
      refused: null,
      timer: null,
      queuedUs: Infinity,
      timers: 0,
      looked: -1,
      couldPromise: false,
      claimed: null,
      isLeaving: false,
      changes: [],
      partChanges: [],
      deferred: [],
    };
    machine.process = process;
    machine.become('running');
    const tap = {
      membership: (change: MembershipChange) => void process.changes.push(change),
      election: (change: ElectionChange) => void process.changes.push(change),
      partition: (change: PartitionChange) => void process.partChanges.push(change),
      ...(this.plan.lyingView ? { view: (members: ReadonlyMap<string, Member>) => this.#view(machine, members) } : {}),
    };
    process.node = this.#node({
      name: machine.name,
      bound: machine.address,
      seeds: this.#seedsFor(machine),
      tags: {},
      elections: this.plan.elections,
      membership: membershipConfigOf(this.plan),
      election: { ...electionConfigOf(this.plan, machine.index, machine.boots), kept: machine.disk, handedOn: machine.handedOn },
      keep: (kept) => this.#keep(machine, kept),
      runtime: this.#runtimeOf(machine, process),
      tap,
      wire: this.#overheard(
        machine,
        process,
        this.#carriage.wire({
          address: machine.address,
          cluster: 'simulated',
          send: (payload, to) => this.#send(machine, process, payload, to, false),
          probe: (payload, to) => this.#send(machine, process, payload, to, true),
          listen: (receive, refused) => {
            process.receive = receive;
            process.refused = refused ?? null;
          },
        }),
      ),
    });
    machine.handedOn = null; // it is gone from the disk before the first word
    this.#observer.started(machine.name);
    this.tell('start', machine, `${machine.name} starts at ${machine.address}`);
    this.enter(machine, () => process.node.begin());
    if (machine.plan.witness === true) {
      for (const election of this.plan.elections) this.enter(machine, () => process.node.watch(election));
      return;
    }
    for (const election of this.plan.elections) this.enter(machine, () => process.node.stand(election, machine.plan.priority, orderOf(this.plan, election)));
    for (const part of this.plan.parts ?? []) this.enter(machine, () => process.node.standInPart(part, machine.plan.priority, stableAfterMs(this.plan)));
  }

  #keep(machine: Machine, kept: Kept): boolean {
    if (machine.isDiskFull) {
      this.marks.hit('not-written');
      return false;
    }
    if (kept.pending && machine.disk?.pending !== true) {
      machine.acceptedUs = this.nowUs;
      this.tell('accepted', machine, `${machine.name} accepts to found with ${kept.set!.seats.map(({ name }) => name).join(', ')}`);
    }
    machine.disk = kept;
    return true;
  }

  /** Everybody else; in a large cluster the first few, as people configure it. */
  #seedsFor(machine: Machine): Address[] {
    return this.machines
      .slice(0, SEEDS + 1)
      .filter((m) => m !== machine)
      .slice(0, SEEDS)
      .map((m) => m.address);
  }

  /** The process is gone at once, with all it knew. What it sent is still on its way. */
  crash(machine: Machine): void {
    if (machine.process === null) return;
    if (machine.state === 'suspended') machine.clock.resume(this.nowUs); // a machine without a process does not sleep on
    this.tell('crash', machine, `${machine.name} crashes`);
    this.#observer.crashed(machine.name, machine.process.boot, this.nowUs);
    this.#application.crashed?.(machine);
    machine.process = null;
    machine.inbox = [];
    machine.downSinceUs = this.nowUs;
    machine.become('down');
  }

  /** One step of a node; everything that follows from it at this instant happens here. */
  enter(machine: Machine, step: () => void): void {
    const { process } = machine;
    if (process === null || machine.state !== 'running') return;
    let failure: unknown = null;
    try {
      step();
    } catch (error) {
      failure = error;
    }
    this.#entered(machine, process, false, failure);
  }

  /** The step of a node that receives a datagram. */
  #deliver(machine: Machine, payload: Payload, from: Address): void {
    const { process } = machine;
    if (process === null || machine.state !== 'running') return;
    let failure: unknown = null;
    try {
      process.receive?.(payload, from);
    } catch (error) {
      failure = error;
    }
    this.#entered(machine, process, true, failure);
  }

  #entered(machine: Machine, process: Process, receiving: boolean, failure: unknown): void {
    this.#observer.stepped(machine.name, receiving, failure, this.nowUs);
    if (failure !== null) return;
    if (process.changes.length + process.partChanges.length === 0) return this.#observer.look(machine, process, true, false, this.nowUs); // nearly always
    const changes = process.changes.splice(0);
    for (const change of changes) this.#note(machine, process, change);
    const partChanges = process.partChanges.splice(0);
    for (const change of partChanges) this.#notePart(machine, process, change);
    this.#observer.look(machine, process, true, false, this.nowUs);
    for (const change of changes) if (machine.process === process) this.#application.hear(machine, process, change);
    for (const change of partChanges) if (machine.process === process) this.#application.hearPart?.(machine, process, change);
  }

  /** The process stands still from now on. */
  stopped(machine: Machine): void {
    this.#application.stopped?.(machine);
  }

  /** SIGSTOP, for as long as nobody resumes it. */
  pause(machine: Machine): void {
    machine.become('paused');
    this.tell('pause', machine, `${machine.name} stands still`);
    this.stopped(machine);
  }

  /** The application's job of that tenure has ended. */
  settled(machine: Machine, process: Process, election: string, term: number): void {
    this.#observer.settled(machine, process, election, term);
    process.node.settled(election, term);
  }

  /** Lets the observer look at a machine whose state or clocks changed. */
  look(machine: Machine): void {
    const { process } = machine;
    if (process === null) return;
    this.#observer.look(machine, process, machine.state !== 'suspended', true, this.nowUs);
  }

  /** The machine's clocks changed their course: when its timer is due, and when its lease ends, is another moment now. */
  clockChanged(machine: Machine): void {
    const { process } = machine;
    if (process?.timer != null && machine.state !== 'suspended') {
      process.timer.dueUs = machine.clock.when(process.timer.localUs);
      this.#arm(machine, process);
    }
    this.look(machine);
  }

  /** A stopped process runs again: what is due and what was kept for it, in that order or the other. */
  resume(machine: Machine, wakeFirst: 'timers' | 'datagrams'): void {
    const { process } = machine;
    if (process === null) return;
    machine.become('running');
    machine.strainUntilUs = Math.max(machine.strainUntilUs, this.nowUs);
    this.tell('resume', machine, `${machine.name} runs again`);
    this.#application.resumed?.(machine);
    this.look(machine);
    if (wakeFirst === 'timers') this.#fire(machine, process);
    for (const { payload, from } of machine.inbox.splice(0)) this.#deliver(machine, payload, from);
    if (process.timer !== null) {
      process.timer.dueUs = Math.max(this.nowUs, machine.clock.when(process.timer.localUs));
      this.#fire(machine, process);
      this.#arm(machine, process);
    }
    for (const act of process.deferred.splice(0)) if (machine.process === process) act();
  }

  /** Opens the way from one machine to another again; what was jammed arrives now. */
  release(): void {
    const jammed = this.#jammed;
    this.#jammed = [];
    for (const entry of jammed) {
      if (this.network.isCut(entry.from.index, entry.to.index)) this.#jammed.push(entry);
      else {
        this.marks.hit('jam-released');
        this.#queue.push(this.network.releaseUs(entry.from.index, entry.to.index, this.nowUs), entry.event);
      }
    }
  }

  /** What each node goes by, or would if it started now. */
  #inForce(): ReadonlyMap<string, InForce> {
    return new Map(
      this.machines.flatMap(({ name, process, disk, isGone }) => {
        if (isGone) return [];
        const running = process?.node.election.franchise.standing;
        if (running !== undefined) return [[name, { set: running.set, lineage: running.lineage }]];
        const kept = disk?.pending === true ? null : (disk?.set ?? null); // what was only accepted is not in force
        return [[name, { set: kept ?? this.#firstSet, lineage: kept === null ? this.#lineage : disk!.lineage }]];
      }),
    );
  }

  /** The newest set of voters that is in force anywhere; an empty one while they have not found each other. */
  voters(): VoterSet {
    if (this.plan.stateDirs !== true) return this.#firstSet;
    const sets = [...this.#inForce().values()].map(({ set }) => set).filter(({ seats }) => seats.length > 0);
    return sets.length === 0 ? this.#firstSet : newestOf(sets);
  }

  tell(kind: string, machine: Machine | null, text: string): void {
    this.trace.tell(this.nowUs, kind, machine?.index ?? -1, machine?.name ?? '', text);
  }

  /** Who leads by its own clock, and can act on it. */
  leaderOf(election: string): Machine | null {
    return (
      this.machines.find(
        (m) => m.process !== null && m.state !== 'suspended' && m.process.clock.when(leaseEndOf(m.process, election), this.nowUs) > this.nowUs,
      ) ?? null
    );
  }

  /** Who led before the present or last leader. */
  formerLeaderOf(election: string): Machine | null {
    return this.#leaders.get(election)?.former ?? null;
  }

  #view(machine: Machine, members: ReadonlyMap<string, Member>): ReadonlyMap<string, Member> {
    if (this.isCalm) return members;
    this.marks.hit('lying-view');
    return lie(this.plan.seed, machine.index, this.nowUs, members);
  }

  #markEntries(entries: readonly Entry[]): void {
    for (const { op } of entries) {
      if (op === Op.reclaim) this.marks.hit('reclaim');
      else if (op === Op.stands) this.marks.hit('roll');
    }
  }

  /** The observer hears what is said before it becomes bytes. */
  #overheard(machine: Machine, process: Process, wire: Wire): Wire {
    return {
      open: (handlers) => wire.open(handlers),
      send: (message, to) => {
        this.#observer.said(machine, process, message, this.nowUs);
        if (message.kind === ELECTION_KIND) this.#markEntries(message.entries);
        wire.send(message, to);
      },
      probe: (message, to) => {
        this.#observer.said(machine, process, message, this.nowUs);
        wire.probe(message, to);
      },
      close: () => wire.close(),
      counters: wire.counters,
    };
  }

  #send(machine: Machine, process: Process, payload: Payload, to: Address, connected: boolean): void {
    const target = this.#at.get(to);
    const bytes = this.#carriage.sizeOf(payload);
    this.#observer.sent(machine.name, bytes, machine.process !== process, this.nowUs);
    if (machine.process !== process || target === undefined) return;
    const { network } = this;
    const fate = network.send(machine.index, target.index, bytes, this.nowUs);
    if (fate === 'lost') return;
    const carried = fate === 'arrives' && network.damaged ? this.#carriage.damage(payload) : payload;
    const event: Event = { kind: 'datagram', to, from: process.address, payload: carried, prober: connected ? { machine, process } : null };
    if (fate === 'jammed') return void this.#jammed.push({ from: machine, to: target, event });
    this.#queue.push(network.arrivesUs, event);
    if (network.againUs > 0) this.#queue.push(network.againUs, event);
  }

  #arrive(datagram: Datagram): void {
    const { to, from, payload, prober } = datagram;
    const machine = this.#at.get(to);
    const process = machine?.process ?? null;
    if (machine === undefined || process === null || process.address !== to || machine.state === 'suspended') {
      this.marks.hit('datagram-to-nobody');
      if (prober !== null && machine !== undefined && machine.state !== 'suspended') this.#refuse(machine, to, prober);
      return;
    }
    if (machine.state === 'running' && this.nowUs < machine.busyUntilUs) {
      if (machine.backlog >= INBOX_MAX) return this.marks.hit('inbox-overflow');
      machine.backlog += 1;
      return this.#later(machine, datagram);
    }
    this.trace.record(this.nowUs, 'datagram', machine.index, this.#at.get(from)?.index ?? -1);
    machine.busyUntilUs = this.nowUs + machine.eachUs;
    if (machine.state === 'running') return this.#deliver(machine, payload, from);
    if (machine.inbox.length < INBOX_MAX) machine.inbox.push({ payload, from });
    else this.marks.hit('inbox-overflow');
  }

  /** It waits for the processor. */
  #later(machine: Machine, datagram: Datagram): void {
    this.after(machine.busyUntilUs - this.nowUs, () => {
      machine.backlog -= 1;
      this.#arrive(datagram);
    });
  }

  /** The host is there and the process is not: the host says so, unless the plan has it keep silent, and the network carries it or not. */
  #refuse(host: Machine, to: Address, { machine, process }: Prober): void {
    if (this.plan.silentHosts === true) return;
    const fate = this.network.send(host.index, machine.index, 0, this.nowUs);
    if (fate === 'jammed') return;
    this.marks.hit('refusal');
    const tell = (): void => {
      if (machine.process === process && machine.state === 'running') this.enter(machine, () => process.refused?.(to));
    };
    if (fate === 'arrives') this.after(this.network.arrivesUs - this.nowUs, tell);
  }

  #onTimer(machine: Machine, process: Process): void {
    if (machine.process !== process || process.queuedUs !== this.nowUs) return;
    process.queuedUs = Infinity;
    if (machine.state !== 'running') return; // looked at again when it runs
    this.#fire(machine, process);
    this.#arm(machine, process);
  }

  #fire(machine: Machine, process: Process): void {
    const { timer } = process;
    if (timer === null || timer.dueUs > this.nowUs || machine.clock.monotonicUs(this.nowUs) < timer.localUs) return;
    if (this.nowUs < machine.busyUntilUs) {
      timer.dueUs = machine.busyUntilUs;
      return;
    }
    process.timer = null;
    machine.busyUntilUs = this.nowUs + machine.eachUs;
    this.trace.record(this.nowUs, 'timer', machine.index);
    this.enter(machine, timer.wake);
  }

  /** Keeps one queue entry at or before the moment the timer is due; entries that came too early look again. */
  #arm(machine: Machine, process: Process): void {
    const dueUs = process.timer?.dueUs ?? Infinity;
    if (dueUs === Infinity || machine.process !== process || dueUs >= process.queuedUs) return;
    process.queuedUs = Math.max(this.nowUs, dueUs);
    this.#queue.push(process.queuedUs, { kind: 'timer', machine, process });
  }

  #runtimeOf(machine: Machine, process: Process): Runtime {
    return {
      elapsedUs: () => process.clock.elapsedUs(this.nowUs),
      now: () => process.clock.read(this.nowUs),
      random: createRandom(keyed(this.plan.seed, Domain.dice, machine.index, machine.boots)),
      boot: process.boot,
      newId: () => `${machine.name}-${process.boot.toString(16)}`,
      wakeAt: (localUs, wake) => {
        if (process.timer?.localUs === localUs) return; // stands already, in most transitions
        process.timers += 1;
        const { latenessUs } = this.plan.noise;
        const lateUs = latenessUs === 0 || this.isCalm ? 0 : keyed(this.plan.seed, Domain.lateness, machine.index, process.timers) % latenessUs;
        process.timer = localUs === Infinity ? null : { localUs, wake, dueUs: Math.max(this.nowUs, machine.clock.when(localUs)) + lateUs };
        this.#arm(machine, process);
      },
    };
  }

  #note(machine: Machine, process: Process, change: MembershipChange | ElectionChange): void {
    const text = isElectionChange(change) ? tellElection(change) : tellMembership(change);
    this.tell(change.type, machine, `${machine.name} ${text}`);
    this.#observer.heard(machine, process, change, this.nowUs);
    if (change.type === 'voters') {
      this.marks.hit(change.settled ? 'voters-settled' : 'voters-installed');
      if (this.plan.founding === true && change.set.version === 0 && !this.isCalm) this.marks.hit('founded');
      this.#observer.votersChanged(this.#inForce(), this.nowUs);
    }
    if (change.type === 'elected') {
      const before = this.#leaders.get(change.name);
      if (before?.last !== machine) this.#leaders.set(change.name, { last: machine, former: before?.last ?? null });
    }
    if (this.#waiting.length > 0) this.#trigger(change.type === 'member' && change.after.state === 'failed' ? 'failed' : change.type);
  }

  #notePart(machine: Machine, process: Process, change: PartitionChange): void {
    this.tell(`part-${change.type}`, machine, `${machine.name} ${tellPartition(change)}`);
    this.#observer.heardPart(machine, process, change, this.nowUs);
    this.marks.hit(`part-${change.type}`);
  }

  /** Again and again: whether each part has its leader. */
  #lookAtParts(): void {
    // Under noise a view may err at any moment, and a part have two leaders until they hear of each other.
    const judged = this.isCalm || isStill(this.plan);
    this.#observer.lookAtParts(judged ? this.machines : [], (from, to) => this.network.isCut(from, to), this.nowUs);
    this.after(PARTS_LOOK_US, () => this.#lookAtParts());
  }

  #trigger(event: string): void {
    const count = (this.#happened.get(event) ?? 0) + 1;
    this.#happened.set(event, count);
    for (const { when, run } of this.#waiting) if (when.event === event && when.nth === count) this.after(when.delayUs, run);
  }
}

export function leaseEndOf(process: Process, election: string): number {
  return process.node.election.tenureOf(election)?.leaseEndUs ?? -Infinity;
}

const ELECTION_CHANGES = new Set<string>(['elected', 'lost', 'ended', 'elect', 'leader', 'quorum', 'voter', 'voters']);

/** Both kinds of change have warnings; those of the election carry its own codes, and nobody here tells them apart. */
export function isElectionChange(change: MembershipChange | ElectionChange): change is ElectionChange {
  return ELECTION_CHANGES.has(change.type);
}
