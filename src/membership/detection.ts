import { type Claim, isActive } from './claim.ts';
import type { Context } from './context.ts';
import type { Merge, Source } from './merge.ts';
import type { Peer } from './peer.ts';
import type { Outcome, Probe, Prober } from './probe.ts';
import { isConfirmer } from './rendezvous.ts';

/** Probes in a row answered through relays only, after which it is the link and not luck; and where packets are known to be lost on all links. */
const ONE_WAY_AFTER = 3;
const ONE_WAY_AFTER_WITH_LOSS = 9;
const ONE_WAY_AGAIN_US = 60_000_000;

/** Names in a round, beside two for each member that runs, before those of the gone are left out. */
const ROUND_SLACK = 64;

/**
 * Whom we probe when, and what a verdict is worth: in turns the next on the ring and the round robin over
 * all, the confirmation of others' suspicions, and the check of a death that only a sync tells of.
 */
export class Detection {
  readonly #ctx: Context;
  readonly #prober: Prober;
  readonly #merge: Merge;
  /** Shuffled anew each round, so that each member is probed once per round and nobody can foresee when. */
  #order: string[] = [];
  #next = 0;
  #isRingTurn = false;
  #dueUs = Infinity;

  constructor(ctx: Context, prober: Prober, merge: Merge) {
    this.#ctx = ctx;
    this.#prober = prober;
    this.#merge = merge;
  }

  get nextDeadlineUs(): number {
    return this.#dueUs;
  }

