import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FENCE_TABLE, fencedTransaction } from '../../src/fencing.ts';

/** PostgreSQL's server programs, where Debian and others put them; null where none is installed. */
function serverPrograms(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')];
  return places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres'))) ?? null;
}
const programs = serverPrograms();
const why = programs === null ? ' (skipped: no PostgreSQL server, as in the package postgresql, is installed)' : '';

const PATIENCE_MS = 20_000;
const FIXTURE = fileURLToPath(new URL('fixtures/ledger.mjs', import.meta.url));

async function until<T>(look: () => T, what: string): Promise<NonNullable<T>> {
  for (const t0 = Date.now(); Date.now() - t0 < PATIENCE_MS;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found as NonNullable<T>;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited for ${what} in vain`);
}

interface Word {
  readonly event: string;
  readonly name: string;
  readonly term?: number;
  readonly code?: string;
  readonly seen?: number;
}

describe.skipIf(programs === null)(`a database that checks the term${why}`, () => {
  let dir: string;
  let server: ChildProcess;
  let client: pg.Client;
  let children: ChildProcess[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ledger-'));
    const data = join(dir, 'data');
    // PostgreSQL refuses to run as root: an unprivileged user takes its place.
    const as = userInfo().uid === 0 ? { uid: 65_534, gid: 65_534 } : {};
    if (userInfo().uid === 0) execFileSync('chown', ['65534:65534', dir]);
    execFileSync(join(programs!, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], { ...as, stdio: 'ignore' });
    server = spawn(join(programs!, 'postgres'), ['-D', data, '-k', dir, '-c', 'listen_addresses=', '-c', 'fsync=off'], { ...as, stdio: 'ignore' });
    await until(() => existsSync(join(dir, '.s.PGSQL.5432')), 'the server');
    for (let connected = false; !connected;) {
      client = new pg.Client({ host: dir, database: 'postgres', user: 'postgres' });
      connected = await client.connect().then(
        () => true,
        () => new Promise<boolean>((resolve) => setTimeout(resolve, 20, false)),
      );
    }
    await client.query(FENCE_TABLE);
    await client.query('CREATE TABLE ledger (id serial, writer text, term bigint)');
  });
  afterAll(async () => {
    for (const child of children) for (const signal of ['SIGCONT', 'SIGKILL'] as const) child.kill(signal);
    await client.end();
    server.kill('SIGINT');
    await new Promise((resolve) => server.on('exit', resolve));
    rmSync(dir, { recursive: true });
  });

  /** Stops the leader between its check and its write until another has written; what became of the late write. */
  async function lateWrite(how: 'fenced' | 'plain', port: number): Promise<{ late: Word; stopped: number; terms: number[] }> {
    await client.query('TRUNCATE ledger');
    const words: Word[] = [];
    const nodes = new Map(
      [1, 2, 3].map((i) => {
        const child = spawn(process.execPath, [FIXTURE, `n${i}`, `127.0.0.1:${port + i}`, `127.0.0.1:${port + 1}`, dir, how], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        createInterface({ input: child.stdout }).on('line', (line) => words.push(JSON.parse(line) as Word));
        children.push(child);
        return [`n${i}` as string, child] as const;
      }),
    );
    const first = await until(() => words.find(({ event }) => event === 'wrote'), 'a first write');
    nodes.get(first.name)!.stdin!.write('stop\n');
    await until(() => words.find(({ event }) => event === 'checked'), 'the check');
    const next = await until(() => words.find(({ event, name }) => event === 'wrote' && name !== first.name), 'a write of the next leader');
    nodes.get(first.name)!.kill('SIGCONT');
    const late = await until(() => words.find(({ event }) => event === 'refused' || event === 'wrote-late'), 'the late write');
    expect(next.term).toBeGreaterThan(first.term!);
    for (const child of nodes.values()) child.kill('SIGKILL');
    children = [];
    const { rows } = await client.query<{ term: string }>('SELECT term FROM ledger ORDER BY id');
    return { late, stopped: first.term!, terms: rows.map(({ term }) => Number(term)) };
  }

  it('refuses the late write of a leader that was stopped after its check, and says what it has seen', async () => {
    const { late, stopped, terms } = await lateWrite('fenced', 21_000 + (process.pid % 9_000));
    expect(late).toMatchObject({ event: 'refused', term: stopped, code: 'ERR_STALE_TERM' });
    expect(late.seen).toBeGreaterThan(stopped);
    expect(terms).toEqual([...terms].sort((a, b) => a - b));
  });

  it('without the fence takes it: no lease can prevent that', async () => {
    const { late, stopped, terms } = await lateWrite('plain', 31_000 + (process.pid % 9_000));
    expect(late).toMatchObject({ event: 'wrote-late', term: stopped });
    expect(terms).not.toEqual([...terms].sort((a, b) => a - b));
  });

  it('makes a later leader wait for a transaction that has begun, so that none is overtaken', async () => {
    const other = new pg.Client({ host: dir, database: 'postgres', user: 'postgres' });
    await other.connect();
    const order: string[] = [];
    let finish = (): void => {};
    const early = fencedTransaction(client, { name: 'order', term: 1 }, async () => {
      order.push('1 begins');
      await new Promise<void>((resolve) => (finish = resolve));
      order.push('1 ends');
    });
    await until(() => order.length === 1, 'the first transaction');
    const late = fencedTransaction(other, { name: 'order', term: 2 }, async () => void order.push('2'));
    const waits = 'SELECT 1 FROM pg_locks WHERE NOT granted';
    const watcher = new pg.Client({ host: dir, database: 'postgres', user: 'postgres' });
    await watcher.connect();
    for (let waiting = 0; waiting === 0;) waiting = (await watcher.query(waits)).rowCount ?? 0;
    finish();
    await Promise.all([early, late]);
    expect(order).toEqual(['1 begins', '1 ends', '2']);
    await expect(fencedTransaction(client, { name: 'order', term: 1 }, async () => {})).rejects.toMatchObject({ code: 'ERR_STALE_TERM', details: { seen: 2 } });
    await Promise.all([other.end(), watcher.end()]);
  });
});
