import { BellwetherError } from './core/errors.ts';
import { isName } from './core/fields.ts';
import { VOTERS_ELECTION } from './election/reconfiguration.ts';
import type { NodeSettings } from './options.ts';

/** What a node stands with: by it each voter's queue is ordered. */
export interface Standing {
  /** The one part that changes while we stand (`setPriority`). */
  priority: number;
  /** '' for none. */
  readonly group: string;
  readonly fair: boolean;
}

/** @throws BellwetherError `ERR_OPTIONS` */
export function checkElectionName(name: string): void {
  if (name === VOTERS_ELECTION) throw optionsError(`an election cannot be called ${VOTERS_ELECTION}: it is the voters' own`);
  if (!isName(name)) throw optionsError(`an election's name must be 1 to 64 printable ASCII characters without spaces; it is ${JSON.stringify(name)}`);
}

/** @throws BellwetherError `ERR_OPTIONS` */
export function checkPriority(priority: number): void {
  if (!Number.isInteger(priority) || Math.abs(priority) > 1_000) throw optionsError(`priority must be a whole number from -1000 to 1000; it is ${priority}`);
}

/**
 * Whether this node may stand for `name`.
 *
 * @returns What it stands with.
 * @throws BellwetherError `ERR_OPTIONS`, `ERR_NOT_CANDIDATE`
 */
export function checkCandidacy(settings: NodeSettings, name: string, { priority, group, fair }: Partial<Standing>): Standing {
  checkElectionName(name);
  if (group !== undefined) checkElectionName(group);
  const { voters, leaders, expect, durable } = settings.election;
  if (voters.length === 0 && expect === 0)
    throw new BellwetherError('ERR_NOT_CANDIDATE', `cannot stand for '${name}': this node was given no voters`, { election: name });
  if (leaders === 'voters' && !durable && !voters.includes(settings.name)) {
    throw new BellwetherError('ERR_NOT_CANDIDATE', `cannot stand for '${name}': only voters may lead, and ${settings.name} is none`, { election: name });
  }
  if (settings.role !== 'candidate')
    throw new BellwetherError('ERR_NOT_CANDIDATE', `cannot stand for '${name}': this node's role is ${settings.role}`, { election: name });
  if (priority !== undefined) checkPriority(priority);
  return { priority: priority ?? settings.priority, group: group ?? '', fair: fair ?? false };
}

export function optionsError(problem: string): BellwetherError {
  return new BellwetherError('ERR_OPTIONS', problem, { problems: [problem] });
}
