import { describe, expect, it } from 'vitest';
import { FitWatch } from '../../src/fit-watch.ts';
import { settingsOf } from '../../src/options.ts';
import { NodeWorld } from '../support/node-world.ts';

const SECOND = 1_000_000;
const { election } = settingsOf({ preset: 'loopback', voters: ['a', 'b', 'c'] }, 'a', '10.0.0.1:7946', null);

/** @param roundTripsMs To the voters, in their order; 0: ourselves; null: not known. */
function watch(roundTripsMs: readonly (number | null)[] = [], needed = 1): { fit: FitWatch; told: [string, object][] } {
  const told: [string, object][] = [];
  const seats = roundTripsMs.map((_, i) => ({ name: String(i), weight: 1, excluded: false }));
  const fit = new FitWatch(election, {
    voters: () => ({
      set: { term: 0, version: 0, floor: 0, seats },
      needed,
      total: seats.length,
      lineage: 1,
      isOriginal: true,
      isSettled: true,
      waitsFor: null,
    }),
    roundTripUs: (voter) => {
      const ms = roundTripsMs[Number(voter)];
      return ms == null ? null : ms * 1_000;
    },
    warn: (code, details) => told.push([code, details]),
  });
  return { fit, told };
}

describe('a host that cannot keep its preset', () => {
  it('is told of after three late turns within a minute, once a minute', () => {
    const { fit, told } = watch();
    for (let i = 0; i < 9; i += 1) fit.note(90_000 + i * 1_000, i * SECOND);
    expect(told).toEqual([['slow-host', { times: 3, lateMs: 92, allowedMs: 80 }]]);
    for (let i = 0; i < 3; i += 1) fit.note(100_000, (63 + i) * SECOND);
    expect(told).toHaveLength(2);
  });

  it('is not told of for late turns that are few, or within what is allowed', () => {
    const { fit, told } = watch();
    for (let i = 0; i < 10; i += 1) fit.note(200_000, i * 31 * SECOND);
    for (let i = 0; i < 100; i += 1) fit.note(80_000, (400 + i) * SECOND);
    expect(told).toEqual([]);
  });

  it('says so in a node that is stopped again and again', async () => {
    const world = new NodeWorld();
    const { node } = world.start('a', { voters: ['a'] });
    await world.run(500);
    void node.lead('job', ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
    await world.run(2_000);
    for (let i = 0; i < 3; i += 1) {
      world.pause('a');
      await world.run(400);
      world.resume('a');
      await world.run(400);
    }
    expect(world.log('a').filter((line) => line === 'warning slow-host')).toHaveLength(1);
  });
});

describe('a network that cannot', () => {
  it('is told of where a majority answers later than half of R, whoever else is near', () => {
    for (const [trips, needed, expected] of [
      [[0, 80, 90], 2, 80],
      [[0, 1, 90, 90, null], 3, 90],
    ] as const) {
      const { fit, told } = watch(trips, needed);
      fit.note(0, 0);
      fit.note(0, 20 * SECOND);
      expect(told).toEqual([['slow-network', { rttMs: expected, allowedMs: 75 }]]);
    }
  });

  it('is not told of where a majority is near, or nothing was measured, or our own vote is enough', () => {
    for (const [trips, needed] of [
      [[0, 1, 90], 2],
      [[0, 90, null, null, null], 3],
      [[0, 90], 1],
    ] as const) {
      const { fit, told } = watch(trips, needed);
      fit.note(0, 0);
      expect(told).toEqual([]);
    }
  });
});
