import type { QuorumEvent } from './events.ts';
import type { SelfState } from './membership/host.ts';

export interface Health {
  /** The process works: restart it when this is false. */
  readonly live: boolean;
  /** It is a member and sees a majority of voters. */
  readonly ready: boolean;
  readonly reasons: readonly string[];
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
