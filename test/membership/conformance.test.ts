import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/membership/messages.ts';
import { mergeClaims, overrides } from '../../src/membership/claim.ts';
import { Suspicion } from '../../src/membership/suspicion.ts';
import { Cluster, type Process, lan, loopback } from '../../sim/schedules/membership-cluster.ts';
import { M, S, T, accuse, failures, forget, grown, incarnationOf, ms, sides, texts } from '../support/membership-grown.ts';
import { anyClaim } from './arbitraries.ts';

/** The longest pause between two tries of a seed, in probe periods (docs/limits.md). */
const BACKOFF_MAX_PERIODS = 20;

/** The longest between two probes of `name`, in milliseconds. */
function longest(probes: readonly { readonly target: string; readonly atUs: number }[], name: string): number {
  const at = probes.filter(({ target }) => target === name).map(({ atUs }) => ms(atUs));
  return Math.max(...at.slice(1).map((later, i) => later - at[i]!));
}

/**
 * What users of any SWIM may expect, scenario by scenario, by the numbers used in the literature we
 * compared: here those of detecting and healing, 16 to 29 in conformance-life.test.ts. Of others 24 is in ../node/members.test.ts and
 * 25 in ../transport/hostile.test.ts.
 */
describe('conformance', () => {
  it('1, fair probing: in every second turn the next on the ring, in the others everybody once in each round, and nobody waits for two', () => {
    const { cluster, all } = grown(7);
    cluster.record = true;
    cluster.packets.length = 0;
    cluster.run(60 * T);
    const watched: string[] = [];
    for (const prober of all) {
      const asked = cluster.packets.flatMap(({ from, message, atUs }) =>
        from === prober.address && message.kind === Kind.ping ? [{ target: message.target, atUs }] : [],
      );
      const [even, odd] = [0, 1].map((parity) => asked.filter((_, i) => i % 2 === parity).map(({ target }) => target)) as [string[], string[]];
      const [ring, round] = new Set(even).size === 1 ? [even, odd] : [odd, even];
      expect(new Set(ring).size).toBe(1);
      watched.push(ring[0]!);
      const rounds = Math.floor(round.length / 6) - 1;
      expect(rounds).toBeGreaterThanOrEqual(3);
      for (const { name } of all) {
        if (name === prober.name) continue;
        const turns = round.flatMap((target, i) => (target === name ? [i] : []));
        expect(turns.length).toBeGreaterThanOrEqual(rounds);
        for (let i = 1; i < turns.length; i += 1) expect(turns[i]! - turns[i - 1]!).toBeLessThanOrEqual(2 * 6 - 1);
        expect(longest(asked, name)).toBeLessThan((2 * (2 * 6 - 1) + 0.5) * T);
      }
    }
    const everybodys = cluster.packets.flatMap(({ message, atUs }) => (message.kind === Kind.ping ? [{ target: message.target, atUs }] : []));
    for (const { name } of all) expect(longest(everybodys, name)).toBeLessThan(2.5 * T);
    expect(watched.sort()).toEqual(all.map(({ name }) => name).sort()); // each by one, and all of them
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
        const suspectedUs = survivor.events.find(({ text }) => text === `suspect ${all[4]!.name}`)!.atUs;
        // The next on the ring asks within two periods; its direct probe and its relays take three timeouts.
        expect(ms(suspectedUs - diedUs)).toBeLessThan(2.2 * T + 3 * ms(loopback.directTimeoutMaxUs));
        // All others look for themselves at once, so that it ends at the floor and not at the ceiling.
        expect(ms(failed[0]!.atUs - suspectedUs)).toBeLessThan(S + 2 * ms(loopback.gossipTickUs));
      }
    }
  });

  it('3, refutation: who is accused says so within a round trip, and nobody is lost', () => {
    const { cluster, all } = grown(5);
    const [first, accuser, accused] = all as [Process, Process, Process];
    const { incarnation } = accused.core.members.get(accused.name)!;
    accuse(cluster, accuser, first, accused, incarnation);
    expect(cluster.runUntil(() => incarnationOf(accused) === incarnation + 1, 2 * T)).toBe(true);
    expect(accused.core.health).toBe(1); // it gave cause for it
    expect(cluster.runUntil(() => accused.core.health === 0, 2 * T)).toBe(true); // the next ack
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

  property.prop([fc.array(anyClaim, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat())], { numRuns: 10_000 })(
    '6, order: any news about one name, in any order and however often, ends at the strongest',
    (claims, dice) => {
      const shuffled = [...claims, ...claims]
        .map((claim) => ({ claim, at: dice.next().value }))
        .sort((a, b) => a.at - b.at)
        .map(({ claim }) => claim);
      const last = shuffled.reduce((held, heard) => mergeClaims(held, heard));
      expect(claims.filter((claim) => overrides(claim, last))).toEqual([]);
      expect(last).toEqual(claims.reduce((held, heard) => mergeClaims(held, heard)));
    },
  );

  it('7, dogpile: with k = 3, S = 2 s and M = 30 s confirmations by others at 2, 3 and 4 s end it at 4 s, those of the same one never', () => {
    const seconds = (s: number): number => s * 1_000_000;
    const fires = (accusers: readonly string[]): number => {
      const suspicion = new Suspicion(0, 3, seconds(2), seconds(30), ['n1']);
      for (const [i, name] of accusers.entries()) {
        const atUs = seconds(2 + i);
        if (suspicion.deadlineUs <= atUs) break;
        suspicion.confirm([name]);
      }
      return suspicion.deadlineUs;
    };
    expect(Math.max(seconds(4), fires(['n2', 'n3', 'n4']))).toBe(seconds(4));
    expect(fires(['n2', 'n2', 'n2'])).toBe(fires(['n2']));
    expect(fires(['n1', 'n1', 'n1'])).toBe(seconds(30));
  });

  it('8, slow accuser: who is blocked for 300 ms in every 400 ms fails nobody in a minute, doubts itself, and is well half a minute later', () => {
    const { cluster, all } = grown(8, 4);
    const slow = all[0]!;
    for (let i = 0; i < 150; i += 1) {
      cluster.pause(slow);
      cluster.run(300);
      cluster.resume(slow);
      cluster.run(100);
      if (i >= 10) expect(slow.core.health).toBeGreaterThanOrEqual(3);
    }
    expect(failures(all)).toEqual([]);
    cluster.run(30_000);
    expect(slow.core.health).toBe(0);
    expect(cluster.agree()).toBe(true);
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
    const before = incarnationOf(stopped);
    cluster.resume(stopped);
    expect(cluster.runUntil(() => all.every((observer) => observer.state(stopped.name) === 'alive'), 1_000)).toBe(true);
    expect(incarnationOf(stopped)).toBe(before + 1);
    cluster.run(M);
    expect(failures([stopped])).toEqual([]);
  });

  it.each(['both ways', 'one way', 'the other way'])(
    '10, one broken pair, %s: for ten minutes nobody is lost, no suspicion lasts for S, and both ends say so',
    (way) => {
      const { cluster, all } = grown(6, 2);
      const [x, y] = [all[1]!, all[4]!];
      cluster.drop = ({ from, to }) =>
        (way !== 'the other way' && from === x.address && to === y.address) || (way !== 'one way' && from === y.address && to === x.address);
      cluster.run(600_000);
      expect(failures(all)).toEqual([]);
      for (const observer of all) {
        const since = new Map<string, number>();
        for (const { atUs, text } of observer.events) {
          const [state, name] = text.split(' ') as [string, string];
          if (state === 'suspect') since.set(name, atUs);
          else if (since.has(name)) {
            expect(ms(atUs - since.get(name)!)).toBeLessThan(S);
            since.delete(name);
          }
        }
        for (const atUs of since.values()) expect(ms(cluster.nowUs - atUs)).toBeLessThan(S);
      }
      for (const end of [x, y]) expect(end.told('warning').map(({ code }) => code)).toEqual(['one-way-link']);
    },
  );

  it('10, a link that comes and goes is warned of once a minute', () => {
    const { cluster, all } = grown(6, 2);
    const [x, y] = [all[1]!, all[4]!];
    for (let times = 0; times < 8; times += 1) {
      cluster.drop = ({ from, to }) => (from === x.address && to === y.address) || (from === y.address && to === x.address);
      cluster.run(20_000);
      cluster.drop = () => false;
      cluster.run(5_000);
    }
    for (const end of [x, y]) {
      const told = end.told('warning').length;
      expect(told).toBeGreaterThanOrEqual(2);
      expect(told).toBeLessThanOrEqual(4);
    }
  });

  it('11, deaf: who hears nothing is found out, knows that it is the one, and costs nobody else its membership', () => {
    const { cluster, all } = grown(6);
    const deaf = all[5]!;
    cluster.drop = ({ to }) => to === deaf.address;
    cluster.run((2 * 5 + 1) * T + M);
    const others = all.slice(0, 5);
    expect(others.every((observer) => observer.state(deaf.name) === 'failed')).toBe(true);
    expect(deaf.core.selfState).toBe('isolated');
    expect(deaf.core.health).toBe(8);
    forget(all);
    cluster.run(30_000);
    expect(failures(others)).toEqual([]);
  });

  it('13, a split into halves for 10 M heals within five seconds on lan timings, and nobody is lost again', () => {
    for (const seed of [1, 2, 3]) {
      const { cluster, all } = grown(6, seed, { config: lan });
      for (const { core } of all) core.join([], cluster.nowUs); // no seeds: by looking for the failed alone
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
    for (const { core } of all) core.join([], cluster.nowUs); // no seeds: by looking for the failed alone
    const lone = all[3]!;
    cluster.drop = ({ from, to }) => from === lone.address || to === lone.address;
    cluster.run(60_000);
    expect(lone.core.selfState).toBe('isolated');
    cluster.drop = () => false;
    expect(cluster.runUntil(() => cluster.agree(), 2 * T + 1_000)).toBe(true);
  });

  it('15, the same when it has forgotten them: by its seeds, within the longest pause between two tries', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const cluster = new Cluster({ seed, config: { retentionUs: 5_000_000 } });
      const all = cluster.grow(4);
      const lone = all[3]!;
      cluster.drop = ({ from, to }) => from === lone.address || to === lone.address;
      cluster.run(120_000);
      expect(lone.core.members.size).toBe(1);
      cluster.drop = () => false;
      expect(cluster.runUntil(() => cluster.agree(), BACKOFF_MAX_PERIODS * T * 1.25 + T)).toBe(true);
    }
  });
});
