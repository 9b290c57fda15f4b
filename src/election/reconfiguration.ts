import { assert } from '../core/assert.ts';
import type { Now } from '../core/time.ts';
import type { Context } from './context.ts';
import { worthUs } from './lease.ts';
import { unsayable } from './outbox.ts';
import { type Seat, type VoterSet, type VotersChange, applyChange, faultsOf, nextSeats, overlaps, unfit } from './voter-set.ts';

/** The election whose leader may change who votes. No application can stand for it. */
export const VOTERS_ELECTION = '#voters';

/** Why nobody could go by such a set, or tell it; empty: it is one. */
export const whyNot = (seats: readonly Seat[], packetBudget: number): string[] => [...unfit(seats), ...unsayable(seats, packetBudget)];

/** Why a change was not begun: `no-memory`: without a state directory voters are fixed; `busy`: another one is under way here. */
export interface Refusal {
  readonly why: 'no-memory' | 'busy' | 'fault';
  readonly problems: readonly string[];
}

/**
 * Changes who votes, one vote at a time and without a log (rules config.P1–P9 of docs/protocol.md).
 *
 * Whoever wants a change first wins the voters' own election, stamps the present set with its term,
 * and then installs set after set until there is nothing left to do. Each needs the one before to be
 * settled: a majority of it answered this leader's renewals, in this term, under exactly that set. So
 * no two leaders can step in different directions, as they could with single-server changes of Raft
 * before the amendment of 2015.
 *
 * @see "Design and Analysis of a Logless Dynamic Reconfiguration Protocol" (Schultz, Zhou, Tripakis, OPODIS 2021),
 * §4, for P1–P5. It has one primary; P6 is for the leases of other elections, which it does not know.
 */
export class Reconfiguration {
  readonly #context: Context;
  /** Puts a set in force here. False: it could not be remembered. */
  readonly #install: (set: VoterSet, now: Now) => boolean;
  #change: VotersChange | null = null;
  /** The change is one that this node thought of by itself (config.R1). */
  #isOwn = false;
  /** Voter → what it promised at most, as it said with its answer under the present set. */
  readonly #acks = new Map<string, number>();
  #settledUs = Infinity;
  /** After a set that could not be remembered: each try is a write, and a warning. */
  #retryAtUs = -Infinity;
  #waitsFor: string | null = null;

  constructor(context: Context, install: (set: VoterSet, now: Now) => boolean) {
    this.#context = context;
    this.#install = install;
  }

  get isWanted(): boolean {
    return this.#change !== null;
  }

  /** A change is under way that nobody asked for. */
  get isOwn(): boolean {
    return this.#change !== null && this.#isOwn;
  }

  /** The precondition that the next step lacks, in words; null: none, or nothing is under way. */
  get waitsFor(): string | null {
    return this.#waitsFor;
  }

