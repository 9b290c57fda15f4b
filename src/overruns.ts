import { ms } from './core/time.ts';

/** Leases whose loss was told after their end, because this process could not run: how many, and the latest by how much. */
export class Overruns {
  readonly counters = { count: 0, worstMs: 0 };

  /** A lease that ends at `endUs` is lost at `nowUs`, both on the leader's clock. @returns How long after its end in ms; 0: in time. */
  note(endUs: number, nowUs: number): number {
    if (nowUs <= endUs) return 0;
    const overrunMs = ms(nowUs - endUs);
    this.counters.count += 1;
    this.counters.worstMs = Math.max(this.counters.worstMs, overrunMs);
    return overrunMs;
  }
}
