import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/election/messages.ts';
import { ElectionWorld, type Flight, Op, at, carries, packetFrom, settledWorld, storyConfig } from '../../sim/schedules/election-world.ts';

// One rule at a time, for those that no schedule of schedules.test.ts would miss if it were gone.

const abc = ['a', 'b', 'c'];
const other = (names: readonly string[], ...not: string[]): string => names.find((n) => !not.includes(n))!;
const entryOf = <T extends Entry['op']>(f: Flight, op: T): Extract<Entry, { op: T }> => f.packet.entries.find((e) => e.op === op) as Extract<Entry, { op: T }>;

describe('voter rules', () => {
  it('V4, V8: a holder is (name, boot): its next life neither renews nor bids on the old promise', () => {
    const { world, leader } = settledWorld(abc);
    const voter = other(abc, leader);
    const renewals: Flight[] = [];
    world.network = (f) => (f.from === leader && f.to === voter && carries(f, Op.renew) ? (renewals.push(f), null) : at(1));
    world.run(world.nowUs / 1000 + 300);
    const before = world.election(voter).inspect('job').votes!.grant!;
    const forged = renewals[0]!;
    world.deliver({ ...forged, packet: { ...forged.packet, boot: forged.packet.boot + 1 } });
    expect(world.election(voter).inspect('job').votes!.grant).toEqual(before);
  });

  it('V6: the best-ranked bidder that hears nobody any more is never granted (schedule X19)', () => {
    const world = new ElectionWorld([...abc, 'deaf'], storyConfig(abc));
    for (const name of abc) world.start(name);
    world.start('deaf');
    world.run(1500);
    world.campaign('a');
    world.run(1700);
    world.campaign('deaf', 'job', 100); // learns the ballots, stands first in every queue
    world.campaign('b');
    world.run(3000);
    expect(world.leaders()).toEqual(['a']);
    world.network = (f) => (f.to === 'deaf' ? null : at(1));
    world.run(4500);
    world.election('a').resign('job', 'released', null, world.now('a'));
    world.settle('a');
    world.run(4520); // V9 passes it over
    expect(world.leaders()).toEqual(['b']);
    world.election('b').resign('job', 'released', null, world.now('b'));
    world.settle('b');
    world.run(7000); // V7 does not grant it either, alone as it is
    for (const name of abc) expect(world.election(name).inspect('job').votes!.grant).toBeNull();
  });

  it('V8: a late copy of an earlier renewal does not extend the promise', () => {
    const { world, leader } = settledWorld(abc);
    const voter = other(abc, leader);
    const renewals: Flight[] = [];
    world.network = (f) => (f.from === leader && f.to === voter && carries(f, Op.renew) ? (renewals.push(f), at(1)) : at(1));
    world.run(world.nowUs / 1000 + 700);
    const end = world.election(voter).inspect('job').votes!.grant!.endUs;
    world.deliver(renewals[0]!);
    expect(world.election(voter).inspect('job').votes!.grant!.endUs).toBe(end);
  });

  it('V8, V10: a renewal that arrives after its release makes no ghost grant, even with nobody waiting (X5)', () => {
    const { world, leader } = settledWorld(abc);
    const voter = other(abc, leader);
    for (const name of abc) if (name !== leader) world.election(name).withdraw('job', world.now(name));
    const renewals: Flight[] = [];
    world.network = (f) => (f.from === leader && f.to === voter && carries(f, Op.renew) ? (renewals.push(f), null) : at(1));
    world.run(world.nowUs / 1000 + 300);
    world.election(leader).resign('job', 'released', null, world.now(leader));
    world.settle(leader);
    world.run(world.nowUs / 1000 + 5);
    world.deliver(renewals.at(-1)!);
    expect(world.election(voter).inspect('job').votes!.grant).toBeNull();
  });

  /** The leader is dead and another life has its name and address, which says so to one voter. */
  const reclaimed = (
    drainMs: number,
    boot?: number,
  ): { world: ElectionWorld; leader: string; voter: string; heldMs: number; hear: (packet: Flight['packet']) => void } => {
    const { world, leader } = settledWorld(abc);
    const voter = other(abc, leader);
    for (const name of abc) world.election(name).withdraw('job', world.now(name));
    const sent: Flight[] = [];
    world.network = (f) => (f.from === leader ? (sent.push(f), null) : at(1));
    world.run(world.nowUs / 1000 + 300); // a renewal that is still under way
    const dead = world.process(leader).boot;
    world.kill(leader);
    const heldMs = (world.election(voter).inspect('job').votes!.grant!.endUs - world.nowUs) / 1000;
    const hear = (packet: Flight['packet']): void => world.election(voter).receive(`${leader}:1`, packet, world.now(voter));
    const renewal = sent.find((f) => f.to === voter && carries(f, Op.renew))!.packet;
    hear({ ...renewal, boot: dead + 50, entries: [{ op: Op.reclaim, name: 'job', boot: boot ?? dead, drainMs }] });
    hear(renewal);
    return { world, leader, voter, heldMs, hear };
  };

  it('V14: what a former life was promised ends at once, and a late copy of its renewal does not bring it back', () => {
    const { world, voter } = reclaimed(0);
    expect(world.election(voter).inspect('job').votes!.grant).toBeNull();
    expect(world.election(voter).counters).toMatchObject({ reclaims: 1, strayReclaims: 0 });
  });

  it('V14: … with a drain after that, and never later than the promise would have ended', () => {
    const short = reclaimed(40);
    expect(short.world.election(short.voter).inspect('job').votes!.grant!.endUs).toBe(short.world.nowUs + at(40));
    const long = reclaimed(60_000);
    expect(long.world.election(long.voter).inspect('job').votes!.grant!.endUs).toBe(long.world.nowUs + at(long.heldMs));
  });

  it('V14: a life that was promised nothing is counted and frees nothing; so is one’s own, and a name that nobody knows', () => {
    const { world, leader, voter, hear } = reclaimed(0, 4_000_000);
    const held = world.election(voter).inspect('job').votes!.grant!;
    expect(held.holder).toBe(leader);
    const packet = (boot: number, name: string): Flight['packet'] =>
      packetFrom(world, { name: leader, boot: held.boot }, [{ op: Op.reclaim, name, boot, drainMs: 0 }]);
    hear(packet(held.boot, 'job'));
    hear(packet(held.boot + 1, 'unheard'));
    expect(world.election(voter).inspect('job').votes!.grant!.holder).toBe(leader);
    expect(world.election(voter).counters).toMatchObject({ reclaims: 0, strayReclaims: 3 });
  });

  it('V12: a voter that comes back serves the leader in office before those who wait', () => {
    const { world, leader } = settledWorld(abc);
    const voter = other(abc, leader);
    world.kill(voter);
    world.start(voter);
    world.campaign(voter);
    const holders = new Set<string>();
    world.run(world.nowUs / 1000 + 3_000, () => {
      const holder = world.election(voter).inspect('job').votes!.grant?.holder;
      if (holder !== undefined) holders.add(holder);
    });
    expect([...holders]).toEqual([leader]);
  });

  it('V12: and those who wait as soon as that leader is silent', () => {
    const { world, leader } = settledWorld(abc);
    const [voter, last] = abc.filter((name) => name !== leader);
    world.kill(voter!);
    world.start(voter!);
    let refused = 0;
    world.network = (f) => {
      if (f.from === voter && f.to === leader && carries(f, Op.rdeny)) refused = world.nowUs;
      return (f.from === leader || f.to === leader) && refused > 0 ? null : at(1);
    };
    world.run(world.nowUs / 1000 + 2_500);
    expect(world.leaders()).toEqual([last]);
  });

  it('V12, V7: a promise made when the claim of the leader in office is over outlives the promise before it', () => {
    // Both end in one look, as they do where timers are late: the vote goes to who waits, and must stay there.
    const world = new ElectionWorld([...abc, 'x', 'y'], storyConfig(abc));
    let like: Flight | undefined;
    const tokens = new Map<string, number>();
    world.network = (f) => {
      if (f.to === 'a') like ??= f;
      if (f.from === 'a') tokens.set(f.to, f.packet.token);
      return at(1);
    };
    for (const name of [...abc, 'x', 'y']) world.start(name);
    world.run(1500);
    world.network = (f) => (f.from === 'a' ? (tokens.set(f.to, f.packet.token), null) : null);
    const says = (from: string, entry: Entry): void =>
      world.deliver({ ...like!, from, packet: { ...like!.packet, from, boot: world.process(from).boot, echo: tokens.get(from) ?? 0, entries: [entry] } });
    const bids = (from: string, ballot: number): void => {
      for (let seq = 1; seq <= 2; seq += 1) says(from, { op: Op.bid, name: 'job', ballot, seq, priority: 0, group: '', fair: false }); // the first earns the token
    };
    const holder = (): string | undefined => world.election('a').inspect('job').votes!.grant?.holder;
    const ballot = 10 + world.election('a').voteOf('job')!.floor;

    bids('x', ballot);
    expect(holder()).toBe('x');
    world.run(2250);
    says('b', { op: Op.renew, name: 'job', ballot: ballot - 1, term: ballot - 1, seq: 1, ask: false }); // in office, and overtaken here
    world.run(2300);
    bids('y', ballot + 1);
    world.pause('a');
    world.run(2600);
    world.resume('a');
    world.run(2601);
    expect(holder()).toBe('y');
    world.run(2700);
    expect(holder()).toBe('y');
  });

  it('V9: a recovered voter answers the bids that queued up at once, not at their next beat', () => {
    const world = new ElectionWorld([...abc, 'x'], storyConfig(abc));
    for (const name of abc) world.start(name);
    world.start('x');
    world.campaign('x');
    world.run(900);
    const active = (): boolean => abc.some((name) => world.election(name).inspect('job').votes!.phase === 'active');
    world.network = (f) => (f.from === 'x' && carries(f, Op.bid) && !active() ? null : at(1));
    // The cold start's floor is above the queued ballot: one round trip and the stagger of four names.
    world.run(1085);
    expect(world.leaders()).toEqual(['x']);
  });

  it('V11: who takes grants and never uses them stands last for a while', () => {
    const world = new ElectionWorld([...abc, 'x', 'y'], storyConfig(abc));
    for (const name of [...abc, 'x', 'y']) world.start(name);
    world.run(1500);
    // x hears everything, and nothing it says after its bids arrives: it holds promises it cannot take up.
    world.network = (f) => (f.from === 'x' && (carries(f, Op.renew) || carries(f, Op.release)) ? null : at(1));
    world.campaign('x', 'job', 100);
    world.run(1800);
    world.campaign('y');
    world.run(6000);
    expect(world.leaders()).toEqual(['y']);
  });
});

