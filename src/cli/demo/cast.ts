import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { hostOf, portOf } from '../../core/address.ts';
import type { AgentFlags } from '../agent-options.ts';
import type { Line } from '../output.ts';
import type { Order, Status, Testament } from './child.ts';

/** A release that is lost costs the lease's rest. */
const WILL_SAID_AT_MS = [0, 20];

export type ActorState = 'starting' | 'running' | 'paused' | 'dead';

/** One process of the demo and what is known of it from outside. */
export interface Actor {
  readonly name: string;
  readonly address: string;
  child: ChildProcess | null;
  state: ActorState;
  /** Cut off from the others. */
  isCut: boolean;
  status: Status | null;
  /** The tenure in hand by its own lines. */
  leads: { readonly term: number; readonly sinceMono: number } | null;
}

/** Ports that were free a moment ago, on loopback. */
export async function freePorts(count: number): Promise<number[]> {
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createSocket>>((resolve, reject) => {
          const socket = createSocket('udp4').once('error', reject);
          socket.bind(0, '127.0.0.1', () => resolve(socket));
        }),
    ),
  );
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  return ports;
}

/** The processes of the demo: starts them, hears them, and leaves none behind. */
export class Cast {
  readonly actors: readonly Actor[];
  readonly #flags: Omit<AgentFlags, 'name' | 'bind' | 'join'>;
  readonly #reportMs: number | null;
  readonly #onLine: (actor: Actor, line: Line) => void;
  readonly #onExit: (actor: Actor, how: string, released: boolean) => void;
  /** Whether the demo releases what a dead child led. */
  readonly #releases: boolean;
  readonly #socket = createSocket('udp4').unref();

  constructor(
    ports: readonly number[],
    flags: Omit<AgentFlags, 'name' | 'bind' | 'join'>,
    reportMs: number | null,
    onLine: (actor: Actor, line: Line) => void,
    onExit: (actor: Actor, how: string, released: boolean) => void,
    releases = false,
  ) {
    this.#releases = releases;
    this.actors = ports.map((port, i) => ({
      name: `n${i + 1}`,
      address: `127.0.0.1:${port}`,
      child: null,
      state: 'dead',
      isCut: false,
      status: null,
      leads: null,
    }));
    this.#flags = flags;
    this.#reportMs = reportMs;
    this.#onLine = onLine;
    this.#onExit = onExit;
    // However this process ends: a stopped child cannot see its parent go, so it is killed.
    process.on('exit', () => this.killAll());
  }

  get running(): Actor[] {
    return this.actors.filter(({ state }) => state === 'running');
  }

  byName(name: string): Actor | undefined {
    return this.actors.find((actor) => actor.name === name);
  }

  start(actor: Actor): void {
    const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), [], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] });
    actor.child = child;
    actor.state = 'starting';
    actor.isCut = false;
    actor.status = null;
    actor.leads = null;
    this.order(actor, {
      do: 'start',
      flags: { ...this.#flags, name: actor.name, bind: actor.address, join: this.actors.map(({ address }) => address) },
      will: this.#releases,
    });
    createInterface({ input: child.stdout! }).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      if (actor.child === child && line.event === 'started') {
        actor.state = 'running';
        if (this.#reportMs !== null) this.order(actor, { do: 'report', everyMs: this.#reportMs });
      }
      if (actor.child === child && line.event === 'elected') actor.leads = { term: Number(line['term']), sinceMono: line.mono };
      if (actor.child === child && line.event === 'lost') actor.leads = null;
      this.#onLine(actor, line);
    });
    let will: Testament['will'] = [];
    child.on('message', (message: Status | Testament) => {
      if ('will' in message) will = message.will;
      else actor.status = message;
    });
    child.on('exit', (code, signal) => {
      if (actor.child !== child) return;
      actor.child = null;
      actor.state = 'dead';
      actor.leads = null;
      if (will.length > 0) this.#execute(will);
      this.#onExit(actor, signal ?? `exit ${code ?? '?'}`, will.length > 0);
    });
  }

  /** The system has told us that the child is dead, and it started nothing that lives on: what it led is free, after the drain. */
  #execute(will: Testament['will']): void {
    for (const afterMs of WILL_SAID_AT_MS)
      setTimeout(() => {
        for (const { to, bytes } of will) this.#socket.send(Buffer.from(bytes, 'base64'), portOf(to), hostOf(to), () => {});
      }, afterMs).unref();
  }

  order(actor: Actor, order: Order): void {
    if (actor.child?.connected === true) actor.child.send(order, () => {}); // it may be dying: its exit tells
  }

  signal(actor: Actor, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    actor.child?.kill(signal);
    if (signal === 'SIGKILL') actor.leads = null;
  }

  killAll(): void {
    for (const { child } of this.actors) child?.kill('SIGKILL');
  }

  /** In good order where they can; the rest is killed. */
  async end(patienceMs: number): Promise<void> {
    const gone = this.actors
      .filter(({ child }) => child !== null)
      .map(
        (actor) =>
          new Promise<void>((resolve) => {
            actor.child!.once('exit', () => resolve());
            if (actor.state === 'paused') this.signal(actor, 'SIGKILL');
            else this.order(actor, { do: 'stop' });
          }),
      );
    const impatient = setTimeout(() => this.killAll(), patienceMs);
    await Promise.all(gone);
    clearTimeout(impatient);
  }
}
