import { type Address, decodeAddress } from './address.ts';

/** A received field that is not what the protocol says. Caught, counted and dropped at the wire; never seen by users. */
export class Malformed extends Error {
  readonly field: string;
  constructor(field: string) {
    super(`malformed ${field}`);
    this.name = 'Malformed';
    this.field = field;
  }
}

/** Longest name of a member, a voter or an election, in characters (all ASCII). */
export const NAME_MAX = 64;
const NAME = /^[\x21-\x7e]{1,64}$/;

export const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);

const isWhole = (value: unknown, below: number): value is number => Number.isInteger(value) && (value as number) >= 0 && (value as number) < below;

/** 1 … 64 printable ASCII characters without spaces. */
export function readName(value: unknown, field: string): string {
  if (!isName(value)) throw new Malformed(field);
  return value;
}

/** A name, or '' for nobody. */
export function readOptionalName(value: unknown, field: string): string {
  return value === '' ? '' : readName(value, field);
}

/** A whole number in 0 … below − 1. */
export function readWhole(value: unknown, below: number, field: string): number {
  if (!isWhole(value, below)) throw new Malformed(field);
  return value + 0; // -0, which a float can carry, is whole and is 0
}

export const readU32 = (value: unknown, field: string): number => readWhole(value, 0x1_0000_0000, field);

/** A whole number between `least` and `most`, either sign. */
export function readInteger(value: unknown, least: number, most: number, field: string): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) throw new Malformed(field);
  return (value as number) + 0;
}

export function readBoolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new Malformed(field);
  return value;
}

/** An array of at most `most` values. */
export function readList(value: unknown, most: number, field: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most) throw new Malformed(field);
  return value;
}

/** Exactly `length` bytes. */
export function readBytes(value: unknown, length: number, field: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw new Malformed(field);
  return value;
}

export function readAddress(value: unknown, field: string): Address {
  const address = value instanceof Uint8Array ? decodeAddress(value) : null;
  if (address === null) throw new Malformed(field);
  return address;
}
