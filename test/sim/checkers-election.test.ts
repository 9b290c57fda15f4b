import { votesIn } from '../../sim/check/electorate.ts';
import { firstSeats } from '../../src/election/voter-set.ts';
import { describe, expect, it } from 'vitest';
import { GateCheck } from '../../sim/check/gate.ts';
import { PartCheck } from '../../sim/check/parts.ts';
import { type Speaker, SpeechCheck } from '../../sim/check/speech.ts';
import { TenureCheck, type TenureView } from '../../sim/check/tenures.ts';
import { type Hearer, ToldCheck } from '../../sim/check/told.ts';
import { type InvariantId, Violations } from '../../sim/check/violation.ts';
import { VoteCheck } from '../../sim/check/votes.ts';
import type { Machine } from '../../sim/world/machine.ts';
import { SentRing, type Tenure } from '../../src/election/contest.ts';
import type { GrantRecord } from '../../src/election/ballot-box.ts';
import { LEADER_CLOCK_LAG_US } from '../../src/election/leader-clock.ts';
import { type Entry, Op } from '../../src/election/messages.ts';
import type { Claim } from '../../src/partition/claim.ts';
import type { PartitionChange } from '../../src/partition/host.ts';

/** What a history breaks. */
const breaks = (history: (violations: Violations) => void): InvariantId[] => {
  const violations = new Violations();
  history(violations);
  return violations.list.map(({ id }) => id);
};

const bid = (ballot: number): Entry => ({ op: Op.bid, name: 'leader', ballot, seq: 1, priority: 0, group: '', fair: false });
const renew = (term: number): Entry => ({ op: Op.renew, name: 'leader', ballot: term, term, seq: 1, ask: false });
const release = (term: number): Entry => ({ op: Op.release, name: 'leader', term, to: '', drainMs: 0 });
const grant: Entry = { op: Op.grant, name: 'leader', ballot: 5, seq: 1, heldMs: 0, grantedMs: 600 };

describe('what processes say', () => {
  const speaker = (some: Partial<Speaker> = {}): Speaker => ({
    name: 'a',
    boot: 1,
    address: 'a:1',
    mayPromise: () => true,
    term: () => 0,
    isOver: () => true,
    ...some,
  });
  const says = (who: Speaker, ...entries: readonly Entry[]): InvariantId[] =>
    breaks((violations) => {
      const speech = new SpeechCheck(violations);
      for (const [atUs, entry] of entries.entries()) speech.said(who, entry, atUs);
    });

  it('election.I7 bites on a promise without memory, and rests on one with it', () => {
    expect(says(speaker({ mayPromise: () => false }), grant)).toEqual(['election.I7']);
    expect(says(speaker(), grant)).toEqual([]);
  });

  it('election.I10 bites on a ballot that was given up, and rests on the next one', () => {
    expect(says(speaker(), bid(5), release(5), bid(5))).toEqual(['election.I10']);
    expect(says(speaker(), bid(5), bid(5), release(5), bid(6))).toEqual([]);
  });

  it('election.I12 bites on a release while the job may run, and while the term is in hand', () => {
    expect(says(speaker({ isOver: () => false }), renew(5), release(5))).toEqual(['election.I12']);
    expect(says(speaker({ term: () => 5 }), renew(5), release(5))).toEqual(['election.I12']);
  });

  it('election.I12 rests when the job has ended, and on a bid that was given up', () => {
    expect(says(speaker(), renew(5), release(5))).toEqual([]);
    expect(says(speaker({ isOver: () => false }), bid(6), release(6))).toEqual([]);
  });
});

