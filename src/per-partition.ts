import { checkElectionName, checkPriority, optionsError } from './candidacy.ts';
import { BellwetherError } from './core/errors.ts';
import { type Outcome, standUntil } from './standing.ts';
import type { Logger } from './core/logger.ts';
import type { MembershipConfig } from './membership/config.ts';
import type { NodeSettings } from './options.ts';
import { type Claim, tokenOf } from './partition/claim.ts';
import type { PartitionChange, PartitionLostReason } from './partition/host.ts';
import { PARTITION_CONTESTS_MAX } from './partition/partition.ts';
import { type Merge, type PartitionLease, type PartitionTenure, createPartitionTenure } from './partition-lease.ts';

export interface PartitionOptions {
  /** Gives up standing; under `lead` it ends the job, too. */
  readonly signal?: AbortSignal;
  /** −1,000 … 1,000: who leads of those that can hear each other. Default: the node's. */
  readonly priority?: number;
  /**
   * How long the view must have been still before this node leads: long enough that a member lost
   * for a moment does not make a second leader. Milliseconds. Default: 2 s or three times `pauseToleranceMs`, the longer.
   */
  readonly stableAfterMs?: number;
  /** Called on the leader that stays when another part's was met: the moment to reconcile what both have done. */
  readonly onMerge?: (merge: Merge) => void;
}

/** What a job is given while its node leads its part. */
export interface PartitionLeadership extends Pick<PartitionLease, 'exclusive' | 'name' | 'token' | 'signal' | 'held'> {
  /** Steps down: `signal` aborts, the job comes to its end, then the name is given back. */
  readonly resign: () => void;
}

/** Who leads this node's part; nobody known: `name` null. */
export interface PartitionLeader {
  readonly name: string | null;
  readonly token: string | null;
}

/** What all this asks of the node. */
export interface PartitionPort {
  stand(name: string, priority: number, stableAfterMs: number): void;
  release(name: string, reason: PartitionLostReason): void;
  follow(name: string): void;
  leaderOf(name: string): Claim | null;
  isClosed(): boolean;
  /** @returns A function that cancels. */
  alarm(afterMs: number, ring: () => void): () => void;
  /** @returns A function that takes the listener off again. */
  onClosed(listener: () => void): () => void;
  readonly renewMs: number;
}

interface Standing extends Outcome<PartitionTenure> {
  readonly options: PartitionOptions;
  tenure: PartitionTenure | null;
}

/** Who resigned lets the others have a turn: until their claim is heard. */
const TURN_BEATS = 4;

/**
 * One leader in each part of the cluster, for work that must go on in all of them and may be done
 * twice: availability before exclusion. Names are its own; `lead('a', …)` here and on the node are
 * two elections.
 */
export class PerPartition {
  readonly #port: PartitionPort;
  readonly #settings: NodeSettings;
  readonly #logger: Logger;
  readonly #standings = new Map<string, Standing>();
  /** The node closes: what is asked for from then on is refused. */
  #isClosing = false;

  constructor(port: PartitionPort, settings: NodeSettings, logger: Logger) {
    this.#port = port;
    this.#settings = settings;
    this.#logger = logger;
  }

