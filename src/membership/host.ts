import type { Address } from '../core/address.ts';
import type { Member } from '../core/view.ts';
import type { MembershipMessage } from './messages.ts';

/** What a node knows about itself. */
export type SelfState = 'joining' | 'joined' | 'degraded' | 'isolated' | 'minority' | 'leaving' | 'left';

/** What changed, told once, after the state changed. For each node the fold of these equals its view. */
export type MembershipChange =
  /** A member appeared (`before` null), changed, or changed state. `reason` is for people. */
  | { readonly type: 'member'; readonly before: Member | null; readonly after: Member; readonly reason: string }
  /** Retention passed: the member is gone from the view. */
  | { readonly type: 'forgotten'; readonly member: Member }
  | { readonly type: 'self'; readonly state: SelfState; readonly reasons: readonly string[] }
  /** Our join was accepted by `by`, or (`by` null) there was nobody to join: we are the first. */
  | { readonly type: 'accepted'; readonly by: string | null }
  /** Our join was refused: another living process, at `rival`, holds our name. Nothing of us was merged. */
  | { readonly type: 'refused'; readonly by: string; readonly rival: Address }
  /** A higher claim to our name than ours was heard (`gaveUp` false: we refuted it; true: we stopped claiming). */
  | { readonly type: 'rival'; readonly address: Address; readonly boot: number; readonly gaveUp: boolean }
  | { readonly type: 'warning'; readonly code: string; readonly details: Readonly<Record<string, string | number | boolean>> };

/** Everything the membership may do to the world. Called inside a transition: must not throw, must not call back. */
export interface MembershipHost {
  send(to: Address, message: MembershipMessage): void;
  /** Sends so that a refusal (nobody listens at that port) comes back as `sendFailed`. Where that cannot be had, as `send`. */
  probe(to: Address, message: MembershipMessage): void;
  notify(change: MembershipChange): void;
}