describe('candidate rules', () => {
  it('C3: counts from the send of the very request, less the drift: slow answers make short leases', () => {
    const world = new ElectionWorld(abc, storyConfig(abc));
    for (const name of abc) world.start(name);
    world.run(1500);
    world.network = () => at(200);
    const bids: Flight[] = [];
    const counted = (f: Flight): number => (f.from === 'a' && carries(f, Op.bid) ? (bids.push(f), at(200)) : at(200));
    world.network = counted;
    world.campaign('a');
    let lease = -Infinity;
    let sentUs = Infinity;
    world.run(4000, () => {
      const { role, leaseEndUs } = world.election('a').inspect('job');
      if (role !== 'leader' || lease !== -Infinity) return;
      lease = leaseEndUs;
      sentUs = bids.at(-1)!.sentUs;
    });
    expect(lease).toBeGreaterThan(0);
    expect(lease).toBeLessThanOrEqual(sentUs + at(1000));
  });

  it('C6: a promise for a dead ballot is given back at once', () => {
    const world = new ElectionWorld(abc, storyConfig(abc));
    for (const name of abc) world.start(name);
    world.run(1500);
    const late: Flight[] = [];
    world.network = (f) => (f.to === 'a' && carries(f, Op.grant) ? (late.push(f), null) : at(1));
    world.campaign('a');
    world.run(1700);
    world.election('a').withdraw('job', world.now('a'));
    const released: number[] = [];
    world.network = (f) => {
      if (f.from === 'a' && carries(f, Op.release)) released.push(entryOf(f, Op.release).term);
      return at(1);
    };
    world.deliver(late[0]!);
    expect(released).toContain(entryOf(late[0]!, Op.grant).ballot);
  });

  const heldBySelf = (answer: (ballot: number) => Entry): number[] => {
    const world = new ElectionWorld(abc, storyConfig(abc));
    for (const name of abc) world.start(name);
    world.run(1500);
    const denials: Flight[] = [];
    world.network = (f) => (f.to === 'a' ? (denials.push(f), null) : at(1)); // its own voter has promised, nobody else is heard
    world.campaign('a');
    world.run(1600);
    const released: number[] = [];
    world.network = (f) => {
      if (f.from === 'a' && carries(f, Op.release)) released.push(entryOf(f, Op.release).term);
      return null;
    };
    const { ballot } = world.election('a').inspect('job');
    const [flight] = denials;
    world.deliver({ ...flight!, packet: { ...flight!.packet, entries: [answer(ballot)] } });
    return released;
  };

  it('C6 (d): a bid gives up its promises when somebody has won since', () => {
    const hint = (term: number): Entry => ({ op: Op.hint, name: 'job', holder: 'c', term, leftMs: 500, reason: 'held', holderBoot: 0 });
    expect(heldBySelf((ballot) => hint(ballot + 1))).not.toEqual([]);
    expect(heldBySelf(() => ({ ...hint(0), holder: '', reason: 'electing' }) as Entry)).toEqual([]);
  });

  it('C6 (e): a bid gives up its promises when the leader was renewed since, and keeps them while only an old promise runs out', () => {
    const T = storyConfig(abc).grantUs / 1000;
    const deny = (ballot: number, leftMs: number): Entry => ({
      op: Op.deny,
      name: 'job',
      ballot,
      maxBallot: 0,
      why: 'held',
      holder: 'c',
      term: 0,
      elected: true,
      leftMs,
      ahead: 0,
      queued: 1,
      holderBoot: 0,
    });
    expect(heldBySelf((ballot) => deny(ballot, T))).not.toEqual([]);
    expect(heldBySelf((ballot) => deny(ballot, T / 2))).toEqual([]);
  });

  it('C6: refusals that were on their way when the leader resigned do not cost its successor the election', () => {
    const five = ['a', 'b', 'c', 'd', 'e'];
    for (let offsetMs = 0; offsetMs < 250; offsetMs += 5) {
      const { world, leader } = settledWorld(five);
      for (const name of five) world.campaign(name);
      // The release reaches one voter after the other, so that refusals of the others arrive between the first promise and the third.
      world.network = (f) => at(carries(f, Op.release) ? 1 + 4 * five.indexOf(f.to) : 1);
      world.run(world.nowUs / 1000 + 1000 + offsetMs);
      world.election(leader).resign('job', 'released', null, world.now(leader));
      world.settle(leader);
      world.run(world.nowUs / 1000 + 25);
      expect([offsetMs, world.leaders()]).toEqual([offsetMs, [expect.not.stringMatching(leader)]]);
    }
  });

  it('C6: a ballot is never used again, though our own voter forgot it', () => {
    const { world } = settledWorld(abc);
    const ballots = new Map<string, Set<number>>();
    const lives = new Map<number, Set<string>>();
    world.network = (f) => {
      for (const e of f.packet.entries) {
        if (e.op !== Op.bid) continue;
        const life = `${f.from}#${f.packet.boot}`;
        (ballots.get(life) ?? ballots.set(life, new Set()).get(life)!).add(e.ballot);
        (lives.get(e.ballot) ?? lives.set(e.ballot, new Set()).get(e.ballot)!).add(life);
      }
      return at(1);
    };
    for (let round = 0; round < 6; round += 1) {
      for (const name of abc) world.election(name).withdraw('job', world.now(name));
      const seen = new Map([...ballots].map(([life, set]) => [life, new Set(set)]));
      ballots.clear();
      for (const name of abc) if (world.leaders()[0] !== name) world.campaign(name);
      world.run(world.nowUs / 1000 + 700);
      for (const [life, set] of ballots) for (const b of set) expect(seen.get(life)?.has(b) ?? false).toBe(false);
    }
  });
});

