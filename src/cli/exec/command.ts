import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { uptime } from 'node:os';
import { fileURLToPath } from 'node:url';
import { monoMs } from '../output.ts';
import { type FromGuard, type GuardOrder, type ToGuard, hear, say } from './guard-words.ts';
import { isGroupAlive, signalGroup } from './process-group.ts';

const GUARD = fileURLToPath(new URL('./guard.js', import.meta.url));
const LOOK_GONE_MS = 5;
/** We kill this long before the lease ends: later than the guard, which is to be the one that does it. */
const BACKSTOP_AHEAD_MS = 10;
/** A guard that says nothing for so long after that is given up. */
const GUARD_PATIENCE_MS = 1_000;

/** How a run of the command ended. `by` null: by itself. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly by: 'deadline' | 'asked' | 'guard-lost' | null;
  /** It could not be started at all. */
  readonly error: string | null;
}

/**
 * The command behind its guard. The guard is started at once and waits: starting a process takes a
 * good part of a short lease, and whoever is elected wants to begin.
 */
export class GuardedCommand {
  readonly #guard: ChildProcess;
  readonly #socket: Socket;
  #group: number | null = null;
  #running: { started(pid: number): void; ended(outcome: Outcome): void } | null = null;
  /** Rings when the guard ought to have ended the command. */
  #backstop: NodeJS.Timeout | undefined;
  #isOverdue = false;

  constructor(order: GuardOrder) {
    // A session of its own: Ctrl-C in the terminal is for exec, which ends the command in good order.
    this.#guard = spawn(process.execPath, [GUARD], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'], detached: true });
    this.#socket = this.#guard.stdio[3] as Socket;
    this.#socket.on('error', () => {});
    hear(this.#socket, (words: FromGuard) => this.#hear(words));
    this.#guard.on('exit', () => void this.#lost());
    this.#say({ do: 'prepare', ...order });
  }

  /** @param started Told with the process, once there is one. @returns Settles when nothing of the command runs any more. */
  run(env: Readonly<Record<string, string>>, leftMs: number, started: (pid: number) => void): Promise<Outcome> {
    return new Promise((ended) => {
      this.#running = { started, ended };
      this.until(leftMs);
      this.#say({ do: 'start', env });
      if (this.#guard.exitCode !== null || this.#guard.signalCode !== null) void this.#lost();
    });
  }

  /** The lease lasts for so much more. */
  until(leftMs: number): void {
    this.#say({ do: 'until', leftMs, monoMs: monoMs(), uptimeMs: uptime() * 1000 });
    if (this.#running === null || this.#isOverdue) return;
    clearTimeout(this.#backstop);
    this.#backstop = setTimeout(() => this.#overdue(), leftMs - BACKSTOP_AHEAD_MS);
  }

  term(): void {
    this.#say({ do: 'term' });
  }

  kill(): void {
    this.#say({ do: 'kill' });
  }

  /** Lets the guard go. */
  close(): void {
    this.#guard.removeAllListeners('exit');
    this.#socket.end();
  }

  #say(words: ToGuard): void {
    say(this.#socket, words);
  }

  #hear(words: FromGuard): void {
    if (words.is === 'started') {
      this.#group = words.pid;
      this.#running?.started(words.pid);
      if (this.#isOverdue) this.#overdue();
    } else if (words.is === 'failed') this.#ended({ code: null, signal: null, by: null, error: words.error });
    else if (words.is === 'gone') this.#ended({ code: words.code, signal: words.signal, by: words.by === 'orphaned' ? 'asked' : words.by, error: null });
  }

  /**
   * The lease ends and the command runs: the guard must be stopped, or slower than it may be. Where it goes on soon
   * it tells how the command ended, as always; else it is killed, so that the name is given back.
   */
  #overdue(): void {
    this.#isOverdue = true;
    if (this.#group === null) return; // told when it is known, and then it ends
    signalGroup(this.#group, 'SIGKILL');
    this.#backstop = setTimeout(() => this.#guard.kill('SIGKILL'), GUARD_PATIENCE_MS);
  }

  /** Somebody killed the guard: nobody would end the command at its deadline, so it ends now. */
  async #lost(): Promise<void> {
    const group = this.#group;
    if (group !== null) {
      signalGroup(group, 'SIGKILL');
      while (isGroupAlive(group)) await new Promise((resolve) => setTimeout(resolve, LOOK_GONE_MS));
    }
    this.#ended({ code: null, signal: 'SIGKILL', by: 'guard-lost', error: null });
  }

  #ended(outcome: Outcome): void {
    clearTimeout(this.#backstop);
    this.#isOverdue = false;
    this.#group = null;
    this.#running?.ended(outcome);
    this.#running = null;
  }
}
