import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isGroupAlive } from '../../src/cli/exec/process-group.ts';
import { monoMs } from '../../src/cli/output.ts';
import { MAIN, agent, endAll, run } from '../support/processes.ts';

const PATIENCE_MS = 20_000;
/** A machine that does other things, too. */
const SLOW_MS = 500;
/** What a leader-only job leaves behind: who ran, in which term, when. */
const BEAT = 'while :; do echo "$BELLWETHER_NODE $BELLWETHER_TERM $(date +%s%N)" >> "$OUT"; sleep 0.01; done';

let dir: string;
let out: string;
let children: Exec[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'exec-'));
  out = join(dir, 'out');
});
afterEach(async () => {
  await endAll();
  for (const { child } of children) for (const signal of ['SIGCONT', 'SIGKILL'] as const) child.kill(signal);
  await Promise.all(children.map(({ ended }) => ended));
  await until(() => children.every(({ group }) => group === null || !isGroupAlive(group)), 'the commands to end');
  children = [];
  rmSync(dir, { recursive: true });
});

interface Exec {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string }>;
  readonly lines: {
    readonly event: string;
    readonly mono: number;
    readonly remainingMs?: number;
    readonly action?: string;
    readonly pid?: number;
    readonly by?: string | null;
    readonly error?: string;
  }[];
  /** The process group of its command, once there is one. */
  group: number | null;
}

function exec(args: readonly string[], ...command: string[]): Exec {
  const child = spawn(process.execPath, [MAIN, 'exec', '--preset', 'loopback', '--cluster', `exec-${process.pid}`, '--json', ...args, '--', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OUT: out },
  });
  let stdout = '';
  let rest = '';
  child.stdout!.on('data', (text: Buffer) => (stdout += text.toString()));
  const started: Exec = {
    child,
    lines: [],
    group: null,
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout }))),
  };
  child.stderr!.on('data', (text: Buffer) => {
    const lines = (rest + text.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines.filter((l) => l.startsWith('{'))) {
      started.lines.push(JSON.parse(line) as Exec['lines'][number]);
      const { event, action, pid } = started.lines.at(-1)!;
      if (event === 'command' && action === 'started') started.group = pid!;
    }
  });
  children.push(started);
  return started;
}
/** A cluster of one: elected after its start-up wait. */
const alone = (...command: string[]): Exec => exec(['--voters', 'n1', '--name', 'n1', '--bind', '127.0.0.1:0', '--election', 'job'], ...command);

