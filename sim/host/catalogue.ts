import type { Mutant } from './mutants.ts';
import { ELECTION_BUGS } from './planted/election.ts';
import { MEMBERSHIP_BUGS } from './planted/membership.ts';
import { PARTITION_BUGS } from './planted/partition.ts';
import { VOTERS_BUGS } from './planted/voters.ts';

/**
 * Bugs that people write. Each is one rule of docs/protocol.md left out or turned round; each must be
 * found by an invariant within its budget of seeds, or the checkers are not worth their name.
 */
export const MUTANTS: readonly Mutant[] = [...MEMBERSHIP_BUGS, ...ELECTION_BUGS, ...VOTERS_BUGS, ...PARTITION_BUGS];
