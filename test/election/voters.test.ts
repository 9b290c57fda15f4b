import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { ElectionWorld, type Flight, Op, at, storyConfig } from '../../sim/schedules/election-world.ts';
import { encodeElection } from '../../src/election/codec.ts';
import { founderNameMax } from '../../src/election/outbox.ts';
import type { Seat, VotersChange } from '../../src/election/voter-set.ts';
import { ENVELOPE_BYTES } from '../../src/transport/envelope.ts';

/** Nodes with state directories; the first `voters` of them vote. All stand for `job`. */
function worldOf(names: readonly string[], voters: readonly string[], durable: readonly string[] = names): ElectionWorld {
  const world = new ElectionWorld(names, storyConfig(voters));
  for (const name of names) world.start(name, { durable: durable.includes(name) });
  for (const name of names) world.campaign(name);
  world.run(3000);
  expect(world.leaders()).toHaveLength(1);
  return world;
}
const said = (seats: readonly Seat[]): string => seats.map(({ name, weight, excluded }) => `${name}${weight}${excluded ? 'x' : ''}`).join(' ');
const votersOf = (world: ElectionWorld, name: string): string => said(world.election(name).franchise.standing.set.seats);
/** Asks `by` for a change and lets it happen. @returns How long it took, in ms. */
function change(world: ElectionWorld, by: string, wish: VotersChange, withinMs = 20_000): number {
  expect(world.election(by).franchise.change(wish, world.now(by))).toBeNull();
  const from = world.nowUs / 1000;
  const isDone = (): boolean => world.process(by).changes.some((c) => c.type === 'voters' && c.settled);
  for (let ms = from; ms < from + withinMs && !isDone(); ms += 10) world.run(ms + 10);
  if (!isDone()) throw new Error(`not done: ${world.election(by).franchise.standing.waitsFor}; it is ${votersOf(world, by)}`);
  return world.nowUs / 1000 - from;
}

describe('voters whose packets may be of different sizes', () => {
  it('tell each other a set that fits into the larger ones only', { timeout: 30_000 }, () => {
    const many = Array.from({ length: 19 }, (_, i) => `voter-${i}`.padEnd(48, '-'));
    const world = new ElectionWorld([...many, 'new'.padEnd(48, '-')], storyConfig(many));
    for (const name of world.names) world.start(name, { durable: true, packetBudget: name === many[1] ? 1_100 : 1_400 });
    for (const name of many) world.campaign(name);
    world.run(4_000);
    world.network = (f) => (f.to === many[7] || f.from === many[7] ? null : at(1)); // who is to be told later
    expect(world.election(many[0]!).franchise.change({ exclude: [many[5]!] }, world.now(many[0]!))).toBeNull();
    world.run(20_000);
    world.network = () => at(1);
    world.run(25_000);
    const versions = many.map((name) => world.election(name).franchise.standing.set.version);
    expect(new Set(versions)).toEqual(new Set([Math.max(...versions)]));
    expect(versions[0]).toBeGreaterThan(0);
  });
});

