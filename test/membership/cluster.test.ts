import { describe, expect, it } from 'vitest';
import { us } from '../../src/core/time.ts';
import { Kind } from '../../src/membership/messages.ts';
import { Cluster, lan } from '../../sim/schedules/membership-cluster.ts';
import type { Process } from '../../sim/schedules/membership-cluster.ts';

const since = (process: Process, atUs: number): readonly string[] => process.events.filter((event) => event.atUs >= atUs).map(({ text }) => text);
const side = (processes: readonly Process[]): Set<string> => new Set(processes.map(({ address }) => address));
function split(cluster: Cluster, ...halves: (readonly Process[])[]): void {
  const sets = halves.map(side);
  cluster.drop = ({ from, to }) => sets.find((set) => set.has(from)) !== sets.find((set) => set.has(to));
}
const heal = (cluster: Cluster): void => void (cluster.drop = () => false);

describe('a member that is killed', () => {
  it('is failed at every survivor within two seconds, once, after being suspect, and nobody else is', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const cluster = new Cluster({ seed });
      const all = cluster.grow(8);
      cluster.run(seed * 31);
      const killedUs = cluster.nowUs;
      cluster.kill(all[7]!);
      const survivors = all.slice(0, 7);
      expect(cluster.runUntil(() => survivors.every((process) => process.state('n8') === 'failed'), 2_000)).toBe(true);
      cluster.run(3_000);
      for (const process of survivors) expect(since(process, killedUs).filter((text) => text !== 'suspect n8')).toEqual(['failed n8']);
    }
  });

  it('leaves a trace in explain: who accused, what was tried, what came back', () => {
    const cluster = new Cluster();
    const all = cluster.grow(5);
    cluster.kill(all[4]!);
    cluster.run(2_000);
    const text = all[0]!.core.explain('n5', cluster.nowUs).join('\n');
    for (const words of [
      'n5 is failed',
      'declared failed by',
      'last acked us',
      'Round trips',
      '90 %',
      'a probe was not answered; asked for us, n',
      'got no ack either',
      'accuse',
      'Lateness',
      'refuted 0 suspicions',
    ])
      expect(text).toContain(words);
    expect(all[0]!.core.explain('n1', cluster.nowUs).join('\n')).toContain('This is the node itself');
    expect(all[0]!.core.explain('nobody', cluster.nowUs)).toEqual(['nobody is not known here.']);
  });
});

describe('a member that is stopped', () => {
  it('for less than the pause tolerance is never failed at anybody', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const cluster = new Cluster({ seed });
      const all = cluster.grow(6);
      for (let i = 0; i < 4; i += 1) {
        const stopped = all[(seed + i) % 6]!;
        cluster.run(seed * 13);
        cluster.pause(stopped);
        cluster.run(580);
        cluster.resume(stopped);
        cluster.run(1_500);
      }
      for (const process of all) expect(process.events.filter(({ text }) => text.startsWith('failed'))).toEqual([]);
    }
  });

  it('for longer is failed, and alive everywhere within a second of going on, in a higher incarnation, accusing nobody itself', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const cluster = new Cluster({ seed });
      const all = cluster.grow(6);
      const stopped = all[2]!;
      const before = stopped.core.self.incarnation;
      cluster.pause(stopped);
      cluster.run(7_000);
      for (const process of all) if (process !== stopped) expect(process.state('n3')).toBe('failed');
      const resumedUs = cluster.nowUs;
      cluster.resume(stopped);
      expect(cluster.runUntil(() => cluster.agree(), 1_000)).toBe(true);
      expect(stopped.core.self.incarnation).toBeGreaterThan(before);
      cluster.run(3_000);
      expect(since(stopped, resumedUs).filter((text) => !text.startsWith('alive'))).toEqual([]);
    }
  });
});

describe('an observer that is itself slow', () => {
  it('declares nobody failed, whatever it misses, and says that it is degraded', () => {
    const cluster = new Cluster({ seed: 4 });
    const all = cluster.grow(8);
    const slow = all[0]!;
    const startUs = cluster.nowUs;
    for (let i = 0; i < 100; i += 1) {
      cluster.pause(slow);
      cluster.run(300);
      cluster.resume(slow);
      cluster.run(100);
    }
    for (const process of all) expect(since(process, startUs).filter((text) => text.startsWith('failed'))).toEqual([]);
    expect(slow.core.health).toBeGreaterThanOrEqual(3);
    expect(slow.told('self').some(({ state }) => state === 'degraded')).toBe(true);
    cluster.run(30_000);
    expect(slow.core.health).toBe(0);
    expect(slow.core.selfState).toBe('joined');
    expect(cluster.agree()).toBe(true);
  });
});

