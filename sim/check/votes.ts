import type { GrantRecord } from '../../src/election/ballot-box.ts';
import { isSameLife } from '../../src/election/peers.ts';
import type { Votes } from './electorate.ts';
import type { SpeechCheck } from './speech.ts';
import { type Violations, seconds } from './violation.ts';

/** A promise and the clock it is counted on. */
interface Promised {
  readonly grant: GrantRecord;
  readonly clock: VoterClock;
}

/** Turns a voter's own time into true time, by the course of its clock as it is when asked. */
export interface VoterClock {
  when(localUs: number): number;
}

/** What a voter holds about one name. */
interface Box {
  readonly maxBallot: number;
  /** No ballot above it was ever promised, of any name. */
  readonly floor: number;
  readonly grant: GrantRecord | null;
}

interface Vote {
  readonly boot: number;
  readonly maxBallot: number;
  readonly promised: Promised | null;
  /** What its former life promised: a crash does not undo it, because the new life's silence keeps it. */
  readonly inherited: Promised | null;
  readonly ballots: Map<number, string>;
}

/** Whether the one is what a former life promised, said again. */
const isAgain = (one: GrantRecord, former: GrantRecord): boolean =>
  isSameLife(one.holder, former.holder) && one.ballot === former.ballot && one.term === former.term;

const endUs = ({ grant, clock }: Promised): number => clock.when(grant.endUs);

/**
 * The voters' promises about one election: a voter life grants a ballot to one holder and never goes
 * back, and serves one leader per term (safety.S4); whoever holds a lease holds it by the promises of a majority that run at least as
 * long, in true time (safety.S5).
 */
export class VoteCheck {
  readonly #violations: Violations;
  readonly #election: string;
  readonly #votes = new Map<string, Vote>();

  readonly #speech: SpeechCheck;
  readonly #isVoid: (holder: { readonly name: string; readonly boot: number }) => boolean;

  /** @param isVoid Whether a former life's promise to that process need not be waited for, because the process is gone and nobody else could hold it. */
  constructor(
    election: string,
    violations: Violations,
    speech: SpeechCheck,
    isVoid: (holder: { readonly name: string; readonly boot: number }) => boolean = () => false,
  ) {
    this.#isVoid = isVoid;
    this.#speech = speech;
    this.#election = election;
    this.#violations = violations;
  }