describe('what voters promise', () => {
  const promise = (holder: string, ballot: number, endUs: number, some: Partial<GrantRecord> = {}): GrantRecord => ({
    holder: { name: holder, boot: 1, address: '10.0.0.1:7946' },
    ballot,
    term: ballot,
    endUs,
    seq: 1,
    atUs: 0,
    heldMs: 0,
    elected: false,
    wasted: false,
    ...some,
  });
  const clock = { when: (localUs: number) => localUs };
  /** `a` and `b` both ask with ballots 10 and 11; then these boxes are seen, one a microsecond apart. */
  const votes = (
    boxes: readonly [maxBallot: number, floor: number, grant: GrantRecord | null][],
    released: readonly number[] = [],
    reclaimedFrom: string | null = null,
  ): InvariantId[] =>
    breaks((violations) => {
      const speech = new SpeechCheck(violations);
      const [a, b] = ['a', 'b'].map((name): Speaker => ({ name, boot: 1, address: `${name}:1`, mayPromise: () => true, term: () => 0, isOver: () => true }));
      for (const who of [a!, b!]) for (const ballot of [10, 11]) speech.said(who, bid(ballot), 0);
      for (const term of released) speech.said(a!, release(term), 0);
      if (reclaimedFrom !== null) speech.said({ ...a!, boot: 2, address: reclaimedFrom }, { op: Op.reclaim, name: 'leader', boot: 1, drainMs: 0 }, 0);
      const check = new VoteCheck('leader', violations, speech);
      for (const [atUs, [maxBallot, floor, held]] of boxes.entries()) check.look('v', 7, { maxBallot, floor, grant: held }, clock, atUs);
    });

  it('election.I4 bites on a promise given away, and rests on one released, reclaimed from its address, or run out', () => {
    const twice: [number, number, GrantRecord][] = [
      [10, 11, promise('a', 10, 500)],
      [11, 11, promise('b', 11, 900)],
    ];
    expect(votes(twice)).toEqual(['election.I4']);
    expect(votes(twice, [10])).toEqual([]);
    expect(votes(twice, [], '10.0.0.1:7946')).toEqual([]);
    expect(votes(twice, [], '10.0.0.2:7946')).toEqual(['election.I4']);
    expect(votes([[10, 11, promise('a', 10, 1)], twice[1]!])).toEqual([]);
  });

  it('election.I6 bites on a promise above the highest ballot, or above the floor', () => {
    expect(votes([[9, 11, promise('a', 10, 500)]])).toEqual(['election.I6']);
    expect(votes([[10, 9, promise('a', 10, 500)]])).toContain('election.I6');
    expect(votes([[10, 11, promise('a', 10, 500, { term: 11 })]])).toEqual(['election.I6']);
    expect(votes([[10, 10, promise('a', 10, 500)]])).toEqual([]);
  });

  it('election.I11 bites on a highest ballot that nobody was promised, and rests on a floor', () => {
    expect(votes([[12, 11, null]])).toEqual(['election.I11']);
    expect(votes([[11, 11, null]])).toEqual([]);
  });

  it('election.I18 bites on a promise to one that never asked for that ballot', () => {
    expect(votes([[12, 12, promise('a', 12, 500)]])).toEqual(['election.I18']);
    expect(votes([[10, 10, promise('c', 10, 500)]])).toEqual(['election.I18']);
    expect(votes([[11, 11, promise('a', 11, 500)]])).toEqual([]);
  });
});

