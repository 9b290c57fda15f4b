import { Session } from 'node:inspector';

/**
 * How much an object keeps, seen from outside: the size of every Map, Set and array that it holds, in private fields, too.
 *
 * @returns By class and field (`Prober.#open`), of all such the largest; what lies in a container is its field's, with `[]`.
 */
export function containersOf(root: object): Readonly<Record<string, number>> {
  const session = new Session();
  session.connect();
  const sizes: Record<string, number> = {};
  const seen = new Set<object>();
  const waiting: { readonly at: string; readonly value: unknown }[] = [{ at: '', value: root }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, value } = next;
    if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) continue;
    seen.add(value);
    if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
      const items = value instanceof Map ? [...value.values()] : [...(value as Iterable<unknown>)];
      sizes[at] = Math.max(sizes[at] ?? 0, items.length);
      for (const item of items) waiting.push({ at: `${at}[]`, value: item });
      continue;
    }
    const { name } = value.constructor;
    const isPlain = name === 'Object';
    for (const [field, inner] of Object.entries(value)) waiting.push({ at: `${isPlain ? at : name}.${field}`, value: inner });
    if (!isPlain) for (const [field, inner] of privatesOf(session, value)) waiting.push({ at: `${name}.${field}`, value: inner });
  }
  session.disconnect();
  return sizes;
}

/** Where the inspector leaves what it finds: it knows objects by handles of its own. */
const desk = globalThis as { onDesk?: unknown };

function privatesOf(session: Session, object: object): [field: string, value: object][] {
  const fields: [string, object][] = [];
  desk.onDesk = object;
  session.post('Runtime.evaluate', { expression: 'globalThis.onDesk' }, (_, { result }) => {
    session.post('Runtime.getProperties', { objectId: result.objectId!, ownProperties: true }, (__, properties) => {
      // Left out of the types, which lag behind the protocol.
      const { privateProperties = [] } = properties as { privateProperties?: { name: string; value?: { objectId?: string } }[] };
      for (const { name, value } of privateProperties) {
        if (value?.objectId === undefined) continue;
        session.post('Runtime.callFunctionOn', { objectId: value.objectId, functionDeclaration: 'function () { globalThis.onDesk = this; }' }, () => {
          fields.push([name, desk.onDesk as object]);
        });
      }
    });
    session.post('Runtime.releaseObject', { objectId: result.objectId! });
  });
  delete desk.onDesk;
  return fields;
}
