import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/membership/messages.ts';
import { GREETERS_MAX } from '../../src/membership/limits.ts';
import { Cluster, type Process } from '../../sim/schedules/membership-cluster.ts';

/** member.D7, on the loopback preset: probes every 200 ms, direct timeout 20 ms and more, suspicion 600 ms and more. */

const greetings = (all: readonly Process[]): number => all.reduce((sum, { core }) => sum + (core.counters['probe.greet'] ?? 0), 0);

/** A settled cluster, and one that has come to it `ageMs` ago. */
const withYoung = (count: number, seed: number, ageMs: number): { cluster: Cluster; others: readonly Process[]; young: Process } => {
  const cluster = new Cluster({ seed });
  const others = cluster.grow(count);
  cluster.run(4_000);
  const young = cluster.start('young', [others[0]!.address]);
  expect(cluster.runUntil(() => others.every((observer) => observer.state('young') === 'alive'), 2_000)).toBe(true);
  cluster.run(ageMs);
  return { cluster, others, young };
};

describe('a new life', () => {
  it.each([1, 2, 3])('is probed once by six who hear of it, within a probe period, and greets those for whom it is called itself: seed %i', (seed) => {
    const cluster = new Cluster({ seed });
    const others = cluster.grow(30);
    cluster.run(2_000);
    const before = greetings(others);
    const young = cluster.start('young', [others[0]!.address]);
    cluster.run(400);
    expect(greetings(others) - before).toBeGreaterThan(GREETERS_MAX - 2); // whom the round had brought to it already need not
    expect(greetings(others) - before).toBeLessThanOrEqual(GREETERS_MAX);
    cluster.run(10_000);
    expect(greetings(others) - before).toBeLessThanOrEqual(GREETERS_MAX); // once
    expect(greetings([young])).toBeLessThan(3 * GREETERS_MAX); // of thirty, a fifth in the mean
  });

  it('in the same place, after a death that nobody noticed, is greeted again', () => {
    const { cluster, others, young } = withYoung(12, 1, 1_000);
    const before = greetings(others);
    cluster.kill(young);
    cluster.start('young', [others[0]!.address]);
    cluster.run(400);
    expect(greetings(others) - before).toBeGreaterThan(GREETERS_MAX - 2);
  });

  it('that dies a second after it came, where its host refuses, is known to be dead within two probe periods and the round trips', () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const { cluster, others, young } = withYoung(24, seed, 1_000);
      cluster.hostsRefuse = true;
      const diedUs = cluster.nowUs;
      cluster.kill(young);
      expect(cluster.runUntil(() => others.every((observer) => observer.state('young') === 'failed'), 20_000)).toBe(true);
      // A suspicion alone would take 600 ms from the verdict on.
      expect((cluster.nowUs - diedUs) / 1_000).toBeLessThan(2 * 220 + 4 * 50);
    }
  });

  it('that is silent is asked for through two of those who are called for it, and one more', () => {
    const cluster = new Cluster({ seed: 1 });
    const others = cluster.grow(24);
    cluster.run(4_000);
    const before = new Map(others.map((process) => [process.name, greetings([process])]));
    const young = cluster.start('young', [others[0]!.address]);
    cluster.run(1_000);
    const greeters = new Set(others.filter((process) => greetings([process]) > before.get(process.name)!).map(({ address }) => address));
    const asked = new Map<string, string[]>();
    cluster.drop = ({ from, to, message }) => {
      if (message.kind === Kind.pingReq && message.target === 'young')
        asked.set(`${from}/${message.seq}`, [...(asked.get(`${from}/${message.seq}`) ?? []), to]);
      return false;
    };
    cluster.kill(young);
    cluster.run(500);
    expect(asked.size).toBeGreaterThan(1);
    for (const relays of asked.values()) {
      expect(relays.length).toBe(3);
      expect(relays.filter((address) => greeters.has(address)).length).toBeGreaterThanOrEqual(2);
    }
  });
});
