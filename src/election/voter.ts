import type { Now } from '../core/time.ts';
import { BallotBox, type GrantRecord } from './ballot-box.ts';
import type { Bidder } from './bid-queue.ts';
import type { Context } from './context.ts';
import type { HandedGrant } from './hand-on.ts';
import { type Bid, type Hint, Op, type Rack, type Reclaim, type Release, type Renew, type Same, type Watch, type Why } from './messages.ts';
import { type Peer, isSameLife, lifeOf } from './peers.ts';
import type { Recovery } from './recovery.ts';
import { VOTERS_ELECTION } from './reconfiguration.ts';
import { LISTED_MAX } from './roll.ts';
import { type Occupant, RollReply } from './roll-reply.ts';
import { FRESH_TENTHS } from './tokens.ts';

/** Election names one voter serves. A bid for a further one is denied with `limit`. */
export const NAMES_MAX = 4_096;

/**
 * The voter: promises each name to one holder at a time (rules voter.V1–V14 of docs/protocol.md).
 *
 * All times here are the elapsed clock, monotonic alone. A promise counted on a clock that jumps
 * would end at a wall-clock step while its holder's lease still runs.
 */
export class Voter {
  readonly #context: Context;
  readonly #recovery: Recovery;
  readonly #boxes = new Map<string, BallotBox>();
  readonly #rolls: RollReply;
  /** Until then another process is taken to use our name: we promise nothing (docs/protocol.md, restart rules). */
  #silentUntilUs = -Infinity;
  #sweepAtUs = Infinity;
  /** No promise is due before, of many names; promises that are renewed only move later. */
  #soonestUs = -Infinity;
  /** Every name's next ballot is above it (config.P7). */
  #leastBallot = 0;