describe('links that are cut', () => {
  it('between one pair, both ways or one way, remove nobody: the others see both', () => {
    for (const oneWay of [false, true]) {
      const cluster = new Cluster({ seed: 2 });
      const all = cluster.grow(6);
      const [x, y] = [all[1]!.address, all[4]!.address];
      cluster.drop = ({ from, to }) => (from === x && to === y) || (!oneWay && from === y && to === x);
      const startUs = cluster.nowUs;
      cluster.run(60_000);
      for (const process of all) expect(since(process, startUs).filter((text) => text.startsWith('failed'))).toEqual([]);
      expect(all[1]!.core.selfState === 'isolated').toBe(false);
    }
  });

  it('so that a member sends but hears nothing: the others remove it, whatever it sends, and lose nobody by its rumours', () => {
    const cluster = new Cluster({ seed: 6 });
    const all = cluster.grow(6);
    const deaf = all[5]!;
    const others = all.slice(0, 5);
    const startUs = cluster.nowUs;
    cluster.drop = ({ to }) => to === deaf.address;
    expect(cluster.runUntil(() => others.every((process) => process.state('n6') === 'failed'), 4_000)).toBe(true);
    expect(deaf.core.selfState).toBe('isolated');
    cluster.run(30_000);
    for (const process of others) {
      expect(process.state('n6')).toBe('failed');
      const wrong = since(process, startUs).filter((text) => text.startsWith('failed') && text !== 'failed n6');
      expect(wrong).toEqual([]);
    }
    expect(cluster.agree(others)).toBe(true);
    heal(cluster);
    expect(cluster.runUntil(() => cluster.agree(), 5_000)).toBe(true);
    expect(deaf.core.selfState).not.toBe('isolated');
  });

  it('and all others with it: a node without network says that it is isolated, and comes back when the network does', () => {
    const cluster = new Cluster({ seed: 9 });
    const all = cluster.grow(5);
    const alone = all[3]!;
    split(
      cluster,
      [alone],
      all.filter((process) => process !== alone),
    );
    expect(cluster.runUntil(() => alone.core.selfState === 'isolated', 2_000)).toBe(true);
    cluster.run(20_000);
    expect(alone.core.selfState).toBe('isolated');
    heal(cluster);
    const healedUs = cluster.nowUs;
    expect(cluster.runUntil(() => cluster.agree(), 5_000)).toBe(true);
    expect(cluster.nowUs - healedUs).toBeLessThan(us(5_000));
    expect(alone.core.selfState).not.toBe('isolated');
    cluster.run(10_000);
    const states = alone.told('self').map(({ state }) => state);
    expect(states.slice(0, 2)).toEqual(['joined', 'isolated']);
    expect(states.at(-1)).toBe('joined');
  });

  it('in the middle: each half fails the other, the smaller knows that it is the minority, and after the heal all is one within 5 s with nobody suspect', () => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const cluster = new Cluster({ seed, config: lan });
      const all = cluster.grow(7);
      const [few, many] = [all.slice(0, 3), all.slice(3)];
      split(cluster, few, many);
      const apart = (): boolean =>
        few.every((p) => many.every(({ name }) => p.state(name) === 'failed')) && many.every((p) => few.every(({ name }) => p.state(name) === 'failed'));
      expect(cluster.runUntil(apart, 60_000)).toBe(true);
      for (const process of few) expect(process.core.selfState).toBe('minority');
      for (const process of many) expect(['joined', 'degraded']).toContain(process.core.selfState);
      cluster.run(seed * 2_000);
      heal(cluster);
      const healedUs = cluster.nowUs;
      expect(cluster.runUntil(() => cluster.agree(), 5_000)).toBe(true);
      cluster.run(20_000);
      for (const process of all) {
        expect(since(process, healedUs).filter((text) => !text.startsWith('alive'))).toEqual([]);
        expect(process.core.selfState).toBe('joined');
      }
    }
  });

  it('once and again, faster than anybody is declared failed, end in one view', () => {
    const cluster = new Cluster({ seed: 8 });
    const all = cluster.grow(6);
    for (let i = 0; i < 20; i += 1) {
      split(
        cluster,
        all.filter((_, k) => (k + i) % 2 === 0),
        all.filter((_, k) => (k + i) % 2 === 1),
      );
      cluster.run(450 + 50 * (i % 5));
      heal(cluster);
      cluster.run(200);
    }
    expect(cluster.runUntil(() => cluster.agree(), 5_000)).toBe(true);
  });
});

