import type { Logger } from './core/logger.ts';
import { ms } from './core/time.ts';
import type { Member, Tags } from './core/view.ts';
import type { VoterSet, VotersChange } from './election/voter-set.ts';

/** The tag of a node that would vote if it were asked to: it has a state directory, and no vote yet. */
export const SPARE_TAG = '~spare';

/** Longest time between two looks at the dead. */
const LOOK_MS = 60_000;

/** What replacing a voter needs of a node. */
export interface SparePort {
  readonly name: string;
  readonly election: { readonly franchise: { readonly standing: { readonly set: VoterSet } } };
  readonly membership: { readonly members: ReadonlyMap<string, Member> };
  changeVoters(wish: VotersChange): unknown;
  alarm(afterMs: number, ring: () => void): () => void;
}

/**
 * Replaces a voter that has been dead beyond its grace by a spare (config.R1). A dead voter costs
 * nothing but the next one's life: three with one dead are two that must both live.
 *
 * The first living voter by name does it; should two think that they are the first, the voters' own
 * election lets one lead at a time, and the second finds nothing left to do.
 */
export class SpareWatch {
  readonly #port: SparePort;
  readonly #elapsedUs: () => number;
  readonly #graceMs: number;
  readonly #logger: Logger;
  /** Voters that are held failed or left → since when, on the elapsed clock. */
  readonly #goneSinceMs = new Map<string, number>();
  readonly #cancel: () => void;

  constructor(port: SparePort, elapsedUs: () => number, graceMs: number, logger: Logger) {
    this.#port = port;
    this.#elapsedUs = elapsedUs;
    this.#graceMs = graceMs;
    this.#logger = logger;
    const everyMs = Math.min(LOOK_MS, Math.max(100, graceMs / 10));
    let cancel = (): void => {};
    const look = (): void => {
      this.#look();
      cancel = port.alarm(everyMs, look);
    };
    cancel = port.alarm(everyMs, look);
    this.#cancel = () => cancel();
  }

  end(): void {
    this.#cancel();
  }

  #look(): void {
    const members = this.#port.membership.members;
    const voting = this.#port.election.franchise.standing.set.seats.filter(({ weight }) => weight > 0);
    const isGone = (name: string): boolean => ['failed', 'left'].includes(members.get(name)?.state ?? 'alive');
    const nowMs = ms(this.#elapsedUs());
    for (const name of this.#goneSinceMs.keys()) if (!isGone(name)) this.#goneSinceMs.delete(name);
    for (const { name } of voting) if (isGone(name) && !this.#goneSinceMs.has(name)) this.#goneSinceMs.set(name, nowMs);
    const living = voting.map(({ name }) => name).filter((name) => !isGone(name));
    if (living.sort()[0] !== this.#port.name) return;
    const dead = voting.find(({ name }) => nowMs - (this.#goneSinceMs.get(name) ?? Infinity) >= this.#graceMs);
    const spare = [...members.values()]
      .filter(({ name, state, tags }) => state === 'alive' && tags[SPARE_TAG] !== undefined && !voting.some((voter) => voter.name === name))
      .map(({ name }) => name)
      .sort()[0];
    if (dead === undefined || spare === undefined) return;
    this.#logger.info({ dead: dead.name, spare }, 'a dead voter is replaced');
    this.#port.changeVoters({ replace: { [dead.name]: spare } });
  }
}

/** The tag that tells which line of descent a node's voters belong to, where they were founded or forced: two lines are two clusters. */
export const LINEAGE_TAG = '~line';

/** What a node's tags tell of its voters. */
export function votersTags({ lineage, isOriginal }: { readonly lineage: number; readonly isOriginal: boolean }, isSpare: boolean): Tags {
  return { ...(isSpare ? { [SPARE_TAG]: '1' } : {}), ...(isOriginal ? {} : { [LINEAGE_TAG]: lineage.toString(36) }) };
}
