import { createRandom } from '../../src/core/random.ts';
import type { Random } from '../../src/core/random.ts';
import { us } from '../../src/core/time.ts';
import type { Member, MemberState, Tags } from '../../src/core/view.ts';
import type { MembershipConfig } from '../../src/membership/config.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import { Membership } from '../../src/membership/membership.ts';
import { Kind } from '../../src/membership/messages.ts';
import type { MembershipMessage } from '../../src/membership/messages.ts';
import { packetBytes } from '../../src/membership/wire-size.ts';

export const loopback: MembershipConfig = {
  probePeriodUs: us(200),
  directTimeoutMinUs: us(20),
  directTimeoutMaxUs: us(100),
  indirectProbes: 3,
  pauseToleranceUs: us(600),
  suspicionCeiling: 4,
  gossipTickUs: us(50),
  gossipFanout: 3,
  safetyNetUs: us(10_000),
  retentionUs: us(3_600_000),
  packetBudget: 1_400,
  membersMax: 4_096,
};
export const lan: MembershipConfig = {
  ...loopback,
  probePeriodUs: us(500),
  directTimeoutMinUs: us(50),
  directTimeoutMaxUs: us(250),
  pauseToleranceUs: us(2_000),
  suspicionCeiling: 6,
  gossipTickUs: us(100),
  safetyNetUs: us(20_000),
  retentionUs: us(86_400_000),
};

export interface Packet {
  readonly atUs: number;
  readonly from: string;
  readonly to: string;
  readonly message: MembershipMessage;
}

/** One process: a life of a name at an address. */
export class Process {
  readonly name: string;
  readonly address: string;
  readonly boot: number;
  readonly core: Membership;
  readonly changes: { readonly atUs: number; readonly change: MembershipChange }[] = [];
  /** The fold of the events, which must equal the view. */
  readonly fold: Map<string, Member>;
  dead = false;
  /** While paused: what waits, oldest first. */
  inbox: Packet[] | null = null;
  /** Its timers run this much late. */
  latenessUs = 0;

  constructor(cluster: Cluster, name: string, address: string, boot: number, incarnation: number, tags: Tags) {
    this.name = name;
    this.address = address;
    this.boot = boot;
    const host = {
      send: (to: string, message: MembershipMessage): void => cluster.send(this, to, message),
      probe: (to: string, message: MembershipMessage): void => cluster.probe(this, to, message),
      notify: (change: MembershipChange): void => {
        this.changes.push({ atUs: cluster.nowUs, change });
        cluster.changed = true;
        if (change.type === 'member') this.fold.set(change.after.name, change.after);
        if (change.type === 'forgotten') this.fold.delete(change.member.name);
      },
    };
    this.core = new Membership(cluster.config, { name, boot, incarnation, address, tags }, createRandom(boot), host, cluster.nowUs);
    this.fold = new Map(this.core.members);
  }

  state(name: string): MemberState | undefined {
    return this.core.members.get(name)?.state;
  }

  /** Member events as `failed n3`, with times. */
  get events(): readonly { readonly atUs: number; readonly text: string }[] {
    return this.changes.flatMap(({ atUs, change }) => (change.type === 'member' ? [{ atUs, text: `${change.after.state} ${change.after.name}` }] : []));
  }

  /** Everything notified that is not about a member. */
  told<T extends MembershipChange['type']>(type: T): readonly (MembershipChange & { type: T })[] {
    return this.changes.flatMap(({ change }) => (change.type === type ? [change as MembershipChange & { type: T }] : []));
  }

  get joined(): boolean {
    return this.told('accepted').length > 0;
  }
}

export interface Net {
  /** One way, microseconds: at least, and at most so much more. */
  delayUs: number;
  jitterUs: number;
  /** Share of packets lost, parts per thousand. */
  lossPerMille: number;
  duplicatePerMille: number;
}

