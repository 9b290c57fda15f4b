import type { Election } from '../../src/election/election.ts';

/**
 * Everything happens at this reading of a node's clocks; it is what lies before and behind that moves. Far
 * above any other number in the core, so that a moment is told from a duration, a ballot or a count by its size.
 */
export const NOW_US = 2 ** 42;
const MOMENTS_FROM = 2 ** 41;

/** What a node holds, flat: moments follow an `@`, and count from now. Equal tapes, equal futures. */
export type Tape = readonly unknown[];

/** Kept for people, or of elections with many names: no rule reads it here, so it tells no two states apart. */
const NO_RULE = new Set(['counters', 'transitions', 'last', 'nowUs', 'startedUs', 'formerEndsUs', 'queues', 'nextDeadlineUs', 'resent', 'receivers']);
/** What those are while nobody reads them. */
const NEUTRAL: Readonly<Record<string, () => unknown>> = {
  startedUs: () => 0,
  formerEndsUs: () => new Map(),
  queues: () => new Map(),
  resent: () => 0,
  receivers: () => [],
};
/** Never changes while the voters stay the same, or holds no state at all. */
const CONSTANT = new Set(['config', 'self', 'random', 'view', 'mark', 'electorate', 'memory', 'guard', 'bootstrap', 'reconfiguration', 'quiet', 'reclaim']);

type Fields = Record<string, unknown>;

/** A field's name in the protocol; the loader has put `$private_` for `#`. */
const bare = (key: string): string => key.replace('$private_', '');

/**
 * Takes what is for people only out of a node, so that it costs nothing and tells no states apart: who it
 * believes leads, whether it sees a majority, who is next, how fast clocks run. No rule that grants or leads reads it.
 */
export function withoutPeople(election: Election): void {
  const nothing = (): void => {};
  const fields = election as unknown as Fields;
  const swap = (name: string, by: object): void => {
    const key = [`$private_${name}`, name].find((some) => some in fields);
    if (key === undefined) throw new Error(`the election core has no ${name}, or it was loaded without its private fields made readable`);
    fields[key] = by;
  };
  const lastOf = (): object => ({ holder: null, term: 0 });
  swap('beliefs', { ended: nothing, leads: nothing, follow: nothing, settle: nothing, holds: () => true, lastOf, nextDeadlineUs: Infinity });
  swap('quorum', { advance: nothing, noteHint: nothing, answeredLately: () => true, nextDeadlineUs: Infinity });
  swap('first', { look: nothing });
  swap('rates', { heard: nothing });
  Object.assign(fields['$private_rolls'] as object, { heard: nothing });
}

/** One object that stays itself for a node's whole life: functions of the core hold on to it, so its content is put back in place. */
interface Part {
  readonly object: object;
  readonly keys: readonly string[];
  /** Of those, the ones that hold another part. */
  readonly fixed: ReadonlyMap<string, unknown>;
}

/** Takes and puts back the whole state of one living `Election`, which cannot be copied: its parts are bound to each other by functions. */
export class NodeImage {
  readonly #parts: Part[] = [];

  constructor(election: Election) {
    this.#look(election, new Set());
  }

  take(): Tape {
    const tape: unknown[] = [];
    for (const { object, keys, fixed } of this.#parts) {
      for (const key of keys) put(tape, (object as Fields)[key]);
      for (const [key, part] of fixed) if ((object as Fields)[key] !== part) throw new Error(`a part of the core that is to stay was replaced: ${key}`);
      putItems(tape, object);
    }
    return tape;
  }

  putBack(tape: Tape): void {
    const reader = { tape, at: 0 };
    for (const { object, keys } of this.#parts) {
      for (const key of keys) (object as Fields)[key] = read(reader);
      readItems(reader, object);
    }
  }

  #look(object: object, seen: Set<object>): void {
    seen.add(object);
    const keys: string[] = [];
    const fixed = new Map<string, unknown>();
    const inner: object[] = [];
    for (const [key, value] of Object.entries(object)) {
      if (typeof value === 'function' || NO_RULE.has(bare(key)) || CONSTANT.has(bare(key))) continue;
      if (!isPart(value)) keys.push(key);
      else {
        fixed.set(key, value);
        if (!seen.has(value)) inner.push(value);
      }
    }
    this.#parts.push({ object, keys, fixed });
    for (const part of inner) if (!seen.has(part)) this.#look(part, seen);
  }
}

