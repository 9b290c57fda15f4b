import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/membership/messages.ts';
import { Cluster, type Process, lan, loopback } from '../../sim/schedules/membership-cluster.ts';

/**
 * What users of any SWIM may expect, scenario by scenario, by the numbers used in the literature we
 * compared. T is the probe period, S the pause tolerance (the floor of a suspicion), M its ceiling.
 * Others of that list stand where their subject is: 6 in claim.test.ts, 7 in suspicion.test.ts, 8
 * in cluster.test.ts, 10 and 24 in ../node/members.test.ts, 19 in join.test.ts, 21 in codec.test.ts.
 */
const ms = (us: number): number => us / 1_000;
const T = ms(loopback.probePeriodUs);
const S = ms(loopback.pauseToleranceUs);
const M = S * loopback.suspicionCeiling;

const grown = (count: number, seed = 1, net: ConstructorParameters<typeof Cluster>[0] = {}): { cluster: Cluster; all: readonly Process[] } => {
  const cluster = new Cluster({ seed, ...net });
  const all = cluster.grow(count);
  cluster.run(2_000);
  forget(all);
  return { cluster, all };
};
const forget = (all: readonly Process[]): void => {
  for (const { changes } of all) changes.length = 0;
};
/** One node says to another, falsely, what a third one is. */
function accuse(cluster: Cluster, accuser: Process, to: Process, accused: Process, incarnation: number, state: 'suspect' | 'failed' = 'suspect'): void {
  cluster.inject(accuser.address, to.address, {
    kind: Kind.gossip,
    from: accuser.name,
    boot: accuser.boot,
    incarnation: accuser.core.members.get(accuser.name)!.incarnation,
    digest: 0,
    health: 0,
    seq: 0,
    answer: false,
    updates: [{ name: accused.name, boot: accused.boot, incarnation, address: accused.address, state, tags: {}, accusers: [accuser.name], ageMs: 0 }],
  });
}
const texts = (process: Process): string[] => process.events.map(({ text }) => text);
const failures = (all: readonly Process[]): string[] => all.flatMap((process) => texts(process).filter((text) => text.startsWith('failed')));
const sides = (all: readonly Process[], at: number): ((packet: { readonly from: string; readonly to: string }) => boolean) => {
  const left = new Set(all.slice(0, at).map(({ address }) => address));
  return ({ from, to }) => left.has(from) !== left.has(to);
};

