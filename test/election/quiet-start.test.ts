import { describe, expect, it } from 'vitest';
import { DIRECTED } from '../../sim/schedules/directed.ts';
import { ElectionWorld, Op, at, carries, storyConfig } from '../../sim/schedules/election-world.ts';

const abc = ['a', 'b', 'c'];
const started = (names: readonly string[], leaders: 'any' | 'voters' = 'voters'): ElectionWorld => {
  const world = new ElectionWorld(names, storyConfig(names, { leaders }));
  for (const name of names) world.start(name);
  for (const name of names) world.campaign(name);
  return world;
};
const how = (world: ElectionWorld, name: string): string | undefined => world.process(name).log.find((line) => line.includes('voter active'));

describe('a quiet start', () => {
  it.each([[['a']], [abc], [['a', 'b', 'c', 'd', 'e']]])('of %j makes a leader at once, without the wait of T', (names) => {
    const world = started(names);
    world.run(150);
    expect(world.leaders()).toHaveLength(1);
    for (const name of names) expect(how(world, name)).toContain('voter active quiet');
  });

  it('is the same where the list of voters is written down in another order', () => {
    const world = new ElectionWorld(abc, storyConfig(abc, { leaders: 'voters' }));
    world.start('a');
    world.start('b', { voters: ['b', 'c', 'a'] });
    world.start('c', { voters: ['c', 'a', 'b'] });
    for (const name of abc) world.campaign(name);
    world.run(150);
    for (const name of abc) expect(how(world, name)).toContain('voter active quiet');
  });

  it('waits for the last of the voters, and not longer', () => {
    const world = new ElectionWorld(abc, storyConfig(abc, { leaders: 'voters' }));
    for (const name of ['a', 'b']) world.start(name);
    for (const name of ['a', 'b']) world.campaign(name);
    world.run(700);
    expect(world.leaders()).toEqual([]);
    world.start('c');
    world.run(850);
    expect(world.leaders()).toHaveLength(1);
  });

  it('is not where anybody may lead: a process that votes nowhere may hold a lease', () => {
    const world = started(abc, 'any');
    world.run(990);
    expect(world.leaders()).toEqual([]);
    for (const name of abc) expect(how(world, name)).toBeUndefined();
  });

  it('lets a voter that missed the answers in by the set it was in', () => {
    const world = new ElectionWorld(abc, storyConfig(abc, { leaders: 'voters' }));
    world.network = (f) => (f.to === 'c' && carries(f, Op.recovered) ? null : at(1)); // c can answer, and is not answered
    for (const name of abc) world.start(name);
    world.campaign('a');
    world.run(200);
    expect(world.leaders()).toEqual(['a']);
    expect(how(world, 'c')).toBeUndefined();
    world.network = () => at(1);
    world.run(300);
    expect(how(world, 'c')).toContain('voter active quiet');
  });

  it('is not for one that comes back: it waits and reads', () => {
    const world = started(abc);
    world.run(500);
    const [leader] = world.leaders();
    const other = abc.find((name) => name !== leader)!;
    world.kill(other);
    world.start(other);
    world.run(1_490);
    expect(how(world, other)).toBeUndefined();
    world.run(1_800);
    expect(how(world, other)).toContain('voter active read');
  });

  it('is again when all come back at once', () => {
    const world = started(abc);
    world.run(500);
    const before = Math.max(...world.terms());
    for (const name of abc) world.kill(name);
    world.run(510); // what they sent has arrived nowhere
    for (const name of abc) world.start(name);
    for (const name of abc) world.campaign(name);
    world.run(700);
    expect(world.leaders()).toHaveLength(1);
    expect(Math.max(...world.terms())).toBeGreaterThan(before);
  });

  it.each(DIRECTED.filter(({ id }) => id.startsWith('quiet-')))('$id: $says', ({ run }) => {
    expect(run()).toBe(null);
  });
});
