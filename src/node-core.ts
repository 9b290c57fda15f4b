import { Alarms } from './alarms.ts';
import { type CampaignPort, Campaigns } from './campaigns.ts';
import { Confirmations } from './confirmations.ts';
import type { Address } from './core/address.ts';
import { assert } from './core/assert.ts';
import { BellwetherError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import { createRandom } from './core/random.ts';
import type { Runtime } from './core/runtime.ts';
import { ms, us } from './core/time.ts';
import type { Member, MembershipView, Tags } from './core/view.ts';
import { ELECTION_KIND } from './election/codec.ts';
import { Election } from './election/election.ts';
import type { Kept } from './election/config.ts';
import type { ElectionChange, LostReason } from './election/host.ts';
import type { HandedOn } from './election/hand-on.ts';
import type { ElectionPacket } from './election/messages.ts';
import type { Order } from './election/rank.ts';
import type { Refusal } from './election/reconfiguration.ts';
import type { VotersChange } from './election/voter-set.ts';
import { Events, type NodeEvents, type SilenceEvent, lostEvent, memberEventName, partitionEvent, takeoverRecord, votersEvent } from './events.ts';
import { explainNode } from './explain.ts';
import { FitWatch } from './fit-watch.ts';
import { ForeignWatch } from './foreign.ts';
import { type Health, flatten, healthOf, quorumOf } from './health.ts';
import { JeopardyWatch } from './jeopardy-watch.ts';
import { MemberBatches } from './member-batches.ts';
import type { MembershipChange, SelfState } from './membership/host.ts';
import { Membership } from './membership/membership.ts';
import type { MembershipMessage } from './membership/messages.ts';
import type { NodeTap } from './node-tap.ts';
import type { Latest, LeaderInfo } from './observe.ts';
import type { NodeSettings } from './options.ts';
import { Overruns } from './overruns.ts';
import { PARTITION_KIND } from './partition/codec.ts';
import type { PartitionChange, PartitionLostReason } from './partition/host.ts';
import type { PartitionPacket } from './partition/messages.ts';
import { PartitionElection } from './partition/partition.ts';
import { Payloads } from './payloads.ts';
import { PerPartition } from './per-partition.ts';
import { SilenceWatch } from './silence-watch.ts';
import { SpareWatch, votersTags } from './spares.ts';
import type { TurnPort } from './turns.ts';
import { type Change, Untold } from './untold.ts';
import { VotersOffice } from './voters.ts';
import { Watches } from './watches.ts';
import type { Message, Wire, WireHandlers } from './wire.ts';

/**
 * The cores of one node, joined: the synchronous side under `ClusterNode`'s promises. Everything
 * enters through `enter`: leases are looked at first, then the datagram, timer or call runs to
 * completion, then what the cores told is handled in its order, then the one timer is set. The
 * simulator runs this very class.
 */
export class NodeCore {
  readonly name: string;
  /** Given to the wire; the simulator opens its own. */
  readonly handlers: WireHandlers = {
    onMessage: (message, from) => this.#receive(message, from),
    onSendFailure: (to, failure) => this.enter(() => this.#membership?.sendFailed(to, failure, this.#runtime.elapsedUs())),
    onForeignCluster: (from) => !this.#closed && this.#foreign.datagram(from, this.#runtime.elapsedUs()),
  };
  readonly events: Events;
  readonly campaigns: Campaigns;
  readonly perPartition: PerPartition;
  readonly voters: VotersOffice;
  /** What campaigns, leases and turns ask of us. */
  readonly port: CampaignPort & TurnPort;
  /** Who waits to hear whether this node was accepted. */
  admission: { accepted(): void; refused(error: BellwetherError): void } | null = null;
  /** Called when something has happened here, and every lease is as long as it is. */
  onSettled: (() => void) | null = null;
  readonly #settings: NodeSettings;
  readonly #wire: Wire;
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  readonly #tap: NodeTap | null;
  readonly #keep: (kept: Kept) => boolean;
  readonly #alarms = new Alarms();
  readonly #foreign = new ForeignWatch((code, details) => this.#warn(code, details));
  readonly #batches: MemberBatches;
  readonly #silences: SilenceWatch;
  readonly #confirmations = new Confirmations();
  readonly #jeopardy: JeopardyWatch;
  readonly #payloads: Payloads;
  readonly #untold = new Untold();
  /** Tenures that the application was told of, by election; the others never happened to it. */
  readonly #announced = new Map<string, number>();
  readonly #overruns = new Overruns();
  readonly #watches = new Watches();
  #membership: Membership | null = null;
  #election: Election | null = null;
  #partition: PartitionElection | null = null;
  /** How far the leader's clock was ahead of the monotonic one when the leases were last looked at. */
  #aheadUs = 0;
  #members: readonly Member[] | null = null;
  #spares: SpareWatch | null = null;
  readonly #fit: FitWatch;
  /** When the timer was to ring. */
  #dueUs = Infinity;
  #closed = false;

  constructor(settings: NodeSettings, wire: Wire, runtime: Runtime, logger: Logger, keep: (kept: Kept) => boolean = () => false, tap: NodeTap | null = null) {
    this.name = settings.name;
    this.#settings = settings;
    this.#wire = wire;
    this.#runtime = runtime;
    this.#logger = logger;
    this.#tap = tap;
    this.#keep = keep;
    this.events = new Events(logger);
    this.port = {
      stand: (name, { priority, ...order }) => this.stand(name, priority, order),
      withdraw: (name) => this.withdraw(name),
      setPriority: (name, priority) => this.setPriority(name, priority),
      isHeld: (name) => this.isHeld(name),
      remainingUs: (name) => this.remainingUs(name),
      canHandOver: (name, to) => this.enter(() => this.election.canHandOver(name, to, this.#runtime.now())),
      resign: (name, reason, to) => this.resign(name, reason, to),
      settled: (name, term) => this.settled(name, term),
      alarm: (afterMs, ring) => this.alarm(afterMs, ring),
      successor: (name) => this.election.successor(name, this.#runtime.now()),
      nowMs: () => ms(this.#runtime.elapsedUs()),
      warn: (code, details) => this.#warn(code, details),
      onClosed: (listener) => this.#onClosed(listener),
      renewMs: ms(settings.election.renewUs),
      confirm: (name) => this.#confirm(name),
      isInJeopardy: (remainingMs) => this.#jeopardy.isInJeopardy(remainingMs),
      reportStale: (name, seenTerm) => this.enter(() => this.election.reportStale(name, seenTerm, this.#runtime.now())),
      setPayload: (name, term, payload) => this.#retag(() => this.#payloads.set(name, term, payload)),
    };
    this.campaigns = new Campaigns(this.port);
    const alarm = (afterMs: number, ring: () => void): (() => void) => this.#alarms.set(this.#runtime.elapsedUs() + us(afterMs), ring);
    this.#batches = new MemberBatches(ms(settings.membership.gossipTickUs), ms(settings.membership.pauseToleranceUs), alarm, (event) =>
      this.events.emit('changed', event),
    );
    this.#jeopardy = new JeopardyWatch(
      { alarm, remainingUs: (name, term) => (this.#announced.get(name) === term ? this.remainingUs(name) : -Infinity) },
      settings.election,
      (event) => this.events.emit('jeopardy', event),
    );
    this.perPartition = new PerPartition(
      {
        ...this.port, // its alarms, its end and R are the same here
        stand: (name, priority, stableAfterMs) => this.standInPart(name, priority, stableAfterMs),
        release: (name, reason) => this.releasePart(name, reason),
        follow: (name) => this.enter(() => this.partition.follow(name, this.#runtime.now())),
        leaderOf: (name) => this.partition.leaderOf(name, this.#runtime.elapsedUs()),
        isClosed: () => this.#closed || this.#membership === null,
      },
      settings,
      logger,
    );
    this.#fit = new FitWatch(settings.election, {
      voters: () => this.election.franchise.standing,
      roundTripUs: (voter) => (voter === settings.name ? 0 : (this.#membership?.roundTripUs(voter) ?? null)),
      warn: (code, details) => this.#warn(code, details),
    });
    this.#payloads = new Payloads(settings.tags);
    this.#silences = new SilenceWatch(alarm, (call) => this.events.guard('silence', call));
    this.voters = new VotersOffice({
      standing: () => this.election.franchise.standing,
      changeVoters: (wish, isOwn) => this.changeVoters(wish, isOwn),
      abandonVotersChange: () => this.enter(() => this.election.franchise.abandon(this.#runtime.now())),
      forceVoters: (seats) => this.enter(() => this.election.franchise.force(seats, this.#runtime.now())),
      isClosed: () => this.#closed,
      events: this.events,
    });
  }

  /** The synchronous part of `open`, for the simulator. `address` is what others send to. */
  begin(address: Address, seeds: readonly Address[]): void {
    assert(this.#membership === null, 'BUG: a node begins once');
    const { runtime, settings } = { runtime: this.#runtime, settings: this.#settings };
    const now = runtime.now();
    this.#membership = new Membership(
      settings.membership,
      { name: this.name, boot: runtime.boot, incarnation: now.wallMs, address, tags: settings.tags },
      runtime.random,
      {
        send: (to, message) => this.#wire.send(message, to),
        probe: (to, message) => this.#wire.probe(message, to),
        notify: (change) => {
          this.#tap?.membership(change);
          this.#untold.push({ of: 'membership', change });
        },
      },
      now.elapsedUs,
    );
    this.#election = new Election(
      settings.election,
      { name: this.name, boot: runtime.boot },
      createRandom(runtime.random.u32()),
      {
        send: (to, packet) => this.#wire.send(packet, to),
        keep: (kept) => this.#keep(kept),
        notify: (change) => {
          this.#tap?.election(change);
          this.#untold.push({ of: 'election', change });
        },
      },
      now,
    );
    this.#partition = new PartitionElection(
      { renewUs: settings.election.renewUs, packetBudget: settings.membership.packetBudget },
      { name: this.name, boot: runtime.boot },
      {
        send: (to, packet) => this.#wire.send(packet, to),
        notify: (change) => {
          this.#tap?.partition?.(change);
          this.#untold.push({ of: 'partition', change });
        },
      },
      now,
    );
    const { replaceVoterAfterMs, election } = settings;
    if (election.durable && replaceVoterAfterMs > 0) this.#spares = new SpareWatch(this, () => runtime.elapsedUs(), settings, this.#logger);
    this.#tellVoters();
    this.events.emit('started', { address, incarnation: now.wallMs });
    this.join(seeds);
  }

  /** Looks for the cluster at these addresses; called again when names resolve to others. */
  join(seeds: readonly Address[]): void {
    if (!this.#closed) this.enter(() => this.membership.join(seeds, this.#runtime.elapsedUs()));
  }

  // ── what it knows ──

  get members(): readonly Member[] {
    return (this.#members ??= Object.freeze([...this.membership.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1))));
  }

  get state(): SelfState {
    return this.#membership?.selfState ?? 'joining';
  }

  get isOpen(): boolean {
    return this.#membership !== null;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  leader(name: string): LeaderInfo {
    this.#follow(name);
    return this.peek(name);
  }

  /** As `leader`, from what is known already: a name that is new is not followed. */
  peek(name: string): LeaderInfo {
    return this.#watches.beliefOf(name, this.election, this.membership.members, this.#runtime.now());
  }

  observe(name: string, signal: AbortSignal | undefined): Latest<LeaderInfo> {
    this.#follow(name);
    return this.#watches.read(name, this.peek(name), signal);
  }

  explain(about: string | undefined): readonly string[] {
    return explainNode(about, this.name, this.#watches.names, this.election, this.membership, this.partition, this.#wire.counters, this.#runtime.now());
  }

  health(): Health {
    return healthOf(this.#closed, this.state, this.#election === null ? null : quorumOf(this.#election, this.membership.members, this.#runtime.elapsedUs()));
  }

  metrics(): Readonly<Record<string, number>> {
    return flatten({
      node: {
        listenerFailures: this.events.failures,
        members: this.#membership?.members.size ?? 0,
        healthScore: this.#membership?.health ?? 0,
        leading: this.#announced.size,
        standbyReady: [...this.#announced.keys()].filter((name) => this.port.successor(name) !== null).length,
      },
      wire: this.#wire.counters,
      membership: this.#membership?.counters ?? {},
      election: this.#election?.counters ?? {},
      partition: this.#partition?.counters ?? {},
      overruns: this.#overruns.counters,
    });
  }

  // ── what it is told to do ──

  on<K extends keyof NodeEvents>(event: K, listener: (event: NodeEvents[K]) => void): () => void {
    if (event === 'jeopardy') this.#jeopardy.start(this.#announced);
    return this.events.on(event, listener);
  }

  onSilence(afterMs: number, listener: (event: SilenceEvent) => void): () => void {
    return this.enter(() => this.#silences.add(afterMs, listener, ms(this.#runtime.elapsedUs())));
  }

  setTags(tags: Tags): void {
    this.#retag(() => this.#payloads.setTags(tags));
  }

  setPriority(name: string, priority: number): void {
    this.enter(() => this.election.setPriority(name, priority, this.#runtime.now()));
  }

  get membership(): Membership {
    if (this.#membership === null) throw new BellwetherError('ERR_CLOSED', 'the node is not open');
    return this.#membership;
  }

  get election(): Election {
    if (this.#election === null) throw new BellwetherError('ERR_CLOSED', 'the node is not open');
    return this.#election;
  }

  get partition(): PartitionElection {
    if (this.#partition === null) throw new BellwetherError('ERR_CLOSED', 'the node is not open');
    return this.#partition;
  }

  /** Stands for the lead of this node's part. */
  standInPart(name: string, priority: number, stableAfterMs: number): void {
    this.enter(() => this.partition.campaign(name, priority, us(stableAfterMs), this.#runtime.now()));
  }

  releasePart(name: string, reason: PartitionLostReason): void {
    this.enter(() => this.partition.release(name, reason, this.#runtime.now()));
  }

  stand(name: string, priority: number, order: Order = {}): boolean {
    return this.enter(() => this.election.campaign(name, priority, this.#runtime.now(), order));
  }

  withdraw(name: string): void {
    this.enter(() => this.election.withdraw(name, this.#runtime.now()));
  }

  resign(name: string, reason: LostReason, to: string | null): void {
    this.enter(() => this.election.resign(name, reason, to, this.#runtime.now()));
  }

  /** Begins a change of the voters. */
  changeVoters(wish: VotersChange, isOwn = false): Refusal | null {
    return this.enter(() => this.election.franchise.change(wish, this.#runtime.now(), isOwn));
  }

  /** Promises nothing any more. @returns What the next life must know, so that it need not wait; null: it must wait. */
  handOn(): HandedOn | null {
    return this.#election?.handOn(this.#runtime.now()) ?? null;
  }

  /** The membership's part of closing. */
  leave(): void {
    this.enter(() => this.membership.leave(this.#runtime.elapsedUs()));
  }

  /** The application's job of that tenure has ended. */
  settled(name: string, term: number): void {
    this.enter(() => this.election.settled(name, term, this.#runtime.now()));
  }

  /** Reads the clock; a loss is told before this answers. */
  isHeld(name: string): boolean {
    if (this.#closed) return false;
    this.enter(() => {});
    return this.election.isHeld(name, this.#runtime.now().leaderUs);
  }

  remainingUs(name: string): number {
    return this.election.remainingUs(name, this.#runtime.now().leaderUs);
  }

  /** Ends everything without a word to anybody: nothing happens here any more. @returns Whether it had not ended before. */
  shut(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#spares?.end();
    this.campaigns.end();
    void this.perPartition.close();
    this.#runtime.wakeAt(Infinity, () => {});
    this.#watches.end();
    return true;
  }

  // ── inside ──

  #receive(message: Message, from: Address): void {
    if (this.#closed || this.#membership === null) return;
    this.enter(() => {
      if (message.kind === ELECTION_KIND) this.election.receive(from, message as ElectionPacket, this.#runtime.now());
      else if (message.kind === PARTITION_KIND) this.partition.receive(from, message as PartitionPacket, this.#runtime.now());
      else this.membership.receive(from, message as MembershipMessage, this.#runtime.elapsedUs());
    });
  }

  readonly #wake = (): void => {
    this.enter(() => {
      const nowUs = this.#runtime.elapsedUs();
      this.#fit.note(nowUs - this.#dueUs, nowUs);
      if (this.membership.nextDeadlineUs <= nowUs) this.membership.advance(nowUs);
      if (this.partition.nextDeadlineUs <= nowUs) this.partition.advance(this.#runtime.now());
      this.#alarms.advance(nowUs);
    });
  };

  enter<T>(action: () => T): T {
    if (this.#closed) return action();
    if (this.#election !== null) this.#lookAtLeases(this.#election);
    const result = action();
    this.#settle();
    return result;
  }

  /**
   * Leases first. After a stop of the process or the host the first thing that happens here is that
   * a loss is told, before any datagram or callback is served (leader.L1, the clock rules).
   */
  #lookAtLeases(election: Election): void {
    const leads = this.#announced.size > 0;
    if (!leads && this.#runtime.elapsedUs() < election.nextDeadlineUs) return;
    const now = this.#runtime.now();
    const aheadUs = now.leaderUs - now.elapsedUs;
    if (now.elapsedUs < election.nextDeadlineUs && aheadUs === this.#aheadUs) return;
    this.#aheadUs = aheadUs;
    election.advance(now);
    this.#untold.tell(this.#tell);
  }

  #settle(): void {
    this.#untold.tell(this.#tell);
    this.onSettled?.();
    this.#confirmations.look((name) => (this.#announced.has(name) ? this.election.tenureOf(name) : null));
    if (this.#closed || this.#membership === null || this.#election === null || this.#partition === null) return;
    const dueUs = Math.min(this.#membership.nextDeadlineUs, this.#election.nextDeadlineUs, this.#partition.nextDeadlineUs, this.#alarms.nextDeadlineUs);
    this.#dueUs = dueUs;
    this.#runtime.wakeAt(dueUs, this.#wake);
  }

  readonly #tell = (next: Change): void => {
    if (next.of === 'membership') this.#onMembership(next.change);
    else if (next.of === 'election') this.#onElection(next.change);
    else this.#onPartition(next.change);
  };

  #onMembership(change: MembershipChange): void {
    const now = this.#runtime.now();
    this.#members = null;
    switch (change.type) {
      case 'member': {
        this.election.onView(this.#view, now);
        this.partition.onMember(change.after, now);
        const event = { member: change.after, previous: change.before?.state ?? null, reason: change.reason };
        this.events.emit(memberEventName(change.before, change.after), event);
        this.events.emit('member', event);
        if (change.after.name === this.name) return;
        this.#batches.note(event, change.before, this.membership.others);
        this.#silences.note(change.after, ms(now.elapsedUs));
        this.#watches.onMember(change.before, change.after);
        this.#foreign.member(change.after, this.#payloads.voters, now.elapsedUs);
        return;
      }
      case 'forgotten':
        this.election.onView(this.#view, now);
        this.#silences.forget(change.member.name);
        return this.events.emit('forgotten', { member: change.member });
      case 'self':
        return this.events.emit('self', { state: change.state, reasons: change.reasons });
      case 'accepted':
        this.election.participate(now);
        this.partition.participate(now);
        return this.admission?.accepted();
      case 'refused': {
        const { rival, by } = change;
        const why = `another living process at ${rival} has the name '${this.name}' (${by} says so)`;
        return this.admission?.refused(new BellwetherError('ERR_NAME_CONFLICT', why, { name: this.name, rival, by }));
      }
      case 'rival':
        this.election.rivalHeard(now);
        return this.events.emit('name-conflict', { rival: change.address, gaveUp: change.gaveUp });
      case 'warning':
        return this.#warn(change.code, change.details);
    }
  }

  #onElection(change: ElectionChange): void {
    switch (change.type) {
      case 'elected':
        return this.#announce(change);
      case 'lost': {
        if (this.#announced.get(change.name) !== change.term) return this.election.settled(change.name, change.term, this.#runtime.now()); // nobody was told that it began
        this.#announced.delete(change.name);
        if (this.#payloads.delete(change.name)) this.membership.setTags(this.#payloads.all, this.#runtime.elapsedUs());
        const overrunMs = this.#overruns.note(change.leaseEndUs, this.#runtime.now().leaderUs);
        this.campaigns.onLost(change.name, change.reason, overrunMs); // the job's signal first, then everybody else
        const event = lostEvent(change, this.#runtime.now().leaderUs, overrunMs);
        this.#logger.info({ ...event }, 'leadership lost');
        return this.events.emit('lost', event);
      }
      case 'ended': {
        const tenure = this.campaigns.onEnded(change.name);
        if (tenure === null || tenure.isSettled) return;
        // Told and ended at one moment, after a stop: the job gets the time it would have had to hear of it.
        this.alarm(ms(this.#settings.election.stopBeforeUs), () => {
          if (!tenure.isSettled) this.#warn('job-outlives-lease', { election: change.name, term: change.term });
        });
        return;
      }
      case 'elect':
        return this.events.emit('elect', { election: change.name, next: change.next, withinMs: ms(change.withinUs) });
      case 'leader':
        this.#watches.onLeader(change, this.membership.members, this.#runtime.now().wallMs);
        return this.events.emit('leader', { election: change.name, leader: change.leader, term: change.term, reason: change.reason });
      case 'quorum':
        return this.events.emit('quorum', { held: change.held, reachable: change.reachable, needed: change.needed, missing: change.missing });
      case 'voters': {
        const event = votersEvent(change.set, change.settled);
        this.#logger.info({ ...event }, 'voters');
        this.#tellVoters();
        return this.events.emit('voters', event);
      }
      case 'voter':
        return this.#logger.info({ phase: change.phase, how: change.how }, 'voter');
      case 'warning':
        return this.#warn(change.code, change.details);
    }
  }

  #onPartition(change: PartitionChange): void {
    this.perPartition.tell(change, (call) => this.events.guard('onMerge', call));
    const event = partitionEvent(change);
    if (event.change !== 'leader') this.#logger.info({ ...event }, 'leadership of a part');
    this.events.emit('partition', event);
  }

  /** The clock is read again after all that was computed: a lease that ended meanwhile was never one (candidate.C4). */
  #announce({ name, term, takeover }: ElectionChange & { readonly type: 'elected' }): void {
    const now = this.#runtime.now();
    if (!this.election.isHeld(name, now.leaderUs)) return this.election.advance(now);
    if (!this.election.isWanted(name)) return this.election.resign(name, 'released', null, now); // given up before anybody was told
    this.#announced.set(name, term);
    this.#aheadUs = now.leaderUs - now.elapsedUs;
    const remainingMs = ms(this.election.remainingUs(name, now.leaderUs));
    const record = takeoverRecord(takeover, this.#settings.election);
    this.#logger.info({ election: name, term, ...record }, 'elected');
    this.campaigns.onElected(name, term); // before anybody is told: a listener may give up what it does not know to be won
    this.#jeopardy.elected(name, term);
    this.events.emit('elected', { election: name, term, token: `${name}@${term}`, remainingMs, takeover: record });
  }

  /** Others learn from our tags whether we would vote if we were asked to, and to which line of voters we belong. */
  #tellVoters(): void {
    const { role, election } = this.#settings;
    const { franchise } = this.election;
    const tags = votersTags(franchise.standing, election.durable && role !== 'observer' && !franchise.hasVote);
    if (JSON.stringify(tags) === JSON.stringify(this.#payloads.voters)) return;
    this.#payloads.voters = tags;
    this.membership.setTags(this.#payloads.all, this.#runtime.elapsedUs());
  }

  /** Who listens for the end too late is told at once, or would wait for ever. */
  #onClosed(listener: () => void): () => void {
    if (this.#closed) queueMicrotask(listener);
    return this.events.on('closed', listener);
  }

  get #view(): MembershipView {
    const { members } = this.membership;
    return { members: this.#tap?.view?.(members) ?? members };
  }

  #warn(code: string, details: Readonly<Record<string, string | number | boolean>>): void {
    this.#logger.warn({ code, ...details }, 'warning');
    this.events.emit('warning', { code, details });
  }

  alarm(afterMs: number, ring: () => void): () => void {
    const cancel = this.#alarms.set(this.#runtime.elapsedUs() + us(afterMs), ring);
    this.#settle();
    return cancel;
  }

  #confirm(name: string): Promise<void> {
    const term = this.#announced.get(name) ?? 0;
    const endUs = this.enter(() => this.election.confirm(name, this.#runtime.now())) ?? Infinity;
    const confirmed = this.#confirmations.add(name, term, endUs);
    this.#settle(); // a node that is the only voter has its answer already
    return confirmed;
  }

  /** @param change Throws where it cannot be, and then nothing was changed. */
  #retag(change: () => void): void {
    change();
    this.enter(() => this.membership.setTags(this.#payloads.all, this.#runtime.elapsedUs()));
  }

  #follow(name: string): void {
    this.#watches.follow(name, () => this.enter(() => this.election.watch(name, this.#runtime.now())));
  }
}
