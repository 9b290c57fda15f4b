import { combine32, hash32 } from '../core/hash.ts';
import type { Now } from '../core/time.ts';
import type { Context } from './context.ts';
import { type Found, Op } from './messages.ts';
import { fitsFound } from './outbox.ts';
import type { Peer } from './peers.ts';
import { FRESH_TENTHS } from './tokens.ts';
import { type VoterSet, firstSeats } from './voter-set.ts';

/** Members whose wish to found is remembered. */
const FOUNDERS_MAX = 64;
/** Proposals of one's own that are remembered. */
const PROPOSED_MAX = 64;

interface Founder {
  readonly boot: number;
  readonly said: Found;
  readonly atUs: number;
}

/**
 * Finds the first voters where only their number is known (`bootstrapExpect`; rule config.B1 of
 * docs/protocol.md). Two steps, as a count of names alone proves nothing (a name may be counted on
 * both sides of a cut): all of them must have **proposed** the very same lives, and then each
 * **accepts**, once and for ever, and on disk before it says so. The set is in force where all were
 * heard to accept. One that had accepted, forgot it, and founded with others would let {a, b} of the
 * one and {c, d, e} of the other lead at the same time.
 *
 * Two groups that never meet found two clusters all the same: that is what a number means. When they
 * meet they refuse each other, and say so.
 */
export class Bootstrap {
  readonly #context: Context;
  readonly #founders = new Map<string, Founder>();
  #accepted: { readonly lineage: number; readonly set: VoterSet } | null;
  #sayAtUs = Infinity;
  /** What this life has proposed lately, by the line of descent it would begin. */
  readonly #proposed = new Map<number, Founders>();

  constructor(context: Context) {
    const { kept } = context.config;
    this.#context = context;
    this.#accepted = kept?.pending === true && kept.set !== null ? { lineage: kept.lineage, set: kept.set } : null;
  }

  /** There is no set yet, and this node waits for one to be found. */
  get isOpen(): boolean {
    const { config, electorate } = this.#context;
    return config.expect > 0 && electorate.names.length === 0;
  }

  /** The line of descent this node is bound to; 0: none yet. */
  get boundTo(): number {
    return this.#accepted?.lineage ?? 0;
  }

  /**
   * Whether this node has accepted to found with `name`. Should that one go by another set, it never accepts this one any more, so that it
   * never comes to be, and who is bound to it is free. *Not by what a third says of it, and not because it has merely
   * accepted another: that one may come to nothing too, and two who let each other go may meet again in what they said before.*
   */
  waitsFor(name: string): boolean {
    return this.#accepted?.set.seats.some((seat) => seat.name === name) === true;
  }

  get nextDeadlineUs(): number {
    return this.#sayAtUs;
  }

  /** What is known of the others, for `explain`. */
  tell(nowUs: number): string {
    const { config } = this.#context;
    const { names } = this.#mine(nowUs);
    const accepted =
      this.#accepted === null ? '' : ` This node has accepted ${this.#accepted.set.seats.map(({ name }) => name).join(', ')} and waits for all of them.`;
    const tooLong = fitsFound(names, config.packetBudget)
      ? ''
      : ' Their names do not fit into one packet, so they cannot find each other: give them shorter ones.';
    return `${config.expect} voters are to find each other; seen: ${names.length} (${names.join(', ') || 'none'}).${tooLong}${accepted}`;
  }

  begin(now: Now): void {
    if (this.isOpen) this.#sayAtUs = now.elapsedUs;
  }

