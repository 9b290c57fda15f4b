import { hash32 } from '../../src/core/hash.ts';
import { createRandom } from '../../src/core/random.ts';
import { us } from '../../src/core/time.ts';
import type { MemberState } from '../../src/core/view.ts';
import type { Claim } from '../../src/membership/claim.ts';
import type { MembershipConfig } from '../../src/membership/config.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import { Membership } from '../../src/membership/membership.ts';
import { Kind } from '../../src/membership/messages.ts';
import type { Header, MembershipMessage, Ping, PingReq } from '../../src/membership/messages.ts';
import { loopback, words } from '../../sim/schedules/membership-cluster.ts';

export const INCARNATION = 1_000;
export const bootOf = (name: string): number => hash32(name);
export const addressOf = (name: string): string => `10.0.0.${(hash32(name) % 250) + 1}:7946`;

/** A claim about `name`, alive and in its first life unless said otherwise. */
export function claim(name: string, what: Partial<Claim> = {}): Claim {
  const state: MemberState = what.state ?? 'alive';
  const accusers = state === 'suspect' || state === 'failed' ? ['z'] : [];
  return { state, name, boot: bootOf(name), incarnation: INCARNATION, address: addressOf(name), tags: {}, accusers, ageMs: 0, ...what };
}

/** What a message says beside its body. Its digest 0 stands for "the same view as the receiver's". */
export function header(from: string, what: Partial<Header> = {}): Header {
  return { from, boot: bootOf(from), incarnation: INCARNATION, digest: 0, health: 0, seq: 0, ...what };
}

export const gossip = (from: string, ...updates: Claim[]): MembershipMessage => ({ kind: Kind.gossip, ...header(from), answer: false, updates });

/**
 * One node, `a`, among members that the test plays. Its log holds what it sent and told, in order,
 * in words: `ping b -> b`, `suspect b`.
 */
export class Lone {
  readonly core: Membership;
  readonly sent: { readonly to: string; readonly message: MembershipMessage }[] = [];
  readonly changes: MembershipChange[] = [];
  readonly config: MembershipConfig;
  log: string[] = [];
  nowUs = us(1_000);
  readonly #names = new Map<string, string>();

  constructor(peers: readonly string[] = [], config: Partial<MembershipConfig> = {}, join = true) {
    this.config = { ...loopback, ...config };
    const host = {
      send: (to: string, message: MembershipMessage): void => {
        this.sent.push({ to, message });
        this.log.push(`${words(message)} -> ${this.#names.get(to) ?? to}`);
      },
      probe: (to: string, message: MembershipMessage): void => {
        this.sent.push({ to, message });
        this.log.push(`${words(message)} -> ${this.#names.get(to) ?? to} (connected)`);
      },
      notify: (change: MembershipChange): void => {
        this.changes.push(change);
        if (change.type === 'member') this.log.push(`${change.after.state} ${change.after.name}`);
        else if (change.type === 'self') this.log.push(`self ${change.state}`);
        else this.log.push(change.type);
      },
    };
    for (const name of [...peers, 'a', 'z']) this.#names.set(addressOf(name), name);
    this.core = new Membership(
      this.config,
      { name: 'a', boot: bootOf('a'), incarnation: INCARNATION, address: addressOf('a'), tags: {} },
      createRandom(7),
      host,
      this.nowUs,
    );
    if (!join) return;
    this.core.join([], this.nowUs);
    for (const name of peers) this.receive(name, gossip(name, claim(name)));
    this.passQuietly(3_000); // until the news of their joining is told, and each has answered a probe
    this.forget();
  }

  forget(): void {
    this.sent.length = 0;
    this.changes.length = 0;
    this.log = [];
  }

  receive(from: string, message: MembershipMessage, address = addressOf(from)): void {
    this.core.receive(address, message.digest === 0 ? { ...message, digest: this.core.digest } : message, this.nowUs);
  }

  state(name: string): MemberState | undefined {
    return this.core.members.get(name)?.state;
  }

  /** Time passes; what is due is run when it is due. Nobody answers. */
  pass(ms: number, onSend: (to: string, message: MembershipMessage) => void = () => {}): void {
    const endUs = this.nowUs + us(ms);
    let seen = this.sent.length;
    for (;;) {
      while (seen < this.sent.length) {
        const { to, message } = this.sent[seen]!;
        seen += 1;
        onSend(to, message);
      }
      const next = this.core.nextDeadlineUs;
      if (next > endUs) break;
      this.nowUs = Math.max(this.nowUs, next);
      this.core.advance(this.nowUs);
    }
    this.nowUs = endUs;
  }

  /** Time passes, and every ping is acked at once by its target, except by those named. */
  passQuietly(ms: number, ...silent: string[]): void {
    this.pass(ms, (_, message) => {
      if (message.kind === Kind.ping && !silent.includes(message.target)) this.ack(message);
    });
  }

  ack(ping: Ping, what: Partial<Header> = {}): void {
    this.receive(ping.target, { kind: Kind.ack, ...header(ping.target, { seq: ping.seq, ...what }), answered: null, updates: [] });
  }

  /** Runs until it pings `name` on its own, and returns that ping. */
  nextPing(name: string): Ping {
    const from = this.sent.length;
    for (let i = 0; i < 200; i += 1) {
      this.nowUs = Math.max(this.nowUs, this.core.nextDeadlineUs);
      this.core.advance(this.nowUs);
      for (const { message } of this.sent.slice(from)) {
        if (message.kind !== Kind.ping) continue;
        if (message.target === name) return message;
        this.ack(message);
      }
    }
    throw new Error(`${name} is never probed`);
  }

  /** Advances to just that many microseconds from now, running what is due. */
  passUs(microseconds: number): void {
    this.pass(microseconds / 1000);
  }

  get pings(): readonly Ping[] {
    return this.sent.flatMap(({ message }) => (message.kind === Kind.ping ? [message] : []));
  }

  get pingReqs(): readonly PingReq[] {
    return this.sent.flatMap(({ message }) => (message.kind === Kind.pingReq ? [message] : []));
  }

  /** What it told about members, without what it sent. */
  get events(): readonly string[] {
    return this.changes.flatMap((change) => (change.type === 'member' ? [`${change.after.state} ${change.after.name}`] : []));
  }
}
