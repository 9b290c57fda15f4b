import type { Address } from '../core/address.ts';
import type { Context } from './context.ts';
import { SEEDS_MAX } from './limits.ts';
import type { Pull, Sync } from './sync.ts';

interface Seed {
  readonly address: Address;
  /** Who answered there, once somebody did. */
  name: string | null;
  /** It is we ourselves. */
  ours: boolean;
  /** Fruitless tries in a row. */
  tries: number;
  /** Infinity while a request is open. */
  nextUs: number;
}

/** A node that found nobody within this goes on alone, and keeps asking: never block. */
const ALONE_AFTER_MIN_US = 300_000;
/** Longest pause between two tries of one seed, in probe periods. */
const BACKOFF_MAX_PERIODS = 20;

/**
 * Finds the cluster: asks all seeds at once, is admitted by the first that answers, or goes on alone
 * when nobody does. A seed at which we hold no running member is asked again for ever, with backoff;
 * that also joins halves that started apart, and brings an isolated node back (member.J1).
 */
export class Join {
  readonly #ctx: Context;
  readonly #sync: Sync;
  readonly #onAccepted: (by: string | null) => void;
  #seeds: Seed[] = [];
  /** When we go on alone. */
  #aloneUs = Infinity;

  constructor(ctx: Context, sync: Sync, onAccepted: (by: string | null) => void) {
    this.#ctx = ctx;
    this.#sync = sync;
    this.#onAccepted = onAccepted;
  }

  get nextDeadlineUs(): number {
    let next = this.#aloneUs;
    for (const seed of this.#seeds) next = Math.min(next, seed.nextUs);
    return next;
  }

  /** The seeds' names in the order given; asked at once. May be called again with other addresses. */
  begin(addresses: readonly Address[]): void {
    const { nowUs, config, own, standing } = this.#ctx;
    const distinct = [...new Set(addresses)].filter((address) => address !== own.address);
    if (distinct.length > SEEDS_MAX) this.#ctx.limited('seeds', SEEDS_MAX, distinct.length - SEEDS_MAX);
    this.#sync.cancelJoins(null);
    this.#seeds = distinct.slice(0, SEEDS_MAX).map((address) => ({ address, name: null, ours: false, tries: 0, nextUs: nowUs }));
    if (standing === 'joining') this.#aloneUs = nowUs + Math.max(ALONE_AFTER_MIN_US, 3 * config.directTimeoutMaxUs);
    this.advance();
    this.#aloneIfAllOurs();
  }

  stop(): void {
    this.#seeds = [];
    this.#aloneUs = Infinity;
  }

  /** Our own request came back to us: that seed is we. */
  onOwnRequest(seq: number): void {
    const pull = this.#sync.bySeq(seq);
    if (pull === undefined || pull.reason !== 'join') return;
    this.#sync.drop(pull);
    const seed = this.#seeds.find(({ address }) => address === pull.address);
    if (seed !== undefined) seed.ours = true;
    this.#aloneIfAllOurs();
  }

  /** Somebody took us in. */
  onAdmitted(pull: Pull, by: string): void {
    const seed = this.#seedOf(pull);
    if (seed !== undefined) seed.name = by;
    if (this.#ctx.standing !== 'joining') return;
    this.#aloneUs = Infinity;
    this.#sync.cancelJoins(pull);
    for (const other of this.#seeds) if (other.nextUs === Infinity && other !== seed) other.nextUs = this.#ctx.nowUs + this.#backoffUs(2);
    this.#onAccepted(by);
  }

  /** A try ended, well or not: the seed is looked at again later. */
  onEnd(pull: Pull, well: boolean): void {
    const seed = this.#seedOf(pull);
    if (seed === undefined) return;
    seed.tries = well ? 0 : seed.tries + 1;
    seed.nextUs = this.#ctx.nowUs + this.#backoffUs(seed.tries);
  }

  advance(): void {
    const { nowUs } = this.#ctx;
    for (const seed of this.#seeds) {
      if (seed.ours || nowUs < seed.nextUs) continue;
      if (this.#isMember(seed)) {
        seed.tries = 0;
        seed.nextUs = nowUs + this.#backoffUs(BACKOFF_MAX_PERIODS);
      } else {
        seed.nextUs = Infinity;
        this.#sync.start(seed.address, null, 'join');
      }
    }
    if (nowUs >= this.#aloneUs) {
      const waiting = this.#seeds.some((seed) => this.#sync.isPending(seed.address));
      if (waiting)
        this.#aloneUs = nowUs + this.#ctx.config.directTimeoutMaxUs; // somebody is there, and is checking our name
      else this.#alone();
    }
  }

  #alone(): void {
    this.#aloneUs = Infinity;
    this.#onAccepted(null);
  }

  #aloneIfAllOurs(): void {
    if (this.#ctx.standing === 'joining' && this.#seeds.every((seed) => seed.ours)) this.#alone();
  }

  #seedOf(pull: Pull): Seed | undefined {
    return pull.reason === 'join' ? this.#seeds.find(({ address }) => address === pull.address) : undefined;
  }

  #isMember(seed: Seed): boolean {
    return this.#ctx.table.active.some(({ claim }) => claim.address === seed.address || claim.name === seed.name);
  }

  /** Doubles from one probe period; jittered by a quarter, or a restarted seed would be asked by all at once. */
  #backoffUs(tries: number): number {
    const { config, random } = this.#ctx;
    const us = config.probePeriodUs * Math.min(BACKOFF_MAX_PERIODS, 2 ** Math.min(tries, 5));
    return us - Math.floor(us / 4) + random.below(Math.max(1, Math.floor(us / 2)));
  }
}
