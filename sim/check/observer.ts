import type { Tenure } from '../../src/election/contest.ts';
import type { ElectionChange } from '../../src/election/host.ts';
import { majorityOf } from '../../src/election/lease.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { Plan } from '../plan/plan.ts';
import { timingOf } from '../plan/timings.ts';
import type { Machine, Process } from '../world/machine.ts';
import { type CloseCall, LeaseCheck } from './leases.ts';
import { ViewCheck } from './views.ts';
import { Violations } from './violation.ts';
import { VoteCheck } from './votes.ts';

/** What simulated nodes are configured with. */
const PACKET_BUDGET = 1_400;

interface Watched {
  readonly leases: LeaseCheck;
  readonly votes: VoteCheck;
  /** What each machine held when it was looked at last: a lease is judged when it is won, extended or over, or when a clock runs otherwise. */
  readonly seen: { readonly boot: number; readonly tenure: Readonly<Tenure> | null; readonly leaseEndUs: number }[];
}

/**
 * Sees true time and every process's real state, and looks at whoever moved after each transition.
 * It asks the cores, never believes what they tell.
 */
export class Observer {
  readonly violations = new Violations();
  readonly #plan: Plan;
  readonly #elections: ReadonlyMap<string, Watched>;
  readonly #views: ViewCheck;
  /** Whether wall clocks can disagree in this plan: then, after all voters forgot, so can terms. */
  readonly #wallsDisagree: boolean;
  /** Term in hand, by node and election, as it was told. */
  readonly #leading = new Map<string, number>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#views = new ViewCheck(this.violations, timingOf(plan.timing).membership.pauseToleranceUs);
    const needed = majorityOf(plan.voters);
    this.#elections = new Map(
      plan.elections.map((name) => [
        name,
        {
          leases: new LeaseCheck(name, this.violations),
          votes: new VoteCheck(name, needed, this.violations),
          seen: plan.nodes.map(() => ({ boot: 0, tenure: null, leaseEndUs: -Infinity })),
        },
      ]),
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

  /** From a leader's end to the next one's beginning: the longest, and all together. */
  get gaps(): { readonly longestUs: number; readonly leaderlessUs: number } {
    let longestUs = 0;
    for (const { leases } of this.#elections.values()) longestUs = Math.max(longestUs, leases.longestGapUs);
    return { longestUs, leaderlessUs: this.#sum((leases) => leases.leaderlessUs) };
  }

  /** The smallest time between a lease's end and the next leader's beginning. */
  get closest(): CloseCall | null {
    let closest: CloseCall | null = null;
    for (const { leases } of this.#elections.values()) {
      if (leases.closest !== null && (closest === null || leases.closest.slackUs < closest.slackUs)) closest = leases.closest;
    }
    return closest;
  }

  /**
   * After a transition of `process`, or (`changed`) a change of its machine's clocks.
   *
   * Nothing is looked at twice: what the election holds changes in its transitions only.
   */
  look(machine: Machine, process: Process, canAct: boolean, changed: boolean, nowUs: number): void {
    const { name } = machine;
    const { node, boot } = process;
    this.#views.own(node.membership.self);
    if (!changed && process.looked === node.election.transitions) return;
    process.looked = node.election.transitions;
    const votes = machine.index < this.#plan.voters;
    for (const [election, { leases, votes: voteCheck, seen }] of this.#elections) {
      if (votes) {
        const { maxBallot, grant } = node.election.voteOf(election)!;
        voteCheck.look(name, boot, maxBallot, grant, machine.clock, nowUs);
      }
      const tenure = node.election.tenureOf(election);
      const leaseEndUs = tenure?.leaseEndUs ?? -Infinity;
      const last = seen[machine.index]!;
      if (!changed && last.boot === boot && last.tenure === tenure && last.leaseEndUs === leaseEndUs) continue;
      seen[machine.index] = { boot, tenure, leaseEndUs };
      const endUs = tenure === null ? -Infinity : canAct ? process.clock.when(leaseEndUs, nowUs) : Infinity;
      leases.look(name, boot, tenure?.term ?? 0, endUs, canAct, nowUs);
      if (tenure !== null && canAct && endUs > nowUs) voteCheck.backed(name, boot, tenure.term, endUs, nowUs);
    }
  }

  /** A process begins: nothing was told yet. */
  started(node: string): void {
    this.#views.started(node);
    for (const election of this.#elections.keys()) this.#leading.delete(`${node} ${election}`);
  }

  /** What was told adds up to what is held. */
  finish(machines: readonly Machine[], nowUs: number): void {
    for (const { name, process } of machines) if (process !== null) this.#views.folded(name, process.node.membership.members, nowUs);
  }

  /** A datagram on its way. @param bytes 0 where messages travel by reference. @param isOver Whether its sender's life has ended. */
  sent(node: string, bytes: number, isOver: boolean, nowUs: number): void {
    this.violations.check('member.M7', bytes <= PACKET_BUDGET, nowUs, () => `${node} sent ${bytes} bytes in one datagram`);
    this.violations.check('resource.R1', !isOver, nowUs, () => `${node} sent something after its end`);
  }

  heard(node: string, change: MembershipChange | ElectionChange, localUs: number, isLeaving: boolean, nowUs: number): void {
    if (change.type === 'voter' && change.how === 'cold-start' && this.#wallsDisagree) {
      for (const { leases } of this.#elections.values()) leases.termOrderRestsOnClocks = true;
    }
    if (change.type === 'elected' || change.type === 'lost') {
      const key = `${node} ${change.name}`;
      const term = this.#leading.get(key) ?? null;
      const holds = change.type === 'elected' ? term === null : term === change.term;
      this.violations.check(
        'safety.S11',
        holds,
        nowUs,
        () => `${node} told ${change.type} of '${change.name}' in term ${change.term}, ${term === null ? 'leading nothing' : `leading in term ${term}`}`,
      );
      if (change.type === 'elected') this.violations.check('safety.S10', !isLeaving, nowUs, () => `${node} was elected for '${change.name}' after it had left`);
      if (change.type === 'elected') this.#leading.set(key, change.term);
      else this.#leading.delete(key);
    }
    this.#views.heard(node, change as MembershipChange, localUs, nowUs);
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
