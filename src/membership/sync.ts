import type { Address } from '../core/address.ts';
import { NAME_MAX } from '../core/fields.ts';
import { isActive } from './claim.ts';
import type { Context } from './context.ts';
import { bucketCount } from './digest.ts';
import { PAGES_PER_PULL_MAX } from './limits.ts';
import type { Merge } from './merge.ts';
import { Kind } from './messages.ts';
import type { SyncReply, SyncRequest } from './messages.ts';
import type { Peer } from './peer.ts';
import type { Tokens } from './tokens.ts';
import { packetBytes } from './wire-size.ts';

export type PullReason =
  | 'join' // to be admitted, and to learn who is there
  | 'mismatch' // digests stood unequal
  | 'safety-net' // now and then, whatever the digests say
  | 'introduce' // somebody is there whom we know under another life, or held failed
  | 'counter'; // somebody pulls from us and has what we have not

export type PullEnd = 'done' | 'equal' | 'silent' | 'refused' | 'full';

/** One sync in one direction: we ask for page after page. */
export interface Pull {
  readonly seq: number;
  readonly address: Address;
  readonly reason: PullReason;
  /** We knew nobody when we asked, so all that we learn is known to all: it is not gossiped on. */
  readonly quiet: boolean;
  /** Name of who answers; null until somebody did. */
  peer: string | null;
  token: number;
  /** Tokens received: one that does not take its own tokens is given up. */
  tokens: number;
  after: string;
  /** As it was at the start: the pages of one pull belong together. */
  readonly buckets: Uint8Array;
  tries: number;
  pages: number;
  /** It answered 'pending': it is asking whether somebody else of our name lives. */
  pending: boolean;
  gained: boolean;
  deadlineUs: number;
}

export interface SyncListener {
  /** The first page: we are a member of the answerer's. */
  onAdmitted(pull: Pull, by: string): void;
  /** Another living process has our name. */
  onRefused(pull: Pull, reply: SyncReply): void;
  onEnd(pull: Pull, end: PullEnd): void;
}

/** Requests for one page before the other is given up. */
const TRIES = 3;
/** 'pending' answers before the other is given up; each means one check of a rival. */
const PENDING_MAX = 16;

/**
 * Anti-entropy: compares digests and pulls what differs, one page per request, over UDP. At most one
 * pull at a time, joining aside.
 */
export class Sync {
  readonly #ctx: Context;
  readonly #merge: Merge;
  readonly #tokens: Tokens;
  readonly #listener: SyncListener;
  readonly #pulls = new Map<number, Pull>();
  /** Members whose digest differs from ours, to look at again after a gossip time. */
  readonly #mismatched = new Set<Peer>();
  #safetyNetUs = Infinity;

  constructor(ctx: Context, merge: Merge, tokens: Tokens, listener: SyncListener) {
    this.#ctx = ctx;
    this.#merge = merge;
    this.#tokens = tokens;
    this.#listener = listener;
  }

