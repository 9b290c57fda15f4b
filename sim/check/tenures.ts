import type { Support, Tenure } from '../../src/election/contest.ts';
import { leaseEndUs } from '../../src/election/lease.ts';
import type { Votes } from './electorate.ts';
import { type Violations, seconds } from './violation.ts';

/** How a leader's tenure looks from outside, at a moment at which its lease was won or extended, or a clock changed. */
export interface TenureView {
  readonly node: string;
  readonly tenure: Readonly<Tenure>;
  /** The leader answers that it holds the name. */
  readonly says: boolean;
  /** The term its application was told; null for none. */
  readonly told: number | null;
  /** When the leader's clock will show that, in true time. */
  readonly when: (leaderUs: number) => number;
  /** The voters by whose promises the lease was won or extended. */
  readonly voters: Votes;
  /** Whether that node ever voted. */
  readonly mayCount: (voter: string) => boolean;
  /** True end of that voter's promise to this very process; −Infinity for none. */
  readonly promisedUntilUs: (voter: string) => number;
}

/** The leader's own accounting: which promises it counts, for how long, and what it makes of them. */
export class TenureCheck {
  readonly #violations: Violations;
  readonly #election: string;
  readonly #before = new WeakMap<Tenure, number>();

  constructor(election: string, violations: Violations) {
    this.#election = election;
    this.#violations = violations;
  }

  look(view: TenureView, nowUs: number): void {
    const { node, tenure } = view;
    const endUs = view.when(tenure.leaseEndUs);
    const outside = !view.says || (endUs > nowUs && view.told === tenure.term);
    this.#violations.check(
      'election.I15',
      outside,
      nowUs,
      () => `${node} says that it holds '${this.#election}', told ${view.told ?? 'nothing'}, until ${seconds(endUs)}`,
    );
    const before = this.#before.get(tenure) ?? -Infinity;
    if (tenure.leaseEndUs === before) return;
    this.#before.set(tenure, tenure.leaseEndUs);
    const promises = [...tenure.support].map(([voter, support]) => ({ endUs: support.endUs, weight: view.voters.of(voter) }));
    this.#violations.check(
      'election.I9',
      tenure.leaseEndUs > before && tenure.leaseEndUs <= leaseEndUs(promises, view.voters.needed),
      nowUs,
      () =>
        `the lease of ${node} for '${this.#election}' ends at ${tenure.leaseEndUs}, before ${before}, with promises that count until ${promises.map(({ endUs: until }) => until).join(', ')}`,
    );
    for (const [voter, support] of tenure.support) {
      this.#violations.check('election.I17', view.mayCount(voter), nowUs, () => `${node} counts ${voter}, which does not vote on '${this.#election}'`);
      this.#counted(view, voter, support, nowUs);
    }
  }

  #counted({ node, when, promisedUntilUs }: TenureView, voter: string, support: Support, nowUs: number): void {
    const countedUs = when(support.endUs);
    this.#violations.check(
      'election.I8',
      countedUs <= nowUs || promisedUntilUs(voter) >= countedUs,
      nowUs,
      () => `${node} counts ${voter}'s promise of '${this.#election}' until ${seconds(countedUs)}, and it runs until ${seconds(promisedUntilUs(voter))}`,
    );
  }
}
