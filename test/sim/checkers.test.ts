import { votesIn } from '../../sim/check/electorate.ts';
import { firstSeats } from '../../src/election/voter-set.ts';
import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/core/view.ts';
import { planOf } from '../../sim/index.ts';
import { LeaseCheck } from '../../sim/check/leases.ts';
import { Observer } from '../../sim/check/observer.ts';
import { ViewCheck } from '../../sim/check/views.ts';
import { type InvariantId, Violations } from '../../sim/check/violation.ts';
import { timingOf } from '../../sim/plan/timings.ts';
import type { Machine, Process } from '../../sim/world/machine.ts';
import { QUEUE_MAX } from '../../src/election/bid-queue.ts';
import type { GrantRecord } from '../../src/election/ballot-box.ts';
import { Op } from '../../src/election/messages.ts';
import { SpeechCheck } from '../../sim/check/speech.ts';
import { VoteCheck } from '../../sim/check/votes.ts';

const broken = (violations: Violations): InvariantId[] => violations.list.map(({ id }) => id);

describe('safety.S1, one holder', () => {
  const history = (overlap: boolean): Violations => {
    const violations = new Violations();
    const leases = new LeaseCheck('leader', violations);
    leases.look('a', 1, 10, 1_000, true, 0);
    leases.look('b', 2, 11, 2_000, true, overlap ? 999 : 1_000);
    return violations;
  };
  it('bites when two leases overlap by a microsecond', () => expect(broken(history(true))).toContain('safety.S1'));
  it('rests when one ends as the other begins', () => expect(broken(history(false))).toEqual([]));

  it('bites when a renewal, and not a beginning, makes the overlap', () => {
    const violations = new Violations();
    const leases = new LeaseCheck('leader', violations);
    leases.look('a', 1, 10, 1_000, true, 0);
    leases.look('b', 2, 11, 3_000, true, 1_500);
    leases.look('a', 1, 10, 2_500, true, 1_600);
    expect(broken(violations)).toEqual(['safety.S1']);
  });

  it('knows that a suspended machine does nothing, and that it may wake too early', () => {
    const violations = new Violations();
    const leases = new LeaseCheck('leader', violations);
    leases.look('a', 1, 10, 1_000, true, 0);
    leases.look('a', 1, 10, Infinity, false, 500);
    leases.look('b', 2, 11, 9_000, true, 2_000);
    expect(broken(violations)).not.toContain('safety.S1');
    leases.look('a', 1, 10, 2_500, true, 2_100);
    expect(broken(violations)).toContain('safety.S1');
  });
});

describe('safety.S2 and safety.S3, terms', () => {
  it('bite when a term comes twice, or falls', () => {
    const violations = new Violations();
    const leases = new LeaseCheck('leader', violations);
    leases.look('a', 1, 10, 1_000, true, 0);
    leases.look('b', 2, 10, 2_000, true, 1_000);
    leases.look('b', 2, 0, -Infinity, true, 1_100);
    leases.look('a', 1, 9, 3_000, true, 1_200);
    expect(broken(violations)).toEqual(['safety.S2', 'safety.S3', 'safety.S3']);
  });

  it('rest when terms rise, and where all voters forgot and wall clocks disagree', () => {
    const violations = new Violations();
    const leases = new LeaseCheck('leader', violations);
    leases.look('a', 1, 10, 1_000, true, 0);
    leases.look('b', 2, 11, 2_000, true, 1_000);
    leases.crashed('b', 1_100);
    leases.termOrderRestsOnClocks = true;
    leases.look('a', 5, 3, 9_000, true, 5_000);
    expect(broken(violations)).toEqual([]);
    leases.look('a', 5, 0, -Infinity, true, 6_000);
    leases.look('b', 6, 3, 9_000, true, 7_000);
    expect(broken(violations)).toEqual(['safety.S2', 'safety.S3']);
  });
});