describe('leader rules', () => {
  it('L1: an ack counts from the send of the request it answers, never from the latest', () => {
    const { world, leader } = settledWorld(abc);
    const held: Flight[] = [];
    world.network = (f) => (f.to === leader && carries(f, Op.rack) ? (held.push(f), null) : at(1));
    const sentUs = world.nowUs;
    world.run(world.nowUs / 1000 + 550);
    const before = world.election(leader).inspect('job').leaseEndUs;
    const first = held[0]!;
    world.deliver(first);
    const after = world.election(leader).inspect('job').leaseEndUs;
    expect(after).toBeGreaterThan(before);
    expect(after).toBeLessThanOrEqual(first.sentUs + at(1000)); // not 550 ms later, when it was read
    expect(first.sentUs).toBeGreaterThan(sentUs);
  });

  it('L3: a voter that promised a higher ballot is won back; the term stays', () => {
    const { world, leader } = settledWorld(abc);
    const voter = other(abc, leader);
    const term = world.election(leader).inspect('job').term;
    // Cut off, the voter grants itself a higher ballot, gives it up and comes back.
    world.network = (f) => (f.from === voter || f.to === voter ? null : at(1));
    world.run(world.nowUs / 1000 + 2000);
    expect(world.election(voter).inspect('job').votes!.maxBallot).toBeGreaterThan(term);
    world.network = () => at(1);
    world.run(world.nowUs / 1000 + 2000);
    const { ballot, term: still } = world.election(leader).inspect('job');
    expect(still).toBe(term);
    expect(ballot).toBeGreaterThan(term);
    expect(world.election(voter).inspect('job').votes!.grant?.holder).toBe(leader);
    expect(world.leaders()).toEqual([leader]);
  });

  it('L4: the application is told stopBefore ahead of the end, not later', () => {
    const { world, leader } = settledWorld(abc);
    world.network = () => null;
    world.run(world.nowUs / 1000 + 1500);
    const lost = world.process(leader).changes.find((c) => c.type === 'lost')!;
    const toldMs = Number(
      world
        .process(leader)
        .log.find((l) => l.includes('lost job'))!
        .split(' ')[0],
    );
    expect(lost.type === 'lost' && lost.leaseEndUs / 1000 - toldMs).toBeGreaterThanOrEqual(99);
    expect(lost.type === 'lost' && lost.leaseEndUs / 1000 - toldMs).toBeLessThanOrEqual(101);
  });

  it('L5: somebody else leading with a higher term while our lease holds is a broken assumption: warn and stop', () => {
    const { world, leader } = settledWorld(abc);
    const voter = other(abc, leader);
    const { term } = world.election(leader).inspect('job');
    world.deliver({
      from: voter,
      to: leader,
      sentUs: world.nowUs,
      packet: packetFrom(world, { name: voter, boot: world.process(voter).boot }, [
        { op: Op.hint, name: 'job', holder: 'z', term: term + 1, leftMs: 500, reason: 'held', holderBoot: 0 },
      ]),
    });
    expect(world.process(leader).log.some((l) => l.includes('safety-violation'))).toBe(true);
    expect(world.process(leader).log.some((l) => l.includes('lost job') && l.endsWith('violation'))).toBe(true);
  });
});