describe("the leader's accounts", () => {
  const tenure = (leaseEndUs: number, support: Record<string, number>): Tenure => ({
    term: 5,
    ballot: 5,
    sent: new SentRing(),
    support: new Map(Object.entries(support).map(([voter, endUs]) => [voter, { boot: 1, endUs }])),
    leaseEndUs,
    drainUntilUs: Infinity,
    successor: '',
    queues: new Map(),
    called: null,
  });
  const VWX = { voters: votesIn(firstSeats(['v', 'w', 'x'], [])), mayCount: (voter: string) => 'vwx'.includes(voter) };
  const ENOUGH = { v: 1_000_000, w: 900_000 };
  const LEASE = 900_000 - LEADER_CLOCK_LAG_US;
  const looks = (some: Partial<TenureView>, nowUs = 0): InvariantId[] =>
    breaks((violations) => {
      const check = new TenureCheck('leader', violations);
      const view = {
        node: 'a',
        tenure: tenure(LEASE, ENOUGH),
        says: true,
        told: 5,
        when: (us: number) => us,
        promisedUntilUs: () => 2_000_000,
        ...VWX,
        ...some,
      };
      check.look(view, nowUs);
    });

  it('rest when each promise runs as long as it is counted', () => expect(looks({})).toEqual([]));
  it('election.I8 bites on a promise that ends before it is counted to', () => {
    expect(looks({ promisedUntilUs: (voter) => (voter === 'v' ? 999_999 : 2_000_000) })).toEqual(['election.I8']);
  });
  it('election.I9 bites on a lease beyond a majority of the promises, and on one that shrinks', () => {
    expect(looks({ tenure: tenure(LEASE + 1, ENOUGH) })).toEqual(['election.I9']);
    const shrinks = breaks((violations) => {
      const check = new TenureCheck('leader', violations);
      const one = tenure(LEASE, ENOUGH);
      const view = { node: 'a', tenure: one, says: true, told: 5, when: (us: number) => us, promisedUntilUs: () => 2_000_000, ...VWX };
      check.look(view, 0);
      one.leaseEndUs -= 1;
      check.look(view, 1);
    });
    expect(shrinks).toEqual(['election.I9']);
  });
  it('election.I15 bites on a name held without being told, or beyond the end, and rests when it is denied', () => {
    expect(looks({ told: null })).toEqual(['election.I15']);
    expect(looks({}, LEASE)).toEqual(['election.I15']);
    expect(looks({ says: false }, LEASE)).toEqual([]);
  });
  it('election.I17 bites on support from somebody who does not vote', () => {
    expect(looks({ tenure: tenure(LEASE, { ...ENOUGH, stranger: 1_000 }) })).toContain('election.I17');
  });
});

describe('what applications are told', () => {
  const hearer: Hearer = { node: 'a', isLeaving: false, ranFreely: true, leaderUs: 0, latenessUs: 0 };
  const takeover = { former: null, formerTerm: 0, lapseUs: 0, grantUs: 0, overUs: null, resent: 0 };
  const elected = (term: number) => ({ type: 'elected', name: 'leader', term, leaseEndUs: 900, takeover }) as const;
  const lost = (term: number) => ({ type: 'lost', name: 'leader', term, reason: 'expired', leaseEndUs: 900 }) as const;
  const hears = (...told: readonly [Partial<Hearer>, ReturnType<typeof elected> | ReturnType<typeof lost>, mayFall?: boolean][]): InvariantId[] =>
    breaks((violations) => {
      const check = new ToldCheck(violations);
      for (const [who, change, mayFall] of told) check.heard({ ...hearer, ...who }, change, mayFall ?? false, 0);
    });

  it('rest on a usual life', () => expect(hears([{}, elected(5)], [{}, lost(5)], [{}, elected(6)])).toEqual([]));
  it('safety.S11 bites when they do not alternate, or name another term', () => {
    expect(hears([{}, lost(5)])).toEqual(['safety.S11']);
    expect(hears([{}, elected(5)], [{}, elected(6)])).toEqual(['safety.S11']);
    expect(hears([{}, elected(5)], [{}, lost(4)])).toEqual(['safety.S11']);
  });
  it('safety.S9 bites on a token that does not rise, whoever is given it, and rests where wall clocks decide', () => {
    expect(hears([{}, elected(5)], [{ node: 'b' }, elected(5)])).toEqual(['safety.S9']);
    expect(hears([{}, elected(5)], [{ node: 'b' }, elected(4), true])).toEqual([]);
  });
  it('safety.S10 bites on an election after leaving', () => expect(hears([{ isLeaving: true }, elected(5)])).toEqual(['safety.S10']));
  it('election.I13 bites on a loss told too late to a process that ran, and rests on one that was stopped', () => {
    expect(hears([{}, elected(5)], [{ leaderUs: 901 }, lost(5)])).toEqual(['election.I13']);
    expect(hears([{}, elected(5)], [{ leaderUs: 901, latenessUs: 1 }, lost(5)])).toEqual([]);
    expect(hears([{}, elected(5)], [{ leaderUs: 901, ranFreely: false }, lost(5)])).toEqual([]);
  });
});