/** Whoever is asked has asked. */
const votesOf = (
  violations: Violations,
  speech: Pick<SpeechCheck, 'hasAsked' | 'hasReleased'> = { hasAsked: () => true, hasReleased: () => true },
): VoteCheck => new VoteCheck('leader', violations, speech as SpeechCheck);
const box = (maxBallot: number, grant: GrantRecord | null, floor = 1_000): Parameters<VoteCheck['look']>[2] => ({ maxBallot, floor, grant });
const trueTime = { when: (localUs: number) => localUs };
const promise = (holder: string, ballot: number, endUs: number, elected: boolean): GrantRecord => ({
  holder: { name: holder, boot: 1, address: '10.0.0.1:7946' },
  ballot,
  term: ballot,
  endUs,
  seq: 1,
  atUs: 0,
  heldMs: 0,
  elected,
  wasted: false,
});

describe('safety.S4 and safety.S5, votes', () => {
  const grant = (holder: string, ballot: number, endUs: number, elected = false): GrantRecord => promise(holder, ballot, endUs, elected);

  it('S4 bites on one ballot for two, on a ballot that falls, and on two leaders of one term', () => {
    const violations = new Violations();
    const votes = votesOf(violations);
    votes.look('v', 7, box(10, grant('a', 10, 500)), trueTime, 0);
    votes.look('v', 7, box(10, null), trueTime, 500);
    votes.look('v', 7, box(10, grant('b', 10, 900)), trueTime, 600);
    votes.look('v', 7, box(9, null), trueTime, 700);
    votes.look('v', 7, box(12, grant('a', 12, 900, true)), trueTime, 800);
    votes.look('v', 7, box(12, grant('b', 12, 900, true)), trueTime, 900);
    expect(broken(violations)).toEqual(['safety.S4', 'safety.S4', 'safety.S4']);
  });

  it('S4 rests when a voter forgot in a crash, and when a leader renews with a ballot that another bid for', () => {
    const violations = new Violations();
    const votes = votesOf(violations);
    votes.look('v', 7, box(10, grant('a', 10, 500)), trueTime, 0);
    votes.look('v', 8, box(0, null), trueTime, 100);
    votes.look('v', 8, box(10, grant('b', 10, 900)), trueTime, 800);
    votes.look('v', 8, box(10, null), trueTime, 900);
    votes.look('v', 8, box(10, grant('c', 10, 2_000, true)), trueTime, 1_000);
    expect(broken(violations)).toEqual([]);
  });

  it('S5 bites when too few promised, not long enough, or to another life', () => {
    const cases: [string, string | null, number, boolean][] = [
      ['a', 'a', 1_000, true],
      ['a', null, 1_000, false],
      ['a', 'a', 999, false],
      ['a', 'b', 1_000, false],
    ];
    for (const [first, second, endUs, holds] of cases) {
      const violations = new Violations();
      const votes = votesOf(violations);
      votes.look('v', 1, box(10, grant(first, 10, 1_000)), trueTime, 0);
      votes.look('w', 1, box(10, second === null ? null : grant(second, 10, endUs)), trueTime, 0);
      votes.backed('a', 1, 10, 1_000, votesIn(firstSeats(['v', 'w'], [])), 0);
      expect(broken(violations)).toEqual(holds ? [] : ['safety.S5']);
    }
    const violations = new Violations();
    const votes = votesOf(violations);
    votes.look('v', 1, box(10, grant('a', 10, 1_000)), trueTime, 0);
    votes.backed('a', 2, 10, 1_000, votesIn(firstSeats(['v'], [])), 0);
    expect(broken(violations)).toEqual(['safety.S5']);
  });

  it('S5 counts what a crashed voter promised: its silence keeps it', () => {
    const violations = new Violations();
    const votes = votesOf(violations);
    votes.look('v', 1, box(10, grant('a', 10, 1_000)), trueTime, 0);
    votes.look('v', 2, box(0, null), trueTime, 100);
    votes.look('v', 2, box(0, null), trueTime, 200);
    votes.backed('a', 1, 10, 1_000, votesIn(firstSeats(['v'], [])), 300);
    expect(broken(violations)).toEqual([]);
  });
});