describe('honesty', () => {
  it('tells what went wrong in a transition once, and serves the next', () => {
    const { world, leader } = settledWorld(abc);
    const goOn = (): void => world.run(world.nowUs / 1000 + 300);
    world.network = () => {
      throw new Error('no such socket');
    };
    expect(goOn).toThrow('no such socket');
    world.network = () => at(1);
    goOn();
    expect(world.leaders()).toEqual([leader]);
  });

  it('explains who is missing, who refuses and what is waited for', () => {
    const { world, leader } = settledWorld(abc);
    const rest = abc.filter((n) => n !== leader);
    world.kill(rest[0]!);
    world.kill(leader);
    world.run(world.nowUs / 1000 + 3000);
    const last = rest[1]!;
    const said = world.election(last).explain('job', world.now(last)).join('\n');
    expect(said).toContain('No leader of job is known: no-quorum,');
    expect(said).toContain(`missing: ${[leader, rest[0]!].sort().join(', ')}`);
    expect(world.process(last).log.some((l) => l.includes(`quorum false 1/2 missing ${[leader, rest[0]!].sort().join(' ')}`))).toBe(true);
    world.start(rest[0]!);
    world.run(world.nowUs / 1000 + 200);
    expect(world.election(rest[0]!).explain('job', world.now(rest[0]!)).join('\n')).toContain('Our own voter waits');
  });

  it('a node that only watches learns who leads', () => {
    const { world, leader } = settledWorld(abc);
    world.start('w');
    world.election('w').watch('job', world.now('w'));
    world.run(world.nowUs / 1000 + 50);
    expect(world.election('w').leaderOf('job', world.now('w')).name).toBe(leader);
    world.election(leader).resign('job', 'released', null, world.now(leader));
    world.settle(leader);
    world.run(world.nowUs / 1000 + 20);
    expect(world.election('w').leaderOf('job', world.now('w')).name).toBe(world.leaders()[0]);
  });
});
