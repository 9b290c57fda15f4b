import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { us } from '../../src/core/time.ts';
import type { Claim } from '../../src/membership/claim.ts';
import { compareIdentity, mergeClaims } from '../../src/membership/claim.ts';
import { Kind } from '../../src/membership/messages.ts';
import { Lone, addressOf, bootOf, claim, gossip, header } from '../support/membership-lone.ts';
import { anyClaim } from './arbitraries.ts';

const HOUR_MS = 3_600_000;

/** A page that `from` gives to a request of the node, which a safety-net exchange makes. */
function page(node: Lone, from: string, ...claims: Claim[]): void {
  for (let i = 0; i < 400; i += 1) {
    const request = node.sent.findLast(({ to, message }) => message.kind === Kind.syncRequest && to === addressOf(from))?.message;
    if (request !== undefined) {
      node.receive(from, { kind: Kind.syncReply, ...header(from, { seq: request.seq }), status: 'page', token: 0, claims, next: '', rival: null });
      return;
    }
    node.passQuietly(100);
  }
  throw new Error('no sync request was made');
}

describe('claims by gossip', () => {
  it('bring members in, change them, and are told on', () => {
    const node = new Lone(['b']);
    node.receive('b', gossip('b', claim('c')));
    node.receive('b', gossip('b', claim('c', { incarnation: 1_001, tags: { role: 'db' } })));
    expect(node.events).toEqual(['alive c', 'alive c']);
    expect(node.core.members.get('c')).toMatchObject({ incarnation: 1_001, tags: { role: 'db' } });
    expect(node.changes[1]).toMatchObject({ before: { tags: {} }, after: { tags: { role: 'db' } } });
  });

  it('are believed when they say failed', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', gossip('b', claim('c', { state: 'failed', accusers: ['b'] })));
    expect(node.events).toEqual(['failed c']);
    expect(node.changes[0]).toMatchObject({ reason: 'declared failed by b (told by b)' });
  });

  it('change nothing when they are not stronger', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', gossip('b', claim('c', { state: 'failed', incarnation: 999 }), claim('c', { boot: 0, incarnation: 1_000 }), claim('c')));
    expect(node.events).toEqual([]);
  });

  it('come to nothing for names beyond the limit of members, which is said once', () => {
    const node = new Lone(['b'], { membersMax: 3 });
    node.receive('b', gossip('b', claim('c'), claim('d'), claim('e')));
    expect([...node.core.members.keys()]).toEqual(['a', 'b', 'c']);
    expect(node.changes.filter(({ type }) => type === 'warning')).toEqual([{ type: 'warning', code: 'limit', details: { limit: 'members', value: 3 } }]);
    expect(node.core.counters['members.limit']).toBe(2);
  });

  property.prop([fc.array(anyClaim, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat())])(
    'lead to the strongest claim in whatever order they come, and the events fold to the view',
    (claims, dice) => {
      const shuffled = claims
        .map((c) => ({ c, at: dice.next().value }))
        .sort((p, q) => p.at - q.at)
        .map(({ c }) => c);
      for (const order of [claims, shuffled]) {
        const node = new Lone(['b']);
        const fold = new Map(node.core.members);
        for (const c of order) node.receive('b', gossip('b', c));
        for (const change of node.changes) if (change.type === 'member') fold.set(change.after.name, change.after);
        expect(fold).toEqual(new Map(node.core.members));
        const strongest = claims.reduce((held, heard) => mergeClaims(held, heard));
        const held = node.core.members.get('x');
        if (held !== undefined)
          expect(held).toMatchObject({ state: strongest.state, boot: strongest.boot, incarnation: strongest.incarnation, tags: strongest.tags });
        else expect(['failed', 'left']).toContain(strongest.state);
        for (const change of node.changes) {
          if (change.type === 'member' && change.before !== null) expect(compareIdentity(change.after, change.before)).toBeGreaterThanOrEqual(0);
        }
      }
    },
  );
});