  /** A newcomer enters the running round at a random place: it is probed soon, and not by all at once. */
  add(name: string): void {
    if (this.#order.length >= 2 * this.#ctx.table.activeCount + ROUND_SLACK) this.#tidy();
    const rest = this.#order.length - this.#next;
    if (this.#order.indexOf(name, this.#next) < 0) this.#order.splice(this.#next + this.#ctx.random.below(rest + 1), 0, name);
    if (this.#dueUs === Infinity && this.#ctx.standing === 'joined') this.begin();
  }

  /** We take part from now on. The first probe comes at a random time, or all nodes started together would probe together. */
  begin(): void {
    const { nowUs, random, config, table } = this.#ctx;
    this.#dueUs = table.active.length === 0 ? Infinity : nowUs + random.below(config.probePeriodUs);
  }

  stop(): void {
    this.#dueUs = Infinity;
  }

  advance(): void {
    const { nowUs, random, config, health, table } = this.#ctx;
    if (nowUs < this.#dueUs) return;
    this.#isRingTurn = !this.#isRingTurn;
    const next = this.#isRingTurn ? this.#successor() : null;
    const peer = next ?? this.#nextInRound();
    if (peer !== null) this.#probe(peer, next === null ? 'round' : 'ring');
    // next = base + i·period, jittered by a tenth; after a stall from now on, without catching up.
    const intervalUs = health.widen(config.probePeriodUs);
    const nextUs = this.#dueUs + intervalUs - Math.floor(intervalUs / 10) + random.below(Math.max(1, Math.floor(intervalUs / 5)));
    this.#dueUs = table.active.length === 0 ? Infinity : Math.max(nextUs, nowUs + Math.floor(intervalUs / 2));
  }

  /**
   * Others accuse a member: the first few members by rendezvous hash look for themselves at once,
   * so that confirmations arrive within round trips and not within probe periods.
   */
  confirm(peer: Peer): void {
    const { claim } = peer;
    const life = `${claim.boot}/${claim.incarnation}`;
    if (peer.confirmed === life || claim.accusers.includes(this.#ctx.name) || this.#prober.full || this.#prober.isProbing(claim.name)) return;
    peer.confirmed = life;
    if (isConfirmer(this.#ctx.table, claim)) this.#probe(peer, 'confirm');
  }

  /** Looks once at a life that is new (member.D7). */
  greet(peer: Peer): void {
    this.#probe(peer, 'greet');
  }

  /**
   * A sync calls a member failed that we hold running. It is told, and asked: what it does not
   * refute and does not answer becomes a suspicion, never a death (merge.M3).
   */
  contradicted(peer: Peer, claim: Claim, source: Source): void {
    const { nowUs, config } = this.#ctx;
    if (nowUs - peer.lastAckUs <= config.pauseToleranceUs) return this.#ctx.tell(peer.claim.address, [claim]);
    const { name, boot, address } = peer.claim;
    this.#prober.start({
      target: { name, boot, address },
      purpose: 'confirm',
      first: [claim],
      indirect: true,
      judge: (outcome, probe) => {
        this.#note(peer, probe, outcome);
        if (outcome !== 'acked' && outcome !== 'void') this.#merge.hear({ ...claim, state: 'suspect', ageMs: 0 }, { ...source, channel: 'gossip' });
      },
    });
  }

  /**
   * member.D6. Every second probe goes to the next running member on the ring of names, so that each is probed by
   * the one before it every two periods, whatever the dice of all others do. A round robin alone leaves the first
   * probe of a dead member to n independent orders: half a period on average, and in one death of a hundred five.
   *
   * @see SWIM, §4.3, for the round robin, which bounds how long any one member can overlook another; "Stable and
   * Consistent Membership at Scale with Rapid" (Suresh et al., USENIX ATC 2018), §4.1, for observers on rings.
   */
  #successor(): Peer | null {
    const { table } = this.#ctx;
    const ours = table.self.place;
    let next: Peer | null = null;
    let first: Peer | null = null;
    for (const peer of table.active) {
      if (first === null || isBefore(peer, first)) first = peer;
      if ((peer.place > ours || (peer.place === ours && peer.claim.name > this.#ctx.name)) && (next === null || isBefore(peer, next))) next = peer;
    }
    const successor = next ?? first;
    return successor === null || this.#prober.isProbing(successor.claim.name) ? null : successor;
  }

  /** Who comes and goes within one round leaves a name in it: names by the thousand would be kept until it ends, and searched through. */
  #tidy(): void {
    this.#order = this.#order.slice(this.#next).filter((name) => isRunning(this.#ctx.table.get(name)));
    this.#next = 0;
  }

  #nextInRound(): Peer | null {
    const { table, random } = this.#ctx;
    for (let wraps = 0; wraps < 2; wraps += 1) {
      while (this.#next < this.#order.length) {
        const peer = table.get(this.#order[this.#next]!);
        this.#next += 1;
        if (isRunning(peer)) return peer;
      }
      this.#order = random.shuffle(table.active.map((peer) => peer.claim.name));
      this.#next = 0;
    }
    return null;
  }

  #probe(peer: Peer, purpose: 'ring' | 'round' | 'confirm' | 'greet'): void {
    const { name, boot, address, state } = peer.claim;
    this.#prober.start({
      target: { name, boot, address },
      purpose,
      first: state === 'suspect' ? [peer.claim] : [],
      indirect: true,
      judge: (outcome, probe) => this.#judge(peer, outcome, probe),
    });
  }

  #judge(peer: Peer, outcome: Outcome, probe: Probe): void {
    this.#note(peer, probe, outcome);
    if (outcome === 'void') return probe.plan.purpose === 'ring' ? undefined : this.#askAgain(peer); // the ring's turn comes again by itself
    peer.askedAgain = false;
    if (outcome === 'acked') return this.#ctx.health.better();
    if (outcome === 'silent') this.#doubtOurselves(probe);
    if (peer.claim.boot !== probe.plan.target.boot) return; // a new life has come meanwhile
    if (outcome === 'refused' && !peer.refusalsLied) return this.#merge.refused(peer, [...probe.refusedBy]);
    const relays = probe.silentRelays.size + probe.nackedBy.size;
    const why =
      outcome === 'gone'
        ? 'another life, or another name, answered at its address'
        : `no ack within ${Math.round((this.#ctx.nowUs - probe.sentUs) / 1000)} ms, asked through ${relays} others, ${probe.nackedBy.size - probe.goneBy.size} of which got none either${
            probe.goneBy.size > 0 ? ` and ${probe.goneBy.size} one of another life` : ''
          }`;
    this.#merge.accuse(peer, why);
    // Its host lives, and that life is not at its address: not enough to believe one member's word for, but no pause looks like that.
    const isHostAlive = outcome === 'gone' || probe.refusals > 0 || probe.refusedBy.size > 0 || probe.goneBy.size > 0;
    if (isHostAlive && !peer.refusalsLied) this.#merge.hasten(peer);
  }

  /**
   * What we were too late to judge is asked again at the next turn: a round without a verdict is seconds in
   * which a death goes unseen. Once: where every turn is late, the others must have theirs.
   */
  #askAgain(peer: Peer): void {
    peer.askedAgain = !peer.askedAgain;
    if (!peer.askedAgain) return;
    const { name } = peer.claim;
    const later = this.#order.indexOf(name, this.#next);
    if (later >= 0) this.#order.splice(later, 1);
    this.#order.splice(this.#next, 0, name);
    this.#isRingTurn = true; // so the next turn is the round's
  }

  /** A relay that we reached would have said nack; one that is itself in doubt, or that the system could not send to, need not have heard us. */
  #doubtOurselves(probe: Probe): void {
    const { health, table, unreachable } = this.#ctx;
    if (probe.silentRelays.size + probe.nackedBy.size === 0) return health.worse(1);
    let missing = 0;
    for (const name of probe.silentRelays) {
      const claim = table.get(name)?.claim;
      if (claim?.state === 'alive' && !unreachable.has(claim.address)) missing += 1;
    }
    health.worse(missing);
  }

  #note(peer: Peer, probe: Probe, outcome: Outcome): void {
    const { nowUs } = this.#ctx;
    peer.nacks += probe.nackedBy.size;
    if (outcome === 'acked') {
      peer.acked += 1;
      if (probe.relayed) peer.acksRelayed += 1;
      this.#ctx.losses.acked(probe.stage === 'indirect');
      this.#noteLink(peer, probe.relayed);
      if (!probe.relayed) peer.lastAckUs = nowUs;
      return;
    }
    if (outcome === 'void') return peer.note(nowUs, 'a probe of ours does not count: we were late to look for its ack');
    peer.unanswered += 1;
    peer.missingNacks += probe.silentRelays.size;
    this.#ctx.unansweredSince += 1;
    peer.note(
      nowUs,
      outcome === 'gone'
        ? 'a probe was answered by another life or another name'
        : outcome === 'refused'
          ? `a probe was refused, to us and to ${[...probe.refusedBy].join(', ')}`
          : `a probe was not answered${names(probe.nackedBy, 'got no ack either')}${names(probe.silentRelays, 'said nothing')}`,
    );
  }

