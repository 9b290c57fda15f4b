import type { Directed } from './directed.ts';
import { ElectionWorld, type Flight, Op, at, carries, packetFrom, settledWorld, storyConfig } from './election-world.ts';

const abc = ['a', 'b', 'c'];
const abcde = ['a', 'b', 'c', 'd', 'e'];
const RECLAIMS = { reclaimDrainUs: 0 };
const ms = (world: ElectionWorld): number => world.nowUs / 1_000;

/** Lets time pass until somebody leads; at most so long. @returns How long it took, in ms; null: nobody does. */
function untilLed(world: ElectionWorld, mostMs: number, name = 'job'): number | null {
  const fromMs = ms(world);
  while (world.leaders(name).length === 0) {
    if (ms(world) - fromMs >= mostMs) return null;
    world.run(ms(world) + 1);
  }
  return ms(world) - fromMs;
}

/** Stands and leads no more. */
function giveUp(world: ElectionWorld, name: string): void {
  const [election, now] = [world.election(name), world.now(name)];
  election.withdraw('job', now);
  election.resign('job', 'released', null, now);
  world.settle(name);
}

/** Kills the leader and starts it again on its port, a moment later. */
function again(world: ElectionWorld, name: string): void {
  world.kill(name);
  world.run(ms(world) + 30);
  world.start(name, RECLAIMS);
  world.campaign(name);
}

/** What a quick restart may free, and what it may not (voter.V14). T is a second, and a leader's promises run for at least three quarters of it. */
export const RECLAIM_SCHEDULES: readonly Directed[] = [
  {
    id: 'reclaim',
    says: 'a leader that starts again at once on its port frees what its former life led; with a drain, after that',
    run: () => {
      for (const drainMs of [0, 200]) {
        const { world, leader } = settledWorld(abcde);
        world.kill(leader);
        world.run(ms(world) + 30);
        world.start(leader, { reclaimDrainUs: at(drainMs) });
        world.campaign(leader);
        const tookMs = untilLed(world, 2_000);
        if (tookMs === null || tookMs < drainMs || tookMs > drainMs + 20) return `with a drain of ${drainMs} ms the next leader came after ${tookMs} ms`;
      }
      return null;
    },
  },
  {
    id: 'reclaim-bid',
    says: 'a candidate without a vote hears of its former life in the refusal of its bid, and leads again at once',
    run: () => {
      const world = new ElectionWorld([...abc, 'x'], storyConfig(abc));
      for (const name of [...abc, 'x']) world.start(name);
      world.campaign('x');
      world.run(3_000);
      again(world, 'x');
      const tookMs = untilLed(world, 2_000);
      return tookMs !== null && tookMs <= 20 + 30 ? null : `x leads again ${tookMs} ms after its start`; // its first bid waits for its rank
    },
  },
  {
    id: 'reclaim-many',
    says: 'of many names, told by roll, all that the former life led are freed, though half of the datagrams are lost',
    run: () => {
      const jobs = Array.from({ length: 40 }, (_, i) => `job-${i}`);
      const world = new ElectionWorld(abc, storyConfig(abc));
      for (const name of abc) world.start(name);
      for (const job of jobs) world.campaign('a', job);
      world.run(3_000);
      for (const job of jobs) world.campaign('b', job);
      world.run(4_000);
      world.kill('a');
      world.start('a', RECLAIMS);
      for (const job of jobs) world.campaign('a', job);
      let sent = 0;
      world.network = (f) => (carries(f, Op.reclaim) && (sent += 1) % 2 === 1 ? null : at(1));
      world.run(ms(world) + 600);
      const missing = jobs.filter((job) => world.leaders(job).length === 0);
      return missing.length === 0 ? null : `600 ms after the restart nobody leads ${missing.join(', ')}`;
    },
  },
  {
    id: 'reclaim-off',
    says: 'without being asked to, a restart frees nothing',
    run: () => {
      const { world, leader } = settledWorld(abcde);
      world.kill(leader);
      world.run(ms(world) + 30);
      world.start(leader);
      world.campaign(leader);
      const tookMs = untilLed(world, 2_000);
      return tookMs !== null && tookMs > 600 ? null : `the next leader came ${tookMs} ms after the restart`;
    },
  },
  {
    id: 'reclaim-late',
    says: 'what a life said of the one before it frees nothing of a later one, however late it arrives',
    run: () => {
      const { world, leader } = settledWorld(abc);
      const late: Flight[] = [];
      world.network = (f) => {
        if (carries(f, Op.reclaim)) late.push(f);
        return at(1);
      };
      again(world, leader);
      untilLed(world, 2_000);
      if (late.length === 0) return 'nothing was reclaimed';
      world.network = () => at(1);
      // A third life, which leads: the others do not stand, until it does.
      for (const name of abc) if (name !== leader) giveUp(world, name);
      again(world, leader);
      world.run(ms(world) + 3_000);
      if (!world.leaders().includes(leader)) return `${leader} does not lead again`;
      for (const name of abc) if (name !== leader) world.campaign(name);
      world.run(ms(world) + 600);
      // The leader's packets are lost from here, so that what is freed stays free; its lease runs on.
      world.network = (f) => (f.from === leader ? null : at(1));
      for (const f of late) world.later(f, at(1));
      world.run(ms(world) + 300); // two that lead at once end the schedule
      return freed(world, leader);
    },
  },
  {
    id: 'reclaim-elsewhere',
    says: 'who has the name and knows the life, but writes from another address, frees nothing',
    run: () => {
      const { world, leader } = settledWorld(abc);
      const { boot } = world.process(leader);
      world.network = (f) => (f.from === leader ? null : at(1));
      for (const name of abc.filter((other) => other !== leader)) {
        const packet = reclaimFrom(world, leader, boot);
        world.election(name).receive(`${leader}:2`, packet, world.now(name));
      }
      world.run(ms(world) + 300);
      return freed(world, leader);
    },
  },
  {
    id: 'reclaim-others',
    says: 'nobody frees what another name was promised',
    run: () => {
      const { world, leader } = settledWorld(abc);
      const { boot } = world.process(leader);
      const [other, third] = abc.filter((name) => name !== leader) as [string, string];
      world.network = (f) => (f.from === leader ? null : at(1));
      world.election(third).receive(`${leader}:1`, reclaimFrom(world, other, boot), world.now(third));
      world.run(ms(world) + 300);
      return freed(world, leader);
    },
  },
];

/** Somebody who says, under that name and another boot, that `boot` is gone. */
const reclaimFrom = (world: ElectionWorld, name: string, boot: number): Flight['packet'] =>
  packetFrom(world, { name, boot: 7 }, [{ op: Op.reclaim, name: 'job', boot, drainMs: 0 }]);

/** In words, whether a voter gave up what it had promised to a leader whose lease still runs. */
function freed(world: ElectionWorld, leader: string): string | null {
  if (!world.leaders().includes(leader)) return `${leader}'s lease is over: this shows nothing`;
  for (const [name, { election }] of world.processes) {
    if (name !== leader && election.inspect('job').votes?.grant?.holder !== leader) return `${name} gave up its promise to ${leader}, which leads`;
  }
  return null;
}
