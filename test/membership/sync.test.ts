import { describe, expect, it } from 'vitest';
import type { Claim } from '../../src/membership/claim.ts';
import { PAGES_PER_SECOND } from '../../src/membership/limits.ts';
import { Kind } from '../../src/membership/messages.ts';
import type { SyncReply, SyncRequest } from '../../src/membership/messages.ts';
import { packetBytes } from '../../src/membership/wire-size.ts';
import { Cluster } from '../../sim/schedules/membership-cluster.ts';
import { Lone, addressOf, claim, header } from '../support/membership-lone.ts';

const request = (from: string, what: Partial<SyncRequest> = {}): SyncRequest => ({
  kind: Kind.syncRequest,
  ...header(from, { seq: 8 }),
  token: 0,
  offer: 77,
  claim: claim(from),
  after: '',
  buckets: new Uint8Array(64),
  ...what,
});
const last = (node: Lone): SyncReply => node.sent.findLast(({ message }) => message.kind === Kind.syncReply)!.message as SyncReply;
function token(node: Lone, from: string, address = addressOf(from)): number {
  node.core.receive(address, request(from), node.nowUs);
  return last(node).token;
}
const requests = (node: Lone): readonly SyncRequest[] => node.sent.flatMap(({ message }) => (message.kind === Kind.syncRequest ? [message] : []));

describe('a sync request', () => {
  it('without a token is answered by a token, in no more bytes than it had', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', request('b'));
    expect(last(node)).toMatchObject({ status: 'token', claims: [] });
    expect(packetBytes(last(node))).toBeLessThanOrEqual(packetBytes(request('b')));
  });

  it('too short for its answer gets none: a forged source gains nothing', () => {
    const long = 'n'.repeat(64);
    const cluster = new Cluster();
    const node = cluster.start(long, []);
    const short = request('b', { buckets: new Uint8Array(8) });
    cluster.record = true;
    cluster.inject(addressOf('b'), node.address, short);
    cluster.inject(addressOf('b'), node.address, request('b'));
    cluster.run(5);
    expect(cluster.packets.length).toBe(1);
    expect(node.core.counters['sync.too-short']).toBe(1);
    expect(packetBytes(cluster.packets[0]!.message)).toBeLessThanOrEqual(packetBytes(request('b')));
  });

  it('is given a page only for a token of its own address, not of another`s, nor an old one', () => {
    const node = new Lone(['b', 'c']);
    const good = token(node, 'b');
    node.core.receive(addressOf('c'), request('b', { token: good }), node.nowUs);
    expect(last(node).status).toBe('token');
    node.receive('b', request('b', { token: good }));
    expect(last(node)).toMatchObject({ status: 'page', claims: [{ name: 'a' }, { name: 'b' }, { name: 'c' }], next: '' });
    node.passQuietly(120_001);
    node.receive('b', request('b', { token: good }));
    expect(last(node).status).toBe('token');
  });

  it('is dropped when it speaks for somebody else', () => {
    const node = new Lone(['b', 'c']);
    const good = token(node, 'b');
    node.forget();
    node.receive('b', request('b', { token: good, claim: claim('c') }));
    node.receive('b', request('b', { token: good, claim: claim('b', { boot: 1 }) }));
    node.receive('b', request('b', { token: good, claim: claim('b', { state: 'left' }) }));
    node.receive('b', request('b', { token: good, buckets: new Uint8Array(24) }));
    expect(node.sent).toEqual([]);
    expect(node.core.counters['sync.malformed']).toBe(4);
  });

  it('brings only what differs', () => {
    const cluster = new Cluster();
    const all = cluster.grow(40);
    const [x, y] = [all[0]!, all[20]!];
    // Somebody whom only x knows, and whose news died out.
    const hidden = claim('hidden', { address: '10.9.9.9:9' });
    cluster.drop = ({ to, message }) => to !== x.address && 'updates' in message && message.updates.some(({ name }) => name === 'hidden');
    cluster.inject('10.9.9.9:9', x.address, { kind: Kind.gossip, ...header('hidden'), answer: false, updates: [hidden] });
    cluster.record = true;
    cluster.runUntil(() => y.state('hidden') === 'alive', 5_000);
    const pages = cluster.packets.flatMap(({ message }) =>
      message.kind === Kind.syncReply && message.status === 'page' && message.claims.some(({ name }) => name === 'hidden') ? [message] : [],
    );
    expect(pages.length).toBeGreaterThan(0);
    for (const page of pages) expect(page.claims.length).toBeLessThan(20); // a bucket or two, not forty
  });

  it('is served at a bounded rate', () => {
    const node = new Lone(['b']);
    const good = token(node, 'b');
    for (let i = 0; i < PAGES_PER_SECOND + 50; i += 1) node.receive('b', request('b', { token: good }));
    expect(node.core.counters['sync-pages.limit']).toBe(50);
  });
});