  /** @returns The set that all have accepted, once. */
  advance(now: Now): { readonly lineage: number; readonly set: VoterSet } | null {
    if (now.elapsedUs < this.#sayAtUs) return null;
    if (!this.isOpen) {
      this.#sayAtUs = Infinity;
      return null;
    }
    this.#sayAtUs = now.elapsedUs + this.#context.config.renewUs;
    return this.#look(now, true);
  }

  onFound(peer: Peer, said: Found, now: Now): { readonly lineage: number; readonly set: VoterSet } | null {
    if (!this.isOpen) return null;
    this.#founders.delete(peer.name);
    this.#founders.set(peer.name, { boot: peer.boot, said, atUs: now.elapsedUs });
    if (this.#founders.size > FOUNDERS_MAX) this.#founders.delete(this.#founders.keys().next().value!);
    return this.#look(now, false);
  }

  #look(now: Now, isDue: boolean): { readonly lineage: number; readonly set: VoterSet } | null {
    const { memory, electorate, self } = this.#context;
    let isNews = false;
    if (this.#accepted === null) {
      const mine = this.#acceptedByOthers() ?? this.#unanimous(now.elapsedUs);
      if (mine !== null) {
        const lineage = lineageOf(electorate.origin, mine);
        const set: VoterSet = { term: 0, version: 0, seats: firstSeats(mine.names, mine.weights.some((votes) => votes > 1) ? mine.weights : []), floor: 0 };
        if (!memory.accept(set, lineage, electorate.origin)) return null;
        this.#accepted = { lineage, set };
        isNews = true;
      }
    }
    if (isDue || isNews) this.#say(now);
    const accepted = this.#accepted;
    if (accepted === null) return null;
    const all = accepted.set.seats.every(({ name }) => name === self.name || this.#founders.get(name)?.said.lineage === accepted.lineage);
    return all ? accepted : null;
  }

  /** All that this node would found with have said the very same; null: not yet. */
  #unanimous(nowUs: number): Founders | null {
    const { config, self } = this.#context;
    const mine = this.#mine(nowUs);
    if (mine.names.length !== config.expect || !mine.names.includes(self.name)) return null;
    return mine.names.every((name) => name === self.name || isSame(this.#founders.get(name)!.said, mine)) ? mine : null;
  }

  /** Somebody has accepted what this very life proposed, so all had: it need not be heard of each of them. */
  #acceptedByOthers(): Founders | null {
    for (const { said } of this.#founders.values()) {
      const proposed = said.lineage === 0 ? undefined : this.#proposed.get(said.lineage);
      if (proposed !== undefined) return proposed;
    }
    return null;
  }

  /** Those this node would found with: the first by name that were heard lately, itself among them if it may vote. */
  #mine(nowUs: number): Founders {
    const { config, self } = this.#context;
    const sinceUs = nowUs - (config.renewUs * FRESH_TENTHS) / 10;
    const lives: { name: string; boot: number; weight: number }[] = [];
    for (const [name, { atUs, boot, said }] of this.#founders) {
      const weight = said.weights[said.names.indexOf(name)];
      if (atUs >= sinceUs && said.lineage === 0 && weight !== undefined) lives.push({ name, boot, weight });
    }
    if (config.founds > 0) lives.push({ ...self, weight: config.founds });
    lives.sort((a, b) => (a.name < b.name ? -1 : 1)).splice(config.expect);
    return { names: lives.map(({ name }) => name), boots: lives.map(({ boot }) => boot), weights: lives.map(({ weight }) => weight) };
  }

  #say(now: Now): void {
    const { config, peers, outbox, electorate, self } = this.#context;
    if (config.founds === 0) return;
    const found = this.#mine(now.elapsedUs);
    // Options see to it that they fit, yet others may have larger packets. What was accepted must be heard all the same, and needs no names.
    const mine = fitsFound(found.names, config.packetBudget) ? found : NOBODY;
    if (mine.names.length === config.expect && mine.names.includes(self.name)) {
      this.#proposed.set(lineageOf(electorate.origin, mine), mine);
      if (this.#proposed.size > PROPOSED_MAX) this.#proposed.delete(this.#proposed.keys().next().value!);
    }
    for (const member of peers.alive(FOUNDERS_MAX)) outbox.say(member, { op: Op.found, lineage: this.boundTo, ...mine });
  }
}

type Founders = Pick<Found, 'names' | 'boots' | 'weights'>;

const NOBODY: Founders = { names: [], boots: [], weights: [] };

const isSame = (a: Founders, b: Founders): boolean =>
  a.names.join() === b.names.join() && a.boots.join() === b.boots.join() && a.weights.join() === b.weights.join();

const lineageOf = (origin: number, { names, boots, weights }: Founders): number =>
  names.reduce((digest, name, i) => combine32(combine32(digest, hash32(name)), combine32(boots[i]!, weights[i]!)), combine32(origin, hash32('founded')));

/** The line of descent that begins where an operator forces a set (config.F1): the same for all that force the same in the same place. */
export const forcedLineage = (lineage: number, seats: VoterSet['seats']): number =>
  [...seats]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .reduce((digest, { name, weight }) => combine32(combine32(digest, hash32(name)), weight), combine32(lineage, hash32('forced')));