async function until<T>(look: () => T, what: string): Promise<NonNullable<T>> {
  for (const t0 = Date.now(); Date.now() - t0 < PATIENCE_MS;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found as NonNullable<T>;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited for ${what} in vain`);
}

interface Beat {
  readonly node: string;
  readonly term: number;
  readonly at: bigint;
}
function beats(): Beat[] {
  if (!existsSync(out)) return [];
  return readFileSync(out, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
    .map(([node, term, at]) => ({ node: node!, term: Number(term), at: BigInt(at!) }));
}
/** Terms rise, and nobody beats after somebody else has begun. */
function expectOneAfterTheOther(): void {
  const inOrder = [...beats()].sort((a, b) => (a.at < b.at ? -1 : 1));
  expect(inOrder.map(({ term }) => term)).toEqual(inOrder.map(({ term }) => term).sort((a, b) => a - b));
}

describe('exec', () => {
  it('runs the command as leader, tells it its term, passes its output and its exit code on', async () => {
    const { ended } = alone('sh', '-c', 'echo "$BELLWETHER_ELECTION $BELLWETHER_NODE $BELLWETHER_TOKEN $BELLWETHER_TERM"; exit 7');
    const { code, stdout } = await ended;
    expect(code).toBe(7);
    expect(stdout).toMatch(/^job n1 job@(\d+) \1\n$/);
  });

  it('says what it could not start, as a shell does', async () => {
    const { ended, lines } = alone('/nowhere/at/all');
    expect((await ended).code).toBe(127);
    expect(lines.find(({ action }) => action === 'ended')!.error).toContain('ENOENT');
  });

  it.each(['/etc/passwd/no-directory', ''])('says so too of what is refused at once: "%s"', async (file) => {
    const { ended, lines } = alone(file);
    expect((await ended).code).toBe(127);
    expect(lines.find(({ action }) => action === 'ended')!.error).toBeTruthy();
  });

  it('runs a command that is longer than one argument may be', async () => {
    const { ended } = alone('sh', '-c', 'echo $#', ...Array<string>(30_000).fill('word'));
    expect(await ended).toEqual({ code: 0, stdout: '29999\n' });
  });

  it('goes on, and ends with the exit code of the command, where nobody reads what it says or the disk is full', async () => {
    const unread = alone('sh', '-c', 'sleep 0.1; exit 5');
    unread.child.stderr!.destroy();
    expect((await unread.ended).code).toBe(5);
    const own = ['exec', '--preset', 'loopback', '--voters', 'n1', '--name', 'n1', '--bind', '127.0.0.1:0', '--', 'sh', '-c', 'exit 6'];
    const full = spawn('sh', ['-c', 'exec "$0" "$@" 2>/dev/full', process.execPath, MAIN, ...own], { stdio: 'ignore' });
    expect(await new Promise((resolve) => full.on('close', resolve))).toBe(6);
  });

  it.each([
    ['its role never leads', '--voters', 'n1,w', '--name', 'w', '--role', 'witness'],
    ['only voters lead and it is none', '--voters', 'n1', '--name', 'c', '--leaders', 'voters'],
    ['nobody votes', '--name', 'n1'],
  ])('is refused where it could never run its command: %s', async (_, ...args) => {
    const { code, stderr } = await run('exec', '--bind', '127.0.0.1:0', ...args, '--', 'true');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bellwether: .+: exec would never run the command here\n$/);
  });

  it('asked to end, asks the command, and waits for all that it started', async () => {
    const started = alone('sh', '-c', `trap 'echo asked; exit 3' TERM; (trap '' TERM; ${BEAT}) & while :; do sleep 0.01; done`);
    await until(() => beats().length > 0, 'a beat');
    started.child.kill('SIGTERM');
    const { code, stdout } = await started.ended;
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'asked\n' });
    expect(isGroupAlive(started.group!)).toBe(false);
  });

  it('asked twice, ends a command that does not listen at once', async () => {
    const started = alone('sh', '-c', `trap '' TERM; ${BEAT}`);
    await until(() => beats().length > 0, 'a beat');
    started.child.kill('SIGINT');
    await until(() => started.lines.some(({ event }) => event === 'lost'), 'the resignation');
    started.child.kill('SIGINT');
    expect((await started.ended).code).toBe(128 + 9);
  });

  it('whose terminal goes asks the command to end, and is not in a hurry because it goes twice', async () => {
    const started = alone('sh', '-c', `trap 'sleep 0.2; exit 3' TERM; ${BEAT}`);
    await until(() => beats().length > 0, 'a beat');
    started.child.kill('SIGHUP');
    await until(() => started.lines.some(({ event }) => event === 'lost'), 'the resignation');
    started.child.kill('SIGHUP');
    expect((await started.ended).code).toBe(3);
  });

  it('that was stopped while the command ended by itself does not run it again', async () => {
    const bind = `127.0.0.1:${45_000 + (process.pid % 10_000)}`;
    const beat = 'echo "$BELLWETHER_NODE $BELLWETHER_TERM 0" >> "$OUT"; sleep 0.3; exit 3';
    const started = exec(['--voters', 'n1', '--name', 'n1', '--bind', bind, '--election', 'job'], 'sh', '-c', beat);
    // Its questions are read before the guard's word, so that the loss is told first.
    agent('n2', '--voters', 'n1', '--cluster', `exec-${process.pid}`, '--join', bind);
    await until(() => beats().length > 0, 'the command');
    started.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // longer than the lease
    started.child.kill('SIGCONT');
    expect((await started.ended).code).toBe(3);
    // On a machine that is late the guard may have ended a run before; the first that ended by itself is the last.
    const ends = started.lines.filter(({ action }) => action === 'ended').map(({ by }) => by);
    expect(ends.indexOf(null)).toBe(ends.length - 1);
  });

  it('that gives its name up ends its command and then itself, and says who has the name', async () => {
    const port = 50_000 + (process.pid % 10_000);
    const two = [1, 2].map((i) => exec(['--voters', 'n1', '--name', 'n1', '--bind', `127.0.0.1:${port + i}`, '--election', 'job'], 'sh', '-c', 'sleep 60'));
    const said = two.map(() => '');
    for (const [i, { child }] of two.entries()) child.stderr!.on('data', (text: Buffer) => (said[i] += text.toString()));
    await until(() => two.every(({ group }) => group !== null), 'both to lead, each alone');
    const both = [1, 2].flatMap((i) => ['--join', `127.0.0.1:${port + i}`]);
    agent('n2', '--voters', 'n1', '--cluster', `exec-${process.pid}`, ...both);
    const [i, { code }] = await Promise.race(two.map(async ({ ended }, at) => [at, await ended] as const));
    expect(code).toBe(2);
    expect(said[i]).toContain("has the name 'n1'");
    expect(isGroupAlive(two[i]!.group!)).toBe(false);
  });

  it('whose guard is killed ends the command, since nobody would end it in time', async () => {
    const started = alone('sh', '-c', `echo $PPID; ${BEAT}`);
    let guard = 0;
    started.child.stdout!.on('data', (text: Buffer) => (guard = Number(text.toString())));
    await until(() => guard > 0 && beats().length > 0, 'a beat');
    process.kill(guard, 'SIGKILL');
    expect((await started.ended).code).toBe(128 + 9);
    expect(isGroupAlive(started.group!)).toBe(false);
    expect(started.lines.find(({ action }) => action === 'ended')!.by).toBe('guard-lost');
  });

  it('whose guard is stopped ends the command itself when the lease ends', async () => {
    const port = 30_000 + (process.pid % 10_000);
    const others = [1, 2].flatMap((i) => ['--join', `127.0.0.1:${port + i}`]);
    const common = ['--voters', 'n1,n2,n3', '--election', 'job', ...others];
    const all = [1, 2, 3].map((i) => exec([...common, '--name', `n${i}`, '--bind', `127.0.0.1:${port + i}`], 'sh', '-c', `echo $PPID; ${BEAT}`));
    const guards = new Map<Exec, number>();
    for (const one of all) one.child.stdout!.on('data', (text: Buffer) => guards.set(one, Number(text.toString())));
    const leader = await until(() => all.find((one) => one.group !== null && guards.has(one)), 'a leader');
    process.kill(guards.get(leader)!, 'SIGSTOP');
    for (const other of all) if (other !== leader) other.child.kill('SIGSTOP');
    const told = await until(() => leader.lines.find(({ event }) => event === 'lost'), 'the loss');
    await until(() => !isGroupAlive(leader.group!), 'the end of the command');
    expect(monoMs() - told.mono).toBeLessThan(told.remainingMs! + SLOW_MS);
    expect((await leader.ended).code).toBe(128 + 9);
    expect(leader.lines.find(({ action }) => action === 'ended')!.by).toBe('guard-lost');
  });

  it('whose leader loses its majority runs the command again when one is back, and does not end', async () => {
    const voters = ['--voters', 'n1,n2,n3', '--election', 'job'];
    const port = 40_000 + (process.pid % 10_000);
    const others = ['--join', `127.0.0.1:${port + 1}`, '--join', `127.0.0.1:${port + 2}`];
    const all = [1, 2, 3].map((i) => exec([...voters, '--name', `n${i}`, '--bind', `127.0.0.1:${port + i}`, ...others], 'sh', '-c', BEAT));
    for (let round = 0; round < 3; round += 1) {
      const { node, term } = await until(() => beats().at(-1), 'a leader');
      const leader = all[Number(node.slice(1)) - 1]!;
      for (const other of all) if (other !== leader) other.child.kill('SIGSTOP');
      await until(() => leader.lines.filter(({ action }) => action === 'ended').length > 0 && !isGroupAlive(leader.group!), 'the end of the command');
      for (const other of all) other.child.kill('SIGCONT');
      await until(() => beats().at(-1)!.term > term, 'a leader again');
      expect(all.map(({ child }) => child.exitCode)).toEqual([null, null, null]);
    }
    expectOneAfterTheOther();
  });

  it('waits with joining until the command of a killed one is gone, where voters begin at once', async () => {
    const args = ['--name', 'a', '--bind', '127.0.0.1:0', '--voters', 'a', '--leaders', 'voters', '--lease-ms', '6000']; // it has 0.8 s to end
    const deaf = ['sh', '-c', `trap "" TERM; ${BEAT}`];
    const first = exec(args, ...deaf);
    await until(() => beats().length > 5 && first.group !== null, 'the first command');
    first.child.kill('SIGKILL');
    const { term } = beats()[0]!;
    exec(args, ...deaf);
    await until(() => beats().at(-1)!.term > term, 'the second command');
    expect(isGroupAlive(first.group!)).toBe(false);
    expectOneAfterTheOther();
  });

  it('killed or stopped, leaves no command running when another starts its own', async () => {
    const voters = ['--voters', 'n1,n2,n3', '--election', 'job'];
    const port = 20_000 + (process.pid % 20_000);
    const start = (i: number): Exec =>
      exec(
        [...voters, '--name', `n${i}`, '--bind', `127.0.0.1:${port + i}`, '--join', `127.0.0.1:${port + 1}`, '--join', `127.0.0.1:${port + 2}`],
        'sh',
        '-c',
        BEAT,
      );
    const running = new Map([1, 2, 3].map((i) => [`n${i}`, start(i)]));
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const leader = (await until(() => beats().at(-1), 'a leader')).node;
      const victim = running.get(leader)!;
      const { term } = beats().at(-1)!;
      victim.child.kill(signal);
      await until(() => beats().at(-1)!.term > term, 'another leader');
      expect(isGroupAlive(victim.group!)).toBe(false);
      expectOneAfterTheOther();
      if (signal === 'SIGKILL') running.set(leader, start(Number(leader.slice(1))));
      else {
        const other = beats().at(-1)!.term;
        victim.child.kill('SIGCONT');
        await until(() => victim.lines.some(({ action, by }) => action === 'ended' && by === 'deadline'), 'the stopped one to know');
        await until(() => beats().at(-1)!.term >= other, 'work that goes on');
      }
    }
    expectOneAfterTheOther();
  });
});
