import type { Logger } from './core/logger.ts';
import { ms } from './core/time.ts';
import type { Member, Tags } from './core/view.ts';
import type { Refusal } from './election/reconfiguration.ts';
import { type Seat, type VoterSet, type VotersChange, oddOneOut } from './election/voter-set.ts';
import type { NodeSettings } from './options.ts';

/** The tag of a node that would vote if it were asked to: it has a state directory, and no vote yet. */
export const SPARE_TAG = '~spare';

/** Longest time between two looks at the dead. */
const LOOK_MS = 60_000;
/** What cannot be done in so long, or in so many T, is given up for another grace: others may want to change the voters meanwhile. */
const TRY_MS = 60_000;
const TRY_GRANTS = 4;

/** What replacing a voter needs of a node. */
export interface SparePort {
  readonly name: string;
  readonly election: { readonly franchise: { readonly standing: { readonly set: VoterSet }; readonly reconfiguration: { readonly isOwn: boolean } } };
  readonly membership: { readonly members: ReadonlyMap<string, Pick<Member, 'name' | 'state' | 'tags'>> };
  readonly voters: { changeUnasked(wish: VotersChange): Refusal | null; abandon(): void };
  alarm(afterMs: number, ring: () => void): () => void;
}

/**
 * Replaces a voter that has been dead beyond its grace by a spare (config.R1). A dead voter costs
 * nothing but the next one's life: three with one dead are two that must both live.
 *
 * The first living voter by name does it; should two think that they are the first, the voters' own
 * election lets one lead at a time, and the second finds nothing left to do. Should it die half-way,
 * the dead one is listed without a vote, and the next one by name goes on.
 */
export class SpareWatch {
  readonly #port: SparePort;
  readonly #elapsedUs: () => number;
  readonly #graceMs: number;
  readonly #tryMs: number;
  readonly #logger: Logger;
  /** Listed ones that are held failed or left, or are not known at all → since when, on the elapsed clock. */
  readonly #goneSinceMs = new Map<string, number>();
  /** What was begun last. */
  #begun = { dead: '', spare: '', untilMs: 0 };
  #notBeforeMs = 0;
  readonly #cancel: () => void;

  constructor(
    port: SparePort,
    elapsedUs: () => number,
    { replaceVoterAfterMs, election }: Pick<NodeSettings, 'replaceVoterAfterMs' | 'election'>,
    logger: Logger,
  ) {
    this.#port = port;
    this.#elapsedUs = elapsedUs;
    this.#graceMs = replaceVoterAfterMs;
    this.#tryMs = Math.max(TRY_MS, TRY_GRANTS * ms(election.grantUs));
    this.#logger = logger;
    const everyMs = Math.min(LOOK_MS, Math.max(100, replaceVoterAfterMs / 10));
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
    const { standing, reconfiguration } = this.#port.election.franchise;
    const { seats } = standing.set;
    const nowMs = ms(this.#elapsedUs());
    this.#note(seats, nowMs);
    if (reconfiguration.isOwn) return this.#attend(nowMs);
    const [first] = seats
      .filter(({ name, weight }) => weight > 0 && !this.#isGone(name))
      .map(({ name }) => name)
      .sort();
    if (first !== this.#port.name || nowMs < this.#notBeforeMs) return;
    const oddOne = oddOneOut(seats);
    const isDue = ({ name, weight }: Seat): boolean => (this.#isGone(name) ? nowMs - (this.#goneSinceMs.get(name) ?? Infinity) >= this.#graceMs : weight === 0);
    const seat = seats.find((some) => !some.excluded && some !== oddOne && isDue(some));
    if (seat === undefined) return;
    // Who lost its vote as a dead one and is back before another got it takes it again.
    const spare = this.#isGone(seat.name) ? this.#spare(seats, oddOne) : seat.name;
    if (spare === undefined || this.#port.voters.changeUnasked({ replace: { [seat.name]: spare } }) !== null) return;
    this.#begun = { dead: seat.name, spare, untilMs: nowMs + this.#tryMs };
    this.#logger.info({ dead: seat.name, spare }, 'a dead voter is replaced');
  }

  /** Unknown is gone, from the first look on: who was dead before all others started again is in nobody's view. */
  #isGone(name: string): boolean {
    return name !== this.#port.name && ['failed', 'left'].includes(this.#port.membership.members.get(name)?.state ?? 'left');
  }

  #note(seats: readonly Seat[], nowMs: number): void {
    const gone = new Set(seats.filter(({ name, excluded }) => !excluded && this.#isGone(name)).map(({ name }) => name));
    for (const name of this.#goneSinceMs.keys()) if (!gone.has(name)) this.#goneSinceMs.delete(name);
    for (const name of gone) if (!this.#goneSinceMs.has(name)) this.#goneSinceMs.set(name, nowMs);
  }

  /** The first by name that would vote. Who is excluded would, too, and must not: it is in maintenance. */
  #spare(seats: readonly Seat[], oddOne: Seat | null): string | undefined {
    const listed = new Set(seats.filter((seat) => seat !== oddOne).map(({ name }) => name));
    return [...this.#port.membership.members.values()]
      .filter(({ name, state, tags }) => state === 'alive' && tags[SPARE_TAG] !== undefined && !listed.has(name))
      .map(({ name }) => name)
      .sort()[0];
  }

  /** Gives up what is under way where it is not wanted any more, or does not come to an end. */
  #attend(nowMs: number): void {
    const { dead, spare, untilMs } = this.#begun;
    const isLate = nowMs >= untilMs;
    if (!isLate && !this.#isGone(spare) && (dead === spare || this.#isGone(dead))) return;
    if (isLate) this.#notBeforeMs = nowMs + this.#graceMs;
    this.#port.voters.abandon();
    this.#logger.info({ dead, spare, isLate }, 'a dead voter is not replaced after all');
  }
}

/** The tag that tells which line of descent a node's voters belong to, where they were founded or forced: two lines are two clusters. */
export const LINEAGE_TAG = '~line';

/** What a node's tags tell of its voters. */
export function votersTags({ lineage, isOriginal }: { readonly lineage: number; readonly isOriginal: boolean }, isSpare: boolean): Tags {
  return { ...(isSpare ? { [SPARE_TAG]: '1' } : {}), ...(isOriginal ? {} : { [LINEAGE_TAG]: lineage.toString(36) }) };
}
