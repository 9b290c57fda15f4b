import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Malformed,
  NAME_MAX,
  isName,
  readAddress,
  readBoolean,
  readBytes,
  readInteger,
  readList,
  readName,
  readOptionalName,
  readU32,
  readWhole,
} from '../../src/core/fields.ts';

/** What a decoder can hand over, and more: nothing here may be taken for something else. */
const JUNK: readonly unknown[] = [
  undefined,
  null,
  true,
  '',
  'two words',
  'naïve',
  'x'.repeat(NAME_MAX + 1),
  'a\u0000',
  '1',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  1.5,
  2 ** 32,
  2 ** 53,
  1n,
  2n ** 64n,
  [],
  [1],
  {},
  { length: 3 },
  new Uint8Array(6),
  new Uint8Array(3),
  new Uint16Array(6),
  new Date(0),
  /x/,
  new Map(),
  () => 1,
  Symbol('s'),
];

const readers: readonly [string, (value: unknown) => unknown, accepted: readonly unknown[]][] = [
  ['a name', (v) => readName(v, 'f'), ['1']],
  ['a name or nobody', (v) => readOptionalName(v, 'f'), ['', '1']],
  ['a whole number below 10', (v) => readWhole(v, 10, 'f'), []],
  ['a number of 32 bits', (v) => readU32(v, 'f'), []],
  ['an integer of −5 … 5', (v) => readInteger(v, -5, 5, 'f'), [-1]],
  ['a boolean', (v) => readBoolean(v, 'f'), [true]],
  ['a list', (v) => readList(v, 4, 'f'), [[], [1]]],
  ['six bytes', (v) => readBytes(v, 6, 'f'), [new Uint8Array(6)]],
  ['an address', (v) => readAddress(v, 'f'), []],
];

describe.each(readers)('reading %s', (_, read, accepted) => {
  it('takes what it is and refuses everything else, with the field', () => {
    const taken: unknown[] = [];
    for (const value of JUNK) {
      try {
        read(value);
        taken.push(value);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
        expect((error as Malformed).field).toBe('f');
      }
    }
    expect(taken).toEqual(accepted);
  });

  it('throws nothing but Malformed, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true }), (value) => {
        try {
          read(value);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
    );
  });
});

describe('the bounds', () => {
  it('of whole numbers are zero and one below', () => {
    expect(readWhole(0, 10, 'f')).toBe(0);
    expect(readWhole(9, 10, 'f')).toBe(9);
    expect(() => readWhole(10, 10, 'f')).toThrow(Malformed);
    expect(readU32(0xffff_ffff, 'f')).toBe(0xffff_ffff);
    expect(() => readU32(0x1_0000_0000, 'f')).toThrow(Malformed);
  });

  it('of integers belong to them', () => {
    expect([-5, 5].map((v) => readInteger(v, -5, 5, 'f'))).toEqual([-5, 5]);
    for (const v of [-6, 6]) expect(() => readInteger(v, -5, 5, 'f')).toThrow(Malformed);
  });

  it('of lists and bytes', () => {
    expect(readList([1, 2], 2, 'f')).toEqual([1, 2]);
    expect(() => readList([1, 2, 3], 2, 'f')).toThrow(Malformed);
    expect(readBytes(Uint8Array.of(1, 2), 2, 'f')).toEqual(Uint8Array.of(1, 2));
    for (const length of [1, 3]) expect(() => readBytes(Uint8Array.of(1, 2), length, 'f')).toThrow(Malformed);
  });

  it('of names are 1 and 64 printable characters', () => {
    fc.assert(fc.property(fc.stringMatching(/^[\x21-\x7e]{1,64}$/), (text) => isName(text) && readName(text, 'f') === text));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => isName(text) === /^[!-~]{1,64}$/.test(text)));
    expect(isName('a\n')).toBe(false);
  });

  it('minus zero, which a float can carry, is zero', () => {
    expect(Object.is(readWhole(-0, 10, 'f'), 0)).toBe(true);
    expect(Object.is(readInteger(-0, -1, 1, 'f'), 0)).toBe(true);
  });
});
