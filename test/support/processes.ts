import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Line } from '../../src/cli/output.ts';

export const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** Far beyond what anything takes; a test that waits this long has failed. */
const PATIENCE_MS = 20_000;

const running = new Set<Started>();

/** A process of the command line, and every line it wrote. */
export class Started {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  stderr = '';
  exit: { code: number | null; signal: string | null } | null = null;
  readonly #watchers = new Set<() => void>();

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(this);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#look();
    });
    this.child.stderr!.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.child.on('close', (code, signal) => {
      this.exit = { code, signal };
      running.delete(this);
      this.#look();
    });
  }

  /** The first line from `since` on that is `event` and has these fields. */
  async line(event: string, fields: Readonly<Record<string, unknown>> = {}, since = 0): Promise<Line> {
    const find = (): Line | undefined =>
      this.lines.slice(since).find((line) => line.event === event && Object.entries(fields).every(([name, value]) => line[name] === value));
    return this.until(() => find() ?? null, `${event} ${JSON.stringify(fields)}`);
  }

  async ended(): Promise<{ code: number | null; signal: string | null }> {
    return this.until(() => this.exit, 'its end');
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  say(command: string): void {
    this.child.stdin!.write(`${command}\n`);
  }

  until<T>(look: () => T | null, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(check);
        reject(new Error(`waited for ${what} in vain; it wrote:\n${this.lines.map((line) => JSON.stringify(line)).join('\n')}\n${this.stderr}`));
      }, PATIENCE_MS);
      const check = (): void => {
        const found = look();
        if (found === null) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve(found);
      };
      this.#watchers.add(check);
      check();
    });
  }

  #look(): void {
    for (const check of [...this.#watchers]) check();
  }
}

/** An agent with the shortest timings on a port of the system's choice. */
export function agent(name: string, ...args: string[]): Started {
  return new Started(['agent', '--json', '--name', name, '--bind', '127.0.0.1:0', '--preset', 'loopback', '--cluster', `e2e-${process.pid}`, ...args]);
}

export async function addressOf(started: Started): Promise<string> {
  return String((await started.line('started'))['bind']);
}

export function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { timeout: PATIENCE_MS }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

/** Ends what a test left running. */
export async function endAll(): Promise<void> {
  await Promise.all(
    [...running].map((started) => {
      started.kill('SIGCONT');
      started.kill('SIGKILL');
      return started.ended();
    }),
  );
}
