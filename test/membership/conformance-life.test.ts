import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { GossipQueue, retransmitLimit } from '../../src/membership/gossip-queue.ts';
import { claimsBytes } from '../../src/membership/wire-size.ts';
import { Cluster, lan, loopback } from '../../sim/schedules/membership-cluster.ts';
import { beyondBounds } from '../support/membership-bounds.ts';
import { T, accuse, failures, grown, incarnationOf, ms, texts } from '../support/membership-grown.ts';
import { claim } from '../support/membership-lone.ts';

/** Conformance, as in conformance.test.ts: coming, going, facts, loss, churn. */
describe('conformance', () => {
  it('16, leave: all see `left` within three gossip ticks, never `failed`, also of one that is suspected', () => {
    const { cluster, all } = grown(8);
    const leaver = all[1]!;
    leaver.core.leave(cluster.nowUs);
    const others = all.filter((process) => process !== leaver);
    expect(cluster.runUntil(() => others.every((observer) => observer.state(leaver.name) === 'left'), 3 * ms(loopback.gossipTickUs))).toBe(true);
    cluster.run(10_000);
    expect(failures(all)).toEqual([]);
    const suspected = all[2]!;
    for (const observer of others.slice(0, 3)) accuse(cluster, all[4]!, observer, suspected, incarnationOf(suspected));
    suspected.core.leave(cluster.nowUs);
    cluster.run(10_000);
    expect(others.filter((observer) => observer !== suspected).every((observer) => observer.state(suspected.name) === 'left')).toBe(true);
    expect(failures(all)).toEqual([]);
    const pair = grown(2);
    pair.all[1]!.core.leave(pair.cluster.nowUs);
    expect(pair.cluster.runUntil(() => pair.all[1]!.core.selfState === 'left', 3 * ms(loopback.gossipTickUs))).toBe(true);
  });

  it('17, all restart within a second in any order, at the same addresses, some with a clock set back: all are there again, with the facts of their new lives', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const { cluster, all } = grown(5, seed);
      const addresses = all.map(({ address }) => address);
      const random = createRandom(seed);
      const lives = random.shuffle([...all]).map((process) => {
        cluster.run(random.below(200));
        cluster.kill(process);
        const back = random.below(2) === 0 ? { incarnation: incarnationOf(process) - 1_000_000 } : {};
        return cluster.start(process.name, addresses, { address: process.address, tags: { life: 'second' }, ...back });
      });
      expect(cluster.runUntil(() => cluster.agree(lives), 20 * T)).toBe(true);
      for (const { core } of lives) for (const { tags } of core.members.values()) expect(tags).toEqual({ life: 'second' });
    }
  });

  it('17, one restarts: it is there again within 2 T', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const { cluster, all } = grown(5, seed);
      cluster.kill(all[3]!);
      cluster.run(seed * 11);
      const again = cluster.start(all[3]!.name, [all[0]!.address], { address: all[3]!.address, incarnation: incarnationOf(all[3]!) - 1_000_000 });
      expect(cluster.runUntil(() => cluster.agree([...all.slice(0, 3), again, all[4]!]), 2 * T)).toBe(true);
    }
  });

  it('18, a restart at another address: at once where the old one is gone, refused where it answers', () => {
    const { cluster, all } = grown(4);
    cluster.kill(all[3]!);
    const again = cluster.start(all[3]!.name, [all[0]!.address]);
    expect(cluster.runUntil(() => cluster.agree([...all.slice(0, 3), again]), 4 * T)).toBe(true);
    again.core.leave(cluster.nowUs); // it has left: nobody need be asked
    cluster.run(1_000);
    cluster.kill(again);
    const third = cluster.start(all[3]!.name, [all[0]!.address]);
    expect(cluster.runUntil(() => cluster.agree([...all.slice(0, 3), third]), 2 * T)).toBe(true);
    cluster.kill(third); // somebody else answers at its address, and says "not me"
    const other = cluster.start('n9', [all[0]!.address], { address: third.address });
    const fourth = cluster.start(all[3]!.name, [all[0]!.address]);
    expect(cluster.runUntil(() => cluster.agree([...all.slice(0, 3), other, fourth]), 4 * T)).toBe(true);
    const second = cluster.start(all[2]!.name, [all[0]!.address]);
    cluster.run(3_000);
    expect(second.told('refused')).toHaveLength(1);
  });

  it('19, one name, two living: the newcomer is turned away with the address of the one that has it, and nobody notices', () => {
    const { cluster, all } = grown(5);
    const second = cluster.start(all[1]!.name, [all[0]!.address], { incarnation: 2 ** 44, tags: { mistyped: 'yes' } });
    cluster.run(10_000);
    expect(second.changes.map(({ change }) => change)).toMatchObject([
      { type: 'refused', by: all[0]!.name, rival: all[1]!.address },
      { type: 'self', state: 'left' },
    ]);
    expect(all.flatMap(texts)).toEqual([]);
  });

  it('20, fifty changes of facts in a second: all hold the last, and nobody goes back', () => {
    const { cluster, all } = grown(6);
    for (let i = 1; i <= 50; i += 1) {
      all[2]!.core.setTags({ version: String(i) }, cluster.nowUs);
      cluster.run(20);
    }
    cluster.run(1_000);
    for (const observer of all) {
      const versions = observer.changes.flatMap(({ change }) =>
        change.type === 'member' && change.after.name === all[2]!.name ? [Number(change.after.tags['version'] ?? 0)] : [],
      );
      expect(versions.at(-1)).toBe(50);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
    }
  });

  it('21, packet budget: of 200 members with 500 bytes of facts, 300 pieces of news wait, no packet is too large, and each piece is told, also the small ones', () => {
    const queue = new GossipQueue();
    for (let i = 0; i < 300; i += 1) queue.add(claim(`m${i}`, { tags: i % 10 === 0 ? {} : { text: 'x'.repeat(480) } }), null, 0);
    const active = Array.from({ length: 200 }, (_, i) => ({ claim: claim(`m${i}`) }));
    const told = new Map<string, number>();
    for (let i = 0; queue.size > 0; i += 1) {
      const updates = queue.take(`m${i % 200}`, 1_400 - 60, active, 0);
      expect(claimsBytes(updates)).toBeLessThanOrEqual(1_400 - 60);
      for (const { name } of updates) told.set(name, (told.get(name) ?? 0) + 1);
    }
    expect(told.size).toBe(300);
    expect(new Set(told.values())).toEqual(new Set([retransmitLimit(201)]));
  });

  it('22, loss of 30 %: ten minutes without a false failure, and a crash is still found within twice the bound of 2', () => {
    for (const seed of [1, 2, 3]) {
      const { cluster, all } = grown(10, seed, { config: lan });
      cluster.net.lossPerMille = 300;
      cluster.run(600_000);
      expect(failures(all)).toEqual([]);
      cluster.kill(all[9]!);
      const boundMs = ms((2 * 9 - 1 + 1) * lan.probePeriodUs + lan.pauseToleranceUs * lan.suspicionCeiling);
      expect(cluster.runUntil(() => all.slice(0, 9).every((observer) => observer.state(all[9]!.name) === 'failed'), 2 * boundMs)).toBe(true);
    }
  });

  it('22, loss of 50 %: fewer than one member in ten is called failed in ten minutes, and it is back at once', () => {
    for (const seed of [1, 2, 3]) {
      const { cluster, all } = grown(10, seed, { config: lan });
      cluster.net.lossPerMille = 500;
      cluster.run(600_000);
      const false_ = new Set(failures(all));
      expect(false_.size, [...false_].join()).toBeLessThanOrEqual(1);
      cluster.net.lossPerMille = 0;
      expect(cluster.runUntil(() => cluster.agree(), 5_000)).toBe(true);
    }
  });

  it('26, churn: ten thousand that come and leave are remembered for as long as was said, and then not at all', () => {
    const cluster = new Cluster({ config: { retentionUs: 5_000_000 } });
    const stable = cluster.grow(5);
    let most = 0;
    for (let i = 0; i < 10_000; i += 1) {
      const guest = cluster.start(`guest${i}`, [stable[i % 5]!.address]);
      cluster.run(10);
      guest.core.leave(cluster.nowUs);
      cluster.run(10);
      cluster.kill(guest);
      cluster.processes.splice(cluster.processes.indexOf(guest), 1); // or the test itself grows
      for (const { changes } of stable) changes.length = 0;
      if (i % 100 === 99) most = Math.max(most, ...stable.map(({ core }) => core.members.size));
      if (i % 500 === 499) for (const { core } of stable) expect(beyondBounds(core, 5_000 / 20 + 50)).toEqual([]);
    }
    expect(most).toBeLessThan(5_000 / 20 + 50); // one every 20 ms
    cluster.run(10_000);
    for (const { core } of stable) {
      expect([...core.members.keys()].sort()).toEqual(stable.map(({ name }) => name).sort());
      expect(beyondBounds(core, stable.length)).toEqual([]);
    }
  });

  it('27, the local interface goes down: within 2 T the node calls itself isolated, blames itself first, and is back when it is up', () => {
    const { cluster, all } = grown(8);
    const down = all[0]!;
    cluster.isDown = (process) => process === down;
    cluster.drop = ({ to }) => to === down.address;
    expect(cluster.runUntil(() => down.core.selfState === 'isolated', 2 * T)).toBe(true);
    expect(down.told('self').at(-1)!.reasons.join()).toMatch(/the system cannot send: [3-7] addresses/); // not the one that was probed alone
    expect(down.core.health).toBeGreaterThan(0);
    expect(failures([down])).toEqual([]);
    cluster.isDown = () => false;
    cluster.drop = () => false;
    cluster.run(2_000);
    expect(down.core.selfState).not.toBe('isolated');
  });

  it('29, determinism: the same seed is the same log of events and packets', () => {
    const log = (): string => {
      const { cluster, all } = grown(6, 9, { net: { lossPerMille: 100, duplicatePerMille: 100 } });
      cluster.record = true;
      cluster.kill(all[2]!);
      cluster.run(5_000);
      return JSON.stringify([all.map((process) => process.events), cluster.packets]);
    };
    const first = log();
    for (let i = 1; i < 16; i += 1) expect(log() === first).toBe(true);
  });
});