describe('voters that change', () => {
  it('adds one, and all go by the new set', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    change(world, 'a', { add: ['d', 'e'] });
    world.run(world.nowUs / 1000 + 1000);
    for (const name of ['a', 'b', 'c', 'd', 'e']) expect(votersOf(world, name)).toBe('a1 b1 c1 d1 e1');
  });

  it('leaves somebody to vote, whatever two wishes come together', () => {
    // n1 is to be excluded while n2 votes, and n2 while n1 does: each can be done, and both together would leave nobody.
    const world = worldOf(['a', 'b', 'c'], ['a', 'b']);
    for (const [by, name] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const)
      expect(world.election(by).franchise.change({ exclude: [name] }, world.now(by))).toBeNull();
    world.run(world.nowUs / 1000 + 30_000);
    expect(new Set(['a', 'b'].map((name) => votersOf(world, name))).size).toBe(1);
    expect(['a0x b1', 'a1 b0x']).toContain(votersOf(world, 'a'));
    const told = ['a', 'b'].flatMap((name) => world.process(name).changes.filter((c) => c.type === 'warning'));
    expect(told).toEqual([{ type: 'warning', code: 'voters-refused', details: { problems: 'somebody must be left to vote' } }]);
    expect(world.leaders()).toHaveLength(1);
    expect(['a', 'b'].map((name) => world.election(name).franchise.standing.waitsFor)).toEqual([null, null]);
  });

  it('keeps the leader of a job in office while its voters change', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    const [leader] = world.leaders();
    const terms = world.terms().length;
    change(world, 'a', { add: ['d', 'e'] });
    change(world, 'b', { remove: ['a', 'c'] });
    world.run(world.nowUs / 1000 + 3000);
    expect(votersOf(world, 'b')).toBe('b1 d1 e1');
    expect(world.leaders()).toEqual([leader]);
    expect(world.terms()).toHaveLength(terms);
  });

  it('replaces a dead voter in two installs, and survives the next death', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    world.kill('c');
    for (const name of ['a', 'b', 'd']) world.election(name).onView({ members: world.view() }, world.now(name));
    change(world, 'a', { replace: { c: 'd' } });
    const installs = world
      .process('a')
      .changes.filter((c) => c.type === 'voters' && !c.settled)
      .map((c) => c.type === 'voters' && said(c.set.seats));
    expect(installs).toEqual(['a1 b1 c1', 'a1 b1 c0', 'a1 b1 d1']); // the first is the stamp with the new term
    world.run(world.nowUs / 1000 + 1500);
    world.kill('b');
    world.run(world.nowUs / 1000 + 4000);
    expect(world.leaders()).toHaveLength(1);
  });

  it('P8: does not begin with a majority that only a voter without a state directory completes: it would fall silent', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c'], ['a', 'b', 'd']);
    world.kill('b');
    expect(world.election('a').franchise.change({ replace: { b: 'd' } }, world.now('a'))).toBeNull();
    world.run(world.nowUs / 1000 + 3000);
    expect(world.election('a').franchise.standing.waitsFor).toBe('P8: a state directory for c');
    expect(world.leaders()).toHaveLength(1);
  });

  it('refuses a voter that was started again with another T under a changed set: a lease of its length would outlast P6', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    change(world, 'b', { add: ['d', 'e'] });
    world.kill('a');
    world.start('a', { durable: true, grantUs: at(5000) });
    world.campaign('a');
    world.run(world.nowUs / 1000 + 6000);
    for (const name of ['a', 'b']) expect(world.process(name).log.join()).toMatch(/warning config-mismatch .*its lease is/);
    expect(world.leaders()).toHaveLength(1);
  });

  it('tells so, where one with another T also knows an older set', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    change(world, 'b', { add: ['d', 'e'] });
    world.kill('a');
    change(world, 'c', { weigh: { b: 2 } });
    world.start('a', { durable: true, grantUs: at(5000) });
    world.campaign('a');
    world.run(world.nowUs / 1000 + 6000);
    expect(votersOf(world, 'a')).not.toBe(votersOf(world, 'b'));
    for (const name of ['a', 'b']) expect(world.process(name).log.join()).toMatch(/warning config-mismatch .*its lease is/);
  });
});

describe('a change that nobody asked for', () => {
  it('gives way to one that somebody asks for', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c'], ['a', 'b', 'd']);
    const { franchise } = world.election('a');
    expect(franchise.change({ replace: { b: 'd' } }, world.now('a'), true)).toBeNull();
    world.run(world.nowUs / 1000 + 3000);
    expect(franchise.standing.waitsFor).toBe('P8: a state directory for c'); // and would for ever
    expect(franchise.change({ exclude: ['b'] }, world.now('a'), true)?.why).toBe('busy');
    expect(franchise.change({ exclude: ['nobody'] }, world.now('a'))?.why).toBe('fault');
    expect(franchise.reconfiguration.isOwn).toBe(true); // what cannot be begun takes no place
    expect(franchise.change({ exclude: ['c'] }, world.now('a'))).toBeNull();
    expect(franchise.reconfiguration.isOwn).toBe(false);
    expect(franchise.change({ exclude: ['b'] }, world.now('a'))?.why).toBe('busy');
    world.kill('c');
    world.start('c', { durable: true });
    world.run(world.nowUs / 1000 + 6000);
    expect(votersOf(world, 'b')).toBe('a1 b1 c0x');
  });

  it('does nothing when its turn comes and somebody else has filled the seat: no second stand-in', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    world.kill('c');
    for (const name of ['a', 'b']) world.election(name).onView({ members: world.view() }, world.now(name));
    expect(world.election('a').franchise.change({ replace: { c: 'd' } }, world.now('a'), true)).toBeNull();
    expect(world.election('b').franchise.change({ replace: { c: 'e' } }, world.now('b'), true)).toBeNull();
    world.run(world.nowUs / 1000 + 20_000);
    expect(['a1 b1 d1', 'a1 b1 e1']).toContain(votersOf(world, 'a'));
    expect(['a', 'b'].map((name) => world.election(name).franchise.standing.waitsFor)).toEqual([null, null]);
  });
});

