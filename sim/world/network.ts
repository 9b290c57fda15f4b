import { Domain, chance, keyed } from '../kernel/keyed.ts';
import { exponential } from '../kernel/quantiles.ts';
import { type Noise, NO_NOISE } from '../plan/plan.ts';

/** What becomes of one datagram: when its copies arrive (none: lost), or that it waits behind a jam. */
export type Fate = { readonly arriveUs: readonly number[] } | 'jammed';

const LOST: Fate = { arriveUs: [] };

/** Counted so that a run can prove it was not a calm one. */
export interface NetworkCounters {
  sent: number;
  lost: number;
  cut: number;
  jammed: number;
  duplicated: number;
  reordered: number;
  tail: number;
}

/**
 * The links between machines, one for each direction: delays, losses, copies and cuts. A
 * datagram's fate depends on the seed, its link and its number on that link, and on nothing else.
 */
export class Network {
  readonly counters: NetworkCounters = { sent: 0, lost: 0, cut: 0, jammed: 0, duplicated: 0, reordered: 0, tail: 0 };
  readonly #seed: number;
  readonly #nodes: number;
  readonly #sequence: Uint32Array;
  /** How many cuts and jams stand on each link; they may overlap. */
  readonly #cuts: Uint8Array;
  readonly #jams: Uint8Array;
  #noise: Noise;

  constructor(seed: number, nodes: number, noise: Noise) {
    this.#seed = seed;
    this.#nodes = nodes;
    this.#noise = noise;
    this.#sequence = new Uint32Array(nodes * nodes);
    this.#cuts = new Uint8Array(nodes * nodes);
    this.#jams = new Uint8Array(nodes * nodes);
  }

  /** Decides about the next datagram of a link, sent now. */
  send(from: number, to: number, nowUs: number): Fate {
    const link = from * this.#nodes + to;
    const sequence = this.#sequence[link]!++;
    this.counters.sent += 1;
    if (this.#cuts[link]! > 0) {
      this.counters.cut += 1;
      return LOST;
    }
    const noise = this.#noise;
    if (noise.lossPpm > 0 && chance(this.#draw(Domain.loss, link, sequence), noise.lossPpm)) {
      this.counters.lost += 1;
      return LOST;
    }
    if (this.#jams[link]! > 0) {
      this.counters.jammed += 1;
      return 'jammed';
    }
    const first = nowUs + this.#delayUs(link, sequence);
    if (noise.duplicatePpm === 0 || !chance(this.#draw(Domain.duplicate, link, sequence), noise.duplicatePpm)) return { arriveUs: [first] };
    this.counters.duplicated += 1;
    return { arriveUs: [first, first + 1 + exponential(noise.duplicateUs, this.#draw(Domain.duplicate, sequence, link))] };
  }

  /** How long a jammed datagram takes after the heal. */
  releaseUs(from: number, to: number, nowUs: number): number {
    const link = from * this.#nodes + to;
    return nowUs + this.#delayUs(link, this.#sequence[link]!++);
  }

  cut(from: number, to: number, jam: boolean, by: 1 | -1): void {
    const links = jam ? this.#jams : this.#cuts;
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
