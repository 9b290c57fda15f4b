import { ms } from './core/time.ts';
import type { ElectionConfig } from './election/config.ts';
import type { VotersStanding } from './election/franchise.ts';

/** Late by more than that so often within a minute is no accident. */
const LATE_TIMES = 3;
const WINDOW_US = 60_000_000;
/** How often round trips are looked at, and how often anything is said again. */
const LOOK_US = 10_000_000;

export interface FitPort {
  voters(): VotersStanding;
  /** To that voter, the median; 0 to ourselves. Null: not known. Microseconds. */
  roundTripUs(voter: string): number | null;
  warn(code: string, details: Readonly<Record<string, number>>): void;
}

/**
 * Says when this host or this network cannot keep the times that were chosen: a preset is a promise
 * about both. An event loop that comes round later than `stopBefore` tells a leader of its loss too
 * late; a majority that answers later than half of R makes renewals overlap, and one lost packet ends
 * a lease. Neither is unsafe, and both are better known before they cost a leader.
 */
export class FitWatch {
  readonly #config: ElectionConfig;
  readonly #port: FitPort;
  #late: { readonly atUs: number; readonly us: number }[] = [];
  #lookAtUs = 0;
  #lateToldUs = -Infinity;
  #farToldUs = -Infinity;

  constructor(config: ElectionConfig, port: FitPort) {
    this.#config = config;
    this.#port = port;
  }

  /** The event loop came round. @param lateUs By how much later than it was asked to. */
  note(lateUs: number, nowUs: number): void {
    if (this.#config.voters.length + this.#config.expect === 0) return;
    if (lateUs > this.#config.stopBeforeUs) this.#noteLate(lateUs, nowUs);
    if (nowUs < this.#lookAtUs) return;
    this.#lookAtUs = nowUs + LOOK_US;
    this.#lookAtRoundTrips(nowUs);
  }

  #noteLate(lateUs: number, nowUs: number): void {
    this.#late = [...this.#late.filter(({ atUs }) => atUs > nowUs - WINDOW_US), { atUs: nowUs, us: lateUs }];
    if (this.#late.length < LATE_TIMES || nowUs < this.#lateToldUs + WINDOW_US) return;
    this.#lateToldUs = nowUs;
    const lateMs = Math.round(ms(Math.max(...this.#late.map(({ us }) => us))));
    this.#port.warn('slow-host', { times: this.#late.length, lateMs, allowedMs: ms(this.#config.stopBeforeUs) });
    this.#late = [];
  }

  #lookAtRoundTrips(nowUs: number): void {
    if (nowUs < this.#farToldUs + WINDOW_US) return;
    const { set, needed } = this.#port.voters();
    const trips = set.seats.flatMap(({ name, weight }) => {
      const us = this.#port.roundTripUs(name);
      return us === null ? [] : [{ us, weight }];
    });
    let votes = 0;
    const last = trips.sort((a, b) => a.us - b.us).find(({ weight }) => (votes += weight) >= needed);
    const rttUs = last?.us ?? 0; // where too few answer there are other warnings
    if (rttUs <= this.#config.renewUs / 2) return;
    this.#farToldUs = nowUs;
    this.#port.warn('slow-network', { rttMs: Math.round(ms(rttUs)), allowedMs: ms(this.#config.renewUs) / 2 });
  }
}
