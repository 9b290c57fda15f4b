import type { RollKind } from './roll.ts';
import type { VoterSet } from './voter-set.ts';

/** Why a voter refuses; surfaced to users verbatim. Wire numbers are the positions: append, never reorder. */
export const WHY = ['held', 'stale', 'recovering', 'config', 'released', 'not-voter', 'wasteful', 'echo', 'conflict', 'limit'] as const;
export type Why = (typeof WHY)[number];

/** First field of an entry. Values are wire format: append, never renumber. */
export const Op = {
  bid: 1,
  grant: 2,
  deny: 3,
  renew: 4,
  rack: 5,
  rdeny: 6,
  release: 7,
  recover: 8,
  recovered: 9,
  watch: 10,
  hint: 11,
  voters: 12,
  found: 13,
  same: 14,
  stands: 15,
  reclaim: 16,
} as const;

/** A candidate asks for a name. Standing: repeated every R with a new seq. */
export interface Bid {
  readonly op: typeof Op.bid;
  readonly name: string;
  readonly ballot: number;
  readonly seq: number;
  readonly priority: number;
  /** What the name is ranked by instead of itself; '' for none. */
  readonly group: string;
  /** Whether equals lead in the order in which they came to stand. */
  readonly fair: boolean;
}
/** A voter promises the name for `grantedMs` from the moment it sends this. `heldMs`: how long the bid stood in its queue (rounded down). */
export interface Grant {
  readonly op: typeof Op.grant;
  readonly name: string;
  readonly ballot: number;
  readonly seq: number;
  readonly heldMs: number;
  readonly grantedMs: number;
}
/** A voter refuses a bid. `holder` and `term` name the present holder (`holder` '' = none); `elected` says it told us that it leads. `leftMs` is how long its promise, or the recovery wait, still runs. `ahead` better bidders stand before us of `queued`. `holderBoot`: which life the holder is, where it has the bidder's name and is another one; else 0. */
export interface Deny {
  readonly op: typeof Op.deny;
  readonly name: string;
  readonly ballot: number;
  readonly maxBallot: number;
  readonly why: Why;
  readonly holder: string;
  readonly term: number;
  readonly elected: boolean;
  readonly leftMs: number;
  readonly ahead: number;
  readonly queued: number;
  readonly holderBoot: number;
}
/** The holder asks to be promised T anew. `elected`: it acquired a majority. `ask`: answer with the queue. */
export interface Renew {
  readonly op: typeof Op.renew;
  readonly name: string;
  readonly ballot: number;
  readonly term: number;
  readonly seq: number;
  readonly ask: boolean;
}
/** A voter renewed its promise. `queue`: fresh bidders, best first (all of them when asked, else at most the first). */
export interface Rack {
  readonly op: typeof Op.rack;
  readonly name: string;
  readonly ballot: number;
  readonly term: number;
  readonly seq: number;
  readonly grantedMs: number;
  readonly queue: readonly string[];
  /** Of the first in the queue; 0 where there is none. */
  readonly priority: number;
  /** In the voters' own election, from a voter with a state directory: at least every ballot that it has promised, over all names. Else 0. */
  readonly floor: number;
}
export interface RDeny {
  readonly op: typeof Op.rdeny;
  readonly name: string;
  readonly term: number;
  readonly seq: number;
  readonly maxBallot: number;
  readonly why: Why;
  readonly holder: string;
  readonly holderTerm: number;
  readonly elected: boolean;
}
/**
 * The holder (or a candidate that gives up) lets go of `term` and all its earlier ballots. `to`: preferred successor, or ''.
 * `drainMs`: the process is gone, and what it sent may still be under way for so long.
 */
