import { checkCandidacy, checkElectionName, checkPriority, optionsError } from './candidacy.ts';
import type { CampaignOptions } from './campaigns.ts';
import type { Address } from './core/address.ts';
import type { Logger } from './core/logger.ts';
import type { Runtime } from './core/runtime.ts';
import { ms } from './core/time.ts';
import type { Member, Tags } from './core/view.ts';
import type { Kept } from './election/config.ts';
import type { HandedOn } from './election/hand-on.ts';
import type { NodeEvents, SilenceEvent } from './events.ts';
import type { Health } from './health.ts';
import { type Job, type LeadOptions, lead } from './lead.ts';
import type { Lease } from './lease.ts';
import type { SelfState } from './membership/host.ts';
import { NodeCore } from './node-core.ts';
import { Latest, type LeaderInfo } from './observe.ts';
import type { NodeSettings } from './options.ts';
import type { PerPartition } from './per-partition.ts';
import { Semaphores } from './semaphore.ts';
import { Turns } from './turns.ts';
import type { VotersChange } from './election/voter-set.ts';
import type { VotersChanged, VotersView } from './voters.ts';
import type { Wire } from './wire.ts';

/** A voter's state directory. */
export interface Store {
  /** Written through to the disk before it returns. @returns False when that did not work. */
  write(kept: Kept): boolean;
  handOn(handed: HandedOn): boolean;
}

/** One node of a cluster: who is there, who leads, and the leases of what it leads itself. */
export class ClusterNode implements AsyncDisposable {
  readonly name: string;
  /** @internal What happens at once; here is what waits. */
  readonly core: NodeCore;
  /** One leader in each part of a partitioned cluster, for work that may be done twice: another promise, and other types. */
  readonly perPartition: PerPartition;
  readonly #settings: NodeSettings;
  readonly #wire: Wire;
  readonly #logger: Logger;
  readonly #store: Store | null;
  readonly #semaphores: Semaphores;
  #closing: Promise<void> | null = null;

  constructor(settings: NodeSettings, wire: Wire, runtime: Runtime, logger: Logger, store: Store | null = null) {
    this.name = settings.name;
    this.core = new NodeCore(settings, wire, runtime, logger, store === null ? undefined : (kept) => store.write(kept));
    this.#store = store;
    this.perPartition = this.core.perPartition;
    this.#semaphores = new Semaphores(this.core.campaigns);
    this.#settings = settings;
    this.#wire = wire;
    this.#logger = logger;
  }

  // ── opening and closing ──

