import { describe, expect, it } from 'vitest';
import { Kind, type MembershipMessage } from '../../src/membership/messages.ts';
import { Cluster, type Process } from '../../sim/schedules/membership-cluster.ts';
import { Lone, addressOf, claim, gossip, header } from '../support/membership-lone.ts';

/** member.D5, on the loopback preset: probes every 200 ms, direct timeout 20 ms and more, suspicion 600 ms and more. */

const grown = (count: number, seed = 1): { cluster: Cluster; all: readonly Process[] } => {
  const cluster = new Cluster({ seed });
  const all = cluster.grow(count);
  cluster.run(4_000); // everybody has had an ack of everybody
  return { cluster, all };
};
const failedAt = (observer: Process, name: string): number => observer.events.find(({ text }) => text === `failed ${name}`)?.atUs ?? Infinity;
const falselyFailed = (all: readonly Process[]): string[] =>
  all.flatMap((observer) => observer.events.filter(({ text }) => text.startsWith('failed')).map(({ text }) => `${observer.name}: ${text}`));

/** Milliseconds from the death of the last until every other knows. */
const detection = (hostsRefuse: boolean, count: number, seed: number): number => {
  const { cluster, all } = grown(count, seed);
  cluster.hostsRefuse = hostsRefuse;
  const victim = all.at(-1)!;
  const survivors = all.slice(0, -1);
  cluster.kill(victim);
  const diedUs = cluster.nowUs;
  cluster.runUntil(() => survivors.every((observer) => failedAt(observer, victim.name) < Infinity), 20_000);
  return Math.max(...survivors.map((observer) => failedAt(observer, victim.name) - diedUs)) / 1_000;
};

describe('a host that refuses', () => {
  it.each([3, 8, 16])('tells of a death within round trips, where silence takes a suspicion: %i nodes', (count) => {
    for (const seed of [1, 2, 3]) {
      // The first probe of the dead comes when it comes; what follows is a suspicion shorter.
      expect(detection(false, count, seed) - detection(true, count, seed)).toBeGreaterThan(400);
    }
  });

  it('is not believed by one alone: of two nodes the other waits, though not longer than the floor', () => {
    const ms = detection(true, 2, 1);
    expect(ms).toBeGreaterThan(600);
    expect(ms).toBeLessThan(600 + 400);
  });
});

describe('a verdict by refusal', () => {
  const refuse = (node: Lone): void => node.core.sendFailed(addressOf('b'), 'refused', node.nowUs);
  const nack = (from: string, seq: number): MembershipMessage => ({ kind: Kind.nack, ...header(from, { seq }), reason: 'refused', updates: [] });

  it('takes two members, each refused twice, and our own two a direct timeout apart', () => {
    const node = new Lone(['b', 'c', 'd']);
    const { seq } = node.nextPing('b');
    node.pass(20);
    node.receive('c', nack('c', seq)); // a relay says so when it was told twice
    refuse(node);
    refuse(node);
    node.passUs(19_999);
    refuse(node);
    expect(node.state('b')).toBe('alive');
    node.passUs(1);
    refuse(node);
    expect(node.state('b')).toBe('failed');
  });

  it('is foretold by explain: what a refusal is worth before the first ack of a life, and after', () => {
    const node = new Lone(['b', 'c']);
    const says = (name: string): string => node.core.explain(name, node.nowUs).join('\n');
    expect(says('b')).toContain('its host can refuse; that counts here');
    node.receive('b', gossip('b', claim('young')));
    expect(says('young')).toContain('counts as silence here: this life has not acked us yet');
    node.ack(node.nextPing('young'));
    expect(says('young')).toContain('its host can refuse; that counts here');
    node.receive('b', gossip('b', claim('young', { state: 'failed', accusers: ['b'] })));
    expect(says('young')).not.toContain('refus'); // nobody asks the host of the dead
  });

  it('is not ours alone, however often we are refused', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.nextPing('b');
    node.pass(20);
    for (let i = 0; i < 19; i += 1) {
      refuse(node);
      node.pass(2);
    }
    expect(node.state('b')).toBe('alive');
  });
});