  look(voter: string, boot: number, { maxBallot, floor, grant }: Box, clock: VoterClock, nowUs: number): void {
    const before = this.#votes.get(voter);
    const sameLife = before?.boot === boot;
    // A promise is an object of its own: nothing new to see in the same one.
    if (sameLife && before.maxBallot === maxBallot && (before.promised?.grant ?? null) === grant) return;
    const inherited = sameLife ? before.inherited : (before?.promised ?? before?.inherited ?? null);
    const promised = grant === null ? null : { grant, clock };
    // The first promise of this life is one that it was handed on (restart.R8). Its ballot may be at or below the floor of a set that came
    // after it (config.P7), as in the former life; what this voter showed until then was that floor, and no ballot that it had promised.
    const takesOver = sameLife && before.ballots.size === 0 && promised !== null && inherited !== null && isAgain(promised.grant, inherited.grant);
    if (sameLife && !takesOver) {
      this.#violations.check(
        'safety.S4',
        maxBallot >= before.maxBallot,
        nowUs,
        () => `${voter} went back from ballot ${before.maxBallot} to ${maxBallot} of '${this.#election}'`,
      );
    }
    if (grant !== null) this.#promise(voter, sameLife ? before : null, grant, maxBallot, floor, nowUs);
    this.#violations.check(
      'election.I11',
      maxBallot <= floor,
      nowUs,
      () => `${voter} holds ballot ${maxBallot} of '${this.#election}' highest, and promised none above ${floor}`,
    );
    const ballots = sameLife ? before.ballots : new Map<number, string>();
    if (grant !== null) {
      const holder = `${grant.holder.name}#${grant.holder.boot}`;
      // A leader that renews may bring a ballot that was granted here to a bidder who won nothing with it: bids and terms are counted apart.
      const key = grant.elected ? -grant.term : grant.ballot;
      const earlier = ballots.get(key);
      if (earlier !== holder) {
        this.#violations.check(
          'safety.S4',
          earlier === undefined,
          nowUs,
          () => `${voter} granted ${grant.elected ? `term ${grant.term}` : `ballot ${grant.ballot}`} of '${this.#election}' to ${earlier} and to ${holder}`,
        );
        ballots.set(key, holder);
      }
    }
    if (!sameLife || before.promised === null) {
      // A new life knows nothing of what it promised: it must wait until that cannot run any more (restart.R1).
      const early =
        grant !== null &&
        inherited !== null &&
        endUs(inherited) > nowUs &&
        !isSameLife(inherited.grant.holder, grant.holder) &&
        !this.#isVoid(inherited.grant.holder);
      this.#violations.check(
        'safety.S6',
        !early,
        nowUs,
        () =>
          `${voter} promised '${this.#election}' to ${grant!.holder.name} while its former life's promise to ${inherited!.grant.holder.name} runs until ${seconds(endUs(inherited!))}`,
      );
    }
    // What a life was handed on (restart.R8) and goes on promising to the same holder is its own from now on, and ends like any other
    // promise of its own: the holder may release it, which frees the name (election.I4) though the former life's would have run on.
    const isKept = inherited !== null && promised !== null && isSameLife(inherited.grant.holder, promised.grant.holder) && endUs(promised) >= endUs(inherited);
    this.#votes.set(voter, { boot, maxBallot, promised, inherited: isKept ? null : inherited, ballots });
  }

  /** A new promise: asked for, in order, and of a name that was free. */
  #promise(voter: string, before: Vote | null, grant: GrantRecord, maxBallot: number, floor: number, nowUs: number): void {
    this.#violations.check(
      'election.I6',
      grant.term <= grant.ballot && grant.ballot <= maxBallot && maxBallot <= floor,
      nowUs,
      () => `${voter} promised ballot ${grant.ballot} (term ${grant.term}) of '${this.#election}', its highest being ${maxBallot} and its floor ${floor}`,
    );
    if (grant.holder.name === voter) return; // what a process says to its own voter is on no wire
    this.#violations.check(
      'election.I18',
      this.#speech.hasAsked(grant.holder, this.#election, grant.ballot, grant.term),
      nowUs,
      () => `${voter} promised '${this.#election}' to ${grant.holder.name}, which never asked for it with ballot ${grant.ballot}`,
    );
    const former = before?.promised?.grant;
    if (former === undefined || isSameLife(former.holder, grant.holder) || former.holder.name === voter) return;
    this.#violations.check(
      'election.I4',
      endUs(before!.promised!) <= nowUs ||
        this.#speech.hasReleased(former.holder, this.#election, former.term) ||
        this.#speech.hasReclaimed(former.holder, this.#election),
      nowUs,
      () =>
        `${voter} promised '${this.#election}' to ${grant.holder.name} while its promise to ${former.holder.name} ran until ${seconds(endUs(before!.promised!))}`,
    );
  }

  /** Until when that life of a voter, or one before it, promised the name to that process; −Infinity: not at all. */
  promisedUntilUs(voter: string, node: string, boot: number): number {
    const vote = this.#votes.get(voter);
    let untilUs = -Infinity;
    for (const promised of [vote?.promised, vote?.inherited]) {
      if (promised != null && promised.grant.holder.boot === boot && promised.grant.holder.name === node) untilUs = Math.max(untilUs, endUs(promised));
    }
    return untilUs;
  }

  /** The holder's lease was won or extended, or a clock runs another course now. */
  backed(node: string, boot: number, term: number, leaseEndUs: number, voters: Votes, nowUs: number): void {
    const behind: string[] = [];
    const backs = (promised: Promised | null): boolean =>
      promised !== null && promised.grant.holder.boot === boot && promised.grant.holder.name === node && endUs(promised) >= leaseEndUs;
    for (const [voter, { promised, inherited }] of this.#votes) if (backs(promised) || backs(inherited)) behind.push(voter);
    this.#violations.check(
      'safety.S5',
      behind.reduce((sum, voter) => sum + voters.of(voter), 0) >= voters.needed,
      nowUs,
      () =>
        `${node} holds '${this.#election}' in term ${term} until ${seconds(leaseEndUs)}, and not the ${voters.needed} votes that are needed promised that (${behind.join(', ') || 'none'})`,
    );
  }
}