describe('suspicion', () => {
  it('ends in failed when its time is up, not a microsecond before, and in nothing when it is refuted', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    node.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c', 'd', 'e', 'f'] })));
    const sinceUs = node.nowUs;
    node.passQuietly(599.999, 'b');
    expect(node.state('b')).toBe('suspect');
    node.passUs(1);
    expect(node.nowUs - sinceUs).toBe(600_000);
    expect(node.events).toEqual(['suspect b', 'failed b']);
    const other = new Lone(['b', 'c', 'd', 'e']);
    other.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c'] })));
    other.receive('b', gossip('b', claim('b', { incarnation: 1_001 })));
    other.passQuietly(5_000);
    expect(other.events).toEqual(['suspect b', 'alive b']);
  });

  it('starts at the ceiling and falls with each further accuser, each told on once', () => {
    const node = new Lone(['b', 'c', 'd', 'e', 'f', 'g']);
    node.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c'] })));
    const left = (): number => Number(/declared failed in (\d+)/.exec(node.core.explain('b', node.nowUs).join(' '))![1]);
    expect(left()).toBe(2_400);
    node.receive('d', gossip('d', claim('b', { state: 'suspect', accusers: ['d'] })));
    expect(left()).toBe(1_500);
    node.forget();
    node.receive('d', gossip('d', claim('b', { state: 'suspect', accusers: ['d'] })));
    node.receive('d', gossip('d', claim('b', { state: 'suspect', accusers: ['c', 'd'] })));
    expect(left()).toBe(1_500);
    node.receive('e', gossip('e', claim('b', { state: 'suspect', accusers: ['e'] })));
    node.receive('f', gossip('f', claim('b', { state: 'suspect', accusers: ['f'] })));
    expect(left()).toBe(600);
    expect(node.core.counters['suspicion.confirmed']).toBe(3);
    expect(node.core.explain('b', node.nowUs).join('\n')).toContain('accused by c, d, e, f');
  });

  it('makes a member that hears of it look for itself at once, and confirm or not by what it sees', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    node.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c'] })));
    expect(node.core.counters['probe.confirm']).toBe(1);
    node.passQuietly(70, 'b');
    expect(node.core.explain('b', node.nowUs).join(' ')).toContain('accused by a, c');
    const other = new Lone(['b', 'c', 'd', 'e']);
    other.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c'] })));
    other.passQuietly(70);
    expect(other.core.explain('b', other.nowUs).join(' ')).toContain('accused by c;');
    other.receive('d', gossip('d', claim('b', { state: 'suspect', accusers: ['d'] })));
    expect(other.core.counters['probe.confirm']).toBe(1); // once per incarnation
  });

  it('is left to a few members to confirm when there are many', () => {
    const names = Array.from({ length: 40 }, (_, i) => `m${i}`);
    let confirms = 0;
    const subjects = names.slice(0, 20);
    const node = new Lone(names);
    for (const name of subjects) {
      node.receive('m39', gossip('m39', claim(name, { state: 'suspect', accusers: ['m39'] })));
      node.receive(name, gossip(name, claim(name, { incarnation: 1_001 })));
    }
    confirms = node.core.counters['probe.confirm'] ?? 0;
    expect(confirms).toBeGreaterThan(0); // six of forty in the mean
    expect(confirms).toBeLessThan(10);
  });

  it('waits longer for a member that told that it is slow, at most twice, and by what it told before', () => {
    const patience = (health: number, later = health): number => {
      const node = new Lone(['b', 'c', 'd', 'e']);
      node.receive('b', { kind: Kind.gossip, ...header('b', { health }), answer: false, updates: [] });
      node.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c', 'd', 'e', 'f'] })));
      node.receive('b', { kind: Kind.gossip, ...header('b', { health: later }), answer: true, updates: [] });
      const sinceUs = node.nowUs;
      while (node.state('b') === 'suspect') node.passQuietly(1, 'b');
      return Math.round((node.nowUs - sinceUs) / 1000);
    };
    expect([patience(0), patience(4), patience(8), patience(0, 8)]).toEqual([600, 900, 1_200, 600]);
  });

  it('is at its floor at once where there is nobody who could confirm', () => {
    const node = new Lone(['b']);
    node.nextPing('b');
    node.pass(40);
    expect(node.state('b')).toBe('suspect');
    node.pass(600);
    expect(node.state('b')).toBe('failed');
  });
});

