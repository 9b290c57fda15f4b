import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { isPlain } from '../../src/core/plain.ts';

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' });
const hex = (text: string): Uint8Array =>
  Uint8Array.from(
    text
      .split(/\s+/)
      .filter(Boolean)
      .map((byte) => Number.parseInt(byte, 16)),
  );

describe('the guard in front of the decoder', () => {
  it('lets everything through that we write: nil, booleans, numbers, strings, binaries, arrays', () => {
    const leaf = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true }),
      fc.string(),
      fc.uint8Array({ maxLength: 300 }),
    );
    const value = fc.array(fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.array(leaf)))));
    fc.assert(fc.property(value, (v) => void expect(isPlain(packr.pack(v), 0)).toBe(true)));
  });

  it.each([
    ['nothing', ''],
    ['a map', '81 a1 61 01'],
    ['a map of 16 bits', 'de 00 01 a1 61 01'],
    ['a map of 32 bits', 'df 00 00 00 01 a1 61 01'],
    ['a map in an array', '91 80'],
    ['the byte that is never used', 'c1'],
    ['an extension of one byte (a record definition for some decoders)', 'd4 72 40'],
    ['an extension of two bytes', 'd5 01 00 00'],
    ['a timestamp', 'd6 ff 00 00 00 00'],
    ['a timestamp of eight bytes', 'd7 ff 00 00 00 00 00 00 00 00'],
    ['an extension of sixteen bytes', `d8 01 ${'00 '.repeat(16)}`],
    ['an extension with a length (an error, a set, a regular expression)', 'c7 03 65 91 a1 61'],
    ['an extension with 16 bits of length', 'c8 00 01 65 c0'],
    ['an extension with 32 bits of length', 'c9 00 00 00 01 65 c0'],
    ['an array that is longer than what follows', '95 01 02'],
    ['an array of four thousand million', 'dd ff ff ff ff'],
    ['an array of 65,535', 'dc ff ff 01'],
    ['a string that is longer than what follows', 'a5 61 62'],
    ['a string of four thousand million', 'db ff ff ff ff 61'],
    ['a binary that is longer than what follows', 'c4 05 01'],
    ['a binary of four thousand million', 'c6 ff ff ff ff 00'],
    ['a number cut short', 'cf 00 00 00'],
    ['a float cut short', 'cb 3f f0'],
    ['a length cut short', 'dc 00'],
    ['more after the value', '91 01 02'],
    ['arrays in arrays, a thousand deep', '91 '.repeat(1_000) + '01'],
  ])('keeps out %s', (_, bytes) => {
    expect(isPlain(hex(bytes), 0)).toBe(false);
  });

  it('never throws, and what it lets through decodes to plain values only', () => {
    const plain = (value: unknown): boolean =>
      value === null || ['boolean', 'number', 'string'].includes(typeof value) || value instanceof Uint8Array || (Array.isArray(value) && value.every(plain));
    const mutated = fc.tuple(fc.array(fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer()))), fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const bytes = packr.pack(value).slice();
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated), (bytes) => {
        if (isPlain(bytes, 0)) expect(plain(unpackr.unpack(bytes))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});
