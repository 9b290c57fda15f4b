/**
 * The lease loop that people write by hand on a store with expiry (Redis, a database row), modelled:
 * `SET name me IF ABSENT EXPIRE ttl`, renew every ttl/3, lead until a renewal is answered "no longer
 * yours" or fails. Each of its mistakes is a common one:
 *
 * - it believes until it is *told*: a request that is not answered is waited for until the client
 *   library gives up, which for common clients is seconds to never (docs/benchmarks.md);
 * - where it does count (`countsItself`), it counts the lease from the answer and by its own clock alone;
 * - nothing looks at the clock when a stopped process goes on.
 */
export interface NaiveOptions {
  readonly nodes: readonly { readonly name: string; readonly ratePpm: number }[];
  readonly ttlMs: number;
  /** How fast the store's clock runs. */
  readonly storePpm: number;
  /** One way to the store and back again. */
  readonly delayMs: number;
  /** When the client library gives up a request. */
  readonly requestTimeoutMs: number;
  /** Ends its leadership by its own clock, too, `ttl` after the last good answer. */
  readonly countsItself: boolean;
  readonly endMs: number;
  readonly fault: Fault;
}

/** Befalls whoever leads then. */
export interface Fault {
  readonly kind: 'cut' | 'pause';
  readonly atMs: number;
  readonly forMs: number;
}

/** A time in which a node believed that it led, and could do something. */
export interface Believed {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Node {
  readonly name: string;
  readonly ratePpm: number;
  leads: boolean;
  /** Local time. */
  nextMs: number;
  untilMs: number;
  /** An answer on its way, or null; true time. */
  answer: { readonly atMs: number; readonly ok: boolean } | null;
  askedMs: number;
}

/** Millisecond by millisecond, true time; deterministic. */
export function naiveLease(options: NaiveOptions): readonly Believed[] {
  const { ttlMs, delayMs, fault } = options;
  const store = { owner: '', untilMs: 0 };
  const nodes: Node[] = options.nodes.map(({ name, ratePpm }, i) => ({
    name,
    ratePpm,
    leads: false,
    nextMs: 20 * i,
    untilMs: 0,
    answer: null,
    askedMs: -1,
  }));
  const believed: { node: string; fromMs: number; toMs: number }[] = [];
  let victim: string | null = null;
  for (let nowMs = 0; nowMs < options.endMs; nowMs += 1) {
    if (nowMs === fault.atMs) victim = nodes.find(({ leads }) => leads)?.name ?? null;
    const befallen = nowMs >= fault.atMs && nowMs < fault.atMs + fault.forMs;
    for (const node of nodes) {
      const isVictim = befallen && node.name === victim;
      if (isVictim && fault.kind === 'pause') continue;
      const localMs = nowMs * (1 + node.ratePpm / 1e6);
      if (node.answer !== null && nowMs >= node.answer.atMs) {
        node.leads = node.answer.ok;
        node.untilMs = localMs + ttlMs;
        node.nextMs = localMs + ttlMs / 3;
        node.answer = null;
        node.askedMs = -1;
      }
      if (node.askedMs >= 0 && localMs - node.askedMs > options.requestTimeoutMs) {
        node.leads = false;
        node.askedMs = -1;
        node.answer = null;
        node.nextMs = localMs + ttlMs / 3;
      }
      if (options.countsItself && node.leads && localMs >= node.untilMs) node.leads = false;
      if (node.askedMs < 0 && localMs >= node.nextMs) {
        node.askedMs = localMs;
        if (!isVictim) {
          const storeMs = (nowMs + delayMs) * (1 + options.storePpm / 1e6);
          const ok = store.owner === '' || store.owner === node.name || storeMs >= store.untilMs;
          if (ok) Object.assign(store, { owner: node.name, untilMs: storeMs + ttlMs });
          node.answer = { atMs: nowMs + 2 * delayMs, ok };
        }
      }
      if (!node.leads) continue;
      const last = believed.findLast((one) => one.node === node.name);
      if (last?.toMs === nowMs) last.toMs = nowMs + 1;
      else believed.push({ node: node.name, fromMs: nowMs, toMs: nowMs + 1 });
    }
  }
  return believed;
}

/** For how long two or more believed so at once. Milliseconds. */
export function overlapMs(believed: readonly Believed[]): number {
  const edges = believed.flatMap(({ fromMs, toMs }) => [
    { atMs: fromMs, by: 1 },
    { atMs: toMs, by: -1 },
  ]);
  edges.sort((a, b) => a.atMs - b.atMs || a.by - b.by);
  let count = 0;
  let sinceMs = 0;
  let totalMs = 0;
  for (const { atMs, by } of edges) {
    if (count >= 2) totalMs += atMs - sinceMs;
    count += by;
    sinceMs = atMs;
  }
  return totalMs;
}
