import { describe, expect, it } from 'vitest';
import { FENCE_HEADER, FencingGate, type SqlClient, checkFenceHeader, fenceHeaders, fencedTransaction } from '../src/fencing.ts';

describe('a fencing gate', () => {
  it('lets terms pass that are the highest seen, and no smaller one, name by name', () => {
    const gate = new FencingGate();
    gate.admit({ name: 'job', term: 5 });
    gate.admit({ name: 'job', term: 5 });
    gate.admit({ name: 'job', term: 7 });
    gate.admit({ name: 'other', term: 1 });
    expect(() => gate.admit({ name: 'job', term: 6 })).toThrow(
      expect.objectContaining({ code: 'ERR_STALE_TERM', details: { election: 'job', term: 6, seen: 7 } }),
    );
    expect(gate.seen('job')).toBe(7);
    expect(gate.seen('nothing')).toBe(0);
  });

  it('lets nothing pass whose term is no number, and remembers what it has seen', () => {
    const gate = new FencingGate();
    gate.admit({ name: 'job', term: 10 });
    for (const term of [Number.NaN, undefined as unknown as number])
      expect(() => gate.admit({ name: 'job', term })).toThrow(expect.objectContaining({ code: 'ERR_STALE_TERM' }));
    expect(() => gate.admit({ name: 'job', term: 3 })).toThrow(expect.objectContaining({ code: 'ERR_STALE_TERM' }));
  });
});

describe('a request', () => {
  it('carries its fence in a header, and is answered 412 when that is too old', () => {
    const gate = new FencingGate();
    expect(checkFenceHeader(gate, fenceHeaders({ name: 'job', term: 8 }))).toBe(null);
    expect(checkFenceHeader(gate, fenceHeaders({ name: 'job', term: 7 }))).toMatchObject({ status: 412 });
    for (const value of [undefined, 'job', '@1', 'job@', 'job@-1', 'job@1e3', ['job@9', 'job@9'], `job@${'9'.repeat(20)}`])
      expect(checkFenceHeader(gate, { [FENCE_HEADER]: value })).toMatchObject({ status: 400 });
  });
});

describe('a fenced transaction', () => {
  /** Says what it was asked, and raises the term as the statement would. */
  const database = (term: number): { client: SqlClient; asked: string[] } => {
    const asked: string[] = [];
    return {
      asked,
      client: {
        query: async (text, values) => {
          asked.push(text.split(' ')[0]!);
          if (text.startsWith('INSERT')) return { rowCount: Number(values![1]) >= term ? 1 : 0, rows: [] };
          return { rowCount: 1, rows: [{ term }] };
        },
      },
    };
  };

  it('raises the term first, works, and commits', async () => {
    const { client, asked } = database(5);
    expect(await fencedTransaction(client, { name: 'job', term: 5 }, async () => void asked.push('work'))).toBe(undefined);
    expect(asked).toEqual(['BEGIN', 'INSERT', 'work', 'COMMIT']);
  });

  it('of an earlier term does not work at all', async () => {
    const { client, asked } = database(6);
    await expect(fencedTransaction(client, { name: 'job', term: 5 }, async () => void asked.push('work'))).rejects.toMatchObject({
      code: 'ERR_STALE_TERM',
      details: { seen: 6 },
    });
    expect(asked).toEqual(['BEGIN', 'INSERT', 'SELECT', 'ROLLBACK']);
  });

  it('in which a statement failed, and whose work passed over that, has not been done: the database says ROLLBACK to its COMMIT', async () => {
    const { client } = database(5);
    const failed: SqlClient = { query: async (text, values) => ({ ...(await client.query(text, values)), command: text === 'COMMIT' ? 'ROLLBACK' : text }) };
    await expect(fencedTransaction(failed, { name: 'job', term: 5 }, async () => {})).rejects.toThrow('rolled back');
  });

  it('whose work throws is rolled back, and says what was thrown', async () => {
    const { client, asked } = database(1);
    await expect(fencedTransaction(client, { name: 'job', term: 5 }, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    expect(asked).toEqual(['BEGIN', 'INSERT', 'ROLLBACK']);
  });
});
