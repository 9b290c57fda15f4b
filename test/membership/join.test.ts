import { describe, expect, it } from 'vitest';
import { us } from '../../src/core/time.ts';
import { Kind } from '../../src/membership/messages.ts';
import { Cluster, words } from '../../sim/schedules/membership-cluster.ts';
import { Lone, addressOf, bootOf, claim, header } from '../support/membership-lone.ts';

describe('joining', () => {
  it('is, in messages: ask, get a token, ask with it, get the page; then everybody is told', () => {
    const cluster = new Cluster();
    const n1 = cluster.start('n1', []);
    cluster.run(1_000);
    cluster.record = true;
    const n2 = cluster.start('n2', [n1.address]);
    cluster.runUntil(() => n2.joined && n1.state('n2') === 'alive', 100);
    expect(cluster.packets.slice(0, 4).map(({ from, message }) => `${from === n1.address ? 'n1' : 'n2'}: ${words(message)}`)).toEqual([
      'n2: syncRequest',
      'n1: syncReply token',
      'n2: syncRequest',
      'n1: syncReply page {alive n1}',
    ]);
    expect(n2.told('accepted')).toEqual([{ type: 'accepted', by: 'n1' }]);
    expect(n2.core.selfState).toBe('joined');
  });

  it('makes a newcomer known to all within a few round trips', () => {
    const cluster = new Cluster({ seed: 3 });
    const [first] = cluster.grow(12);
    const sinceUs = cluster.nowUs;
    cluster.start('new', [first!.address]);
    expect(cluster.runUntil(() => cluster.agree(), 1_000)).toBe(true);
    expect(cluster.nowUs - sinceUs).toBeLessThan(us(60));
  });

  it('without a seed, or with none but ourselves, is done at once: we are the first', () => {
    for (const seeds of [[], [addressOf('a')], [addressOf('a'), addressOf('a')]]) {
      const node = new Lone([], {}, false);
      expect(node.core.selfState).toBe('joining');
      node.core.join(seeds, node.nowUs);
      expect(node.log).toEqual(['accepted', 'self joined']);
      expect(node.changes[0]).toEqual({ type: 'accepted', by: null });
    }
  });

  it('finds out that a seed is ourselves under another address', () => {
    const node = new Lone([], {}, false);
    node.core.join(['192.0.2.1:7946'], node.nowUs);
    const request = node.sent[0]!.message;
    node.core.receive('192.0.2.9:7946', request, node.nowUs);
    expect(node.log.slice(1)).toEqual(['accepted', 'self joined']);
    node.pass(60_000);
    expect(node.sent.length).toBe(1);
  });

  it('never blocks: when no seed answers for 300 ms we go on alone, and go on asking with backoff for ever', () => {
    const node = new Lone(['b'], {}, false);
    node.core.join([addressOf('b')], node.nowUs);
    node.passUs(299_999);
    expect(node.log.every((line) => line === 'syncRequest -> b')).toBe(true);
    node.passUs(1);
    expect(node.changes[0]).toEqual({ type: 'accepted', by: null });
    node.pass(60_000);
    node.forget();
    node.pass(3_600_000);
    const tries = node.sent.filter(({ message }) => message.kind === Kind.syncRequest).length / 3;
    expect(tries).toBeGreaterThan(600); // every 4 s or so
    expect(tries).toBeLessThan(1_200);
  });

  it('succeeds as soon as the seed is there', () => {
    const cluster = new Cluster();
    const n2 = cluster.start('n2', ['127.0.0.1:9999']);
    const n3 = cluster.start('n3', ['127.0.0.1:9999']);
    cluster.run(10_000);
    expect(n2.told('accepted')).toEqual([{ type: 'accepted', by: null }]);
    const n1 = cluster.start('n1', [], { address: '127.0.0.1:9999' });
    const sinceUs = cluster.nowUs;
    expect(cluster.runUntil(() => cluster.agree([n1, n2, n3]), 10_000)).toBe(true);
    expect(cluster.nowUs - sinceUs).toBeLessThan(us(5_200)); // one backoff at its longest
    expect(n2.told('accepted').length).toBe(1);
  });

  it('joins halves that started apart, by a seed that neither of them is in touch with', () => {
    const cluster = new Cluster();
    const left = cluster.start('n1', ['127.0.0.1:10003']);
    cluster.start('n2', [left.address]);
    cluster.drop = ({ from, to }) =>
      [from, to].some((a) => a.endsWith('10003') || a.endsWith('10004')) && [from, to].some((a) => a.endsWith('10001') || a.endsWith('10002'));
    const right = cluster.start('n3', []);
    cluster.start('n4', [right.address]);
    cluster.run(5_000);
    expect(left.core.members.size).toBe(2);
    cluster.drop = () => false;
    expect(cluster.runUntil(() => cluster.agree(), 6_000)).toBe(true);
  });

  it('is possible through any member, with loss and duplication on the way', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const cluster = new Cluster({ seed, net: { duplicatePerMille: 100 } });
      const all = cluster.grow(6);
      cluster.net.lossPerMille = 200;
      cluster.start('new', [all[seed % 6]!.address]);
      expect(cluster.runUntil(() => all.every((process) => process.state('new') === 'alive'), 5_000)).toBe(true);
    }
  });

  it('starts of many at once end in one cluster', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const cluster = new Cluster({ seed });
      const seeds = Array.from({ length: 9 }, (_, i) => `127.0.0.1:${10_001 + i}`);
      for (let i = 1; i <= 9; i += 1) cluster.start(`n${i}`, seeds);
      expect(cluster.runUntil(() => cluster.agree(), 2_000)).toBe(true);
    }
  });

  it('keeps no more seeds than the limit', () => {
    const node = new Lone([], {}, false);
    node.core.join(
      Array.from({ length: 70 }, (_, i) => `10.1.0.${i + 1}:1`),
      node.nowUs,
    );
    expect(node.sent.length).toBe(64);
    expect(node.core.counters['seeds.limit']).toBe(6);
  });
});

