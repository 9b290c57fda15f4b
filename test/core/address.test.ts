import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAddress, encodeAddress, familyOf, hostOf, isLoopback, isUnspecified, parseAddress, portOf } from '../../src/core/address.ts';

/** As RFC 5771 and RFC 4291 have it, on the text. */
const isOneHost = (address: string): boolean =>
  !isUnspecified(address) && !/^(22[4-9]|23[0-9])\./.test(address) && !address.startsWith('255.255.255.255:') && !address.startsWith('[ff');
const mapped = (...four: number[]): number[] => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...four];

describe('an address', () => {
  it.each([
    ['10.0.0.5:7946', '10.0.0.5:7946'],
    ['[::1]:1', '[::1]:1'],
    ['[2001:DB8:0:0:1:0:0:1]:80', '[2001:db8::1:0:0:1]:80'],
    ['[::ffff:10.1.2.3]:5', '10.1.2.3:5'],
    ['[1:0:0:2:0:0:0:3]:9', '[1:0:0:2::3]:9'],
  ])('%s is written %s', (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
    expect(parseAddress(canonical)).toBe(canonical);
  });

  it.each([
    'nonsense',
    '10.0.0.5',
    '10.0.0:1',
    '010.0.0.1:1',
    '256.0.0.1:1',
    '1.2.3.4:65536',
    '[::1]',
    '::1:5',
    '[1::2::3]:4',
    '[12345::]:1',
    'host:80',
    '',
    ':',
    '[1:2:3]:4',
    '[1.2.3.4::1]:5',
    '[::1.2.3.4:5]:6',
    '[fe80::1%eth0]:7',
    '1.2.3.4:-1',
    '1.2.3.4:5 ',
    '[10.0.0.1]:5',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBe(null);
  });

  it('survives the wire, whatever it is', () => {
    const v4 = fc.ipV4();
    const v6 = fc.ipV6();
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(fc.oneof(v4, v6), port, (host, at) => {
        const address = parseAddress(host.includes(':') ? `[${host}]:${at}` : `${host}:${at}`);
        if (address === null) throw new Error(`not read: ${host}`);
        expect(parseAddress(address)).toBe(address);
        if (isOneHost(address)) expect(decodeAddress(encodeAddress(address))).toBe(address);
        else expect(decodeAddress(encodeAddress(address))).toBe(null);
        expect(portOf(address)).toBe(at);
        expect(familyOf(address)).toBe(hostOf(address).includes(':') ? 6 : 4);
      }),
    );
  });

  it('is read exactly where Node takes the host for one', () => {
    const piece = fc.constantFrom('1', '0', 'ffff', '::', ':', '1.2.3.4', '.', '255', '256', 'g', '00', '12345', 'fe80');
    const host = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''));
    const grouped = fc.array(fc.constantFrom('', '1', '0', 'ffff', '1.2.3.4'), { minLength: 2, maxLength: 9 }).map((groups) => groups.join(':'));
    fc.assert(
      fc.property(fc.oneof(host, grouped, fc.ipV4(), fc.ipV6()), (text) => {
        expect(parseAddress(`[${text}]:5`) !== null, text).toBe(isIPv6(text));
        expect(parseAddress(`${text}:5`) !== null, text).toBe(isIPv4(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['a wildcard', [0, 0, 0, 0]],
    ['a wildcard of IPv6', Array.from({ length: 16 }, () => 0)],
    ['a wildcard mapped into IPv6', mapped(0, 0, 0, 0)],
    ['a group', [224, 0, 0, 1]],
    ['the last group', [239, 255, 255, 255]],
    ['a group of IPv6', [0xff, 2, ...Array.from({ length: 13 }, () => 0), 1]],
    ['a group mapped into IPv6', mapped(224, 0, 0, 251)],
    ['everybody', [255, 255, 255, 255]],
  ])('of %s is nobody to send to', (_, host) => {
    expect(decodeAddress(Uint8Array.from([...host, 31, 10]))).toBe(null);
  });

  it('of one host is read beside those', () => {
    expect(decodeAddress(Uint8Array.of(223, 255, 255, 255, 31, 10))).toBe('223.255.255.255:7946');
    expect(decodeAddress(Uint8Array.of(255, 255, 255, 254, 31, 10))).toBe('255.255.255.254:7946');
    expect(decodeAddress(Uint8Array.from([...mapped(10, 0, 0, 5), 31, 10]))).toBe('10.0.0.5:7946');
    expect(decodeAddress(Uint8Array.from([0xfe, 0x80, ...Array.from({ length: 13 }, () => 0), 1, 31, 10]))).toBe('[fe80::1]:7946');
  });

  it('keeps few encodings, and the right ones, however many are met', () => {
    for (let i = 0; i < 20_000; i += 1) {
      const address = `10.${i >> 8}.${i & 255}.1:${1 + i}`;
      if (parseAddress(address) !== null) expect(decodeAddress(encodeAddress(address))).toBe(address);
    }
    expect(() => encodeAddress('somewhere:80')).toThrow('BUG');
  });

  it('is not read from bytes of another length, without a port or without a host', () => {
    for (const bytes of [[], [1, 2, 3, 4, 5], [1, 2, 3, 4, 0, 0], [0, 0, 0, 0, 1, 1], [1, 2, 3, 4, 5, 6, 7]])
      expect(decodeAddress(Uint8Array.from(bytes))).toBe(null);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => void decodeAddress(bytes)));
  });

  it('knows loopback and wildcards', () => {
    expect(['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', '10.0.0.1:1'].map((a) => isLoopback(parseAddress(a)!))).toEqual([true, true, true, false]);
    expect(['0.0.0.0:1', '[::]:1', '10.0.0.1:1'].map((a) => isUnspecified(parseAddress(a)!))).toEqual([true, true, false]);
  });
});
