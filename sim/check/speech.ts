import type { Address } from '../../src/core/address.ts';
import { lifeOf } from '../../src/election/peers.ts';
import { type Entry, Op } from '../../src/election/messages.ts';
import { type Violations, placeOf } from './violation.ts';

const I7 = placeOf('election.I7');
const I10 = placeOf('election.I10');
const I12 = placeOf('election.I12');

/** What one life of a process has said about one name. */
interface Said {
  readonly ballots: Set<number>;
  readonly terms: Set<number>;
  /** The newest of both: most of what is said was said before. */
  lastBallot: number;
  lastTerm: number;
  /** Term → when it was first released. */
  readonly released: Map<number, number>;
}

/** One process, and what the observer can ask about it when it speaks. */
export interface Speaker {
  readonly name: string;
  readonly boot: number;
  readonly address: Address;
  /** Its voter may promise, or could when this step began: who installs a set without itself still says what it promised before. */
  readonly mayPromise: () => boolean;
  /** The term in hand; 0 for none. */
  readonly term: (election: string) => number;
  /** Whether the job of that tenure has ended, or its lease has, by the speaker's own clock. */
  readonly isOver: (election: string, term: number, nowUs: number) => boolean;
}

/**
 * What processes say about elections, seen as it leaves them: voters without memory promise nothing
 * (election.I7), ballots that were given up are gone (election.I10), names are released when nothing
 * acts on them any more (election.I12). And who never asked for a name is promised none (election.I18).
 */
export class SpeechCheck {
  readonly #violations: Violations;
  /** By life, then by name. */
  readonly #said = new Map<string, Map<string, Said>>();
  /** Which former lives their successors said to be gone, from which address. */
  readonly #reclaimed = new Set<string>();
  readonly #bySpeaker = new WeakMap<Speaker, Map<string, Said>>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  said(speaker: Speaker, entry: Entry, nowUs: number): void {
    const { name } = speaker;
    switch (entry.op) {
      case Op.grant:
      case Op.rack:
        if (!this.#violations.looked(I7, speaker.mayPromise()))
          this.#violations.broken('election.I7', nowUs, `${name} promised '${entry.name}' while it does not know what it had promised`);
        return;
      case Op.bid: {
        const said = this.#of(speaker, entry.name);
        if (entry.ballot !== said.lastBallot) said.ballots.add((said.lastBallot = entry.ballot));
        // Given up in the very step that bids: one datagram says both, in order.
        if (!this.#violations.looked(I10, said.released.size === 0 || (said.released.get(entry.ballot) ?? nowUs) === nowUs))
          this.#violations.broken('election.I10', nowUs, `${name} bids for '${entry.name}' with ballot ${entry.ballot}, which it had given up`);
        return;
      }
      case Op.renew: {
        const said = this.#of(speaker, entry.name);
        if (entry.term !== said.lastTerm) said.terms.add((said.lastTerm = entry.term));
        return;
      }
      case Op.release: {
        const said = this.#of(speaker, entry.name);
        if (!said.released.has(entry.term)) said.released.set(entry.term, nowUs);
        if (!said.terms.has(entry.term)) return; // a bid given up, nothing was led with it
        const over = speaker.term(entry.name) !== entry.term && speaker.isOver(entry.name, entry.term, nowUs);
        if (!this.#violations.looked(I12, over))
          this.#violations.broken('election.I12', nowUs, `${name} released term ${entry.term} of '${entry.name}' while its job may still run`);
        return;
      }
      case Op.reclaim:
        this.#reclaimed.add(`${entry.name} ${lifeOf({ name, boot: entry.boot })} ${speaker.address}`);
        return;
      default:
    }
  }

  /** Whether that life has asked for the name with that ballot, or renewed that term. */
  hasAsked(holder: { readonly name: string; readonly boot: number }, election: string, ballot: number, term: number): boolean {
    const said = this.#said.get(lifeOf(holder))?.get(election);
    return said !== undefined && (said.ballots.has(ballot) || said.terms.has(term));
  }

  /**
   * Whether that life let go of what it was promised with that term: of the term itself, or of a higher ballot that it
   * has bid with since. One datagram may raise a bid and give it up: the voter has promised it the higher one in between.
   */
  hasReleased(holder: { readonly name: string; readonly boot: number }, election: string, term: number): boolean {
    const said = this.#said.get(lifeOf(holder))?.get(election);
    if (said === undefined) return false;
    if (said.released.has(term)) return true;
    for (const ballot of said.released.keys()) if (ballot > term && said.ballots.has(ballot)) return true;
    return false;
  }

  /** Whether a later process of that name has said from the holder's very address that this life of it is gone. */
  hasReclaimed(holder: { readonly name: string; readonly boot: number; readonly address: Address }, election: string): boolean {
    return this.#reclaimed.has(`${election} ${lifeOf(holder)} ${holder.address}`);
  }

  #of(speaker: Speaker, election: string): Said {
    let names = this.#bySpeaker.get(speaker);
    if (names === undefined) {
      names = new Map();
      this.#bySpeaker.set(speaker, names);
      this.#said.set(lifeOf(speaker), names);
    }
    let said = names.get(election);
    if (said === undefined) names.set(election, (said = { ballots: new Set(), terms: new Set(), lastBallot: 0, lastTerm: 0, released: new Map() }));
    return said;
  }
}
