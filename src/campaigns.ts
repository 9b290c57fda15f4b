import { type Outcome, abortsWith, standUntil } from './standing.ts';
import { type Standing, optionsError } from './candidacy.ts';
import { BellwetherError } from './core/errors.ts';
import { CONTESTS_MAX } from './election/contest.ts';
import type { LostReason } from './election/host.ts';
import { type Lease, type LeasePort, type Tenure, createTenure } from './lease.ts';

/** What campaigns ask of the node beyond what a lease does. */
export interface CampaignPort extends LeasePort {
  /** @returns False: this node stands for as many names as it may. */
  stand(name: string, standing: Standing): boolean;
  withdraw(name: string): void;
  setPriority(name: string, priority: number): void;
  /** @returns A function that cancels. */
  alarm(afterMs: number, ring: () => void): () => void;
}

export interface CampaignOptions {
  /** Gives up standing; a lease in hand is not touched, also one that is won at that very moment. */
  readonly signal?: AbortSignal;
  /** −1,000 … 1,000; default: the node's. */
  readonly priority?: number;
  /** Names of one group are led by one node, as long as it stands for all of them: their order is the group's. The same on every node. Default: each name has an order of its own. */
  readonly group?: string;
  /** Among equals of one priority, who came to stand first leads first, to the second. The same on every node. Default false: an order by hash, which spreads names. */
  readonly fair?: boolean;
}

interface Campaign extends Outcome<Tenure> {
  readonly name: string;
  readonly standing: Standing;
  /** Null while we stand. */
  tenure: Tenure | null;
  givenUp: boolean;
}

/** At most one campaign per name on a node: from the first bid to the end of the tenure. */
export class Campaigns {
  readonly #port: CampaignPort;
  readonly #campaigns = new Map<string, Campaign>();
  /** Set when the node closes: what is asked for then is refused with it. */
  #closed: BellwetherError | null = null;
  /** What each `lead` stands with over all its tenures, also while it stands for nothing because its node is not well. */
  readonly #led = new Map<string, Standing>();
  /** Tenures that ended before their work did. */
  readonly #overdue = new Map<string, Tenure>();

  constructor(port: CampaignPort) {
    this.#port = port;
  }

  /** @throws BellwetherError `ERR_BUSY`, `ERR_CLOSED`, `ERR_OPTIONS`; or what the signal was aborted with. */
  campaign(name: string, standing: Standing, signal: AbortSignal | undefined): Promise<Tenure> {
    const begin = (outcome: Outcome<Tenure>): void => {
      // A `lead` has the name to itself also in its gaps: while it is not well, waits for its turn, or its job outlives its lease.
      const led = this.#led.get(name);
      if (this.#campaigns.has(name) || (led !== undefined && led !== standing))
        throw new BellwetherError('ERR_BUSY', `this node already stands for, or leads, '${name}'`, { election: name });
      this.#campaigns.set(name, { name, standing, tenure: null, givenUp: false, ...outcome });
      if (this.#port.stand(name, standing)) return;
      this.#campaigns.delete(name);
      throw optionsError(`a node stands for at most ${CONTESTS_MAX} names, and those it gave up lately count`);
    };
    const giveUp = (): void => {
      const campaign = this.#campaigns.get(name);
      if (campaign !== undefined) this.#withdraw(campaign);
    };
    return this.#closed !== null ? Promise.reject(this.#closed) : standUntil(signal, begin, giveUp);
  }

  /** Stands for at most `waitMs`; null when somebody else leads, or nobody can. */
  async tryAcquire(name: string, standing: Standing, waitMs: number, signal: AbortSignal | undefined): Promise<Lease | null> {
    if (!(waitMs >= 0)) throw optionsError(`waitMs must be at least 0 ms; it is ${waitMs}`);
    const timeout = abortsWith(signal);
    let isOver = false;
    const cancel = this.#port.alarm(waitMs, () => {
      isOver = true;
      timeout.abort();
    });
    try {
      return (await this.campaign(name, standing, timeout.signal)).lease;
    } catch (error) {
      if (isOver && error === timeout.signal.reason) return null;
      throw error;
    } finally {
      cancel();
      timeout.end();
    }
  }

