import { optionsError } from './candidacy.ts';
import type { Tags } from './core/view.ts';
import { TAGS_MAX_BYTES } from './membership/limits.ts';
import { tagsBytes } from './membership/wire-size.ts';

/** Longest word a leader may say of its tenure. */
export const PAYLOAD_MAX = 128;
/** Tags of ours that begin with this are a leader's words: `leader:NAME` → `TERM WORDS`. */
const PREFIX = 'leader:';

/** Tags that we write ourselves, beside the application's: what begins with `~` tells of the voters. */
export function isReservedTag(key: string): boolean {
  return key.startsWith('~') || key.startsWith(PREFIX);
}

/** The longest that a node tells of its vote (`votersTags`). Room for it is kept, or a node with long tags could not say it, and could not run. */
const LONGEST_OURS: Tags = { '~spare': '1', '~line': 'zzzzzzz' };

/** Bytes that tags take with room for ours beside them. */
export const bytesWithOurs = (tags: Tags): number => tagsBytes({ ...tags, ...LONGEST_OURS });

/** What a member says of a tenure, unless that was another one. */
export function payloadOf(tags: Tags, election: string, term: number): string | null {
  const said = tags[PREFIX + election];
  return said !== undefined && said.startsWith(`${term} `) ? said.slice(`${term} `.length) : null;
}

/**
 * A leader's words travel as tags: they spread with the membership's gossip, in the time of a few
 * round trips, and cost the election nothing. The term beside them keeps those of a former tenure apart.
 */
export class Payloads {
  #tags: Tags;
  /** What is told of the voters. */
  voters: Tags = {};
  readonly #payloads = new Map<string, string>();

  constructor(tags: Tags) {
    this.#tags = tags;
  }

  /** The application's tags and the leader's words together. */
  get all(): Tags {
    return this.#with(this.#tags, this.#payloads);
  }

  /**
   * Without ours: `{ ...self.tags, k: v }` is how one tag is changed, and what we had written into `self.tags` would stay for good.
   *
   * @throws BellwetherError `ERR_OPTIONS` when together they are too many bytes.
   */
  setTags(tags: Tags): void {
    const theirs = Object.fromEntries(Object.entries(tags).filter(([key]) => !isReservedTag(key)));
    this.#check(theirs, this.#payloads);
    this.#tags = theirs;
  }

  /** @throws BellwetherError `ERR_OPTIONS` */
  set(election: string, term: number, payload: string): void {
    if (payload.length > PAYLOAD_MAX) throw optionsError(`a payload must be at most ${PAYLOAD_MAX} characters; it is ${payload.length}`);
    const said = `${term} ${payload}`;
    this.#check(this.#tags, new Map([...this.#payloads, [election, said]]));
    this.#payloads.set(election, said);
  }

  /** @returns Whether there was any. */
  delete(election: string): boolean {
    return this.#payloads.delete(election);
  }

  #check(tags: Tags, payloads: ReadonlyMap<string, string>): void {
    const bytes = bytesWithOurs(this.#with(tags, payloads));
    if (bytes > TAGS_MAX_BYTES)
      throw optionsError(`tags and payloads must be at most ${TAGS_MAX_BYTES} bytes encoded, our own words among them; they would be ${bytes}`);
  }

  #with(tags: Tags, payloads: ReadonlyMap<string, string>): Tags {
    return { ...tags, ...this.voters, ...Object.fromEntries([...payloads].map(([election, said]) => [PREFIX + election, said])) };
  }
}