describe('a replacement that nobody asked for', () => {
  /** a, on one side of a partition with d, takes b for dead, and its turn comes when the partition is over. */
  const meanwhile = (change: (world: ElectionWorld) => void): ElectionWorld => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    world.network = ({ from, to }) => (['a', 'd'].includes(from) === ['a', 'd'].includes(to) ? 1000 : null);
    const members = world.view();
    members.delete('b');
    world.election('a').onView({ members }, world.now('a'));
    expect(world.election('a').franchise.change({ replace: { b: 'd' } }, world.now('a'), true)).toBeNull();
    world.run(world.nowUs / 1000 + 3000);
    change(world);
    world.network = () => 1000;
    world.run(world.nowUs / 1000 + 8000);
    expect(world.election('a').franchise.standing.waitsFor).toBeNull();
    return world;
  };

  it('is not made when the one that was held dead is back', () => {
    const world = meanwhile((w) => w.election('a').onView({ members: w.view() }, w.now('a')));
    expect(votersOf(world, 'b')).toBe('a1 b1 c1');
  });

  it('gives nobody a vote that is gone itself', () => {
    const world = meanwhile((w) => {
      const members = w.view();
      for (const name of ['b', 'd']) members.delete(name);
      w.election('a').onView({ members }, w.now('a'));
    });
    expect(votersOf(world, 'b')).toBe('a1 b1 c1');
  });
});

