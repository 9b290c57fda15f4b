import type { Address } from './address.ts';

/** What the membership believes of one member. */
export type MemberState = 'alive' | 'suspect' | 'failed' | 'left';

/** One member as every reader of the view sees it. Frozen; a change makes a new object. */
export interface Member {
  /** Unique in the cluster, 1 … 64 bytes of printable ASCII without spaces. */
  readonly name: string;
  /** Random 32 bits drawn at process start: tells two lives of one name apart. */
  readonly boot: number;
  /** Raised only by its owner; starts at the wall clock in ms. Below 2^48. */
  readonly incarnation: number;
  readonly address: Address;
  readonly state: MemberState;
  readonly tags: Tags;
}

/** Small facts a member tells about itself; at most 512 bytes encoded. */
export type Tags = Readonly<Record<string, string>>;

/**
 * The membership as the election sees it: a plain list handed over by the node. It may lie. The
 * election orders, prunes and addresses bidders by it and decides nothing else from it.
 */
export interface MembershipView {
  /** Every member known, ourselves, the failed and the left included. Keyed by name. */
  readonly members: ReadonlyMap<string, Member>;
}
