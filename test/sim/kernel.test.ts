import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../sim/kernel/event-queue.ts';
import { Dice, Domain, chance, keyed } from '../../sim/kernel/keyed.ts';
import { exponential } from '../../sim/kernel/quantiles.ts';
import { planOf } from '../../sim/index.ts';
import { Machine } from '../../sim/world/machine.ts';
import { decodeAddress, encodeAddress } from '../../src/core/address.ts';
import { MachineClock, ProcessClock } from '../../sim/world/clock.ts';

describe('the event queue', () => {
  it('gives events in order of time, and those of one moment as they came, whatever the order of pushes and pops', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(50), fc.constant('pop' as const))), (steps) => {
        const queue = new EventQueue<number>();
        const model: { atUs: number; event: number }[] = [];
        let floor = 0;
        for (const [event, step] of steps.entries()) {
          if (step !== 'pop') {
            queue.push(floor + step, event);
            model.push({ atUs: floor + step, event });
          } else if (model.length > 0) {
            const first = model.reduce((a, b) => (b.atUs < a.atUs ? b : a));
            model.splice(model.indexOf(first), 1);
            floor = first.atUs;
            expect(queue.nextUs).toBe(first.atUs);
            expect(queue.pop()).toBe(first.event);
          }
        }
        expect(queue.size).toBe(model.length);
      }),
    );
  });
});

describe('keyed decisions', () => {
  it('depend on what they are about and on nothing else', () => {
    expect(keyed(1, Domain.loss, 3, 4)).toBe(keyed(1, Domain.loss, 3, 4));
    expect(new Set([keyed(1, Domain.loss, 3, 4), keyed(2, Domain.loss, 3, 4), keyed(1, Domain.delay, 3, 4), keyed(1, Domain.loss, 4, 3)]).size).toBe(4);
  });

  it('happen as often as their chance says', () => {
    let hits = 0;
    for (let i = 0; i < 100_000; i += 1) if (chance(keyed(9, Domain.loss, 1, i), 100_000)) hits += 1;
    expect(hits / 100_000).toBeCloseTo(0.1, 2);
  });

  it('are drawn within their bounds', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(100), fc.nat(100), (seed, least, more) => {
        const value = new Dice(seed, 1).between(least, least + more);
        expect(value).toBeGreaterThanOrEqual(least);
        expect(value).toBeLessThanOrEqual(least + more);
      }),
    );
  });
});

describe('exponential delays', () => {
  it('have their mean, from whole numbers alone', () => {
    let sum = 0;
    for (let i = 0; i < 1_024; i += 1) sum += exponential(10_000, i);
    expect(sum / 1_024 / 10_000).toBeCloseTo(1, 2);
    expect(exponential(1_000_000, 511)).toBe(692_171); // the median is ln 2, half a step to the left
  });
});

describe("a machine's clocks", () => {
  it('run at their rate, and `when` is the inverse of reading', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -50_000, max: 50_000 }),
        fc.nat(10_000_000),
        fc.integer({ min: -50_000, max: 50_000 }),
        fc.nat(10_000_000),
        (rate, t1, rate2, t2) => {
          const clock = new MachineClock(rate, 0, true);
          clock.drift(rate2, t1);
          const local = clock.monotonicUs(t1 + t2);
          const when = clock.when(local);
          expect(when).toBeLessThanOrEqual(t1 + t2);
          expect(clock.monotonicUs(Math.max(t1, when))).toBeGreaterThanOrEqual(local);
        },
      ),
    );
  });

  it("a suspend stops the monotonic one alone, and the leader's clock counts it", () => {
    const machine = new MachineClock(0, 0, true);
    const process = new ProcessClock(machine);
    const before = process.read(1_000);
    machine.suspend(2_000);
    expect(machine.when(machine.monotonicUs(2_000) + 1)).toBe(Infinity);
    machine.resume(5_002_000);
    const after = process.read(5_003_000);
    expect(after.elapsedUs - before.elapsedUs).toBe(2_000);
    expect(after.leaderUs - before.leaderUs).toBeGreaterThanOrEqual(5_002_000 - 30_000);
    expect(machine.wallMs(5_003_000) - before.wallMs).toBeGreaterThanOrEqual(5_001);
  });
});

describe('plans', () => {
  it('are plain data within their bounds, for any seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (seed) => {
        const plan = planOf(seed);
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        expect(plan.voters).toBeLessThanOrEqual(plan.nodes.length);
        expect(plan.voters % 2).toBe(1);
        const bound = plan.timing === 'loopback' ? 20_000 : 50_000;
        for (const { ratePpm } of plan.nodes) expect(Math.abs(ratePpm)).toBeLessThanOrEqual(bound);
        for (const step of plan.steps) expect(step.atUs).toBeLessThan(plan.calmUs);
        expect([...plan.steps].sort((a, b) => a.atUs - b.atUs)).toEqual(plan.steps);
      }),
      { numRuns: 300 },
    );
  });
});

describe('machines', () => {
  it('have addresses that can be sent, also beyond the 255th', () => {
    const machine = (index: number): Machine => new Machine(index, { name: 'n', ratePpm: 0, wallMs: 0, wallDrifts: true, priority: 0, startUs: 0 });
    const addresses = Array.from({ length: 1_100 }, (_, i) => [machine(i).addressFor(0), machine(i).addressFor(1)]).flat();
    expect(addresses.map((address) => decodeAddress(encodeAddress(address)))).toEqual(addresses);
    expect(new Set(addresses).size).toBe(addresses.length);
  });
});