describe('what a change rests on', () => {
  it('P1: waits until a majority goes by the present set, and says who was not heard', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    const { franchise } = world.election('a');
    world.network = ({ from }) => (from === 'a' && franchise.standing.set.version === 2 ? null : 1000);
    expect(franchise.change({ add: ['d'], remove: ['c'] }, world.now('a'))).toBeNull();
    while (franchise.standing.set.version < 2) world.run(world.nowUs / 1000 + 1);
    world.run(world.nowUs / 1000 + 100);
    expect(franchise.standing.waitsFor).toBe('P1: a majority to go by the present voters (1 of 3 votes; not heard: b, c, d)');
    world.run(world.nowUs / 1000 + 5000);
    expect(franchise.standing.set.version).toBe(2);
    expect(franchise.standing.waitsFor).toMatch(/election of whoever may change/);
  });

  it('P6: no second step before leases won under the former set have run out', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    const tookMs = change(world, 'a', { add: ['d', 'e'] });
    expect(tookMs).toBeGreaterThanOrEqual(2000); // the stamp, d, e: two waits of T between them
  });

  it('P8: is refused without a state directory', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c'], ['b', 'c', 'd']);
    expect(world.election('a').franchise.change({ add: ['d'] }, world.now('a'))?.why).toBe('no-memory');
  });

  it('P8: waits for the voter that would forget, by name', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c'], ['a', 'b', 'd']);
    world.election('a').franchise.change({ add: ['d'] }, world.now('a'));
    world.run(world.nowUs / 1000 + 4000);
    expect(world.election('a').franchise.standing.waitsFor).toBe('P8: a state directory for c');
    expect(votersOf(world, 'a')).toBe('a1 b1 c1');
  });

  /** {a, b, c} becomes {a, b, d} while c hears nothing; d leads with b's promise; a starts again and meets c. */
  const splitAfterChange = (forgets: boolean): ElectionWorld => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    world.network = ({ from, to }) => ([from, to].includes('c') ? null : 1000);
    for (const name of ['a', 'b']) world.election(name).withdraw('job', world.now(name));
    const [leader] = world.leaders();
    if (leader !== 'd') world.election(leader!).resign('job', 'released', null, world.now(leader!));
    if (leader !== 'd') world.settle(leader!);
    change(world, 'b', { replace: { c: 'd' } });
    world.run(world.nowUs / 1000 + 3000);
    expect(world.leaders()).toEqual(['d']);
    const side = ['a', 'c'];
    world.network = ({ from, to }) => (side.includes(from) === side.includes(to) ? 1000 : null);
    world.kill('a');
    if (forgets) world.disks.delete('a');
    world.start('a', { durable: !forgets });
    world.campaign('c');
    world.run(world.nowUs / 1000 + 8000);
    return world;
  };
  it('P8: a voter that remembers does not elect, with one that was taken out, a second leader', () => {
    expect(splitAfterChange(false).leaders()).toEqual(['d']);
  });
  it('P8: one that forgot does (A17): that is why a changed set is on disk', () => {
    expect(() => splitAfterChange(true)).toThrow('two leaders');
  });

  it('refuses what cannot be, all of it at once', () => {
    const world = worldOf(['a', 'b', 'c'], ['a', 'b', 'c']);
    expect(world.election('a').franchise.change({ add: ['x'], exclude: ['y'] }, world.now('a'))?.problems).toEqual([
      'not among the voters: y',
      'not a living member: x',
    ]);
    expect(world.election('a').franchise.change({ remove: ['a', 'b', 'c'] }, world.now('a'))?.problems).toEqual(['somebody must be left to vote']);
    expect(world.election('a').franchise.change({ exclude: ['c'] }, world.now('a'))).toBeNull();
    expect(world.election('a').franchise.change({ exclude: ['b'] }, world.now('a'))?.why).toBe('busy');
  });

  it('X46: during a partition only the side with a majority installs, and the other one learns it when it heals', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    world.network = ({ from, to }) => ([from, to].includes('c') ? null : 1000);
    world.election('c').franchise.change({ add: ['d'] }, world.now('c'));
    change(world, 'a', { replace: { c: 'd' } });
    expect(votersOf(world, 'c')).toBe('a1 b1 c1');
    world.network = () => 1000;
    world.run(world.nowUs / 1000 + 2000);
    expect(world.election('c').franchise.standing.set.version).toBeGreaterThan(0);
    expect(world.leaders()).toHaveLength(1);
  });

  it('X50: a removed voter goes on bidding and disturbs nobody', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'].slice(0, 3));
    change(world, 'a', { replace: { c: 'd' } });
    world.run(world.nowUs / 1000 + 1000);
    const before = world.terms().length;
    world.run(world.nowUs / 1000 + 5000);
    expect(world.terms()).toHaveLength(before);
    expect(votersOf(world, 'c')).toBe('a1 b1 d1'); // it is told
  });

  it('X47: two that want different changes at one time are led one after the other', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    world.election('a').franchise.change({ add: ['d'], remove: ['c'] }, world.now('a'));
    world.election('b').franchise.change({ add: ['e'] }, world.now('b'));
    world.run(world.nowUs / 1000 + 30_000);
    for (const name of ['a', 'b', 'c', 'd', 'e']) expect(votersOf(world, name)).toBe('a1 b1 d1 e0'); // four are three votes
  });

  it('X49: a voter that takes itself out leads the change to its end', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    change(world, 'a', { replace: { a: 'd' } });
    expect(votersOf(world, 'a')).toBe('b1 c1 d1');
  });

  it('keeps terms rising over two steps, though the second set has no majority that meets the first’s', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e', 'f'], ['a', 'b', 'c']);
    change(world, 'a', { add: ['d', 'e', 'f'], remove: ['a', 'b', 'c'] }, 60_000);
    const before = Math.max(...world.terms());
    for (const name of new Set(['a', 'b', 'c', ...world.leaders()])) world.kill(name);
    world.run(world.nowUs / 1000 + 6000);
    expect(world.leaders()).toHaveLength(1);
    expect(Math.max(...world.terms())).toBeGreaterThan(before);
  });
});