  /**
   * Stands for `name` until this node leads the part of the cluster that it is in.
   *
   * @throws BellwetherError `ERR_BUSY`, `ERR_CLOSED`, `ERR_NOT_CANDIDATE`, `ERR_OPTIONS`; what `options.signal` was aborted with.
   */
  async campaign(name: string, options: PartitionOptions = {}): Promise<PartitionLease> {
    return (await this.#campaign(name, options)).lease;
  }

  /**
   * Runs `job` while this node leads its part, and again each time it does.
   *
   * @returns Resolves when `options.signal` aborts and the last job has ended. @throws As `campaign`, and what a job threw while it led.
   */
  async lead(name: string, job: (leadership: PartitionLeadership) => unknown, options: PartitionOptions = {}): Promise<void> {
    const { signal } = options;
    const isOver = (): boolean => signal?.aborted === true;
    while (!isOver()) {
      let tenure: PartitionTenure;
      try {
        tenure = await this.#campaign(name, options);
      } catch (error) {
        if (isOver() && error === signal?.reason) return;
        throw error;
      }
      const { lease } = tenure;
      const stop = (): void => tenure.stop('released', null);
      signal?.addEventListener('abort', stop, { once: true });
      if (isOver()) stop();
      let failure: { readonly error: unknown } | null = null;
      try {
        if (!lease.signal.aborted) await job(leadershipOf(lease, stop));
      } catch (error) {
        if (tenure.lostReason === null) failure = { error };
        else if (error !== lease.signal.reason) this.#logger.debug({ election: name, error }, 'a job threw after its part was lost');
      } finally {
        signal?.removeEventListener('abort', stop);
      }
      await lease.release();
      if (failure !== null) throw failure.error;
      if (tenure.lostReason === 'shutdown') throw closed();
      if (tenure.lostReason === 'released' && !isOver()) await this.#wait(TURN_BEATS * this.#port.renewMs, signal);
    }
  }

  /** Who leads `name` in this part, as far as this node hears. */
  leader(name: string): PartitionLeader {
    checkElectionName(name);
    this.#port.follow(name);
    const claim = this.#port.leaderOf(name);
    return { name: claim?.holder ?? null, token: claim === null ? null : tokenOf(claim) };
  }

  /** @internal What the core told. */
  tell(change: PartitionChange, guard: (call: () => void) => void): void {
    if (change.type === 'leader') return;
    const standing = this.#standings.get(change.claim.name);
    if (standing === undefined) return;
    switch (change.type) {
      case 'elected': {
        const { name } = change.claim;
        standing.tenure = createPartitionTenure(change.claim, (reason) => {
          if (this.#standings.get(name) !== standing) return;
          this.#standings.delete(name);
          this.#port.release(name, reason);
        });
        return standing.won(standing.tenure);
      }
      case 'merged': {
        standing.tenure?.claims(change.claim);
        const { onMerge } = standing.options;
        if (onMerge !== undefined) guard(() => onMerge({ loser: change.loser.holder, loserToken: tokenOf(change.loser), token: tokenOf(change.claim) }));
        return;
      }
      case 'lost':
        if (change.reason !== 'merged') return; // we said so ourselves
        this.#standings.delete(change.claim.name);
        return standing.tenure?.stop('merged', change.winner?.holder ?? null);
    }
  }

  /** @internal Tells all that it is over, and stands for nothing any more. @returns Settles when the work under every lease has ended. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const ended: Promise<void>[] = [];
    for (const [name, standing] of this.#standings) {
      if (standing.tenure === null) {
        this.#standings.delete(name);
        this.#port.release(name, 'shutdown'); // or it would be led from here, by nobody, until the last job has ended
        standing.failed(closed());
      } else {
        standing.tenure.stop('shutdown', null);
        ended.push(standing.tenure.settled);
      }
    }
    await Promise.all(ended);
  }

  async #campaign(name: string, options: PartitionOptions): Promise<PartitionTenure> {
    const { signal, priority = this.#settings.priority, stableAfterMs = stableAfterMsOf(this.#settings.membership) } = options;
    checkElectionName(name);
    checkPriority(priority);
    if (!(stableAfterMs >= 0 && stableAfterMs <= 3_600_000)) throw optionsError(`stableAfterMs must be 0 to 3,600,000 ms; it is ${stableAfterMs}`);
    if (this.#settings.role !== 'candidate')
      throw new BellwetherError('ERR_NOT_CANDIDATE', `cannot stand for '${name}': this node's role is ${this.#settings.role}`, { election: name });
    if (this.#isClosing || this.#port.isClosed()) throw closed();
    const begin = (outcome: Outcome<PartitionTenure>): void => {
      if (this.#standings.has(name)) throw new BellwetherError('ERR_BUSY', `this node already stands for, or leads, '${name}' in its part`, { election: name });
      if (this.#standings.size >= PARTITION_CONTESTS_MAX) throw optionsError(`a node stands for at most ${PARTITION_CONTESTS_MAX} names`);
      this.#standings.set(name, { options, tenure: null, ...outcome });
      this.#port.stand(name, priority, stableAfterMs);
    };
    const giveUp = (): void => {
      this.#standings.delete(name);
      this.#port.release(name, 'released');
    };
    return standUntil(signal, begin, giveUp);
  }

  /** At the latest when the node closes: no alarm rings after that. */
  #wait(forMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        cancel();
        listenNoMore();
        signal?.removeEventListener('abort', over);
        resolve();
      };
      const cancel = this.#port.alarm(forMs, over);
      const listenNoMore = this.#port.onClosed(over);
      signal?.addEventListener('abort', over, { once: true });
    });
  }
}

/** How long a view must be still by default: no member that is lost for a moment makes a second leader. */
export function stableAfterMsOf({ pauseToleranceUs }: MembershipConfig): number {
  return Math.max(2_000, (3 * pauseToleranceUs) / 1_000);
}

function leadershipOf(lease: PartitionLease, resign: () => void): PartitionLeadership {
  return {
    exclusive: false,
    name: lease.name,
    signal: lease.signal,
    resign,
    get token() {
      return lease.token;
    },
    get held() {
      return lease.held;
    },
  };
}

function closed(): BellwetherError {
  return new BellwetherError('ERR_CLOSED', 'the node was closed');
}
