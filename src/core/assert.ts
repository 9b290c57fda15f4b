/**
 * Stops on our own bug. Kept on in production: a protocol that goes on after a broken invariant
 * can elect two leaders, one that stops cannot. Never used for input from peers or users.
 *
 * @throws {Error} whose message starts with `BUG:`.
 */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Error(why.startsWith('BUG: ') ? why : `BUG: ${why}`);
}
