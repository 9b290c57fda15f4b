import type { ElectionChange } from '../../src/election/host.ts';
import { majorityOf } from '../../src/election/lease.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { Plan } from '../plan/plan.ts';
import type { Machine, Process } from '../world/machine.ts';
import { type CloseCall, LeaseCheck } from './leases.ts';
import { ViewCheck } from './views.ts';
import { Violations } from './violation.ts';
import { VoteCheck } from './votes.ts';

interface Watched {
  readonly leases: LeaseCheck;
  readonly votes: VoteCheck;
}

/**
 * Sees true time and every process's real state, and looks at whoever moved after each transition.
 * It asks the cores, never believes what they tell.
 */
export class Observer {
  readonly violations = new Violations();
  readonly #plan: Plan;
  readonly #elections: ReadonlyMap<string, Watched>;
  readonly #views = new ViewCheck(this.violations);
  /** Whether wall clocks can disagree in this plan: then, after all voters forgot, so can terms. */
  readonly #wallsDisagree: boolean;

  constructor(plan: Plan) {
    this.#plan = plan;
    const needed = majorityOf(plan.voters);
    this.#elections = new Map(
      plan.elections.map((name) => [name, { leases: new LeaseCheck(name, this.violations), votes: new VoteCheck(name, needed, this.violations) }]),
    );
    this.#wallsDisagree =
      plan.nodes.some(({ wallMs, wallDrifts, ratePpm }) => wallMs !== plan.nodes[0]!.wallMs || (wallDrifts && ratePpm !== 0)) ||
      plan.steps.some((step) => step.do === 'wall' || step.do === 'drift');
  }

  get acquisitions(): number {
    return this.#sum((leases) => leases.acquisitions);
  }

  get takeovers(): number {
    return this.#sum((leases) => leases.takeovers);
  }

  /** The smallest time between a lease's end and the next leader's beginning. */
  get closest(): CloseCall | null {
    let closest: CloseCall | null = null;
    for (const { leases } of this.#elections.values()) {
      if (leases.closest !== null && (closest === null || leases.closest.slackUs < closest.slackUs)) closest = leases.closest;
    }
    return closest;
  }

  /** After a transition of `process`, or a change of its machine's clocks. */
  look(machine: Machine, process: Process, canAct: boolean, nowUs: number): void {
    const { name } = machine;
    const { node, boot } = process;
    this.#views.own(node.membership.self);
    const votes = machine.index < this.#plan.voters;
    for (const [election, { leases, votes: voteCheck }] of this.#elections) {
      const held = node.election.inspect(election);
      if (votes && held.votes !== null) {
        const { grant, maxBallot } = held.votes;
        voteCheck.look(name, boot, maxBallot, grant === null ? null : { ...grant, endUs: machine.clock.when(grant.endUs) }, nowUs);
      }
      const endUs = held.leaseEndUs === -Infinity ? -Infinity : canAct ? process.clock.when(held.leaseEndUs, nowUs) : Infinity;
      leases.look(name, boot, held.term, endUs, canAct, nowUs);
      if (canAct && endUs > nowUs) voteCheck.backed(name, boot, held.term, endUs, nowUs);
    }
  }

  heard(node: string, change: MembershipChange | ElectionChange, nowUs: number): void {
    if (change.type === 'voter' && change.how === 'cold-start' && this.#wallsDisagree) {
      for (const { leases } of this.#elections.values()) leases.termOrderRestsOnClocks = true;
    }
    this.#views.heard(node, change as MembershipChange, nowUs);
  }

  crashed(node: string, nowUs: number): void {
    for (const { leases } of this.#elections.values()) leases.crashed(node, nowUs);
  }

  #sum(of: (leases: LeaseCheck) => number): number {
    let sum = 0;
    for (const { leases } of this.#elections.values()) sum += of(leases);
    return sum;
  }
}
