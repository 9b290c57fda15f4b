import type { ElectionChange } from './election/host.ts';
import type { MembershipChange } from './membership/host.ts';
import type { PartitionChange } from './partition/host.ts';

export type Change =
  | { readonly of: 'membership'; readonly change: MembershipChange }
  | { readonly of: 'election'; readonly change: ElectionChange }
  | { readonly of: 'partition'; readonly change: PartitionChange };

/**
 * How deep listeners are told inside of one another. They may call the node, which then tells them what that led to before
 * the call returns. But where each of a thousand losses makes a listener give something back, no stack is deep enough.
 */
const NESTED_MAX = 32;

/** What the cores have told, and nobody was told of yet. In its order, also when a listener calls the node meanwhile and more comes. */
export class Untold {
  readonly #changes: Change[] = [];
  #nested = 0;

  push(change: Change): void {
    this.#changes.push(change);
  }

  tell(act: (change: Change) => void): void {
    if (this.#nested >= NESTED_MAX) return; // whoever is told further out goes on with it
    this.#nested += 1;
    try {
      for (let next = this.#changes.shift(); next !== undefined; next = this.#changes.shift()) act(next);
    } finally {
      this.#nested -= 1;
    }
  }
}