describe('weights', () => {
  it('a voter of two votes and one of one: the heavy one alone leads, the light one does not', () => {
    const world = new ElectionWorld(['a', 'b'], storyConfig(['a', 'b'], { weights: [2, 1] }));
    for (const name of ['a', 'b']) world.start(name);
    world.campaign('b');
    world.run(3000);
    expect(world.leaders()).toEqual(['b']);
    world.kill('b');
    world.campaign('a');
    world.run(6000);
    expect(world.leaders()).toEqual(['a']);
    world.start('b');
    world.kill('a');
    world.campaign('b');
    world.run(12_000);
    expect(world.leaders()).toEqual([]);
  });

  it('none is no number of votes: it is what a seat has that waits to be filled', () => {
    const world = worldOf(['a', 'b', 'c'], ['a', 'b', 'c']);
    for (const votes of [0, 11, 1.5, Number.NaN])
      expect(world.election('a').franchise.change({ weigh: { b: votes } }, world.now('a'))?.problems).toEqual(['a voter has 1 to 10 votes']);
  });

  it('a bid is explained by the votes that it holds, not by the number of voters', () => {
    const world = new ElectionWorld(['a', 'b', 'c'], storyConfig(['a', 'b', 'c'], { weights: [1, 2, 2] }));
    for (const name of ['a', 'b', 'c']) world.start(name);
    world.run(2500);
    for (const name of ['a', 'b']) world.kill(name);
    world.campaign('c');
    world.run(2600);
    expect(world.election('c').explain('job', world.now('c')).join()).toMatch(/holds 2 of 3 votes/);
  });

  it('X12: of four, the last has no vote, so one half goes on', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd']);
    expect(votersOf(world, 'a')).toBe('a1 b1 c1 d0');
    const half = ['a', 'b'];
    world.network = ({ from, to }) => (half.includes(from) === half.includes(to) ? 1000 : null);
    world.run(world.nowUs / 1000 + 4000);
    expect(world.leaders()).toHaveLength(1);
    expect(half).toContain(world.leaders()[0]);
  });
});