/** Membership cores on a network in virtual time: no clock, no socket, same seed, same run. */
export class Cluster {
  readonly config: MembershipConfig;
  readonly net: Net;
  readonly processes: Process[] = [];
  /** Everything sent, unless `record` is off. */
  readonly packets: Packet[] = [];
  record = false;
  sent = 0;
  bytes = 0;
  largest = 0;
  nowUs = 1_000_000;
  /** Somebody was notified of something since it was last looked at. */
  changed = false;
  /** Decides packet by packet; true drops it. */
  drop: (packet: Packet) => boolean = () => false;
  /** Sees every message on its way, and may replace it. */
  through: (message: MembershipMessage, receiver: Process) => MembershipMessage = (message) => message;
  /** Whether the host of a dead process says that nobody listens; else it is silent. */
  hostsRefuse = false;
  /** A filter that says so of the living, too. */
  refuses: (address: string) => boolean = () => false;
  /** Its interface is down: the system sends nothing and says so. */
  isDown: (process: Process) => boolean = () => false;
  #failures: { readonly atUs: number; readonly to: string; readonly by: Process; readonly failure: 'refused' | 'unreachable' }[] = [];
  readonly #random: Random;
  readonly #byAddress = new Map<string, Process>();
  #wallMs = 1_700_000_000_000;
  #nextPort = 10_001;
  #queue: { readonly atUs: number; readonly order: number; readonly packet: Packet }[] = [];
  #order = 0;

  constructor(options: { seed?: number; config?: Partial<MembershipConfig>; net?: Partial<Net> } = {}) {
    this.#random = createRandom(options.seed ?? 1);
    this.config = { ...loopback, ...options.config };
    this.net = { delayUs: 100, jitterUs: 200, lossPerMille: 0, duplicatePerMille: 0, ...options.net };
  }

