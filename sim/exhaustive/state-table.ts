const FIELDS = 7;
/** Of those, the ones that make up a state; then come its parent and the step from there. */
const KEYS = 5;

/** States of five whole numbers each, in the order in which they were found, and no state twice. */
export class StateTable {
  #rows = new Int32Array(FIELDS * 4_096);
  /** Open addressing; places hold row number + 1. */
  #places = new Int32Array(16_384);
  size = 0;

  /** @returns Whether it was new. */
  add(a: number, b: number, c: number, d: number, e: number, parent: number, step: number): boolean {
    const mask = this.#places.length - 1;
    let place = hash(a, b, c, d, e) & mask;
    const rows = this.#rows;
    for (let row = this.#places[place]!; row !== 0; row = this.#places[place]!) {
      const at = (row - 1) * FIELDS;
      if (rows[at] === a && rows[at + 1] === b && rows[at + 2] === c && rows[at + 3] === d && rows[at + 4] === e) return false;
      place = (place + 1) & mask;
    }
    this.append(a, b, c, d, e, parent, step);
    this.#places[place] = this.size;
    if (this.size * 2 > this.#places.length) this.#spread();
    return true;
  }

  /** Without looking whether it is there. */
  append(a: number, b: number, c: number, d: number, e: number, parent: number, step: number): void {
    const at = this.size * FIELDS;
    if (at + FIELDS > this.#rows.length) {
      const larger = new Int32Array(this.#rows.length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows.set([a, b, c, d, e, parent, step], at);
    this.size += 1;
  }

  get(row: number, field: number): number {
    return this.#rows[row * FIELDS + field]!;
  }

  /** The steps from the first state to that one. */
  way(row: number): number[] {
    const steps: number[] = [];
    for (let at = row; this.get(at, KEYS) >= 0; at = this.get(at, KEYS)) steps.unshift(this.get(at, KEYS + 1));
    return steps;
  }

  #spread(): void {
    this.#places = new Int32Array(this.#places.length * 2);
    const mask = this.#places.length - 1;
    for (let row = 0; row < this.size; row += 1) {
      const at = row * FIELDS;
      const rows = this.#rows;
      let place = hash(rows[at]!, rows[at + 1]!, rows[at + 2]!, rows[at + 3]!, rows[at + 4]!) & mask;
      while (this.#places[place] !== 0) place = (place + 1) & mask;
      this.#places[place] = row + 1;
    }
  }
}

function hash(a: number, b: number, c: number, d: number, e: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b);
  for (const x of [b, c, d, e]) h = Math.imul((h ^ (h >>> 15)) + x, 0xc2b2ae35);
  h ^= h >>> 13;
  h = Math.imul(h, 0x27d4eb2f);
  return (h ^ (h >>> 16)) >>> 0;
}