  /**
   * Others reach it and we do not: the way between us is broken, in one direction or both, and nobody is
   * accused for it. Which direction it is shows in whether we hear from it (member.H4).
   */
  #noteLink(peer: Peer, relayed: boolean): void {
    const { nowUs, config, oneWay, losses, host } = this.#ctx;
    const { name } = peer.claim;
    peer.relayedOnly = relayed ? peer.relayedOnly + 1 : 0;
    if (!relayed) oneWay.delete(name);
    if (peer.relayedOnly < (losses.reason === null ? ONE_WAY_AFTER : ONE_WAY_AFTER_WITH_LOSS) || oneWay.has(name)) return;
    oneWay.add(name);
    if (nowUs - peer.oneWayToldUs < ONE_WAY_AGAIN_US) return; // a link that comes and goes is one warning a minute
    peer.oneWayToldUs = nowUs;
    const hears = nowUs - peer.lastHeardUs <= ONE_WAY_AFTER * config.probePeriodUs * Math.max(1, this.#ctx.table.activeCount);
    peer.note(nowUs, 'answers others and not us');
    host.notify({
      type: 'warning',
      code: 'one-way-link',
      details: { member: name, address: peer.claim.address, broken: hears ? 'from us to it' : 'from it to us', probes: peer.relayedOnly },
    });
  }
}

const isRunning = (peer: Peer | undefined): peer is Peer => peer !== undefined && isActive(peer.claim.state);
const isBefore = (a: Peer, b: Peer): boolean => a.place < b.place || (a.place === b.place && a.claim.name < b.claim.name);

const names = (relays: ReadonlySet<string>, what: string): string => (relays.size === 0 ? '' : `; asked for us, ${[...relays].join(', ')} ${what}`);
