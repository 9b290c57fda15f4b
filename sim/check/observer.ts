import type { Tenure } from '../../src/election/contest.ts';
import { QUEUE_MAX } from '../../src/election/bid-queue.ts';
import { ELECTION_KIND } from '../../src/election/codec.ts';
import type { ElectionChange } from '../../src/election/host.ts';
import { type Endorsement, leaseEndUs } from '../../src/election/lease.ts';
import type { ElectionPacket } from '../../src/election/messages.ts';
import type { Seat } from '../../src/election/voter-set.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { PartitionChange } from '../../src/partition/host.ts';
import type { Message } from '../../src/wire.ts';
import type { Plan } from '../plan/plan.ts';
import { longestGrantUs, partUs, timingOf } from '../plan/timings.ts';
import type { Machine, Process } from '../world/machine.ts';
import { type CloseCall, LeaseCheck } from './leases.ts';
import { ElectorateCheck, type InForce, type Votes, votesIn } from './electorate.ts';
import { GateCheck } from './gate.ts';
import { PartCheck } from './parts.ts';
import { type Speaker, SpeechCheck } from './speech.ts';
import { TenureCheck } from './tenures.ts';
import { ToldCheck } from './told.ts';
import { ViewCheck } from './views.ts';
import { Violations, placeOf } from './violation.ts';
import { VoteCheck } from './votes.ts';

const [I20, M7, R1, R3, R5] = [placeOf('election.I20'), placeOf('member.M7'), placeOf('resource.R1'), placeOf('resource.R3'), placeOf('resource.R5')];

/** What simulated nodes are configured with. */
const PACKET_BUDGET = 1_400;

/** One election, as it is watched. */
interface Watched {
  readonly leases: LeaseCheck;
  readonly votes: VoteCheck;
  readonly tenures: TenureCheck;
  readonly gate: GateCheck;
  /** What each machine held when it was looked at last: a lease is judged when it is won, extended or over, or when a clock runs otherwise. */
  readonly seen: {
    boot: number;
    tenure: Readonly<Tenure> | null;
    leaseEndUs: number;
    former: Readonly<Tenure> | null;
    voters: Votes | null;
    seats: readonly Seat[] | null;
  }[];
}

/**
 * Sees true time and every process's real state, and looks at whoever moved after each transition.
 * It asks the cores, never believes what they tell.
 */
