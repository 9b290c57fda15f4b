import type { Address } from '../../src/core/address.ts';
import { type Logger, silentLogger } from '../../src/core/logger.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import { LeaderClock } from '../../src/election/leader-clock.ts';
import type { NodeEvents } from '../../src/events.ts';
import { ClusterNode } from '../../src/node.ts';
import { type NodeOptions, settingsOf } from '../../src/options.ts';
import type { Transport, TransportHandlers } from '../../src/transport/transport.ts';
import { DatagramWire } from '../../src/wire.ts';

const WALL_MS = Date.UTC(2026, 0, 1);
const EVENTS = [
  'joined',
  'updated',
  'suspected',
  'recovered',
  'failed',
  'left',
  'name-conflict',
  'self',
  'leader',
  'elect',
  'elected',
  'lost',
  'quorum',
  'warning',
  'closed',
] as const;

interface Flight {
  readonly atUs: number;
  readonly order: number;
  readonly to: Address;
  readonly from: Address;
  readonly bytes: Uint8Array;
}

interface Process {
  readonly node: ClusterNode;
  readonly address: Address;
  paused: boolean;
  /** Extra of the wall clock and the uptime: what a suspend adds. µs. */
  suspendedUs: number;
  /** What all its clocks have lost: a guest that was frozen whole. µs. */
  frozenUs: number;
  frozeAtUs: number;
  timer: { atUs: number; wake: () => void } | null;
  handlers: TransportHandlers | null;
  readonly inbox: { bytes: Uint8Array; from: Address }[];
  /** Every event as `name: facts`, in order. */
  readonly log: string[];
}

/** Real nodes with the real codec under virtual time: one millisecond of delay, nothing lost, unless a test says so. */
export class NodeWorld {
  nowUs = 5_000_000;
  /** Whether a datagram passes. */
  link: (from: string, to: string) => boolean = () => true;
  readonly processes = new Map<string, Process>();
  readonly #flights: Flight[] = [];
  #order = 0;
  #boots = 0;

  /** Starts a process; `open` is under way when this returns. The first node's address is everybody's seed. */
  start(name: string, options: NodeOptions = {}, logger: Logger = silentLogger): { node: ClusterNode; opened: Promise<void> } {
    this.#boots += 1;
    const boot = this.#boots;
    const address = `10.0.0.${boot}:7946`;
    const process: Process = {
      address,
      paused: false,
      suspendedUs: 0,
      frozenUs: 0,
      frozeAtUs: 0,
      timer: null,
      handlers: null,
      inbox: [],
      log: [],
      node: new ClusterNode(
        settingsOf({ preset: 'loopback', ...options, name }, 'host', address, null),
        new DatagramWire(
          this.#transport(() => process, address),
          options.cluster ?? 'test',
          logger,
        ),
        this.#runtime(() => process, boot),
        logger,
      ),
    };
    const key = this.processes.has(name) ? `${name}#${boot}` : name;
    this.processes.set(key, process);
    for (const event of EVENTS) process.node.on(event, (payload) => process.log.push(tell(event, payload)));
    return { node: process.node, opened: process.node.open(['10.0.0.1:7946']) };
  }

  /** Lets virtual time pass. */
  async run(ms: number): Promise<void> {
    const untilUs = this.nowUs + ms * 1000;
    for (;;) {
      await settleMicrotasks();
      const flight = this.#flights.reduce<Flight | null>((a, b) => (a === null || b.atUs < a.atUs || (b.atUs === a.atUs && b.order < a.order) ? b : a), null);
      const running = [...this.processes.values()].filter(({ paused, timer }) => !paused && timer !== null);
      const waker = running.reduce<Process | null>((a, b) => (a === null || b.timer!.atUs < a.timer!.atUs ? b : a), null);
      const timerUs = waker?.timer?.atUs ?? Infinity;
      const nextUs = Math.min(flight?.atUs ?? Infinity, timerUs);
      if (nextUs > untilUs) break;
      this.nowUs = Math.max(this.nowUs, nextUs);
      if (flight !== null && flight.atUs <= timerUs) {
        this.#flights.splice(this.#flights.indexOf(flight), 1);
        this.#deliver(flight.to, flight.from, flight.bytes);
      } else if (waker !== null) this.#wake(waker);
    }
    this.nowUs = untilUs;
    await settleMicrotasks();
  }

  pause(name: string): void {
    this.processes.get(name)!.paused = true;
  }

  /** Expired timers first, then the datagrams that waited: so does Node. */
  resume(name: string): void {
    const process = this.processes.get(name)!;
    process.paused = false;
    if (process.timer !== null && process.timer.atUs <= this.nowUs) this.#wake(process);
    for (const { bytes, from } of process.inbox.splice(0)) process.handlers?.onDatagram(bytes, from);
  }

