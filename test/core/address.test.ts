import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAddress, encodeAddress, familyOf, hostOf, isLoopback, isUnspecified, parseAddress, portOf } from '../../src/core/address.ts';

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
        if (isUnspecified(address)) return;
        expect(decodeAddress(encodeAddress(address))).toBe(address);
        expect(portOf(address)).toBe(at);
        expect(familyOf(address)).toBe(hostOf(address).includes(':') ? 6 : 4);
      }),
    );
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
