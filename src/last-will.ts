import type { Address } from './core/address.ts';
import { type ElectionPacket, Op, type Release } from './election/messages.ts';
import type { NodeCore } from './node-core.ts';

/** What somebody else may say for a process that has died, and to whom. */
export interface Will {
  readonly to: Address;
  readonly packet: ElectionPacket;
}

/**
 * The releases of all that a node leads now, for whoever will see the process dead: its supervisor.
 * To be made anew at each `elected` and `lost`, and said only after the system has reported the exit;
 * nothing that the process started may outlive it.
 *
 * Like a last breath it says that the process is gone, not that what it sent is: voters keep the name
 * for `drainMs` more, and never longer than the lease. A will that names an ended term is void (voter.V10).
 */
export function lastWill(core: NodeCore, names: Iterable<string>, drainMs: number): readonly Will[] {
  const entries: Release[] = [];
  for (const name of names) {
    const term = core.election.tenureOf(name)?.term;
    if (term !== undefined) entries.push({ op: Op.release, name, term, to: '', drainMs: Math.max(1, Math.round(drainMs)) });
  }
  if (entries.length === 0) return [];
  return core.election.franchise.say(entries, core.membership.members);
}
