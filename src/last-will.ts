import type { Address } from './core/address.ts';
import { ELECTION_KIND } from './election/codec.ts';
import type { ElectionConfig } from './election/config.ts';
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
export function lastWill(core: NodeCore, config: ElectionConfig, names: Iterable<string>, drainMs: number): readonly Will[] {
  const entries: Release[] = [];
  for (const name of names) {
    const term = core.election.tenureOf(name)?.term;
    if (term !== undefined) entries.push({ op: Op.release, name, term, to: '', drainMs: Math.max(1, Math.round(drainMs)) });
  }
  if (entries.length === 0) return [];
  const { name, boot } = core.membership.self;
  const grantMs = config.grantUs / 1_000;
  const packet: ElectionPacket = {
    kind: ELECTION_KIND,
    from: name,
    boot,
    config: core.election.digest,
    grantMs,
    maxGrantMs: grantMs,
    elapsedMs: 0,
    token: 0,
    echo: 0,
    entries,
  };
  return config.voters.flatMap((voter) => {
    const member = core.membership.members.get(voter);
    return member === undefined || voter === name ? [] : [{ to: member.address, packet }];
  });
}
