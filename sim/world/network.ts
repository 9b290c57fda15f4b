import { Domain, chance, keyed } from '../kernel/keyed.ts';
import { exponential } from '../kernel/quantiles.ts';
import { type CutKind, type Noise, NO_NOISE } from '../plan/plan.ts';

/** What becomes of one datagram: it waits behind a jam, or arrives, or is lost. */
export type Fate = 'arrives' | 'jammed' | 'lost';

/** A datagram's size where bandwidth counts: the same with and without the codec, so that both give one hash. */
const NOMINAL_BITS = 800;
/** A link's queue that is longer than this loses what comes. */
const QUEUE_MAX_US = 500_000;
/** What a slow cut adds to each delay. */
const SLOW_US = 400_000;

/** Counted so that a run can prove it was not a calm one. */
export interface NetworkCounters {
  sent: number;
  lost: number;
  cut: number;
  jammed: number;
  duplicated: number;
  reordered: number;
  tail: number;
  burst: number;
  damaged: number;
  tooLarge: number;
  congested: number;
}

/**
 * The links between machines, one for each direction: delays, losses, copies and cuts. A
 * datagram's fate depends on the seed, its link and its number on that link, and on nothing else.
 */
export class Network {
  readonly counters: NetworkCounters = {
    sent: 0,
    lost: 0,
    cut: 0,
    jammed: 0,
    duplicated: 0,
    reordered: 0,
    tail: 0,
    burst: 0,
    damaged: 0,
    tooLarge: 0,
    congested: 0,
  };
  readonly #seed: number;
  readonly #nodes: number;
  readonly #sequence: Uint32Array;
  /** How many cuts and jams stand on each link; they may overlap. */
  readonly #cuts: Uint8Array;
  readonly #jams: Uint8Array;
  readonly #slows: Uint8Array;
  /** When each link has sent what waits on it. */
  readonly #busyUntilUs: Float64Array;
  #noise: Noise;

  constructor(seed: number, nodes: number, noise: Noise) {
    this.#seed = seed;
    this.#nodes = nodes;
    this.#noise = noise;
    this.#sequence = new Uint32Array(nodes * nodes);
    this.#cuts = new Uint8Array(nodes * nodes);
    this.#jams = new Uint8Array(nodes * nodes);
    this.#slows = new Uint8Array(nodes * nodes);
    this.#busyUntilUs = new Float64Array(nodes * nodes);
  }

  /** Of the datagram that was sent last, if it arrives: when, when again (0: once), and whether cut short. Kept here and not returned, because there is one per event. */
  arrivesUs = 0;
  againUs = 0;
  damaged = false;

  /** Decides about the next datagram of a link, sent now. @param bytes Its size; 0 where messages travel by reference. */
  send(from: number, to: number, bytes: number, nowUs: number): Fate {
    const link = from * this.#nodes + to;
    const sequence = this.#sequence[link]!++;
    this.counters.sent += 1;
    if (this.#cuts[link]! > 0) {
      this.counters.cut += 1;
      return 'lost';
    }
    const noise = this.#noise;
    if (noise.lossPpm > 0 && chance(this.#draw(Domain.loss, link, sequence), noise.lossPpm)) {
      this.counters.lost += 1;
      return 'lost';
    }
    if (noise.burstPpm > 0 && chance(this.#draw(Domain.burst, link, Math.floor(nowUs / noise.burstUs)), noise.burstPpm)) {
      this.counters.burst += 1;
      return 'lost';
    }
    if (noise.mtuBytes > 0 && bytes > noise.mtuBytes) {
      this.counters.tooLarge += 1;
      return 'lost';
    }
    if (this.#jams[link]! > 0) {
      this.counters.jammed += 1;
      return 'jammed';
    }
    let queueUs = 0;
    if (noise.bandwidthBps > 0) {
      const startUs = Math.max(nowUs, this.#busyUntilUs[link]!);
      if (startUs - nowUs > QUEUE_MAX_US) {
        this.counters.congested += 1;
        return 'lost';
      }
      this.#busyUntilUs[link] = startUs + Math.ceil((NOMINAL_BITS * 1_000_000) / noise.bandwidthBps);
      queueUs = this.#busyUntilUs[link]! - nowUs;
    }
    this.damaged = noise.damagePpm > 0 && chance(this.#draw(Domain.damage, link, sequence), noise.damagePpm);
    if (this.damaged) this.counters.damaged += 1;
    this.arrivesUs = nowUs + queueUs + this.#delayUs(link, sequence) + (this.#slows[link]! > 0 ? SLOW_US : 0);
    this.againUs = 0;
    if (noise.duplicatePpm === 0 || !chance(this.#draw(Domain.duplicate, link, sequence), noise.duplicatePpm)) return 'arrives';
    this.counters.duplicated += 1;
    this.againUs = this.arrivesUs + 1 + exponential(noise.duplicateUs, this.#draw(Domain.duplicate, sequence, link));
    return 'arrives';
  }

  /** How long a jammed datagram takes after the heal. */
  releaseUs(from: number, to: number, nowUs: number): number {
    const link = from * this.#nodes + to;
    return nowUs + this.#delayUs(link, this.#sequence[link]!++);
  }

  cut(from: number, to: number, kind: CutKind, by: 1 | -1): void {
    const links = kind === 'stop' ? this.#cuts : kind === 'jam' ? this.#jams : this.#slows;
    links[from * this.#nodes + to]! += by;
  }

  isCut(from: number, to: number): boolean {
    const link = from * this.#nodes + to;
    return this.#cuts[link]! > 0 || this.#jams[link]! > 0;
  }

  /** Nothing is lost, copied or late from now on. */
  calm(): void {
    this.#noise = NO_NOISE;
    this.#cuts.fill(0);
    this.#jams.fill(0);
    this.#slows.fill(0);
  }

  #delayUs(link: number, sequence: number): number {
    const noise = this.#noise;
    let delayUs = Math.max(1, noise.baseUs) + exponential(noise.jitterUs, this.#draw(Domain.delay, link, sequence));
    if (noise.offsetUs > 0) delayUs += this.#draw(Domain.offset, link, 0) % noise.offsetUs;
    if (noise.tailPpm > 0 && chance(this.#draw(Domain.tail, link, sequence), noise.tailPpm)) {
      this.counters.tail += 1;
      delayUs += this.#draw(Domain.tail, sequence, link) % noise.tailUs;
    }
    if (noise.reorderPpm > 0 && chance(this.#draw(Domain.reorder, link, sequence), noise.reorderPpm)) {
      this.counters.reordered += 1;
      delayUs += exponential(noise.reorderUs, this.#draw(Domain.reorder, sequence, link));
    }
    return delayUs;
  }

  #draw(domain: Domain, a: number, b: number): number {
    return keyed(this.#seed, domain, a, b);
  }
}
