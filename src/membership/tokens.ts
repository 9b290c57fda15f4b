const MINUTE_US = 60_000_000;

/**
 * Proof that a requester receives what is sent to its address: a keyed hash of address and minute.
 * Nothing is stored per requester, and a forged source gains an answer no longer than its request.
 */
export class Tokens {
  readonly #key0: number;
  readonly #key1: number;

  /** @param key0 A random 32-bit number of this process, as is `key1`. */
  constructor(key0: number, key1: number) {
    this.#key0 = key0;
    this.#key1 = key1;
  }

  /** The token for `address`, never 0. */
  mint(address: string, nowUs: number): number {
    return this.#at(address, Math.floor(nowUs / MINUTE_US));
  }

  /** Is `token` of this minute or the last? */
  valid(token: number, address: string, nowUs: number): boolean {
    const minute = Math.floor(nowUs / MINUTE_US);
    return token !== 0 && (token === this.#at(address, minute) || token === this.#at(address, minute - 1));
  }

  #at(address: string, minute: number): number {
    return halfSipHash(this.#key0, this.#key1, `${minute}/${address}`) || 1;
  }
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/**
 * HalfSipHash-2-4 over ASCII text: a pseudo-random function on 32-bit words, so that tokens seen for
 * one address tell nothing about another's.
 *
 * @see SipHash (Aumasson, Bernstein 2012) and the authors' reference `halfsiphash`.
 */
export function halfSipHash(key0: number, key1: number, text: string): number {
  let v0 = key0 | 0;
  let v1 = key1 | 0;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1;
  const round = (): void => {
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
  };
  const absorb = (word: number): void => {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  };
  const whole = text.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    absorb(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 8) | (text.charCodeAt(i + 2) << 16) | (text.charCodeAt(i + 3) << 24));
  }
  let last = text.length << 24;
  for (let i = whole; i < text.length; i += 1) last |= text.charCodeAt(i) << (8 * (i - whole));
  absorb(last);
  v2 ^= 0xff;
  for (let i = 0; i < 4; i += 1) round();
  return (v1 ^ v3) >>> 0;
}