describe('a filter that refuses the living', () => {
  it.each([0, 10, 19])('for %i ms kills nobody: it takes a refusal again, a direct timeout later', (ms) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { cluster, all } = grown(8, seed);
      cluster.refuses = () => true;
      cluster.drop = (packet) => packet.message.kind === Kind.ack; // pings are refused, so nobody answers
      cluster.run(ms);
      cluster.refuses = () => false;
      cluster.drop = () => false;
      cluster.run(3_000);
      expect(falselyFailed(all)).toEqual([]);
    }
  });

  it('while it is reloaded refuses whoever asks, once: several members that were told so at one moment are no proof', () => {
    let refused = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const { cluster, all } = grown(8, seed);
      cluster.run(seed * 7);
      // Acks are held up for longer than a direct timeout, so that the connected pings go out, and meet the filter.
      cluster.drop = (packet) => packet.message.kind === Kind.ack;
      cluster.refuses = () => true;
      cluster.run(35);
      cluster.refuses = () => false;
      cluster.run(10);
      cluster.drop = () => false;
      cluster.run(3_000);
      expect(falselyFailed(all)).toEqual([]);
      refused += all.reduce((sum, { core }) => sum + (core.counters['probe.refused'] ?? 0), 0);
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('that refuses while acks get through kills nobody, however long', () => {
    const { cluster, all } = grown(8);
    cluster.refuses = () => true;
    cluster.run(10_000);
    expect(falselyFailed(all)).toEqual([]);
  });

  it('is believed about one life once: after it was refuted, refusals about it are silence', () => {
    const { cluster, all } = grown(8);
    const victim = all.at(-1)!;
    const cut = (ms: number): string[] => {
      for (const { changes } of all) changes.length = 0;
      // Its port is filtered with a refusal, for all but what the refusals themselves need.
      cluster.refuses = (address) => address === victim.address;
      cluster.through = (message, receiver) => (receiver === victim ? { ...message, seq: 0 } : message); // pings arrive and no ack can match
      cluster.run(ms);
      cluster.refuses = () => false;
      cluster.through = (message) => message;
      return falselyFailed(all);
    };
    expect(cut(900).length).toBeGreaterThan(0);
    cluster.run(10_000);
    expect(all.every((observer) => observer.state(victim.name) === 'alive')).toBe(true);
    const deniers = all.filter((observer) => observer.core.explain(victim.name, cluster.nowUs).join('\n').includes('failed: its host refuses'));
    expect(deniers.length).toBeGreaterThan(0);
    const fooled = all.filter(({ core }) => (core.counters['failed.refused'] ?? 0) > 0);
    expect(fooled.length).toBeGreaterThan(0);
    for (const { core } of fooled) expect(core.explain(victim.name, cluster.nowUs).join('\n')).toContain('by refusals once, and refuted it');
    for (const { changes } of all) changes.length = 0;
  });

  it('that no path ever crossed says nothing: without an ack of that very life a refusal is silence', () => {
    const cluster = new Cluster({ seed: 3 });
    const all = cluster.grow(4);
    cluster.hostsRefuse = true;
    const young = cluster.start('n9', [all[0]!.address]);
    cluster.runUntil(() => all.every((observer) => observer.state('n9') === 'alive'), 1_000);
    const bornUs = cluster.nowUs;
    cluster.drop = (packet) => packet.from === young.address; // heard of, never heard
    cluster.kill(young);
    cluster.runUntil(() => all.every((observer) => failedAt(observer, 'n9') < Infinity), 20_000);
    const ackedBy = all.filter((observer) => failedAt(observer, 'n9') - bornUs < 600_000);
    expect(ackedBy).toEqual([]);
  });
});