describe('claims by sync', () => {
  it('are taken as they are when they say alive, suspect or left', () => {
    const node = new Lone(['b', 'c']);
    page(node, 'b', claim('d'), claim('e', { state: 'suspect' }), claim('c', { state: 'left', incarnation: 1_001 }));
    expect(node.events).toEqual(expect.arrayContaining(['alive d', 'suspect e', 'left c']));
  });

  it('never make anybody failed: who answered us lately is only told, so that it can refute', () => {
    const node = new Lone(['b', 'c'], { pauseToleranceUs: us(2_000) });
    node.ack(node.nextPing('c'));
    page(node, 'b', claim('c', { state: 'failed', accusers: ['b'] }));
    expect(node.log.at(-1)).toBe('gossip {failed c} -> c');
    node.passQuietly(5_000);
    expect(node.events).toEqual([]);
  });

  it('make a suspect of a member that has not answered us and, asked again, does not', () => {
    const node = new Lone(['b', 'c'], { probePeriodUs: us(60_000) }); // so that it was not probed lately
    page(node, 'b', claim('c', { state: 'failed', accusers: ['b'] }));
    const ping = node.pings.at(-1)!;
    expect(ping).toMatchObject({ target: 'c', updates: [{ state: 'failed', name: 'c' }] });
    expect(node.state('c')).toBe('alive');
    node.pass(310);
    expect(node.state('c')).toBe('suspect');
    expect(node.core.explain('c', node.nowUs).join(' ')).toContain('accused by');
  });

  it('leave a member alone that has not answered us lately, but answers when asked', () => {
    const node = new Lone(['b', 'c'], { probePeriodUs: us(60_000) });
    page(node, 'b', claim('c', { state: 'failed', accusers: ['b'] }));
    node.ack(node.pings.at(-1)!);
    node.passQuietly(310);
    expect(node.events).toEqual([]);
  });
});

describe('the dead', () => {
  it('of whom we never heard make a silent tombstone: no event, no timer, no gossip', () => {
    const node = new Lone(['b']);
    const next = node.core.nextDeadlineUs;
    node.receive('b', gossip('b', claim('x', { state: 'failed' }), claim('y', { state: 'left' })));
    expect(node.log).toEqual([]);
    expect(node.core.nextDeadlineUs).toBe(next);
    expect(node.core.members.has('x')).toBe(false);
    node.receive('b', gossip('b', claim('x'), claim('y')));
    expect(node.log).toEqual([]);
    node.receive('b', gossip('b', claim('x', { incarnation: 1_001 })));
    expect(node.events).toEqual(['alive x']);
  });

  it('are forgotten when they have been dead for the retention time, not when we have known it for so long', () => {
    const node = new Lone(['b', 'c', 'd']);
    node.receive(
      'b',
      gossip('b', claim('c', { state: 'failed', accusers: ['b'], ageMs: HOUR_MS - 10_000 }), claim('d', { state: 'left', incarnation: 1_001 })),
    );
    node.forget();
    node.passQuietly(9_990, 'c');
    expect(node.changes).toEqual([]);
    node.passQuietly(20, 'c');
    expect(node.changes).toMatchObject([{ type: 'forgotten', member: { name: 'c' } }]);
    expect([...node.core.members.keys()]).toEqual(['a', 'b', 'd']);
  });

  it('re-infect nobody: a tombstone handed back and forth still ends', () => {
    const node = new Lone(['b']);
    node.receive('b', gossip('b', claim('x', { state: 'failed', ageMs: HOUR_MS - 2_000 })));
    node.passQuietly(1_000);
    node.receive('b', gossip('b', claim('x', { state: 'failed', ageMs: HOUR_MS - 3_000 }))); // b heard it later than we
    expect(node.core.explain('x', node.nowUs)[0]).toContain('failed');
    node.passQuietly(1_100);
    expect(node.core.explain('x', node.nowUs)).toEqual(['x is not known here.']);
    node.receive('b', gossip('b', claim('x', { state: 'failed', ageMs: HOUR_MS })));
    expect(node.core.explain('x', node.nowUs)).toEqual(['x is not known here.']);
  });

  it('are told with an age that grows while we hold it', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', gossip('b', claim('c', { state: 'failed', accusers: ['b'], ageMs: 500 })));
    node.passQuietly(1_500, 'c');
    node.forget();
    node.receive('c', { kind: Kind.ping, ...header('c', { seq: 1 }), target: 'a', updates: [] });
    const answer = node.sent.find(({ message }) => message.kind === Kind.gossip)!.message;
    expect(answer).toMatchObject({ answer: true, updates: [{ name: 'c', state: 'failed', ageMs: 2_000 }] });
  });

  it('are no more than their limit', () => {
    const node = new Lone(['b'], { membersMax: 2 });
    node.receive('b', gossip('b', ...['p', 'q', 'r'].map((name) => claim(name, { state: 'failed' }))));
    expect(node.core.counters['tombstones.limit']).toBe(1);
  });
});

