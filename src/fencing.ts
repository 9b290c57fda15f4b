import { BellwetherError } from './core/errors.ts';

/**
 * Fencing: the resource's half of a lease. A leader that was stopped between its check and its write
 * writes when it wakes; only the resource can tell, by remembering the highest term it has seen and
 * refusing smaller ones (Kleppmann 2016, "How to do distributed locking").
 */

/** What a write carries: a lease, or anything with its election and term. */
export interface Fence {
  /** What is led in a part only fences nothing. */
  readonly exclusive?: true;
  readonly name: string;
  readonly term: number;
}

function stale(fence: Fence, seen: number | null): BellwetherError {
  const than = seen === null ? 'a higher one' : `term ${seen}`;
  return new BellwetherError('ERR_STALE_TERM', `'${fence.name}' has seen ${than}; a write in term ${fence.term} comes too late`, {
    election: fence.name,
    term: fence.term,
    seen,
  });
}

/** The gate of a resource that lives in one process: it lets a term pass while it has seen none that is higher. */
export class FencingGate {
  readonly #seen = new Map<string, number>();

  /** @throws BellwetherError `ERR_STALE_TERM`; `details.seen` is what to give to the lease's `reportStale`. */
  admit(fence: Fence): void {
    const seen = this.#seen.get(fence.name) ?? 0;
    if (!(fence.term >= seen)) throw stale(fence, seen); // also what is no number at all
    this.#seen.set(fence.name, fence.term);
  }

  /** The highest term seen; 0 before any. */
  seen(name: string): number {
    return this.#seen.get(name) ?? 0;
  }
}

/** The part of an SQL client that is used; `pg`'s Client and PoolClient have it. One connection, not a pool: a transaction lives on one. */
export interface SqlClient {
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rowCount: number | null; readonly rows: readonly Record<string, unknown>[]; readonly command?: string }>;
}

/** Once per database: where the terms are remembered. */
export const FENCE_TABLE = 'CREATE TABLE IF NOT EXISTS bellwether_fence (name text PRIMARY KEY, term bigint NOT NULL)';

const RAISE = `INSERT INTO bellwether_fence AS f (name, term) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET term = EXCLUDED.term WHERE f.term <= EXCLUDED.term`;

/**
 * Runs `work` in a transaction that no later leader can be overtaken by.
 *
 * The first statement raises the remembered term and so locks its row until the end: a later leader's
 * transaction waits for this one, and one of an earlier term is refused before it writes. A check
 * before the transaction, or without the lock, would let a stopped process write after both.
 *
 * PostgreSQL's dialect (9.5 and later); SQLite understands it too.
 *
 * @throws BellwetherError `ERR_STALE_TERM`, nothing written; or what `work` threw, rolled back.
 */
export async function fencedTransaction<T>(client: SqlClient, fence: Fence, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const { rowCount } = await client.query(RAISE, [fence.name, fence.term]);
    if (rowCount !== 1) {
      const { rows } = await client.query('SELECT term FROM bellwether_fence WHERE name = $1', [fence.name]);
      throw stale(fence, Number(rows[0]?.['term'] ?? 0));
    }
    const result = await work();
    // PostgreSQL answers so, and without an error, where a statement in it had failed and `work` went on.
    if ((await client.query('COMMIT')).command === 'ROLLBACK') throw new Error('the transaction was rolled back: a statement in it had failed');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // the connection may be gone; what went wrong first is the news
    throw error;
  }
}

/** The request header that carries a fence. */
export const FENCE_HEADER = 'bellwether-fence';

/** Headers for a request of a leader. */
export function fenceHeaders(fence: Fence): Record<string, string> {
  return { [FENCE_HEADER]: `${fence.name}@${fence.term}` };
}

/**
 * The other side: looks at a request's header and lets it pass or says what to answer.
 *
 * @returns Null when it may pass; else the status and body to answer with: 400 without a fence, 412 with one too old.
 */
export function checkFenceHeader(
  gate: FencingGate,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): { readonly status: 400 | 412; readonly body: string } | null {
  const value = headers[FENCE_HEADER];
  const match = typeof value === 'string' ? /^(.{1,64})@([0-9]{1,16})$/.exec(value) : null;
  if (match === null) return { status: 400, body: `the ${FENCE_HEADER} header must be NAME@TERM` };
  try {
    gate.admit({ name: match[1]!, term: Number(match[2]) });
    return null;
  } catch (error) {
    return { status: 412, body: (error as Error).message };
  }
}
