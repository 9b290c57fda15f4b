import type { Member } from './core/view.ts';
import type { Election } from './election/election.ts';
import { type Seat, votesOf } from './election/voter-set.ts';
import type { QuorumEvent } from './events.ts';
import type { SelfState } from './membership/host.ts';

export interface Health {
  /** The process works: restart it when this is false. */
  readonly live: boolean;
  /** It is a member and sees a majority of voters. */
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** A majority of voters as they answer, where they are asked and too few do; else as the view holds them. Null: this node knows no voters. */
export function quorumOf({ franchise, quorum }: Election, members: ReadonlyMap<string, Member>, nowUs: number): QuorumEvent | null {
  const { set, needed, total } = franchise.standing;
  if (total === 0) return null;
  const voting = set.seats.filter(({ weight }) => weight > 0);
  const asked = quorum.isAsking && quorum.isLost ? quorum.look(nowUs).missing : null;
  const isMissing = ({ name }: Seat): boolean => asked?.includes(name) ?? !['alive', 'suspect'].includes(members.get(name)?.state ?? 'left');
  const reachable = votesOf(voting.filter((seat) => !isMissing(seat)));
  return { held: reachable >= needed, reachable, needed, missing: voting.filter(isMissing).map(({ name }) => name) };
}

export function healthOf(closed: boolean, state: SelfState, quorum: QuorumEvent | null): Health {
  const reasons: string[] = [];
  if (closed) reasons.push('the node is closed');
  if (state !== 'joined' && state !== 'degraded') reasons.push(`the node is ${state}`);
  if (quorum !== null && !quorum.held) reasons.push(`${quorum.reachable} of ${quorum.needed} voters needed answer; missing: ${quorum.missing.join(', ')}`);
  return { live: !closed, ready: reasons.length === 0, reasons };
}

/** Counters by part and name, as one record: `part.name`. */
export function flatten(parts: Readonly<Record<string, Readonly<Record<string, number>>>>): Record<string, number> {
  const all: Record<string, number> = {};
  for (const [part, counters] of Object.entries(parts)) for (const [name, value] of Object.entries(counters)) all[`${part}.${name}`] = value;
  return all;
}