describe('messages', () => {
  const ping = (from: string, what = {}): Parameters<Lone['receive']>[1] => ({
    kind: Kind.ping,
    ...header(from, { seq: 9, ...what }),
    target: 'a',
    updates: [],
  });

  it('are first-hand evidence only: they change no status and stop no timer', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    node.receive('c', gossip('c', claim('b', { state: 'suspect', accusers: ['c', 'd', 'e', 'f'] })));
    for (let i = 0; i < 59; i += 1) {
      node.receive('b', ping('b', { incarnation: 1_000 }));
      node.passQuietly(10, 'b');
    }
    expect(node.state('b')).toBe('suspect');
    node.passQuietly(10, 'b');
    expect(node.state('b')).toBe('failed');
    node.receive('b', ping('b', { incarnation: 2_000 })); // a header is no claim, however high
    expect(node.state('b')).toBe('failed');
  });

  it('of a sender held suspect, failed or left are answered with that claim, once per period, and never in answer to such an answer', () => {
    const node = new Lone(['b', 'c', 'd', 'e']);
    node.receive('c', gossip('c', claim('b', { state: 'failed', accusers: ['c'] })));
    node.passQuietly(2_000, 'b'); // until the news is told
    const answers = (): number => node.sent.filter(({ message }) => message.kind === Kind.gossip && message.answer).length;
    node.forget();
    node.receive('b', { kind: Kind.gossip, ...header('b'), answer: true, updates: [] });
    expect(answers()).toBe(0);
    for (let i = 0; i < 5; i += 1) node.receive('b', ping('b'));
    expect(answers()).toBe(1);
    node.passQuietly(200, 'b');
    node.receive('b', ping('b'));
    expect(answers()).toBe(2);
    node.passQuietly(200, 'b');
    node.receive('b', ping('b', { incarnation: 1_001 })); // it knows, and has refuted
    expect(answers()).toBe(2);
  });

  it('of one who left do not bring it back', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', { kind: Kind.leave, ...header('b', { seq: 3, incarnation: 1_001 }), claim: claim('b', { state: 'left', incarnation: 1_001 }) });
    expect(node.log.slice(0, 2)).toEqual(['left b', 'ack -> b']);
    node.forget();
    for (let i = 0; i < 3; i += 1) node.receive('b', { kind: Kind.ack, ...header('b', { seq: 3, incarnation: 1_001 }), answered: null, updates: [] });
    node.receive('b', gossip('b', claim('b')));
    expect(node.events).toEqual([]);
    expect(node.state('b')).toBe('left');
  });

  it('that say another left are dropped: a leave is valid only from its subject', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', { kind: Kind.leave, ...header('b'), claim: claim('c', { state: 'left', incarnation: 1_001 }) });
    node.receive('b', { kind: Kind.leave, ...header('b', { boot: 1 }), claim: claim('b', { state: 'left', incarnation: 1_001 }) });
    expect(node.events).toEqual([]);
    expect(node.core.counters['leave.foreign']).toBe(2);
  });

  it('of strangers are dropped above their rate', () => {
    const node = new Lone(['b']);
    for (let i = 0; i < 1_300; i += 1) node.receive('x', ping('x', { boot: i }));
    expect(node.core.counters['strangers.limit']).toBe(300);
    for (let i = 0; i < 1_300; i += 1) node.receive('b', ping('b'));
    expect(node.core.counters['strangers.limit']).toBe(300);
    node.passQuietly(500);
    for (let i = 0; i < 1_300; i += 1) node.receive('x', ping('x'));
    expect(node.core.counters['strangers.limit']).toBe(1_100);
  });
});