  /** @param isOwn Nobody asked for it: it gives way to what somebody asks for. @returns Why not; null: it is begun. */
  begin(change: VotersChange, isOwn: boolean): Refusal | null {
    const { config, electorate, memory, self, peers } = this.#context;
    if (!memory.isDurable) return { why: 'no-memory', problems: ['without a state directory voters are fixed (config.P8)'] };
    if (this.#change !== null && (isOwn || !this.#isOwn)) return { why: 'busy', problems: ['another change of the voters is under way here'] };
    if (electorate.names.length === 0) return { why: 'fault', problems: ['this node knows no voters yet'] };
    const { seats } = electorate.set;
    const wanted = applyChange(seats, change, (name) => this.#isGone(name));
    const problems = [...new Set([...faultsOf(seats, change, wanted), ...[seats, wanted].flatMap((set) => unsayable(set, config.packetBudget))])];
    if (config.leaders === 'voters' && !wanted.some(({ name, weight }) => name === self.name && weight > 0))
      problems.push(`only a voter that stays can lead this change (config.P4), and ${self.name} would be none: ask another voter`);
    const strangers = wanted.filter(({ name }) => !seats.some((seat) => seat.name === name) && name !== self.name && !peers.isAlive(name));
    if (strangers.length > 0) problems.push(`not a living member: ${strangers.map(({ name }) => name).join(', ')}`);
    if (problems.length > 0) return { why: 'fault', problems };
    this.#change = change;
    this.#isOwn = isOwn;
    this.#waitsFor = 'the election of whoever may change the voters';
    return null;
  }

  abandon(): void {
    this.#change = null;
    this.#waitsFor = null;
  }

  /** A voter renewed our lease of the voters' election, under the very set that is in force here (else it was not counted). */
  onRack(voter: string, floor: number): void {
    this.#acks.set(voter, Math.max(floor, this.#acks.get(voter) ?? 0));
  }

  /** Another set is in force here, from us or from somebody else. */
  onVoters(): void {
    this.#acks.clear();
    this.#settledUs = Infinity;
  }

  get nextDeadlineUs(): number {
    if (this.#change === null || this.#settledUs === Infinity) return Infinity;
    return Math.max(this.#retryAtUs, this.#settledUs + (this.#context.electorate.isFirst ? this.#context.config.renewUs : this.#drainUs));
  }

  /**
   * Takes the next step, where all preconditions hold.
   *
   * @param term Of the voters' election, which this node leads now; 0: it does not.
   * @returns `stepped`: another set is in force, renew under it at once; `done`: a majority goes by what was wanted;
   * otherwise why it cannot be done any more.
   */
  advance(term: number, now: Now): 'stepped' | 'done' | { readonly problems: readonly string[] } | null {
    const { config, electorate } = this.#context;
    if (this.#change === null) return null;
    if (term === 0) {
      this.#waitsFor = 'the election of whoever may change the voters';
      this.onVoters(); // P2: what was answered in another term is no answer in the next
      return null;
    }
    const { seats } = electorate.set;
    if (!this.#isSettled(now)) return null;
    const isStamped = !electorate.isFirst && electorate.set.term === term;
    if (!isStamped) return this.#step(seats, term, now);
    if (this.isOwn && !this.#isDue(this.#change)) {
      this.abandon();
      return 'done';
    }
    const wanted = applyChange(seats, this.#change, (name) => this.#isGone(name));
    // It was one that could be made when it was asked for. Others have changed the voters since, perhaps: of two
    // voters each may be excluded while the other votes, and both wishes together would leave nobody, for ever.
    const problems = whyNot(wanted, config.packetBudget);
    if (problems.length > 0) {
      this.abandon();
      return { problems };
    }
    const next = nextSeats(
      seats,
      wanted,
      (name) => this.#isGone(name),
      (some) => whyNot(some, config.packetBudget).length === 0,
    );
    if (next === null) {
      this.abandon();
      return 'done';
    }
    // P6. Leases of other elections that were won under the set before this one may still run, and the
    // next set's majorities need not meet that one's. After this time each lease is held under this set.
    if (now.elapsedUs < this.#settledUs + this.#drainUs) {
      this.#waitsFor = 'P6: leases that were won under the former voters to run out';
      return null;
    }
    assert(overlaps(seats, next), 'BUG: two majorities that do not meet (config.P3)');
    return this.#step(next, term, now);
  }

  /** P1 and P2: a majority of the present set answered us under exactly this set and in this term. */
  #isSettled(now: Now): boolean {
    const { electorate } = this.#context;
    // P8 before the first change: who cannot remember a set would fall silent with the next one.
    const forgetful = electorate.isFirst ? [...this.#acks].filter(([, floor]) => floor === 0).map(([voter]) => voter) : [];
    if (forgetful.length > 0) {
      this.#waitsFor = `P8: a state directory for ${forgetful.join(', ')}`;
      return false;
    }
    const held = electorate.votes(this.#acks.keys());
    if (held < electorate.needed) {
      const missing = electorate.names.filter((name) => !this.#acks.has(name));
      this.#waitsFor = `P1: a majority to go by the present voters (${held} of ${electorate.needed} votes; not heard: ${missing.join(', ')})`;
      return false;
    }
    this.#settledUs = Math.min(this.#settledUs, now.elapsedUs);
    // Before the first change everybody gets the time of one more renewal to say whether it can remember.
    const mayAnswer = electorate.isFirst && this.#acks.size < electorate.names.length;
    return !mayAnswer || now.elapsedUs >= this.#settledUs + this.#context.config.renewUs;
  }

  #step(seats: VoterSet['seats'], term: number, now: Now): 'stepped' | null {
    const { config, electorate } = this.#context;
    const { set } = electorate;
    if (now.elapsedUs < this.#retryAtUs) return null;
    // P7. With two steps a majority need not meet the one that elected the last leader of a name; what the
    // voters between them have promised keeps terms rising all the same.
    const floor = Math.max(set.floor, ...this.#acks.values());
    if (!this.#install({ term, version: set.version + 1, seats, floor }, now)) {
      this.#waitsFor = 'P8: this node to write to its state directory';
      this.#retryAtUs = now.elapsedUs + config.renewUs;
      return null;
    }
    this.#waitsFor = 'P1: a majority to go by the new voters';
    return 'stepped';
  }

  /**
   * Whether what nobody asked for is still to be done: a partition may have ended since, or somebody else has
   * filled the seat. Who is back takes its own place (then old and new are the same name).
   */
  #isDue({ replace = {} }: VotersChange): boolean {
    const listed = new Set(this.#context.electorate.set.seats.map(({ name }) => name));
    return Object.entries(replace).every(([old, by]) => listed.has(old) && !this.#isGone(by) && (old === by || this.#isGone(old)));
  }

  #isGone(name: string): boolean {
    const { peers, self } = this.#context;
    return name !== self.name && !peers.isAlive(name);
  }

  /** T on the slowest voter's clock, counted on one that may be the fastest: T (1 + ρ) / (1 − ρ). */
  get #drainUs(): number {
    const { grantUs, driftPpm } = this.#context.config;
    return Math.ceil(grantUs * (grantUs / worthUs(grantUs, driftPpm)));
  }
}
