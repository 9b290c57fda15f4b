import type { ElectionConfig, Kept } from './config.ts';
import type { VoterSet } from './voter-set.ts';

/** The mark is written so far ahead, so that the disk is touched once in so many elections. */
const MARK_AHEAD = 1_024;

/**
 * What this node has in its state directory, if it has one: the voters in force, and a number above
 * which its voter has promised nothing. Written through before the core says a word that rests on it
 * (config.P8, restart.R7); what could not be written was not said.
 */
export class Memory {
  readonly isDurable: boolean;
  #kept: Kept;
  readonly #grantUs: number;
  readonly #write: (kept: Kept) => boolean;

  constructor({ durable, kept, grantUs }: ElectionConfig, boot: number, write: (kept: Kept) => boolean) {
    this.isDurable = durable;
    this.#grantUs = grantUs;
    const before = kept ?? { mark: 0, grantUs: 0, origin: 0, lineage: 0, set: null, pending: false };
    this.#kept = { ...before, grantUs: Math.max(before.grantUs, grantUs), boot };
    this.#write = write;
  }

  /** Nothing above it was ever promised by a voter of this name; 0: not known. */
  get mark(): number {
    return this.#kept.mark;
  }

  /** The longest T under which a former life's promise may still run. */
  get grantUs(): number {
    return this.#kept.grantUs;
  }

  /** To be called before the voter's first word in this life: it has waited, or knows what was promised. @returns False: it may not say it. */
  enter(floor: number): boolean {
    return !this.isDurable || this.#keep({ ...this.#kept, grantUs: this.#grantUs, mark: Math.max(this.#kept.mark, floor + MARK_AHEAD) });
  }

  /** To be called before `ballot` is promised. @returns False: it may not be. */
  reserve(ballot: number): boolean {
    if (!this.isDurable || ballot <= this.#kept.mark) return true;
    return this.#keep({ ...this.#kept, mark: ballot + MARK_AHEAD });
  }

  /** To be called before `set` is in force. @returns False: it may not be. */
  remember(set: VoterSet, lineage: number, origin: number): boolean {
    return this.isDurable && this.#keep({ ...this.#kept, set, lineage, origin, pending: false });
  }

  /** To be called before it is said that `set` is accepted; it is not in force yet. @returns False: it may not be. */
  accept(set: VoterSet, lineage: number, origin: number): boolean {
    return this.isDurable && this.#keep({ ...this.#kept, set, lineage, origin, pending: true });
  }

  #keep(kept: Kept): boolean {
    if (!this.#write(kept)) return false;
    this.#kept = kept;
    return true;
  }
}
