import type { Peer } from './peers.ts';

/** Shorter windows say more of the network's jitter than of the clocks. */
const WINDOW_US = 60_000_000;
/** A difference beyond this is no rate: a host was suspended, or a process restored. */
const NO_RATE_PPM = 300_000;
const WARN_AGAIN_US = 600_000_000;
/** Peers that are measured; voters and a few more. */
export const RATES_MAX = 64;
/** What a header carries is cut to 32 bits: 49 days of milliseconds. */
export const ELAPSED_WRAP_MS = 2 ** 32;

interface Measured {
  readonly boot: number;
  /** The window's first sample: their clock and ours. */
  fromTheirsMs: number;
  fromUs: number;
  warnedUs: number;
  ppm: number | null;
}

/**
 * How fast others' monotonic clocks run beside ours. Every promise rests on each clock running within ρ of true
 * time (A4), and nothing else would tell that one does not: each is right by itself. True time is nobody's to ask,
 * so two clocks are compared, which may differ by twice ρ.
 *
 * A rate is what two samples, a minute apart, differ by; the path's jitter moves it by its length over a
 * minute, so a hundred milliseconds of it are 0.17 %. Anything can be said in a header, so this warns and
 * decides nothing.
 */
export class ClockRates {
  readonly #warnPpm: number;
  readonly #warn: (peer: string, ppm: number) => void;
  readonly #measured = new Map<string, Measured>();

  /** @param driftPpm ρ; a warning comes at half of it, while every promise still holds. */
  constructor(driftPpm: number, warn: (peer: string, ppm: number) => void) {
    this.#warnPpm = driftPpm / 2;
    this.#warn = warn;
  }

  /** @param theirsMs The peer's elapsed clock, as its packet said. */
  heard(peer: Peer, theirsMs: number, nowUs: number): void {
    const known = this.#measured.get(peer.name);
    if (known?.boot !== peer.boot) {
      if (this.#measured.size >= RATES_MAX && known === undefined) this.#measured.delete(this.#measured.keys().next().value!);
      this.#measured.set(peer.name, { boot: peer.boot, fromTheirsMs: theirsMs, fromUs: nowUs, warnedUs: known?.warnedUs ?? -Infinity, ppm: null });
      return;
    }
    const oursUs = nowUs - known.fromUs;
    if (oursUs < WINDOW_US) return;
    const theirsUs = ((theirsMs - known.fromTheirsMs + ELAPSED_WRAP_MS) % ELAPSED_WRAP_MS) * 1000;
    const ppm = Math.round(((theirsUs - oursUs) * 1_000_000) / oursUs);
    known.fromTheirsMs = theirsMs;
    known.fromUs = nowUs;
    known.ppm = Math.abs(ppm) > NO_RATE_PPM ? null : ppm;
    if (known.ppm === null || Math.abs(ppm) <= this.#warnPpm || nowUs - known.warnedUs < WARN_AGAIN_US) return;
    known.warnedUs = nowUs;
    this.#warn(peer.name, ppm);
  }

  /** By peer, in parts per million; positive: theirs runs faster than ours. Those not measured yet are left out. */
  get all(): ReadonlyMap<string, number> {
    return new Map([...this.#measured].flatMap(([name, { ppm }]) => (ppm === null ? [] : [[name, ppm] as const])));
  }
}
