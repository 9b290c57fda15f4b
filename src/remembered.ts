import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, parseAddress } from './core/address.ts';
import type { Logger } from './core/logger.ts';
import type { ClusterNode } from './node.ts';

/** Addresses kept in a state directory. */
export const REMEMBERED_MAX = 64;
/** Longest that a change of the members stays unwritten. */
const WRITE_AFTER_MS = 1_000;

/**
 * Members that a node knew, kept in its state directory, so that it finds its cluster again when all
 * its seeds are gone, and after a split that lasted longer than anybody is remembered. A help and no
 * more: a file that cannot be read or written is said in the log and changes nothing.
 */
export class RememberedPeers {
  readonly #file: string;
  readonly #logger: Logger;

  constructor(stateDir: string, cluster: string, name: string, logger: Logger) {
    mkdirSync(stateDir, { recursive: true });
    this.#file = join(stateDir, `${encodeURIComponent(cluster)}.${encodeURIComponent(name)}.peers.json`);
    this.#logger = logger;
  }

  read(): readonly Address[] {
    try {
      const kept: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      if (!Array.isArray(kept)) return [];
      return kept.flatMap((address: unknown) => (typeof address === 'string' ? (parseAddress(address) ?? []) : [])).slice(0, REMEMBERED_MAX);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#logger.warn({ file: this.#file, error: String(error) }, 'remembered peers cannot be read');
      return [];
    }
  }

  /** Keeps the file up to date until the node is closed. Whoever was ever alive stays until the room is needed. */
  follow(node: ClusterNode): void {
    let timer: NodeJS.Timeout | null = null;
    let kept: readonly Address[] = this.read();
    const write = (): void => {
      timer = null;
      const running = node.members.filter(({ name, state }) => name !== node.name && state !== 'failed' && state !== 'left').map(({ address }) => address);
      kept = [...new Set([...running, ...kept])].slice(0, REMEMBERED_MAX);
      try {
        writeFileSync(`${this.#file}.new`, JSON.stringify(kept));
        renameSync(`${this.#file}.new`, this.#file); // whole or not at all
      } catch (error) {
        this.#logger.warn({ file: this.#file, error: String(error) }, 'remembered peers cannot be written');
      }
    };
    const soon = (): void => {
      timer ??= setTimeout(write, WRITE_AFTER_MS).unref();
    };
    node.on('joined', soon);
    node.on('updated', soon); // it may have moved
    soon();
    node.on('closed', () => {
      if (timer === null) return;
      clearTimeout(timer);
      write();
    });
  }
}