describe('safety.S8, a fence', () => {
  const writes = (...terms: readonly number[]): InvariantId[] =>
    breaks((violations) => {
      const gate = new GateCheck('leader', violations);
      for (const term of terms) gate.write('a', term, 0);
    });
  it('bites when the present leader is refused', () => expect(writes(5, 7, 6)).toEqual(['safety.S8']));
  it('rests when terms rise', () => expect(writes(5, 5, 6)).toEqual([]));
});

describe('the leader of a part', () => {
  const claim = (holder: string, term: number): Claim => ({ name: 'cache', holder, boot: 1, term, priority: 0 });
  const elected = (holder: string, term: number): PartitionChange => ({ type: 'elected', claim: claim(holder, term) });
  const lost = (holder: string, term: number, winner: Claim | null): PartitionChange => ({
    type: 'lost',
    claim: claim(holder, term),
    reason: 'merged',
    winner,
  });
  const merged = (holder: string, term: number, loser: Claim): PartitionChange => ({ type: 'merged', claim: claim(holder, term), loser });
  const hears = (...told: readonly (readonly [string, PartitionChange])[]): InvariantId[] =>
    breaks((violations) => {
      const check = new PartCheck('cache', 1_000, violations);
      for (const [node, change] of told) check.heard(node, 1, change, 0);
    });

  it('rests on two parts that meet', () => {
    expect(hears(['a', elected('a', 5)], ['b', elected('b', 5)], ['a', merged('a', 6, claim('b', 5))], ['b', lost('b', 5, claim('a', 6))])).toEqual([]);
  });
  it('part.P1 bites on a token that comes twice, and on one of somebody else', () => {
    expect(hears(['a', elected('a', 5)], ['a', lost('a', 5, null)], ['a', elected('a', 5)])).toEqual(['part.P1']);
    expect(hears(['a', elected('b', 5)])).toEqual(['part.P1']);
  });
  it('part.P2 bites on a merge that goes to the lower token', () => {
    expect(hears(['a', elected('a', 5)], ['a', merged('a', 5, claim('b', 5))])).toEqual(['part.P2']);
    expect(hears(['a', elected('a', 5)], ['a', lost('a', 5, claim('b', 4))])).toEqual(['part.P2']);
  });
  it('part.P2 bites on a token below one that was known, in the same life', () => {
    const sees = (holder: string, term: number): PartitionChange => ({ type: 'leader', name: 'cache', claim: claim(holder, term) });
    expect(hears(['a', sees('b', 5)], ['a', elected('a', 4)])).toEqual(['part.P2']);
    expect(hears(['a', sees('b', 5)], ['a', elected('a', 6)])).toEqual([]);
  });
  it('part.P3 bites when elected and lost do not alternate', () => {
    expect(hears(['a', elected('a', 5)], ['a', elected('a', 6)])).toEqual(['part.P3']);
    expect(hears(['a', lost('a', 5, null)])).toEqual(['part.P3']);
  });

  const looks = (leading: readonly string[], cut: readonly string[] = [], passedUs = 1_000): InvariantId[] =>
    breaks((violations) => {
      const machines = ['a', 'b', 'c'].map((name, index) => {
        const process = { boot: 1, node: { partition: { claimOf: () => (leading.includes(name) ? claim(name, 5) : null) } } };
        return { name, index, state: 'running', process } as unknown as Machine;
      });
      const check = new PartCheck('cache', 1_000, violations);
      const isCut = (from: number, to: number): boolean => cut.includes(`${from}${to}`);
      check.look(machines, isCut, 0);
      check.look(machines, isCut, passedUs);
    });
  it('part.P4 bites on a part with two leaders or none, once it has stood for long enough', () => {
    expect(looks(['a'])).toEqual([]);
    expect(looks(['a', 'b'])).toEqual(['part.P4']);
    expect(looks([])).toEqual(['part.P4']);
    expect(looks([], [], 999)).toEqual([]);
  });
  it('part.P4 judges each part by itself, and none in which two cannot hear each other', () => {
    const apart = ['02', '20', '12', '21'];
    expect(looks(['a', 'c'], apart)).toEqual([]);
    expect(looks(['a', 'b', 'c'], apart)).toEqual(['part.P4']);
    expect(looks(['a', 'c'], ['02'])).toEqual([]);
  });
});