/** Instances of classes, maps, and plain objects that hold such or functions; anything else is a value. */
function isPart(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (Object.getPrototypeOf(value) !== Object.prototype) return true;
  return Object.values(value).some((inner) => typeof inner === 'function' || isPart(inner));
}

/** A moment moves by as much as the clock that it was read from. */
export function aged(tape: Tape, byUs: number): Tape {
  const older = [...tape];
  for (let i = 0; i < older.length; i += 1) if (older[i] === '@') older[i + 1] = (older[i + 1] as number) - byUs;
  return older;
}

/** Objects of one kind have the same fields: they are told by a number. */
interface Shape {
  readonly prototype: object;
  readonly keys: readonly string[];
  readonly neutral: readonly (readonly [key: string, make: () => unknown])[];
}
const shapes: Shape[] = [];
const shapeIds = new Map<string, number>();
const prototypes: object[] = [];

function shapeOf(value: object): number {
  const prototype = Object.getPrototypeOf(value) as object;
  let kind = prototypes.indexOf(prototype);
  if (kind < 0) kind = prototypes.push(prototype) - 1;
  const all = Object.keys(value);
  const name = `${kind} ${all.join()}`;
  let id = shapeIds.get(name);
  if (id === undefined) {
    const neutral = all.flatMap((key) => (bare(key) in NEUTRAL ? [[key, NEUTRAL[bare(key)]!] as const] : []));
    id = shapes.push({ prototype, keys: all.filter((key) => !NO_RULE.has(bare(key))), neutral }) - 1;
    shapeIds.set(name, id);
  }
  return id;
}

function put(tape: unknown[], value: unknown): void {
  if (typeof value === 'number') {
    if (value >= MOMENTS_FROM && value !== Infinity) tape.push('@', value - NOW_US);
    else tape.push(value);
  } else if (typeof value === 'string') tape.push('"', value);
  else if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function') throw new Error('a function among the values of the core');
    tape.push(value);
  } else if (Array.isArray(value)) {
    tape.push('[', value.length);
    for (const item of value) put(tape, item);
  } else if (value instanceof Map || value instanceof Set) {
    tape.push(value instanceof Map ? 'M' : 'S');
    putItems(tape, value);
  } else {
    const shape = shapeOf(value);
    tape.push('{', shape);
    for (const key of shapes[shape]!.keys) {
      if (bare(key) === 'mark') tape.push('=', (value as Fields)[key]);
      else put(tape, (value as Fields)[key]);
    }
  }
}

function putItems(tape: unknown[], object: object): void {
  if (object instanceof Map) {
    tape.push(object.size);
    for (const [key, value] of object as Map<unknown, unknown>) {
      put(tape, key);
      put(tape, value);
    }
  } else if (object instanceof Set) {
    tape.push(object.size);
    for (const value of object as Set<unknown>) put(tape, value);
  } else if (object instanceof Float64Array) for (const value of object) put(tape, value);
}

interface Reader {
  readonly tape: Tape;
  at: number;
}

function read(reader: Reader): unknown {
  const { tape } = reader;
  const head = tape[reader.at++];
  if (typeof head !== 'string') return head;
  if (head === '@') return NOW_US + (tape[reader.at++] as number);
  if (head === '"' || head === '=') return tape[reader.at++];
  if (head === '[') {
    const array = [];
    for (let left = tape[reader.at++] as number; left > 0; left -= 1) array.push(read(reader));
    return array;
  }
  if (head === 'M' || head === 'S') {
    const items = head === 'M' ? new Map() : new Set();
    readItems(reader, items);
    return items;
  }
  const { prototype, keys, neutral } = shapes[tape[reader.at++] as number]!;
  const object = Object.create(prototype) as Fields;
  for (const key of keys) object[key] = read(reader);
  for (const [key, make] of neutral) object[key] = make();
  return object;
}

function readItems(reader: Reader, object: object): void {
  if (object instanceof Map) {
    object.clear();
    for (let left = reader.tape[reader.at++] as number; left > 0; left -= 1) {
      const key = read(reader);
      object.set(key, read(reader));
    }
  } else if (object instanceof Set) {
    object.clear();
    for (let left = reader.tape[reader.at++] as number; left > 0; left -= 1) object.add(read(reader));
  } else if (object instanceof Float64Array) for (let i = 0; i < object.length; i += 1) object[i] = read(reader) as number;
}