  /** All clocks of its guest stand still with it, as under a hypervisor. */
  freeze(name: string): void {
    this.pause(name);
    this.processes.get(name)!.frozeAtUs = this.nowUs;
  }

  /** What was sent to a frozen guest is lost. */
  thaw(name: string): void {
    const process = this.processes.get(name)!;
    const lostUs = this.nowUs - process.frozeAtUs;
    process.frozenUs += lostUs;
    if (process.timer !== null) process.timer.atUs += lostUs;
    process.inbox.length = 0;
    process.paused = false;
  }

  kill(name: string): void {
    const process = this.processes.get(name)!;
    process.handlers = null;
    process.timer = null;
    this.processes.delete(name);
    this.processes.set(`${name} (dead ${this.#order})`, process);
  }

  log(name: string): string[] {
    return this.processes.get(name)!.log;
  }

  /** The one that leads by its own clock; fails when there are two. */
  leader(election: string): string | null {
    const leading = [...this.processes].filter(([, { node, handlers }]) => handlers !== null && !node.isClosed && node.isHeld(election));
    if (leading.length > 1) throw new Error(`two leaders: ${leading.map(([name]) => name).join(', ')}`);
    return leading[0]?.[0] ?? null;
  }

  #wake(process: Process): void {
    const wake = process.timer?.wake;
    process.timer = null;
    wake?.();
  }

  #deliver(to: Address, from: Address, bytes: Uint8Array): void {
    for (const process of this.processes.values()) {
      if (process.address !== to || process.handlers === null) continue;
      if (process.paused) process.inbox.push({ bytes, from });
      else process.handlers.onDatagram(bytes, from);
    }
  }

  #nameAt(address: Address): string {
    return [...this.processes].find(([, process]) => process.address === address)?.[0] ?? address;
  }

  #transport(own: () => Process, address: Address): Transport {
    const send = (bytes: Uint8Array, to: Address): void => {
      if (!this.link(this.#nameAt(address), this.#nameAt(to))) return;
      this.#order += 1;
      this.#flights.push({ atUs: this.nowUs + 1_000, order: this.#order, to, from: address, bytes: bytes.slice() });
    };
    return {
      open: async (handlers) => {
        own().handlers = handlers;
        return { bound: address, receiveBufferBytes: null };
      },
      send,
      probe: send,
      close: async () => void (own().handlers = null),
    };
  }

  #runtime(own: () => Process, boot: number): Runtime {
    const clock = new LeaderClock();
    let ids = 0;
    return {
      elapsedUs: () => this.nowUs - own().frozenUs,
      now: () => {
        const nowUs = this.nowUs - own().frozenUs;
        const wallUs = WALL_MS * 1000 + nowUs + own().suspendedUs;
        return { elapsedUs: nowUs, leaderUs: clock.read(nowUs, wallUs, nowUs + own().suspendedUs), wallMs: Math.floor(wallUs / 1000) };
      },
      random: createRandom(boot),
      boot,
      newId: () => `${boot}-${(ids += 1)}`,
      wakeAt: (atUs, wake) => void (own().timer = atUs === Infinity ? null : { atUs: Math.max(atUs + own().frozenUs, this.nowUs), wake }),
    };
  }
}

/** All promise callbacks that are ready, and those they make ready. */
export async function settleMicrotasks(): Promise<void> {
  for (let i = 0; i < 12; i += 1) await Promise.resolve();
}

/** What became of a promise so far. */
export async function stateOf(promise: Promise<unknown>): Promise<string> {
  const pending = {};
  await settleMicrotasks();
  return Promise.race([promise, Promise.resolve(pending)]).then(
    (v) => (v === pending ? 'pending' : 'resolved'),
    (e: { code?: string }) => `rejected ${e.code}`,
  );
}

function tell(event: (typeof EVENTS)[number], payload: NodeEvents[keyof NodeEvents]): string {
  const facts = payload as unknown as Record<string, string> & { member?: { name: string }; missing?: string[] };
  switch (event) {
    case 'elect':
      return `elect ${facts['election']} ${facts['next']}`;
    case 'elected':
      return `elected ${facts['election']} ${facts['term']}`;
    case 'lost':
      return `lost ${facts['election']} ${facts['term']} ${facts['reason']}`;
    case 'leader':
      return `leader ${facts['election']} ${facts['leader'] ?? `none: ${facts['reason']}`}`;
    case 'self':
      return `self ${facts['state']}`;
    case 'quorum':
      return `quorum ${facts['held']} missing ${facts.missing!.join(',')}`;
    case 'warning':
      return `warning ${facts['code']}`;
    case 'closed':
      return `closed ${facts['reason']}`;
    case 'name-conflict':
      return `name-conflict ${facts['rival']} ${facts['gaveUp']}`;
    default:
      return `${event} ${facts.member!.name}`;
  }
}