  get nextDeadlineUs(): number {
    let next = this.#safetyNetUs;
    for (const pull of this.#pulls.values()) next = Math.min(next, pull.deadlineUs);
    for (const peer of this.#mismatched) next = Math.min(next, this.#ripeUs(peer));
    return next;
  }

  /** How long news may take to be everywhere: a digest that differs for less is merely on its way. */
  get #gossipTimeUs(): number {
    const { config, table } = this.#ctx;
    let ticks = 2;
    for (let reached = 4; reached < table.activeCount; reached *= 2) ticks += 1;
    return ticks * config.gossipTickUs;
  }

  get busy(): boolean {
    for (const pull of this.#pulls.values()) if (pull.reason !== 'join') return true;
    return false;
  }

  begin(): void {
    this.#safetyNetUs = this.#ctx.nowUs + this.#ctx.random.below(this.#ctx.config.safetyNetUs);
  }

  /** Ends everything without telling anybody. */
  stop(): void {
    this.#pulls.clear();
    this.#mismatched.clear();
    this.#safetyNetUs = Infinity;
  }

  /** Forgets the pulls of joining, one aside; their answers count for nothing any more. */
  cancelJoins(except: Pull | null): void {
    for (const pull of [...this.#pulls.values()]) if (pull.reason === 'join' && pull !== except) this.#pulls.delete(pull.seq);
  }

  bySeq(seq: number): Pull | undefined {
    return this.#pulls.get(seq);
  }

  /** Has somebody at that address said that it is checking our name? */
  isPending(address: Address): boolean {
    for (const pull of this.#pulls.values()) if (pull.address === address && pull.pending) return true;
    return false;
  }

  drop(pull: Pull): void {
    this.#pulls.delete(pull.seq);
  }

  start(address: Address, peer: string | null, reason: PullReason, token = 0): Pull {
    const { table, config } = this.#ctx;
    let seq = this.#ctx.nextSeq();
    while (this.#pulls.has(seq)) seq = this.#ctx.nextSeq();
    const bare = this.#request(seq, 0xffff_ffff, '', new Uint8Array(0));
    const room = config.packetBudget - packetBytes(bare) - NAME_MAX - 8; // a cursor may be the longest name
    const buckets = table.bucketDigests(bucketCount(table.activeCount, room));
    const pull: Pull = {
      seq,
      address,
      reason,
      peer,
      token,
      quiet: table.active.length === 0,
      tokens: 0,
      after: '',
      buckets,
      tries: 0,
      pages: 0,
      pending: false,
      gained: false,
      deadlineUs: 0,
    };
    this.#pulls.set(seq, pull);
    this.#ctx.count(`sync.${reason}`);
    this.#ask(pull);
    return pull;
  }

  /** A pull from a member that we hold, if we may: one at a time, and not at once again where nothing was gained. */
  startWith(peer: Peer, address: Address, reason: PullReason, token = 0): void {
    if (this.busy || this.#ctx.nowUs < peer.syncNotBeforeUs) return;
    this.start(address, peer.claim.name, reason, token);
  }

  /** Notes a member's digest. A mismatch counts when both stood unchanged and unequal for a gossip time (member.A1). */
  compare(peer: Peer, digest: number): void {
    const ours = this.#ctx.table.digest;
    if (digest === ours) {
      peer.mismatch = null;
      this.#mismatched.delete(peer);
    } else if (peer.mismatch === null || peer.mismatch.theirs !== digest || peer.mismatch.ours !== ours) {
      peer.mismatch = { theirs: digest, ours, sinceUs: this.#ctx.nowUs };
      this.#mismatched.add(peer);
    }
  }

  onReply(reply: SyncReply): void {
    const pull = this.#pulls.get(reply.seq);
    if (pull === undefined || (pull.peer !== null && pull.peer !== reply.from)) return this.#ctx.count('sync.unmatched');
    pull.peer = reply.from;
    switch (reply.status) {
      case 'token':
        // The member answered with its present digest: news may have made us equal meanwhile.
        if (pull.reason === 'mismatch' && reply.digest === this.#ctx.table.digest) return this.#end(pull, 'equal');
        if (reply.token === pull.token) return; // a copy: the request with it is on its way
        pull.token = reply.token;
        pull.tokens += 1;
        pull.tries = 0;
        return pull.tokens > TRIES ? this.#end(pull, 'silent') : this.#ask(pull);
      case 'pending':
        pull.pending = true;
        pull.pages += 1;
        if (pull.pages > PENDING_MAX) return this.#end(pull, 'silent');
        pull.tries = 0;
        pull.deadlineUs = this.#ctx.nowUs + this.#ctx.config.directTimeoutMaxUs;
        return;
      case 'refused':
        this.drop(pull);
        this.#listener.onRefused(pull, reply);
        return this.#listener.onEnd(pull, 'refused');
      case 'full':
        return this.#end(pull, 'full');
      case 'page':
        return this.#onPage(pull, reply);
    }
  }

  advance(): void {
    const { nowUs, config, table, random } = this.#ctx;
    for (const pull of [...this.#pulls.values()]) {
      if (nowUs < pull.deadlineUs) continue;
      if (pull.tries >= TRIES) this.#end(pull, 'silent');
      else this.#ask(pull);
    }
    for (const peer of [...this.#mismatched]) this.#look(peer);
    if (nowUs >= this.#safetyNetUs) {
      this.#safetyNetUs = nowUs + config.safetyNetUs - Math.floor(config.safetyNetUs / 8) + random.below(Math.max(1, Math.floor(config.safetyNetUs / 4)));
      const active = table.active;
      if (active.length > 0 && !this.busy) {
        const peer = active[random.below(active.length)]!;
        this.start(peer.claim.address, peer.claim.name, 'safety-net');
      }
    }
  }

  /** When a mismatch has stood long enough, and nothing keeps us from looking into it. */
  #ripeUs(peer: Peer): number {
    if (peer.mismatch === null) return Infinity;
    if (this.busy) return Infinity; // looked at again when that pull ends
    return Math.max(peer.mismatch.sinceUs + this.#gossipTimeUs, peer.syncNotBeforeUs);
  }

  #look(peer: Peer): void {
    const { table, nowUs } = this.#ctx;
    const { mismatch } = peer;
    const state = peer.claim.state;
    if (mismatch === null || mismatch.ours !== table.digest || !isActive(state)) {
      peer.mismatch = null; // ours has changed, so the comparison is stale; its next message makes another
      this.#mismatched.delete(peer);
    } else if (nowUs >= this.#ripeUs(peer)) {
      this.#mismatched.delete(peer);
      peer.mismatch = null;
      this.startWith(peer, peer.claim.address, 'mismatch');
    }
  }

  #onPage(pull: Pull, reply: SyncReply): void {
    const first = pull.pages === 0 || pull.pending;
    pull.pending = false;
    pull.pages += 1;
    pull.tries = 0;
    if (first) this.#listener.onAdmitted(pull, reply.from);
    const source = { channel: 'sync', from: reply.from, address: pull.address, quiet: pull.quiet } as const;
    for (const claim of reply.claims) if (this.#merge.hear(claim, source)) pull.gained = true;
    if (!this.#pulls.has(pull.seq)) return; // a claim in it silenced us
    if (reply.next === '') return this.#end(pull, 'done');
    if (pull.pages >= PAGES_PER_PULL_MAX) {
      this.#ctx.limited('pull-pages', PAGES_PER_PULL_MAX);
      return this.#end(pull, 'done');
    }
    if (reply.next <= pull.after) return this.#end(pull, 'done'); // a cursor only goes forward
    pull.after = reply.next;
    this.#ask(pull);
  }

  #end(pull: Pull, end: PullEnd): void {
    const { table, nowUs, config } = this.#ctx;
    this.drop(pull);
    const peer = pull.peer === null ? undefined : table.get(pull.peer);
    if (peer !== undefined && pull.reason !== 'join' && pull.reason !== 'safety-net') {
      peer.fruitlessSyncs = pull.gained || end === 'equal' ? 0 : Math.min(8, peer.fruitlessSyncs + 1);
      peer.syncNotBeforeUs = nowUs + Math.min(config.safetyNetUs, this.#gossipTimeUs * 2 ** peer.fruitlessSyncs);
    }
    if (end !== 'done' && end !== 'equal') this.#ctx.count(`sync.${end}`);
    this.#listener.onEnd(pull, end);
  }

  #ask(pull: Pull): void {
    const { nowUs, config, random } = this.#ctx;
    pull.tries += 1;
    const waitUs = config.directTimeoutMaxUs;
    pull.deadlineUs = nowUs + waitUs + random.below(Math.max(1, Math.floor(waitUs / 8)));
    this.#ctx.send(pull.address, this.#request(pull.seq, pull.token, pull.after, pull.buckets, pull.address));
  }

  #request(seq: number, token: number, after: string, buckets: Uint8Array, to: Address | null = null): SyncRequest {
    const offer = to === null ? 0xffff_ffff : this.#tokens.mint(to, this.#ctx.nowUs);
    return { kind: Kind.syncRequest, ...this.#ctx.header(seq), token, offer, claim: this.#ctx.own, after, buckets };
  }
}
