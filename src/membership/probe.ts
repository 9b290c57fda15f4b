import type { Address } from '../core/address.ts';
import type { Claim } from './claim.ts';
import type { Context } from './context.ts';
import { OPEN_PROBES_MAX } from './limits.ts';
import { Kind } from './messages.ts';
import type { Ack, Nack, Ping } from './messages.ts';
import type { Peer } from './peer.ts';
import { greetersOf } from './rendezvous.ts';
import { directTimeoutUs } from './rtt.ts';

/** What one probe found. */
export type Outcome =
  | 'acked' // that life answered, to us or to a relay
  | 'refused' // two members were told twice that nobody listens there
  | 'gone' // somebody else answered at its address: another life, or another name
  | 'silent' // nobody answered anybody in time
  | 'void'; // we were too late to judge: no evidence at all

/** Members that must have been refused before it is believed: one's own path may be what is broken. */
const REFUSED_BY_MIN = 2;

/** Who is asked: one life, at one address. */
export interface Target {
  readonly name: string;
  readonly boot: number;
  readonly address: Address;
}

export interface ProbePlan {
  readonly target: Target;
  /** What for, in words; shown in counters as `probe.<purpose>`. */
  readonly purpose: 'ring' | 'round' | 'confirm' | 'greet' | 'failed' | 'admission' | 'rival';
  /** Claims that the target must see with the ping: a suspect is told first. */
  readonly first: readonly Claim[];
  /** Asks relays when the target does not answer us. */
  readonly indirect: boolean;
  readonly judge: (outcome: Outcome, probe: Probe) => void;
}

/** One open question. */
export interface Probe {
  readonly plan: ProbePlan;
  readonly seq: number;
  readonly sentUs: number;
  readonly timeoutUs: number;
  stage: 'direct' | 'indirect';
  deadlineUs: number;
  /** The ack came through a relay. */
  relayed: boolean;
  /** Refusals that we were told ourselves, and when the last one was. */
  refusals: number;
  refusedUs: number;
  /** When we ask the system once more. */
  againUs: number;
  /** Who was refused twice, ourselves included. */
  readonly refusedBy: Set<string>;
  /** Relays that another life answered. */
  readonly goneBy: Set<string>;
  /** Relays that have said nothing yet, and those that said nack. */
  readonly silentRelays: Set<string>;
  readonly nackedBy: Set<string>;
}

/**
 * SWIM's probe: a ping, after a timeout the same through k relays, then a verdict. Knows no member
 * states and decides nothing about them; whoever asked judges.
 *
 * @see SWIM (Das, Gupta, Motivala 2002), §3.1; nacks: Lifeguard (2018), "LHA-Probe".
 */
export class Prober {
  readonly #ctx: Context;
  readonly #open = new Map<number, Probe>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  get nextDeadlineUs(): number {
    let next = Infinity;
    for (const probe of this.#open.values()) next = Math.min(next, probe.deadlineUs, probe.againUs);
    return next;
  }

  get full(): boolean {
    return this.#open.size >= OPEN_PROBES_MAX;
  }