  /** Starts a process; it takes the address over if somebody had it. */
  start(name: string, seeds: readonly string[], options: { address?: string; incarnation?: number; boot?: number; tags?: Tags } = {}): Process {
    const address = options.address ?? `127.0.0.1:${this.#nextPort++}`;
    this.#wallMs += 7;
    const boot = options.boot ?? this.#random.u32();
    const process = new Process(this, name, address, boot, options.incarnation ?? this.#wallMs + Math.floor(this.nowUs / 1000), options.tags ?? {});
    this.processes.push(process);
    this.#byAddress.set(address, process);
    process.core.join(seeds, this.nowUs);
    return process;
  }

  /** `count` processes n1 … that join through the first, and all see all. */
  grow(count: number): readonly Process[] {
    const first = this.start('n1', []);
    const all = [first];
    for (let i = 2; i <= count; i += 1) {
      this.run(3);
      all.push(this.start(`n${i}`, [first.address]));
    }
    if (!this.runUntil(() => this.agree(), 5_000)) throw new Error('the cluster did not form');
    this.run(2_000); // until the news is old
    return all;
  }

  /** kill -9. */
  kill(process: Process): void {
    process.dead = true;
    if (this.#byAddress.get(process.address) === process) this.#byAddress.delete(process.address);
  }

  pause(process: Process): void {
    process.inbox = [];
  }

  /** SIGCONT, at its worst: the timers run first, then what arrived. */
  resume(process: Process): void {
    const waiting = process.inbox ?? [];
    process.inbox = null;
    if (process.core.nextDeadlineUs <= this.nowUs) process.core.advance(this.nowUs);
    for (const packet of waiting.slice(0, 256)) process.core.receive(packet.from, this.through(packet.message, process), this.nowUs);
  }

  get living(): readonly Process[] {
    return this.processes.filter((process) => !process.dead && process.core.selfState !== 'left');
  }

  /** Do all the living hold exactly the living alive, in the same lives? */
  agree(among: readonly Process[] = this.living): boolean {
    return among.every((observer) => {
      const active = [...observer.core.members.values()].filter(({ state }) => state === 'alive' || state === 'suspect');
      return (
        active.length === among.length && among.every(({ name, boot }) => observer.state(name) === 'alive' && observer.core.members.get(name)!.boot === boot)
      );
    });
  }

  send(from: Process, to: string, message: MembershipMessage): void {
    if (from.dead) return;
    if (this.isDown(from)) return this.#fail(this.nowUs, to, from, 'unreachable');
    const packet: Packet = { atUs: this.nowUs, from: from.address, to, message };
    const bytes = packetBytes(message);
    this.sent += 1;
    this.bytes += bytes;
    this.largest = Math.max(this.largest, bytes);
    if (this.record) this.packets.push(packet);
    if (this.drop(packet) || this.#random.below(1000) < this.net.lossPerMille) return;
    const copies = this.#random.below(1000) < this.net.duplicatePerMille ? 2 : 1;
    for (let i = 0; i < copies; i += 1) this.#push(this.nowUs + this.net.delayUs + this.#random.below(this.net.jitterUs + 1), packet);
  }

  /** As `send`, and whoever sends hears (with `refuses`) that nobody listens there. */
  probe(from: Process, to: string, message: MembershipMessage): void {
    this.send(from, to, message);
    const there = this.#byAddress.get(to);
    const isThere = there !== undefined && !there.dead;
    if (this.isDown(from)) return;
    if (!this.refuses(to) && (isThere || !this.hostsRefuse)) return;
    const packet: Packet = { atUs: this.nowUs, from: from.address, to, message };
    if (this.drop(packet)) return;
    this.#fail(this.nowUs + 2 * this.net.delayUs, to, from, 'refused');
  }

  /** Kept in the order of time. */
  #fail(atUs: number, to: string, by: Process, failure: 'refused' | 'unreachable'): void {
    let at = this.#failures.length;
    while (at > 0 && this.#failures[at - 1]!.atUs > atUs) at -= 1;
    this.#failures.splice(at, 0, { atUs, to, by, failure });
  }

  /** A packet from outside, as if sent from `from`. */
  inject(from: string, to: string, message: MembershipMessage): void {
    this.#push(this.nowUs, { atUs: this.nowUs, from, to, message });
  }

  run(ms: number): void {
    this.runUntil(() => false, ms);
  }

  /**
   * @param done Asked at first and after each notification, not after each packet.
   * @returns Whether it became true within so many milliseconds.
   */
  runUntil(done: () => boolean, withinMs: number): boolean {
    const endUs = this.nowUs + us(withinMs);
    this.changed = true;
    for (;;) {
      if (this.changed && done()) return true;
      this.changed = false;
      const packetUs = this.#queue[0]?.atUs ?? Infinity;
      let timer: Process | null = null;
      let timerUs = Infinity;
      for (const process of this.processes) {
        const due = process.core.nextDeadlineUs + process.latenessUs;
        if (!process.dead && process.inbox === null && due < timerUs) {
          timer = process;
          timerUs = due;
        }
      }
      const failed = this.#failures[0];
      const atUs = Math.min(packetUs, timerUs, failed?.atUs ?? Infinity);
      if (atUs > endUs) {
        this.nowUs = endUs;
        return done();
      }
      this.nowUs = Math.max(this.nowUs, atUs);
      if (failed !== undefined && failed.atUs === atUs) {
        this.#failures.shift();
        if (!failed.by.dead && failed.by.inbox === null) failed.by.core.sendFailed(failed.to, failed.failure, this.nowUs);
      } else if (packetUs <= timerUs) this.#deliver(this.#pop());
      else timer!.core.advance(this.nowUs);
    }
  }

  #deliver(packet: Packet): void {
    const process = this.#byAddress.get(packet.to);
    if (process === undefined || process.dead) return;
    if (process.inbox !== null) process.inbox.push(packet);
    else process.core.receive(packet.from, this.through(packet.message, process), this.nowUs);
  }

  /** A binary heap by time, then by order of sending. */
  #push(atUs: number, packet: Packet): void {
    const heap = this.#queue;
    const item = { atUs, order: this.#order++, packet };
    let i = heap.length;
    heap.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (before(heap[parent]!, item)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = item;
  }

  #pop(): Packet {
    const heap = this.#queue;
    const top = heap[0]!;
    const item = heap.pop()!;
    if (heap.length === 0) return top.packet;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (before(item, heap[child]!)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = item;
    return top.packet;
  }
}

const before = (a: { atUs: number; order: number }, b: { atUs: number; order: number }): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);

const NAMES = new Map(Object.entries(Kind).map(([name, kind]) => [kind as number, name]));
/** A message in a few words, for logs that are read. */
export function words(message: MembershipMessage): string {
  const claims = 'updates' in message ? message.updates : 'claims' in message ? message.claims : [];
  const news = claims.length === 0 ? '' : ` {${claims.map((claim) => `${claim.state} ${claim.name}`).join(', ')}}`;
  const kind = NAMES.get(message.kind)!;
  switch (message.kind) {
    case Kind.ping:
    case Kind.pingReq:
      return `${kind} ${message.target}${news}`;
    case Kind.nack:
      return `${kind} ${message.reason}${news}`;
    case Kind.syncReply:
      return `${kind} ${message.status}${news}`;
    default:
      return `${kind}${news}`;
  }
}
