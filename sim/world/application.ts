import { silentLogger } from '../../src/core/logger.ts';
import type { ElectionChange } from '../../src/election/host.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { PartitionChange } from '../../src/partition/host.ts';
import { Domain, chance, keyed } from '../kernel/keyed.ts';
import { Turns } from '../../src/turns.ts';
import { type Plan, orderOf } from '../plan/plan.ts';
import { stableAfterMs, timingOf } from '../plan/timings.ts';
import type { Machine, Process } from './machine.ts';
import type { ApplicationPort } from './node-port.ts';
import type { World } from './world.ts';

/** A process that was refused is started again by whoever supervises it. */
const START_AGAIN_US = 1_000_000;

/**
 * The application on every node: works while it leads, stops some time after it was told (at once,
 * late, or only when the lease is over), and stands again when the tenure has ended.
 */
export class Application implements ApplicationPort {
  readonly #world: World;
  #decisions = 0;
  /** What each life remembers of its turns at each election. */
  readonly #turns = new WeakMap<Process, Map<string, { readonly rules: Turns; end: () => void }>>();

  constructor(world: World) {
    this.#world = world;
  }

  hear(machine: Machine, process: Process, change: MembershipChange | ElectionChange): void {
    const { marks, plan } = this.#world;
    switch (change.type) {
      case 'elected':
        marks.hit('elected');
        this.#watchTurn(machine, process, change.name);
        break;
      case 'lost':
        marks.hit(`lost-${change.reason}`);
        this.#turns.get(process)?.get(change.name)?.end();
        this.#settle(machine, process, change);
        break;
      case 'ended': {
        if (process.isLeaving) break;
        const draw = this.#draw(machine);
        const delayUs = plan.application.standMaxUs === 0 || this.#world.isCalm ? 0 : draw % plan.application.standMaxUs;
        this.#later(machine, process, delayUs, () => {
          if (!process.isLeaving) process.node.stand(change.name, machine.plan.priority, orderOf(plan, change.name));
        });
        break;
      }
      case 'voter':
        marks.hit(`voter-${change.how}`);
        break;
      case 'rival':
        marks.hit(change.gaveUp ? 'rival-gave-up' : 'rival-refuted');
        break;
      case 'refused':
        marks.hit('refused');
        this.#world.after(0, () => {
          if (machine.process !== process) return;
          this.#world.crash(machine);
          this.#world.after(START_AGAIN_US, () => this.#world.start(machine, false));
        });
        break;
      case 'warning':
        marks.hit(`warning-${change.code}`);
        break;
      case 'member':
        if (change.after.state === 'failed') marks.hit('held-failed');
        if (change.after.state === 'suspect') marks.hit('held-suspect');
        break;
      default:
    }
  }

  /** Another part was met, and led better: stands again. */
  hearPart(machine: Machine, process: Process, change: PartitionChange): void {
    if (change.type !== 'lost' || process.isLeaving) return;
    const { plan } = this.#world;
    this.#later(machine, process, 0, () => process.node.standInPart(change.claim.name, machine.plan.priority, stableAfterMs(plan)));
  }

  /** Makes room as `lead` does, by the very rules that ship. Not in the calm: it must end with one leader that stays. */
  #watchTurn(machine: Machine, process: Process, election: string): void {
    const { plan } = this.#world;
    if (plan.turns === undefined || process.isLeaving) return;
    let turns = this.#turns.get(process);
    if (turns === undefined) this.#turns.set(process, (turns = new Map()));
    let turn = turns.get(election);
    if (turn === undefined) turns.set(election, (turn = { rules: this.#turnsOf(machine, process, election, plan.turns), end: () => {} }));
    turn.end();
    turn.end = turn.rules.whileLeading((reason, to) => {
      if (!this.#world.isCalm) process.node.resign(election, reason, to);
    });
  }

  #turnsOf(machine: Machine, process: Process, election: string, { preemptAfterUs, maxTenureUs }: NonNullable<Plan['turns']>): Turns {
    const port = {
      successor: (name: string) => process.node.successor(name),
      alarm: (afterMs: number, ring: () => void): (() => void) => {
        let isOver = false;
        this.#later(machine, process, afterMs * 1_000, () => void (isOver || ring()));
        return () => (isOver = true);
      },
      onClosed: () => () => {},
      renewMs: timingOf(this.#world.plan.timing).election.renewUs / 1_000,
      nowMs: () => this.#world.nowUs / 1_000,
      warn: (code: string) => this.#world.marks.hit(`warning-${code}`),
    };
    const options = {
      minTenureMs: 0, // a run is shorter than a minute
      ...(preemptAfterUs === undefined ? {} : { preemptAfterMs: preemptAfterUs / 1_000 }),
      ...(maxTenureUs === undefined ? {} : { maxTenureMs: maxTenureUs / 1_000 }),
    };
    return new Turns(port, election, { priority: machine.plan.priority, group: '', fair: false }, options, silentLogger);
  }

  #settle(machine: Machine, process: Process, { name, term }: { readonly name: string; readonly term: number }): void {
    const settled = (): void => this.#world.settled(machine, process, name, term);
    if (process.isLeaving) return this.#later(machine, process, 0, settled);
    const { settleNowPpm, settleNeverPpm, settleMaxUs } = this.#world.plan.application;
    const draw = this.#draw(machine);
    if (chance(draw, settleNeverPpm)) return this.#world.marks.hit('job-outlives-lease');
    const now = chance(draw, settleNeverPpm + settleNowPpm) || settleMaxUs === 0;
    this.#later(machine, process, now ? 0 : this.#draw(machine) % settleMaxUs, settled);
  }

  /** In that process only, and not while it is stopped. */
  #later(machine: Machine, process: Process, delayUs: number, act: () => void): void {
    const run = (): void => {
      if (machine.process !== process) return;
      if (machine.state === 'running') this.#world.enter(machine, act);
      else process.deferred.push(run);
    };
    this.#world.after(delayUs, run);
  }

  #draw(machine: Machine): number {
    this.#decisions += 1;
    return keyed(this.#world.plan.seed, Domain.application, machine.index, this.#decisions);
  }
}
