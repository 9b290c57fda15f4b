import { describe, expect, it } from 'vitest';
import { us } from '../../src/core/time.ts';
import { LEAVE_TARGETS_MAX } from '../../src/membership/limits.ts';
import { Kind } from '../../src/membership/messages.ts';
import { Cluster } from '../../sim/schedules/membership-cluster.ts';
import { Lone, addressOf, claim, gossip, header } from '../support/membership-lone.ts';

describe('leaving', () => {
  it('is seen by all as left, never as failed, within a few round trips', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const cluster = new Cluster({ seed });
      const all = cluster.grow(8);
      const sinceUs = cluster.nowUs;
      all[3]!.core.leave(cluster.nowUs);
      expect(cluster.runUntil(() => all.every((process) => process.state('n4') === 'left'), 400)).toBe(true);
      expect(cluster.nowUs - sinceUs).toBeLessThan(us(20));
      expect(cluster.runUntil(() => all[3]!.core.selfState === 'left', 400)).toBe(true);
      cluster.kill(all[3]!);
      cluster.run(5_000);
      for (const process of all) expect(process.events.filter(({ atUs }) => atUs >= sinceUs).map(({ text }) => text)).toEqual(['left n4']);
    }
  });

  it('works with half of all packets lost', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const cluster = new Cluster({ seed });
      const all = cluster.grow(6);
      cluster.net.lossPerMille = 500;
      all[2]!.core.leave(cluster.nowUs);
      expect(cluster.runUntil(() => all.every((process) => process.state('n3') === 'left'), 2_000)).toBe(true);
    }
  });

  it('raises the incarnation, tells everybody directly, and again per tick those that did not answer, five times', () => {
    const node = new Lone(['b', 'c']);
    node.core.leave(node.nowUs);
    expect(node.core.self).toMatchObject({ state: 'left', incarnation: 1_001 });
    expect(node.log.slice(0, 2)).toEqual(['self leaving', 'left a']);
    const leaves = (): { to: string; seq: number }[] => node.sent.flatMap(({ to, message }) => (message.kind === Kind.leave ? [{ to, seq: message.seq }] : []));
    expect(
      leaves()
        .map(({ to }) => to)
        .sort(),
    ).toEqual([addressOf('b'), addressOf('c')].sort());
    const toB = leaves().find(({ to }) => to === addressOf('b'))!;
    node.receive('b', { kind: Kind.ack, ...header('b', { seq: toB.seq }), answered: null, updates: [] });
    node.pass(249);
    expect(leaves().filter(({ to }) => to === addressOf('c')).length).toBe(5);
    expect(leaves().filter(({ to }) => to === addressOf('b')).length).toBe(1);
    expect(node.core.selfState).toBe('leaving');
    node.pass(1);
    expect(node.core.selfState).toBe('left');
    expect(node.core.counters['leave.unanswered']).toBe(1);
    expect(node.core.nextDeadlineUs).toBe(Infinity);
  });

  it('ends as soon as all have answered', () => {
    const node = new Lone(['b']);
    node.core.leave(node.nowUs);
    const { seq } = node.sent.find(({ message }) => message.kind === Kind.leave)!.message;
    node.receive('c', { kind: Kind.ack, ...header('c', { seq }), answered: null, updates: [] });
    expect(node.core.selfState).toBe('leaving');
    node.receive('b', { kind: Kind.ack, ...header('b', { seq }), answered: null, updates: [] });
    expect(node.core.selfState).toBe('left');
  });

  it('alone, or while still joining, is done at once', () => {
    const alone = new Lone();
    alone.core.leave(alone.nowUs);
    expect(alone.core.selfState).toBe('left');
    const joining = new Lone([], {}, false);
    joining.core.join([addressOf('b')], joining.nowUs);
    joining.core.leave(joining.nowUs);
    expect(joining.core.selfState).toBe('left');
    expect(joining.core.nextDeadlineUs).toBe(Infinity);
  });

  it('still acks probes until the process ends, and refutes nothing', () => {
    const node = new Lone(['b']);
    node.core.leave(node.nowUs);
    node.receive('b', gossip('b', claim('a', { state: 'suspect' })));
    expect(node.core.self.state).toBe('left');
    node.pass(300);
    node.forget();
    node.receive('b', { kind: Kind.ping, ...header('b', { seq: 4 }), target: 'a', updates: [claim('a', { state: 'failed', incarnation: 1_001 })] });
    expect(node.log).toEqual(['ack -> b']);
  });

  it('wins over a suspicion and over a death of the same life', () => {
    for (const state of ['suspect', 'failed'] as const) {
      const node = new Lone(['b', 'c']);
      node.receive('c', gossip('c', claim('b', { state, accusers: ['c'] })));
      node.receive('b', { kind: Kind.leave, ...header('b', { seq: 3, incarnation: 1_001 }), claim: claim('b', { state: 'left', incarnation: 1_001 }) });
      expect(node.state('b')).toBe('left');
    }
  });

  it('and joining again in the same process is another incarnation', () => {
    const cluster = new Cluster();
    const all = cluster.grow(4);
    all[2]!.core.leave(cluster.nowUs);
    cluster.run(1_000);
    expect(all[0]!.state('n3')).toBe('left');
    const before = all[2]!.core.self.incarnation;
    all[2]!.core.join([all[0]!.address], cluster.nowUs);
    expect(cluster.runUntil(() => all.every((process) => process.state('n3') === 'alive'), 1_000)).toBe(true);
    expect(all[2]!.core.self.incarnation).toBeGreaterThan(before);
    cluster.run(3_000);
    expect(cluster.agree(all)).toBe(true);
    expect(all[2]!.core.selfState).toBe('joined');
  });

  it('is told to a bounded number of members by the leaver itself', () => {
    const names = Array.from({ length: 200 }, (_, i) => `m${i}`);
    const node = new Lone();
    node.receive('m0', gossip('m0', ...names.map((name, i) => claim(name, { address: `10.2.${i >> 8}.${(i & 255) + 1}:1` }))));
    node.forget();
    node.core.leave(node.nowUs);
    expect(node.sent.filter(({ message }) => message.kind === Kind.leave).length).toBe(LEAVE_TARGETS_MAX);
  });
});
