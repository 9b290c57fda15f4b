import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';

/** What the exec process tells its guard: one JSON object a line, over a socket that only the two hold. */
export type ToGuard =
  /** The first word, and not an argument: one argument holds less than a command may. */
  | ({ readonly do: 'prepare' } & GuardOrder)
  /** Run the command, with these variables beside its own. */
  | { readonly do: 'start'; readonly env: Readonly<Record<string, string>> }
  /** The lease lasts for `leftMs` more, counted from a moment that both processes can read: CLOCK_MONOTONIC and the uptime. */
  | { readonly do: 'until'; readonly leftMs: number; readonly monoMs: number; readonly uptimeMs: number }
  /** Ask the command to end: SIGTERM to its group. */
  | { readonly do: 'term' }
  /** End it now: SIGKILL. */
  | { readonly do: 'kill' };

export type FromGuard =
  | { readonly is: 'ready' }
  | { readonly is: 'started'; readonly pid: number }
  | { readonly is: 'failed'; readonly error: string }
  /** No process of the command's group is left. `by`: what the guard did about it; null where it ended by itself. */
  | { readonly is: 'gone'; readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly by: 'deadline' | 'asked' | 'orphaned' | null };

/** What the guard is told once. */
export interface GuardOrder {
  readonly command: readonly string[];
  /** SIGTERM comes this long before SIGKILL. */
  readonly stopBeforeMs: number;
}

export function say(socket: Socket, words: ToGuard | FromGuard): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(words)}\n`);
}

export function hear(socket: Socket, listener: (words: never) => void): void {
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => listener(JSON.parse(line) as never));
  lines.on('error', () => {}); // it repeats the socket's, as where the other side was killed with words unread; the close tells
}
