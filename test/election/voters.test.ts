import { describe, expect, it } from 'vitest';
import { ElectionWorld, at, storyConfig } from '../../sim/schedules/election-world.ts';
import type { Seat, VotersChange } from '../../src/election/voter-set.ts';

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

/** Voters a, b and c with state directories, and a change to c alone that c leads; x and y only stand for `job`. */
function shrinking(): { world: ElectionWorld; version: () => number } {
  const names = ['a', 'b', 'c', 'x', 'y'];
  const world = new ElectionWorld(names, storyConfig(['a', 'b', 'c']));
  for (const name of names) world.start(name, { durable: true });
  world.run(3000);
  return { world, version: () => world.election('c').franchise.standing.set.version };
}
const runUntil = (world: ElectionWorld, test: () => boolean, withinMs: number): void => {
  const endMs = world.nowUs / 1000 + withinMs;
  while (!test()) {
    if (world.nowUs / 1000 >= endMs) throw new Error('it never came to that');
    world.run(world.nowUs / 1000 + 1);
  }
};

describe('voters that change', () => {
  it('adds one, and all go by the new set', () => {
    const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c']);
    change(world, 'a', { add: ['d', 'e'] });
    world.run(world.nowUs / 1000 + 1000);
    for (const name of ['a', 'b', 'c', 'd', 'e']) expect(votersOf(world, name)).toBe('a1 b1 c1 d1 e1');
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
    expect(installs).toEqual(['a1 b1 c1', 'a1 b1', 'a1 b1 d1']); // the first is the stamp with the new term
    world.run(world.nowUs / 1000 + 1500);
    world.kill('b');
    world.run(world.nowUs / 1000 + 4000);
    expect(world.leaders()).toHaveLength(1);
  });

  it('P7: a promise from before a set was in force elects nobody in a term at or below its floor', () => {
    const { world, version } = shrinking();
    // x talks with a and b alone, y with c alone, and c's news reach neither a nor b at first.
    let isTold = true;
    world.network = ({ from, to }) => {
      const pair = [from, to].sort().join('');
      if (pair === 'cx' || pair === 'ay' || pair === 'by' || pair === 'xy') return null;
      return isTold || !(from === 'c' && to !== 'y') ? at(1) : null;
    };
    expect(world.election('c').franchise.change({ remove: ['a', 'b'] }, world.now('c'))).toBeNull();
    runUntil(world, () => version() === 1, 2000);
    world.run(world.nowUs / 1000 + 20);
    runUntil(world, () => (isTold = version() === 1) === false, 3000); // c goes by two voters, and only c
    const voters = world.election('c').franchise.standing.set.seats.map(({ name }) => name);
    world.campaign('x');
    runUntil(world, () => world.leaders().includes('x'), 500);
    isTold = true;
    const left = voters.find((name) => name !== 'c')!;
    runUntil(world, () => world.election(left).franchise.standing.set.version === version(), 500);
    const [former] = world.terms();
    world.kill('x');
    runUntil(world, () => world.election('c').franchise.standing.waitsFor?.startsWith('P6') === true, 500);
    world.run(world.nowUs / 1000 + 600);
    world.campaign('y');
    runUntil(world, () => world.leaders().includes('y'), 5000);
    expect(world.terms()[0]).toBeGreaterThan(former!);
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
