import type { Now } from './core/time.ts';
import type { Election } from './election/election.ts';
import type { PartitionElection } from './partition/partition.ts';
import type { Membership } from './membership/membership.ts';

/** Sentences about an election, a member, or (without `about`) ourselves and all elections that were asked about. */
export function explainNode(
  about: string | undefined,
  self: string,
  asked: ReadonlySet<string>,
  election: Election,
  membership: Membership,
  partition: PartitionElection,
  wire: Readonly<Record<string, number>>,
  now: Now,
): readonly string[] {
  const elections = about === undefined ? [...asked] : (membership.members.has(about) || partition.names.includes(about)) && !asked.has(about) ? [] : [about];
  const member = about ?? self;
  const parts = (about === undefined ? partition.names : [about]).flatMap((name) => partition.explain(name, now.elapsedUs));
  return [
    ...elections.flatMap((name) => election.explain(name, now)),
    ...parts,
    ...(membership.members.has(member) ? [...membership.explain(member, now.elapsedUs), ...(member === self ? limitsOf(wire) : unaskedHosts(wire))] : []),
  ];
}

/** Limits of the transport that were reached, in the words in which the membership tells its own. */
function limitsOf(wire: Readonly<Record<string, number>>): readonly string[] {
  const limits = Object.entries(wire).filter(([name]) => name.endsWith('.limit'));
  return limits.map(([name, times]) => `The limit '${name.slice(0, -'.limit'.length)}' was reached ${times} times.`);
}

/** Why a death may take a suspicion although the host of the dead would refuse. The transport knows how often, not of whom: it is told addresses. */
function unaskedHosts(wire: Readonly<Record<string, number>>): readonly string[] {
  const times = wire['probe-sockets.limit'];
  if (times === undefined) return [];
  return [`All probe sockets were in use ${times} times, whichever members were asked: no host can refuse then, and silence is all that a probe tells.`];
}
