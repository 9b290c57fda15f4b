import { Alarms } from './alarms.ts';
import { checkCandidacy, checkElectionName, checkPriority } from './candidacy.ts';
import { type CampaignOptions, type CampaignPort, Campaigns } from './campaigns.ts';
import type { Address } from './core/address.ts';
import { assert } from './core/assert.ts';
import { Confirmations } from './confirmations.ts';
import { BellwetherError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import { createRandom } from './core/random.ts';
import type { Runtime } from './core/runtime.ts';
import { ms, us } from './core/time.ts';
import type { Member, MembershipView, Tags } from './core/view.ts';
import { ELECTION_KIND } from './election/codec.ts';
import { Election } from './election/election.ts';
import type { Kept } from './election/config.ts';
import type { Refusal } from './election/reconfiguration.ts';
import type { VotersChange } from './election/voter-set.ts';
import type { ElectionChange, LostReason } from './election/host.ts';
import type { ElectionPacket } from './election/messages.ts';
import { Events, type NodeEvents, type SilenceEvent, memberEventName, takeoverRecord } from './events.ts';
import { explainNode } from './explain.ts';
import { type Health, flatten, healthOf } from './health.ts';
import { JeopardyWatch } from './jeopardy-watch.ts';
import { type Job, type LeadOptions, lead } from './lead.ts';
import type { Lease } from './lease.ts';
import { MemberBatches } from './member-batches.ts';
import type { MembershipChange, SelfState } from './membership/host.ts';
import { Membership } from './membership/membership.ts';
import type { MembershipMessage } from './membership/messages.ts';
import { Latest, type LeaderInfo } from './observe.ts';
import type { NodeTap } from './node-tap.ts';
import type { NodeSettings } from './options.ts';
import { Payloads } from './payloads.ts';
import { acquireSlot } from './semaphore.ts';
import { SilenceWatch } from './silence-watch.ts';
import { type TurnPort, Turns } from './turns.ts';
import { Watches } from './watches.ts';
import type { Wire, WireHandlers } from './wire.ts';

/** Anybody can send such datagrams: a warning a minute is enough. */
const FOREIGN_WARNING_US = 60_000_000;

type Change = { readonly of: 'membership'; readonly change: MembershipChange } | { readonly of: 'election'; readonly change: ElectionChange };

/**
 * One node: the membership and the election, joined. Everything enters through `#enter`: leases are
 * looked at first, then the datagram, timer or call runs to completion, then what the cores told is
 * handled in its order, then the one timer is set. Synchronous but for what waits by nature; the
 * simulator runs this very class.
 */
export class ClusterNode implements AsyncDisposable {
  readonly name: string;
  /** @internal Given to the wire; the simulator opens its own. */
  readonly handlers: WireHandlers = {
    onMessage: (message, from) => this.#receive(message, from),
    onSendFailure: (to, failure) => this.#enter(() => this.#membership?.sendFailed(to, failure, this.#runtime.elapsedUs())),
    onForeignCluster: (from) => this.#foreignCluster(from),
  };
  readonly #settings: NodeSettings;
  readonly #wire: Wire;
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  readonly #tap: NodeTap | null;
  readonly #keep: (kept: Kept) => boolean;
  readonly #events: Events;
  readonly #alarms = new Alarms();
  readonly #port: CampaignPort & TurnPort;
  readonly #batches: MemberBatches;
  readonly #silences: SilenceWatch;
  readonly #campaigns: Campaigns;
  readonly #confirmations = new Confirmations();
  readonly #jeopardy: JeopardyWatch;
  readonly #payloads: Payloads;
  readonly #changes: Change[] = [];
  /** Tenures that the application was told of, by election; the others never happened to it. */
  readonly #announced = new Map<string, number>();
  readonly #watches = new Watches();
  #membership: Membership | null = null;
  #election: Election | null = null;
  /** How far the leader's clock was ahead of the monotonic one when the leases were last looked at. */
  #aheadUs = 0;
  #members: readonly Member[] | null = null;
  #quorum: NodeEvents['quorum'] | null = null;
  /** When another cluster's datagrams may be warned of again. */
  #foreignUs = -Infinity;
  #admission: { accepted(): void; refused(error: BellwetherError): void } | null = null;
  #closing: Promise<void> | null = null;
  #closed = false;

  constructor(settings: NodeSettings, wire: Wire, runtime: Runtime, logger: Logger, tap: NodeTap | null = null, keep: (kept: Kept) => boolean = () => false) {
    this.name = settings.name;
    this.#settings = settings;
    this.#wire = wire;
    this.#runtime = runtime;
    this.#logger = logger;
    this.#tap = tap;
    this.#keep = keep;
    this.#events = new Events(logger);
    this.#port = {
      stand: (name, priority) => this.stand(name, priority),
      withdraw: (name) => this.withdraw(name),
      isHeld: (name) => this.isHeld(name),
      remainingUs: (name) => this.remainingUs(name),
      canHandOver: (name, to) => this.#enter(() => this.election.canHandOver(name, to, this.#runtime.now())),
      resign: (name, reason, to) => this.resign(name, reason, to),
      settled: (name) => this.settled(name),
      alarm: (afterMs, ring) => this.#alarm(afterMs, ring),
      successor: (name) => this.election.successor(name, this.#runtime.now()),
      onClosed: (listener) => this.#events.on('closed', listener),
      renewMs: ms(settings.election.renewUs),
      confirm: (name) => this.#confirm(name),
      isInJeopardy: (remainingMs) => this.#jeopardy.isInJeopardy(remainingMs),
      reportStale: (name, seenTerm) => this.#enter(() => this.election.reportStale(name, seenTerm, this.#runtime.now())),
      setPayload: (name, term, payload) => this.#setTags(() => this.#payloads.set(name, term, payload)),
    };
    this.#campaigns = new Campaigns(this.#port);
    const alarm = (afterMs: number, ring: () => void): (() => void) => this.#alarms.set(this.#runtime.elapsedUs() + us(afterMs), ring);
    this.#batches = new MemberBatches(ms(settings.membership.gossipTickUs), ms(settings.membership.pauseToleranceUs), alarm, (event) =>
      this.#events.emit('changed', event),
    );
    this.#jeopardy = new JeopardyWatch(
      { alarm, remainingUs: (name, term) => (this.#announced.get(name) === term ? this.remainingUs(name) : -Infinity) },
      settings.election,
      (event) => this.#events.emit('jeopardy', event),
    );
    this.#payloads = new Payloads(settings.tags);
    this.#silences = new SilenceWatch(alarm, (call) => this.#events.guard('silence', call));
  }

  // ── opening and closing ──

  /**
   * Opens the socket and joins. Call once. @returns Settles when the node is a member, or found nobody at its seeds and is the first.
   * @throws BellwetherError `ERR_BIND`; `ERR_NAME_CONFLICT` when a living process holds our name.
   */
  async open(seeds: readonly Address[]): Promise<void> {
    const info = await this.#wire.open(this.handlers);
    const { receiveBufferBytes } = info;
    const asked = this.#settings.receiveBufferBytes ?? 0;
    // A stalled process keeps only the oldest datagrams that fit: worth knowing how many those are.
    if (receiveBufferBytes !== null && receiveBufferBytes < asked)
      this.#logger.warn({ asked, given: receiveBufferBytes }, 'the system gave a smaller receive buffer');
    else this.#logger.debug({ receiveBufferBytes }, 'receive buffer');
    const admitted = new Promise<void>((accepted, refused) => (this.#admission = { accepted, refused }));
    this.begin(this.#settings.advertise ?? info.bound, seeds);
    try {
      await admitted;
    } catch (error) {
      await this.#shut('refused'); // nobody merged us: there is nothing to leave
      throw error;
    }
  }

  /** @internal The synchronous part of `open`, for the simulator. `address` is what others send to. */
  begin(address: Address, seeds: readonly Address[]): void {
    assert(this.#membership === null, 'BUG: a node begins once');
    const { runtime, settings } = { runtime: this.#runtime, settings: this.#settings };
    const { boot, random } = runtime;
    const now = runtime.now();
    this.#membership = new Membership(
      settings.membership,
      { name: this.name, boot, incarnation: now.wallMs, address, tags: settings.tags },
      random,
      {
        send: (to, message) => this.#wire.send(message, to),
        probe: (to, message) => this.#wire.probe(message, to),
        notify: (change) => {
          this.#tap?.membership(change);
          this.#changes.push({ of: 'membership', change });
        },
      },
      now.elapsedUs,
    );
    this.#election = new Election(
      settings.election,
      { name: this.name, boot },
      createRandom(random.u32()),
      {
        send: (to, packet) => this.#wire.send(packet, to),
        keep: (kept) => this.#keep(kept),
        notify: (change) => {
          this.#tap?.election(change);
          this.#changes.push({ of: 'election', change });
        },
      },
      now,
    );
    this.#events.emit('started', { address, incarnation: now.wallMs });
    this.join(seeds);
  }

  /** @internal Looks for the cluster at these addresses; called again when names resolve to others. */
  join(seeds: readonly Address[]): void {
    if (!this.#closed) this.#enter(() => this.membership.join(seeds, this.#runtime.elapsedUs()));
  }

  /**
   * Resigns, leaves, closes. Jobs are told to stop and given until their leases' drain time is over;
   * then members are told that we go. Idempotent: later calls wait for the first.
   *
   * @param timeoutMs Longest that resigning and leaving together may take. Default: the drain timeout and a second.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return (this.#closing ??= this.#close(options.timeoutMs ?? ms(this.#settings.election.drainTimeoutUs) + 1_000));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    if (this.#closed || this.#membership === null) return this.#shut('closed');
    const tooLate = new Promise<void>((resolve) => this.#alarm(timeoutMs, resolve));
    const tenures = this.#campaigns.close();
    for (const { lease } of tenures) this.resign(lease.name, 'shutdown', null);
    await Promise.race([tooLate, Promise.all(tenures.map(({ ended }) => ended))]);
    const left = new Promise<void>((resolve) => this.#events.on('self', ({ state }) => state === 'left' && resolve()));
    this.leave();
    if (this.membership.selfState !== 'left') await Promise.race([tooLate, left]);
    await this.#shut('closed');
  }

  /** Ends everything without a word to anybody. */
  async #shut(reason: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#campaigns.close();
    this.#runtime.wakeAt(Infinity, () => {});
    await this.#wire.close();
    this.#watches.end();
    this.#events.emit('closed', { reason });
  }

  // ── who is there ──

  /** Everybody known, ourselves and the failed and left included, by name. A frozen snapshot. */
  get members(): readonly Member[] {
    return (this.#members ??= Object.freeze([...this.membership.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1))));
  }

  get self(): Member {
    return this.membership.self;
  }

  /** What this node knows about itself. */
  get state(): SelfState {
    return this.#membership?.selfState ?? 'joining';
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** @throws BellwetherError `ERR_OPTIONS` above 512 bytes. */
  setTags(tags: Tags): void {
    this.#setTags(() => this.#payloads.setTags(tags));
  }

  /** @returns A function that takes the listener off again. A listener that throws is logged and harms nobody. */
  on<K extends keyof NodeEvents>(event: K, listener: (event: NodeEvents[K]) => void): () => void {
    if (event === 'jeopardy') this.#jeopardy.start(this.#announced);
    return this.#events.on(event, listener);
  }

  /**
   * Tells when a member has been silent for `afterMs`, counted from its suspicion, and when it is back:
   * a threshold of one's own beside the detector's verdict. 0: at the first suspicion. @returns A function that takes the listener off again.
   */
  onSilence(afterMs: number, listener: (event: SilenceEvent) => void): () => void {
    return this.#enter(() => this.#silences.add(afterMs, listener, ms(this.#runtime.elapsedUs())));
  }

  // ── who leads ──

  /**
   * Runs `job` while, and only while, this node leads `name`; again each time it is elected.
   *
   * @returns Resolves when `options.signal` aborts and the last job has ended.
   * @throws What a job threw while it led; BellwetherError `ERR_BUSY`, `ERR_CLOSED`, `ERR_NOT_CANDIDATE`, `ERR_OPTIONS`.
   */
  async lead(name: string, job: Job, options: LeadOptions = {}): Promise<void> {
    const priority = checkCandidacy(this.#settings, name, options.priority);
    const turns = new Turns(this.#port, name, priority, options, this.#logger);
    return lead(this.#campaigns, this.#port, turns, this.#logger, name, job, priority, options.signal);
  }

  /** Stands for `name` until elected. @throws As `lead`, and what `options.signal` was aborted with. */
  async campaign(name: string, options: CampaignOptions = {}): Promise<Lease> {
    const priority = checkCandidacy(this.#settings, name, options.priority);
    return (await this.#campaigns.campaign(name, priority, options.signal)).lease;
  }

  /**
   * Stands for `name` for a while.
   *
   * @param options `waitMs`: default two renewal times, enough where nobody leads and voters answer.
   * @returns Null when it was not elected in that time. @throws As `campaign`.
   */
  async tryAcquire(name: string, options: CampaignOptions & { readonly waitMs?: number } = {}): Promise<Lease | null> {
    const priority = checkCandidacy(this.#settings, name, options.priority);
    return this.#campaigns.tryAcquire(name, priority, options.waitMs ?? 2 * ms(this.#settings.election.renewUs), options.signal);
  }

  /**
   * Stands for one of `holders` slots of `name`, each an election (`name#0` …), so that at most so many nodes hold one.
   *
   * @param holders 1 … 64, the same on every node. @returns The slot's lease. @throws As `campaign`.
   */
  async acquireSlot(name: string, holders: number, options: CampaignOptions = {}): Promise<Lease> {
    const priority = checkCandidacy(this.#settings, `${name}#${holders}`, options.priority);
    const campaign = async (slot: string, signal: AbortSignal): Promise<Lease> => (await this.#campaigns.campaign(slot, priority, signal)).lease;
    return acquireSlot(name, holders, campaign, options.signal);
  }

  /** Who leads, as far as this node knows. The first question about a name makes it ask the voters from then on. */
  leader(name: string): LeaderInfo {
    checkElectionName(name);
    this.#follow(name);
    return this.#watches.beliefOf(name, this.election, this.membership.members, this.#runtime.now());
  }

  /** Yields who leads now and then each change; a slow reader gets the latest and misses what is outdated. */
  observe(name: string, options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<LeaderInfo> {
    checkElectionName(name);
    if (this.#closed || options.signal?.aborted === true) {
      const reader = new Latest<LeaderInfo>(() => {});
      reader.end();
      return reader;
    }
    this.#follow(name);
    return this.#watches.read(name, this.#watches.beliefOf(name, this.election, this.membership.members, this.#runtime.now()), options.signal);
  }

  /** Whose turn it is among equals: −1,000 … 1,000, from the next bid on. */
  setPriority(name: string, priority: number): void {
    checkPriority(priority);
    this.#enter(() => this.election.setPriority(name, priority, this.#runtime.now()));
  }

  /** Why things are as they are, in sentences. @param about An election's or a member's name; nothing: ourselves and all elections. */
  explain(about?: string): readonly string[] {
    const now = this.#runtime.now();
    return explainNode(about, this.name, this.#watches.names, this.election, this.membership, now);
  }

  health(): Health {
    return healthOf(this.#closed, this.state, this.#quorum);
  }

  /** Counters since the start: `wire.*`, `membership.*`, `election.*`, `node.*`. */
  metrics(): Readonly<Record<string, number>> {
    const node = {
      listenerFailures: this.#events.failures,
      members: this.#membership?.members.size ?? 0,
      healthScore: this.#membership?.health ?? 0,
    };
    return flatten({ node, wire: this.#wire.counters, membership: this.#membership?.counters ?? {}, election: this.#election?.counters ?? {} });
  }

  // ── the synchronous port under the promises; the simulator uses it directly ──

  /** @internal */
  get membership(): Membership {
    if (this.#membership === null) throw new BellwetherError('ERR_CLOSED', 'the node is not open');
    return this.#membership;
  }

  /** @internal */
  get election(): Election {
    if (this.#election === null) throw new BellwetherError('ERR_CLOSED', 'the node is not open');
    return this.#election;
  }

  /** @internal */
  stand(name: string, priority: number): void {
    this.#enter(() => this.election.campaign(name, priority, this.#runtime.now()));
  }

  /** @internal */
  withdraw(name: string): void {
    this.#enter(() => this.election.withdraw(name, this.#runtime.now()));
  }

  /** @internal */
  resign(name: string, reason: LostReason, to: string | null): void {
    this.#enter(() => this.election.resign(name, reason, to, this.#runtime.now()));
  }

  /** @internal Begins a change of the voters. */
  wishVoters(change: VotersChange): Refusal | null {
    return this.#enter(() => this.election.franchise.change(change, this.#runtime.now()));
  }

  /** @internal The membership's part of closing. */
  leave(): void {
    this.#enter(() => this.membership.leave(this.#runtime.elapsedUs()));
  }

  /** @internal The application's job of that tenure has ended. */
  settled(name: string): void {
    this.#enter(() => this.election.settled(name, this.#runtime.now()));
  }

  /** @internal Reads the clock; a loss is told before this answers. */
  isHeld(name: string): boolean {
    if (this.#closed) return false;
    this.#enter(() => {});
    return this.election.isHeld(name, this.#runtime.now().leaderUs);
  }

  /** @internal */
  remainingUs(name: string): number {
    return this.election.remainingUs(name, this.#runtime.now().leaderUs);
  }

  /** @internal Whether the application's work of that tenure has not ended yet. */
  isRunning(name: string, term: number): boolean {
    return this.#campaigns.isRunning(name, term);
  }

  // ── inside ──

  #receive(message: MembershipMessage | ElectionPacket, from: Address): void {
    if (this.#closed || this.#membership === null) return;
    this.#enter(() => {
      if (message.kind === ELECTION_KIND) this.election.receive(from, message as ElectionPacket, this.#runtime.now());
      else this.membership.receive(from, message as MembershipMessage, this.#runtime.elapsedUs());
    });
  }

  /** Somebody's seeds, or ours, lead into another cluster: a mistake that is silent on both sides unless it is said. */
  #foreignCluster(from: Address): void {
    const nowUs = this.#runtime.elapsedUs();
    if (this.#closed || nowUs < this.#foreignUs) return;
    this.#foreignUs = nowUs + FOREIGN_WARNING_US;
    this.#warn('foreign-cluster', { from });
  }

  readonly #wake = (): void => {
    this.#enter(() => {
      const nowUs = this.#runtime.elapsedUs();
      if (this.membership.nextDeadlineUs <= nowUs) this.membership.advance(nowUs);
      this.#alarms.advance(nowUs);
    });
  };

  #enter<T>(action: () => T): T {
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
    this.#tellChanges();
  }

  #settle(): void {
    this.#tellChanges();
    this.#confirmations.look((name) => (this.#announced.has(name) ? this.election.tenureOf(name) : null));
    if (this.#closed || this.#membership === null || this.#election === null) return;
    this.#runtime.wakeAt(Math.min(this.#membership.nextDeadlineUs, this.#election.nextDeadlineUs, this.#alarms.nextDeadlineUs), this.#wake);
  }

  /** In their order, also when a listener calls us meanwhile and more are told. */
  #tellChanges(): void {
    for (let next = this.#changes.shift(); next !== undefined; next = this.#changes.shift()) {
      if (next.of === 'membership') this.#onMembership(next.change);
      else this.#onElection(next.change);
    }
  }

  #onMembership(change: MembershipChange): void {
    const now = this.#runtime.now();
    switch (change.type) {
      case 'member': {
        this.#members = null;
        this.election.onView(this.#view, now);
        const event = { member: change.after, previous: change.before?.state ?? null, reason: change.reason };
        this.#events.emit(memberEventName(change.before, change.after), event);
        this.#events.emit('member', event);
        if (change.after.name === this.name) return;
        this.#batches.note(event, change.before, this.membership.others);
        this.#silences.note(change.after, ms(now.elapsedUs));
        this.#watches.onMember(change.before, change.after);
        return;
      }
      case 'forgotten':
        this.#members = null;
        this.election.onView(this.#view, now);
        return this.#events.emit('forgotten', { member: change.member });
      case 'self':
        this.#members = null;
        return this.#events.emit('self', { state: change.state, reasons: change.reasons });
      case 'accepted':
        this.election.participate(now);
        return this.#admission?.accepted();
      case 'refused':
        return this.#admission?.refused(
          new BellwetherError('ERR_NAME_CONFLICT', `another living process at ${change.rival} has the name '${this.name}' (${change.by} says so)`, {
            name: this.name,
            rival: change.rival,
            by: change.by,
          }),
        );
      case 'rival':
        this.election.rivalHeard(now);
        return this.#events.emit('name-conflict', { rival: change.address, gaveUp: change.gaveUp });
      case 'warning':
        return this.#warn(change.code, change.details);
    }
  }

  #onElection(change: ElectionChange): void {
    switch (change.type) {
      case 'elected':
        return this.#announce(change);
      case 'lost': {
        if (this.#announced.get(change.name) !== change.term) return this.election.settled(change.name, this.#runtime.now()); // nobody was told that it began
        this.#announced.delete(change.name);
        if (this.#payloads.delete(change.name)) this.membership.setTags(this.#payloads.all, this.#runtime.elapsedUs());
        this.#campaigns.onLost(change.name, change.reason); // the job's signal first, then everybody else
        const remainingMs = ms(change.leaseEndUs - this.#runtime.now().leaderUs);
        this.#logger.info({ election: change.name, term: change.term, reason: change.reason, remainingMs }, 'leadership lost');
        return this.#events.emit('lost', { election: change.name, term: change.term, reason: change.reason, remainingMs });
      }
      case 'ended': {
        const tenure = this.#campaigns.onEnded(change.name);
        if (tenure === null || tenure.isSettled) return;
        // Told and ended at one moment, after a stop: the job gets the time it would have had to hear of it.
        this.#alarm(ms(this.#settings.election.stopBeforeUs), () => {
          if (!tenure.isSettled) this.#warn('job-outlives-lease', { election: change.name, term: change.term });
        });
        return;
      }
      case 'leader': {
        this.#watches.onLeader(change, this.membership.members, this.#runtime.now().wallMs);
        this.#events.emit('leader', { election: change.name, leader: change.leader, term: change.term, reason: change.reason });
        return;
      }
      case 'quorum':
        this.#quorum = { held: change.held, reachable: change.reachable, needed: change.needed, missing: change.missing };
        return this.#events.emit('quorum', this.#quorum);
      case 'voters':
        return this.#onVoters(change);
      case 'voter':
        return this.#logger.info({ phase: change.phase, how: change.how }, 'voter');
      case 'warning':
        return this.#warn(change.code, change.details);
    }
  }

  #onVoters({ set, settled }: ElectionChange & { readonly type: 'voters' }): void {
    const voters = set.seats.map(({ name, weight, excluded }) => ({ name, weight, excluded }));
    this.#logger.info({ voters, term: set.term, version: set.version, settled }, 'voters');
    this.#events.emit('voters', { voters, term: set.term, version: set.version, settled });
  }

  /** The clock is read again after all that was computed: a lease that ended meanwhile was never one (candidate.C4). */
  #announce({ name, term, takeover }: ElectionChange & { readonly type: 'elected' }): void {
    const now = this.#runtime.now();
    if (!this.election.isHeld(name, now.leaderUs)) return this.election.advance(now);
    this.#announced.set(name, term);
    this.#aheadUs = now.leaderUs - now.elapsedUs;
    const remainingMs = ms(this.election.remainingUs(name, now.leaderUs));
    const record = takeoverRecord(takeover);
    this.#logger.info({ election: name, term, ...record }, 'elected');
    this.#jeopardy.elected(name, term);
    this.#campaigns.onElected(name, term);
    this.#events.emit('elected', { election: name, term, token: `${name}@${term}`, remainingMs, takeover: record });
  }

  get #view(): MembershipView {
    const { members } = this.membership;
    return { members: this.#tap?.view?.(members) ?? members };
  }

  #warn(code: string, details: Readonly<Record<string, string | number | boolean>>): void {
    this.#logger.warn({ code, ...details }, 'warning');
    this.#events.emit('warning', { code, details });
  }

  #alarm(afterMs: number, ring: () => void): () => void {
    const cancel = this.#alarms.set(this.#runtime.elapsedUs() + us(afterMs), ring);
    this.#settle();
    return cancel;
  }

  #confirm(name: string): Promise<void> {
    const term = this.#announced.get(name) ?? 0;
    const endUs = this.#enter(() => this.election.confirm(name, this.#runtime.now())) ?? Infinity;
    const confirmed = this.#confirmations.add(name, term, endUs);
    this.#settle(); // a node that is the only voter has its answer already
    return confirmed;
  }

  /** @param change Throws where it cannot be, and then nothing was changed. */
  #setTags(change: () => void): void {
    change();
    this.#enter(() => this.membership.setTags(this.#payloads.all, this.#runtime.elapsedUs()));
  }

  #follow(name: string): void {
    if (this.#watches.follow(name)) this.#enter(() => this.election.watch(name, this.#runtime.now()));
  }
}
