import { votesIn } from '../check/electorate.ts';
import { Domain, keyed } from '../kernel/keyed.ts';
import type { Cut, CutKind, Step, Target } from '../plan/plan.ts';
import { timingOf } from '../plan/timings.ts';
import type { Machine } from './machine.ts';
import { type World, leaseEndOf } from './world.ts';

/** How long a leaver may take to tell everybody before its process ends. */
const LEAVING_US = 1_000_000;

/** Executes the steps of a plan, and undoes all of them when the calm begins. */
export class Faults {
  readonly #world: World;
  #targets = 0;

  constructor(world: World) {
    this.#world = world;
  }

  run(step: Step): void {
    if (this.#world.isCalm) return;
    if ('election' in step && !this.#world.plan.elections.includes(step.election)) return;
    const { marks } = this.#world;
    if (step.do === 'cut') return this.#cut(step.cut, step.forUs, step.kind);
    const machine = this.#target(step.node);
    switch (step.do) {
      case 'crash':
        if (machine.process !== null) this.#crash(machine);
        return;
      case 'start':
        return this.#start(machine, step.newAddress);
      case 'restart':
        if (machine.process === null) return;
        this.#crash(machine);
        return this.#world.after(step.downUs, () => this.#start(machine, step.newAddress));
      case 'pause':
        if (step.why === 'blocked') marks.hit('blocked');
        return this.#stop(machine, 'paused', step.forUs, step.wakeFirst);
      case 'slow':
        return this.#slow(machine, step.forUs, step.eachUs);
      case 'leave':
        return this.#leave(machine, step.downUs);
      case 'priority':
        if (machine.process === null || machine.state !== 'running') return;
        marks.hit('priority-change');
        this.#world.tell('priority', machine, `${machine.name} now stands for '${step.election}' with priority ${step.priority}`);
        return this.#world.enter(machine, () => machine.process?.node.setPriority(step.election, step.priority));
      case 'tag':
        if (machine.process === null || machine.state !== 'running') return;
        marks.hit('tag-change');
        return this.#world.enter(machine, () => machine.process?.node.setTags({ value: String(step.value) }));
      case 'voters': {
        if (machine.process === null || machine.state !== 'running') return;
        const { process } = machine;
        marks.hit('voters-wanted');
        this.#world.tell('voters', machine, `${machine.name} is asked to change the voters: ${JSON.stringify(step.change)}`);
        return this.#world.enter(machine, () => process.node.changeVoters(step.change));
      }
      case 'disk-full':
        return this.#fillDisk(machine, step.forUs);
      case 'suspend':
        return this.#stop(machine, 'suspended', step.forUs, 'timers');
      case 'drift':
        machine.clock.drift(step.ratePpm, this.#world.nowUs);
        marks.hit('drift-change');
        this.#world.tell('drift', machine, `the clock of ${machine.name} now runs ${step.ratePpm} ppm off`);
        return this.#world.clockChanged(machine);
      case 'wall':
        machine.clock.stepWall(step.stepMs);
        marks.hit('wall-step');
        this.#world.tell('wall', machine, `the wall clock of ${machine.name} steps by ${step.stepMs} ms`);
        return this.#world.clockChanged(machine);
      case 'resign': {
        const { process } = machine;
        if (process === null) return;
        const to = step.to === null ? null : this.#world.machines[step.to]!.name;
        return this.#world.enter(machine, () => {
          if (!process.node.isHeld(step.election)) return; // to ask is a step, too: it reads the clock, and may end a lease
          marks.hit('resign');
          this.#world.tell('resign', machine, `${machine.name} resigns '${step.election}'${to === null ? '' : ` in favour of ${to}`}`);
          process.node.resign(step.election, step.reason, to);
        });
      }
    }
  }

  calm(): void {
    const world = this.#world;
    world.isCalm = true;
    world.tell('calm', null, 'nothing goes wrong from here on');
    world.network.calm();
    for (const machine of world.machines) {
      if (machine.eachUs > 0) machine.strainUntilUs = Math.max(world.nowUs, machine.busyUntilUs);
      machine.eachUs = 0;
      machine.isDiskFull = false;
    }
    world.release();
    for (const machine of world.machines) {
      if (machine.state === 'suspended') machine.clock.resume(world.nowUs);
      if (machine.state === 'paused' || machine.state === 'suspended') world.resume(machine, 'timers');
      if (world.plan.earlierGrantUs !== undefined && machine.boots === 1) world.crash(machine); // all have the later T in the end
      world.start(machine, false);
    }
    // The view tells the truth from now on, and everybody hears of it because everybody has news.
    if (world.plan.lyingView) for (const machine of world.machines) world.enter(machine, () => machine.process?.node.setTags({ calm: 'yes' }));
  }

  #crash(machine: Machine): void {
    const { marks } = this.#world;
    marks.hit('crash');
    if (this.#leads(machine)) marks.hit('leader-crash');
    this.#world.crash(machine);
    if (this.#world.machines.every((m) => m.process === null)) marks.hit('all-down');
  }

  #start(machine: Machine, newAddress: boolean): void {
    if (this.#world.isCalm || machine.process !== null) return;
    const { marks, plan } = this.#world;
    marks.hit('restart');
    if (newAddress) marks.hit('restart-elsewhere');
    if (machine.index < plan.voters && this.#world.nowUs - machine.downSinceUs < timingOf(plan.timing).election.grantUs) marks.hit('voter-restart-within-T');
    this.#world.start(machine, newAddress);
  }

  #stop(machine: Machine, state: 'paused' | 'suspended', forUs: number, wakeFirst: 'timers' | 'datagrams'): void {
    if (machine.state !== 'running') return;
    const world = this.#world;
    world.marks.hit(state);
    if (this.#leads(machine)) {
      world.marks.hit(`leader-${state}`);
      if (forUs > timingOf(world.plan.timing).election.grantUs) world.marks.hit(`leader-${state}-past-T`);
    }
    world.tell(state, machine, `${machine.name} is ${state} for ${Math.round(forUs / 1000)} ms`);
    machine.become(state);
    world.stopped(machine);
    if (state === 'suspended') machine.clock.suspend(world.nowUs);
    world.look(machine);
    const { spell } = machine;
    world.after(forUs, () => {
      if (machine.spell !== spell) return;
      if (state === 'suspended') machine.clock.resume(world.nowUs);
      world.resume(machine, wakeFirst);
    });
  }

  #slow(machine: Machine, forUs: number, eachUs: number): void {
    const world = this.#world;
    world.marks.hit('slow-processor');
    world.tell('slow', machine, `${machine.name} needs ${Math.round(eachUs / 1000)} ms for everything, for ${Math.round(forUs / 1000)} ms`);
    machine.eachUs = eachUs;
    machine.strainUntilUs = Infinity;
    const spell = (machine.slowSpell += 1);
    world.after(forUs, () => {
      if (machine.slowSpell !== spell) return;
      machine.eachUs = 0;
      machine.strainUntilUs = Math.max(world.nowUs, machine.busyUntilUs);
    });
  }

  #fillDisk(machine: Machine, forUs: number): void {
    const world = this.#world;
    if (world.plan.stateDirs !== true) return;
    world.marks.hit('disk-full');
    world.tell('disk-full', machine, `the state directory of ${machine.name} cannot be written for ${Math.round(forUs / 1000)} ms`);
    machine.isDiskFull = true;
    const spell = (machine.diskSpell += 1);
    world.after(forUs, () => {
      if (machine.diskSpell === spell) machine.isDiskFull = false;
    });
  }

