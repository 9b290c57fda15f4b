import type { Claim } from './claim.ts';
import { arrayHeadBytes, claimBytes } from './wire-size.ts';

/** Up to this many members each piece of news goes to each of them in turn. */
export const COVERAGE_MAX = 16;
const AGE_MAX_MS = 0xffff_ffff;

/** Who may be told: whatever has a name. */
export interface Recipient {
  readonly claim: { readonly name: string };
}

interface Pending {
  readonly claim: Claim;
  readonly bytes: number;
  /** For the age of deaths, which grows while they wait. */
  readonly queuedUs: number;
  sent: number;
  /** Who was told in this cycle; kept only while the cluster is small. */
  readonly told: Set<string>;
}

/**
 * How often one piece of news is sent by one member: max(⌈3·log2(n+1)⌉, n−1 while n ≤ 16).
 *
 * The first term is SWIM's λ·log n; the second makes room for a whole cycle through a small cluster,
 * where dissemination at random is seen to miss somebody for tens of seconds.
 *
 * @param members Members held running, ourselves included. Count.
 * @see SWIM (Das, Gupta, Motivala 2002), §4.1.
 */
export function retransmitLimit(members: number): number {
  const cube = (members + 1) ** 3;
  let doublings = 0;
  for (let power = 1; power < cube; power *= 2) doublings += 1;
  return members <= COVERAGE_MAX ? Math.max(doublings, members - 1) : doublings;
}

/**
 * News waiting to be told: one piece per member, a stronger claim replacing the weaker. The least
 * sent goes first, and among these the largest that fits.
 *
 * It needs no bound of its own: nothing is spread about a name that the member table does not hold, and
 * whoever is forgotten there is dropped here, so that `membersMax` bounds both.
 */
export class GossipQueue {
  readonly #byName = new Map<string, Pending>();
  /** By how often it was sent; within, the largest first and the oldest of equals first. */
  readonly #tiers: Pending[][] = [];

  get size(): number {
    return this.#byName.size;
  }

  /**
   * @param except Who told us, and so need not be told.
   */
  add(claim: Claim, except: string | null, nowUs: number): void {
    this.drop(claim.name);
    const told = new Set<string>();
    if (except !== null) told.add(except);
    // The age of a death grows while it waits: room for its longest encoding.
    const bytes = claimBytes(claim.state === 'failed' || claim.state === 'left' ? { ...claim, ageMs: AGE_MAX_MS } : claim);
    const pending: Pending = { claim, bytes, queuedUs: nowUs, sent: 0, told };
    this.#byName.set(claim.name, pending);
    this.#insert(pending);
  }

  drop(name: string): void {
    const pending = this.#byName.get(name);
    if (pending !== undefined) this.#remove(pending);
  }

  clear(): void {
    this.#byName.clear();
    this.#tiers.length = 0;
  }

  /** Has the most urgent piece of news not reached `recipient` in this cycle? Small clusters only. */
  awaits(recipient: string): boolean {
    const first = this.#first();
    return first !== null && !needless(first, recipient, true);
  }

  /**
   * Before a round in a small cluster: news that all recipients told us is no news, and a cycle that
   * ended because a recipient went away starts again.
   */
  settle(active: readonly Recipient[]): void {
    for (const pending of [...this.#byName.values()]) {
      if (!covered(pending, active)) continue;
      if (pending.sent === 0) this.#remove(pending);
      else pending.told.clear();
      if (covered(pending, active)) this.drop(pending.claim.name);
    }
  }

  /**
   * News for one recipient, and notes that it was sent.
   *
   * @param room Bytes there are, the head of the list included.
   * @param active Everybody who is to hear news.
   */
  take(recipient: string, room: number, active: readonly Recipient[], nowUs: number): readonly Claim[] {
    if (this.#byName.size === 0) return NOTHING;
    const small = active.length < COVERAGE_MAX;
    const chosen: Pending[] = [];
    let left = room - arrayHeadBytes(16);
    for (const tier of this.#tiers) {
      for (const pending of tier) {
        if (pending.bytes > left || needless(pending, recipient, small)) continue;
        chosen.push(pending);
        left -= pending.bytes;
      }
    }
    if (chosen.length === 0) return NOTHING;
    const limit = retransmitLimit(active.length + 1);
    for (const pending of chosen) {
      this.#remove(pending);
      pending.sent += 1;
      if (pending.sent >= limit) continue;
      if (small) {
        pending.told.add(recipient);
        if (covered(pending, active)) pending.told.clear();
      }
      this.#byName.set(pending.claim.name, pending);
      this.#insert(pending);
    }
    return chosen.map((pending) => aged(pending, nowUs));
  }

  #first(): Pending | null {
    for (const tier of this.#tiers) if (tier.length > 0) return tier[0]!;
    return null;
  }

  #insert(pending: Pending): void {
    while (this.#tiers.length <= pending.sent) this.#tiers.push([]);
    const tier = this.#tiers[pending.sent]!;
    let low = 0;
    let high = tier.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tier[middle]!.bytes >= pending.bytes) low = middle + 1;
      else high = middle;
    }
    tier.splice(low, 0, pending);
  }

  #remove(pending: Pending): void {
    const tier = this.#tiers[pending.sent]!;
    tier.splice(tier.indexOf(pending), 1);
    this.#byName.delete(pending.claim.name);
  }
}

const NOTHING: readonly Claim[] = [];

/** Nobody needs to be told that he himself is well, nor twice in one cycle of a small cluster. */
function needless(pending: Pending, recipient: string, small: boolean): boolean {
  if (pending.claim.name === recipient && pending.claim.state === 'alive') return true;
  return small && pending.told.has(recipient);
}

/** Has every recipient been told in this cycle? */
const covered = (pending: Pending, active: readonly Recipient[]): boolean => active.every((recipient) => needless(pending, recipient.claim.name, true));

function aged(pending: Pending, nowUs: number): Claim {
  const { claim } = pending;
  if (claim.state !== 'failed' && claim.state !== 'left') return claim;
  return { ...claim, ageMs: Math.min(AGE_MAX_MS, claim.ageMs + Math.floor((nowUs - pending.queuedUs) / 1000)) };
}