describe('bootstrap', () => {
  const founding = (names: readonly string[], expectN: number): ElectionWorld => {
    const world = new ElectionWorld(names, storyConfig([], { expect: expectN, founds: 1, durable: true }));
    for (const name of names) world.start(name);
    for (const name of names) world.campaign(name);
    return world;
  };

  it('three that find each other become the voters, and lead', () => {
    const world = founding(['a', 'b', 'c'], 3);
    world.run(5000);
    for (const name of ['a', 'b', 'c']) expect(votersOf(world, name)).toBe('a1 b1 c1');
    expect(world.leaders()).toHaveLength(1);
  });

  it('three that begin one after the other become the voters, whoever is the first to accept', () => {
    for (const [first, second, third] of [
      ['a', 'b', 'c'],
      ['c', 'a', 'b'],
      ['b', 'c', 'a'],
    ] as const) {
      const world = new ElectionWorld(['a', 'b', 'c'], storyConfig([], { expect: 3, founds: 1, durable: true }));
      world.start(first);
      world.run(130);
      world.start(second);
      world.run(310);
      world.start(third);
      world.run(4000);
      for (const name of ['a', 'b', 'c']) expect(votersOf(world, name)).toBe('a1 b1 c1');
    }
  });

  it('two of three wait, and say for how many', () => {
    const world = founding(['a', 'b'], 3);
    world.run(5000);
    expect(votersOf(world, 'a')).toBe('');
    expect(world.election('a').explain('job', world.now('a')).join(' ')).toMatch(/3 voters are to find each other; seen: 2 \(a, b\)/);
  });

  it('those whose names do not fit into one packet say so, and no packet is larger than it may be', () => {
    const names = Array.from({ length: 17 }, (_, i) => `n${i}`.padEnd(64, '-'));
    const packetBudget = 1100;
    const world = new ElectionWorld(names, storyConfig([], { expect: 17, founds: 1, durable: true, packetBudget }));
    let largest = 0;
    world.network = ({ packet }) => {
      largest = Math.max(largest, pack(encodeElection(packet)).length + ENVELOPE_BYTES);
      return 1000;
    };
    for (const name of names) world.start(name);
    for (const name of names) for (const election of ['job', 'other']) world.election(name).watch(election, world.now(name));
    let told = '';
    world.run(3000, () => (told += world.election(names[0]!).explain('job', world.now(names[0]!)).join()));
    expect(told).toContain('Their names do not fit into one packet');
    expect(largest).toBeLessThanOrEqual(packetBudget);
    expect(votersOf(world, names[0]!)).toBe('');
  });

  it('those whose names just fit into one packet become the voters', () => {
    const packetBudget = 1100;
    const names = Array.from({ length: 13 }, (_, i) => `n${i}`.padEnd(founderNameMax(13, packetBudget), '-'));
    const world = new ElectionWorld(names, storyConfig([], { expect: 13, founds: 1, durable: true, packetBudget }));
    for (const name of names) world.start(name);
    world.run(2000);
    expect(world.election(names[0]!).franchise.standing.set.seats).toHaveLength(13);
  });

  it('one that comes later follows without a vote', () => {
    const world = founding(['a', 'b', 'c'], 3);
    world.run(3000);
    world.start('d');
    world.campaign('d');
    world.run(5000);
    expect(votersOf(world, 'd')).toBe('a1 b1 c1');
  });

  it('who has accepted is bound, also after a new start: no second set with others', () => {
    const world = founding(['a', 'b', 'c'], 3);
    // Everybody accepts {a, b, c}, and nobody hears it of anybody.
    world.network = ({ packet }) => (packet.entries.some((e) => e.op === Op.found && e.lineage !== 0) ? null : 1000);
    world.run(2000);
    expect(world.disks.get('c')!.pending).toBe(true);
    const bound = world.disks.get('c')!.lineage;
    world.network = ({ from, to }) => (['a', 'b'].includes(from) || ['a', 'b'].includes(to) ? null : 1000);
    world.kill('c');
    for (const name of ['c', 'd', 'e']) world.start(name);
    for (const name of ['c', 'd', 'e']) world.campaign(name);
    world.run(12_000);
    expect(world.disks.get('c')!.lineage).toBe(bound);
    expect(votersOf(world, 'd')).toBe('');
  });

  it('who is bound to a set that cannot come to be is free when one of it, and nobody else, says that it goes by another', () => {
    const world = new ElectionWorld(['a', 'b', 'c', 'd'], storyConfig([], { expect: 3, founds: 1, durable: true }));
    // Nobody hears what c proposes once it knows all three: it alone accepts {b, c, d}.
    world.network = ({ from, packet }) => (from === 'c' && packet.entries.some((e) => e.op === Op.found && e.names.length === 3) ? null : 1000);
    for (const name of ['b', 'c', 'd']) world.start(name);
    world.run(2000);
    expect(['b', 'c', 'd'].map((name) => world.disks.get(name)?.pending ?? false)).toEqual([false, true, false]);
    world.network = ({ from, to }) => ([from, to].includes('c') ? null : 1000);
    world.start('a');
    world.run(7000);
    expect(votersOf(world, 'b')).toBe('a1 b1 d1');
    world.network = ({ from, to }) => ([from, to].includes('c') && ![from, to].includes('a') ? null : 1000);
    world.campaign('c');
    world.run(10_000);
    expect(votersOf(world, 'c')).toBe('');
    world.network = () => 1000;
    world.run(13_000);
    expect(votersOf(world, 'c')).toBe('a1 b1 d1');
    expect(world.disks.get('c')!.pending).toBe(false);
  });

  it('X51: two groups that never met are two clusters, which refuse each other by name', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const world = new ElectionWorld(names, storyConfig([], { expect: 3, founds: 1, durable: true }));
    const first = ['a', 'b', 'c'];
    world.network = ({ from, to }) => (first.includes(from) === first.includes(to) ? 1000 : null);
    for (const name of names) world.start(name);
    world.run(5000);
    expect(votersOf(world, 'a')).toBe('a1 b1 c1');
    expect(votersOf(world, 'd')).toBe('d1 e1 f1');
    const said: Flight[] = [];
    world.network = (flight) => {
      said.push(flight);
      return 1000;
    };
    world.campaign('a', 'ours');
    world.run(6000);
    world.later({ ...said.find(({ from }) => from === 'a')!, to: 'd' }, 0);
    world.run(7000);
    expect(world.process('d').log.join()).toMatch(/config-mismatch.*founded or forced apart/);
    expect(votersOf(world, 'd')).toBe('d1 e1 f1');
  });
});

