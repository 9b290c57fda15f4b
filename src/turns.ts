import { type Standing, optionsError } from './candidacy.ts';
import type { Logger } from './core/logger.ts';
import type { LostReason } from './election/host.ts';

/** When a leader makes room though it could go on. All off by default: a leader that works is left alone. */
export interface TurnOptions {
  /**
   * Makes room for a bidder of higher priority that has stood for so long without a break. Milliseconds;
   * default: never. Twice as long after each time, until ten minutes passed without: a preferred node
   * that comes and goes costs the job few restarts.
   */
  readonly preemptAfterMs?: number;
  /** Is not preempted before so long in office, so that the job gets something done. Milliseconds; default one minute. */
  readonly minTenureMs?: number;
  /** Makes room for whoever stands next after so long in office; goes on while nobody does. Milliseconds; default: never. */
  readonly maxTenureMs?: number;
  /**
   * Asked every renewal time: while it answers false, or throws, this node does not stand. Three such answers in
   * a row and it hands over if it leads, as soon as somebody stands who can lead in its place; until then it goes
   * on, and warns `unhealthy-leader`. It stands again after three good ones.
   */
  readonly isHealthy?: () => boolean;
  /** A leader that is not well makes room also where nobody stands. Default false: half a leader is better than none. */
  readonly resignAnyway?: boolean;
}

function checkTurns({ preemptAfterMs, minTenureMs, maxTenureMs }: TurnOptions): void {
  for (const [name, value] of Object.entries({ preemptAfterMs, minTenureMs, maxTenureMs }))
    if (value !== undefined && !(value >= 0 && value <= 2_147_483_647)) throw optionsError(`${name} must be 0 to 2,147,483,647 ms; it is ${value}`);
}

export interface TurnPort {
  /** Who would lead next, at a majority of voters; null: nobody stands there. */
  successor(name: string): { readonly name: string; readonly priority: number } | null;
  /** @returns A function that cancels. */
  alarm(afterMs: number, ring: () => void): () => void;
  /** @returns A function that takes the listener off again. */
  onClosed(listener: () => void): () => void;
  readonly renewMs: number;
  nowMs(): number;
  warn(code: string, details: Readonly<Record<string, string | number | boolean>>): void;
}

/** How long a leader is not preempted by default. */
const MIN_TENURE_MS = 60_000;

/** Who was preempted takes twice as long to make room again, and twice that, until it was left alone for so long. */
const DAMPED_FOR_MS = 600_000;
const DAMPINGS_MAX = 10;
/** A leader makes room when so many answers in a row were no; one that did stands again after as many that were yes. */
const ANSWERS = 3;

/** One node's turn at one election: who else is to have it, and whether we may. */
export class Turns {
  readonly #port: TurnPort;
  readonly #name: string;
  readonly #standing: Standing;
  readonly #options: TurnOptions;
  readonly #logger: Logger;
  /** How often this node was preempted lately, and when last. */
  #preempted = { times: 0, atMs: -Infinity };
  /** How many good answers in a row it takes to stand. */
  #answersNeeded = 1;

  /** @throws BellwetherError `ERR_OPTIONS` */
  constructor(port: TurnPort, name: string, standing: Standing, options: TurnOptions, logger: Logger) {
    checkTurns(options);
    this.#port = port;
    this.#name = name;
    this.#standing = standing;
    this.#options = options;
    this.#logger = logger;
  }

  get isHealthy(): boolean {
    try {
      return this.#options.isHealthy?.() ?? true;
    } catch (error) {
      this.#logger.warn({ election: this.#name, error }, 'isHealthy threw: taken for no');
      return false;
    }
  }

  /** How often the time to make room is doubled now. */
  #dampings(): number {
    const { times, atMs } = this.#preempted;
    return this.#port.nowMs() - atMs > DAMPED_FOR_MS ? 0 : Math.min(times, DAMPINGS_MAX);
  }

  /** Looks every renewal time until `act` says that it is enough, or the returned function is called. */
  #every(act: () => boolean): () => void {
    let cancel = (): void => {};
    const look = (): void => {
      if (!act()) cancel = this.#port.alarm(this.#port.renewMs, look);
    };
    cancel = this.#port.alarm(this.#port.renewMs, look);
    return () => cancel();
  }

  /** Settles when we may stand; at once when `signal` aborts or the node closes. */
  async untilHealthy(signal: AbortSignal | undefined): Promise<void> {
    let good = 0;
    const isWell = (): boolean => {
      good = this.isHealthy ? good + 1 : 0;
      return good >= this.#answersNeeded;
    };
    if (isWell() || signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const over = (): void => {
        stop();
        listenNoMore();
        signal?.removeEventListener('abort', over);
        resolve();
      };
      const stop = this.#every(() => {
        const well = isWell();
        if (well) over();
        return well;
      });
      const listenNoMore = this.#port.onClosed(over);
      signal?.addEventListener('abort', over, { once: true });
    });
  }

  /** Calls `withdraw` when we may stand no longer. @returns A function that ends the watch. */
  whileStanding(withdraw: () => void): () => void {
    if (this.#options.isHealthy === undefined) return () => {};
    return this.#every(() => {
      if (this.isHealthy) return false;
      withdraw();
      return true;
    });
  }

  /** Calls `resign` when it is somebody else's turn. @returns A function that ends the watch. */
  whileLeading(resign: (reason: LostReason, to: string | null) => void): () => void {
    const { preemptAfterMs, minTenureMs = MIN_TENURE_MS, maxTenureMs, isHealthy, resignAnyway = false } = this.#options;
    if (preemptAfterMs === undefined && maxTenureMs === undefined && isHealthy === undefined) return () => {};
    let ledMs = 0;
    let bad = 0;
    this.#answersNeeded = 1;
    const preemptMs = preemptAfterMs === undefined ? Infinity : preemptAfterMs * 2 ** this.#dampings();
    let better: { readonly name: string; forMs: number } | null = null;
    const done = (reason: LostReason, to: string | null): true => {
      resign(reason, to);
      return true;
    };
    return this.#every(() => {
      const { renewMs } = this.#port;
      ledMs += renewMs;
      bad = this.isHealthy ? 0 : bad + 1;
      const next = this.#port.successor(this.#name);
      if (bad >= ANSWERS && (next !== null || resignAnyway)) {
        this.#answersNeeded = ANSWERS;
        return done('unhealthy', next?.name ?? null);
      }
      if (bad === ANSWERS) this.#port.warn('unhealthy-leader', { election: this.#name });
      if (next === null || next.priority <= this.#standing.priority) better = null;
      else if (better?.name === next.name) better.forMs += renewMs;
      else better = { name: next.name, forMs: 0 };
      if (better !== null && better.forMs >= preemptMs && ledMs >= minTenureMs) {
        this.#preempted = { times: this.#dampings() + 1, atMs: this.#port.nowMs() };
        return done('preempted', better.name);
      }
      return next !== null && maxTenureMs !== undefined && ledMs >= maxTenureMs && done('handover', next.name);
    });
  }
}
