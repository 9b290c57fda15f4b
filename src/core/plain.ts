/** Deepest nesting of arrays a packet may have: packet, list, entry, list in the entry, and some room. */
const DEPTH_MAX = 8;
/** Values still to read at each depth; reused, because the guard runs for every datagram. */
const pending = new Uint32Array(DEPTH_MAX + 1);

/**
 * True when `bytes`, from `start`, is one MessagePack value made only of nil, booleans, numbers,
 * strings, binaries and arrays.
 *
 * The guard in front of the decoder: msgpackr builds RegExp, Error, Set, Date and typed arrays and
 * accepts record definitions (`new Function`) from network bytes whatever its options say, and maps
 * bring attacker-chosen keys. None of them passes here. One pass, no allocation, no recursion; a
 * claimed length never exceeds what is there.
 */
export function isPlain(bytes: Uint8Array, start = 0): boolean {
  const end = bytes.length;
  let at = start;
  let depth = 0;
  pending[0] = 1;
  for (;;) {
    while (pending[depth] === 0) {
      if (depth === 0) return at === end;
      depth -= 1;
    }
    pending[depth]! -= 1;
    if (at >= end) return false;
    const token = bytes[at]!;
    at += 1;
    let skip = 0;
    let children = -1;
    if (token < 0x80 || token >= 0xe0)
      skip = 0; // small integers
    else if (token < 0x90)
      return false; // map
    else if (token < 0xa0)
      children = token & 0x0f; // array
    else if (token < 0xc0)
      skip = token & 0x1f; // string
    else {
      switch (token) {
        case 0xc0:
        case 0xc2:
        case 0xc3:
          break; // nil, false, true
        case 0xcc:
        case 0xd0:
          skip = 1;
          break;
        case 0xcd:
        case 0xd1:
          skip = 2;
          break;
        case 0xca:
        case 0xce:
        case 0xd2:
          skip = 4;
          break;
        case 0xcb:
        case 0xcf:
        case 0xd3:
          skip = 8;
          break;
        case 0xc4:
        case 0xd9: // bin8, str8
          if (at >= end) return false;
          skip = 1 + bytes[at]!;
          break;
        case 0xc5:
        case 0xda: // bin16, str16
          if (at + 1 >= end) return false;
          skip = 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
          break;
        case 0xdc: // array16
          if (at + 1 >= end) return false;
          children = (bytes[at]! << 8) | bytes[at + 1]!;
          at += 2;
          break;
        default:
          return false; // maps, extensions, 32-bit lengths, never used
      }
    }
    at += skip;
    if (at > end) return false;
    if (children >= 0) {
      if (children > end - at || depth === DEPTH_MAX) return false;
      depth += 1;
      pending[depth] = children;
    }
  }
}
