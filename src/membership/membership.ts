import type { Address } from '../core/address.ts';
import { assert } from '../core/assert.ts';
import type { Random } from '../core/random.ts';
import type { Member, Tags } from '../core/view.ts';
import { Admission } from './admission.ts';
import { compareIdentity, isActive } from './claim.ts';
import type { Claim } from './claim.ts';
import type { MembershipConfig } from './config.ts';
import { Context } from './context.ts';
import type { SelfIdentity } from './context.ts';
import { Detection } from './detection.ts';
import { explainMember, explainSelf } from './explain.ts';
import { FailedProbe } from './failed-probe.ts';
import { Gossip } from './gossip.ts';
import { Greeting } from './greeting.ts';
import type { MembershipHost, SelfState } from './host.ts';
import { Join } from './join.ts';
import { Leave } from './leave.ts';
import { INCARNATION_END, PACKET_BUDGET_MIN, STRANGERS_PER_SECOND, TAGS_MAX_BYTES } from './limits.ts';
import { Merge } from './merge.ts';
import { Kind } from './messages.ts';
import type { Ack, Leave as LeaveMessage, MembershipMessage, Nack, Ping } from './messages.ts';
import type { Peer } from './peer.ts';
import { Prober } from './probe.ts';
import { RateLimit } from './rate-limit.ts';
import { Refuter } from './refute.ts';
import { Relays } from './relay.ts';
import { SelfKnowledge } from './self-state.ts';
import { SyncServer } from './sync-serve.ts';
import { Sync } from './sync.ts';
import { Tokens } from './tokens.ts';
import { tagsBytes } from './wire-size.ts';

/**
 * SWIM with Lifeguard: who is there. Synchronous, without clock, dice or socket of its own.
 *
 * Everything enters by `receive`, `sendFailed`, `advance` and the commands; everything leaves by the
 * host's `send` and `notify`. `members` contains ourselves from the start, without an event: the
 * fold of the events begins with it.
 *
 * This file only says which part handles what. The parts:
 * `claim` orders claims, `merge` applies them, `member-table` holds them, `refute` answers those about
 * us; `detection`, `greeting`, `probe`, `relay`, `failed-probe` look who lives, `suspicion` and `health-score` say
 * how patiently; `gossip` and `gossip-queue` spread news, `sync` and `sync-serve` repair what news
 * missed; `join`, `admission` and `leave` are the way in and out.
 *
 * @see SWIM (Das, Gupta, Motivala 2002); Lifeguard (Dadgar, Phillips, Currey 2018). The rules cited as
 * `member.…` are listed in `docs/protocol.md`.
 */
export class Membership {
  readonly #ctx: Context;
  readonly #merge: Merge;
  readonly #prober: Prober;
  readonly #relays: Relays;
  readonly #detection: Detection;
  readonly #greeting: Greeting;
  readonly #failedProbe: FailedProbe;
  readonly #gossip: Gossip;
  readonly #refuter: Refuter;
  readonly #sync: Sync;
  readonly #admission: Admission;
  readonly #syncServer: SyncServer;
  readonly #join: Join;
  readonly #leave: Leave;
  readonly #self: SelfKnowledge;
  readonly #strangers = new RateLimit(STRANGERS_PER_SECOND);
  #nextDeadlineUs = Infinity;
  #stoppedUs = 0;