export interface Release {
  readonly op: typeof Op.release;
  readonly name: string;
  readonly term: number;
  readonly to: string;
  readonly drainMs: number;
}
/** A restarted voter asks for the highest ballot, after it waited. */
export interface Recover {
  readonly op: typeof Op.recover;
  readonly nonce: number;
}
/** `rivals`: other boots of the asker's name heard within the last T. `quiet`: the lives that were new together, in the order of the voters; empty where that is not known. With nonce 0 nobody asked (restart.R6). */
export interface Recovered {
  readonly op: typeof Op.recovered;
  readonly nonce: number;
  readonly active: boolean;
  readonly floor: number;
  readonly rivals: readonly number[];
  readonly quiet: readonly number[];
}
/**
 * `boot`, a former life of the sender's name at the sender's very address, is gone: the sender has the port that it had.
 * `drainMs`: what it sent may still be under way for so long.
 */
export interface Reclaim {
  readonly op: typeof Op.reclaim;
  readonly name: string;
  readonly boot: number;
  readonly drainMs: number;
}
/** "Tell me who leads `name`", repeated every R by nodes that only watch. */
export interface Watch {
  readonly op: typeof Op.watch;
  readonly name: string;
}
/** Who holds `name` at this voter; `holder` '' = nobody that said it leads. `holderBoot` as in a refusal. Never used by a rule that grants. */
export interface Hint {
  readonly op: typeof Op.hint;
  readonly name: string;
  readonly holder: string;
  readonly term: number;
  readonly leftMs: number;
  readonly reason: 'held' | 'recovering' | 'electing' | 'no-candidate';
  readonly holderBoot: number;
}

/** Who votes now, for a node that has an older set; or, where `origin` is all that it has, for one that has none. */
export interface Voters extends VoterSet {
  readonly op: typeof Op.voters;
  readonly origin: number;
  readonly lineage: number;
}

/** Where the first voters find each other: who the sender would found with, by name, and their lives; `lineage`: what it has accepted, 0 = nothing yet. */
export interface Found {
  readonly op: typeof Op.found;
  readonly lineage: number;
  readonly names: readonly string[];
  readonly boots: readonly number[];
  /** Votes each is to have. */
  readonly weights: readonly number[];
}

/**
 * All of a kind that the sender has said stands, in one entry: every lease renewed, every bid repeated, or
 * every watched name asked for, with this seq. `sums`: per part of the names, the sum of their marks.
 */
export interface Same {
  readonly op: typeof Op.same;
  readonly kind: RollKind;
  readonly seq: number;
  readonly sums: readonly number[];
}
/**
 * What a voter found: the parts that `differ` from what it holds of that life, of which it did nothing; all others it
 * took as if each name had been said. `leaders`: how many ms its promise to each of them still runs, at least.
 */
export interface Stands {
  readonly op: typeof Op.stands;
  readonly kind: RollKind;
  readonly seq: number;
  readonly differ: readonly number[];
  readonly grantedMs: number;
  readonly leaders: readonly (readonly [name: string, leftMs: number])[];
}

export type Entry = Bid | Grant | Deny | Renew | Rack | RDeny | Release | Recover | Recovered | Watch | Hint | Voters | Found | Same | Stands | Reclaim;

/** One datagram: entries of all names for one peer behind one header. Kind 16 on the wire. */
export interface ElectionPacket {
  readonly kind: 16;
  readonly from: string;
  readonly boot: number;
  /** Digest of (cluster, configuration id, voters with weights, T, ρ, who may lead). 32 bits. */
  readonly config: number;
  /** The set of voters that the digest stands for: its line of descent, and its place in it. */
  readonly lineage: number;
  readonly configTerm: number;
  readonly configVersion: number;
  /** The sender's own T in ms, so that a mismatch can be explained. */
  readonly grantMs: number;
  /** The largest T the sender has used or heard, in ms. */
  readonly maxGrantMs: number;
  /** The sender's elapsed clock in ms, cut to 32 bits: by it the receiver measures how fast that clock runs (A4). */
  readonly elapsedMs: number;
  /** A voter's token for the receiver (0 = none), and the last token the sender had from the receiver. */
  readonly token: number;
  readonly echo: number;
  /** The life of the receiver that this is for; 0: whichever lives. What is an answer to another life is none (candidate.C9). */
  readonly toBoot: number;
  readonly entries: readonly Entry[];
}
