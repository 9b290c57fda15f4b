import type { Address } from '../core/address.ts';
import { assert } from '../core/assert.ts';
import { hash32 } from '../core/hash.ts';
import { type Now, ms } from '../core/time.ts';
import type { Member } from '../core/view.ts';
import { PARTITION_NAMES_MAX, PartitionBeliefs } from './beliefs.ts';
import { type Claim, compareClaims, compareStanders, isSameHolder } from './claim.ts';
import { LEFT_MAX_MS, PARTITION_KIND } from './codec.ts';
import type { PartitionHost, PartitionLostReason } from './host.ts';
import { type ClaimEntry, type PartitionEntry, PartitionOp, type PartitionPacket } from './messages.ts';

/** Names one node may stand for at once. */
export const PARTITION_CONTESTS_MAX = 4_096;
/** A stander counts, and a claim is believed, for so many times R at least without news: three in a row may be lost. */
const BELIEVED_BEATS = 4;
const HEADER_BYTES = 90;
const ENTRY_BYTES = 32;
/** 2025-01-01T00:00:00Z: where nothing was ever heard of a name, its first term is the time since then, so that terms rise over a restart of all. */
const TERM_EPOCH_MS = 1_735_689_600_000;

export interface PartitionConfig {
  /** R: time between two claims. */
  readonly renewUs: number;
  readonly packetBudget: number;
}

/** This node's part in one name. */
interface Contest {
  readonly name: string;
  priority: number;
  stableAfterUs: number;
  /** Our own claim while we lead; null while we stand. */
  claim: Claim | null;
  /** Since when nobody better was heard; Infinity while somebody is. */
  freeSinceUs: number;
  /** The best stander above us, and how long it counts. */
  better: { readonly holder: string; readonly boot: number; untilUs: number } | null;
  /** The last claim that gave way to us: it is told once. */
  melted: Claim | null;
}

/** A claim that gave way: its holder must hear of it, whichever of the two heard the other first. */
interface Concession {
  readonly own: Claim;
  readonly winner: Claim;
  tries: number;
  notBeforeUs: number;
}

/**
 * One leader in every part of the cluster, whatever its size: the mode for work that must go on
 * everywhere and that may be done twice. No votes; the best-ranked stander of those that can hear
 * each other leads, once the view has been still for a while. Parts that meet melt their claims into
 * one (part.C1 … part.C5 in docs/protocol.md).
 *
 * Promises no exclusion whatever, and so shares nothing with the election of leases but this look.
 * Pure and synchronous, like it.
 */
export class PartitionElection {
  readonly counters = { packets: 0, claims: 0, acquisitions: 0, merges: 0, losses: 0, hints: 0 };
  nextDeadlineUs = Infinity;

  readonly #config: PartitionConfig;
  readonly #self: { readonly name: string; readonly boot: number };
  readonly #host: PartitionHost;
  readonly #contests = new Map<string, Contest>();
  readonly #beliefs = new PartitionBeliefs();
  /** What we gave way with lately, by name. */
  readonly #conceded = new Map<string, Concession>();
  /** Names whose leader is told, and who was told last. */
  readonly #followed = new Map<string, Claim | null>();
  /** Everybody else that runs, by name. */
  readonly #others = new Map<string, Member>();
  /** When somebody came or went last. */
  #changedUs: number;
  #participating = false;
  #beatAtUs = Infinity;
  #outbox = new Map<Address, PartitionEntry[]>();
  #busy = false;

  constructor(config: PartitionConfig, self: { readonly name: string; readonly boot: number }, host: PartitionHost, now: Now) {
    this.#config = config;
    this.#self = self;
    this.#host = host;
    this.#changedUs = now.elapsedUs;
  }

  /** From now on this node takes part: it was accepted, or found nobody to join. */
  participate(now: Now): void {
    this.#transition(now, () => void (this.#participating = true));
  }