describe('a restarted process', () => {
  it('is alive everywhere within a second, under a new port, while all still hold its former life alive', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const cluster = new Cluster({ seed });
      const all = cluster.grow(8);
      cluster.kill(all[7]!);
      const sinceUs = cluster.nowUs;
      const again = cluster.start('n8', [all[0]!.address]);
      expect(cluster.runUntil(() => cluster.agree(), 5_000)).toBe(true);
      expect(cluster.nowUs - sinceUs).toBeLessThan(us(500));
      expect(again.told('refused')).toEqual([]);
    }
  });

  it('at its old address is in at once: the request itself shows who runs there now', () => {
    const cluster = new Cluster();
    const all = cluster.grow(5);
    cluster.kill(all[4]!);
    const sinceUs = cluster.nowUs;
    cluster.start('n5', [all[0]!.address], { address: all[4]!.address });
    expect(cluster.runUntil(() => cluster.agree(), 1_000)).toBe(true);
    expect(cluster.nowUs - sinceUs).toBeLessThan(us(20));
  });

  it.each(['alive', 'failed'] as const)('wins over a former life held %s whose clock was ahead: an incarnation is no fixed birth date', (held) => {
    const cluster = new Cluster();
    const all = cluster.grow(5);
    cluster.kill(all[4]!);
    if (held === 'failed') cluster.runUntil(() => all[0]!.state('n5') === 'failed', 5_000);
    const again = cluster.start('n5', [all[0]!.address], { incarnation: 1_000 }); // 1970: no clock in this machine
    expect(cluster.runUntil(() => cluster.agree(), 1_000)).toBe(true);
    expect(again.core.self.incarnation).toBeGreaterThan(all[4]!.core.self.incarnation);
    expect(again.told('rival')).toEqual([]);
  });

  it('outbids a tombstone of its own that only the seed remembers', () => {
    const cluster = new Cluster();
    const all = cluster.grow(3);
    cluster.inject('10.9.9.9:1', all[0]!.address, {
      kind: Kind.gossip,
      ...header('x'),
      answer: false,
      updates: [claim('n9', { state: 'failed', incarnation: 2 ** 45 })],
    });
    cluster.run(10);
    const n9 = cluster.start('n9', [all[0]!.address]);
    expect(cluster.runUntil(() => cluster.agree(), 1_000)).toBe(true);
    expect(n9.core.self.incarnation).toBe(2 ** 45 + 1);
  });

  it('without any seed is found by those that look for it', () => {
    for (const clock of [undefined, 1_000]) {
      const cluster = new Cluster();
      const all = cluster.grow(5);
      cluster.kill(all[0]!);
      cluster.run(1_500);
      cluster.start('n1', [], { address: all[0]!.address, ...(clock === undefined ? {} : { incarnation: clock }) });
      expect(cluster.runUntil(() => cluster.agree(), 3_000)).toBe(true);
    }
  });

  it('is no exception when all restart at once, in whatever order: nobody stays dead', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const cluster = new Cluster({ seed });
      const old = [...cluster.grow(5)];
      const order = old.map((process, i) => ({ process, at: (seed * 7_919 * (i + 1)) % 13 })).sort((a, b) => a.at - b.at);
      for (const { process } of order) {
        cluster.kill(process);
        cluster.run(seed * 4);
        cluster.start(process.name, [old[0]!.address, old[1]!.address], { address: process.address, incarnation: seed % 2 === 0 ? 5 : 2 ** 44 + seed });
      }
      expect(cluster.runUntil(() => cluster.agree(), 6_000)).toBe(true);
    }
  });
});

