/** A bug: a place in the protocol's source, and what to put there instead. */
export interface Mutant {
  readonly id: string;
  /** What is wrong with it, in a few words. */
  readonly bug: string;
  /** The directed schedule that was written for it, which is then tried before anything else: what no seed shows soon need not be looked for in many. */
  readonly schedule?: string;
  readonly file: string;
  /** Must match exactly once; white space is free. Without type annotations, which are gone by then. */
  readonly find: string;
  readonly replace: string;
}

/**
 * Patches one module's text in memory.
 *
 * @throws When the search text does not match exactly once: a mutant that changes nothing, or
 * something else than it says, proves nothing.
 */
export function applyMutant(text: string, { id, find, replace }: Mutant): string {
  const words = find
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(words.join('\\s+'), 'g');
  const matches = [...text.matchAll(pattern)];
  if (matches.length !== 1) throw new Error(`mutant ${id}: its search text matches ${matches.length} times`);
  const [match] = matches;
  return text.slice(0, match!.index) + replace + text.slice(match!.index + match![0].length);
}
