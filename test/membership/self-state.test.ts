import { describe, expect, it } from 'vitest';
import { Cluster, type Process, lan } from '../../sim/schedules/membership-cluster.ts';
import { Lone, addressOf, claim, gossip } from '../support/membership-lone.ts';

describe('the state of ourselves', () => {
  it('is told on each change, with the reasons', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    node.receive('b', gossip('b', ...['c', 'd', 'e'].map((name) => claim(name, { state: 'failed', accusers: ['b'] }))));
    expect(node.changes.filter(({ type }) => type === 'self')).toEqual([
      { type: 'self', state: 'minority', reasons: ['3 members are held failed, 2 are running, ourselves included'] },
    ]);
    node.receive('d', gossip('d', claim('d', { incarnation: 1_001 })));
    expect(node.core.selfState).toBe('joined');
    node.receive('b', gossip('b', claim('d', { state: 'failed', incarnation: 1_001, accusers: ['b'] }), claim('b', { state: 'failed', accusers: ['d'] })));
    expect(node.core.selfState).toBe('isolated');
  });

  it('is isolated when no member is heard any more, before any of them is declared failed', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.pass(590);
    expect(node.core.health).toBeGreaterThan(0); // it doubts itself first
    node.pass(400);
    expect(node.core.selfState).toBe('isolated');
    expect(node.events.filter((event) => event.startsWith('failed'))).toEqual([]);
    expect(node.changes.findLast(({ type }) => type === 'self')).toMatchObject({
      state: 'isolated',
      reasons: [expect.stringContaining('no member was heard')],
    });
    node.passQuietly(1_000);
    expect(node.core.selfState).not.toBe('isolated');
  });

  it('is isolated at once when the system cannot send to three members, and nobody is heard meanwhile', () => {
    for (const heard of [false, true]) {
      const node = new Lone(['b', 'c', 'd', 'e', 'f']);
      for (const name of ['b', 'c', 'd']) node.core.sendFailed(addressOf(name), 'unreachable', node.nowUs);
      expect(node.core.selfState).toBe('joined'); // one moment is no state
      if (heard) node.receive('e', gossip('e'));
      node.pass(210);
      expect(node.core.selfState).toBe(heard ? 'joined' : 'isolated');
      node.receive('f', gossip('f'));
      expect(node.core.selfState).toBe('joined');
    }
  });

  it('is degraded while a quarter of the acked probes needed a second try, and well when hardly any does', () => {
    const cluster = new Cluster({ config: lan });
    const all = cluster.grow(8);
    const lose = (process: Process): boolean => process.core.explain(process.name, cluster.nowUs).join().includes('packets are lost');
    cluster.run(30_000);
    expect(all.some(lose)).toBe(false);
    cluster.net.lossPerMille = 250;
    cluster.run(30_000);
    for (const process of all) {
      expect(process.core.selfState).toBe('degraded');
      expect(lose(process)).toBe(true);
    }
    cluster.net.lossPerMille = 0;
    cluster.run(60_000);
    for (const process of all) expect(process.core.selfState).toBe('joined');
  });

  it('is explained with its reasons, the lateness of its timers and the limits that were reached', () => {
    const node = new Lone(['b'], { membersMax: 3 });
    node.receive('b', gossip('b', claim('c'), claim('d'), claim('e', { state: 'failed' })));
    node.receive('b', gossip('b', claim('c', { state: 'failed', accusers: ['b'] }), claim('b', { state: 'failed', accusers: ['c'] })));
    node.core.advance(node.core.nextDeadlineUs + 77_000);
    const text = node.core.explain('a', node.nowUs).join('\n');
    for (const words of ['calls itself isolated: all 2 other members are held failed', '77 ms late', "'members' was reached 1 times"])
      expect(text).toContain(words);
  });
});
