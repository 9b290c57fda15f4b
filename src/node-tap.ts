import type { Member } from './core/view.ts';
import type { ElectionChange } from './election/host.ts';
import type { MembershipChange } from './membership/host.ts';
import type { PartitionChange } from './partition/host.ts';

/** Sees every change at the moment a core tells it, inside the transition. For checkers; must not call the node. */
export interface NodeTap {
  membership(change: MembershipChange): void;
  election(change: ElectionChange): void;
  partition?(change: PartitionChange): void;
  /** What the election is to be told of the view: a simulator may lie to it, because no safety may rest on the view. */
  view?(members: ReadonlyMap<string, Member>): ReadonlyMap<string, Member>;
}
