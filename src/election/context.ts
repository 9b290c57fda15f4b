import type { Random } from '../core/random.ts';
import type { ElectionConfig } from './config.ts';
import type { ElectionChange } from './host.ts';
import type { Outbox } from './outbox.ts';
import type { Peers } from './peers.ts';

/** What voter, candidate and leader rules share: one node's configuration and its surroundings. */
export interface Context {
  readonly config: ElectionConfig;
  readonly self: { readonly name: string; readonly boot: number };
  readonly random: Random;
  readonly peers: Peers;
  readonly outbox: Outbox;
  /** Votes that make a majority of the configured voters. */
  readonly needed: number;
  notify(change: ElectionChange): void;
}