export class Observer {
  readonly violations = new Violations();
  readonly #plan: Plan;
  readonly #grantUs: number;
  readonly #elections: ReadonlyMap<string, Watched>;
  readonly #views: ViewCheck;
  readonly #told: ToldCheck;
  readonly #speech: SpeechCheck;
  readonly #parts: readonly PartCheck[];
  readonly #speakers = new WeakMap<Process, Speaker>();
  /** The last term of each process and election whose job has ended. */
  readonly #settled = new Map<string, number>();
  readonly #electorate: ElectorateCheck;
  /** Everybody who ever had a vote. */
  readonly #voted = new Set<string>();
  /** The life in which each node was last seen. */
  readonly #boots = new Map<string, number>();
  /** Whether wall clocks can disagree in this plan: then, after all voters forgot, so can terms. */
  readonly #wallsDisagree: boolean;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#grantUs = longestGrantUs(plan);
    this.#views = new ViewCheck(this.violations, timingOf(plan.timing).membership.pauseToleranceUs);
    this.#told = new ToldCheck(this.violations);
    this.#speech = new SpeechCheck(this.violations);
    this.#parts = (plan.parts ?? []).map((name) => new PartCheck(name, partUs(plan), this.violations));
    // Where only voters may lead, and all of them are new, a promise to a process that is gone binds nobody (restart.R6).
    const isVoid = (holder: { readonly name: string; readonly boot: number }): boolean =>
      plan.leaders === 'voters' && this.#boots.get(holder.name) !== holder.boot;
    this.#electorate = new ElectorateCheck(this.violations);
    for (const { name } of plan.nodes.slice(0, plan.voters)) this.#voted.add(name);
    this.#elections = new Map(
      plan.elections.map((name) => [
        name,
        {
          leases: new LeaseCheck(name, this.violations),
          votes: new VoteCheck(name, this.violations, this.#speech, isVoid),
          tenures: new TenureCheck(name, this.violations),
          gate: new GateCheck(name, this.violations),
          seen: plan.nodes.map(() => ({ boot: 0, tenure: null, leaseEndUs: -Infinity, former: null, voters: null, seats: null })),
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
    const { membership, election: held } = process.node;
    if (process.claimed !== membership.self) {
      process.claimed = membership.self;
      this.#views.own(process.claimed);
    }
    const { transitions } = held;
    if (!changed && process.looked === transitions) return;
    if (process.looked < 0) this.#boots.set(machine.name, process.boot);
    process.looked = transitions;
    process.couldPromise = held.mayPromise;
    for (const [election, watched] of this.#elections) this.#lookAt(election, watched, machine, process, canAct, changed, nowUs);
  }

  #lookAt(election: string, watched: Watched, machine: Machine, process: Process, canAct: boolean, changed: boolean, nowUs: number): void {
    const { name } = machine;
    const { node, boot } = process;
    const box = node.election.voteOf(election);
    if (box !== null) {
      watched.votes.look(name, boot, box, machine.clock, nowUs);
      if (!this.violations.looked(I20, box.queued <= QUEUE_MAX))
        this.violations.broken('election.I20', nowUs, `${name} keeps ${box.queued} bids for '${election}'`);
    }
    const tenure = node.election.tenureOf(election);
    const leaseEndUs = tenure?.leaseEndUs ?? -Infinity;
    const seen = watched.seen[machine.index]!;
    const { seats } = node.election.franchise.standing.set;
    const seatsBefore = seen.boot === boot ? seen.seats : null;
    seen.seats = seats;
    if (!changed && seen.boot === boot && seen.tenure === tenure && seen.leaseEndUs === leaseEndUs) return;
    if (seen.tenure !== tenure && seen.boot === boot) seen.former = seen.tenure;
    // A lease that was won under one set of voters runs on under the next; it is judged by those whose promises made it.
    if (seen.tenure !== tenure || seen.leaseEndUs !== leaseEndUs || seen.voters === null) seen.voters = votersOf(tenure, seats, seatsBefore);
    seen.boot = boot;
    seen.tenure = tenure;
    seen.leaseEndUs = leaseEndUs;
    this.#lookAtLease(election, watched, machine, process, tenure, seen.voters, canAct, nowUs);
  }

  /** It was won, extended or given up, or it is another process's. */
  #lookAtLease(
    election: string,
    watched: Watched,
    machine: Machine,
    process: Process,
    tenure: Readonly<Tenure> | null,
    voters: Votes,
    canAct: boolean,
    nowUs: number,
  ): void {
    const { name } = machine;
    const { node, boot } = process;
    const when = (leaderUs: number): number => process.clock.when(leaderUs, nowUs);
    const endUs = tenure === null ? -Infinity : canAct ? when(tenure.leaseEndUs) : Infinity;
    watched.leases.look(name, boot, tenure?.term ?? 0, endUs, canAct, nowUs);
    if (tenure === null || !canAct) return;
    const says = node.election.isHeld(election, process.clock.peek(nowUs).leaderUs);
    const promisedUntilUs = (voter: string): number => watched.votes.promisedUntilUs(voter, name, boot);
    const mayCount = (voter: string): boolean => this.#voted.has(voter);
    watched.tenures.look({ node: name, tenure, says, told: this.#told.leads(name, election), when, promisedUntilUs, voters, mayCount }, nowUs);
    if (endUs <= nowUs) return;
    watched.votes.backed(name, boot, tenure.term, endUs, voters, nowUs);
    watched.gate.write(name, tenure.term, nowUs);
  }

  /** A process begins: nothing was told yet. */
  started(node: string): void {
    this.#views.started(node);
    this.#told.started(node, this.#elections.keys());
  }

  /** What was told adds up to what is held, and no more is held than there is. */
  finish(machines: readonly Machine[], nowUs: number): void {
    for (const { name, process } of machines) {
      if (process === null) continue;
      const { members } = process.node.membership;
      this.#views.folded(name, members, nowUs);
      this.violations.check(
        'resource.R6',
        members.size <= machines.length,
        nowUs,
        () => `${name} keeps ${members.size} members, and there are ${machines.length}`,
      );
    }
  }

  /** A message leaves a process, as it is before it is encoded. */
  said(machine: Machine, process: Process, message: Message, nowUs: number): void {
    if (message.kind !== ELECTION_KIND) return;
    let speaker = this.#speakers.get(process);
    if (speaker === undefined) this.#speakers.set(process, (speaker = this.#speakerOf(machine, process)));
    for (const entry of (message as ElectionPacket).entries) this.#speech.said(speaker, entry, nowUs);
  }

  /** A datagram on its way. @param bytes 0 where messages travel by reference. @param isOver Whether its sender's life has ended. */
  sent(node: string, bytes: number, isOver: boolean, nowUs: number): void {
    if (!this.violations.looked(M7, bytes <= PACKET_BUDGET)) this.violations.broken('member.M7', nowUs, `${node} sent ${bytes} bytes in one datagram`);
    if (!this.violations.looked(R1, !isOver)) this.violations.broken('resource.R1', nowUs, `${node} sent something after its end`);
  }

  /** A step of a process is over; `error`: something came out of it that should have stayed in it. */
  stepped(node: string, receiving: boolean, error: unknown, nowUs: number): void {
    if (!this.violations.looked(receiving ? R3 : R5, error === null))
      this.violations.broken(
        receiving ? 'resource.R3' : 'resource.R5',
        nowUs,
        `${node}: ${error instanceof Error ? (error.stack?.split('\n').slice(0, 3).join(' ') ?? error.message) : String(error)}`,
      );
  }

  /** The application's job of that tenure has ended. */
  settled(machine: Machine, process: Process, election: string, term: number): void {
    const key = `${machine.name}#${process.boot} ${election}`;
    this.#settled.set(key, Math.max(term, this.#settled.get(key) ?? 0));
  }

  heard(machine: Machine, process: Process, change: MembershipChange | ElectionChange, nowUs: number): void {
    const { name } = machine;
    if (change.type === 'voter' && (change.how === 'cold-start' || change.how === 'quiet') && this.#wallsDisagree) {
      for (const { leases, gate } of this.#elections.values()) {
        leases.termOrderRestsOnClocks = true;
        gate.reset();
      }
    }
    if (change.type === 'elected' || change.type === 'lost') {
      const hearer = {
        node: name,
        isLeaving: process.isLeaving,
        ranFreely: machine.eachUs === 0 && nowUs > machine.strainUntilUs,
        leaderUs: process.clock.peek(nowUs).leaderUs,
        latenessUs: this.#plan.noise.latenessUs,
      };
      this.#told.heard(hearer, change, this.#elections.get(change.name)?.leases.termOrderRestsOnClocks ?? false, nowUs);
    }
    if (change.type === 'leader' && change.leader !== null) {
      const now = process.clock.peek(nowUs);
      const { untilUs } = process.node.election.leaderOf(change.name, now);
      this.violations.check(
        'election.I22',
        untilUs <= now.elapsedUs + this.#grantUs + 1_000,
        nowUs,
        () => `${name} believes in ${change.leader} for another ${Math.round((untilUs - now.elapsedUs) / 1_000)} ms`,
      );
    }
    this.#views.heard(name, change as MembershipChange, process.clock.elapsedUs(nowUs), nowUs);
  }

  /** Somebody goes by another set of voters now. @param byName What each node goes by, or would if it started now. */
  votersChanged(byName: ReadonlyMap<string, InForce>, nowUs: number): void {
    for (const { set } of byName.values()) for (const { name, weight } of set.seats) if (weight > 0) this.#voted.add(name);
    this.#electorate.look(byName, nowUs);
  }

  crashed(node: string, boot: number, nowUs: number): void {
    for (const part of this.#parts) part.crashed(node);
    this.#views.ended(node, boot);
    for (const { leases } of this.#elections.values()) leases.crashed(node, nowUs);
  }

  heardPart(machine: Machine, process: Process, change: PartitionChange, nowUs: number): void {
    for (const part of this.#parts) part.heard(machine.name, process.boot, change, nowUs);
  }

  lookAtParts(machines: readonly Machine[], isCut: (from: number, to: number) => boolean, nowUs: number): void {
    for (const part of this.#parts) part.look(machines, isCut, nowUs);
  }

  #speakerOf(machine: Machine, process: Process): Speaker {
    const { name } = machine;
    const { boot, address, node, clock } = process;
    return {
      name,
      boot,
      address,
      mayPromise: () => node.election.mayPromise || (process.couldPromise && !node.election.franchise.hasVote),
      term: (election) => node.election.tenureOf(election)?.term ?? 0,
      isOver: (election, term, nowUs) => {
        if (this.#settled.get(`${name}#${boot} ${election}`) === term) return true;
        const seen = this.#elections.get(election)?.seen[machine.index];
        const tenure = [seen?.tenure, seen?.former].find((held) => held?.term === term);
        return tenure == null || clock.peek(nowUs).leaderUs >= tenure.leaseEndUs;
      },
    };
  }

  #sum(of: (leases: LeaseCheck) => number): number {
    let sum = 0;
    for (const { leases } of this.#elections.values()) sum += of(leases);
    return sum;
  }
}

/** By whose promises a lease was won or extended: a set that came to be in the same step may have come before that, or after. */
function votersOf(tenure: Readonly<Tenure> | null, seats: readonly Seat[], seatsBefore: readonly Seat[] | null): Votes {
  const now = votesIn(seats);
  if (tenure === null || seatsBefore === null || seatsBefore === seats) return now;
  const promises = (voters: Votes): readonly Endorsement[] => [...tenure.support].map(([voter, { endUs }]) => ({ endUs, weight: voters.of(voter) }));
  return tenure.leaseEndUs <= leaseEndUs(promises(now), now.needed) ? now : votesIn(seatsBefore);
}