  /** @param nowUs Monotonic microseconds, as in every call below. */
  constructor(config: MembershipConfig, self: SelfIdentity, random: Random, host: MembershipHost, nowUs: number) {
    assert(config.packetBudget >= PACKET_BUDGET_MIN, 'BUG: a packet must hold the longest claim');
    assert(self.incarnation < INCARNATION_END, 'BUG: incarnation of more than 48 bits');
    assert(tagsBytes(self.tags) <= TAGS_MAX_BYTES, 'BUG: tags above their limit');
    const ctx = new Context(config, self, random, host, nowUs);
    const tokens = new Tokens(random.u32(), random.u32());
    this.#ctx = ctx;
    this.#merge = new Merge(ctx, {
      onOwnName: (claim, source) => this.#refuter.hear(claim, source),
      onActive: (peer) => {
        ctx.established = true;
        this.#detection.add(peer.claim.name);
      },
      onNewLife: (peer) => this.#greeting.add(peer.claim.name),
      onSuspected: (peer) => this.#detection.confirm(peer),
      onContradicted: (peer, claim, source) => this.#detection.contradicted(peer, claim, source),
      onReturned: (peer) => this.#sync.startWith(peer, peer.claim.address, 'introduce'),
    });
    this.#prober = new Prober(ctx);
    this.#relays = new Relays(ctx);
    this.#detection = new Detection(ctx, this.#prober, this.#merge);
    this.#greeting = new Greeting(ctx, this.#prober, (peer) => this.#detection.greet(peer));
    this.#refuter = new Refuter(ctx, this.#merge, this.#prober, () => this.#silence());
    this.#gossip = new Gossip(ctx);
    this.#sync = new Sync(ctx, this.#merge, tokens, {
      onAdmitted: (pull, by) => this.#join.onAdmitted(pull, by),
      onRefused: (pull, reply) => this.#onRefused(pull.address, reply.from, reply.rival, reply.claims),
      onEnd: (pull, end) => this.#join.onEnd(pull, end === 'done' || end === 'equal'),
    });
    this.#admission = new Admission(ctx, this.#merge, this.#prober);
    this.#syncServer = new SyncServer(ctx, tokens, this.#admission, this.#sync);
    this.#failedProbe = new FailedProbe(ctx, this.#prober, (peer) => this.#sync.startWith(peer, peer.claim.address, 'introduce'));
    this.#join = new Join(ctx, this.#sync, (by) => this.#onAccepted(by));
    this.#leave = new Leave(ctx, () => this.#stop('left'));
    this.#self = new SelfKnowledge(ctx);
  }

  /** Everybody known, by name: ourselves, the failed and the left included. Live; the members themselves are frozen. */
  get members(): ReadonlyMap<string, Member> {
    return this.#ctx.table.members;
  }

  get self(): Member {
    return this.#ctx.table.self.member;
  }

  get selfState(): SelfState {
    return this.#self.state;
  }

  /** Our own health score: 0 healthy … 8. */
  get health(): number {
    return this.#ctx.health.score;
  }

  /** 32-bit digest of who we hold alive or suspect, in which lives. Equal views have equal digests. */
  get digest(): number {
    return this.#ctx.table.digest;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#ctx.counters;
  }

  /** When `advance` wants to be called; Infinity = never. Monotonic microseconds. */
  get nextDeadlineUs(): number {
    return this.#nextDeadlineUs;
  }

  /** The evidence about one member, or about ourselves, in sentences for people. */
  explain(name: string, nowUs: number): readonly string[] {
    this.#ctx.nowUs = nowUs;
    return name === this.#ctx.name ? explainSelf(this.#ctx, this.#self) : explainMember(this.#ctx, name);
  }

  /**
   * Looks for the cluster at these addresses, ourselves among them or not. `accepted` is notified when
   * a member admitted us, or, with `by` null, when nobody was found for a moment; the search goes on.
   * After `leave` it starts a further life of ours. May be called again when seeds resolve anew.
   */
  join(seeds: readonly Address[], nowUs: number): void {
    const ctx = this.#begin(nowUs);
    if (ctx.standing === 'silenced') return;
    if (ctx.standing === 'leaving') this.#stop('left');
    if (ctx.standing === 'left') {
      ctx.standing = 'joining';
      this.#merge.shiftSuspicions(nowUs - this.#stoppedUs); // nobody could refute to us meanwhile
      this.#merge.becomeSelf({ ...ctx.own, state: 'alive', incarnation: ctx.own.incarnation + 1 }, 'joins again');
    }
    this.#join.begin(seeds);
    this.#finish();
  }

  /** Goes in good order: raises the incarnation and tells everybody. `self` turns `left` when that is done. */
  leave(nowUs: number): void {
    const ctx = this.#begin(nowUs);
    if (ctx.standing === 'joined') {
      ctx.standing = 'leaving';
      this.#quiet();
      this.#self.judge();
      this.#merge.becomeSelf({ ...ctx.own, state: 'left', incarnation: ctx.own.incarnation + 1 }, 'leaves');
      ctx.spread(ctx.own, null);
      this.#leave.begin();
    } else if (ctx.standing === 'joining') this.#stop('left');
    this.#finish();
  }

  /** Tells other facts about ourselves from now on. The caller has checked that they are at most 512 bytes encoded. */
  setTags(tags: Tags, nowUs: number): void {
    const ctx = this.#begin(nowUs);
    assert(tagsBytes(tags) <= TAGS_MAX_BYTES, 'BUG: tags above their limit');
    this.#merge.becomeSelf({ ...ctx.own, tags: Object.freeze({ ...tags }), incarnation: ctx.own.incarnation + 1 }, 'tags changed');
    if (ctx.standing === 'joined') ctx.spread(ctx.own, null);
    this.#finish();
  }

  /** How many other members run, as far as we know. */
  get others(): number {
    return this.#ctx.table.activeCount - 1;
  }

  /** The median of the last round trips to a member that runs. Microseconds; null while nothing was measured. */
  roundTripUs(name: string): number | null {
    const peer = this.#ctx.table.get(name);
    return peer === undefined || peer.claim.state !== 'alive' ? null : peer.trips.quantileUs(0.5);
  }

  /** One decoded, fully validated message. Runs no timer: what is due is judged by `advance`, after what has arrived was read. */
  receive(from: Address, message: MembershipMessage, nowUs: number): void {
    const ctx = this.#begin(nowUs);
    if (message.from === ctx.name && message.boot === ctx.boot) {
      if (message.kind === Kind.syncRequest) this.#join.onOwnRequest(message.seq);
      return this.#finish();
    }
    const peer = ctx.table.get(message.from);
    const isMember = peer !== undefined && peer.claim.boot === message.boot;
    if (!isMember && !this.#strangers.allow(nowUs)) {
      ctx.limited('strangers', STRANGERS_PER_SECOND);
      return;
    }
    this.#dispatch(from, message);
    if (peer !== undefined) this.#afterMessage(peer, from, message);
    this.#finish();
  }

  /** The operating system did not send a datagram of ours. Says something about us before it says anything about others. */
  sendFailed(to: Address, failure: 'unreachable' | 'refused' | 'too-large' | 'other', nowUs: number): void {
    const ctx = this.#begin(nowUs);
    ctx.count(`send-failed.${failure}`);
    if (failure === 'unreachable') {
      // A seed, a stranger or one of the dead that is out of reach says nothing about us.
      if (ctx.table.active.some((peer) => peer.claim.address === to)) {
        ctx.unreachable.add(to);
        ctx.unreachableUs = Math.min(ctx.unreachableUs, nowUs);
      }
      if (this.#prober.onSendFailure(to)) ctx.health.worse(1);
    }
    if (failure === 'refused') {
      this.#relays.onRefused(to);
      this.#prober.onRefused(to);
    }
    this.#finish();
  }

  /** Runs what is due. Extra calls are harmless. */
  advance(nowUs: number): void {
    const latenessUs = nowUs - this.#nextDeadlineUs;
    const ctx = this.#begin(nowUs);
    if (ctx.standing === 'left' || ctx.standing === 'silenced') return;
    if (latenessUs > 0) this.#late(latenessUs);
    this.#relays.advance();
    this.#prober.advance();
    this.#merge.advance();
    if (ctx.standing === 'joined') {
      this.#detection.advance();
      this.#greeting.advance();
      this.#failedProbe.advance();
    }
    this.#sync.advance();
    this.#join.advance();
    this.#leave.advance();
    this.#finish();
  }

  #begin(nowUs: number): Context {
    this.#ctx.nowUs = nowUs;
    return this.#ctx;
  }

  #finish(): void {
    this.#gossip.run();
    this.#failedProbe.schedule();
    this.#self.judge();
    this.#nextDeadlineUs = Infinity;
    if (this.#ctx.standing === 'left' || this.#ctx.standing === 'silenced') return; // nothing of us is due any more
    // Spelled out: this ends every transition, and each part then is read for what it is.
    this.#nextDeadlineUs = Math.min(
      this.#relays.nextDeadlineUs,
      this.#prober.nextDeadlineUs,
      this.#merge.nextDeadlineUs,
      this.#detection.nextDeadlineUs,
      this.#greeting.nextDeadlineUs,
      this.#failedProbe.nextDeadlineUs,
      this.#gossip.nextDeadlineUs,
      this.#sync.nextDeadlineUs,
      this.#join.nextDeadlineUs,
      this.#leave.nextDeadlineUs,
    );
  }

  #dispatch(from: Address, message: MembershipMessage): void {
    const { standing } = this.#ctx;
    // Not yet, or no longer, a member: we answer for ourselves, ask for admission, and hear no news.
    const member = standing === 'joined' || standing === 'leaving';
    const claims = 'updates' in message ? message.updates : [];
    if (member) for (const claim of claims) this.#merge.hear(claim, { channel: 'gossip', from: message.from, address: from, quiet: false });
    switch (message.kind) {
      case Kind.ping:
        return this.#onPing(from, message);
      case Kind.ack:
        return this.#onAck(message);
      case Kind.nack:
        return this.#onNack(message, from);
      case Kind.pingReq:
        return member ? this.#relays.onPingReq(message, from) : undefined;
      case Kind.gossip:
        return;
      case Kind.syncRequest:
        return standing === 'joining' || standing === 'joined' ? this.#syncServer.onRequest(message, from) : undefined;
      case Kind.syncReply:
        return standing === 'joining' || standing === 'joined' ? this.#sync.onReply(message) : undefined;
      case Kind.leave:
        return this.#onLeave(from, message);
    }
  }

  /** A ping names its target, so that whoever runs at an address now does not answer for who ran there before. */
  #onPing(from: Address, ping: Ping): void {
    const ctx = this.#ctx;
    const header = ctx.header(ping.seq);
    if (ping.target !== ctx.name || ctx.standing === 'silenced') ctx.carry(from, ping.from, { kind: Kind.nack, ...header, reason: 'not-me', updates: [] });
    else ctx.carry(from, ping.from, { kind: Kind.ack, ...header, answered: null, updates: [] });
  }

  #onAck(ack: Ack): void {
    if (!this.#prober.onAck(ack) && !this.#relays.onAck(ack) && !this.#leave.onAck(ack.seq, ack.from)) this.#ctx.count('ack.unmatched');
  }

  #onNack(nack: Nack, from: Address): void {
    if (!this.#prober.onNack(nack, from) && !this.#relays.onNack(nack, from)) this.#ctx.count('nack.unmatched');
  }

  /** A leave is valid only from its subject: nobody can show another the door. */
  #onLeave(from: Address, message: LeaveMessage): void {
    const ctx = this.#ctx;
    const { claim } = message;
    if (claim.state !== 'left' || claim.name !== message.from || claim.boot !== message.boot) return ctx.count('leave.foreign');
    if (ctx.standing !== 'joined' && ctx.standing !== 'leaving') return;
    this.#merge.hear(claim, { channel: 'gossip', from: message.from, address: from, quiet: false });
    ctx.carry(from, message.from, { kind: Kind.ack, ...ctx.header(message.seq), answered: null, updates: [] });
  }

  /**
   * What a header tells: when its sender was heard, how it feels, what its view is. And no more: a
   * status changes by claims alone. Else a node that can send but not hear would be immortal, a
   * leaver's last acks would bring it back, and a replayed packet would keep the dead alive (merge.M6).
   */
  #afterMessage(peer: Peer, from: Address, message: MembershipMessage): void {
    const ctx = this.#ctx;
    if (ctx.standing !== 'joined') return;
    const { claim } = peer;
    const active = isActive(claim.state);
    if (claim.boot === message.boot) {
      peer.lastHeardUs = ctx.nowUs;
      ctx.heard();
      // The last score before the suspicion began: a suspect cannot buy itself time.
      if (claim.state !== 'suspect') peer.health = message.health;
    }
    const newer = compareIdentity(message, claim) > 0 && claim.boot !== message.boot;
    if (newer && (!active || from === claim.address)) {
      // A life that we do not know, in the place of one that is gone: let it tell us itself. Never while the
      // other may live elsewhere: who asks to join under a taken name speaks with a newer header, too.
      this.#sync.startWith(peer, from, 'introduce');
    } else if ((claim.state !== 'alive' || claim.boot !== message.boot) && compareIdentity(message, claim) <= 0) this.#answer(peer, from, message);
    if (active && claim.boot === message.boot) this.#sync.compare(peer, message.digest);
  }

  /** A sender that we hold suspect, failed or left, or another life of whose name we hold, is told so, now and then, and never in answer to being told (member.I5). */
  #answer(peer: Peer, to: Address, message: MembershipMessage): void {
    const { nowUs, config } = this.#ctx;
    const { claim } = peer;
    if (message.kind === Kind.gossip && message.answer) return;
    if (claim.state === 'left' && compareIdentity(message, claim) === 0) return; // it knows: it said so itself
    if (nowUs - peer.toldUs < config.probePeriodUs) return;
    peer.toldUs = nowUs;
    this.#ctx.count('answered');
    this.#ctx.tell(to, [peer.told(nowUs)], true);
  }

  /**
   * Our own lateness says that we may be slow, stalled, stopped or starved, so that silence is ours:
   * suspicions wait as much longer, and a large lateness lowers our trust in ourselves (member.H2).
   */
  #late(latenessUs: number): void {
    const { config, health } = this.#ctx;
    this.#ctx.worstLatenessUs = Math.max(this.#ctx.worstLatenessUs, latenessUs);
    if (latenessUs > config.directTimeoutMinUs) this.#merge.shiftSuspicions(latenessUs);
    if (latenessUs <= config.directTimeoutMaxUs / 2) return;
    this.#ctx.count('late');
    health.worse(Math.min(3, 1 + Math.floor(latenessUs / config.probePeriodUs)));
  }

  #onAccepted(by: string | null): void {
    const ctx = this.#ctx;
    ctx.standing = 'joined';
    ctx.heard();
    this.#detection.begin();
    this.#greeting.begin();
    this.#sync.begin();
    ctx.host.notify({ type: 'accepted', by });
    ctx.spread(ctx.own, null);
  }

  /**
   * Somebody else lives under our name. Before we were anybody's member that ends it, also where we found nobody
   * and went on alone; later it is a rival like any other. *A mistyped second `n1` whose seed answered late would
   * else outbid the healthy one, which it had never met, by its later clock.*
   */
  #onRefused(from: Address, by: string, rival: Address | null, claims: readonly Claim[]): void {
    const ctx = this.#ctx;
    if (ctx.standing === 'joining') {
      ctx.host.notify({ type: 'refused', by, rival: rival ?? from });
      return this.#silence();
    }
    if (!ctx.established) return this.#refuter.giveUp(rival ?? from, claims.find(({ name }) => name === ctx.name)?.boot ?? 0);
    for (const claim of claims) {
      if (claim.name !== ctx.name) continue;
      this.#refuter.hear(claim, { channel: 'gossip', from: by, address: from, quiet: false });
      ctx.tell(claim.address, [ctx.own]); // if ours is the higher claim, the rival must hear it
    }
  }

  /** No word any more: no refutation, no claim, not even that we leave. */
  #silence(): void {
    this.#stop('silenced');
  }

  #stop(standing: 'left' | 'silenced'): void {
    this.#ctx.standing = standing;
    this.#quiet();
    this.#ctx.queue.clear();
    this.#stoppedUs = this.#ctx.nowUs;
  }

  /** Ends everything that asks or judges. */
  #quiet(): void {
    this.#prober.clear();
    this.#refuter.clear();
    this.#admission.clear();
    this.#relays.clear();
    this.#detection.stop();
    this.#greeting.stop();
    this.#sync.stop();
    this.#join.stop();
  }
}
