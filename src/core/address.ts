/**
 * A numeric address with port, in one canonical spelling: `10.0.0.5:7946`, `[fe80::1]:7946` (RFC
 * 5952). A plain string, so that it compares by value and keys a map. Host names are resolved before
 * they become one; an IPv4 address mapped into IPv6 is written as IPv4.
 */
export type Address = string;

/** Encodings kept, because the same few peers are written all day. */
const CACHE_MAX = 8_192;
const encoded = new Map<Address, Uint8Array>();

/**
 * Reads `host:port` with a numeric host.
 *
 * @returns The canonical spelling, or null when it is none (a name, no port, a port above 65,535).
 */
export function parseAddress(text: string): Address | null {
  const split = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text);
  if (split === null) return null;
  const port = Number(split[3]);
  if (port > 65_535) return null;
  const host = split[1] === undefined ? parseIPv4(split[2]!) : parseIPv6(split[1]);
  return host === null ? null : format(host, port);
}

/** The wire form: 4 or 16 bytes of host, then the port, big-endian. The address must be canonical. */
export function encodeAddress(address: Address): Uint8Array {
  let bytes = encoded.get(address);
  if (bytes === undefined) {
    const split = /^(?:\[(.+)\]|(.+)):([0-9]+)$/.exec(address);
    const host = split === null ? null : split[1] === undefined ? parseIPv4(split[2]!) : parseIPv6(split[1]);
    if (split === null || host === null) throw new Error(`BUG: not a canonical address: ${address}`);
    const port = Number(split[3]);
    bytes = Uint8Array.of(...host, port >> 8, port & 0xff);
    if (encoded.size >= CACHE_MAX) encoded.clear();
    encoded.set(address, bytes);
  }
  return bytes;
}

/** Reads the wire form; null unless it is 6 or 18 bytes and names one host that can be sent to. */
export function decodeAddress(bytes: Uint8Array): Address | null {
  if (bytes.length !== 6 && bytes.length !== 18) return null;
  const host = [...bytes.subarray(0, -2)];
  const port = (bytes.at(-2)! << 8) | bytes.at(-1)!;
  if (port === 0 || !isOneHost(host)) return null;
  return format(host, port);
}

/** The host without brackets: `10.0.0.5`, `fe80::1`. */
export function hostOf(address: Address): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

export function portOf(address: Address): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

export function familyOf(address: Address): 4 | 6 {
  return address.startsWith('[') ? 6 : 4;
}

/** 0.0.0.0 or ::, where a socket listens everywhere and nobody can be sent to. */
export function isUnspecified(address: Address): boolean {
  const host = hostOf(address);
  return host === '0.0.0.0' || host === '::';
}

export function isLoopback(address: Address): boolean {
  const host = hostOf(address);
  return host.startsWith('127.') || host === '::1';
}

const isMapped = (host: readonly number[]): boolean => host.length === 16 && host.slice(0, 10).every((b) => b === 0) && host[10] === 0xff && host[11] === 0xff;

/**
 * Neither a wildcard, nor a group, nor everybody. A peer names addresses that we then send to: one
 * forged claim of a multicast address would turn each of our probes into a packet for the whole LAN,
 * and a wildcard, also one mapped into IPv6, would make us talk to ourselves.
 */
function isOneHost(host: readonly number[]): boolean {
  const four = host.length === 4 ? host : isMapped(host) ? host.slice(12) : null;
  if (four !== null) return four[0]! < 224 ? four.some((b) => b !== 0) : four[0]! >= 240 && four.some((b) => b !== 255);
  return host[0] !== 0xff && host.some((b) => b !== 0);
}

function format(host: readonly number[], port: number): Address {
  if (host.length === 4 || isMapped(host)) return `${host.slice(-4).join('.')}:${port}`;
  const groups = Array.from({ length: 8 }, (_, i) => (host[2 * i]! << 8) | host[2 * i + 1]!);
  // RFC 5952: the longest run of two or more zero groups, the first of equals, becomes `::`.
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const hex = (part: number[]): string => part.map((g) => g.toString(16)).join(':');
  const text = best.at < 0 ? hex(groups) : `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`;
  return `[${text}]:${port}`;
}

function parseIPv4(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((p) => !/^(0|[1-9][0-9]{0,2})$/.test(p) || Number(p) > 255)) return null;
  return parts.map(Number);
}

function parseIPv6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const bytesOf = (half: string, isLast: boolean): number[] | null => {
    if (half === '') return [];
    const bytes: number[] = [];
    const groups = half.split(':');
    for (const [i, group] of groups.entries()) {
      if (group.includes('.')) {
        const v4 = isLast && i === groups.length - 1 ? parseIPv4(group) : null; // dots end an address, never begin it
        if (v4 === null) return null;
        bytes.push(...v4);
      } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
        const value = Number.parseInt(group, 16);
        bytes.push(value >> 8, value & 0xff);
      } else return null;
    }
    return bytes;
  };
  const head = bytesOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? bytesOf(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}
