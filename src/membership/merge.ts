import type { Address } from '../core/address.ts';
import { isActive, mergeClaims, overrides } from './claim.ts';
import type { Claim } from './claim.ts';
import type { Context } from './context.ts';
import { patienceUs } from './health-score.ts';
import { ageMs } from './peer.ts';
import type { Peer } from './peer.ts';
import { Suspicion } from './suspicion.ts';

/** How a claim came to us. */
export interface Source {
  /** News travels by gossip; a page of somebody's whole view by sync, and is believed less. */
  readonly channel: 'gossip' | 'sync';
  /** Name of the sender; null when the claim is our own conclusion. */
  readonly from: string | null;
  readonly address: Address | null;
  /** Do not gossip on what we learn: all others know it, we are the newcomer. */
  readonly quiet: boolean;
}

/** What others do when beliefs change. Called after the change. */
export interface MergeListener {
  /** A claim about our own name. */
  onOwnName(claim: Claim, source: Source): void;
  /** A member came into the view, or came back. */
  onActive(peer: Peer): void;
  /** A life that we had not heard of runs. */
  onNewLife(peer: Peer): void;
  /** Others accuse a member that we ourselves have not. */
  onSuspected(peer: Peer): void;
  /** A sync says failed of a member that we hold running. */
  onContradicted(peer: Peer, claim: Claim, source: Source): void;
  /** A member that we held failed is back. */
  onReturned(peer: Peer): void;
}

/** Confirmations that bring a suspicion to its floor: three, or as many other members as there are. */
const CONFIRMATIONS_EXPECTED = 3;

/**
 * Applies claims to the table: the one place where a member's state changes. What a claim is worth
 * is decided here; what to do about it is the listener's.
 */
export class Merge {
  readonly #ctx: Context;
  readonly #listener: MergeListener;
  #reapUs = Infinity;

  constructor(ctx: Context, listener: MergeListener) {
    this.#ctx = ctx;
    this.#listener = listener;
  }

