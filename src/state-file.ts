import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BellwetherError } from './core/errors.ts';
import { readBoolean, readList, readName, readU32, readWhole } from './core/fields.ts';
import type { Logger } from './core/logger.ts';
import { VOTERS_MAX, type Kept } from './election/config.ts';
import type { HandedOn } from './election/hand-on.ts';
import { BALLOT_MAX, GRANT_MAX_US } from './election/recovery.ts';
import { type Seat, WEIGHT_MAX } from './election/voter-set.ts';

const VERSION = 1;

/**
 * What a voter must not forget, in its state directory: the voters in force, and a number above which
 * it has promised nothing. And, between two lives in good order, what it had promised (restart.R8).
 *
 * Written whole, synced, renamed, and the directory synced: a machine that loses its power finds the
 * former state or the new one. Synchronous on purpose: the protocol says nothing that is not here yet.
 */
export class StateFile {
  readonly #dir: string;
  readonly #file: string;
  readonly #handOn: string;
  readonly #logger: Logger;

  constructor(stateDir: string, cluster: string, name: string, logger: Logger) {
    try {
      mkdirSync(stateDir, { recursive: true });
    } catch (error) {
      throw new BellwetherError('ERR_STATE', `the state directory ${stateDir} cannot be made: ${String(error)}`, { file: stateDir });
    }
    const stem = `${encodeURIComponent(cluster)}.${encodeURIComponent(name)}`;
    this.#dir = stateDir;
    this.#file = join(stateDir, `${stem}.voter.json`);
    this.#handOn = join(stateDir, `${stem}.hand-on.json`);
    this.#logger = logger;
  }

  /** @returns Null where nothing was kept yet. @throws BellwetherError `ERR_STATE` where it cannot be read: to go on without it may elect two leaders. */
  read(): Kept | null {
    const json = this.#load(this.#file);
    if (json === undefined) return null;
    try {
      return keptOf(json);
    } catch (error) {
      throw new BellwetherError(
        'ERR_STATE',
        `${this.#file} does not hold the state of a voter: ${String(error)}. Without it this voter forgets what it promised and who votes: mend what damaged it, or replace the voter by one of another name (an older copy of the file is worse than none)`,
        { file: this.#file },
      );
    }
  }

  write(kept: Kept): boolean {
    return this.#store(this.#file, { version: VERSION, ...kept });
  }

  /** What the last life handed on; gone from the disk before this returns, so that nobody can use it twice. */
  takeOver(): HandedOn | null {
    const json = this.#load(this.#handOn);
    if (json === undefined) return null;
    try {
      rmSync(this.#handOn);
      this.#syncDir();
      return handedOnOf(json);
    } catch (error) {
      this.#logger.warn({ file: this.#handOn, error: String(error) }, 'what the last life handed on cannot be used');
      return null;
    }
  }

  handOn(handed: HandedOn): boolean {
    return this.#store(this.#handOn, { version: VERSION, ...handed });
  }

  /** What is in it; undefined where there is none. */
  #load(file: string): unknown {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new BellwetherError('ERR_STATE', `${file} cannot be read: ${String(error)}`, { file });
    }
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  #store(file: string, content: object): boolean {
    try {
      const fd = openSync(`${file}.new`, 'w', 0o600);
      try {
        writeFileSync(fd, `${JSON.stringify(content)}\n`); // not writeSync, which may write a part and not say so
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(`${file}.new`, file);
      this.#syncDir();
      return true;
    } catch (error) {
      this.#logger.error({ file, error: String(error) }, 'the state directory cannot be written');
      return false;
    }
  }

  #syncDir(): void {
    const fd = openSync(this.#dir, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

function fieldsOf(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || (json as { version?: unknown }).version !== VERSION)
    throw new Error(`not written by a version that is understood here`);
  return json as Record<string, unknown>;
}

function keptOf(json: unknown): Kept {
  const { boot, mark, origin, lineage, set, pending, grantUs } = fieldsOf(json);
  return {
    boot: readU32(boot, 'boot'),
    mark: readWhole(mark, BALLOT_MAX, 'mark'),
    grantUs: readWhole(grantUs, GRANT_MAX_US + 1, 'grantUs'),
    origin: readU32(origin, 'origin'),
    lineage: readU32(lineage, 'lineage'),
    set: set === null ? null : setOf(set as Record<string, unknown>),
    pending: readBoolean(pending, 'pending'),
  };
}

function setOf({ term, version, seats, floor }: Record<string, unknown>): Kept['set'] {
  return {
    term: readWhole(term, BALLOT_MAX, 'term'),
    version: readU32(version, 'version'),
    floor: readWhole(floor, BALLOT_MAX, 'floor'),
    seats: readList(seats, VOTERS_MAX, 'seats').map((seat): Seat => {
      const { name, weight, excluded } = seat as Record<string, unknown>;
      return { name: readName(name, 'name'), weight: readWhole(weight, WEIGHT_MAX + 1, 'weight'), excluded: readBoolean(excluded, 'excluded') };
    }),
  };
}

function handedOnOf(json: unknown): HandedOn {
  const { boot, digest, floor, grants } = fieldsOf(json);
  return {
    boot: readU32(boot, 'boot'),
    digest: readU32(digest, 'digest'),
    floor: readWhole(floor, BALLOT_MAX, 'floor'),
    grants: readList(grants, Number.MAX_SAFE_INTEGER, 'grants').map((grant) => {
      const { name, holder, holderBoot, ballot, term, seq, elected, leftUs } = grant as Record<string, unknown>;
      return {
        name: readName(name, 'name'),
        holder: readName(holder, 'holder'),
        holderBoot: readU32(holderBoot, 'holderBoot'),
        ballot: readWhole(ballot, BALLOT_MAX, 'ballot'),
        term: readWhole(term, BALLOT_MAX, 'term'),
        seq: readU32(seq, 'seq'),
        elected: readBoolean(elected, 'elected'),
        leftUs: readWhole(leftUs, GRANT_MAX_US + 1, 'leftUs'),
      };
    }),
  };
}