describe('force', () => {
  it('one that is left of three leads alone, a lease later and in a higher term, and the others refuse it', () => {
    const world = worldOf(['a', 'b', 'c'], ['a', 'b', 'c']);
    const before = Math.max(...world.terms());
    for (const name of ['b', 'c']) world.kill(name);
    world.run(world.nowUs / 1000 + 3000);
    expect(world.leaders()).toEqual([]);
    const forcedMs = world.nowUs / 1000;
    expect(world.election('a').franchise.force([{ name: 'a', weight: 1, excluded: false }], world.now('a'))).toBeNull();
    world.run(forcedMs + 990);
    expect(world.leaders()).toEqual([]);
    world.run(forcedMs + 3000);
    expect(world.leaders()).toEqual(['a']);
    expect(world.terms().at(-1)).toBeGreaterThan(before + 2 ** 20 - 1);
    world.start('b', { durable: true });
    world.campaign('b');
    world.run(world.nowUs / 1000 + 3000);
    expect(votersOf(world, 'b')).toBe('a1 b1 c1');
    expect(world.process('b').log.join() + world.process('a').log.join()).toMatch(/config-mismatch/);
    world.election('b').franchise.force([{ name: 'a', weight: 1, excluded: false }], world.now('b')); // told the same, it belongs
    expect(world.election('a').franchise.force([{ name: 'a', weight: 1, excluded: false }], world.now('a'))).toBeNull(); // told twice
    world.run(world.nowUs / 1000 + 3000);
    expect(world.election('b').leaderOf('job', world.now('b')).name).toBe('a');
  });
});

describe('a set that is forced', () => {
  it('is one that can be kept and told', () => {
    const world = worldOf(['a'], ['a']);
    const force = (count: number, length: number): readonly string[] | undefined =>
      world.election('a').franchise.force(
        Array.from({ length: count }, (_, i) => ({ name: `n${i}`.padEnd(length, '-'), weight: 1, excluded: false })),
        world.now('a'),
      )?.problems;
    expect(force(32, 3)).toEqual(['at most 31 voters; it would be 32']);
    expect(force(18, 64)).toEqual(['their names do not fit into one packet']);
    expect(votersOf(world, 'a')).toBe('a1');
    expect(world.leaders()).toEqual(['a']);
    expect(force(31, 3)).toBeUndefined();
  });
});

