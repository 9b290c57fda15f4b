import type { ElectionConfig } from './config.ts';
import { configDigest, firstDigest } from './config-digest.ts';
import type { Support } from './contest.ts';
import { type Endorsement, leaseEndUs } from './lease.ts';
import { type VoterSet, firstSeats, majorityOf, votesOf } from './voter-set.ts';

/**
 * Who votes, as this node knows it: the configuration in force here, how many votes make a majority
 * of it, and the digest that stands for it in every packet.
 */
export class Electorate {
  /** What this node was started with, and the line of descent of the present set: equal unless the set was forced or found by `bootstrapExpect`. */
  origin: number;
  lineage: number;
  set: VoterSet;
  /** The set was in the state directory when this process began. */
  isRemembered: boolean;
  digest = 0;
  /** Those with a vote, in the order of the set. */
  names: readonly string[] = [];
  total = 0;
  needed = 1;
  readonly #config: ElectionConfig;
  readonly #weights = new Map<string, number>();
  /** The set before, until a majority of the present one was heard to speak under it. */
  #former: VoterSet | null = null;
  readonly #holders = new Set<string>();

  constructor(config: ElectionConfig) {
    this.#config = config;
    this.origin = firstDigest(config);
    const { kept } = config;
    const inForce = kept === null || kept.pending ? null : kept.set;
    this.set = inForce ?? { term: 0, version: 0, seats: firstSeats(config.voters, config.weights), floor: 0 };
    this.lineage = inForce === null ? this.origin : kept!.lineage;
    if (inForce !== null) this.origin = kept!.origin;
    this.isRemembered = inForce !== null;
    this.#count();
  }

  /** Whether the set is the one this node was started with: then nobody has to remember it. */
  get isFirst(): boolean {
    return this.set.term === 0 && this.set.version === 0 && this.lineage === this.origin;
  }

  /** A set that everybody who votes in it had from its beginning: fixed for ever, or founded, or forced. */
  get isOriginal(): boolean {
    return this.set.term === 0 && this.set.version === 0;
  }

  /** Nobody can be elected under the set before this one any more. */
  get isSettled(): boolean {
    return this.#former === null;
  }

  weightOf(name: string): number {
    return this.#weights.get(name) ?? 0;
  }

  isVoter(name: string): boolean {
    return this.#weights.has(name);
  }

  /** Votes of those named. */
  votes(names: Iterable<string>): number {
    let votes = 0;
    for (const name of names) votes += this.weightOf(name);
    return votes;
  }

  /** From now on `set` is in force here. Whoever calls this has made sure that it will be remembered (config.P8). */
  install(set: VoterSet, lineage = this.lineage, origin = this.origin): void {
    this.#former = lineage === this.lineage ? this.set : null;
    this.lineage = lineage;
    this.origin = origin;
    this.set = set;
    this.isRemembered = false;
    this.#holders.clear();
    this.#count();
  }

  /** A voter speaks under the present set. Once a majority does, nobody can be elected under the one before. */
  heardUnder(name: string): void {
    if (this.#former === null || !this.isVoter(name)) return;
    this.#holders.add(name);
    if (this.votes(this.#holders) >= this.needed) this.#former = null;
  }

  /** Until when these promises hold a majority: of the set before as well, while it may still elect somebody (config.P6). */
  leaseEndUs(support: ReadonlyMap<string, Support>): number {
    const endUs = leaseEndUs(endorsements(support, this.#weights), this.needed);
    if (this.#former === null) return endUs;
    const former = new Map(this.#former.seats.map(({ name, weight }) => [name, weight]));
    return Math.min(endUs, leaseEndUs(endorsements(support, former), majorityOf(votesOf(this.#former.seats))));
  }

  #count(): void {
    this.#weights.clear();
    for (const { name, weight } of this.set.seats) if (weight > 0) this.#weights.set(name, weight);
    this.names = [...this.#weights.keys()];
    this.total = votesOf(this.set.seats);
    this.needed = majorityOf(this.total);
    this.digest = this.isFirst ? this.origin : configDigest(this.#config, this.lineage, this.set);
  }
}

function endorsements(support: ReadonlyMap<string, Support>, weights: ReadonlyMap<string, number>): Endorsement[] {
  const all: Endorsement[] = [];
  for (const [name, { endUs }] of support) {
    const weight = weights.get(name);
    if (weight !== undefined) all.push({ endUs, weight });
  }
  return all;
}