describe('claims about ourselves', () => {
  const own = (node: Lone): number => node.core.self.incarnation;

  it('are refuted with their incarnation + 1, and the accuser is told directly', () => {
    const node = new Lone(['b', 'c', 'd', 'e', 'f', 'g']);
    node.receive('b', gossip('b', claim('a', { state: 'suspect', incarnation: 1_050, accusers: ['c'] })));
    expect(own(node)).toBe(1_051);
    expect(node.log.slice(0, 3)).toEqual(['alive a', 'gossip {alive a} -> b', 'gossip {alive a} -> c']);
    expect(node.core.health).toBe(1);
  });

  it('are ignored when they are older', () => {
    const node = new Lone(['b']);
    node.receive('b', gossip('b', claim('a', { state: 'failed', incarnation: 999 }), claim('a', { boot: 0, incarnation: 1_000, state: 'failed' })));
    expect(own(node)).toBe(1_000);
    expect(node.log).toEqual([]);
  });

  it.each(['suspect', 'failed', 'left'] as const)('are refuted whatever life they name, when they say %s', (state) => {
    const node = new Lone(['b']);
    node.receive('b', gossip('b', claim('a', { state, boot: 7, incarnation: 2_000, address: addressOf('z') })));
    expect(own(node)).toBe(2_001);
    expect(node.core.self.state).toBe('alive');
    expect(node.core.self.boot).toBe(bootOf('a'));
  });

  it('at our own address are of a former life, and refuted without asking', () => {
    const node = new Lone(['b']);
    node.receive('b', gossip('b', claim('a', { boot: 7, incarnation: 2_000 })));
    expect(own(node)).toBe(2_001);
    expect(node.changes.some(({ type }) => type === 'rival')).toBe(false);
  });

  it('elsewhere make us ask there: who does not answer is no rival', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', gossip('b', claim('a', { boot: 7, incarnation: 2_000, address: addressOf('z') })));
    expect(node.log.slice(0, 2)).toEqual(['rival', 'ping a -> z']);
    expect(node.changes[0]).toMatchObject({ type: 'rival', gaveUp: false, address: addressOf('z'), boot: 7 });
    expect(own(node)).toBe(1_000);
    node.pass(310, (_, message) => void (message.kind === Kind.ping && message.target !== 'a' && node.ack(message)));
    expect(own(node)).toBe(2_001);
  });

  it('elsewhere make us fall silent when the rival lives: no refutation, no leave, nothing', () => {
    const node = new Lone(['b', 'c']);
    node.receive('b', gossip('b', claim('a', { boot: 7, incarnation: 2_000, address: addressOf('z') })));
    const ping = node.pings.at(-1)!;
    node.receive('a', { kind: Kind.ack, ...header('a', { seq: ping.seq, boot: 7, incarnation: 2_000 }), answered: null, updates: [] }, addressOf('z'));
    expect(node.changes.slice(-2)).toMatchObject([
      { type: 'rival', gaveUp: true },
      { type: 'self', state: 'left', reasons: [expect.stringContaining('another living process')] },
    ]);
    node.forget();
    node.pass(60_000);
    node.core.leave(node.nowUs);
    node.core.setTags({ k: 'v' }, node.nowUs);
    node.receive('b', gossip('b', claim('a', { state: 'failed', incarnation: 3_000 })));
    expect(node.sent).toEqual([]);
    expect(node.core.nextDeadlineUs).toBe(Infinity);
    node.receive('b', { kind: Kind.ping, ...header('b', { seq: 4 }), target: 'a', updates: [] });
    expect(node.log.at(-1)).toBe('nack not-me -> b'); // so that nobody takes us for the owner
  });

  it('with our very incarnation at another address are refuted too', () => {
    const node = new Lone(['b']);
    node.receive('b', gossip('b', claim('a', { address: addressOf('z') })));
    expect(own(node)).toBe(1_001);
  });

  it('at the last incarnation there is are counted: nothing can be above them', () => {
    const node = new Lone(['b']);
    node.receive('b', gossip('b', claim('a', { state: 'failed', incarnation: 2 ** 48 - 1 })));
    expect(own(node)).toBe(1_000);
    expect(node.core.counters['refute.exhausted']).toBe(1);
  });
});
