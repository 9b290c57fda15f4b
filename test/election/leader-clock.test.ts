import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { LEADER_CLOCK_LAG_US, LeaderClock } from '../../src/election/leader-clock.ts';

/** One host: monotonic time stands still while suspended, the wall clock may be stepped, uptime comes in 10 ms steps. */
class Host {
  trueUs = 0;
  monotonicUs = 0;
  wallOffsetUs = 1_700_000_000_000_000;
  readonly clock = new LeaderClock();

  run(us: number): void {
    this.trueUs += us;
    this.monotonicUs += us;
  }
  suspend(us: number): void {
    this.trueUs += us;
  }
  step(us: number): void {
    this.wallOffsetUs += us;
  }
  read(): number {
    const wallUs = Math.floor((this.trueUs + this.wallOffsetUs) / 1000) * 1000;
    return this.clock.read(this.monotonicUs, wallUs, Math.floor(this.trueUs / 10_000) * 10_000);
  }
}

describe('the leader’s clock', () => {
  it('counts a suspend that the monotonic clock misses', () => {
    const host = new Host();
    const start = host.read();
    host.suspend(3_600_000_000);
    expect(host.read() - start).toBeGreaterThanOrEqual(3_600_000_000 - LEADER_CLOCK_LAG_US);
  });

  it('counts a suspend hidden by a backward step of the wall clock', () => {
    const host = new Host();
    host.run(1_000_000);
    const start = host.read();
    host.suspend(5_000_000);
    host.step(-5_000_000);
    expect(host.read() - start).toBeGreaterThanOrEqual(5_000_000 - LEADER_CLOCK_LAG_US);
  });

  it('goes on after wall +1 h, then −1 h (a maximum of deltas from one anchor would stand still)', () => {
    const host = new Host();
    host.read();
    host.step(3_600_000_000);
    const afterStep = host.read();
    host.step(-3_600_000_000);
    host.run(1_000_000);
    expect(host.read() - afterStep).toBeGreaterThanOrEqual(1_000_000 - LEADER_CLOCK_LAG_US);
  });

  it('does not lose many small suspends hidden by steps', () => {
    const host = new Host();
    const start = host.read();
    const before = host.trueUs;
    for (let i = 0; i < 50; i += 1) {
      host.suspend(6_300);
      host.step(-6_300);
      host.run(40_000);
      host.read();
    }
    expect(host.read() - start).toBeGreaterThanOrEqual(host.trueUs - before - LEADER_CLOCK_LAG_US);
  });

  const event = fc.oneof(
    fc.record({ kind: fc.constant('run' as const), us: fc.integer({ min: 1, max: 500_000 }) }),
    fc.record({ kind: fc.constant('suspend' as const), us: fc.integer({ min: 1, max: 60_000_000 }) }),
    fc.record({ kind: fc.constant('suspend' as const), us: fc.integer({ min: 1, max: 30_000 }) }),
    fc.record({ kind: fc.constant('step' as const), us: fc.integer({ min: -3_600_000_000, max: 3_600_000_000 }) }),
    fc.record({ kind: fc.constant('step' as const), us: fc.integer({ min: -30_000, max: 30_000 }) }),
  );
  test.prop([fc.array(event, { maxLength: 60 }), fc.integer({ min: 0, max: 59 })], { numRuns: 2_000 })(
    'between any two readings never falls behind true time by more than its lag, and never runs back',
    (events, from) => {
      const host = new Host();
      let last = host.read();
      const readings = [{ trueUs: 0, clockUs: last }];
      for (const e of events) {
        if (e.kind === 'run') host.run(e.us);
        else if (e.kind === 'suspend') host.suspend(e.us);
        else host.step(e.us);
        const clockUs = host.read();
        expect(clockUs).toBeGreaterThanOrEqual(last);
        last = clockUs;
        readings.push({ trueUs: host.trueUs, clockUs });
      }
      const anchor = readings[Math.min(from, readings.length - 1)]!;
      const end = readings.at(-1)!;
      expect(end.clockUs - anchor.clockUs).toBeGreaterThanOrEqual(end.trueUs - anchor.trueUs - LEADER_CLOCK_LAG_US);
    },
  );
});
