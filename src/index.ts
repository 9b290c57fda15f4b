/**
 * Bellwether: who is alive, and who leads, among services on a LAN or at the edge, with no store
 * beside them. Start with `createNode`.
 */

/** Opens a node and joins the cluster. */
export { createNode } from './create-node.ts';
/** What it takes; everything has a default. */
export type { NodeOptions, PresetName, Preset, Role } from './options.ts';
/** The timings behind each preset name. */
export { PRESETS } from './options.ts';

/** A node: members, events, leadership. */
export type { ClusterNode } from './node.ts';
export type { CampaignOptions } from './campaigns.ts';
export type { Health } from './health.ts';
/** A lease in hand. */
export type { Lease } from './lease.ts';
/** What a job under `lead` is given. */
export type { Job, Leadership, LeadOptions } from './lead.ts';
export type { TurnOptions } from './turns.ts';
/** One leader in each part, for work that may be done twice. */
export type { PartitionLeader, PartitionLeadership, PartitionOptions, PerPartition } from './per-partition.ts';
export type { Merge, PartitionLease } from './partition-lease.ts';
/** Who votes, and how that changes. */
export type { VotersChanged, VotersView } from './voters.ts';
export type { VotersChange } from './election/voter-set.ts';
/** Who leads, as far as a node knows. */
export type { LeaderInfo } from './observe.ts';
/** What listeners get. */
export type {
  ChangedEvent,
  ElectEvent,
  ElectedEvent,
  LeaderEvent,
  LostEvent,
  MemberEvent,
  NodeEvents,
  PartitionEvent,
  QuorumEvent,
  SilenceEvent,
  TakeoverRecord,
  VotersEvent,
} from './events.ts';

/** The resource's half: who refuses a late write. */
export { FENCE_HEADER, FENCE_TABLE, FencingGate, checkFenceHeader, fenceHeaders, fencedTransaction } from './fencing.ts';
export type { Fence, SqlClient } from './fencing.ts';

/** One member of the view. */
export type { Member, MemberState, Tags } from './core/view.ts';
export type { SelfState } from './membership/host.ts';
export type { LostReason, NoLeaderReason } from './election/host.ts';
export type { Leaders } from './election/config.ts';
export type { Logger } from './core/logger.ts';
export type { Address } from './core/address.ts';

/** Every error of ours: test its `code`. */
export { BellwetherError } from './core/errors.ts';
export type { ErrorCode, ErrorDetails } from './core/errors.ts';
