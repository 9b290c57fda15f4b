import { describe, expect, it } from 'vitest';
import { us } from '../../src/core/time.ts';
import { OPEN_RELAYS_MAX } from '../../src/membership/limits.ts';
import { Kind } from '../../src/membership/messages.ts';
import type { MembershipMessage } from '../../src/membership/messages.ts';
import { Cluster } from '../../sim/schedules/membership-cluster.ts';
import { Lone, addressOf, bootOf, claim, gossip, header } from '../support/membership-lone.ts';

const nack = (from: string, seq: number, reason: 'silent' | 'not-me' | 'gone' = 'silent'): MembershipMessage => ({
  kind: Kind.nack,
  ...header(from, { seq }),
  reason,
  updates: [],
});

describe('a probe', () => {
  it('asks directly, then through others and directly again, and then suspects, telling the suspect first', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.nextPing('b');
    node.forget();
    node.pass(20); // the direct timeout: round trips were 0, so its lower bound
    expect(node.log.sort()).toEqual(['ping b -> b (connected)', 'pingReq b -> c', 'pingReq b -> d']);
    node.forget();
    node.passUs(39_999);
    expect(node.state('b')).toBe('alive');
    node.passUs(1);
    expect(node.log.slice(0, 2)).toEqual(['gossip {suspect b} -> b', 'suspect b']);
    expect(node.log.slice(2).sort()).toEqual(['gossip {suspect b} -> b', 'gossip {suspect b} -> c', 'gossip {suspect b} -> d']);
  });

  it('ends with an ack, direct or through a relay', () => {
    const node = new Lone(['b', 'c', 'd']);
    const direct = node.nextPing('b');
    node.ack(direct);
    const second = node.nextPing('b');
    node.pass(20);
    node.receive('c', { kind: Kind.ack, ...header('c', { seq: second.seq }), answered: bootOf('b'), updates: [] });
    node.passQuietly(100);
    expect(node.events).toEqual([]);
    expect(node.core.health).toBe(0);
  });

  it('takes an ack of another life for the proof that the probed one is gone', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.ack(node.nextPing('b'), { boot: 99 });
    expect(node.state('b')).toBe('suspect');
    expect(node.core.explain('b', node.nowUs).join(' ')).toContain('another life');
    node.passQuietly(610, 'b'); // the floor: a silent one has the ceiling, which is a multiple
    expect(node.state('b')).toBe('failed');
  });

  it('takes a relay’s word for that, too, and no more than a suspicion’s floor sooner', () => {
    for (const [reason, state] of [
      ['gone', 'failed'],
      ['refused', 'failed'],
      ['silent', 'suspect'],
    ] as const) {
      const node = new Lone(['b', 'c', 'd']);
      const ping = node.nextPing('b');
      node.pass(21);
      node.receive('c', { ...nack('c', ping.seq), reason } as MembershipMessage);
      node.receive('d', nack('d', ping.seq));
      node.passQuietly(50, 'b');
      expect(node.state('b')).toBe('suspect');
      node.passQuietly(700, 'b');
      expect(node.state('b'), reason).toBe(state);
    }
  });

  it('takes "not me" for the same, but only from the address that was asked', () => {
    const node = new Lone(['b', 'c', 'd']);
    const ping = node.nextPing('b');
    node.receive('x', nack('x', ping.seq, 'not-me'));
    expect(node.state('b')).toBe('alive');
    node.receive('x', nack('x', ping.seq, 'not-me'), addressOf('b'));
    expect(node.state('b')).toBe('suspect');
  });

  it('does not believe an ack of somebody else, or a relay that was not asked', () => {
    const node = new Lone(['b', 'c', 'd']);
    const ping = node.nextPing('b');
    node.receive('c', { kind: Kind.ack, ...header('c', { seq: ping.seq }), answered: null, updates: [] });
    node.receive('c', { kind: Kind.ack, ...header('c', { seq: ping.seq }), answered: bootOf('b'), updates: [] });
    node.pass(60);
    expect(node.state('b')).toBe('suspect');
    expect(node.core.counters['ack.foreign']).toBe(2);
  });

  it('counts an ack that comes too late', () => {
    const node = new Lone(['b', 'c']);
    const ping = node.nextPing('b');
    node.pass(100);
    const before = node.core.counters['ack.unmatched'] ?? 0;
    node.ack(ping);
    expect(node.core.counters['ack.unmatched']).toBe(before + 1);
    expect(node.state('b')).toBe('suspect');
  });

  it('is no evidence when we ourselves look for its ack more than half its timeout too late', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.nextPing('b');
    node.pass(19);
    node.nowUs += us(12); // 20 ms were due at 20, it is 31
    node.core.advance(node.nowUs);
    expect(node.pingReqs).toEqual([]);
    expect(node.core.counters['probe.void']).toBe(1);
    node.passQuietly(100);
    expect(node.events).toEqual([]);
  });

  it('that was no evidence is asked again at the next turn, and after that waits for its own; the next on the ring has its turns all the same', () => {
    const node = new Lone(['b', 'c', 'd', 'e', 'f']);
    const late = (): string => {
      node.forget();
      while (node.pings.length === 0) node.pass(1);
      const { target } = node.pings[0]!;
      node.pass(19);
      node.nowUs += us(12);
      node.core.advance(node.nowUs);
      return target;
    };
    const asked = Array.from({ length: 30 }, late);
    expect(node.core.counters['probe.void']).toBe(30);
    const next = asked.find((target, i) => target !== asked[i - 1] && target !== asked[i + 1])!;
    const turns = asked.filter((target, i) => target !== next || asked[i - 1] === next || asked[i + 1] === next);
    expect(asked.length - turns.length).toBeGreaterThanOrEqual(4);
    const pairs = turns.slice(turns[0] === turns[1] ? 0 : 1);
    for (let i = 0; i + 1 < pairs.length; i += 2) expect(pairs[i + 1]).toBe(pairs[i]);
    expect(new Set(turns).size).toBe(5);
  });

  it('goes in every second turn to the next on the ring, in the others to every member once per round, in another order each round', () => {
    const node = new Lone(['b', 'c', 'd', 'e', 'f']);
    node.passQuietly(400);
    node.forget();
    const asked: string[] = [];
    for (let i = 0; i < 24; i += 1) {
      node.forget();
      node.passQuietly(1_000);
      asked.push(...node.pings.map((ping) => ping.target));
    }
    const [even, odd] = [0, 1].map((parity) => asked.filter((_, i) => i % 2 === parity)) as [string[], string[]];
    const [ring, targets] = new Set(even).size === 1 ? [even, odd] : [odd, even];
    expect(new Set(ring).size).toBe(1);
    const offset = targets.slice(0, 5).findIndex((_, i) => new Set(targets.slice(i, i + 5)).size === 5 && new Set(targets.slice(i + 5, i + 10)).size === 5);
    expect(offset).toBeGreaterThanOrEqual(0);
    const whole = targets.slice(offset);
    const orders = new Set<string>();
    for (let i = 0; i + 5 <= whole.length; i += 5) {
      expect(new Set(whole.slice(i, i + 5)).size).toBe(5);
      orders.add(whole.slice(i, i + 5).join());
    }
    expect(orders.size).toBeGreaterThan(1);
  });

  it('of a dead member comes within two periods, whoever it is', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const cluster = new Cluster({ seed });
      const all = cluster.grow(12);
      cluster.run(3_000);
      cluster.hostsRefuse = true;
      const victim = all[seed % 12]!;
      cluster.record = true;
      cluster.packets.length = 0;
      cluster.kill(victim);
      const diedUs = cluster.nowUs;
      cluster.run(1_000);
      const first = cluster.packets.find(({ to, message }) => to === victim.address && message.kind === Kind.ping)!;
      expect(first.atUs - diedUs, `seed ${seed}`).toBeLessThanOrEqual(2 * 1.1 * us(200));
    }
  });

  it('comes every period, jittered by at most a tenth', () => {
    const node = new Lone(['b', 'c', 'd']);
    const times: number[] = [];
    for (let i = 0; i < 30; i += 1) {
      const seen = node.pings.length;
      while (node.pings.length === seen) node.passQuietly(1);
      times.push(node.nowUs);
    }
    const gaps = times.slice(1).map((at, i) => (at - times[i]!) / 1000);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(178);
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(222);
    expect(new Set(gaps).size).toBeGreaterThan(3);
  });

  it('goes to a suspect with the accusation, so that it can refute', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c'] })));
    const ping = node.pings.find(({ target }) => target === 'b')!;
    expect(ping.updates[0]).toMatchObject({ name: 'b', state: 'suspect' });
  });
});