  isProbing(name: string): boolean {
    for (const probe of this.#open.values()) if (probe.plan.target.name === name) return true;
    return false;
  }

  /** @returns Whether it was started; false at the limit of open probes. */
  start(plan: ProbePlan): boolean {
    if (this.full) {
      this.#ctx.limited('probe', OPEN_PROBES_MAX);
      return false;
    }
    const { config, table, health, nowUs } = this.#ctx;
    let seq = this.#ctx.nextSeq();
    while (this.#open.has(seq)) seq = this.#ctx.nextSeq();
    const peer = table.get(plan.target.name);
    const trips = peer !== undefined && peer.claim.boot === plan.target.boot ? peer.trips : null;
    const timeoutUs = health.widen(directTimeoutUs(trips, this.#ctx.trips, config.directTimeoutMinUs, config.directTimeoutMaxUs));
    const probe: Probe = {
      plan,
      seq,
      timeoutUs,
      sentUs: nowUs,
      stage: 'direct',
      deadlineUs: nowUs + timeoutUs,
      relayed: false,
      refusals: 0,
      refusedUs: -Infinity,
      againUs: Infinity,
      refusedBy: new Set(),
      goneBy: new Set(),
      silentRelays: new Set(),
      nackedBy: new Set(),
    };
    this.#open.set(seq, probe);
    this.#ctx.count(`probe.${plan.purpose}`);
    this.#ping(probe, false);
    return true;
  }

  /** Whether the ack answered a probe of ours. */
  onAck(ack: Ack): boolean {
    const probe = this.#open.get(ack.seq);
    if (probe === undefined) return false;
    const { target } = probe.plan;
    const direct = ack.answered === null;
    if (direct ? ack.from !== target.name : !probe.silentRelays.has(ack.from) && !probe.nackedBy.has(ack.from)) {
      this.#ctx.count('ack.foreign');
      return true;
    }
    if ((direct ? ack.boot : ack.answered) !== target.boot) this.#close(probe, 'gone');
    else {
      probe.relayed = !direct;
      if (direct && probe.stage === 'direct') this.#measure(probe);
      this.#close(probe, 'acked');
    }
    return true;
  }

  /** Whether the nack belongs to a probe of ours. */
  onNack(nack: Nack, from: Address): boolean {
    const probe = this.#open.get(nack.seq);
    if (probe === undefined) return false;
    if (nack.reason === 'not-me') {
      if (from === probe.plan.target.address) this.#close(probe, 'gone');
      else this.#ctx.count('nack.foreign');
    } else if (probe.silentRelays.delete(nack.from)) {
      probe.nackedBy.add(nack.from);
      if (nack.reason === 'gone') probe.goneBy.add(nack.from);
      if (nack.reason === 'refused') this.#refusedTwice(probe, nack.from);
    } else this.#ctx.count('nack.foreign');
    return true;
  }

  /**
   * The operating system refused to send to `to`: no use in waiting, ask the relays now.
   *
   * @returns Whether a probe of somebody who is to be running was concerned.
   */
  onSendFailure(to: Address): boolean {
    let concerned = false;
    for (const probe of [...this.#open.values()]) {
      // Of the dead nothing is asked through others, and that they are out of reach is no news about us.
      if (probe.plan.target.address !== to || probe.stage !== 'direct' || !probe.plan.indirect) continue;
      concerned = true;
      this.#askRelays(probe);
    }
    return concerned;
  }

  /**
   * The system says that nobody listens at `to`. Once may be a firewall that is reloaded, which refuses
   * everything for some 50 ms; so it counts when it is said again a direct timeout later, where that
   * very life has answered us before, and when another member was told the same (member.D5).
   */
  onRefused(to: Address): void {
    const { nowUs, table, name } = this.#ctx;
    for (const probe of [...this.#open.values()]) {
      const { target } = probe.plan;
      if (target.address !== to || nowUs - probe.refusedUs < probe.timeoutUs) continue;
      probe.refusals += 1;
      probe.refusedUs = nowUs;
      this.#ctx.count('probe.refused');
      if (probe.refusals === 1) probe.againUs = nowUs + probe.timeoutUs;
      const peer = table.get(target.name);
      if (probe.refusals === 2 && peer?.claim.boot === target.boot && peer.lastAckUs > -Infinity) this.#refusedTwice(probe, name);
    }
  }

  advance(): void {
    const { nowUs } = this.#ctx;
    for (const probe of [...this.#open.values()]) {
      if (nowUs >= probe.againUs) {
        probe.againUs = Infinity;
        this.#ping(probe, true);
      }
      if (nowUs < probe.deadlineUs) continue;
      // After a stall the answer may lie unread, or be lost for lack of buffer: that is about us (member.H2).
      if (nowUs - probe.deadlineUs > probe.timeoutUs / 2) {
        this.#ctx.count('probe.void');
        this.#close(probe, 'void');
      } else if (probe.stage === 'direct' && probe.plan.indirect) this.#askRelays(probe);
      else this.#close(probe, 'silent');
    }
  }

  clear(): void {
    this.#open.clear();
  }

  #ping(probe: Probe, connected: boolean): void {
    const { target, first } = probe.plan;
    const ping: Ping = { kind: Kind.ping, ...this.#ctx.header(probe.seq), target: target.name, updates: first };
    if (connected) this.#ctx.probe(target.address, target.name, ping);
    else this.#ctx.carry(target.address, target.name, ping);
  }

  #refusedTwice(probe: Probe, by: string): void {
    probe.refusedBy.add(by);
    if (probe.refusedBy.size >= REFUSED_BY_MIN) this.#close(probe, 'refused');
  }

  /**
   * The direct ping is repeated at the same time, from a connected socket: in a cluster of two there is
   * no relay, one lost packet should not accuse, and the system may know that nobody is there.
   */
  #askRelays(probe: Probe): void {
    const { nowUs } = this.#ctx;
    const { target } = probe.plan;
    probe.stage = 'indirect';
    const relays = this.#relaysFor(target);
    probe.deadlineUs = nowUs + (relays.length === 0 ? 1 : 2) * probe.timeoutUs;
    this.#ping(probe, true);
    const timeoutMs = Math.min(0xffff, Math.max(1, Math.floor((probe.timeoutUs * 3) / 2000))); // leaves a quarter of the wait for its nack to arrive
    for (const relay of relays) {
      probe.silentRelays.add(relay.claim.name);
      this.#ctx.carry(relay.claim.address, relay.claim.name, {
        kind: Kind.pingReq,
        ...this.#ctx.header(probe.seq),
        target: target.name,
        targetBoot: target.boot,
        timeoutMs,
        updates: [],
      });
    }
  }

  /**
   * All but one of those who greeted this life, since only whoever has met it can bear witness that its host refuses
   * (member.D7); one of anybody, so that no fixed few stand between us and it (SWIM, §3.1, takes all at random).
   */
  #relaysFor(target: Target): readonly Peer[] {
    const { config, table, random } = this.#ctx;
    const able = (peer: Peer): boolean => peer.claim.name !== target.name && peer.claim.address !== target.address;
    const greeters = random.sample(greetersOf(table, target).filter(able), config.indirectProbes - 1);
    const others = table.helpers.filter((peer) => able(peer) && !greeters.includes(peer));
    return [...greeters, ...random.sample(others, config.indirectProbes - greeters.length)];
  }

  #measure(probe: Probe): void {
    const peer = this.#ctx.table.get(probe.plan.target.name);
    const tripUs = this.#ctx.nowUs - probe.sentUs;
    this.#ctx.trips.add(tripUs);
    if (peer !== undefined && peer.claim.boot === probe.plan.target.boot) peer.trips.add(tripUs);
  }

  #close(probe: Probe, outcome: Outcome): void {
    this.#open.delete(probe.seq);
    probe.plan.judge(outcome, probe);
  }
}
