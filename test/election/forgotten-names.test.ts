import { describe, expect, it } from 'vitest';
import { CONTESTS_MAX } from '../../src/election/contest.ts';
import { ElectionWorld, type Flight, Op, at, carries, storyConfig } from '../../sim/schedules/election-world.ts';

const abc = ['a', 'b', 'c'];
const ms = (world: ElectionWorld): number => world.nowUs / 1_000;

/** Three voters, and `x`, which has no vote, so that no floor of its own voter lifts its ballots. */
function withCandidate(): ElectionWorld {
  const world = new ElectionWorld([...abc, 'x'], storyConfig(abc));
  for (const name of world.names) world.start(name);
  world.run(2_500);
  return world;
}

function giveBack(world: ElectionWorld, name: string, election: string): void {
  const core = world.election(name);
  core.resign(election, 'released', null, world.now(name));
  core.settled(election, core.tenureOf(election)?.term ?? 0, world.now(name));
}

const untilForgotten = (world: ElectionWorld): void => world.run(ms(world) + 2_010);

const ballotsOf = (flights: readonly Flight[], election: string): number[] =>
  flights.flatMap(({ packet }) => packet.entries.flatMap((e) => (e.op === Op.bid && e.name === election ? [e.ballot] : [])));

describe('names that a node has no use for any more', () => {
  it('are forgotten: more of them than the limit are led and given back in turn', { timeout: 60_000 }, () => {
    const world = new ElectionWorld(['a'], storyConfig(['a']));
    const core = world.start('a');
    world.run(1_500);
    const turns = 5_000;
    expect(turns).toBeGreaterThan(CONTESTS_MAX);
    for (let i = 0; i < turns; i += 1) {
      expect(core.campaign(`job-${i}`, 0, world.now('a')), `job-${i}`).toBe(true);
      while (!core.isHeld(`job-${i}`, world.now('a').leaderUs)) world.run(ms(world) + 1);
      giveBack(world, 'a', `job-${i}`);
    }
    expect(core.counters.acquisitions).toBe(turns);
  });

  it('count for many names no longer: bids go out at once again', () => {
    const world = withCandidate();
    /** When the first bids for six names went out, one name after the other. */
    const firstBidsUs = (round: string): number[] =>
      Array.from({ length: 6 }, (_, i) => {
        const name = `${round}-${i}`;
        let firstUs = Infinity;
        world.network = (f) => {
          if (f.from === 'x' && ballotsOf([f], name).length > 0) firstUs = Math.min(firstUs, f.sentUs);
          return at(1);
        };
        world.campaign('x', name);
        world.run(ms(world) + 197);
        expect(world.leaders(name)).toEqual(['x']);
        giveBack(world, 'x', name);
        return firstUs;
      });
    for (let i = 0; i < 9; i += 1) world.campaign('x', `many-${i}`);
    world.run(ms(world) + 300);
    expect(firstBidsUs('then').every((us) => us % 10_000 === 0)).toBe(true);
    for (let i = 0; i < 9; i += 1) giveBack(world, 'x', `many-${i}`);
    untilForgotten(world);
    expect(firstBidsUs('now').every((us) => us % 10_000 === 0)).toBe(false);
  });

  it('leave one number behind: a ballot that was used is not used again, though all voters forgot it, too', () => {
    const world = withCandidate();
    world.campaign('x');
    world.run(ms(world) + 300);
    const [term] = world.terms();
    expect(term).toBeGreaterThan(0);
    giveBack(world, 'x', 'job');
    untilForgotten(world);
    // All begin anew, by clocks that are an hour behind: nothing that they hold is above the term.
    for (const name of abc) world.kill(name);
    for (const name of abc) world.wallMs.set(name, -3_600_000);
    for (const name of abc) world.start(name);
    world.run(ms(world) + 3_000);
    world.campaign('x');
    world.run(ms(world) + 300);
    expect(world.leaders()).toEqual(['x']);
    expect(world.election('x').inspect('job').term).toBeGreaterThan(term!);
  });

  it.each(['forgot it', 'began anew'])('have late promises given back, and their ballot counts as used, when the node %s', (what) => {
    const world = withCandidate();
    const late: Flight[] = [];
    const said: Flight[] = [];
    world.network = (f) => {
      if (f.to === 'x' && carries(f, Op.grant)) return (late.push(f), null);
      if (f.from === 'x') said.push(f);
      return at(1);
    };
    world.campaign('x');
    world.run(ms(world) + 200);
    const ballot = Math.max(...ballotsOf(said, 'job'));
    expect(late.length).toBeGreaterThanOrEqual(2);
    if (what === 'forgot it') world.election('x').withdraw('job', world.now('x'));
    else {
      world.kill('x');
      world.start('x');
    }
    world.network = (f) => (f.from === 'x' && said.push(f), at(1));
    untilForgotten(world);
    said.length = 0;
    for (const flight of late) world.deliver(flight);
    const released = said.flatMap(({ to, packet }) => packet.entries.flatMap((e) => (e.op === Op.release && e.name === 'job' ? [`${to} ${e.term}`] : [])));
    expect(new Set(released)).toEqual(new Set(late.map(({ from }) => `${from} ${ballot}`)));
    expect(world.leaders()).toEqual([]);
    said.length = 0;
    world.campaign('x');
    world.run(ms(world) + 300);
    expect(Math.min(...ballotsOf(said, 'job'))).toBeGreaterThan(ballot);
    expect(world.leaders()).toEqual(['x']);
  });
});