describe('conformance', () => {
  it('1, fair probing: everybody is asked once in each round, and never waits for two', () => {
    const { cluster, all } = grown(7);
    cluster.record = true;
    cluster.packets.length = 0;
    cluster.run(60 * T);
    for (const prober of all) {
      const asked = cluster.packets.flatMap(({ from, message, atUs }) =>
        from === prober.address && message.kind === Kind.ping ? [{ target: message.target, atUs }] : [],
      );
      const rounds = Math.floor(asked.length / 6) - 1;
      for (const { name } of all) {
        if (name === prober.name) continue;
        const turns = asked.flatMap(({ target }, i) => (target === name ? [i] : []));
        expect(turns.length).toBeGreaterThanOrEqual(rounds);
        for (let i = 1; i < turns.length; i += 1) expect(turns[i]! - turns[i - 1]!).toBeLessThanOrEqual(2 * 6 - 1);
      }
    }
  });

  it('2, crash: every survivor tells one failure within the bound, and of nobody else', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { cluster, all } = grown(5, seed);
      cluster.kill(all[4]!);
      const diedUs = cluster.nowUs;
      cluster.run((2 * 4 - 1 + 1) * T + M + 1_000);
      for (const survivor of all.slice(0, 4)) {
        const failed = survivor.events.filter(({ text }) => text.startsWith('failed'));
        expect(failed.map(({ text }) => text)).toEqual([`failed ${all[4]!.name}`]);
        expect(ms(failed[0]!.atUs - diedUs)).toBeLessThan((2 * 4 - 1 + 1) * T + M);
      }
    }
  });

  it('3, refutation: who is accused says so within a round trip, and nobody is lost', () => {
    const { cluster, all } = grown(5);
    const [first, accuser, accused] = all as [Process, Process, Process];
    const { incarnation } = accused.core.members.get(accused.name)!;
    accuse(cluster, accuser, first, accused, incarnation);
    cluster.run(2 * T);
    expect(accused.core.members.get(accused.name)!.incarnation).toBe(incarnation + 1);
    expect(all.every((observer) => observer.state(accused.name) === 'alive')).toBe(true);
    cluster.run(M);
    expect(failures(all)).toEqual([]);
  });

  it('4, stale accusation: what is said of an older incarnation changes nothing, at its subject or elsewhere', () => {
    const { cluster, all } = grown(5);
    const [first, accuser, accused] = all as [Process, Process, Process];
    const { incarnation } = accused.core.members.get(accused.name)!;
    for (const state of ['suspect', 'failed'] as const) for (const to of [first, accused]) accuse(cluster, accuser, to, accused, incarnation - 1, state);
    cluster.run(M);
    for (const observer of all) expect(observer.core.members.get(accused.name)).toMatchObject({ state: 'alive', incarnation });
    expect(all.flatMap(texts).filter((text) => text.endsWith(accused.name))).toEqual([]);
  });

  it('5, accusation from the future: the accused goes beyond it, and all accept', () => {
    const { cluster, all } = grown(5);
    const [first, accuser, accused] = all as [Process, Process, Process];
    const { incarnation } = accused.core.members.get(accused.name)!;
    accuse(cluster, accuser, first, accused, incarnation + 50);
    cluster.run(2 * T);
    for (const observer of all) expect(observer.core.members.get(accused.name)).toMatchObject({ state: 'alive', incarnation: incarnation + 51 });
    cluster.run(M);
    expect(failures(all)).toEqual([]);
  });

  it('9, stall: a stop shorter than S is no failure; after one of 3 M the member is back within a second, and it fails nobody itself', () => {
    const { cluster, all } = grown(6);
    const stopped = all[3]!;
    cluster.pause(stopped);
    cluster.run(0.9 * S);
    cluster.resume(stopped);
    cluster.run(M);
    expect(failures(all)).toEqual([]);
    cluster.pause(stopped);
    cluster.run(3 * M);
    expect(all.filter((observer) => observer !== stopped).every((observer) => observer.state(stopped.name) === 'failed')).toBe(true);
    cluster.resume(stopped);
    expect(cluster.runUntil(() => all.every((observer) => observer.state(stopped.name) === 'alive'), 1_000)).toBe(true);
    cluster.run(M);
    expect(failures([stopped])).toEqual([]);
  });

  it('11, deaf: who hears nothing is found out, knows that it is the one, and costs nobody else its membership', () => {
    const { cluster, all } = grown(6);
    const deaf = all[5]!;
    cluster.drop = ({ to }) => to === deaf.address;
    cluster.run((2 * 5 + 1) * T + M);
    const others = all.slice(0, 5);
    expect(others.every((observer) => observer.state(deaf.name) === 'failed')).toBe(true);
    expect(deaf.core.selfState).toBe('isolated');
    forget(all);
    cluster.run(30_000);
    expect(failures(others)).toEqual([]);
  });

  it('13, a split into halves for 10 M heals within five seconds on lan timings, and nobody is lost again', () => {
    for (const seed of [1, 2, 3]) {
      const { cluster, all } = grown(6, seed, { config: lan });
      cluster.drop = sides(all, 3);
      cluster.run(10 * ms(lan.pauseToleranceUs) * lan.suspicionCeiling);
      for (const [i, observer] of all.entries()) expect(all.filter(({ name }) => observer.state(name) === 'failed').length, `${i}`).toBe(3);
      cluster.drop = () => false;
      forget(all);
      expect(cluster.runUntil(() => cluster.agree(), 5_000)).toBe(true);
      cluster.run(20_000);
      expect(failures(all)).toEqual([]);
    }
  });

  it('14, a split that lasts longer than anybody is remembered heals through a seed, and without any cannot', () => {
    for (const seeded of [true, false]) {
      const cluster = new Cluster({ config: { retentionUs: 20_000_000 } });
      const [first, ...others] = cluster.grow(6);
      const all = [first!, ...others];
      if (!seeded) for (const { core } of all) core.join([], cluster.nowUs);
      cluster.drop = sides(all, 3);
      cluster.run(60_000);
      for (const observer of all) expect(observer.core.members.size).toBe(3);
      cluster.drop = () => false;
      expect(
        cluster.runUntil(() => cluster.agree(), 30_000),
        `seeded: ${seeded}`,
      ).toBe(seeded);
    }
  });

  it('15, an isolated node whose peers are all dead in its view asks on, and is back when the network is', () => {
    const { cluster, all } = grown(4);
    const lone = all[3]!;
    cluster.drop = ({ from, to }) => from === lone.address || to === lone.address;
    cluster.run(60_000);
    expect(lone.core.selfState).toBe('isolated');
    cluster.drop = () => false;
    expect(cluster.runUntil(() => cluster.agree(), 2 * T + 1_000)).toBe(true);
  });

  it('16, leave: all see `left` within three gossip ticks, never `failed`, also of one that is suspected', () => {
    const { cluster, all } = grown(8);
    const leaver = all[1]!;
    leaver.core.leave(cluster.nowUs);
    const others = all.filter((process) => process !== leaver);
    expect(cluster.runUntil(() => others.every((observer) => observer.state(leaver.name) === 'left'), 3 * ms(loopback.gossipTickUs))).toBe(true);
    cluster.run(10_000);
    expect(failures(all)).toEqual([]);
  });

  it('17, all restart within a second in any order, at the same addresses: all are there again', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { cluster, all } = grown(5, seed);
      const addresses = all.map(({ address }) => address);
      const lives = all.map((process, i) => {
        cluster.run(37 * ((seed * (i + 1)) % 5));
        cluster.kill(process);
        return cluster.start(process.name, addresses, { address: process.address });
      });
      expect(cluster.runUntil(() => cluster.agree(lives), 20 * T)).toBe(true);
    }
  });

  it('18, a restart at another address: at once where the old one is gone, refused where it answers', () => {
    const { cluster, all } = grown(4);
    cluster.kill(all[3]!);
    const again = cluster.start(all[3]!.name, [all[0]!.address]);
    expect(cluster.runUntil(() => cluster.agree([...all.slice(0, 3), again]), 4 * T)).toBe(true);
    const second = cluster.start(all[2]!.name, [all[0]!.address]);
    cluster.run(3_000);
    expect(second.told('refused')).toHaveLength(1);
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

  it('22, loss of 30 %: ten minutes without a false failure, and a crash is still found', () => {
    const { cluster, all } = grown(10, 1, { config: lan, net: { lossPerMille: 300 } });
    cluster.run(600_000);
    expect(failures(all)).toEqual([]);
    cluster.kill(all[9]!);
    expect(cluster.runUntil(() => all.slice(0, 9).every((observer) => observer.state(all[9]!.name) === 'failed'), 60_000)).toBe(true);
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
    }
    expect(most).toBeLessThan(5_000 / 20 + 50); // one every 20 ms
    cluster.run(10_000);
    for (const { core } of stable) expect([...core.members.keys()].sort()).toEqual(stable.map(({ name }) => name).sort());
  });

  it('27, the local interface goes down: the node calls itself isolated, and blames itself first', () => {
    const { cluster, all } = grown(5);
    const down = all[0]!;
    cluster.drop = ({ from, to }) => from === down.address || to === down.address;
    cluster.through = (message) => message;
    cluster.run(2 * T + S + 1_000);
    expect(down.core.selfState).toBe('isolated');
  });

  it('29, determinism: the same seed is the same log of events', () => {
    const log = (): string => {
      const { cluster, all } = grown(6, 9, { net: { lossPerMille: 100, duplicatePerMille: 100 } });
      cluster.kill(all[2]!);
      cluster.run(5_000);
      return JSON.stringify(all.map((process) => process.events));
    };
    expect(log()).toBe(log());
  });
});
