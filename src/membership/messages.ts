import type { Address } from '../core/address.ts';
import type { Claim } from './claim.ts';

/** First field of a message. Values are wire format: append, never renumber; 1 … 15 are the membership's. */
export const Kind = { ping: 1, ack: 2, pingReq: 3, nack: 4, gossip: 5, syncRequest: 6, syncReply: 7, leave: 8 } as const;

/** Why there is no ack. Wire numbers are the positions: append, never reorder. */
export const NACKS = [
  'silent', // a relay's ping was not answered in the time it was given
  'gone', // another life answered the relay
  'unknown', // the relay does not hold that life of the target, or has too much to do
  'not-me', // the ping names somebody else than its receiver
  'refused', // the relay was told twice that nobody listens there, where that very life had answered it before
] as const;
export type NackReason = (typeof NACKS)[number];

/** What a sync request is answered. Wire numbers are the positions: append, never reorder. */
export const SYNC_STATUS = [
  'token', // ask again with this token, so that we know the address is yours
  'page', // here is a page; the asker is a member of ours
  'pending', // somebody else has that name; we are asking whether it still lives
  'refused', // it lives, at `rival`
  'full', // we hold as many members as we may
] as const;
export type SyncStatus = (typeof SYNC_STATUS)[number];

/**
 * In every message. First-hand evidence for `explain`, digests and health, and never a claim: a
 * header changes no status and stops no timer (merge.M6).
 */
export interface Header {
  readonly from: string;
  readonly boot: number;
  readonly incarnation: number;
  /** Digest of the sender's view. 32 bits. */
  readonly digest: number;
  /** The sender's health score: 0 healthy … 8. */
  readonly health: number;
  /** Ties an answer to its request; 16 bits. 0 where no answer is expected. */
  readonly seq: number;
}

/** Are you `target`? Named, so that whoever runs at that address now does not answer for it. */
export interface Ping extends Header {
  readonly kind: typeof Kind.ping;
  readonly target: string;
  readonly updates: readonly Claim[];
}
/** I am. From a relay: `answered` is the boot that answered it; null when the sender speaks for itself. Also confirms a `leave`. */
export interface Ack extends Header {
  readonly kind: typeof Kind.ack;
  readonly answered: number | null;
  readonly updates: readonly Claim[];
}
/** Ping `target` for me, in that life, at the address that you hold, and tell me within `timeoutMs`. */
export interface PingReq extends Header {
  readonly kind: typeof Kind.pingReq;
  readonly target: string;
  readonly targetBoot: number;
  readonly timeoutMs: number;
  readonly updates: readonly Claim[];
}
export interface Nack extends Header {
  readonly kind: typeof Kind.nack;
  readonly reason: NackReason;
  readonly updates: readonly Claim[];
}
/** News. `answer`: this is what we hold of you; not to be answered in kind. */
export interface Gossip extends Header {
  readonly kind: typeof Kind.gossip;
  readonly answer: boolean;
  readonly updates: readonly Claim[];
}
/** Give me the page after name `after` of what differs. Also the way to join: `claim` is the asker's own. */
export interface SyncRequest extends Header {
  readonly kind: typeof Kind.syncRequest;
  /** The answerer's token for our address; 0 when we have none yet. */
  readonly token: number;
  /** Our token for the answerer's address, for a sync in the other direction. */
  readonly offer: number;
  readonly claim: Claim;
  readonly after: string;
  /** Eight bytes for each bucket of names; the number of buckets is a power of two. */
  readonly buckets: Uint8Array;
}
export interface SyncReply extends Header {
  readonly kind: typeof Kind.syncReply;
  readonly status: SyncStatus;
  readonly token: number;
  readonly claims: readonly Claim[];
  /** Ask again after this name; '' when this was the last page. */
  readonly next: string;
  /** Where the living owner of the asker's name is; null unless refused. */
  readonly rival: Address | null;
}
/** I am going. Answered by an ack. */
export interface Leave extends Header {
  readonly kind: typeof Kind.leave;
  readonly claim: Claim;
}

export type MembershipMessage = Ping | Ack | PingReq | Nack | Gossip | SyncRequest | SyncReply | Leave;
/** The messages that carry news where they have room. */
export type Carrier = Ping | Ack | PingReq | Nack;
