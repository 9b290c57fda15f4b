import type { Address } from '../core/address.ts';
import type { Kept } from './config.ts';
import type { ElectionPacket } from './messages.ts';
import type { VoterSet } from './voter-set.ts';

/** Why a tenure ended, as the application is told. */
export type LostReason =
  | 'expired' // the lease ran out and we cannot say more
  | 'no-quorum' // too few voters answered renewals
  | 'released' // the application resigned
  | 'handover' // the application handed over to a named successor
  | 'preempted' // a bidder of higher priority has stood for long enough
  | 'unhealthy' // the application said that it is not well
  | 'suspended' // the host's clocks jumped or the process was stopped: the lease was over when we looked
  | 'shutdown' // the node is closing
  | 'violation'; // somebody else was seen leading with a higher term: an assumption is broken

/** Why there is no leader, or none that we know. `docs/operating.md` explains each. */
export type NoLeaderReason =
  | 'unknown' // nothing heard yet
  | 'no-quorum' // too few voters answer
  | 'recovering' // voters are waiting out the leases of a former life
  | 'lapsing' // the last leader's lease is still running out
  | 'electing' // voters are granting
  | 'no-candidate'; // nobody bids

/** How an election was won. All on the elapsed clock of the one that won it. */
export interface Takeover {
  /** Who led before, as far as was heard; null: nobody. */
  readonly former: string | null;
  readonly formerTerm: number;
  /** From the first bid to the first promise: the rest of the former leader's lease, where there was one. Microseconds. */
  readonly lapseUs: number;
  /** From the first promise to a majority. */
  readonly grantUs: number;
  /** How long after the last of the former leader's promises at this majority had ended, as its voters had said: nothing can be quicker than 0. Null: none bound them. */
  readonly overUs: number | null;
  /** Bids that had to be sent again to voters of this majority that were free already. 0: no packet was lost on which this waited. */
  readonly resent: number;
}

export type ElectionChange =
  /** This node leads `name` from now on, until `leaseEndUs` on its leader's clock unless renewed. */
  | { readonly type: 'elected'; readonly name: string; readonly term: number; readonly leaseEndUs: number; readonly takeover: Takeover }
  /** The application must stop: told `stopBefore` before `leaseEndUs`, later only if we could not run. */
  | { readonly type: 'lost'; readonly name: string; readonly term: number; readonly reason: LostReason; readonly leaseEndUs: number }
  /** The tenure is over for everyone: released or run out. `campaign` may be called again. */
  | { readonly type: 'ended'; readonly name: string; readonly term: number }
  /** Whether this node is the next to lead `name`: its bid is first at a majority of voters. `withinUs`: when their present promises end at the latest. */
  | { readonly type: 'elect'; readonly name: string; readonly next: boolean; readonly withinUs: number }
  /** What this node believes about who leads `name`, on each change. */
  | { readonly type: 'leader'; readonly name: string; readonly leader: string | null; readonly term: number; readonly reason: NoLeaderReason | null }
  /** On each loss and return of a majority of reachable voters. */
  | { readonly type: 'quorum'; readonly held: boolean; readonly reachable: number; readonly needed: number; readonly missing: readonly string[] }
  /** Our own voter's phase. `how`: by reading from active voters, by a cold start, or at once because all were new. */
  | { readonly type: 'voter'; readonly phase: 'recovering' | 'active'; readonly how: 'start' | 'read' | 'cold-start' | 'quiet' | 'memory' | 'handed-on' }
  /** Who votes has changed here. `settled`: a majority of the new voters is known to go by it. */
  | { readonly type: 'voters'; readonly set: VoterSet; readonly settled: boolean }
  | { readonly type: 'warning'; readonly code: ElectionWarning; readonly details: Readonly<Record<string, string | number | boolean>> };

export type ElectionWarning =
  | 'config-mismatch' // another node runs this cluster with other voters, T, ρ or leaders; it is refused
  | 'id-conflict' // another process uses this voter's name; we do not vote until it is silent for T
  | 'safety-violation' // another leader with a higher term while our lease held
  | 'clock-rate' // a peer's clock runs faster or slower than ours by more than half of what is allowed
  | 'not-kept' // a new set of voters could not be written to the state directory, or there is none: this voter does not answer under it
  | 'voters-refused' // others changed the voters meanwhile, and with that the change that was under way here cannot be made any more
  | 'names-limit'; // who leads was asked for more names than the limit; further ones are not followed

/** Everything the election may do to the world. Called inside a transition: must not throw, must not call back. */
export interface ElectionHost {
  send(to: Address, packet: ElectionPacket): void;
  notify(change: ElectionChange): void;
  /** Writes through to the state directory. @returns False when that did not work; never called without one. */
  keep(kept: Kept): boolean;
}