describe('the health score', () => {
  it('rises by each nack that a healthy relay should have sent and did not, and not where all sent one', () => {
    const quiet = new Lone(['b', 'c', 'd', 'e']);
    quiet.nextPing('b');
    quiet.passQuietly(65, 'b');
    expect(quiet.core.health).toBe(3);
    const spoken = new Lone(['b', 'c', 'd', 'e']);
    const ping = spoken.nextPing('b');
    spoken.passQuietly(21, 'b');
    for (const relay of ['c', 'd', 'e']) spoken.receive(relay, nack(relay, ping.seq));
    spoken.passQuietly(45, 'b');
    expect(spoken.state('b')).toBe('suspect');
    expect(spoken.core.health).toBe(0);
  });

  it('does not count the silence of a relay that is itself suspect', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    const ping = node.nextPing('b');
    node.passQuietly(21, 'b');
    node.receive('d', nack('d', ping.seq));
    node.receive('e', nack('e', ping.seq));
    node.receive('d', gossip('d', claim('c', { state: 'suspect', accusers: ['d'] })));
    node.passQuietly(45, 'b');
    expect(node.state('b')).toBe('suspect');
    expect(node.core.health).toBe(0);
  });

  it('does not count the silence of a relay that the system could not send to: that send has counted already', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    node.nextPing('b');
    for (const name of ['b', 'c', 'd', 'e']) node.core.sendFailed(addressOf(name), 'unreachable', node.nowUs);
    node.pass(100);
    expect(node.core.health).toBe(1);
  });

  it('widens period and timeout, travels in headers, and falls with each acked probe', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    node.nextPing('b');
    node.passQuietly(65, 'b');
    node.forget();
    while (node.pings.length === 0) node.passUs(100); // whoever is next
    expect(node.pings[0]!.health).toBe(3);
    const sentUs = node.nowUs;
    node.pass(79);
    expect(node.pingReqs).toEqual([]);
    node.pass(1); // 20 ms · (1 + 3)
    expect(node.nowUs - sentUs).toBe(80_000);
    expect(node.pingReqs.length).toBeGreaterThan(0);
    node.passQuietly(20_000);
    expect(node.core.health).toBe(0);
  });

  it('rises when our timers are late, and suspicions wait as much longer', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c'] })));
    node.passQuietly(200, 'b');
    expect(node.state('b')).toBe('suspect');
    node.nowUs += us(5_000); // stopped, as by a debugger or SIGSTOP
    node.core.advance(node.nowUs);
    expect(node.state('b')).toBe('suspect');
    expect(node.core.health).toBeGreaterThanOrEqual(3);
    node.passQuietly(200, 'b');
    expect(node.state('b')).toBe('suspect');
    node.passQuietly(2_400, 'b');
    expect(node.state('b')).toBe('failed');
  });

  it('rises when the operating system cannot send, and the relays are asked without waiting', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.nextPing('b');
    node.forget();
    node.core.sendFailed(addressOf('b'), 'unreachable', node.nowUs);
    expect(node.core.health).toBe(1);
    expect(node.pingReqs.length).toBe(2);
    node.core.sendFailed('10.9.9.9:9', 'unreachable', node.nowUs);
    expect(node.core.health).toBe(1);
    expect(node.core.counters['send-failed.unreachable']).toBe(2);
  });
});

