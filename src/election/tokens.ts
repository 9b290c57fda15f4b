import type { Random } from '../core/random.ts';

/** Bids, tokens and queue entries are fresh for this many tenths of R: two and a half bid intervals, so one may be lost. */
export const FRESH_TENTHS = 25;
/** Peers whose tokens are kept. Beyond it the longest unused is dropped; it pays one round trip. */
export const TOKEN_PEERS_MAX = 1_024;

interface Given {
  value: number;
  bornUs: number;
  givenUs: number;
  former: number;
  formerGivenUs: number;
}

/**
 * The voter's proof that a bidder hears it (voter.V6): each answer hands the peer a random token,
 * each bid echoes the last one received. A node that can send but not receive would otherwise win
 * the queue, waste the grant, and win again. One extra round trip on first contact, nothing after.
 */
export class Tokens {
  readonly #random: Random;
  readonly #intervalUs: number;
  readonly #given = new Map<string, Given>();

  constructor(random: Random, intervalUs: number) {
    this.#random = random;
    this.#intervalUs = intervalUs;
  }

  /** The token to send to `peer` now. Replaced every interval; the former one stays good for a while. */
  give(peer: string, nowUs: number): number {
    let given = this.#given.get(peer);
    if (given === undefined) {
      given = { value: this.#draw(), bornUs: nowUs, givenUs: nowUs, former: 0, formerGivenUs: -Infinity };
      if (this.#given.size >= TOKEN_PEERS_MAX) this.#given.delete(this.#given.keys().next().value!);
    } else {
      this.#given.delete(peer); // re-inserted last: the map stays in order of use
      if (nowUs - given.bornUs > this.#intervalUs) {
        given.former = given.value;
        given.formerGivenUs = given.givenUs;
        given.value = this.#draw();
        given.bornUs = nowUs;
      }
      given.givenUs = nowUs;
    }
    this.#given.set(peer, given);
    return given.value;
  }

  /** Whether `echo` is a token `peer` was given within two and a half intervals. */
  isFresh(peer: string, echo: number, nowUs: number): boolean {
    const given = this.#given.get(peer);
    if (given === undefined || echo === 0) return false;
    const limitUs = (this.#intervalUs * FRESH_TENTHS) / 10;
    if (echo === given.value) return nowUs - given.givenUs <= limitUs;
    return echo === given.former && nowUs - given.formerGivenUs <= limitUs;
  }

  #draw(): number {
    return 1 + this.#random.below(0xffff_ffff);
  }
}