describe('two processes under one name', () => {
  it('the second is refused with the first one`s address, and nobody notices anything', () => {
    for (const seedOf of ['n3', 'n2']) {
      const cluster = new Cluster();
      const all = cluster.grow(5);
      const before = all.map((process) => process.changes.length);
      const second = cluster.start('n2', [all.find(({ name }) => name === seedOf)!.address], { incarnation: 2 ** 44 });
      cluster.run(5_000);
      expect(second.changes.map(({ change }) => change)).toMatchObject([
        { type: 'refused', by: seedOf, rival: all[1]!.address },
        { type: 'self', state: 'left' },
      ]);
      expect(second.core.nextDeadlineUs).toBe(Infinity);
      expect(all.map((process) => process.changes.length)).toEqual(before);
      expect(cluster.agree(all)).toBe(true);
    }
  });

  it('a restless second one costs one check per probe period, not one per request', () => {
    const cluster = new Cluster();
    const all = cluster.grow(5);
    for (let i = 0; i < 20; i += 1) cluster.start('n2', [all[0]!.address]);
    cluster.run(180);
    expect(all[0]!.core.counters['admission.check']).toBe(1);
    expect(cluster.processes.filter((process) => process.told('refused').length === 1).length).toBe(20);
  });

  it('while the check runs the newcomer is told to wait, and nothing of it is merged', () => {
    const node = new Lone(['b', 'c']);
    const request = (token: number) =>
      ({
        kind: Kind.syncRequest,
        ...header('b', { boot: 5, incarnation: 9_000, seq: 3 }),
        token,
        offer: 1,
        after: '',
        buckets: new Uint8Array(64),
        claim: claim('b', { boot: 5, incarnation: 9_000, address: addressOf('z') }),
      }) as const;
    node.receive('z', request(0));
    const { token } = node.sent[0]!.message as { token: number };
    node.receive('z', request(token));
    expect(node.log).toEqual(['syncReply token -> z', 'ping b -> b', 'syncReply pending -> z']);
    expect(node.core.members.get('b')!.boot).toBe(bootOf('b'));
    node.receive('z', request(token));
    expect(node.log.at(-1)).toBe('syncReply pending -> z');
    expect(node.pings.length).toBe(1);
    node.ack(node.pings[0]!);
    expect(node.log.at(-1)).toBe('syncReply refused {alive b} -> z');
    expect(node.events).toEqual([]);
  });

  it('both established in two halves: when these meet, the higher claim keeps the name and the other falls silent', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const cluster = new Cluster({ seed });
      const all = cluster.grow(6);
      const low = cluster.start('twin', []);
      const side = new Set([...all.slice(3).map(({ address }) => address)]);
      cluster.drop = ({ from, to }) => side.has(from) !== side.has(to);
      cluster.run(4_000); // the halves hold each other failed
      low.core.join([all[0]!.address], cluster.nowUs);
      cluster.runUntil(() => all[0]!.state('twin') === 'alive', 2_000);
      const high = cluster.start('twin', [all[4]!.address]);
      side.add(high.address);
      cluster.runUntil(() => all[4]!.state('twin') === 'alive', 2_000);
      cluster.drop = () => false;
      expect(cluster.runUntil(() => cluster.agree([...all, high]), 8_000)).toBe(true);
      cluster.run(5_000);
      expect(low.told('rival').at(-1)).toMatchObject({ gaveUp: true, address: high.address });
      expect(high.told('rival').filter(({ gaveUp }) => gaveUp)).toEqual([]);
      for (const process of all) expect(process.core.members.get('twin')).toMatchObject({ state: 'alive', boot: high.boot });
    }
  });
});