describe('anti-entropy', () => {
  it('looks into a mismatch when both digests stood unequal for a gossip time, not before, and only if they still do', () => {
    const node = new Lone(['b', 'c']);
    const { digest } = node.nextPing('c');
    node.passQuietly(100);
    node.forget();
    node.receive('b', { kind: Kind.gossip, ...header('b', { digest: 12_345 }), answer: false, updates: [] });
    node.passUs(99_999);
    expect(requests(node)).toEqual([]);
    node.passUs(1);
    expect(requests(node).length).toBe(1);
    expect(requests(node)[0]).toMatchObject({ token: 0, from: 'a' });
    node.receive('b', {
      kind: Kind.syncReply,
      ...header('b', { seq: requests(node)[0]!.seq, digest }),
      status: 'token',
      token: 5,
      claims: [],
      next: '',
      rival: null,
    });
    node.passQuietly(500);
    expect(requests(node).length).toBe(1); // equal meanwhile: no page was asked for
  });

  it('does not start while the other`s digest still changes', () => {
    const node = new Lone(['b', 'c']);
    for (let i = 0; i < 20; i += 1) {
      node.receive('b', { kind: Kind.gossip, ...header('b', { digest: i + 1 }), answer: false, updates: [] });
      node.passQuietly(90);
    }
    expect(requests(node)).toEqual([]);
  });

  it('backs off from a member with which nothing is gained', () => {
    const node = new Lone(['b', 'c']);
    let asked = 0;
    for (let i = 0; i < 600; i += 1) {
      node.receive('b', { kind: Kind.gossip, ...header('b', { digest: 12_345 }), answer: false, updates: [] });
      node.pass(100, (to, message) => {
        if (message.kind === Kind.ping) node.ack(message);
        if (message.kind !== Kind.syncRequest || to !== addressOf('b')) return;
        asked += 1;
        node.receive('b', {
          kind: Kind.syncReply,
          ...header('b', { seq: message.seq, digest: 12_345 }),
          status: 'page',
          token: 0,
          claims: [],
          next: '',
          rival: null,
        });
      });
    }
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(25); // in a minute
  });

  it('has one pull in flight, pulls page after page, and stops when a cursor does not move', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', { kind: Kind.gossip, ...header('b', { digest: 1 }), answer: false, updates: [] });
    node.receive('c', { kind: Kind.gossip, ...header('c', { digest: 2 }), answer: false, updates: [] });
    node.passQuietly(100);
    expect(requests(node).length).toBe(1);
    const to = node.sent.find(({ message }) => message.kind === Kind.syncRequest)!.to;
    const peer = to === addressOf('b') ? 'b' : 'c';
    const reply = (claims: Claim[], next: string): void =>
      node.receive(peer, {
        kind: Kind.syncReply,
        ...header(peer, { seq: requests(node)[0]!.seq, digest: 1 }),
        status: 'page',
        token: 0,
        claims,
        next,
        rival: null,
      });
    reply([claim('p'), claim('q')], 'q');
    expect(requests(node).length).toBe(2);
    expect(requests(node)[1]).toMatchObject({ after: 'q', seq: requests(node)[0]!.seq, buckets: requests(node)[0]!.buckets });
    reply([claim('r')], 'q');
    expect(requests(node).length).toBe(2);
    expect(node.events).toEqual(['alive p', 'alive q', 'alive r']);
    reply([claim('s')], '');
    expect(node.events.length).toBe(3);
    expect(node.core.counters['sync.unmatched']).toBe(1);
  });

  it('goes both ways: who is asked, asks back with the token it was offered', () => {
    const node = new Lone(['b', 'c']);
    const good = token(node, 'b');
    node.forget();
    node.receive('b', { ...request('b', { token: good }), digest: 4_711 });
    expect(node.log).toEqual(['syncReply page {alive a, alive b, alive c} -> b', 'syncRequest -> b']);
    expect(requests(node)[0]).toMatchObject({ token: 77 });
  });

  it('finds a difference that the 32-bit digest hides', () => {
    const cluster = new Cluster();
    const all = cluster.grow(3);
    // Every header says that the views are equal, as if digests collided, and news of n4 is carried between it and its seed only.
    cluster.through = (message, receiver) => ({ ...message, digest: receiver.core.digest });
    const between = new Set([all[0]!.address]);
    cluster.drop = ({ message, from, to }) =>
      'updates' in message && message.updates.some(({ name }) => name === 'n4') && !(between.has(from) && between.has(to));
    between.add(cluster.start('n4', [all[0]!.address]).address);
    cluster.run(500);
    expect(all.map((process) => process.state('n4'))).toEqual(['alive', undefined, undefined]);
    expect(cluster.runUntil(() => cluster.agree(), 30_000)).toBe(true);
    expect(all[1]!.core.counters['sync.mismatch']).toBeUndefined();
  });

  it('of 200 members with half a kilobyte of tags each keeps every packet within the budget', () => {
    const cluster = new Cluster({ seed: 2 });
    const tags = { text: 'x'.repeat(500) };
    const first = cluster.start('m1', [], { tags });
    for (let i = 2; i <= 200; i += 1) {
      cluster.start(`m${i}`, [first.address], { tags });
      cluster.run(2);
    }
    expect(cluster.runUntil(() => cluster.agree(), 30_000)).toBe(true);
    expect(cluster.largest).toBeLessThanOrEqual(1_400);
    expect(cluster.largest).toBeGreaterThan(1_000);
    cluster.start('late', [cluster.processes[99]!.address], { tags });
    expect(cluster.runUntil(() => cluster.agree(), 5_000)).toBe(true);
  });

  it('between equal views moves no claim', () => {
    const cluster = new Cluster();
    cluster.grow(12);
    cluster.record = true;
    cluster.run(30_000);
    const pages = cluster.packets.flatMap(({ message }) => (message.kind === Kind.syncReply && message.status === 'page' ? [message] : []));
    expect(pages.length).toBeGreaterThan(12);
    for (const page of pages) expect(page.claims).toEqual([]);
  });
});
