import type { Address } from '../../src/core/address.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import type { Member, Tags } from '../../src/core/view.ts';
import type { ElectionConfig, Kept } from '../../src/election/config.ts';
import type { HandedOn } from '../../src/election/hand-on.ts';
import type { Order } from '../../src/election/rank.ts';
import type { Election } from '../../src/election/election.ts';
import type { ElectionChange, LostReason } from '../../src/election/host.ts';
import type { Seat, VotersChange } from '../../src/election/voter-set.ts';
import type { MembershipConfig } from '../../src/membership/config.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { Membership } from '../../src/membership/membership.ts';
import type { PartitionChange } from '../../src/partition/host.ts';
import type { PartitionElection } from '../../src/partition/partition.ts';
import type { Wire } from '../../src/wire.ts';
import type { Machine, Process } from './machine.ts';

/** Hears every change at the moment it is notified, inside the transition. Must not call the node. */
export interface NodeTap {
  membership(change: MembershipChange): void;
  election(change: ElectionChange): void;
  partition(change: PartitionChange): void;
  /** What the election is told of the view; absent: the truth. */
  view?(members: ReadonlyMap<string, Member>): ReadonlyMap<string, Member>;
}

/** What a simulated process starts its node with. */
export interface NodeSetup {
  readonly name: string;
  readonly bound: Address;
  readonly seeds: readonly Address[];
  readonly tags: Tags;
  readonly elections: readonly string[];
  readonly membership: MembershipConfig;
  readonly election: ElectionConfig;
  readonly wire: Wire;
  readonly runtime: Runtime;
  readonly tap: NodeTap;
  readonly keep: (kept: Kept) => boolean;
}

/** The synchronous side of a node: all that the world does to it. */
export interface SimulatedNode {
  begin(): void;
  /** Does what is overdue, as each of the others does first. */
  catchUp(): void;
  stand(election: string, priority: number, order: Order): void;
  /** Wants to know who leads, and stands for nothing. */
  watch(election: string): void;
  /** Stands for the lead of its part. */
  standInPart(name: string, priority: number, stableAfterMs: number): void;
  resign(election: string, reason: LostReason, to: string | null): void;
  /** Who would lead next, at a majority of voters; null: nobody stands there. */
  successor(election: string): { readonly name: string; readonly priority: number } | null;
  /** The application's job of that tenure has ended. */
  settled(election: string, term: number): void;
  isHeld(election: string): boolean;
  setPriority(election: string, priority: number): void;
  setTags(tags: Tags): void;
  changeVoters(change: VotersChange): void;
  /** Only these vote from now on, whatever the others say, who are gone for good. */
  forceVoters(seats: readonly Seat[]): void;
  /** Answers nobody any more. @returns What the next life must know, so that it need not wait. */
  handOn(): HandedOn | null;
  /** Resigns everything and leaves the membership; the process then ends. */
  leave(): void;
  readonly membership: Membership;
  readonly election: Election;
  readonly partition: PartitionElection;
}

export type NodeFactory = (setup: NodeSetup) => SimulatedNode;

/** What runs on every node: hears each change, and the end of a process. */
export interface ApplicationPort {
  hear(machine: Machine, process: Process, change: MembershipChange | ElectionChange): void;
  /** Of the lead of a part. */
  hearPart?(machine: Machine, process: Process, change: PartitionChange): void;
  crashed?(machine: Machine): void;
  /** The process stands still, or runs again. */
  stopped?(machine: Machine): void;
  resumed?(machine: Machine): void;
}
