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
  now: Now,
): readonly string[] {
  const elections = about === undefined ? [...asked] : (membership.members.has(about) || partition.names.includes(about)) && !asked.has(about) ? [] : [about];
  const member = about ?? self;
  const parts = (about === undefined ? partition.names : [about]).flatMap((name) => partition.explain(name, now.elapsedUs));
  return [
    ...elections.flatMap((name) => election.explain(name, now)),
    ...parts,
    ...(membership.members.has(member) ? membership.explain(member, now.elapsedUs) : []),
  ];
}
