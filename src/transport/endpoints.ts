import { type Address, familyOf, hostOf, parseAddress, portOf } from '../core/address.ts';

/** Spellings kept, because the same few peers come and are written to all day; beyond it they are forgotten together. */
const CACHE_MAX = 8_192;
const heard = new Map<string, Address | null>();
const told = [4, 6].map(() => new Map<Address, Endpoint>());

/** A host as a socket takes it, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The address as dgram tells it; null for one that we cannot name. */
export function addressOf({ address, family, port }: { readonly address: string; readonly family: string; readonly port: number }): Address | null {
  const text = family === 'IPv6' ? `[${address.split('%')[0]}]:${port}` : `${address}:${port}`;
  let known = heard.get(text);
  if (known === undefined) {
    known = parseAddress(text);
    if (heard.size >= CACHE_MAX) heard.clear();
    heard.set(text, known);
  }
  return known;
}

/** What a socket of that family is given, to send to `to`. */
export function endpointOf(family: 4 | 6, to: Address): Endpoint {
  const kept = told[family === 4 ? 0 : 1]!;
  let endpoint = kept.get(to);
  if (endpoint === undefined) {
    endpoint = { host: family === 6 && familyOf(to) === 4 ? `::ffff:${hostOf(to)}` : hostOf(to), port: portOf(to) };
    if (kept.size >= CACHE_MAX) kept.clear();
    kept.set(to, endpoint);
  }
  return endpoint;
}

/**
 * dgram looks every destination up, also a numeric one, and sends a tick later. All of ours are
 * numeric: the answer is the question, at once.
 */
export function numericLookup(host: string, _options: unknown, callback: (error: null, address: string, family: number) => void): void {
  callback(null, host, host.includes(':') ? 6 : 4);
}