describe("safety.S6, a former life's promise", () => {
  const grant = (holder: string, endUs: number): GrantRecord => promise(holder, 10, endUs, false);
  const history = (atUs: number): InvariantId[] => {
    const violations = new Violations();
    const votes = votesOf(violations);
    votes.look('v', 7, box(10, grant('a', 1_000)), trueTime, 0);
    votes.look('v', 8, box(0, null), trueTime, 100);
    votes.look('v', 8, box(11, { ...grant('b', 5_000)!, ballot: 11 }), trueTime, atUs);
    return broken(violations);
  };
  it('bites when the next life promises before that has run out', () => expect(history(999)).toEqual(['safety.S6']));
  it('rests when it waits', () => expect(history(1_000)).toEqual([]));

  /** Life 8 was handed on what life 7 promised to a, shows the floor of a later set until then, and promises the name to b once a's promise is over. */
  const handed = (next: GrantRecord, released: boolean): InvariantId[] => {
    const violations = new Violations();
    const speech = new SpeechCheck(violations);
    const a = { name: 'a', boot: 1, address: 'a:1', mayPromise: () => true, term: () => 0, isOver: () => true };
    for (const [who, ballot] of [
      [a, 10],
      [a, 9],
      [{ ...a, name: 'b' }, 30],
    ] as const)
      speech.said(who, { op: Op.bid, name: 'leader', ballot, seq: 1, priority: 0, group: '', fair: false }, 0);
    if (released) speech.said(a, { op: Op.release, name: 'leader', term: next.term, to: '', drainMs: 0 }, 0);
    const votes = new VoteCheck('leader', violations, speech);
    const seen = (boot: number, maxBallot: number, grant: GrantRecord | null, atUs: number): void =>
      votes.look('v', boot, { maxBallot, floor: 30, grant }, trueTime, atUs);
    seen(7, 10, grant('a', 1_000), 0);
    seen(8, 20, null, 100);
    seen(8, next.ballot, next, 200);
    if (released) seen(8, 20, null, 300);
    seen(8, 30, promise('b', 30, 5_000, false), 400);
    return broken(violations);
  };
  it('rests when it was handed on and released since', () => expect(handed(grant('a', 1_100), true)).toEqual([]));
  it('leaves what was handed on to election.I4', () => expect(handed(grant('a', 1_100), false)).toEqual(['election.I4']));
  it('bites when less is kept than was promised', () => expect(handed(grant('a', 900), true)).toEqual(['safety.S6']));
  it('is no leave to promise a lower ballot: safety.S4', () => expect(handed(promise('a', 9, 1_100, false), true)).toContain('safety.S4'));
});

describe('safety.S7, the closest call', () => {
  it('is the time from a lease that ran out to the next leader; a release is none', () => {
    const leases = new LeaseCheck('leader', new Violations());
    leases.look('a', 1, 10, 1_000, true, 0);
    leases.look('a', 1, 10, -Infinity, true, 900);
    leases.look('b', 1, 11, 2_000, true, 901);
    expect(leases.closest).toBe(null);
    leases.look('b', 1, 11, -Infinity, true, 2_500);
    leases.look('a', 1, 12, 9_000, true, 2_700);
    expect(leases.closest).toMatchObject({ slackUs: 700, from: 'b', to: 'a' });
  });

  it('bites when the next begins before the former lease was over', () => {
    const violations = new Violations();
    const leases = new LeaseCheck('leader', violations);
    leases.look('a', 1, 10, 1_000, true, 0);
    leases.look('a', 2, 0, -Infinity, true, 100); // a new life: what the old one held runs on
    leases.look('b', 1, 11, 3_000, true, 900);
    expect(broken(violations)).toEqual(['safety.S7']);
  });
});

