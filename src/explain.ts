import type { Now } from './core/time.ts';
import type { Election } from './election/election.ts';
import type { Membership } from './membership/membership.ts';

/** Sentences about an election, a member, or (without `about`) ourselves and all elections that were asked about. */
export function explainNode(
  about: string | undefined,
  self: string,
  asked: ReadonlySet<string>,
  election: Election,
  membership: Membership,
  now: Now,
): readonly string[] {
  const elections = about === undefined ? [...asked] : membership.members.has(about) && !asked.has(about) ? [] : [about];
  const member = about ?? self;
  return [...elections.flatMap((name) => election.explain(name, now)), ...(membership.members.has(member) ? membership.explain(member, now.elapsedUs) : [])];
}