describe('lost packets', () => {
  it('of 25 in 100 make nobody failed in a minute, n = 32, and a death is still seen', () => {
    const cluster = new Cluster({ seed: 5, config: lan });
    const all = cluster.grow(32);
    const startUs = cluster.nowUs;
    cluster.net.lossPerMille = 250;
    cluster.run(60_000);
    for (const process of all) expect(since(process, startUs).filter((text) => text.startsWith('failed'))).toEqual([]);
    cluster.kill(all[31]!);
    expect(cluster.runUntil(() => all.slice(0, 31).every((process) => process.state('n32') === 'failed'), 30_000)).toBe(true);
  });
});

describe('an idle cluster', () => {
  it('sends probes and, per safety-net period, one exchange per node, and no gossip at all', () => {
    const cluster = new Cluster();
    cluster.grow(8);
    cluster.record = true;
    cluster.run(20_000);
    const kinds = new Map<number, number>();
    for (const { message } of cluster.packets) kinds.set(message.kind, (kinds.get(message.kind) ?? 0) + 1);
    expect([...kinds.keys()].sort((a, b) => a - b)).toEqual([Kind.ping, Kind.ack, Kind.syncRequest, Kind.syncReply]);
    expect(kinds.get(Kind.ping)! / 8 / 20).toBeCloseTo(5, 0);
    expect(kinds.get(Kind.syncRequest)! / 8).toBeLessThanOrEqual(2 * 3);
    for (const { message } of cluster.packets) if ('updates' in message) expect(message.updates).toEqual([]);
  });

  it('spends no more than 275 IP bytes per node and second at the lan preset, n = 32, names of four characters', () => {
    const cluster = new Cluster({ config: lan });
    const first = cluster.start('n001', []);
    for (let i = 2; i <= 32; i += 1) cluster.start(`n${String(i).padStart(3, '0')}`, [first.address]);
    cluster.run(10_000);
    expect(cluster.agree()).toBe(true);
    const [sent, bytes] = [cluster.sent, cluster.bytes];
    cluster.run(60_000);
    expect((cluster.bytes - bytes + 28 * (cluster.sent - sent)) / 32 / 60).toBeLessThan(275);
  });
});

describe('news', () => {
  it('of many deaths at once is pushed in at most `fanout` packets per 10 ms and node', () => {
    const cluster = new Cluster({ seed: 3 });
    const all = cluster.grow(40);
    for (const process of all.slice(20)) cluster.kill(process);
    cluster.record = true;
    cluster.run(5_000);
    for (const process of all.slice(0, 20)) {
      expect([...process.core.members.values()].filter(({ state }) => state === 'failed').length).toBe(20);
      const pushes = cluster.packets.filter(
        ({ from, message }) => from === process.address && message.kind === Kind.gossip && !message.answer && message.updates.length > 0,
      );
      const moments = [...new Set(pushes.filter(({ message }) => !isDirect(message)).map(({ atUs }) => atUs))];
      const perMoment = moments.map((atUs) => pushes.filter((packet) => packet.atUs === atUs && !isDirect(packet.message)).length);
      expect(Math.max(...perMoment)).toBeLessThanOrEqual(4); // one more where a suspect is told directly in the same moment
      expect(pushes.length).toBeLessThan(600); // by far below one push per death and member
    }
  });

  it('of tags reaches all, the last value everywhere, and never goes back', () => {
    const cluster = new Cluster({ seed: 7 });
    const all = cluster.grow(10);
    for (let i = 1; i <= 50; i += 1) {
      all[4]!.core.setTags({ version: String(i) }, cluster.nowUs);
      cluster.run(20);
    }
    expect(cluster.runUntil(() => all.every((process) => process.core.members.get('n5')!.tags['version'] === '50'), 1_000)).toBe(true);
    for (const process of all) {
      const seen = process.changes.flatMap(({ change }) =>
        change.type === 'member' && change.after.name === 'n5' ? [Number(change.after.tags['version'] ?? 0)] : [],
      );
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    }
  });
});

const isDirect = (message: { kind: number; updates?: readonly unknown[] }): boolean => message.kind === Kind.gossip && message.updates?.length === 1;

describe('a run', () => {
  it('is the same again with the same seed', () => {
    const log = (): string => {
      const cluster = new Cluster({ seed: 11, net: { lossPerMille: 100 } });
      cluster.record = true;
      const all = cluster.grow(6);
      cluster.kill(all[2]!);
      cluster.run(5_000);
      return JSON.stringify([cluster.packets.map(({ atUs, from, to, message }) => [atUs, from, to, message.kind]), all.map(({ events }) => events)]);
    };
    expect(log()).toBe(log());
  });
});
