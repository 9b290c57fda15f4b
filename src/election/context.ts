import type { Random } from '../core/random.ts';
import type { ElectionConfig } from './config.ts';
import type { Electorate } from './electorate.ts';
import type { ElectionChange } from './host.ts';
import type { Memory } from './memory.ts';
import type { Outbox } from './outbox.ts';
import type { Peers } from './peers.ts';

/** What voter, candidate and leader rules share: one node's configuration and its surroundings. */
export interface Context {
  readonly config: ElectionConfig;
  readonly self: { readonly name: string; readonly boot: number };
  readonly random: Random;
  readonly peers: Peers;
  readonly outbox: Outbox;
  readonly electorate: Electorate;
  readonly memory: Memory;
  notify(change: ElectionChange): void;
}
