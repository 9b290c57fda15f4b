import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Line } from '../../src/cli/output.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

process.setMaxListeners(0);

/** An agent as a process, with every line it wrote. Loopback preset, a port of the system's choice. */
export class Agent {
  readonly name: string;
  readonly child: ChildProcess;
  readonly lines: Line[] = [];

  constructor(cluster: string, name: string, ...args: string[]) {
    this.name = name;
    const flags = ['agent', '--json', '--control', '--preset', 'loopback', '--cluster', cluster, '--name', name, '--bind', '127.0.0.1:0', ...args];
    this.child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout! }).on('line', (text) => this.lines.push(JSON.parse(text) as Line));
    process.on('exit', () => this.child.kill('SIGKILL'));
  }

  /** The first line from `since` on that fits. @throws After 20 s. */
  async line(fits: (line: Line) => boolean, since = 0): Promise<Line> {
    const until = Date.now() + 20_000;
    for (;;) {
      const found = this.lines.slice(since).find(fits);
      if (found !== undefined) return found;
      if (Date.now() > until) throw new Error(`${this.name} did not say it; it said:\n${this.lines.map((line) => JSON.stringify(line)).join('\n')}`);
      await sleep(2);
    }
  }

  async address(): Promise<string> {
    return String((await this.line(({ event }) => event === 'started'))['bind']);
  }

  /** Returns when it was done, on the clock that all lines share. */
  kill(signal: NodeJS.Signals): number {
    const mono = Number(process.hrtime.bigint() / 1_000n) / 1_000;
    this.child.kill(signal);
    return mono;
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** `5 runs: median 412, worst 520` of milliseconds. */
export function tell(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${sorted.length} measured: median ${Math.round(sorted[Math.floor(sorted.length / 2)]!)} ms, worst ${Math.round(sorted.at(-1)!)} ms`;
}
