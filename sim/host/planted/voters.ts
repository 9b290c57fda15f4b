import type { Mutant } from '../mutants.ts';

const VOTER = 'src/election/voter.ts';
const RECOVERY = 'src/election/recovery.ts';
const RECONFIGURATION = 'src/election/reconfiguration.ts';
const FRANCHISE = 'src/election/franchise.ts';
const VOTER_SET = 'src/election/voter-set.ts';

/** Who votes, and how that changes. */
export const VOTERS_BUGS: readonly Mutant[] = [
  {
    id: 'all-in-one-step',
    bug: 'the wanted voters are installed in one step (config.P3)',
    file: VOTER_SET,
    find: 'export function nextSeats(now, wanted, isGone, fits) {',
    replace: 'export function nextSeats(now, wanted, isGone, fits) { return JSON.stringify(now) === JSON.stringify(wanted) ? null : wanted;',
  },
  {
    id: 'left-unsettled',
    bug: 'a set of voters is left, or told of as done, before a majority goes by it (config.P1)',
    schedule: 'voters-settled',
    file: RECONFIGURATION,
    find: 'if (held < electorate.needed) {',
    replace: 'if (false) {',
  },
  {
    id: 'answers-of-another-term',
    bug: 'what voters answered in another term settles a set (config.P2)',
    schedule: 'voters-answered',
    file: RECONFIGURATION,
    find: "this.#waitsFor = 'the election of whoever may change the voters'; this.onVoters();",
    replace: "this.#waitsFor = 'the election of whoever may change the voters'; this.#settledUs = Infinity;",
  },
  {
    id: 'no-stamp',
    bug: 'who wins does not stamp the set it finds with its term (config.P2)',
    file: RECONFIGURATION,
    find: 'const isStamped = !electorate.isFirst && electorate.set.term === term;',
    replace: 'const isStamped = true;',
  },
  {
    id: 'dead-seat-vanishes',
    bug: 'a dead voter is not listed any more when it has lost its vote, so that nobody goes on with its replacement (config.R1)',
    schedule: 'voters-half-replaced',
    file: VOTER_SET,
    find: 'return isFilled || !fits(all) ?',
    replace: 'return true ?',
  },
  {
    id: 'no-drain-between-steps',
    bug: 'the next step does not wait for leases won before the last one (config.P6)',
    file: RECONFIGURATION,
    find: 'if (now.elapsedUs < this.#settledUs + this.#drainUs) {',
    replace: 'if (false) {',
  },
  {
    id: 'nobody-left-to-vote',
    bug: 'a change may leave nobody to vote (config.P9)',
    schedule: 'voters-nobody',
    file: VOTER_SET,
    find: "if (votesOf(seats) === 0) faults.push('somebody must be left to vote');",
    replace: '',
  },
  {
    id: 'no-floor-in-sets',
    bug: 'a set of voters does not say how high was promised before it (config.P7)',
    schedule: 'voters-floor',
    file: RECONFIGURATION,
    find: 'const floor = Math.max(set.floor, ...this.#acks.values());',
    replace: 'const floor = 0;',
  },
  {
    id: 'set-not-kept',
    bug: 'a changed set of voters is not on the disk when it is answered under (config.P8)',
    schedule: 'voters-forget',
    file: 'src/election/memory.ts',
    find: 'return this.isDurable && this.#keep({ ...this.#kept, set, lineage, origin, pending: false });',
    replace: 'return this.isDurable;',
  },
  {
    id: 'acceptance-not-kept',
    bug: 'who accepts to found with some does not keep it (config.B1)',
    schedule: 'found-twice',
    file: 'src/election/memory.ts',
    find: 'return this.isDurable && this.#keep({ ...this.#kept, set, lineage, origin, pending: true });',
    replace: 'return this.isDurable;',
  },
  {
    id: 'forced-at-once',
    bug: 'forced voters do not wait for what the former ones may have promised (config.F1)',
    schedule: 'force-waits',
    file: FRANCHISE,
    find: 'if (kept) this.#parts.recovery.startOver(now);',
    replace: '',
  },
  {
    id: 'forced-no-higher',
    bug: 'forced voters go on where the one that was told happens to be (config.F1)',
    schedule: 'force-rises',
    file: FRANCHISE,
    find: 'this.#parts.recovery.floor) + FORCED_RAISE',
    replace: 'this.#parts.recovery.floor)',
  },
  {
    id: 'forced-in-line',
    bug: 'a forced set belongs to the line of the former ones (config.F1)',
    file: FRANCHISE,
    find: 'forcedLineage(electorate.lineage, seats)',
    replace: 'electorate.lineage',
  },
  {
    id: 'memory-instead-of-waiting',
    bug: 'a state directory replaces the wait, too (restart.R7)',
    file: RECOVERY,
    find: 'const handed = this.#handedOn();',
    replace: 'const handed = this.#remembers ? { floor: this.#context.memory.mark, grants: [] } : this.#handedOn();',
  },
  {
    id: 'hand-on-without-promises',
    bug: 'a voter takes over from its last life and not what that had promised (restart.R8)',
    file: VOTER,
    find: "const peer = { name: holder, boot: holderBoot, address: '' };",
    replace: "continue; const peer = { name: holder, boot: holderBoot, address: '' };",
  },
  {
    id: 'hand-on-twice',
    bug: 'what one life handed on is taken by any later one (restart.R8)',
    schedule: 'hand-on-once',
    file: RECOVERY,
    find: 'kept?.boot === handedOn.boot &&',
    replace: '',
  },
];