  get nextDeadlineUs(): number {
    let next = this.#reapUs;
    for (const peer of this.#ctx.table.suspects) next = Math.min(next, peer.suspicion!.deadlineUs);
    return next;
  }

  /** @returns Whether we learned something. */
  hear(claim: Claim, source: Source): boolean {
    const { table, nowUs, config } = this.#ctx;
    if (claim.name === this.#ctx.name) {
      this.#listener.onOwnName(claim, source);
      return false;
    }
    // Retention counts from the death, not from when we heard of it, or tombstones would re-infect each other for ever (merge.M4).
    if (!isActive(claim.state) && claim.ageMs * 1000 >= config.retentionUs) return false;
    const peer = table.get(claim.name);
    if (peer === undefined) return this.#hearOfStranger(claim, source);
    const held = peer.told(nowUs);
    if (source.channel === 'sync' && claim.state === 'failed' && isActive(held.state) && overrides(claim, held)) {
      // Somebody's view of the world is not news of a death: it may be from the other side of a cut (merge.M3).
      this.#ctx.count('merge.contradicted');
      this.#listener.onContradicted(peer, claim, source);
      return false;
    }
    const merged = mergeClaims(held, claim);
    if (merged === held) return false;
    if (overrides(merged, held)) {
      this.#become(peer, merged, source, wordsFor(merged, source));
      return true;
    }
    return this.#agree(peer, held, merged, source);
  }

  /** We ourselves suspect a member, or confirm others' suspicion. */
  accuse(peer: Peer, why: string): void {
    const { claim } = peer;
    if (!isActive(claim.state) || claim.accusers.includes(this.#ctx.name)) return;
    peer.note(this.#ctx.nowUs, `we accuse it: ${why}`);
    const accusation: Claim = { ...claim, state: 'suspect', accusers: [this.#ctx.name] };
    if (claim.state === 'alive') {
      this.#ctx.count('suspected');
      this.#ctx.tell(claim.address, [accusation]); // a suspect is told first, so that it can refute first
      this.#become(peer, accusation, OURSELVES, why);
    } else this.#agree(peer, claim, mergeClaims(claim, accusation), OURSELVES, [this.#ctx.name]);
  }

  /** A suspect that was refused once and is silent: its suspicion runs at the floor (member.D5). */
  hasten(peer: Peer): void {
    peer.suspicion?.hasten();
  }

  /** Two members were told twice that nobody listens there: its host lives and says that the process is gone. No pause looks like that. */
  refused(peer: Peer, by: readonly string[]): void {
    if (!isActive(peer.claim.state)) return;
    this.#ctx.count('failed.refused');
    peer.failedByRefusal = true;
    const why = `its host refuses: nobody listens at ${peer.claim.address} (told twice to ${by.join(' and ')})`;
    this.#become(peer, { ...peer.claim, state: 'failed', accusers: [this.#ctx.name] }, OURSELVES, why);
  }

  /** Suspicions that have run out, and the dead to forget. */
  advance(): void {
    const { table, nowUs } = this.#ctx;
    for (const peer of [...table.suspects]) {
      const suspicion = peer.suspicion!;
      if (nowUs < suspicion.deadlineUs) continue;
      this.#ctx.count('failed');
      const waited = Math.round((nowUs - suspicion.startUs) / 1000);
      const why = `no refutation for ${waited} ms, accused by ${peer.claim.accusers.join(', ')}`;
      this.#become(peer, { ...peer.claim, state: 'failed', accusers: [this.#ctx.name] }, OURSELVES, why);
    }
    if (nowUs >= this.#reapUs) this.#reap();
  }

  /** We could not run for a while: nobody could refute to us in that time (member.H2). */
  shiftSuspicions(byUs: number): void {
    for (const peer of this.#ctx.table.suspects) peer.suspicion!.shift(byUs);
  }

  /** Changes our own claim. The incarnation is higher, or the state is. */
  becomeSelf(claim: Claim, why: string): void {
    const { table } = this.#ctx;
    const before = table.self.member;
    const after = table.put(claim, this.#ctx.nowUs).member;
    this.#ctx.host.notify({ type: 'member', before, after, reason: why });
  }

  /**
   * Makes room for another name, by forgetting the longest dead where the table is full. Names that come and go, each once, would
   * else keep every newcomer out for as long as the dead are remembered.
   *
   * @returns Whether there is room.
   */
  makeRoom(): boolean {
    const { table, config } = this.#ctx;
    if (table.size < config.membersMax) return true;
    let longest: Peer | null = null;
    for (const peer of table.peers())
      if (!isActive(peer.claim.state) && peer !== table.self && (longest === null || peer.sinceUs < longest.sinceUs)) longest = peer;
    if (longest === null) this.#ctx.limited('members', config.membersMax);
    else this.#forget(longest);
    return longest !== null;
  }

  /** A name we do not hold. */
  #hearOfStranger(claim: Claim, source: Source): boolean {
    const { table, nowUs } = this.#ctx;
    const stone = table.tombstones.get(claim.name);
    if (!isActive(claim.state)) {
      this.#bury(claim);
      return false;
    }
    if (stone !== undefined && !overrides(claim, stone.claim)) return false;
    if (!this.makeRoom()) return false;
    table.tombstones.delete(claim.name);
    const peer = table.put(claim, nowUs);
    if (claim.state === 'suspect') this.#beginSuspicion(peer);
    this.#ctx.host.notify({ type: 'member', before: null, after: peer.member, reason: wordsFor(claim, source) });
    if (!source.quiet) this.#ctx.spread(claim, source.from);
    this.#listener.onActive(peer);
    this.#listener.onNewLife(peer);
    if (claim.state === 'suspect') this.#listener.onSuspected(peer);
    return true;
  }

  /** A death of somebody we never held: silent, without timer, event or gossip (member.A4). */
  #bury(claim: Claim): void {
    const { table, nowUs, config } = this.#ctx;
    const stone = table.tombstones.get(claim.name);
    if (stone === undefined && table.tombstones.size >= config.membersMax) {
      this.#ctx.limited('tombstones', config.membersMax);
      return;
    }
    const merged = stone === undefined ? claim : mergeClaims({ ...stone.claim, ageMs: ageMs(stone.diedUs, nowUs) }, claim);
    const diedUs = nowUs - merged.ageMs * 1000;
    table.tombstones.set(claim.name, { claim: merged, diedUs });
    this.#reapAt(diedUs);
  }

  /** Equally strong claims: more accusers, or an older death. */
  #agree(peer: Peer, held: Claim, merged: Claim, source: Source, also: readonly string[] = []): boolean {
    const { table, nowUs } = this.#ctx;
    const suspicion = peer.suspicion;
    table.put(merged, nowUs);
    if (!isActive(merged.state)) {
      this.#reapAt(peer.sinceUs);
      return merged.accusers.length > held.accusers.length;
    }
    assertSuspicion(suspicion);
    const before = suspicion.confirmations;
    suspicion.confirm([...merged.accusers, ...also]);
    // Only what brings the verdict nearer is worth telling; the same accusers again are not.
    if (suspicion.confirmations === before) return false;
    peer.note(nowUs, `confirmed by ${merged.accusers.filter((name) => !held.accusers.includes(name)).join(', ')}`);
    this.#ctx.count('suspicion.confirmed');
    this.#ctx.spread(merged, source.from);
    return true;
  }

  /** Takes over a stronger claim about somebody we hold: decide, change, tell. */
  #become(peer: Peer, claim: Claim, source: Source, why: string): void {
    const { table, nowUs } = this.#ctx;
    const before = peer.member;
    const wasFailed = before.state === 'failed';
    if (before.boot !== claim.boot || !isActive(claim.state)) this.#ctx.oneWay.delete(claim.name); // of a link to another life, or to nobody, nothing is known
    table.put(claim, nowUs);
    peer.suspicion = null;
    if (before.state === 'suspect' && claim.state === 'alive' && before.boot === claim.boot) peer.refutations += 1;
    if (claim.state === 'suspect') this.#beginSuspicion(peer);
    if (!isActive(claim.state)) this.#reapAt(peer.sinceUs);
    peer.note(nowUs, `${claim.state}: ${why}`);
    this.#ctx.host.notify({ type: 'member', before, after: peer.member, reason: why });
    if (!source.quiet) this.#ctx.spread(claim, source.from);
    if (peer.failedByRefusal && isActive(claim.state)) {
      peer.failedByRefusal = false;
      peer.refusalsLied = before.boot === claim.boot; // a filter said it, not the host: from now on refusals about that life are silence
    }
    if (isActive(claim.state) && !isActive(before.state)) this.#listener.onActive(peer);
    if (before.boot !== claim.boot && isActive(claim.state)) this.#listener.onNewLife(peer);
    if (wasFailed && isActive(claim.state)) this.#listener.onReturned(peer);
    if (claim.state === 'suspect' && source.from !== null) this.#listener.onSuspected(peer);
  }

  #beginSuspicion(peer: Peer): void {
    const { table, config, nowUs } = this.#ctx;
    // Nobody but the suspect and us: there is no one to wait for, so the floor holds at once.
    const expected = Math.max(0, Math.min(CONFIRMATIONS_EXPECTED, table.activeCount - 2));
    const minUs = patienceUs(config.pauseToleranceUs, peer.health);
    peer.suspicion = new Suspicion(nowUs, expected, minUs, minUs * config.suspicionCeiling, peer.claim.accusers);
  }

  #reapAt(diedUs: number): void {
    this.#reapUs = Math.min(this.#reapUs, diedUs + this.#ctx.config.retentionUs);
  }

  #reap(): void {
    const { table, nowUs, config } = this.#ctx;
    this.#reapUs = Infinity;
    for (const [name, stone] of table.tombstones) {
      if (nowUs >= stone.diedUs + config.retentionUs) table.tombstones.delete(name);
      else this.#reapAt(stone.diedUs);
    }
    for (const peer of [...table.peers()]) {
      if (isActive(peer.claim.state) || peer === table.self) continue;
      if (nowUs < peer.sinceUs + config.retentionUs) this.#reapAt(peer.sinceUs);
      else this.#forget(peer);
    }
  }

  #forget(peer: Peer): void {
    const { table, queue, oneWay, host } = this.#ctx;
    table.remove(peer);
    queue.drop(peer.claim.name);
    oneWay.delete(peer.claim.name);
    host.notify({ type: 'forgotten', member: peer.member });
  }
}

const OURSELVES: Source = { channel: 'gossip', from: null, address: null, quiet: false };

function assertSuspicion(suspicion: Suspicion | null): asserts suspicion is Suspicion {
  if (suspicion === null) throw new Error('BUG: a suspect without a suspicion');
}

function wordsFor(claim: Claim, source: Source): string {
  const teller = source.from === null || source.from === claim.name ? '' : ` (told by ${source.from})`;
  switch (claim.state) {
    case 'alive':
      return `says it is alive${teller}`;
    case 'suspect':
      return `accused by ${claim.accusers.join(', ')}${teller}`;
    case 'failed':
      return `declared failed by ${claim.accusers.join(', ')}${teller}`;
    case 'left':
      return `left${teller}`;
  }
}