  /** Stands for `name` until it leads or is released. @param stableAfterUs How long the view must have been still before this node claims. */
  campaign(name: string, priority: number, stableAfterUs: number, now: Now): void {
    assert(this.#contests.has(name) || this.#contests.size < PARTITION_CONTESTS_MAX, 'BUG: more names than the limit');
    this.#transition(now, () => {
      const contest = this.#contests.get(name);
      if (contest !== undefined) return void Object.assign(contest, { priority, stableAfterUs });
      this.#contests.set(name, { name, priority, stableAfterUs, claim: null, freeSinceUs: Infinity, better: null, melted: null });
      this.#follow(name);
    });
  }

  /** Stands no longer, and leads no longer. */
  release(name: string, reason: PartitionLostReason, now: Now): void {
    this.#transition(now, () => {
      const contest = this.#contests.get(name);
      if (contest === undefined) return;
      this.#contests.delete(name);
      if (contest.claim === null) return;
      this.#tellAll({ op: PartitionOp.gone, name, term: contest.claim.term });
      this.#lose(contest, contest.claim, reason, null);
    });
  }

  /** Tells who leads `name` from now on, without standing for it; until too many others were asked about. */
  follow(name: string, now: Now): void {
    this.#transition(now, () => this.#follow(name));
  }

  /** Names that were stood for or asked about. */
  get names(): readonly string[] {
    return [...this.#followed.keys()];
  }

  /** Our own claim; null where we do not lead. */
  claimOf(name: string): Claim | null {
    return this.#contests.get(name)?.claim ?? null;
  }

  /** Who leads `name` in this part, as far as this node hears. */
  leaderOf(name: string, nowUs: number): Claim | null {
    return this.claimOf(name) ?? this.#beliefs.of(name, nowUs);
  }

  /** Why things are as they are for `name` in this part, in sentences; none where it was never asked about. */
  explain(name: string, nowUs: number): readonly string[] {
    if (!this.#followed.has(name)) return [];
    const claim = this.leaderOf(name, nowUs);
    const contest = this.#contests.get(name);
    const wait = (untilUs: number): string => `${Math.max(0, Math.ceil(ms(untilUs - nowUs)))} ms`;
    const says = [
      claim === null
        ? `Nobody is known to lead '${name}' in this part, which has ${this.#others.size + 1} members.`
        : `${claim.holder} leads '${name}' in this part, with term ${claim.term}.`,
    ];
    if (!this.#participating) says.push('This node has not been accepted by the cluster yet, and claims nothing.');
    else if (contest === undefined) says.push(`This node does not stand for '${name}' in its part.`);
    else if (claim === null && contest.better !== null) says.push(`${contest.better.holder} stands above this node, and is waited for.`);
    else if (claim === null) says.push(`This node will lead in ${wait(this.#dueUs(contest))}, unless the view changes or somebody better is heard.`);
    return says;
  }

  /** The view of one member changed: it came, went, moved or is another life. */
  onMember(member: Member, now: Now): void {
    if (member.name === this.#self.name) return;
    this.#transition(now, () => {
      const { name, boot, address } = member;
      const before = this.#others.get(name);
      const runs = member.state === 'alive' || member.state === 'suspect';
      if (runs) this.#others.set(name, member);
      else this.#others.delete(name);
      if (runs ? before?.boot === boot : before === undefined) return;
      this.#changedUs = now.elapsedUs;
      // Who is gone leads nothing here.
      const isGone = (claimed: { readonly holder: string; readonly boot: number }): boolean => claimed.holder === name && (!runs || claimed.boot !== boot);
      this.#beliefs.dropUnless((claim) => !isGone(claim));
      for (const contest of this.#contests.values()) {
        if (contest.better !== null && isGone(contest.better)) contest.better = null;
        // Parts that meet melt at once, not at the next beat.
        if (runs && contest.claim !== null) this.#say(address, this.#ownEntry(contest, contest.claim));
      }
    });
  }

  receive(from: Address, packet: PartitionPacket, now: Now): void {
    this.#transition(now, () => {
      this.counters.packets += 1;
      if (!this.#participating || packet.from === this.#self.name) return;
      for (const entry of packet.entries) {
        switch (entry.op) {
          case PartitionOp.stand:
            this.#onStand(from, packet, entry.name, entry.priority, now);
            break;
          case PartitionOp.claim:
            this.#onClaim(from, entry, now);
            break;
          case PartitionOp.gone:
            this.#beliefs.gone(entry.name, packet.from, packet.boot, entry.term);
            break;
        }
      }
    });
  }

  /** Runs what is due; extra calls are harmless. */
  advance(now: Now): void {
    this.#transition(now, () => {});
  }

  /** Our claim, to be believed for as long as a view must be still: a leader that stands still for less keeps its name, unless it is held failed. */
  #ownEntry(contest: Contest, claim: Claim): ClaimEntry {
    const believedUs = Math.max(BELIEVED_BEATS * this.#config.renewUs, contest.stableAfterUs);
    return this.#entryOf(claim, Math.min(LEFT_MAX_MS, Math.ceil(ms(believedUs))));
  }

  #follow(name: string): void {
    if (this.#followed.has(name)) return;
    // Not one that we stand for: there are fewer of those.
    const oldest = this.#followed.size < PARTITION_NAMES_MAX ? undefined : [...this.#followed.keys()].find((followed) => !this.#contests.has(followed));
    if (oldest !== undefined) this.#followed.delete(oldest);
    this.#followed.set(name, null);
  }

  #onStand(from: Address, peer: { readonly from: string; readonly boot: number }, name: string, priority: number, now: Now): void {
    const contest = this.#contests.get(name);
    if (contest !== undefined && contest.claim !== null) return this.#say(from, this.#ownEntry(contest, contest.claim));
    // It cannot hear the leader, and we can: what it does not hear it would lead beside.
    if (this.#hint(from, name, now) || contest === undefined) return;
    const stander = { holder: peer.from, priority };
    if (compareStanders(name, stander, { holder: this.#self.name, priority: contest.priority }) > 0) return;
    contest.better = { holder: peer.from, boot: peer.boot, untilUs: now.elapsedUs + BELIEVED_BEATS * this.#config.renewUs };
  }

  #onClaim(from: Address, entry: ClaimEntry, now: Now): void {
    const { name, holder, boot, term, priority } = entry;
    this.#beliefs.noteTerm(name, term);
    if (holder === this.#self.name) return; // our own word come back, or a former life's
    const claim: Claim = { name, holder, boot, term, priority };
    const contest = this.#contests.get(name);
    const own = contest?.claim ?? null;
    if (contest !== undefined && own !== null && compareClaims(own, claim) < 0) return this.#outlast(contest, own, claim, from);
    this.#concede(claim, from, now);
    if (entry.leftMs === 0) return; // what is over is said for the terms in it
    const untilUs = now.elapsedUs + entry.leftMs * 1_000;
    if (!this.#beliefs.hear(claim, untilUs, now.elapsedUs)) return void this.#hint(from, name, now);
    if (contest === undefined || own === null) return;
    this.#contests.delete(name);
    if (this.#conceded.size >= PARTITION_CONTESTS_MAX) this.#conceded.delete(this.#conceded.keys().next().value!);
    this.#conceded.set(name, { own, winner: claim, tries: BELIEVED_BEATS, notBeforeUs: now.elapsedUs });
    this.#lose(contest, own, 'merged', claim);
    this.#concede(claim, this.#others.get(holder)?.address ?? from, now);
  }

  /**
   * Whoever gives way says so with its last claim, once a beat for a few, to whom it gave way. *That one may never have heard
   * it, where its own claim was the first to cross: it would not take a term above both, nor tell its job that two had led.*
   */
  #concede(to: Claim, address: Address, now: Now): void {
    const conceded = this.#conceded.get(to.name);
    if (conceded === undefined || !isSameHolder(conceded.winner, to) || now.elapsedUs < conceded.notBeforeUs) return;
    this.#say(address, this.#entryOf(conceded.own, 0));
    conceded.notBeforeUs = now.elapsedUs + this.#config.renewUs;
    conceded.tries -= 1;
    if (conceded.tries === 0) this.#conceded.delete(to.name);
  }

  /** Another part's leader gives way to us: from here on our term is above its, and its holder is told so. */
  #outlast(contest: Contest, own: Claim, loser: Claim, from: Address): void {
    const claim = loser.term >= own.term ? { ...own, term: loser.term + 1 } : own;
    contest.claim = claim;
    this.#beliefs.noteTerm(own.name, claim.term);
    this.#say(from, this.#ownEntry(contest, claim));
    if (contest.melted !== null && isSameHolder(contest.melted, loser) && contest.melted.term >= loser.term) return; // the same claim again
    contest.melted = loser;
    this.counters.merges += 1;
    this.#host.notify({ type: 'merged', claim, loser });
    if (claim !== own) this.#tellAll(this.#ownEntry(contest, claim));
  }

  #lose(contest: Contest, claim: Claim, reason: PartitionLostReason, winner: Claim | null): void {
    contest.claim = null;
    this.counters.losses += 1;
    this.#host.notify({ type: 'lost', claim, reason, winner });
  }

  /** Tells who leads, with what is left of that. @returns Whether somebody does. */
  #hint(to: Address, name: string, now: Now): boolean {
    const known = this.#beliefs.of(name, now.elapsedUs);
    if (known === null) return false;
    this.counters.hints += 1;
    this.#say(to, this.#entryOf(known, Math.floor(ms(this.#beliefs.untilUs(name) - now.elapsedUs))));
    return true;
  }

  #transition(now: Now, event: () => void): void {
    assert(!this.#busy, 'BUG: the host called back into the partition election');
    this.#busy = true;
    try {
      event();
      if (this.#participating) this.#runDue(now);
      this.#tellLeaders(now.elapsedUs);
      this.#flush();
      this.nextDeadlineUs = this.#deadline(now.elapsedUs);
    } finally {
      this.#busy = false; // whatever was wrong is what is told, not each call after it
    }
  }

  #runDue(now: Now): void {
    const nowUs = now.elapsedUs;
    const { renewUs } = this.#config;
    if (this.#contests.size === 0) this.#beatAtUs = Infinity;
    else if (this.#beatAtUs === Infinity) this.#beatAtUs = nowUs + 1 + (hash32(this.#self.name, this.#self.boot) % renewUs); // beats of many nodes spread
    const beat = nowUs >= this.#beatAtUs;
    for (const contest of this.#contests.values()) {
      if (contest.claim === null) this.#consider(contest, beat, now);
      else if (beat) this.#tellAll(this.#ownEntry(contest, contest.claim));
    }
    if (beat) this.#beatAtUs = nowUs + renewUs;
  }

  /** Stands aloud while nobody better is heard, and leads when that has lasted (part.C2). */
  #consider(contest: Contest, beat: boolean, now: Now): void {
    const { name, priority } = contest;
    if (contest.better !== null && now.elapsedUs >= contest.better.untilUs) contest.better = null;
    if (contest.better !== null || this.#beliefs.of(name, now.elapsedUs) !== null) return void (contest.freeSinceUs = Infinity);
    const first = contest.freeSinceUs === Infinity;
    if (first) contest.freeSinceUs = now.elapsedUs;
    if (now.elapsedUs < this.#dueUs(contest)) {
      if (first || beat) this.#tellAll({ op: PartitionOp.stand, name, priority });
      return;
    }
    const heard = this.#beliefs.termOf(name);
    const term = heard > 0 ? heard + 1 : Math.max(1, Math.floor(now.wallMs) - TERM_EPOCH_MS);
    const claim: Claim = { name, holder: this.#self.name, boot: this.#self.boot, term, priority };
    contest.claim = claim;
    contest.melted = null;
    this.#conceded.delete(name);
    this.#beliefs.noteTerm(name, term);
    this.counters.acquisitions += 1;
    this.#host.notify({ type: 'elected', claim });
    this.#tellAll(this.#ownEntry(contest, claim));
  }

  /** The view must have been still, and whoever is better must have had the time to say so. */
  #dueUs({ stableAfterUs, freeSinceUs }: Contest): number {
    return Math.max(this.#changedUs + stableAfterUs, freeSinceUs + this.#config.renewUs);
  }

  #tellLeaders(nowUs: number): void {
    for (const [name, told] of this.#followed) {
      const claim = this.leaderOf(name, nowUs);
      if (claim?.holder === told?.holder && claim?.boot === told?.boot && claim?.term === told?.term) continue;
      this.#followed.set(name, claim);
      this.#host.notify({ type: 'leader', name, claim });
    }
  }

  #entryOf({ name, holder, boot, term, priority }: Claim, leftMs: number): ClaimEntry {
    return { op: PartitionOp.claim, name, holder, boot, term, priority, leftMs };
  }

  #tellAll(entry: PartitionEntry): void {
    if (entry.op === PartitionOp.claim) this.counters.claims += 1;
    for (const { address } of this.#others.values()) this.#say(address, entry);
  }

  #say(to: Address, entry: PartitionEntry): void {
    if (!this.#participating) return;
    const waiting = this.#outbox.get(to);
    if (waiting === undefined) this.#outbox.set(to, [entry]);
    else waiting.push(entry);
  }

  /** All names that go one way share packets. */
  #flush(): void {
    if (this.#outbox.size === 0) return;
    const outbox = this.#outbox;
    this.#outbox = new Map();
    for (const [to, entries] of outbox) {
      let packet: PartitionEntry[] = [];
      let bytes = HEADER_BYTES;
      const send = (): void => this.#host.send(to, { kind: PARTITION_KIND, from: this.#self.name, boot: this.#self.boot, entries: packet });
      for (const entry of entries) {
        const size = ENTRY_BYTES + entry.name.length + ('holder' in entry ? entry.holder.length : 0);
        if (bytes + size > this.#config.packetBudget && packet.length > 0) {
          send();
          packet = [];
          bytes = HEADER_BYTES;
        }
        packet.push(entry);
        bytes += size;
      }
      send();
    }
  }

  #deadline(nowUs: number): number {
    if (!this.#participating) return Infinity;
    let earliest = this.#beatAtUs;
    for (const name of this.#followed.keys()) if (this.#beliefs.of(name, nowUs) !== null) earliest = Math.min(earliest, this.#beliefs.untilUs(name));
    for (const contest of this.#contests.values()) {
      if (contest.claim !== null) continue;
      if (contest.better !== null) earliest = Math.min(earliest, contest.better.untilUs);
      else if (contest.freeSinceUs < Infinity) earliest = Math.min(earliest, this.#dueUs(contest));
    }
    return earliest;
  }
}