describe('a relay', () => {
  const request = (target: string, what: Partial<{ targetBoot: number; seq: number }> = {}): MembershipMessage => ({
    kind: Kind.pingReq,
    ...header('c', { seq: what.seq ?? 77 }),
    target,
    targetBoot: what.targetBoot ?? bootOf(target),
    timeoutMs: 30,
    updates: [],
  });
  const heard = (node: Lone): string[] => node.log.filter((line) => line.endsWith('-> c') && !line.startsWith('ping')); // our own probe may come by

  it('pings the target and hands its ack on, with the boot that answered', () => {
    const node = new Lone(['b', 'c']);
    node.receive('c', request('b'));
    expect(node.log).toEqual(['ping b -> b', 'ping b -> b (connected)']);
    node.ack(node.pings[0]!);
    expect(node.log.at(-1)).toBe('ack -> c');
    expect(node.sent.at(-1)!.message).toMatchObject({ seq: 77, answered: bootOf('b') });
  });

  it('says nack when nothing came in the time it was given, and not before', () => {
    const node = new Lone(['b', 'c']);
    node.receive('c', request('b'));
    node.forget();
    node.passUs(29_999);
    expect(heard(node)).toEqual([]);
    node.passUs(1);
    expect(heard(node)).toEqual(['nack silent -> c']);
  });

  it('tells that another life answered', () => {
    const node = new Lone(['b', 'c']);
    node.receive('c', request('b'));
    node.ack(node.pings[0]!, { boot: 99 });
    expect(heard(node)).toEqual(['nack gone -> c']);
  });

  it('pings only an address in a claim of its own: an unknown name or another life gets a nack at once', () => {
    const node = new Lone(['b', 'c']);
    for (const message of [request('nobody'), request('b', { targetBoot: 99 }), request('a', { targetBoot: bootOf('a') })]) node.receive('c', message);
    expect(node.log).toEqual(['nack unknown -> c', 'nack unknown -> c', 'nack unknown -> c']);
  });

  it('keeps no more errands than its limit', () => {
    const node = new Lone(['b', 'c']);
    for (let i = 1; i <= OPEN_RELAYS_MAX + 2; i += 1) node.receive('c', request('b', { seq: i }));
    expect(node.core.counters['relay.limit']).toBe(2);
    expect(node.pings.length).toBe(2 * OPEN_RELAYS_MAX);
  });
});

describe('a ping', () => {
  const ping = (target: string): MembershipMessage => ({ kind: Kind.ping, ...header('b', { seq: 5 }), target, updates: [] });

  it('is acked when it names us, and answered "not me" when it names somebody else', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', ping('a'));
    node.receive('b', ping('c'));
    expect(node.log).toEqual(['ack -> b', 'nack not-me -> b']);
    expect(node.sent[0]!.message).toMatchObject({ seq: 5, boot: bootOf('a'), answered: null });
  });

  it('is acked while we are joining: that is how a life is told from its former', () => {
    const node = new Lone([], {}, false);
    node.core.join([addressOf('b')], node.nowUs);
    node.forget();
    node.receive('b', ping('a'));
    expect(node.log).toEqual([`ack -> ${addressOf('b')}`]);
  });
});
