import { describe, expect, it } from 'vitest';
import { SilenceWatch } from '../../src/silence-watch.ts';
import { Kind } from '../../src/membership/messages.ts';
import type { Ack, MembershipMessage, Ping } from '../../src/membership/messages.ts';
import { Cluster } from '../../sim/schedules/membership-cluster.ts';
import { Lone, addressOf, bootOf, claim, gossip, header } from '../support/membership-lone.ts';

const pingFrom = (name: string, boot = bootOf(name)): Ping => ({ kind: Kind.ping, ...header(name, { boot, seq: 9 }), target: 'a', updates: [] });
const lastAck = (node: Lone): Ack => node.sent.findLast(({ message }) => message.kind === Kind.ack)!.message as Ack;

describe('strangers', () => {
  it('are answered without news: it is for members, and a forged ping draws no more than it weighs', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.receive('b', gossip('b', claim('x', { tags: { text: 'x'.repeat(400) } }))); // something to tell
    node.core.receive('203.0.113.7:1', pingFrom('stranger'), node.nowUs);
    expect(lastAck(node).updates).toEqual([]);
    node.core.receive('203.0.113.7:1', pingFrom('c'), node.nowUs); // a member's name, from somewhere else
    expect(lastAck(node).updates).toEqual([]);
    node.core.receive(addressOf('c'), pingFrom('c'), node.nowUs);
    expect(lastAck(node).updates.map(({ name }) => name)).toEqual(['x']);
  });

  it('are not relayed for, and a member that asks for an hour gets what a probe can take', () => {
    const node = new Lone(['b', 'c']);
    const request = (from: string): MembershipMessage => ({
      kind: Kind.pingReq,
      ...header(from, { seq: 77 }),
      target: 'b',
      targetBoot: bootOf('b'),
      timeoutMs: 0xffff,
      updates: [],
    });
    node.receive('stranger', request('stranger'));
    expect(node.sent).toEqual([]);
    expect(node.core.counters['relay.stranger']).toBe(1);
    node.receive('c', request('c'));
    node.passQuietly(1_500, 'b');
    expect(node.log).toContain('nack silent -> c');
  });

  it('that the system cannot send to are not kept: only members say something about us', () => {
    const node = new Lone(['b', 'c', 'd', 'e', 'f']);
    for (let i = 1; i <= 5; i += 1) node.core.sendFailed(`203.0.113.${i}:1`, 'unreachable', node.nowUs);
    for (const name of ['b', 'c', 'd']) node.core.sendFailed(addressOf(name), 'unreachable', node.nowUs);
    node.pass(210);
    expect(node.changes.findLast(({ type }) => type === 'self')).toMatchObject({ state: 'isolated', reasons: [expect.stringContaining(' 3 addresses')] });
  });
});

describe('the dead', () => {
  it('that the system cannot send to say nothing about us either', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    node.receive('c', gossip('c', claim('b', { state: 'failed' })));
    let asked = 0;
    node.pass(10_000, (to, message) => {
      if (message.kind !== Kind.ping) return;
      if (to !== addressOf('b')) return node.ack(message);
      asked += 1;
      node.core.sendFailed(to, 'unreachable', node.nowUs);
    });
    expect(asked).toBeGreaterThan(20);
    expect(node.core.health).toBe(0);
    expect(node.core.selfState).toBe('joined');
  });

  it('make room for the living: the longest dead is forgotten when the table is full', () => {
    const node = new Lone(['b', 'c'], { membersMax: 6 });
    for (const name of ['p', 'q', 'r']) {
      node.pass(10);
      node.receive('b', gossip('b', claim(name)));
      node.receive('b', gossip('b', claim(name, { state: 'failed' })));
    }
    node.forget();
    for (const name of ['s', 't']) node.receive('b', gossip('b', claim(name)));
    expect(node.changes.flatMap((change) => (change.type === 'forgotten' ? [change.member.name] : []))).toEqual(['p', 'q']);
    expect([...node.core.members.keys()].sort()).toEqual(['a', 'b', 'c', 'r', 's', 't']);
    node.receive('b', gossip('b', claim('u')));
    node.receive('b', gossip('b', claim('v')));
    expect(node.state('u')).toBe('alive');
    expect(node.state('v')).toBeUndefined(); // nobody is dead any more
    expect(node.core.counters['members.limit']).toBe(1);
  });

  it('that are forgotten are no silent members any more', () => {
    const told: string[] = [];
    const watch = new SilenceWatch(
      () => () => {},
      (call) => call(),
    );
    const node = new Lone(['b', 'c']);
    node.receive('c', gossip('c', claim('b', { state: 'failed' })));
    const member = node.core.members.get('b')!;
    watch.note(member, 0);
    watch.add(0, ({ member: { name }, silent }) => told.push(`${name} ${silent}`), 0);
    watch.forget('b');
    watch.add(0, ({ member: { name }, silent }) => told.push(`later ${name} ${silent}`), 0);
    watch.note({ ...member, state: 'alive' }, 5);
    expect(told).toEqual(['b true']);
  });

  it('leave no link behind: of a member that comes back a broken one is warned of again', () => {
    const node = new Lone(['b', 'c', 'd']);
    const warned = (): number => node.changes.filter((change) => change.type === 'warning' && change.code === 'one-way-link').length;
    const reachedByOthersOnly = (ms: number): void =>
      node.pass(ms, (to, message) => {
        if (message.kind === Kind.ping && to !== addressOf('b')) node.ack(message);
        if (message.kind === Kind.pingReq && message.target === 'b') {
          const relay = to === addressOf('c') ? 'c' : 'd';
          node.receive(relay, { kind: Kind.ack, ...header(relay, { seq: message.seq }), answered: message.targetBoot, updates: [] });
        }
      });
    reachedByOthersOnly(5_000);
    expect(warned()).toBe(1);
    node.receive('c', gossip('c', claim('b', { boot: bootOf('b') + 1, incarnation: 2_000 })));
    reachedByOthersOnly(5_000);
    expect(warned()).toBe(2);
  });
});

describe('one name, two living', () => {
  it('goes to the one that others know, also where the second found nobody at first and went on alone', () => {
    const cluster = new Cluster();
    const all = cluster.grow(5);
    const healthy = all[1]!;
    let isApart = true;
    cluster.drop = ({ from, to }) => isApart && [from, to].some((address) => address === '127.0.0.1:19999');
    const second = cluster.start('n2', [all[3]!.address], { address: '127.0.0.1:19999', incarnation: 9_000_000_000_000 });
    cluster.run(5_000);
    expect(second.told('accepted')).toEqual([{ type: 'accepted', by: null }]);
    isApart = false;
    cluster.run(20_000);
    expect(second.told('rival')).toMatchObject([{ gaveUp: true }]);
    expect(second.core.selfState).toBe('left');
    for (const observer of all) expect(observer.core.members.get('n2')).toMatchObject({ boot: healthy.boot, state: 'alive' });
    expect(healthy.told('rival')).toEqual([]);
  });

  it('is looked into anew after a leave: whoever was being asked then is asked no more', () => {
    const node = new Lone(['b', 'c']);
    const asks = (): void => node.receive('b', gossip('b', claim('a', { boot: 99, incarnation: 90_000, address: '10.9.9.9:1' })));
    asks();
    expect(node.pings.filter(({ target }) => target === 'a')).toHaveLength(1);
    node.core.leave(node.nowUs);
    node.passQuietly(2_000);
    node.core.join([addressOf('b')], node.nowUs);
    node.pass(2_000);
    node.forget();
    asks();
    expect(node.pings.filter(({ target }) => target === 'a')).toHaveLength(1);
  });
});
