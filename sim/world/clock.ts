import { assert } from '../../src/core/assert.ts';
import type { Now } from '../../src/core/time.ts';
import { LeaderClock } from '../../src/election/leader-clock.ts';

const PPM = 1_000_000;
/** 2026-01-01T00:00:00Z, where every run begins. */
export const EPOCH_MS = 1_767_225_600_000;
const UPTIME_GRAIN_US = 10_000;
/** A machine that was on for a while, so that no clock starts at zero. */
const BOOTED_US = 3_600_000_000;

/** A clock that is a straight line between the moments at which its rate or its value is changed. */
class Line {
  #trueUs = 0;
  #localUs: number;
  #ratePpm: number;

  constructor(localUs: number, ratePpm: number) {
    this.#localUs = localUs;
    this.#ratePpm = ratePpm;
  }

  at(trueUs: number): number {
    if (this.#ratePpm === 0) return this.#localUs + (trueUs - this.#trueUs);
    return this.#localUs + Math.floor(((trueUs - this.#trueUs) * (PPM + this.#ratePpm)) / PPM);
  }

  /** The first true microsecond at which the clock shows at least `localUs`; Infinity while it stands still below it. */
  when(localUs: number): number {
    if (localUs <= this.#localUs) return this.#trueUs;
    const rate = PPM + this.#ratePpm;
    if (rate === 0 || localUs === Infinity) return Infinity;
    if (this.#ratePpm === 0) return this.#trueUs + Math.ceil(localUs - this.#localUs);
    let trueUs = this.#trueUs + Math.ceil(((localUs - this.#localUs) * PPM) / rate);
    while (this.at(trueUs) < localUs) trueUs += 1;
    while (trueUs > this.#trueUs && this.at(trueUs - 1) >= localUs) trueUs -= 1;
    return trueUs;
  }

  run(ratePpm: number, trueUs: number): void {
    this.#localUs = this.at(trueUs);
    this.#trueUs = trueUs;
    this.#ratePpm = ratePpm;
  }

  step(byUs: number): void {
    this.#localUs += byUs;
  }
}

/**
 * One machine's clocks: monotonic (stands still while the machine is suspended), wall clock and
 * uptime (which go on). They belong to the machine and outlive the process.
 */
export class MachineClock {
  readonly #monotonic: Line;
  readonly #wall: Line;
  readonly #wallDrifts: boolean;
  #ratePpm: number;
  #sleptUs = 0;
  #asleepSinceUs = -1;
  /** Grows whenever somebody touches the clocks: readings of one moment are one reading until then. */
  course = 0;

  constructor(ratePpm: number, wallMs: number, wallDrifts: boolean) {
    this.#ratePpm = ratePpm;
    this.#wallDrifts = wallDrifts;
    this.#monotonic = new Line(BOOTED_US, ratePpm);
    this.#wall = new Line((EPOCH_MS + wallMs) * 1_000, wallDrifts ? ratePpm : 0);
  }

  monotonicUs(trueUs: number): number {
    return this.#monotonic.at(trueUs);
  }

  wallMs(trueUs: number): number {
    return Math.floor(this.#wall.at(trueUs) / 1_000);
  }

  uptimeUs(trueUs: number): number {
    return Math.floor((this.#monotonic.at(trueUs) + this.#sleptUs) / UPTIME_GRAIN_US) * UPTIME_GRAIN_US;
  }

  /** When the monotonic clock will show `localUs`, as long as nobody touches it. */
  when(localUs: number): number {
    return this.#monotonic.when(localUs);
  }

  drift(ratePpm: number, trueUs: number): void {
    this.course += 1;
    this.#ratePpm = ratePpm;
    if (this.#asleepSinceUs < 0) this.#monotonic.run(ratePpm, trueUs);
    if (this.#wallDrifts) this.#wall.run(ratePpm, trueUs);
  }

  stepWall(byMs: number): void {
    this.course += 1;
    this.#wall.step(byMs * 1_000);
  }

  suspend(trueUs: number): void {
    assert(this.#asleepSinceUs < 0, 'BUG: suspended twice');
    this.course += 1;
    this.#asleepSinceUs = trueUs;
    this.#monotonic.run(-PPM, trueUs);
  }

  resume(trueUs: number): void {
    assert(this.#asleepSinceUs >= 0, 'BUG: resumed without a suspend');
    this.course += 1;
    const asleepUs = trueUs - this.#asleepSinceUs;
    this.#sleptUs += Math.floor((asleepUs * (PPM + this.#ratePpm)) / PPM);
    this.#asleepSinceUs = -1;
    this.#monotonic.run(this.#ratePpm, trueUs);
  }
}

/** A process's reading of its machine's clocks; the leader's clock begins with the process. */
export class ProcessClock {
  readonly #machine: MachineClock;
  readonly #leader = new LeaderClock();
  /** The last reading, for what it was taken at: a transition reads the clock several times. */
  #last: Now = { elapsedUs: 0, leaderUs: 0, wallMs: 0 };
  #lastTrueUs = -1;
  #lastCourse = -1;

  constructor(machine: MachineClock) {
    this.#machine = machine;
  }

  elapsedUs(trueUs: number): number {
    return this.#isLast(trueUs) ? this.#last.elapsedUs : this.#machine.monotonicUs(trueUs);
  }

  read(trueUs: number): Now {
    if (this.#isLast(trueUs)) return this.#last;
    this.#last = this.#readWith(this.#leader, trueUs);
    this.#lastTrueUs = trueUs;
    this.#lastCourse = this.#machine.course;
    return this.#last;
  }

  /** What a reading now would show, without making it: looking must never disturb what is looked at. */
  peek(trueUs: number): Now {
    return this.#isLast(trueUs) ? this.#last : this.#readWith(this.#leader.copy(), trueUs);
  }

  /**
   * When the leader's clock will show `leaderUs`, if nothing happens to the machine's clocks: the
   * true end of a lease. What the leader's clock may gain until then only brings the end forward,
   * and is left out: a lease must be safe without it.
   */
  when(leaderUs: number, trueUs: number): number {
    if (leaderUs === -Infinity) return -Infinity;
    const now = this.peek(trueUs);
    return leaderUs <= now.leaderUs ? trueUs : this.#machine.when(leaderUs - (now.leaderUs - now.elapsedUs));
  }

  /** A second reading of the same moment shows the same: the leader's clock has taken in every jump with the first. */
  #isLast(trueUs: number): boolean {
    return trueUs === this.#lastTrueUs && this.#lastCourse === this.#machine.course;
  }

  #readWith(leader: LeaderClock, trueUs: number): Now {
    const elapsedUs = this.#machine.monotonicUs(trueUs);
    const wallMs = this.#machine.wallMs(trueUs);
    return { elapsedUs, leaderUs: leader.read(elapsedUs, wallMs * 1_000, this.#machine.uptimeUs(trueUs)), wallMs };
  }
}