  /** A `lead` begins; a second one of that name is refused at its first bid. @returns A function that says that it is over. */
  whileLed(name: string, standing: Standing): () => void {
    if (this.#led.has(name)) return () => {};
    this.#led.set(name, standing);
    return () => void this.#led.delete(name);
  }

  /**
   * From the next bid on, and for as long as this node stands: the next tenures of a `lead`, too.
   *
   * @throws BellwetherError `ERR_NOT_CANDIDATE` where it does not stand: to keep it for later would surprise whoever stands then, with a priority of their own.
   */
  setPriority(name: string, priority: number): void {
    const standing = this.#campaigns.get(name)?.standing ?? this.#led.get(name);
    if (standing === undefined) throw new BellwetherError('ERR_NOT_CANDIDATE', `this node neither stands for '${name}' nor leads it`, { election: name });
    standing.priority = priority;
    this.#port.setPriority(name, priority);
  }

  /** Whether that tenure's work has not ended, also when its lease has. */
  isRunning(name: string, term: number): boolean {
    // Both: a name may be led again while the work of an earlier tenure goes on.
    return [this.#overdue.get(name), this.#campaigns.get(name)?.tenure].some((tenure) => tenure?.term === term && !tenure.isSettled);
  }

  /** The tenure in hand, if any. */
  tenureOf(name: string): Tenure | null {
    return this.#campaigns.get(name)?.tenure ?? null;
  }

  onElected(name: string, term: number): void {
    const campaign = this.#campaigns.get(name);
    if (campaign === undefined || campaign.tenure !== null) return;
    campaign.tenure = createTenure(this.#port, name, term);
    campaign.won(campaign.tenure);
  }

  onLost(name: string, reason: LostReason, overrunMs: number): void {
    this.#campaigns.get(name)?.tenure?.lose(reason, overrunMs);
  }

  /** @returns The tenure that ended, if the application was told of one. */
  onEnded(name: string): Tenure | null {
    const campaign = this.#campaigns.get(name);
    if (campaign === undefined) return null;
    // The lease ran out between the grant and its announcement: nobody was told, so we still stand.
    if (campaign.tenure === null) {
      if (!campaign.givenUp) this.#port.stand(name, campaign.standing);
      return null;
    }
    this.#campaigns.delete(name);
    if (campaign.tenure.isSettled) this.#overdue.delete(name);
    else this.#overdue.set(name, campaign.tenure);
    campaign.tenure.end();
    return campaign.tenure;
  }

  /** Ends all that `close` left: nothing is told to this node any more, and who waits for the end of a tenure would wait for ever. */
  end(): void {
    for (const tenure of this.close()) {
      tenure.lose('shutdown', 0);
      tenure.end();
    }
  }

  /** Refuses all that still stand, and all that will; gives back the tenures that are to be drained. */
  close(): Tenure[] {
    this.#closed = new BellwetherError('ERR_CLOSED', 'the node is closing');
    const tenures: Tenure[] = [];
    for (const campaign of this.#campaigns.values()) {
      const tenure = campaign.tenure ?? this.#withdraw(campaign);
      if (tenure !== null) tenures.push(tenure);
      else campaign.failed(this.#closed);
    }
    return tenures;
  }

  /**
   * Each call to the node first does what is overdue, and that may win the very lease that is not wanted any more. So
   * whether there is one is looked at last: a campaign that is forgotten first leaves a lease that nobody ever gives back.
   *
   * @returns What was won at the last moment.
   */
  #withdraw(campaign: Campaign): Tenure | null {
    campaign.givenUp = true;
    this.#port.withdraw(campaign.name);
    if (campaign.tenure === null) this.#campaigns.delete(campaign.name);
    return campaign.tenure;
  }
}
