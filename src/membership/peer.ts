import { hash32 } from '../core/hash.ts';
import type { Member } from '../core/view.ts';
import { memberHash } from './digest.ts';
import type { Claim } from './claim.ts';
import { NOTES_MAX } from './limits.ts';
import { RoundTrips } from './rtt.ts';
import type { Suspicion } from './suspicion.ts';

const RING = 0x52_49_4e_47;

/** One line of evidence, in words. */
export interface Note {
  readonly atUs: number;
  readonly text: string;
}

/**
 * All that we hold of one member: the claim, and what we ourselves have seen. The second part is
 * for timeouts and for `explain`; it is never told to others.
 */
export class Peer {
  #claim: Claim;
  #member: Member;
  /** This member's share of the view digest. */
  hash: number;
  /** When it came into its present state. For failed and left: counted back from the claim's age, so it may lie before our own start. */
  sinceUs: number;
  suspicion: Suspicion | null = null;
  /** The life whose suspicion we have already confirmed or tried to: each member confirms once per incarnation. */
  confirmed = '';

  /** Its own health score, as it last told. */
  health = 0;
  lastHeardUs = -Infinity;
  lastAckUs = -Infinity;
  trips = new RoundTrips();
  /** Our last probe of it said nothing, so that it is, or was, asked again out of turn. */
  askedAgain = false;
  acked = 0;
  unanswered = 0;
  /** Acks that came through a relay only. */
  acksRelayed = 0;
  /** How often it refuted a suspicion that we held. */
  refutations = 0;
  nacks = 0;
  missingNacks = 0;
  /** We declared it failed because its host refused; and once, about this very life, that was wrong. */
  failedByRefusal = false;
  refusalsLied = false;
  /** Probes in a row that only a relay's ack answered. */
  relayedOnly = 0;
  /** When its link was last warned of. */
  oneWayToldUs = -Infinity;
  /** When it was last told what we hold of it. */
  toldUs = -Infinity;
  /** Its digest and ours, if unequal, and since when both stood so. */
  mismatch: { readonly theirs: number; readonly ours: number; readonly sinceUs: number } | null = null;
  /** No sync with it before this, and how many in a row brought nothing. */
  syncNotBeforeUs = -Infinity;
  fruitlessSyncs = 0;
  readonly notes: Note[] = [];

  /** Its place on the ring of names, by which each watches the next (member.D6). */
  readonly place: number;

  constructor(claim: Claim, nowUs: number) {
    this.place = hash32(claim.name, RING);
    this.#claim = claim;
    this.#member = memberOf(claim);
    this.hash = memberHash(claim);
    this.sinceUs = nowUs - claim.ageMs * 1000;
  }

  get claim(): Claim {
    return this.#claim;
  }

  /** As readers of the view see it. */
  get member(): Member {
    return this.#member;
  }

  /** Takes over a claim. A new life of the name starts with a clean sheet of evidence. */
  become(claim: Claim, nowUs: number): void {
    const before = this.#claim;
    this.#claim = claim;
    this.#member = memberOf(claim);
    if (before.boot !== claim.boot || before.incarnation !== claim.incarnation) this.hash = memberHash(claim);
    if (before.state !== claim.state) this.sinceUs = nowUs - claim.ageMs * 1000;
    else if (claim.ageMs > 0) this.sinceUs = Math.min(this.sinceUs, nowUs - claim.ageMs * 1000);
    if (before.boot === claim.boot) return;
    this.health = 0;
    this.lastHeardUs = -Infinity;
    this.lastAckUs = -Infinity;
    this.trips = new RoundTrips();
    this.refusalsLied = false;
    this.relayedOnly = 0;
    this.oneWayToldUs = -Infinity;
    this.mismatch = null;
    this.syncNotBeforeUs = -Infinity;
    this.fruitlessSyncs = 0;
  }

  /** The claim as it is told now: the age of a death grows while we hold it. */
  told(nowUs: number): Claim {
    const { state } = this.#claim;
    if (state === 'alive' || state === 'suspect') return this.#claim;
    return { ...this.#claim, ageMs: ageMs(this.sinceUs, nowUs) };
  }

  note(nowUs: number, text: string): void {
    this.notes.push({ atUs: nowUs, text });
    if (this.notes.length > NOTES_MAX) this.notes.shift();
  }
}

/** Whole milliseconds since `sinceUs`, as they go on the wire. */
export const ageMs = (sinceUs: number, nowUs: number): number => Math.min(0xffff_ffff, Math.max(0, Math.floor((nowUs - sinceUs) / 1000)));

function memberOf(claim: Claim): Member {
  const { name, boot, incarnation, address, state, tags } = claim;
  return Object.freeze({ name, boot, incarnation, address, state, tags });
}
