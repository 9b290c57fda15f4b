import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MAIN, run } from '../support/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'bellwether-'));
afterAll(() => rmSync(folder, { recursive: true }));

const verdictOf = (stdout: string): Record<string, unknown> => JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;

describe('sim', () => {
  it('runs a scenario and says what came of it', async () => {
    const { code, stdout } = await run('sim', 'run', 'isolate-leader-heals');
    expect(code).toBe(0);
    expect(stdout).toContain('PASS');
  });

  it('gives one report for any number of workers', async () => {
    const reports = await Promise.all(['1', '3'].map((jobs) => run('sim', 'swarm', '--seeds', '1..12', '--jobs', jobs, '--json')));
    const [one, three] = reports.map(({ stdout }) => verdictOf(stdout));
    expect(one).toMatchObject({ event: 'verdict', verdict: 'pass', seeds: 12, violations: 0 });
    expect(three).toEqual(one);
  });

  it('runs one seed of a swarm again with what the swarm was told', async () => {
    const swarm = verdictOf((await run('sim', 'swarm', '--seeds', '11..11', '--nodes', '3..9', '--json')).stdout);
    const one = verdictOf((await run('sim', 'run', '--seed', '11', '--nodes', '3..9', '--json')).stdout);
    expect(one).toMatchObject({ verdict: 'pass', acquisitions: swarm['acquisitions'], events: swarm['events'] });
  });

  it('has as many voters as it was told, and at least as many nodes, and runs again what it says', async () => {
    const flags = ['--voters', '5', '--time', '5s', '--json'];
    expect(verdictOf((await run('sim', 'swarm', '--seeds', '11..11', ...flags)).stdout)).toMatchObject({ verdict: 'pass' });
    const one = verdictOf((await run('sim', 'run', '--seed', '1', '--nodes', '2..6', ...flags)).stdout);
    expect(one).toMatchObject({ verdict: 'pass', voters: 5, nodes: 5 });
    const found = await run('sim', 'swarm', '--seeds', '1..3', '--nodes', '2..6', '--mutant', 'majority-of-the-living', ...flags);
    expect(found.stdout.split('\n')[0]).toContain('--nodes 5 --voters 5');
  });

  it('finds a planted bug, shrinks it to a few steps, and replays what it kept', { timeout: 60_000 }, async () => {
    const found = await run('sim', 'swarm', '--seeds', '1..8', '--mutant', 'majority-of-the-living', '--json');
    expect(found.code).toBe(1);
    const failure = JSON.parse(found.stdout.split('\n')[0]!) as { seed: number; invariant: string; replay: string };
    expect(failure.replay).toContain('--mutant majority-of-the-living');
    const file = join(folder, 'shrunk.json');
    const shrunk = await run('sim', 'shrink', String(failure.seed), '--mutant', 'majority-of-the-living', '--out', file, '--json');
    expect(verdictOf(shrunk.stdout)).toMatchObject({ signature: failure.invariant, reproduces: true });
    expect(Number(verdictOf(shrunk.stdout)['steps'])).toBeLessThanOrEqual(5);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('steps');
    expect((await run('sim', 'replay', file, '--mutant', 'majority-of-the-living')).code).toBe(1);
    expect((await run('sim', 'replay', file)).code).toBe(0);
  });

  it('kills mutants by an invariant and by a directed schedule, and would say which survived', { timeout: 60_000 }, async () => {
    const { code, stdout } = await run('sim', 'mutants', 'half-is-enough', 'counts-itself', '--budget', '8', '--json');
    expect(code).toBe(0);
    expect(verdictOf(stdout)).toMatchObject({ verdict: 'pass', mutants: 2, killed: 2, survivors: [] });
    expect(stdout).toContain('schedule X24-self');
  });

  it.each([
    ['run', '--seed', 'x'],
    ['run', 'no-such-scenario'],
    ['swarm', '--seeds', '9..1'],
    ['explain', 'safety.none'],
    ['explain', 'constructor'],
    ['run', 'isolate-leader-heals', '--voters', 'abc'],
    ['run', '--mutant', 'none'],
    ['shrink', '1'],
    ['fly'],
  ])('says what is wrong, exit 64: %s', async (...args) => {
    const { code, stderr } = await run('sim', ...args);
    expect(code).toBe(64);
    expect(stderr).not.toBe('');
  });

  it('says of a mistake of its own that it is one, exit 70: 1 is a verdict', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'sim', 'explain', 'safety.S1'], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
    expect(status).toBe(70);
    expect(stderr).toContain('ENOSPC');
  });

  it('names a file that cannot be written before it works for it', async () => {
    const { code, stderr } = await run('sim', 'shrink', '1', '--mutant', 'majority-of-the-living', '--out', join(folder, 'missing', 'x.json'));
    expect(code).toBe(64);
    expect(stderr).toContain(join(folder, 'missing'));
  });

  it('lists all there is, and the schema', async () => {
    const { stdout } = await run('sim', 'list', '--json');
    const events = new Set(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: string }).event),
    );
    expect([...events]).toEqual(['scenario', 'schedule', 'invariant', 'mutant']);
    expect(JSON.parse((await run('sim', 'list', '--schema')).stdout)).toHaveProperty('properties.steps');
    expect((await run('sim', 'explain', 'safety.S1')).stdout).toContain('two processes hold one name');
  });
});