describe('a state directory', () => {
  it('replaces the read, never the wait', () => {
    const world = worldOf(['a', 'b', 'c'], ['a', 'b', 'c']);
    for (const name of ['b', 'c']) world.kill(name);
    world.kill('a');
    const startMs = world.nowUs / 1000;
    world.start('a', { durable: true });
    world.run(startMs + 990);
    expect(world.election('a').mayPromise).toBe(false);
    world.run(startMs + 1050);
    expect(world.election('a').mayPromise).toBe(true); // with nobody to ask
    expect(world.election('a').voteOf('job')!.floor).toBeGreaterThanOrEqual(Math.max(...world.terms()));
  });

  it('remembers a longer T of the life before', () => {
    const world = worldOf(['a'], ['a']);
    const kept = world.disks.get('a')!;
    expect(kept.grantUs).toBe(1_000_000);
    world.disks.set('a', { ...kept, grantUs: 3_000_000 });
    world.kill('a');
    const startMs = world.nowUs / 1000;
    world.start('a', { durable: true });
    world.run(startMs + 2900);
    expect(world.election('a').mayPromise).toBe(false);
    world.run(startMs + 3100);
    expect(world.election('a').mayPromise).toBe(true);
  });

  it('promises nothing that it cannot keep', () => {
    const world = worldOf(['a', 'b', 'c'], ['a', 'b', 'c']);
    for (const name of ['a', 'b', 'c']) world.kill(name);
    world.isDiskFull = true;
    for (const name of ['a', 'b', 'c']) world.start(name, { durable: true });
    for (const name of ['a', 'b', 'c']) world.campaign(name);
    world.run(world.nowUs / 1000 + 4000);
    expect(world.leaders()).toEqual([]);
    world.isDiskFull = false;
    world.run(world.nowUs / 1000 + 4000);
    expect(world.leaders()).toHaveLength(1);
  });

  it('that is full is tried again once in a renewal time by a voter that has waited', () => {
    const world = worldOf(['a', 'b', 'c'], ['a', 'b', 'c']);
    world.kill('a');
    world.isDiskFull = true;
    world.start('a', { durable: true });
    world.run(world.nowUs / 1000 + 1100); // T, and a try
    const before = world.diskWrites;
    expect(before).toBeGreaterThan(0);
    world.run(world.nowUs / 1000 + 2000);
    expect(world.diskWrites - before).toBe(8);
    expect(world.election('a').mayPromise).toBe(false);
    world.isDiskFull = false;
    world.run(world.nowUs / 1000 + 300);
    expect(world.election('a').mayPromise).toBe(true);
  });

  it('that is full is tried again once in a renewal time by who changes the voters, with a warning each', () => {
    const world = worldOf(['a', 'b', 'c', 'd'], ['a', 'b', 'c']);
    world.isDiskFull = true;
    const before = world.diskWrites;
    expect(world.election('a').franchise.change({ add: ['d'] }, world.now('a'))).toBeNull();
    world.run(world.nowUs / 1000 + 4000);
    expect(world.election('a').franchise.standing.waitsFor).toBe('P8: this node to write to its state directory');
    const tries = world.diskWrites - before;
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThanOrEqual(16);
    expect(world.process('a').changes.filter((c) => c.type === 'warning' && c.code === 'not-kept')).toHaveLength(tries);
    world.isDiskFull = false;
    world.run(world.nowUs / 1000 + 4000);
    expect(votersOf(world, 'b')).toBe('a1 b1 c1 d0');
  });

  it('hands promises on to the next life, which answers at once and keeps them for their whole rest', () => {
    const world = worldOf(['a', 'b', 'c'], ['a', 'b', 'c']);
    const [leader] = world.leaders();
    const other = ['a', 'b', 'c'].find((name) => name !== leader)!;
    const handedOn = world.election(other).handOn(world.now(other))!;
    expect(handedOn.grants.map(({ name, holder }) => `${name} ${holder}`)).toEqual([`job ${leader}`]);
    world.kill(other);
    world.start(other, { durable: true, handedOn });
    expect(world.election(other).mayPromise).toBe(true);
    expect(world.election(other).voteOf('job')!.grant!.holder.name).toBe(leader);
    const terms = world.terms().length;
    world.run(world.nowUs / 1000 + 3000);
    expect(world.leaders()).toEqual([leader]);
    expect(world.terms()).toHaveLength(terms);
  });

  it('takes nothing over from any life but the last, nor under other voters', () => {
    const world = worldOf(['a', 'b', 'c'], ['a', 'b', 'c']);
    const handedOn = world.election('a').handOn(world.now('a'))!;
    world.kill('a');
    world.start('a', { durable: true, handedOn });
    world.run(world.nowUs / 1000 + 2000); // this life has promised since
    world.kill('a');
    world.start('a', { durable: true, handedOn });
    expect(world.election('a').mayPromise).toBe(false);
    world.kill('a');
    world.start('a', { durable: true, handedOn: { ...handedOn, boot: world.disks.get('a')!.boot, digest: 1 } });
    expect(world.election('a').mayPromise).toBe(false);
  });
});
