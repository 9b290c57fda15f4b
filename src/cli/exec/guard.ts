import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { uptime } from 'node:os';
import { LeaderClock } from '../../election/leader-clock.ts';
import { monoMs } from '../output.ts';
import { type GuardOrder, type ToGuard, hear, say } from './guard-words.ts';
import { isGroupAlive, signalGroup } from './process-group.ts';

/**
 * The process that stands between `exec` and its command, so that stopping or killing `exec` leaves
 * no command running past the lease. It knows nothing of elections: it holds a deadline, fed through
 * a socket, and ends the command's whole group when the deadline comes or when the socket closes.
 *
 * Stopping or killing it alone leaves the command to `exec`, which looks at the deadline, too. Two things defeat
 * both, and no process can help either: ending them together, and a command that leaves its process group.
 */

/** SIGKILL goes out this long before the lease ends: a kill takes effect when the kernel comes to it. */
const KILL_AHEAD_MS = 20;
/** How often the clocks are read while a command runs: timers stand still while the host sleeps, the lease does not. */
const LOOK_MS = 50;
const LOOK_GONE_MS = 5;

const exec = new Socket({ fd: 3 });
const clock = new LeaderClock();
const nowMs = (): number => clock.read(Math.floor(monoMs() * 1000), Date.now() * 1000, Math.round(uptime() * 1e6)) / 1000;

let order: GuardOrder = { command: [], stopBeforeMs: 0 };
let command: ChildProcess | null = null;
let endMs = -Infinity;
let by: 'deadline' | 'asked' | 'orphaned' | null = null;
let termed = false;
let killed = false;
let timer: NodeJS.Timeout | null = null;
let orphaned = false;

// Whoever means the command sends it to exec; a terminal's Ctrl-C reaches every process of it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

hear(exec, (words: ToGuard) => {
  switch (words.do) {
    case 'prepare':
      order = words;
      return;
    case 'start':
      return start(words.env);
    case 'until': {
      // What passed since then counts, by the clock that saw more of it.
      const onTheWayMs = Math.max(0, monoMs() - words.monoMs, uptime() * 1000 - words.uptimeMs - 20);
      endMs = nowMs() + words.leftMs - onTheWayMs;
      return look();
    }
    case 'term':
      by ??= 'asked';
      return term();
    case 'kill':
      by ??= 'asked';
      return kill();
  }
});
exec.on('error', () => {}); // the close tells
exec.on('close', () => {
  orphaned = true;
  if (command?.pid === undefined) process.exit(0);
  by ??= 'orphaned';
  // Nobody renews any more: the time to end in is what is left, and not more than it always is.
  endMs = Math.min(endMs, nowMs() + order.stopBeforeMs + KILL_AHEAD_MS);
  term();
  look();
});
say(exec, { is: 'ready' });

function start(env: Readonly<Record<string, string>>): void {
  const [file, ...args] = order.command;
  by = null;
  termed = false;
  killed = false;
  let child: ChildProcess;
  try {
    child = spawn(file!, args, { stdio: ['inherit', 'inherit', 'inherit'], env: { ...process.env, ...env }, detached: true });
  } catch (error) {
    // Some failures come as an event, others (no directory, too long, no name at all) are thrown.
    return say(exec, { is: 'failed', error: error instanceof Error ? error.message : String(error) });
  }
  command = child;
  child.on('error', (error) => {
    if (child.pid !== undefined) return;
    command = null;
    say(exec, { is: 'failed', error: error.message });
  });
  child.on('spawn', () => say(exec, { is: 'started', pid: child.pid! }));
  child.on('exit', (code, signal) => void ended(child.pid!, code, signal));
  look();
}

/** Looks at the clocks, does what is due, and comes back in time. */
function look(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  if (command === null) return;
  const leftMs = endMs - nowMs();
  if (leftMs <= order.stopBeforeMs) {
    by ??= 'deadline';
    term();
  }
  if (leftMs <= KILL_AHEAD_MS) kill();
  const nextMs = killed ? LOOK_MS : Math.max(0, termed ? leftMs - KILL_AHEAD_MS : leftMs - order.stopBeforeMs);
  timer = setTimeout(look, Math.min(LOOK_MS, nextMs));
}

function term(): void {
  if (command?.pid === undefined || termed) return;
  termed = true;
  signalGroup(command.pid, 'SIGTERM');
}

function kill(): void {
  if (command?.pid === undefined) return;
  killed = true;
  signalGroup(command.pid, 'SIGKILL');
}

/** The command has ended; what it started may live on in its group, and is asked to end like it. */
async function ended(group: number, code: number | null, signal: NodeJS.Signals | null): Promise<void> {
  if (isGroupAlive(group)) {
    term();
    const untilMs = nowMs() + order.stopBeforeMs;
    while (isGroupAlive(group)) {
      if (nowMs() >= untilMs) kill();
      await new Promise((resolve) => setTimeout(resolve, LOOK_GONE_MS));
    }
  }
  command = null;
  if (timer !== null) clearTimeout(timer);
  if (orphaned) process.exit(0);
  say(exec, { is: 'gone', code, signal, by });
}