  /** In good order: leases are given back, everybody is told, the process ends, and one starts again later. */
  #leave(machine: Machine, downUs: number): void {
    const world = this.#world;
    const { process } = machine;
    if (process === null || machine.state !== 'running') return;
    world.marks.hit('leave');
    world.tell('leave', machine, `${machine.name} leaves`);
    world.enter(machine, () => process.node.catchUp()); // else what was won before is told as won by one that leaves
    process.isLeaving = true;
    world.enter(machine, () => process.node.leave());
    world.after(LEAVING_US, () => {
      if (machine.process !== process) return;
      if (world.plan.handOn === true && machine.state === 'running' && !machine.isDiskFull) machine.handedOn = process.node.handOn();
      world.crash(machine);
      if (world.isCalm) world.start(machine, false);
      else world.after(downUs, () => this.#start(machine, false));
    });
  }

  #cut(cut: Cut, forUs: number, kind: CutKind): void {
    const world = this.#world;
    const links = this.#linksOf(cut);
    if (links.length === 0) return;
    for (const [from, to] of links) world.network.cut(from, to, kind, 1);
    world.marks.hit('links' in cut ? 'cut-shape' : 'oneWay' in cut && cut.oneWay !== false && cut.oneWay !== 'no' ? 'cut-one-way' : 'cut');
    if (kind === 'slow') world.marks.hit('slow-partition');
    this.#markIsolation();
    const say = links.map(([from, to]) => `${from + 1}→${to + 1}`).join(' ');
    world.tell('cut', null, `${kind === 'jam' ? 'jammed' : kind === 'slow' ? 'slowed down' : 'cut'} for ${Math.round(forUs / 1000)} ms: ${say}`);
    world.after(forUs, () => {
      if (world.isCalm) return;
      for (const [from, to] of links) world.network.cut(from, to, kind, -1);
      world.tell('heal', null, `healed: ${say}`);
      world.release();
    });
  }

  #linksOf(cut: Cut): [number, number][] {
    const pairs = (a: readonly number[], b: readonly number[]): [number, number][] => a.flatMap((from) => b.map((to): [number, number] => [from, to]));
    if ('links' in cut) return cut.links.map(([from, to]) => [from, to]);
    if ('sides' in cut) {
      const [a, b] = cut.sides;
      return cut.oneWay ? pairs(a, b) : [...pairs(a, b), ...pairs(b, a)];
    }
    const centre = this.#target(cut.isolate);
    const others = this.#world.machines.map((m) => m.index).filter((index) => index !== centre.index);
    const inside = [centre.index, ...others.slice(0, cut.company)];
    const outside = others.slice(cut.company);
    return [...(cut.oneWay === 'deaf' ? [] : pairs(inside, outside)), ...(cut.oneWay === 'mute' ? [] : pairs(outside, inside))];
  }

  /** Notes whether the leader of the first election has just lost its majority. */
  #markIsolation(): void {
    const { machines, plan, network, marks } = this.#world;
    const leader = this.#world.leaderOf(plan.elections[0]!);
    if (leader === null) return;
    const votes = votesIn(this.#world.voters().seats);
    const reached = machines
      .filter(({ name }) => votes.of(name) > 0)
      .filter((v) => v === leader || (v.process !== null && !network.isCut(leader.index, v.index) && !network.isCut(v.index, leader.index)));
    if (reached.reduce((sum, { name }) => sum + votes.of(name), 0) < votes.needed) marks.hit('leader-in-minority');
  }

  #leads(machine: Machine): boolean {
    const { process } = machine;
    return process !== null && this.#world.plan.elections.some((e) => process.clock.when(leaseEndOf(process, e), this.#world.nowUs) > this.#world.nowUs);
  }

  /** Nobody leading, a keyed choice stands in, so that a step is never lost to timing alone. */
  #target(target: Target): Machine {
    const { machines, plan } = this.#world;
    if (typeof target === 'number') return machines[target]!;
    this.#targets += 1;
    const election = plan.elections[0]!;
    const leader = this.#world.leaderOf(election);
    const draw = keyed(plan.seed, Domain.target, this.#targets);
    const pick = (among: readonly Machine[]): Machine => among[draw % among.length]!;
    switch (target) {
      case 'leader':
        return leader ?? pick(machines);
      case 'old-leader':
        return this.#world.formerLeaderOf(election) ?? pick(machines);
      case 'follower':
        return pick(machines.length > 1 ? machines.filter((m) => m !== leader) : machines);
    }
  }
}