  constructor(context: Context, recovery: Recovery) {
    this.#context = context;
    this.#recovery = recovery;
    this.#rolls = new RollReply(context, this.#boxes, {
      isPromising: ({ elapsedUs }) => recovery.isActive && elapsedUs >= this.#silentUntilUs,
      successors: (box, nowUs) => this.#successors(box, nowUs),
      occupant: (box, peer, nowUs) => this.#occupant(box, peer, nowUs),
      hint: (box, now) => this.#hint(box, now),
      serve: (box, now) => this.#lapse(box, now),
    });
  }

  /** A bid: granted, queued or denied. */
  onBid(peer: Peer, bid: Bid, echoed: boolean, now: Now): void {
    const box = this.#box(bid.name, now.elapsedUs);
    if (box === null) return this.#deny(peer, bid, 'limit', null, now);
    const nowUs = now.elapsedUs;
    const bidder: Bidder = {
      peer,
      ballot: bid.ballot,
      seq: bid.seq,
      priority: bid.priority,
      atUs: nowUs,
      echoed,
      group: bid.group,
      fair: bid.fair,
      sinceUs: nowUs,
    };
    const wasteful = box.wastefulAt(nowUs);

    // V1. A recovering voter promises nothing, but keeps the bid and hands out its token, so that
    // the queue is served the moment it becomes active.
    if (!this.#recovery.isActive) {
      box.queue.put(bidder, wasteful);
      return this.#deny(peer, bid, 'recovering', box, now);
    }
    if (nowUs < this.#silentUntilUs) return this.#deny(peer, bid, 'conflict', box, now);
    if (this.#context.config.leaders === 'voters' && !this.#context.peers.isVoter(peer.name)) {
      return this.#deny(peer, bid, 'not-voter', box, now);
    }

    const grant = box.isLive(nowUs) ? box.grant : null; // V3
    // V4. Denied without touching maxBallot: a bidder cut off from the leader must not be able to
    // raise ballots and unseat it.
    if (grant !== null && !isSameLife(grant.holder, peer)) {
      box.queue.put(bidder, wasteful);
      return this.#deny(peer, bid, 'held', box, now);
    }
    if (grant === null && this.#isKept(box, nowUs) && !isSameLife(box.incumbent!.peer, peer)) {
      box.queue.put(bidder, wasteful);
      return this.#deny(peer, bid, 'held', box, now);
    }
    // V5. Never promise a ballot twice, nor one its owner has let go of.
    if (box.releasedBy(peer) >= bid.ballot) return this.#deny(peer, bid, 'released', box, now);
    const same = grant !== null && grant.ballot === bid.ballot;
    if (bid.ballot < box.maxBallot || (bid.ballot === box.maxBallot && !same)) return this.#deny(peer, bid, 'stale', box, now);
    // V6.
    if (!echoed) return this.#deny(peer, bid, 'echo', box, now);
    if (wasteful(peer.name) && box.queue.size > 0) {
      box.queue.put(bidder, wasteful);
      return this.#deny(peer, bid, 'wasteful', box, now);
    }
    // V7. The same promise again in the same words, seq and held time included: were it extended, a
    // candidate with a minority could block these voters for ever by bidding again and again; were
    // it credited to the newer seq, it would outlast the promise.
    if (grant !== null && same) {
      if (!grant.elected)
        this.#say(peer, { op: Op.grant, name: bid.name, ballot: grant.ballot, seq: grant.seq, heldMs: grant.heldMs, grantedMs: this.#grantMs });
      return;
    }
    this.#grant(box, bidder, now);
  }

  /** V8: a renewal by the holder, or by a leader whose grant here ran out. */
  onRenew(peer: Peer, renew: Renew, now: Now): void {
    const nowUs = now.elapsedUs;
    const box = this.#box(renew.name, nowUs);
    const refuse = (why: Why): void => {
      const grant = box?.isLive(nowUs) === true ? box.grant : null;
      if (why === 'stale' || why === 'held' || why === 'recovering') this.#keepFor(box!, peer, renew.term, nowUs);
      this.#say(peer, {
        op: Op.rdeny,
        name: renew.name,
        term: renew.term,
        seq: renew.seq,
        maxBallot: box?.maxBallot ?? 0,
        why,
        holder: grant?.holder.name ?? '',
        holderTerm: grant?.term ?? 0,
        elected: grant?.elected ?? false,
      });
    };
    if (box === null) return refuse('limit');
    // V1 holds for the present leader's renewals too: a former life of ours may have promised this
    // name to somebody else (schedule X23).
    if (!this.#recovery.isActive) return refuse('recovering');
    if (nowUs < this.#silentUntilUs) return refuse('conflict');
    if (renew.ballot < box.maxBallot) return refuse('stale');
    const grant = box.grant;
    const mine = grant !== null && isSameLife(grant.holder, peer);
    if (grant !== null && !mine && box.isLive(nowUs)) return refuse('held');
    if (box.releasedBy(peer) >= renew.term) return refuse('released');
    if (mine && renew.seq <= grant.seq) return; // a late or doubled copy says nothing new
    if (!this.#recovery.mayPromise(renew.ballot)) return refuse('limit');
    box.maxBallot = renew.ballot;
    box.incumbent = null;
    const news = !mine || !grant.elected;
    box.grant = {
      holder: peer,
      ballot: renew.ballot,
      term: renew.term,
      endUs: nowUs + this.#context.config.grantUs,
      seq: renew.seq,
      atUs: mine ? grant.atUs : nowUs,
      heldMs: 0,
      elected: true,
      wasted: false,
    };
    this.#noteDue(box);
    box.noteUse(peer.name);
    box.queue.drop(peer);
    const successors = this.#successors(box, nowUs);
    this.#say(peer, {
      op: Op.rack,
      name: renew.name,
      ballot: renew.ballot,
      term: renew.term,
      seq: renew.seq,
      grantedMs: this.#grantMs,
      queue: successors.slice(0, renew.ask ? undefined : 1).map(({ peer: { name } }) => name),
      priority: successors[0]?.priority ?? 0,
      floor: renew.name === VOTERS_ELECTION && this.#context.memory.isDurable ? this.#recovery.floor : 0,
    });
    if (news) this.#tell(box, now);
  }

  /** V10. Only a release of the very term that is granted frees the grant; any other only marks. */
  onRelease(peer: Peer, release: Release, now: Now): void {
    const box = this.#boxes.get(release.name);
    if (box === undefined) return;
    box.noteRelease(peer, release.term, now.elapsedUs + 2 * this.#context.config.grantUs);
    this.#sweepAtUs = Math.min(this.#sweepAtUs, now.elapsedUs + 2 * this.#context.config.grantUs);
    box.queue.drop(peer, release.term);
    if (box.incumbent !== null && isSameLife(box.incumbent.peer, peer) && box.incumbent.term <= release.term) box.incumbent = null;
    const grant = box.grant;
    // Without the term test a release delayed until its sender leads again would free the new lease (schedule X4).
    if (grant === null || !isSameLife(grant.holder, peer) || grant.term !== release.term) return;
    this.#free(box, grant, release.drainMs, release.to, now);
  }

  /**
   * V14. Who has a name and an address now says that an earlier life had both, and is gone. It is told from others by
   * all three: a boot alone may be anybody's word, an address alone that of a life which has it now (schedules `reclaim-*`).
   *
   * @returns Whether anything was kept for that life here.
   */
  onReclaim(peer: Peer, reclaim: Reclaim, now: Now): boolean {
    const box = this.#boxes.get(reclaim.name);
    if (box === undefined || reclaim.boot === peer.boot || peer.address === '') return false;
    const isGone = (holder: Peer): boolean => holder.name === peer.name && holder.boot === reclaim.boot && holder.address === peer.address;
    const { grant, incumbent } = box;
    const waits = incumbent !== null && isGone(incumbent.peer);
    const holds = grant !== null && isGone(grant.holder);
    if (!waits && !holds) return false;
    if (waits) box.incumbent = null;
    const gone = holds ? grant.holder : incumbent!.peer;
    // Late copies of what it sent must not have the name again.
    const untilUs = now.elapsedUs + 2 * this.#context.config.grantUs;
    box.noteRelease(gone, holds ? Math.max(grant.ballot, grant.term) : incumbent!.term, untilUs);
    this.#sweepAtUs = Math.min(this.#sweepAtUs, untilUs);
    box.queue.drop(gone);
    if (holds) this.#free(box, grant, reclaim.drainMs, '', now);
    else this.#serve(box, null, now);
    return true;
  }

  /** Nobody acts on that promise any more. @param to Who is served first; '' nobody in particular. */
  #free(box: BallotBox, grant: GrantRecord, drainMs: number, to: string, now: Now): void {
    if (drainMs > 0) {
      // A crash certificate says that the process is gone, not that what it sent is. Never later than the promise was.
      box.grant = { ...grant, endUs: Math.min(grant.endUs, now.elapsedUs + drainMs * 1000) };
      this.#noteDue(box);
      return;
    }
    this.#end(box, grant);
    this.#serve(box, to === '' ? null : to, now);
  }

  onWatch(peer: Peer, watch: Watch, now: Now): void {
    const box = this.#box(watch.name, now.elapsedUs);
    if (box === null) return;
    box.watch(peer, now.elapsedUs);
    this.#say(peer, this.#hintFor(peer, box, now));
  }

  /** V13. */
  onSame(peer: Peer, same: Same, echoed: boolean, now: Now): void {
    this.#rolls.answer(peer, same, echoed, now);
  }

  /** Another process claims our name: promise nothing until it was silent for T. */
  silence(now: Now): void {
    this.#silentUntilUs = Math.max(this.#silentUntilUs, now.elapsedUs + this.#context.config.grantUs);
  }

  /** Others vote now: whoever waited here did so for votes that count no more, and every name goes on above `floor` once it is free. */
  onVoters(floor: number): void {
    this.#leastBallot = Math.max(this.#leastBallot, floor);
    this.#recovery.raiseFloor(floor);
    for (const box of this.#boxes.values()) {
      box.queue.clear();
      if (box.grant === null) box.maxBallot = Math.max(box.maxBallot, floor);
    }
  }

  /** What still runs, for the next life of this voter. Nothing may be promised after this. */
  promises(nowUs: number): HandedGrant[] {
    const promises: HandedGrant[] = [];
    for (const { name, grant } of this.#boxes.values()) {
      if (grant === null || nowUs >= grant.endUs) continue;
      const { holder, ballot, term, seq, elected, endUs } = grant;
      promises.push({ name, holder: holder.name, holderBoot: holder.boot, ballot, term, seq, elected, leftUs: endUs - nowUs });
    }
    return promises;
  }

  /** The promises of the former life, each with its whole rest from now on: how long nobody ran is not known. */
  takeOver(promises: readonly HandedGrant[], now: Now): void {
    const nowUs = now.elapsedUs;
    this.#leastBallot = Math.max(this.#leastBallot, this.#recovery.floor);
    for (const { name, holder, holderBoot, ballot, term, seq, elected, leftUs } of promises) {
      const box = this.#box(name, nowUs);
      if (box === null) continue;
      box.maxBallot = ballot;
      const peer = { name: holder, boot: holderBoot, address: '' };
      box.grant = { holder: peer, ballot, term, endUs: nowUs + leftUs, seq, atUs: nowUs, heldMs: 0, elected, wasted: !elected };
      this.#noteDue(box);
    }
  }

  /** The restart wait and read are over: serve the bids that queued up meanwhile. */
  onActive(now: Now): void {
    for (const box of this.#boxes.values()) {
      if (box.grant === null) box.maxBallot = Math.max(box.maxBallot, this.#recovery.floor);
      this.#serve(box, null, now);
    }
  }

  advance(now: Now): void {
    const nowUs = now.elapsedUs;
    if (this.#boxes.size > LISTED_MAX && nowUs < this.#soonestUs) return this.#sweep(nowUs);
    this.#soonestUs = -Infinity;
    for (const box of this.#boxes.values()) {
      const { grant } = box;
      if (grant !== null && nowUs >= grant.endUs) this.#lapse(box, now);
      else if (grant !== null && nowUs >= this.#unusedAtUs(grant)) this.#noteUnused(box, grant, nowUs);
      // Only now: to serve before the old promise was ended would be to end the new one in its place.
      if (box.incumbent !== null && nowUs >= box.incumbent.untilUs) {
        box.incumbent = null;
        this.#serve(box, null, now);
      }
    }
    this.#sweep(nowUs);
  }

  /** The name is free, or was just found to be: whoever had it had it long enough. */
  #lapse(box: BallotBox, now: Now): void {
    const { grant } = box;
    if (box.isLive(now.elapsedUs)) return;
    if (grant !== null) {
      this.#noteUnused(box, grant, now.elapsedUs);
      this.#end(box, grant);
    }
    this.#serve(box, null, now);
  }

  #sweep(nowUs: number): void {
    if (nowUs < this.#sweepAtUs) return;
    const freshSinceUs = nowUs - this.#freshUs;
    this.#sweepAtUs = Infinity;
    for (const box of this.#boxes.values()) {
      if (box.sweep(nowUs, freshSinceUs)) this.#boxes.delete(box.name);
      else this.#sweepAtUs = nowUs + 2 * this.#context.config.grantUs;
    }
  }

  /** Of many names perhaps too early. */
  get nextDeadlineUs(): number {
    if (this.#boxes.size <= LISTED_MAX || this.#soonestUs === -Infinity) {
      this.#soonestUs = Infinity;
      for (const box of this.#boxes.values()) this.#noteDue(box);
    }
    return Math.min(this.#sweepAtUs, this.#soonestUs);
  }

  /** After each new promise, and each that ends sooner than it did. */
  #noteDue({ grant, incumbent }: BallotBox): void {
    if (incumbent !== null) this.#soonestUs = Math.min(this.#soonestUs, incumbent.untilUs);
    if (grant !== null) this.#soonestUs = Math.min(this.#soonestUs, grant.endUs, this.#unusedAtUs(grant));
  }

  /** The voter's state of one name, for checkers and `explain`. */
  inspect(name: string): { maxBallot: number; floor: number; grant: GrantRecord | null; queued: number } {
    const box = this.#boxes.get(name);
    const { floor } = this.#recovery;
    return { maxBallot: box?.maxBallot ?? floor, floor, grant: box?.grant ?? null, queued: box?.queue.size ?? 0 };
  }

  get names(): number {
    return this.#boxes.size;
  }

  /** V9. The grant is gone: promise the name to the best bid that waits. */
  #serve(box: BallotBox, preferred: string | null, now: Now): void {
    const nowUs = now.elapsedUs;
    if (!this.#recovery.isActive || nowUs < this.#silentUntilUs || box.isLive(nowUs) || (preferred === null && this.#isKept(box, nowUs))) return;
    box.queue.dropStale(nowUs - this.#freshUs);
    const waiting = box.queue.ranked(box.wastefulAt(nowUs));
    const fit = waiting.filter(
      (b) =>
        b.echoed &&
        b.ballot > box.maxBallot &&
        b.ballot > box.releasedBy(b.peer) &&
        !this.#context.peers.isGone(b.peer) &&
        (this.#context.config.leaders === 'any' || this.#context.peers.isVoter(b.peer.name)),
    );
    const next = fit.find((b) => b.peer.name === preferred) ?? fit[0];
    if (next !== undefined) this.#grant(box, next, now);
    for (const b of waiting) {
      if (b === next || b.ballot > box.maxBallot) continue;
      box.queue.drop(b.peer);
      this.#deny(b.peer, { name: box.name, ballot: b.ballot }, 'stale', box, now);
    }
    this.#tell(box, now);
  }

  /**
   * V12. A leader in office was refused, because this voter has just started, or because a bidder had the
   * vote meanwhile. When the vote gets free it is the leader's next renewal that has the first claim.
   * Without this, those who wait would have the vote in turns, and a leader that needs it would lose its
   * lease though a majority hears it. It orders and never permits: an incumbent that lost its lease is
   * silent, and the vote is free again after little more than R.
   */
  #keepFor(box: BallotBox, peer: Peer, term: number, nowUs: number): void {
    const { renewUs } = this.#context.config;
    const newest = Math.max(box.endedTerm, box.incumbent?.term ?? 0, box.grant?.elected === true ? box.grant.term : 0);
    if (term < newest) return; // somebody led after it: it does not know yet that it is over
    box.incumbent = { peer, term, untilUs: nowUs + renewUs + Math.floor(renewUs / 4) };
    this.#noteDue(box);
  }

  #isKept(box: BallotBox, nowUs: number): boolean {
    const { incumbent } = box;
    return incumbent !== null && nowUs < incumbent.untilUs && box.releasedBy(incumbent.peer) < incumbent.term && !this.#context.peers.isGone(incumbent.peer);
  }

  /** Whom a bid of `peer` has to wait for here (V4, V12), as it is told. */
  #occupant(box: BallotBox, peer: Peer, nowUs: number): Occupant | null {
    const { grant, incumbent } = box;
    if (grant !== null && nowUs < grant.endUs) {
      return isSameLife(grant.holder, peer) ? null : { holder: grant.holder.name, term: grant.term, leads: grant.elected, leftUs: grant.endUs - nowUs };
    }
    if (!this.#isKept(box, nowUs) || isSameLife(incumbent!.peer, peer)) return null;
    return { holder: incumbent!.peer.name, term: incumbent!.term, leads: true, leftUs: incumbent!.untilUs - nowUs };
  }

  #grant(box: BallotBox, bidder: Bidder, now: Now): void {
    const nowUs = now.elapsedUs;
    box.queue.drop(bidder.peer);
    if (!this.#recovery.mayPromise(bidder.ballot)) return this.#deny(bidder.peer, { name: box.name, ballot: bidder.ballot }, 'limit', box, now);
    box.maxBallot = bidder.ballot;
    const heldMs = Math.floor((nowUs - bidder.atUs) / 1000); // down: the bidder may not count more than it waited
    box.grant = {
      holder: bidder.peer,
      ballot: bidder.ballot,
      term: bidder.ballot,
      endUs: nowUs + this.#context.config.grantUs,
      seq: bidder.seq,
      atUs: nowUs,
      heldMs,
      elected: false,
      wasted: false,
    };
    this.#noteDue(box);
    this.#say(bidder.peer, { op: Op.grant, name: box.name, ballot: bidder.ballot, seq: bidder.seq, heldMs, grantedMs: this.#grantMs });
  }

  #end(box: BallotBox, grant: GrantRecord): void {
    box.grant = null;
    box.maxBallot = Math.max(box.maxBallot, this.#leastBallot); // not before: the holder's renewals would be refused as stale
    if (grant.elected) box.endedTerm = Math.max(box.endedTerm, grant.term);
    this.#sweepAtUs = Math.min(this.#sweepAtUs, grant.endUs + 2 * this.#context.config.grantUs);
  }

  /** V11: when a grant that nobody has taken up counts as wasted. */
  #unusedAtUs(grant: GrantRecord): number {
    if (grant.elected || grant.wasted) return Infinity;
    const { grantUs, renewUs } = this.#context.config;
    return grant.atUs + Math.min(Math.floor(grantUs / 2), 4 * renewUs);
  }

  #noteUnused(box: BallotBox, grant: GrantRecord, nowUs: number): void {
    if (grant.elected || grant.wasted) return;
    box.noteWaste(grant.holder.name, nowUs, this.#context.config.grantUs);
    box.grant = { ...grant, wasted: true };
  }

  #deny(peer: Peer, bid: { readonly name: string; readonly ballot: number }, why: Why, box: BallotBox | null, now: Now): void {
    const nowUs = now.elapsedUs;
    const grant = box?.isLive(nowUs) === true ? box.grant : null;
    let queued = 0;
    let place = -1;
    for (const b of box?.queue.ranked(box.wastefulAt(nowUs)) ?? []) {
      if (b.atUs < nowUs - this.#freshUs) continue;
      if (b.peer.name === peer.name) place = queued;
      queued += 1;
    }
    const kept = grant === null && why === 'held' ? (box?.incumbent ?? null) : null;
    const leftUs = grant !== null ? grant.endUs - nowUs : kept !== null ? kept.untilUs - nowUs : this.#recovery.leftUs(nowUs);
    this.#say(peer, {
      op: Op.deny,
      name: bid.name,
      ballot: bid.ballot,
      maxBallot: box?.maxBallot ?? 0,
      why,
      holder: grant?.holder.name ?? kept?.peer.name ?? '',
      term: grant?.term ?? kept?.term ?? 0,
      elected: grant?.elected ?? kept !== null,
      leftMs: Math.max(0, Math.ceil(leftUs / 1000)),
      ahead: place < 0 ? queued : place,
      queued,
      holderBoot: formerBoot(peer, grant?.holder ?? kept?.peer ?? null),
    });
  }

  /** Tells those who wait and those who watch, when the leader seen here changed. Hints only; no rule reads them. */
  #tell(box: BallotBox, now: Now): void {
    const told = new Set<string>();
    const tell = (peer: Peer): void => {
      if (told.has(lifeOf(peer))) return;
      told.add(lifeOf(peer));
      this.#say(peer, this.#hintFor(peer, box, now));
    };
    for (const b of box.queue.ranked(() => false)) tell(b.peer);
    for (const { peer, atUs } of box.watchers.values()) if (atUs >= now.elapsedUs - this.#freshUs) tell(peer);
  }

  #hintFor(peer: Peer, box: BallotBox, now: Now): Hint {
    const hint = this.#hint(box, now);
    return hint.holder === peer.name ? { ...hint, holderBoot: formerBoot(peer, box.grant!.holder) } : hint;
  }

  #hint(box: BallotBox, now: Now): Hint {
    const nowUs = now.elapsedUs;
    const grant = box.isLive(nowUs) ? box.grant : null;
    if (grant?.elected === true) {
      return {
        op: Op.hint,
        name: box.name,
        holder: grant.holder.name,
        term: grant.term,
        leftMs: Math.floor((grant.endUs - nowUs) / 1000),
        reason: 'held',
        holderBoot: 0,
      };
    }
    const reason = !this.#recovery.isActive ? 'recovering' : grant !== null || box.queue.size > 0 ? 'electing' : 'no-candidate';
    return { op: Op.hint, name: box.name, holder: '', term: box.endedTerm, leftMs: 0, reason, holderBoot: 0 };
  }

  #successors(box: BallotBox, nowUs: number): Bidder[] {
    return box.queue.ranked(box.wastefulAt(nowUs)).filter((b) => b.echoed && b.atUs >= nowUs - this.#freshUs && !this.#context.peers.isGone(b.peer));
  }

  #box(name: string, nowUs: number): BallotBox | null {
    let box = this.#boxes.get(name);
    if (box === undefined) {
      if (this.#boxes.size >= NAMES_MAX) return null;
      // A name seen for the first time, or again after its box was swept: the floor is above every
      // ballot ever promised here, so no ballot can be promised twice (schedule X63).
      box = new BallotBox(name, this.#recovery.floor);
      this.#boxes.set(name, box);
      this.#sweepAtUs = Math.min(this.#sweepAtUs, nowUs + 2 * this.#context.config.grantUs);
    }
    return box;
  }

  #say(peer: Peer, entry: Parameters<Context['outbox']['say']>[1]): void {
    this.#context.outbox.say(peer, entry);
  }

  get #grantMs(): Rack['grantedMs'] {
    return this.#context.config.grantUs / 1000;
  }

  get #freshUs(): number {
    return (this.#context.config.renewUs * FRESH_TENTHS) / 10;
  }
}

/** Which life `holder` is, where it has `peer`'s name and is another one; else 0. */
function formerBoot(peer: Peer, holder: Peer | null): number {
  return holder !== null && holder.name === peer.name && holder.boot !== peer.boot ? holder.boot : 0;
}
