import type { ElectionChange } from '../../src/election/host.ts';
import type { Violations } from './violation.ts';

type Change = Extract<ElectionChange, { readonly type: 'elected' | 'lost' }>;

/** What the observer knows of the process that is told something. */
export interface Hearer {
  readonly node: string;
  readonly isLeaving: boolean;
  /** It ran without a stop for the last while, on a processor with nothing else to do. */
  readonly ranFreely: boolean;
  /** The leader's clock of that process. */
  readonly leaderUs: number;
  /** How late its timers may be. */
  readonly latenessUs: number;
}

/**
 * What applications are told: a beginning, its end, the next beginning (safety.S11), never after they
 * left (safety.S10), with tokens that rise in true time (safety.S9), and an end before the lease's end
 * whenever the process ran (election.I13).
 */
export class ToldCheck {
  readonly #violations: Violations;
  /** Term in hand, by node and election, as it was told. */
  readonly #leading = new Map<string, number>();
  readonly #lastTerm = new Map<string, number>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  /** A process begins: nothing was told yet. */
  started(node: string, elections: Iterable<string>): void {
    for (const election of elections) this.#leading.delete(`${node} ${election}`);
  }

  /** The term that the application on `node` was told it leads with; null for none. */
  leads(node: string, election: string): number | null {
    return this.#leading.get(`${node} ${election}`) ?? null;
  }

  /** @param termsMayFall All voters forgot, and wall clocks disagree: the documented limit. */
  heard(hearer: Hearer, change: Change, termsMayFall: boolean, nowUs: number): void {
    const { node } = hearer;
    const key = `${node} ${change.name}`;
    const term = this.leads(node, change.name);
    const holds = change.type === 'elected' ? term === null : term === change.term;
    this.#violations.check(
      'safety.S11',
      holds,
      nowUs,
      () => `${node} told ${change.type} of '${change.name}' in term ${change.term}, ${term === null ? 'leading nothing' : `leading in term ${term}`}`,
    );
    if (change.type === 'lost') {
      this.#leading.delete(key);
      if (change.reason !== 'expired' && change.reason !== 'no-quorum') return;
      const lateUs = hearer.leaderUs - change.leaseEndUs - hearer.latenessUs;
      return this.#violations.check(
        'election.I13',
        lateUs <= 0 || !hearer.ranFreely,
        nowUs,
        () => `${node} was told that it had lost '${change.name}' ${lateUs} µs after its lease had ended, and nothing had stopped it`,
      );
    }
    this.#violations.check('safety.S10', !hearer.isLeaving, nowUs, () => `${node} was elected for '${change.name}' after it had left`);
    const last = this.#lastTerm.get(change.name) ?? 0;
    this.#violations.check(
      'safety.S9',
      change.term > last || termsMayFall,
      nowUs,
      () => `${node} was given the token ${change.term} of '${change.name}' after ${last}`,
    );
    this.#lastTerm.set(change.name, change.term);
    this.#leading.set(key, change.term);
  }
}
