import { describe, expect, it } from 'vitest';
import { ADMISSIONS_MAX, LEAVE_TARGETS_MAX, OPEN_PROBES_MAX, PAGES_PER_PULL_MAX } from '../../src/membership/limits.ts';
import { Kind } from '../../src/membership/messages.ts';
import type { SyncReply } from '../../src/membership/messages.ts';
import { Lone, claim, header } from '../support/membership-lone.ts';

const warnings = (node: Lone): readonly unknown[] => node.changes.flatMap((change) => (change.type === 'warning' ? [change.details] : []));
const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `m${i}`);

/** Somebody asks to join under a name that another life holds, from an address that it has proved to be its own. */
function askToJoin(node: Lone, name: string, at: number): string {
  const address = `10.1.${at >> 8}.${at & 255}:7946`;
  const life = { boot: 1_000_000 + at };
  const request = (token: number) =>
    ({
      kind: Kind.syncRequest,
      ...header(name, { ...life, seq: 8 }),
      token,
      offer: 77,
      claim: claim(name, { ...life, incarnation: 9_000, address }),
      after: '',
      buckets: new Uint8Array(64),
    }) as const;
  const reply = (): SyncReply => node.sent.findLast(({ message }) => message.kind === Kind.syncReply)!.message as SyncReply;
  node.core.receive(address, request(0), node.nowUs);
  node.core.receive(address, request(reply().token), node.nowUs);
  return reply().status;
}

describe('a limit that is reached', () => {
  it('is counted each time, told once, and explained', () => {
    const node = new Lone(names(ADMISSIONS_MAX + 3));
    for (const [i, name] of names(ADMISSIONS_MAX + 3).entries()) expect(askToJoin(node, name, i)).toBe('pending');
    expect(node.core.counters['admission.limit']).toBe(3);
    expect(warnings(node)).toEqual([{ limit: 'admission', value: ADMISSIONS_MAX }]);
    expect(node.core.explain('a', node.nowUs)).toContain("The limit 'admission' was reached 3 times.");
  });

  it('of open probes leaves the next for later, and harms nobody', () => {
    const node = new Lone(names(OPEN_PROBES_MAX + 3), { directTimeoutMinUs: 100_000 });
    for (const [i, name] of names(OPEN_PROBES_MAX).entries()) askToJoin(node, name, i);
    node.pass(250); // a turn of the round, while none of them is answered
    expect(warnings(node)).toContainEqual({ limit: 'probe', value: OPEN_PROBES_MAX });
  });

  it('of members that a leaver tells itself leaves the rest to gossip', () => {
    const node = new Lone(names(LEAVE_TARGETS_MAX + 2));
    node.core.leave(node.nowUs);
    expect(node.sent.filter(({ message }) => message.kind === Kind.leave)).toHaveLength(LEAVE_TARGETS_MAX);
    expect(warnings(node)).toEqual([{ limit: 'leave', value: LEAVE_TARGETS_MAX }]);
  });

  it('of pages in one sync ends with a member that never says the last one, and the next mismatch begins anew', () => {
    const node = new Lone(['b']);
    const asked = () => node.sent.flatMap(({ message }) => (message.kind === Kind.syncRequest ? [message] : []));
    const differs = (): void => {
      node.receive('b', { kind: Kind.gossip, ...header('b', { digest: 1 }), answer: false, updates: [] });
      node.passUs(100_000);
    };
    const page = (seq: number, next: string): void =>
      node.receive('b', { kind: Kind.syncReply, ...header('b', { seq, digest: 1 }), status: 'page', token: 0, claims: [], next, rival: null });
    differs();
    const { seq } = asked()[0]!;
    for (let i = 0; i < PAGES_PER_PULL_MAX + 5; i += 1) page(seq, `m${String(i).padStart(5, '0')}`);
    expect(asked()).toHaveLength(PAGES_PER_PULL_MAX); // one for each page before the last
    expect(warnings(node)).toEqual([{ limit: 'pull-pages', value: PAGES_PER_PULL_MAX }]);
    expect(node.core.counters['sync.unmatched']).toBe(5);
    node.forget();
    node.passQuietly(1_000);
    differs();
    expect([...new Set(asked().map((request) => request.after))]).toEqual(['']); // from the first page, and again, since nobody answers
  });
});
