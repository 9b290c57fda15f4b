import { type Violations, seconds } from './violation.ts';

interface Grant {
  readonly ballot: number;
  readonly term: number;
  readonly holder: string;
  readonly boot: number;
  /** By a renewal: the holder leads. */
  readonly elected: boolean;
  /** True end of the promise, by the course of the voter's own clock as it is when asked. */
  readonly endUs: () => number;
}

interface Vote {
  readonly boot: number;
  readonly maxBallot: number;
  readonly grant: Grant | null;
  /** What its former life promised: a crash does not undo it, because the new life's silence keeps it. */
  readonly inherited: Grant | null;
  readonly ballots: Map<number, string>;
}

/**
 * The voters' promises about one election: a voter life grants a ballot to one holder and never goes
 * back, and serves one leader per term (safety.S4); whoever holds a lease holds it by the promises of a majority that run at least as
 * long, in true time (safety.S5).
 */
export class VoteCheck {
  readonly #violations: Violations;
  readonly #election: string;
  readonly #needed: number;
  readonly #votes = new Map<string, Vote>();

  constructor(election: string, needed: number, violations: Violations) {
    this.#election = election;
    this.#needed = needed;
    this.#violations = violations;
  }

  look(voter: string, boot: number, maxBallot: number, grant: Grant | null, nowUs: number): void {
    const before = this.#votes.get(voter);
    const sameLife = before?.boot === boot;
    if (sameLife) {
      this.#violations.check(
        'safety.S4',
        maxBallot >= before.maxBallot,
        nowUs,
        () => `${voter} went back from ballot ${before.maxBallot} to ${maxBallot} of '${this.#election}'`,
      );
    }
    const ballots = sameLife ? before.ballots : new Map<number, string>();
    if (grant !== null) {
      const holder = `${grant.holder}#${grant.boot}`;
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
    if (!sameLife || before.grant === null) {
      // A new life knows nothing of what it promised: it must wait until that cannot run any more (restart.R1).
      const past = sameLife ? before.inherited : (before?.grant ?? before?.inherited ?? null);
      const early = grant !== null && past !== null && past.endUs() > nowUs && !(past.holder === grant.holder && past.boot === grant.boot);
      this.#violations.check(
        'safety.S6',
        !early,
        nowUs,
        () =>
          `${voter} promised '${this.#election}' to ${grant!.holder} while its former life's promise to ${past!.holder} runs until ${seconds(past!.endUs())}`,
      );
    }
    const inherited = sameLife ? before.inherited : (before?.grant ?? before?.inherited ?? null);
    this.#votes.set(voter, { boot, maxBallot, grant, inherited, ballots });
  }

  /** The holder's lease was won or extended. */
  backed(node: string, boot: number, term: number, endUs: number, nowUs: number): void {
    const behind: string[] = [];
    const backs = (grant: Grant | null): boolean => grant !== null && grant.holder === node && grant.boot === boot && grant.endUs() >= endUs;
    for (const [voter, { grant, inherited }] of this.#votes) if (backs(grant) || backs(inherited)) behind.push(voter);
    this.#violations.check(
      'safety.S5',
      behind.length >= this.#needed,
      nowUs,
      () =>
        `${node} holds '${this.#election}' in term ${term} until ${seconds(endUs)}, and only ${behind.length} of ${this.#needed} voters needed promised that (${behind.join(', ') || 'none'})`,
    );
  }
}
