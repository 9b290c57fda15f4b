import type { Address } from './core/address.ts';
import type { Member, Tags } from './core/view.ts';
import { LINEAGE_TAG } from './spares.ts';

/** Anybody can send such datagrams, and a member tells its tags often: a warning a minute is enough. */
const AGAIN_US = 60_000_000;

type Warn = (code: 'foreign-cluster' | 'foreign-voters', details: Readonly<Record<string, string>>) => void;

/** Two clusters that meet refuse each other; this says so, because a mistake that is silent on both sides is found last. */
export class ForeignWatch {
  readonly #warn: Warn;
  /** Each warning has a quiet time of its own: stray datagrams must not hide that one name has two leaders. */
  readonly #quietUntilUs = { 'foreign-cluster': -Infinity, 'foreign-voters': -Infinity };

  constructor(warn: Warn) {
    this.#warn = warn;
  }

  /** A datagram of another cluster's name: somebody's seeds, or ours, lead astray. */
  datagram(from: Address, nowUs: number): void {
    this.#once(nowUs, 'foreign-cluster', { from });
  }

  /**
   * A member of ours whose voters were founded, or forced, apart from ours: one name, two clusters with a
   * leader each. They are never merged silently; whoever is to follow must be started anew (docs/operating.md).
   */
  member({ name, address, tags }: Member, ours: Tags, nowUs: number): void {
    const [theirs, mine] = [tags[LINEAGE_TAG], ours[LINEAGE_TAG]];
    if (theirs !== undefined && mine !== undefined && theirs !== mine) this.#once(nowUs, 'foreign-voters', { member: name, address, ours: mine, theirs });
  }

  #once(nowUs: number, code: Parameters<Warn>[0], details: Parameters<Warn>[1]): void {
    if (nowUs < this.#quietUntilUs[code]) return;
    this.#quietUntilUs[code] = nowUs + AGAIN_US;
    this.#warn(code, details);
  }
}
