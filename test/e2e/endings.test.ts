import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { NodeOptions } from '../../src/index.ts';

const FIXTURE = fileURLToPath(new URL('fixtures/leader.mjs', import.meta.url));
const PATIENCE_MS = 20_000;
const LEASE_MS = 600;
/** A machine that does other things, too; targets are for the bench. */
const SLOW_MS = 250;

interface Word {
  readonly event: string;
  readonly name: string;
  readonly mono: number;
  readonly what?: string;
  readonly leftMs?: number;
  readonly overrunMs?: number;
  readonly reason?: string;
  readonly takeover?: { readonly former: string | null };
}
interface Leader {
  readonly name: string;
  readonly child: ChildProcess;
  /** By CLOCK_MONOTONIC, when this process saw the end of that one. */
  endedMono: number;
  signal: string | null;
}

let leaders: Leader[] = [];
let words: Word[] = [];
afterEach(async () => {
  const ended = ({ child, endedMono }: Leader): Promise<void> =>
    new Promise((resolve) => {
      if (endedMono > 0) return resolve();
      child.on('exit', () => resolve());
      child.kill('SIGKILL');
    });
  await Promise.all(leaders.map(ended));
  leaders = [];
  words = [];
});

async function until<T>(look: () => T, what: string): Promise<NonNullable<T>> {
  for (const t0 = Date.now(); Date.now() - t0 < PATIENCE_MS;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found as NonNullable<T>;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`waited for ${what} in vain: ${JSON.stringify(words)}`);
}

let port = 40_000 + (process.pid % 10_000);
/** Starts voter `i` on its port, to join through another, or alone. */
function start(i: number, seed: number, options: NodeOptions, stderr: 'ignore' | 'pipe' = 'ignore'): void {
  const at = (n: number): string => `127.0.0.1:${port + n}`;
  const child = spawn(process.execPath, [FIXTURE, `n${i}`, at(i), at(seed), JSON.stringify({ cluster: `endings-${port}`, ...options })], {
    stdio: ['pipe', 'pipe', stderr],
  });
  const leader: Leader = { name: `n${i}`, child, endedMono: 0, signal: null };
  createInterface({ input: child.stdout! }).on('line', (line) => words.push(JSON.parse(line) as Word));
  child.on('exit', (_, signal) => Object.assign(leader, { endedMono: Number(process.hrtime.bigint() / 1_000n) / 1_000, signal }));
  leaders.push(leader);
}

/** Three voters; gives the one that leads, and what it says. */
async function led(options: NodeOptions, stderr: 'ignore' | 'pipe' = 'ignore'): Promise<Leader> {
  port += 10;
  for (const i of [1, 2, 3]) start(i, 1, options, stderr);
  await until(() => words.filter(({ event }) => event === 'up').length === 3, 'all members'); // one that comes later may find nobody who knows the others
  const { name } = await until(() => words.find(({ event }) => event === 'elected'), 'a leader');
  await new Promise((resolve) => setTimeout(resolve, 300)); // the others stand by
  return leaders.find((leader) => leader.name === name)!;
}
const tell = (leader: Leader, what: string): void => void leader.child.stdin!.write(`${what}\n`);
const doing = (): Promise<Word> => until(() => words.find(({ event }) => event === 'doing'), 'the command');
const next = (after: Leader): Promise<Word> => until(() => words.find(({ event, name }) => event === 'elected' && name !== after.name), 'the next leader');

describe('a last breath', () => {
  it.each(['throw', 'exit'])('of a leader that ends by %s frees the name after the drain, not after the lease', async (what) => {
    const leader = await led({ releaseOnExit: true, crashDrainMs: 50 });
    tell(leader, what);
    const began = await doing();
    const { mono } = await next(leader);
    expect(mono - began.mono).toBeGreaterThanOrEqual(50);
    expect(mono - began.mono).toBeLessThan(50 + SLOW_MS);
  });

  it('is not drawn unasked: the lease runs out', async () => {
    const leader = await led({});
    tell(leader, 'throw');
    const began = await doing();
    const { mono } = await next(leader);
    expect(mono - began.mono).toBeGreaterThan(began.leftMs! - 50);
  });
});

describe('a leader that is killed and starts again at once', () => {
  it('frees what it led, where that was asked for', async () => {
    // A long lease: the start of a process must be short beside it, also on a slow machine.
    const options = { leaseMs: 30_000, renewMs: 7_500, crashDrainMs: 50, reclaim: true };
    const leader = await led(options);
    const i = Number(leader.name.slice(1));
    leader.child.kill('SIGKILL');
    await until(() => leader.endedMono > 0, 'its end');
    start(i, (i % 3) + 1, options);
    const { mono, takeover } = await until(() => words.find((word) => word.event === 'elected' && word.mono > leader.endedMono), 'the next leader');
    expect(takeover!.former).toBe(leader.name);
    expect(mono - leader.endedMono).toBeLessThan(20_000); // at its death three quarters of the lease were left at least
  });
});

describe('a leader whose event loop is blocked past its lease', () => {
  it('is ended when its lease ends, where the watchdog was asked for', async () => {
    const leader = await led({ onOverrun: 'exit' }, 'pipe');
    let said = '';
    leader.child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
    tell(leader, 'block');
    const began = await doing();
    await until(() => leader.endedMono > 0, 'its end');
    expect(leader.signal).toBe('SIGKILL');
    const overMs = leader.endedMono - (began.mono + began.leftMs!);
    expect(overMs).toBeGreaterThan(-30); // not while it leads
    expect(overMs).toBeLessThan(SLOW_MS);
    await until(() => said.includes('\n'), 'its last word');
    expect(said).toMatch(/^bellwether: a lease ended [0-9.]+ ms ago/);
    expect((await next(leader)).mono).toBeGreaterThan(began.mono + began.leftMs!);
  });

  it('is ended also where it is blocked because nobody reads what it says', async () => {
    const leader = await led({ onOverrun: 'exit' }, 'pipe');
    tell(leader, 'clog');
    await until(() => leader.endedMono > 0, 'its end');
    expect(leader.signal).toBe('SIGKILL');
  });

  it('goes on where it was not, and is told when it wakes, with by how much it was late', async () => {
    const leader = await led({});
    tell(leader, 'block');
    const began = await doing();
    const lost = await until(() => words.find(({ event, name }) => event === 'lost' && name === leader.name), 'the loss');
    expect(lost.mono - began.mono).toBeGreaterThan(2_900);
    expect(lost.reason).toBe('suspended');
    expect(lost.overrunMs).toBeGreaterThan(3_000 - LEASE_MS - SLOW_MS);
    expect(Math.abs(lost.mono - lost.overrunMs! - (began.mono + began.leftMs!))).toBeLessThan(SLOW_MS); // the lease's end, as it was known before
    expect(leader.endedMono).toBe(0);
  });

  it('and one that is not blocked is left alone by the watchdog', async () => {
    const leader = await led({ onOverrun: 'exit' });
    await new Promise((resolve) => setTimeout(resolve, 3 * LEASE_MS));
    expect(leaders.map(({ endedMono }) => endedMono)).toEqual([0, 0, 0]);
    expect(words.filter(({ event }) => event === 'lost')).toEqual([]);
    expect(leader.endedMono).toBe(0);
  });
});
