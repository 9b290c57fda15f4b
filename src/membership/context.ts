import type { Address } from '../core/address.ts';
import type { Random } from '../core/random.ts';
import type { Tags } from '../core/view.ts';
import { type Claim, isActive } from './claim.ts';
import type { MembershipConfig } from './config.ts';
import { GossipQueue } from './gossip-queue.ts';
import { HealthScore } from './health-score.ts';
import type { MembershipHost } from './host.ts';
import { LossMeter } from './loss-meter.ts';
import { Kind } from './messages.ts';
import type { Carrier, Header, MembershipMessage, Ping } from './messages.ts';
import { MemberTable } from './member-table.ts';
import { RoundTrips } from './rtt.ts';
import { packetBytes } from './wire-size.ts';

/** How we stand to our own name. */
export type Standing =
  | 'joining' // claiming, but nobody has admitted us yet: mute towards members
  | 'joined'
  | 'leaving'
  | 'left'
  | 'silenced'; // another living process has our name: we say nothing any more

/** Who this process is. The boot never changes, the rest is ours to raise. */
export interface SelfIdentity {
  readonly name: string;
  readonly boot: number;
  readonly incarnation: number;
  readonly address: Address;
  readonly tags: Tags;
}

/**
 * What the parts of the membership share: configuration, dice, table, queue, and the time of the
 * transition that is running, which is set once at its start.
 */
export class Context {
  readonly config: MembershipConfig;
  readonly random: Random;
  readonly host: MembershipHost;
  readonly name: string;
  readonly boot: number;
  readonly table: MemberTable;
  readonly queue = new GossipQueue();
  readonly health = new HealthScore();
  readonly counters: Record<string, number> = {};
  nowUs: number;
  standing: Standing = 'joining';
  /** Somebody else was a member with us. Who has only ever been alone has told its name to nobody. */
  established = false;
  /** Members that answer others and not us. */
  readonly oneWay = new Set<string>();
  /** When anybody of the members was last heard, and how many probes were unanswered since. */
  lastHeardUs: number;
  unansweredSince = 0;
  /** Addresses of running members to which the system could not send since anybody was heard, and when it first could not. */
  readonly unreachable = new Set<Address>();
  unreachableUs = Infinity;
  readonly losses = new LossMeter();
  /** The last round trips, to whomever. */
  readonly trips = new RoundTrips();
  /** The worst that our own timers were late. */
  worstLatenessUs = 0;
  /** Set when there is news that should not wait for a gossip tick. */
  fresh = false;
  #seq: number;

  constructor(config: MembershipConfig, self: SelfIdentity, random: Random, host: MembershipHost, nowUs: number) {
    this.config = config;
    this.random = random;
    this.host = host;
    this.name = self.name;
    this.boot = self.boot;
    this.nowUs = nowUs;
    this.lastHeardUs = nowUs;
    this.table = new MemberTable({ ...self, state: 'alive', accusers: [], ageMs: 0 }, nowUs);
    this.#seq = random.below(0x1_0000);
  }

  /** Our own claim, as others should hold it. */
  get own(): Claim {
    return this.table.self.claim;
  }

  /** A member was heard: the world is there. */
  heard(): void {
    this.lastHeardUs = this.nowUs;
    this.unansweredSince = 0;
    if (this.unreachable.size === 0) return;
    this.unreachable.clear();
    this.unreachableUs = Infinity;
  }

  count(what: string, by = 1): void {
    this.counters[what] = (this.counters[what] ?? 0) + by;
  }

  /**
   * A limit of `docs/limits.md` was reached: counted each time as `<limit>.limit`, told the first time,
   * since somebody who sends may be able to repeat it at will.
   *
   * @param value The limit.
   */
  limited(limit: string, value: number, by = 1): void {
    const counter = `${limit}.limit`;
    if (this.counters[counter] === undefined) this.host.notify({ type: 'warning', code: 'limit', details: { limit, value } });
    this.count(counter, by);
  }

  /** 1 … 65,535; 0 stays free for messages that expect no answer. */
  nextSeq(): number {
    this.#seq = (this.#seq % 0xffff) + 1;
    return this.#seq;
  }

  header(seq: number): Header {
    const { boot, incarnation } = this.own;
    return { from: this.name, boot, incarnation, digest: this.table.digest, health: this.health.score, seq };
  }

  send(to: Address, message: MembershipMessage): void {
    this.host.send(to, message);
  }

  /**
   * Sends a message and fills it with news, where who is at `to` is one that news is for.
   *
   * @param recipient Its name, so that it is not told the same twice.
   */
  carry(to: Address, recipient: string, message: Carrier): void {
    this.host.send(to, this.#filled(to, recipient, message));
  }

  /** A ping that asks the system, too, whether anybody listens at `to`. */
  probe(to: Address, recipient: string, message: Ping): void {
    this.host.probe(to, this.#filled(to, recipient, message));
  }

  /**
   * News is told so many times in all, so none is spent on the dead, who hear nothing, nor on strangers: a forged
   * ping of 40 bytes would draw an answer of a whole packet to wherever it says it came from, and at most 16 members
   * each telling would be one that somebody needed.
   */
  #filled(to: Address, recipient: string, message: Carrier): Carrier {
    const claim = this.table.get(recipient)?.claim;
    if (this.standing === 'joining' || claim === undefined || claim.address !== to || !isActive(claim.state)) return message;
    const room = this.config.packetBudget - packetBytes(message);
    const news = this.queue.take(recipient, room, this.table.active, this.nowUs);
    return news.length === 0 ? message : { ...message, updates: [...message.updates, ...news] };
  }

  /** Tells one receiver certain claims now, beside the queue. */
  tell(to: Address, claims: readonly Claim[], answer = false): void {
    this.send(to, { kind: Kind.gossip, ...this.header(0), answer, updates: claims });
  }

  /** Queues a claim, about somebody whom the table holds, as news for all. */
  spread(claim: Claim, except: string | null): void {
    this.queue.add(claim, except, this.nowUs);
    this.fresh = true;
  }
}