describe('member.M11, events add up to the view', () => {
  it('bites on a change that was not told, and rests on one that was', () => {
    const held: Member = { name: 'b', boot: 5, incarnation: 3, address: '10.0.0.2:1', state: 'suspect', tags: {} };
    const alive: Member = { ...held, state: 'alive' };
    const violations = new Violations();
    const views = new ViewCheck(violations, 600);
    views.own(alive);
    views.started('a');
    views.heard('a', { type: 'member', before: null, after: alive, reason: '' }, 0, 0);
    views.folded('a', new Map([['b', alive]]), 1);
    expect(broken(violations)).toEqual([]);
    views.folded('a', new Map([['b', held]]), 2);
    views.folded('a', new Map(), 3);
    expect(broken(violations)).toEqual(['member.M11', 'member.M11']);
  });
});

describe('member.M1 to member.M4, views', () => {
  const member = (state: Member['state'], incarnation: number, name = 'b'): Member => ({ name, boot: 5, incarnation, address: '10.0.0.2:1', state, tags: {} });
  const hear = (before: Member | null, after: Member, observer = 'a', claimed = 10): InvariantId[] => {
    const violations = new Violations();
    const views = new ViewCheck(violations, 600);
    views.own(member('alive', claimed));
    views.heard(observer, { type: 'member', before, after, reason: '' }, 0, 0);
    return broken(violations);
  };
  it('rest on the usual life', () => {
    expect(hear(null, member('alive', 3))).toEqual([]);
    expect(hear(member('alive', 3), member('suspect', 3))).toEqual([]);
    expect(hear(member('failed', 3), member('alive', 4))).toEqual([]);
  });
  it('M1 bites on an older claim', () => expect(hear(member('alive', 4), member('alive', 3))).toContain('member.M1'));
  it('M5 bites on an accusation that is forgotten', () => {
    expect(hear(member('suspect', 4), member('alive', 4))).toEqual(['member.M5']);
    expect(hear(member('left', 4), member('failed', 4))).toEqual(['member.M5']);
    expect(hear(member('suspect', 4), member('left', 4))).toEqual([]);
  });
  it('M2 bites on a return without a newer claim', () => expect(hear(member('failed', 4), member('alive', 4))).toEqual(['member.M5', 'member.M2']));
  it('M6 bites on an address that the life never had', () => expect(hear(null, { ...member('alive', 3), address: '10.0.0.9:1' })).toEqual(['member.M6']));
  it('M9 bites on other tags under one incarnation', () => expect(hear(null, { ...member('alive', 10), tags: { a: 'b' } })).toEqual(['member.M9']));
  it('M10 bites on a life that never was', () => expect(hear(null, { ...member('alive', 3), boot: 6 })).toContain('member.M10'));
  it('M8 bites on a verdict before its time, and rests on one in time', () => {
    const after = (localUs: number): InvariantId[] => {
      const violations = new Violations();
      const views = new ViewCheck(violations, 600);
      views.own(member('alive', 10));
      views.heard('a', { type: 'member', before: null, after: member('suspect', 3), reason: '' }, 1_000, 0);
      views.heard('a', { type: 'member', before: member('suspect', 3), after: member('failed', 3), reason: 'no refutation for 1 ms' }, localUs, 0);
      return broken(violations);
    };
    expect(after(1_599)).toEqual(['member.M8']);
    expect(after(1_600)).toEqual([]);
  });
  it('M12 bites on a refusal that was believed about a life that runs', () => {
    const after = (isOver: boolean): InvariantId[] => {
      const violations = new Violations();
      const views = new ViewCheck(violations, 600);
      views.own(member('alive', 10));
      if (isOver) views.ended('b', 5);
      views.heard('a', { type: 'member', before: member('alive', 3), after: member('failed', 3), reason: 'its host refuses: nobody listens' }, 0, 0);
      return broken(violations);
    };
    expect(after(false)).toEqual(['member.M12']);
    expect(after(true)).toEqual([]);
  });
  it('R3 and R5 bite on what is thrown, while receiving and otherwise, and rest on what is not', () => {
    const observer = new Observer(planOf(1));
    observer.stepped('n1', true, null, 0);
    observer.stepped('n1', false, null, 0);
    expect(broken(observer.violations)).toEqual([]);
    observer.stepped('n1', true, new Error('thrown through'), 0);
    observer.stepped('n1', false, 'thrown', 0);
    expect(broken(observer.violations)).toEqual(['resource.R3', 'resource.R5']);
  });
  it('R6 bites on more members than there are machines', () => {
    const keeping = (count: number): InvariantId[] => {
      const observer = new Observer(planOf(1));
      const members = new Map(Array.from({ length: count }, (_, i) => [`m${i}`, { ...member('alive', 3), name: `m${i}` }]));
      const machine = { name: 'n1', process: { node: { membership: { members } } } } as unknown as Machine;
      observer.finish([machine, { name: 'n2', process: null } as unknown as Machine], 0);
      return broken(observer.violations).filter((id) => id === 'resource.R6');
    };
    expect(keeping(3)).toEqual(['resource.R6']);
    expect(keeping(2)).toEqual([]);
  });
  it('I20 bites on a queue above its bound, and rests at it', () => {
    const keeping = (queued: number): InvariantId[] => {
      const observer = new Observer(planOf(1));
      const election = {
        transitions: 1,
        voteOf: () => ({ maxBallot: 0, floor: 0, grant: null, queued }),
        tenureOf: () => null,
        franchise: { standing: { set: { seats: [] } } },
      };
      const process = { boot: 1, looked: -1, claimed: null, node: { election, membership: { self: member('alive', 3) } } } as unknown as Process;
      observer.look({ name: 'n1', index: 0, clock: trueTime } as unknown as Machine, process, true, false, 0);
      return broken(observer.violations);
    };
    expect(keeping(QUEUE_MAX + 1)).toContain('election.I20');
    expect(keeping(QUEUE_MAX)).toEqual([]);
  });
  it('I22 bites on a belief that no promise can vouch for, and rests on one that lasts a lease', () => {
    const plan = planOf(1);
    const { grantUs } = timingOf(plan.timing).election;
    const believing = (forUs: number): InvariantId[] => {
      const observer = new Observer(plan);
      observer.started('n1');
      const now = { elapsedUs: 5_000, leaderUs: 5_000, wallMs: 0 };
      const process = {
        boot: 1,
        clock: { peek: () => now, elapsedUs: () => 5_000 },
        node: { election: { leaderOf: () => ({ untilUs: 5_000 + forUs }) } },
      } as unknown as Process;
      observer.heard({ name: 'n1', index: 0 } as unknown as Machine, process, { type: 'leader', name: 'leader', leader: 'n2', term: 3, reason: null }, 9_000);
      return broken(observer.violations);
    };
    expect(believing(grantUs + 2_000)).toEqual(['election.I22']);
    expect(believing(grantUs)).toEqual([]);
  });
  it('M7 and R1 bite on a large datagram, and on a word after the end', () => {
    const observer = new Observer(planOf(1));
    observer.sent('n1', 1_401, false, 0);
    observer.sent('n1', 100, true, 0);
    expect(broken(observer.violations)).toEqual(['member.M7', 'resource.R1']);
  });
  it('M3 bites on an incarnation its owner never claimed', () => expect(hear(null, member('alive', 11))).toEqual(['member.M3']));
  it('M4 bites on a node that holds itself failed', () => expect(hear(member('alive', 4), member('failed', 4), 'b')).toEqual(['member.M4']));
});
