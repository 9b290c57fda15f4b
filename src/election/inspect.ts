import type { GrantRecord } from './ballot-box.ts';
import type { Contest, Role, Support } from './contest.ts';
import type { Recovery } from './recovery.ts';

/** What one node holds about one name. */
export interface Inspected {
  readonly role: Role;
  readonly term: number;
  readonly ballot: number;
  readonly leaseEndUs: number;
  readonly support: ReadonlyMap<string, Support>;
  /** Null where it does not vote. */
  readonly votes: null | {
    readonly phase: 'recovering' | 'active';
    readonly maxBallot: number;
    readonly floor: number;
    readonly grant: null | {
      readonly ballot: number;
      readonly term: number;
      readonly holder: string;
      readonly boot: number;
      readonly endUs: number;
      readonly elected: boolean;
    };
  };
}

/** A copy, so that whoever looks cannot change what is looked at. */
export function inspect(
  contest: Contest | undefined,
  vote: { readonly maxBallot: number; readonly grant: Readonly<GrantRecord> | null } | null,
  recovery: Recovery,
): Inspected {
  const tenure = contest?.tenure ?? null;
  const grant = vote?.grant ?? null;
  return {
    role: contest?.role ?? 'idle',
    term: tenure?.term ?? 0,
    ballot: tenure?.ballot ?? contest?.bid?.ballot ?? 0,
    leaseEndUs: tenure?.leaseEndUs ?? -Infinity,
    support: new Map(tenure?.support ?? contest?.bid?.support),
    votes:
      vote === null
        ? null
        : {
            phase: recovery.isActive ? 'active' : 'recovering',
            maxBallot: vote.maxBallot,
            floor: recovery.floor,
            grant:
              grant === null
                ? null
                : { ballot: grant.ballot, term: grant.term, holder: grant.holder.name, boot: grant.holder.boot, endUs: grant.endUs, elected: grant.elected },
          },
  };
}