  /**
   * Opens the socket and joins. Call once. @returns Settles when the node is a member, or found nobody at its seeds and is the first.
   * @throws BellwetherError `ERR_BIND`; `ERR_NAME_CONFLICT` when a living process holds our name.
   */
  async open(seeds: readonly Address[]): Promise<void> {
    const info = await this.#wire.open(this.core.handlers);
    const { receiveBufferBytes } = info;
    const asked = this.#settings.receiveBufferBytes ?? 0;
    // A stalled process keeps only the oldest datagrams that fit: worth knowing how many those are.
    if (receiveBufferBytes !== null && receiveBufferBytes < asked)
      this.#logger.warn({ asked, given: receiveBufferBytes }, 'the system gave a smaller receive buffer');
    else this.#logger.debug({ receiveBufferBytes }, 'receive buffer');
    const admitted = new Promise<void>((accepted, refused) => (this.core.admission = { accepted, refused }));
    this.core.begin(this.#settings.advertise ?? info.bound, seeds);
    try {
      await admitted;
    } catch (error) {
      await this.#shut('refused'); // nobody merged us: there is nothing to leave
      throw error;
    }
  }

  /** @internal Looks for the cluster at these addresses; called again when names resolve to others. */
  join(seeds: readonly Address[]): void {
    if (this.#closing === null) this.core.join(seeds); // a name that is looked up again must not bring back who is leaving
  }

  /**
   * Resigns, leaves, closes. Jobs are told to stop and given until their leases' drain time is over;
   * then members are told that we go. Idempotent: later calls wait for the first.
   *
   * @param timeoutMs Longest that resigning and leaving together may take. Default: the drain timeout and a second.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const { timeoutMs = ms(this.#settings.election.drainTimeoutUs) + 1_000 } = options;
    if (!(timeoutMs >= 0)) return Promise.reject(optionsError(`timeoutMs must be at least 0 ms; it is ${timeoutMs}`));
    if (this.#closing !== null) return this.#closing;
    let begun = (_: Promise<void>): void => {};
    this.#closing = new Promise((resolve) => (begun = resolve)); // before: what closing tells may make a listener close, too
    begun(this.#close(timeoutMs));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    if (this.core.isClosed || !this.core.isOpen) return this.#shut('closed');
    const tooLate = new Promise<void>((resolve) => this.core.alarm(timeoutMs, resolve));
    const tenures = this.core.campaigns.close();
    for (const { lease } of tenures) this.core.resign(lease.name, 'shutdown', null);
    await Promise.race([tooLate, Promise.all([this.perPartition.close(), ...tenures.map(({ ended }) => ended)])]);
    const left = new Promise<void>((resolve) => this.core.on('self', ({ state }) => state === 'left' && resolve()));
    this.core.leave();
    if (this.core.state !== 'left') await Promise.race([tooLate, left]);
    const handed = this.core.handOn(); // after it, nothing is answered
    if (handed !== null) this.#store?.handOn(handed);
    await this.#shut('closed');
  }

  /** Ends everything without a word to anybody. */
  async #shut(reason: string): Promise<void> {
    if (!this.core.shut()) return;
    await this.#wire.close();
    this.core.events.emit('closed', { reason });
  }

  // ── who is there ──

  /** Everybody known, ourselves and the failed and left included, by name. A frozen snapshot. */
  get members(): readonly Member[] {
    return this.core.members;
  }

  get self(): Member {
    return this.core.membership.self;
  }

  /** What this node knows about itself. */
  get state(): SelfState {
    return this.core.state;
  }

  get isClosed(): boolean {
    return this.core.isClosed;
  }

  /** Takes the place of all tags; those of our own (`~…`, `leader:…`) stay as they are. @throws BellwetherError `ERR_OPTIONS` above 512 bytes. */
  setTags(tags: Tags): void {
    this.core.setTags(tags);
  }

  /** @returns A function that takes the listener off again. A listener that throws is logged and harms nobody. */
  on<K extends keyof NodeEvents>(event: K, listener: (event: NodeEvents[K]) => void): () => void {
    return this.core.on(event, listener);
  }

  /**
   * Tells when a member has been silent for `afterMs`, counted from its suspicion, and when that is over,
   * because it is back or because it has left (`member.state`): a threshold of one's own beside the detector's verdict. 0: at the first suspicion. @returns A function that takes the listener off again.
   */
  onSilence(afterMs: number, listener: (event: SilenceEvent) => void): () => void {
    return this.core.onSilence(afterMs, listener);
  }

  // ── who leads ──

  /**
   * Runs `job` while, and only while, this node leads `name`; again each time it is elected.
   *
   * @returns Resolves when `options.signal` aborts and the last job has ended.
   * @throws What a job threw while it led; BellwetherError `ERR_BUSY`, `ERR_CLOSED`, `ERR_NOT_CANDIDATE`, `ERR_OPTIONS`.
   */
  async lead(name: string, job: Job, options: LeadOptions = {}): Promise<void> {
    const standing = checkCandidacy(this.#settings, name, options);
    const turns = new Turns(this.core.port, name, standing, options, this.#logger);
    const over = this.core.campaigns.whileLed(name, standing);
    return lead(this.core.campaigns, this.core.port, turns, this.#logger, name, job, standing, options.signal).finally(over);
  }

  /** Stands for `name` until elected. @throws As `lead`, and what `options.signal` was aborted with. */
  async campaign(name: string, options: CampaignOptions = {}): Promise<Lease> {
    const standing = checkCandidacy(this.#settings, name, options);
    return (await this.core.campaigns.campaign(name, standing, options.signal)).lease;
  }

  /**
   * Stands for `name` for a while.
   *
   * @param options `waitMs`: default two renewal times, enough where nobody leads and voters answer.
   * @returns Null when it was not elected in that time. @throws As `campaign`.
   */
  async tryAcquire(name: string, options: CampaignOptions & { readonly waitMs?: number } = {}): Promise<Lease | null> {
    const standing = checkCandidacy(this.#settings, name, options);
    return this.core.campaigns.tryAcquire(name, standing, options.waitMs ?? 2 * ms(this.#settings.election.renewUs), options.signal);
  }

  /**
   * Stands for one of `holders` slots of `name`, each an election (`name#0` …), so that at most so many nodes hold one, and a node at most one.
   *
   * @param holders 1 … 64, the same on every node. @returns The slot's lease. @throws As `campaign`; `ERR_BUSY` while this node stands for a slot of `name` or holds one.
   */
  async acquireSlot(name: string, holders: number, options: CampaignOptions = {}): Promise<Lease> {
    const standing = checkCandidacy(this.#settings, `${name}#${holders}`, options);
    return this.#semaphores.acquire(name, holders, standing, options.signal);
  }

  /** Who leads, as far as this node knows. The first question about a name makes it ask the voters from then on. */
  leader(name: string): LeaderInfo {
    checkElectionName(name);
    return this.core.leader(name);
  }

  /** Yields who leads now and then each change; a slow reader gets the latest and misses what is outdated. Beyond the names that a node watches (4,096): only who leads now. */
  observe(name: string, options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<LeaderInfo> {
    checkElectionName(name);
    if (!this.core.isClosed && options.signal?.aborted !== true) return this.core.observe(name, options.signal);
    const reader = new Latest<LeaderInfo>(() => {});
    reader.end();
    return reader;
  }

  /** Whether this node leads `name` now, by a clock read in this call. A loss is told before this answers. */
  isHeld(name: string): boolean {
    return this.core.isHeld(name);
  }

  /**
   * Whose turn it is among equals: −1,000 … 1,000, from the next bid on, for as long as this node stands for `name` (all tenures of a `lead`).
   *
   * @throws BellwetherError `ERR_OPTIONS`; `ERR_NOT_CANDIDATE` where it neither stands for `name` nor leads it.
   */
  setPriority(name: string, priority: number): void {
    checkPriority(priority);
    this.core.campaigns.setPriority(name, priority);
  }

  // ── who votes ──

  /** Who votes, as this node knows it. */
  get voters(): VotersView {
    return this.core.voters.view;
  }

  /**
   * Changes who votes, one vote at a time: leases stay in force, and no moment has two majorities that
   * do not meet. Ask any node with a state directory (where only voters may lead, a voter that stays).
   *
   * @param wish `add`, `remove`, `replace`, `exclude` (out for maintenance), `include` (back in), `weigh`.
   * @returns When a majority of the new voters goes by it: two to three leases a step.
   * @throws BellwetherError `ERR_NO_STATE_DIR`: without one voters are fixed; `ERR_BUSY`: a change is under way here; `ERR_VOTERS`: it cannot
   * be (`details.problems`), or `options.signal` aborted first (`details.waitsFor` names the precondition that was missing; steps taken stay).
   */
  changeVoters(wish: VotersChange, options: { readonly signal?: AbortSignal } = {}): Promise<VotersChanged> {
    return this.core.voters.change(wish, options.signal);
  }

  /**
   * For disasters, when a majority of the voters is gone for good: from now on these vote. Say the same at
   * each node that is to go on, and at none whose former voters may still run: **two clusters with one
   * leader each are the price of saying it too early**. Leases are lost, and nobody leads for T.
   *
   * @throws BellwetherError `ERR_NO_STATE_DIR`, `ERR_OPTIONS`
   */
  forceVoters(voters: readonly string[], weights: readonly number[] = []): VotersChanged {
    return this.core.voters.force(voters, weights);
  }

  /** Why things are as they are, in sentences. @param about An election's or a member's name; nothing: ourselves and all elections. */
  explain(about?: string): readonly string[] {
    return this.core.explain(about);
  }

  health(): Health {
    return this.core.health();
  }

  /** Counters since the start: `wire.*`, `membership.*`, `election.*`, `node.*`. */
  metrics(): Readonly<Record<string, number>> {
    return this.core.metrics();
  }
}
