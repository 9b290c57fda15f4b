import { lookup } from 'node:dns/promises';
import { type Address, parseAddress } from './core/address.ts';
import type { Logger } from './core/logger.ts';
import type { ClusterNode } from './node.ts';
import type { RememberedPeers } from './remembered.ts';

/** How often names are looked up again: while we are alone, and else. */
const ALONE_MS = 5_000;
const AMONG_OTHERS_MS = 60_000;
/** How long a name service may take before the node starts without its answer. */
const LOOK_UP_MS = 2_000;

/** What of a name service is used. */
export type LookUp = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/**
 * Where to look for the cluster: the seeds that were given, and the members that were remembered.
 *
 * Names come to mean other addresses, and addresses that once were the cluster's are remembered
 * while we run. Both are looked at again for ever, also by nodes that are not alone: of two halves
 * that were apart for longer than anybody is remembered, each is well and has no reason to ask.
 */
export class Seeds {
  readonly #given: readonly string[];
  readonly #remembered: Pick<RememberedPeers, 'read'> | null;
  readonly #logger: Logger;
  readonly #lookUp: LookUp;
  /** What each name meant last: a name service that fails for a while takes nothing away. */
  readonly #meant = new Map<string, readonly Address[]>();
  #told = '';

  constructor(
    given: readonly string[],
    remembered: Pick<RememberedPeers, 'read'> | null,
    logger: Logger,
    lookUp: LookUp = (host) => lookup(host, { all: true }),
  ) {
    this.#given = given;
    this.#remembered = remembered;
    this.#logger = logger;
    this.#lookUp = lookUp;
  }

  /** Never rejects: a name that means nothing yet is said in the log, and looked up again. */
  async find(): Promise<readonly Address[]> {
    const found = await Promise.all(this.#given.map((seed) => this.#resolve(seed)));
    const all = [...new Set([...found.flat(), ...(this.#remembered?.read() ?? [])])];
    this.#told = all.join();
    return all;
  }

  /** Tells the node of others, until it is closed. */
  follow(node: Pick<ClusterNode, 'name' | 'members' | 'join' | 'on'>): void {
    if (this.#given.every((seed) => parseAddress(seed) !== null) && this.#remembered === null) return;
    let passedMs = 0;
    const timer = setInterval(() => {
      passedMs += ALONE_MS;
      const alone = node.members.every(({ name, state }) => name === node.name || state === 'failed' || state === 'left');
      if (!alone && passedMs < AMONG_OTHERS_MS) return;
      passedMs = 0;
      const before = this.#told;
      void this.find().then((addresses) => {
        if (this.#told !== before) node.join(addresses);
      });
    }, ALONE_MS);
    timer.unref();
    node.on('closed', () => clearInterval(timer));
  }

  async #resolve(seed: string): Promise<readonly Address[]> {
    const numeric = parseAddress(seed);
    if (numeric !== null) return [numeric];
    const colon = seed.lastIndexOf(':');
    const port = seed.slice(colon + 1);
    try {
      const records = await within(LOOK_UP_MS, this.#lookUp(seed.slice(0, colon)));
      const addresses = records.map(({ address, family }) => parseAddress(family === 6 ? `[${address}]:${port}` : `${address}:${port}`));
      this.#meant.set(
        seed,
        addresses.filter((address) => address !== null),
      );
    } catch (error) {
      this.#logger.warn({ seed, error: error instanceof Error ? error.message : String(error) }, "a seed's name cannot be looked up; trying again");
    }
    return this.#meant.get(seed) ?? [];
  }
}

/** A name service that does not answer must not keep a node from its other seeds: what a name means is asked for again later. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer of the name service within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
