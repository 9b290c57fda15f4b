import type { Address } from '../core/address.ts';
import type { Claim } from './claim.ts';
import type { PartitionPacket } from './messages.ts';

/** Why a tenure in one part ended. */
export type PartitionLostReason =
  | 'merged' // another part was met, and its leader stands above ours
  | 'released' // the application gave it back
  | 'shutdown'; // the node is closing

export type PartitionChange =
  | { readonly type: 'elected'; readonly claim: Claim }
  /** `winner`: who leads instead, after a merge. */
  | { readonly type: 'lost'; readonly claim: Claim; readonly reason: PartitionLostReason; readonly winner: Claim | null }
  /** Another part was met, and its leader gives way to us; our term is above its from here on. */
  | { readonly type: 'merged'; readonly claim: Claim; readonly loser: Claim }
  /** Who leads in this part, as far as this node hears, on each change. Null: nobody. */
  | { readonly type: 'leader'; readonly name: string; readonly claim: Claim | null };

/** Everything the core may do to the world. Called inside a transition: must not throw, must not call back. */
export interface PartitionHost {
  send(to: Address, packet: PartitionPacket): void;
  notify(change: PartitionChange): void;
}
