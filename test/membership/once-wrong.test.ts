import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/membership/messages.ts';
import { Cluster, lan, loopback } from '../../sim/schedules/membership-cluster.ts';
import { M, S, T, failures, forget, grown, incarnationOf, ms, texts } from '../support/membership-grown.ts';

/**
 * Rules that a draft of this protocol had otherwise, each with the schedule that broke it. The words
 * after ✗ are what the draft said; without the rule of today the test fails.
 */
describe('once wrong', () => {
  it('✗ an incarnation is fixed at start: with its clock set back, a restarted process never gets past its former life (member.I2)', () => {
    const { cluster, all } = grown(5);
    const [first, , , cut, victim] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0], (typeof all)[0], (typeof all)[0]];
    cluster.kill(victim);
    // One peer is away all the time, and comes back with the former life.
    cluster.drop = ({ from, to }) => from === cut.address || to === cut.address;
    cluster.run(M + 3_000);
    const again = cluster.start(victim.name, [first.address], { incarnation: incarnationOf(victim) - 1_000_000, address: victim.address });
    cluster.run(3_000);
    cluster.drop = () => false;
    const living = [...all.slice(0, 4), again];
    expect(cluster.runUntil(() => cluster.agree(living), 8_000)).toBe(true);
    cluster.run(10_000);
    expect(cluster.agree(living)).toBe(true);
    expect(incarnationOf(again)).toBeGreaterThan(incarnationOf(victim));
  });

  it('✗ the newer always wins: a mistyped second n2 evicts the healthy one for ever (member.I4)', () => {
    const { cluster, all } = grown(5);
    const second = cluster.start('n2', [all[3]!.address], { incarnation: incarnationOf(all[1]!) + 1_000_000 });
    cluster.run(10_000);
    expect(second.told('refused')).toEqual([{ type: 'refused', by: 'n4', rival: all[1]!.address }]);
    for (const observer of all) expect(observer.core.members.get('n2')).toMatchObject({ boot: all[1]!.boot, state: 'alive' });
    expect(all.flatMap(texts)).toEqual([]);
  });

  it('✗ the dead are forgotten so long after we heard of it: they re-infect each other for ever (merge.M4)', () => {
    const { cluster, all } = grown(6, 1, { config: { retentionUs: 20_000_000 } });
    const late = all[3]!;
    cluster.drop = ({ from, to }) => from === late.address || to === late.address;
    cluster.kill(all[5]!);
    cluster.run(15_000);
    cluster.drop = () => false;
    cluster.run(2_000);
    // It was away, holds the dead one failed by itself since, and hears of the death again and again with a new age.
    const guest = cluster.start('guest', [late.address]);
    cluster.run(8_000);
    for (const observer of [...all.slice(0, 5), guest]) expect(observer.core.explain('n6', cluster.nowUs)).toEqual(['n6 is not known here.']);
  });

  it('✗ any message proves that its sender lives: one that sends and cannot hear is immortal (merge.M6)', () => {
    const { cluster, all } = grown(6);
    const deaf = all[5]!;
    cluster.drop = ({ to }) => to === deaf.address;
    cluster.run((2 * 5 + 1) * T + M);
    const others = all.slice(0, 5);
    for (const observer of others) expect(observer.state(deaf.name)).toBe('failed');
    forget(all);
    cluster.run(10_000); // it goes on pinging all the time
    expect(others.flatMap(texts).filter((text) => text.endsWith(deaf.name))).toEqual([]);
  });

  it('✗ the same: the last acks of a leaver resurrect it, and a replayed packet keeps the dead alive (merge.M6)', () => {
    const { cluster, all } = grown(5);
    const [observer, , , leaver, dead] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0], (typeof all)[0], (typeof all)[0]];
    cluster.record = true;
    cluster.run(10 * T);
    const said = cluster.packets.filter(({ from, to }) => to === observer.address && (from === leaver.address || from === dead.address));
    expect(new Set(said.map(({ message }) => message.kind)).size).toBeGreaterThan(1);
    leaver.core.leave(cluster.nowUs);
    cluster.kill(dead);
    cluster.run(M + 3_000);
    expect([observer.state(leaver.name), observer.state(dead.name)]).toEqual(['left', 'failed']);
    forget(all);
    for (let i = 0; i < 20; i += 1) {
      for (const { from, to, message } of said) cluster.inject(from, to, message);
      cluster.run(100);
    }
    expect([observer.state(leaver.name), observer.state(dead.name)]).toEqual(['left', 'failed']);
    expect(texts(observer)).toEqual([]);
  });

  it('✗ two refusals at once are a death: a firewall that is reloaded and refuses for 50 ms ends the cluster (member.D5)', () => {
    let refused = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      const { cluster, all } = grown(8, seed, { config: lan });
      cluster.run(seed * 7);
      cluster.drop = ({ message }) => message.kind === Kind.ack; // so that everybody asks a second time, from a connected socket
      cluster.run(400);
      cluster.refuses = () => true;
      cluster.run(50);
      cluster.refuses = () => false;
      cluster.drop = () => false;
      cluster.run(20_000);
      expect(failures(all)).toEqual([]);
      refused += all.reduce((sum, { core }) => sum + (core.counters['probe.refused'] ?? 0), 0);
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('✗ the same: one who was fooled by refusals is fooled by them again (member.D5)', () => {
    const { cluster, all } = grown(8);
    const victim = all[7]!;
    for (let i = 0; i < 5; i += 1) {
      cluster.refuses = (address) => address === victim.address;
      cluster.through = (message, receiver) => (receiver === victim ? { ...message, seq: 0 } : message); // pings arrive and no ack can match
      cluster.run(S - 100);
      cluster.refuses = () => false;
      cluster.through = (message) => message;
      cluster.run(10_000);
      for (const observer of all) expect(observer.state(victim.name)).toBe('alive');
    }
    const verdicts = all.map(({ core }) => core.counters['failed.refused'] ?? 0);
    expect(Math.max(...verdicts)).toBe(1);
  });

  it('✗ each piece of news is pushed as it comes: when half of a cluster dies, thousands of packets per survivor (member.G1)', () => {
    const cluster = new Cluster({ config: lan });
    const all = cluster.grow(64);
    cluster.hostsRefuse = true;
    const survivors = all.slice(0, 32);
    for (const process of all.slice(32)) cluster.kill(process);
    cluster.record = true;
    cluster.packets.length = 0;
    cluster.run(20_000);
    for (const observer of survivors) {
      const pushes = cluster.packets.filter(
        ({ from, message }) => from === observer.address && message.kind === Kind.gossip && message.updates.length > 0 && !message.answer,
      );
      const windows = new Map<number, number>();
      for (const { atUs } of pushes) windows.set(Math.floor(ms(atUs) / 10), (windows.get(Math.floor(ms(atUs) / 10)) ?? 0) + 1);
      // Fanout of a push, and of a tick that falls into the same 10 ms; accusations told to their subjects are apart.
      expect(Math.max(...windows.values())).toBeLessThanOrEqual(3 * loopback.gossipFanout);
      expect(pushes.length).toBeLessThan(32 * 30);
    }
  });
});
