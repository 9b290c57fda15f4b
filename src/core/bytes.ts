/*
 * Big-endian numbers in bytes, by plain indexing. A DataView over a small array makes V8 move it out
 * of its heap first, which was the dearest part of encoding a ping.
 */

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** 48 bits, as incarnations have. */
export function writeU48(bytes: Uint8Array, at: number, value: number): void {
  writeU16(bytes, at, Math.floor(value / 0x1_0000_0000));
  writeU32(bytes, at + 2, value >>> 0);
}

export const u16At = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
export const u32At = (bytes: Uint8Array, at: number): number => u16At(bytes, at) * 0x1_0000 + u16At(bytes, at + 2);
export const u48At = (bytes: Uint8Array, at: number): number => u16At(bytes, at) * 0x1_0000_0000 + u32At(bytes, at + 2);
