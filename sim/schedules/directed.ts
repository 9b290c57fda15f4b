import type { Entry } from '../../src/election/messages.ts';
import { MEMBERSHIP_SCHEDULES } from './membership.ts';
import { Cluster } from './membership-cluster.ts';
import { RECLAIM_SCHEDULES } from './reclaim.ts';
import { VOTER_SCHEDULES } from './voters.ts';
import { oneOfTwo, partsOfOneTerm } from './parts.ts';
import { ElectionWorld, type Flight, Op, at, carries, settledWorld, storyConfig } from './election-world.ts';

/** A schedule written by hand, because random search takes too long to find it. */
export interface Directed {
  readonly id: string;
  readonly says: string;
  /** What is broken, in words; null when nothing is. */
  run(): string | null;
}

const abc = ['a', 'b', 'c'];
const abcde = ['a', 'b', 'c', 'd', 'e'];
const ms = (world: ElectionWorld): number => world.nowUs / 1_000;

/** The schedules that some mutants need. */
export const DIRECTED: readonly Directed[] = [
  {
    id: 'two-names',
    says: 'a second process under the name of a living member is turned away, and nobody notices; once that one is dead it is let in',
    run: () => {
      const cluster = new Cluster();
      const all = cluster.grow(4);
      const [first, taken] = all;
      cluster.run(2_000);
      const second = cluster.start(taken!.name, [first!.address]);
      cluster.run(3_000);
      if (second.told('refused').length !== 1) return `the second ${taken!.name} was not refused`;
      const noticed = all.find((process) => process.core.members.get(taken!.name)?.boot !== taken!.boot);
      if (noticed !== undefined) return `${noticed.name} holds the second ${taken!.name}`;
      cluster.kill(taken!);
      const third = cluster.start(taken!.name, [first!.address]);
      cluster.run(3_000);
      return third.joined ? null : `${taken!.name} was not let in again after its death`;
    },
  },
  {
    id: 'X58-equal',
    says: 'parts that were led in one and the same term have one leader when they meet, and its token is above all of theirs',
    run: () => partsOfOneTerm(['a', 'b']) ?? partsOfOneTerm(abcde),
  },
  {
    id: 'part-still',
    says: 'in a part in which nothing happens one leads, and goes on leading',
    run: oneOfTwo,
  },
  {
    id: 'X23',
    says: 'a recovering voter is silent to the present leader’s renewals too: its former life may have promised the name to somebody else',
    run: () => {
      const { world, leader } = settledWorld(abcde);
      const voter = abcde.find((name) => name !== leader)!;
      world.kill(voter);
      world.run(ms(world) + 10);
      world.start(voter);
      let said = false;
      world.network = (f) => {
        if (f.from === voter && (carries(f, Op.rack) || carries(f, Op.grant))) said = true;
        return at(1);
      };
      world.run(ms(world) + 900);
      return said ? `${voter} promised something within T of its start` : null;
    },
  },
  {
    id: 'X24-self',
    says: 'a restarted voter does not count itself among those it reads from',
    run: () => {
      const { world } = settledWorld(abc);
      world.kill('b');
      world.kill('c');
      world.run(ms(world) + 50);
      world.start('b');
      world.run(ms(world) + 1_500);
      return world.election('b').inspect('job').votes!.phase === 'recovering' ? null : 'b became active with one other active voter of three';
    },
  },
  {
    id: 'X24-wait',
    says: 'a restarted voter waits T before it promises',
    run: () => {
      const { world, leader } = settledWorld(abcde);
      const voter = abcde.find((name) => name !== leader)!;
      world.kill(voter);
      world.start(voter);
      world.run(ms(world) + 600);
      return world.election(voter).inspect('job').votes!.phase === 'recovering' ? null : `${voter} was active 600 ms after its start; T is 1000 ms`;
    },
  },
  {
    id: 'X38',
    says: 'of candidates that split the votes one dies with a single promise: the others agree at once, and that voter is free after T',
    run: () => {
      const world = new ElectionWorld(abcde, storyConfig(abcde));
      for (const name of abcde) world.start(name);
      world.run(1_200);
      // a is heard by d, b by e, c by nobody else.
      const hearers: Readonly<Record<string, string>> = { a: 'd', b: 'e' };
      world.network = (f) => (carries(f, Op.bid) && hearers[f.from] !== f.to ? null : at(1));
      for (const name of ['a', 'b', 'c']) world.campaign(name);
      world.run(1_300);
      const holderAt = (voter: string): string | undefined => world.election(voter).inspect('job').votes!.grant?.holder;
      const votes = abcde.map(holderAt).join();
      if (votes !== 'a,b,c,a,b') return `the votes are not split but ${votes}`;
      world.kill('a');
      const { endUs } = world.election('d').inspect('job').votes!.grant!;
      world.network = () => at(1);
      world.run(ms(world) + 600);
      if (world.leaders().length !== 1) return 'nobody leads 600 ms after the death, though three voters are free';
      if (holderAt('d') !== 'a') return 'd broke its promise to a, of whose death it cannot know';
      world.run(endUs / 1_000 + 300); // a beat of the leader's
      return holderAt('d') === world.leaders()[0] ? null : 'd does not vote for the leader a beat after its promise to the dead ended';
    },
  },
  {
    id: 'X65',
    says: 'two that hold two promises each of five do not block each other for ever',
    run: () => {
      const world = new ElectionWorld(abcde, storyConfig(abcde));
      for (const name of abcde) world.start(name);
      world.run(1_200);
      world.kill('e');
      const half = (f: Flight): boolean => ['a', 'b'].includes(f.from) === ['a', 'b'].includes(f.to);
      world.network = (f) => (half(f) ? at(1) : null);
      world.campaign('a');
      world.campaign('c');
      world.run(1_400);
      world.network = () => at(1);
      world.run(ms(world) + 1_500);
      return world.leaders().length === 1 ? null : 'nobody leads 1.5 s after the two halves heard each other';
    },
  },
  {
    id: 'former-grant',
    says: 'a promise to a former life arrives late, under the very ballot and seq that the next one bids with, and counts for nothing',
    run: () => {
      const world = new ElectionWorld([...abc, 'x', 'y'], storyConfig(abc));
      for (const name of world.names) world.start(name);
      world.run(2_500);
      const late: Flight[] = [];
      world.network = (f) => {
        if (f.from === 'x' && f.to !== 'a') return null;
        if (f.to !== 'x' || !carries(f, Op.grant)) return at(1);
        late.push(f);
        return null;
      };
      world.campaign('x');
      world.run(2_700);
      if (late[0] === undefined) return 'a has promised nothing';
      world.kill('x');
      world.run(2_900);
      world.start('x'); // and takes the same steps, at b
      world.network = (f) => (f.from === 'x' && f.to !== 'b' ? null : at(1));
      world.campaign('x');
      world.run(3_250);
      world.deliver(late[0]);
      if (world.leaders().length > 0) return 'x leads by a promise that was made to its former life';
      world.run(3_420);
      world.campaign('y');
      world.run(5_000); // throws where two lead
      return world.leaders().join() === 'y' ? null : `y does not lead, whom a and c may have: ${world.leaders().join() || 'nobody does'}`;
    },
  },
  {
    id: 'former-roll',
    says: 'what voters said of the roll of a former life extends none of the leases of the next one',
    run: () => {
      const world = new ElectionWorld([...abc, 'x', 'y'], storyConfig(abc));
      const jobs = ['job', ...Array.from({ length: 11 }, (_, i) => `job-${i}`)];
      for (const name of world.names) world.start(name);
      world.run(2_500);
      const said = new Map<number, Flight>();
      world.network = (f) => {
        for (const e of f.from === 'a' && f.to === 'x' ? f.packet.entries : [])
          if (e.op === Op.stands && e.kind === 'leases' && e.differ.length === 0) said.set(e.seq, { ...f, packet: { ...f.packet, entries: [e] } });
        return at(1);
      };
      for (const job of jobs) world.campaign('x', job);
      world.run(6_000);
      world.kill('x');
      world.run(8_000);
      world.start('x');
      let called = 0;
      world.network = (f) => {
        for (const e of f.from === 'x' ? f.packet.entries : []) if (e.op === Op.same && e.kind === 'leases') called = e.seq;
        return at(1);
      };
      for (const job of jobs) world.campaign('x', job);
      for (let i = 0; i < 400 && !said.has(called); i += 1) {
        world.run(ms(world) + 50); // until its seqs are those of then
        if (called > Math.min(...said.keys()) && !said.has(called)) world.election('x').confirm('job', world.now('x')); // one more, for the others
      }
      if (!jobs.every((job) => world.leaders(job).includes('x'))) return 'x does not lead again';
      const began = ms(world);
      let heardLate = 0;
      world.network = (f) => {
        if (f.from !== 'x' && f.to !== 'x') return at(1);
        for (const e of f.from === 'x' && f.to === 'a' ? f.packet.entries : []) {
          const late = e.op === Op.same && e.kind === 'leases' ? said.get(e.seq) : undefined;
          if (late === undefined) continue;
          heardLate += 1;
          world.later(late, at(2));
        }
        return f.from === 'b' || f.to === 'b' ? at(1) : null;
      };
      world.campaign('y');
      world.run(began + 4_000); // throws where two lead
      if (world.leaders('job').includes('x')) return `x leads on with one of three voters, by ${heardLate} late answers`;
      return null;
    },
  },
  {
    id: 'late-end',
    says: 'a job that outlives its lease and ends while the next tenure of its node drains gives back nothing of that one',
    run: () => {
      const { world, leader } = settledWorld(abc);
      const outlived = world.election(leader).tenureOf('job')!.term;
      world.network = (f) => (f.from === leader || f.to === leader ? null : at(1));
      for (const name of abc) if (name !== leader) world.election(name).withdraw('job', world.now(name));
      world.run(ms(world) + 1_500);
      world.network = () => at(1);
      world.campaign(leader);
      world.run(ms(world) + 3_000);
      const present = world.election(leader).tenureOf('job');
      if (present === null || present.term === outlived) return `${leader} does not lead a second time`;
      world.election(leader).resign('job', 'released', null, world.now(leader));
      world.election(leader).settled('job', outlived, world.now(leader));
      return world.election(leader).tenureOf('job')?.term === present.term ? null : 'the name was given back under a job that runs';
    },
  },
  {
    id: 'echo',
    says: 'a candidate that can send and not hear gets no promise',
    run: () => {
      const world = new ElectionWorld(abc, storyConfig(abc));
      for (const name of abc) world.start(name);
      world.run(1_500);
      const granted: string[] = [];
      world.network = (f) => {
        if (f.to === 'a' && carries(f, Op.grant)) granted.push(f.from);
        return f.to === 'a' ? null : at(1);
      };
      world.run(ms(world) + 3_000); // whatever token it had is old
      world.campaign('a');
      world.run(ms(world) + 6_000);
      return granted.length === 0 ? null : `${granted[0]} promised the name to a, which hears nobody`;
    },
  },
  {
    id: 'X56-uncounted',
    says: 'a node with another lease is refused, and nobody leads beside anybody',
    run: () => {
      const world = new ElectionWorld(abc, storyConfig(abc));
      world.start('a');
      world.start('b');
      world.start('c', { grantUs: at(10_000), renewUs: at(2_500) });
      for (const name of abc) world.campaign(name);
      world.run(16_000); // c waits its own lease first
      const leader = world.leaders()[0];
      const held = leader === undefined ? null : world.election('c').inspect('job').votes!.grant;
      return held !== null && held.holder === leader ? 'c, with another lease, promised its vote to the leader of the others' : null;
    },
  },
  {
    id: 'quiet-once',
    says: 'that all were recovering, each at some moment, is not that all were at one moment: the set is asked twice',
    run: () => {
      const world = quietWorld();
      // b hears both others and so starts, and c by b's word. a hears b say once that it is new, and c not at all.
      let heard = false;
      world.network = (f) => {
        const said = `${f.from}${f.to}`;
        if (said === 'ac' || said === 'ca') return null;
        if (said === 'ab') return carries(f, Op.recovered) || !heard ? at(1) : null;
        if (said !== 'ba') return at(1);
        if (f.packet.entries.some((entry) => entry.op === Op.recovered && entry.active)) return null; // b's word that all are new is lost
        if (heard && !carries(f, Op.recover)) return null;
        heard ||= carries(f, Op.recovered);
        return at(1);
      };
      world.campaign('b');
      world.run(150);
      if (!world.leaders().includes('b')) return 'b, with c, did not start quietly';
      // c's next life is new, too, and a hears it say so before it answers the first question.
      world.kill('c');
      const c = world.start('c');
      world.network = (f) => {
        if (f.from === 'b' || f.to === 'b') return null;
        return f.from === 'c' && carries(f, Op.recover) && world.election('a').inspect('job').votes!.phase === 'recovering' ? null : at(1);
      };
      world.campaign('a');
      world.run(900); // two leaders, the first by what the first c promised, would be thrown
      return c.inspect('job').votes!.phase === 'recovering' ? null : 'c, started while b led by the promise of its former life, may vote within T';
    },
  },
  {
    id: 'quiet-own-life',
    says: 'a set of voters that were new together says nothing to a voter whose life began later',
    run: () => {
      const world = quietWorld();
      const untilBid = (f: Flight): boolean => f.from === 'a' && f.to === 'c' && (carries(f, Op.bid) || carries(f, Op.renew));
      world.network = (f) => (untilBid(f) ? null : at(1)); // a leads by its own promise and b's; c promises nothing
      world.campaign('a');
      world.run(200);
      if (!world.leaders().includes('a')) return 'a did not start quietly';
      world.kill('b');
      const b = world.start('b');
      world.network = (f) => (f.from === 'a' || f.to === 'a' ? null : at(1));
      world.campaign('c');
      world.run(900);
      return b.inspect('job').votes!.phase === 'recovering' ? null : 'b, started while a led by the promise of its former life, may vote within T';
    },
  },
  {
    id: 'quiet-no-bid',
    says: 'a process whose own voter recovers does not bid: that all voters recover means that nobody leads',
    run: () => {
      const world = quietWorld();
      const isRecovering = (name: string): boolean => world.election(name).inspect('job').votes!.phase === 'recovering';
      // Nobody answers b, so that a and c start quietly, and b does not.
      world.network = (f) => (f.to === 'b' ? without(world, f, Op.recovered) : at(1));
      world.campaign('b');
      world.run(350); // more than a beat
      if (isRecovering('a') || isRecovering('c') || !isRecovering('b')) return 'a and c did not start quietly without b';
      world.network = () => null; // what the first lives said is not to be heard by the next
      world.run(355);
      // Both begin anew, and b finds that all recover once more. It is asked only then, or it would say that it knew other lives.
      for (const name of ['a', 'c']) {
        world.kill(name);
        world.start(name);
      }
      world.network = (f) => without(world, f, f.from === 'b' ? Op.renew : f.to === 'b' && isRecovering('b') ? Op.recover : 0);
      world.run(430);
      if (abc.some(isRecovering)) return 'the new a and c did not start quietly with b';
      world.network = (f) => (f.from === 'b' || f.to === 'b' ? null : at(1));
      world.campaign('a');
      world.run(700); // two leaders, b by what the first a and c promised, would be thrown
      return world.leaders().length === 1 ? null : 'nobody leads';
    },
  },
  {
    id: 'quiet-told',
    says: 'who finds first that all are new tells the others, and its bid is not refused by those that have not found it yet',
    run: () => {
      const world = quietWorld();
      world.network = (f) => (f.to === 'a' || carries(f, Op.recover) ? at(1) : at(3)); // a is answered soonest
      for (const name of abc) world.campaign(name);
      let [foundMs, ledMs] = [Infinity, Infinity];
      world.run(200, () => {
        const ms = world.nowUs / 1000;
        if (abc.some((name) => world.election(name).inspect('job').votes!.phase !== 'recovering')) foundMs = Math.min(foundMs, ms);
        if (world.leaders().length > 0) ledMs = Math.min(ledMs, ms);
      });
      return ledMs - foundMs <= 5 ? null : `a leader came ${ledMs - foundMs} ms after one knew that all are new; its bid and the promises take five`;
    },
  },
  {
    id: 'roll-sums',
    says: 'a voter that restarted holds nothing, and a roll of many leases does not make it say that it holds them',
    run: () => {
      const { world, leader } = rollWorld();
      const voter = abc.find((name) => name !== leader)!;
      world.kill(voter);
      world.start(voter);
      // What is said name by name is lost: the roll is all that it hears of the leader's.
      world.network = (f) => (f.from === leader && f.to === voter && carries(f, Op.renew) ? null : at(1));
      let words: string | null = null;
      world.run(ms(world) + 3_000, () => (words ??= overcounted(world, MANY)));
      return words;
    },
  },
  {
    id: 'roll-set',
    says: 'an answer to a roll counts for the names that were on it then, and for none that is on the next',
    run: () => {
      const { world, leader } = rollWorld();
      const [near, far] = abc.filter((name) => name !== leader) as [string, string];
      const late: Flight[] = [];
      const isNews = (f: Flight): boolean => f.packet.entries.some((e) => 'name' in e && e.name === 'late');
      world.network = (f) => {
        if (f.from === far && f.to === leader) return (late.push(f), null);
        return f.to === far && f.from === leader && (late.length > 0 || isNews(f)) ? null : at(1);
      };
      while (late.length === 0) world.run(ms(world) + 1);
      world.campaign(leader, 'late');
      world.run(ms(world) + 400); // won with `near`, and on the next roll
      if (!world.leaders('late').includes(leader)) return `${leader} was not elected by itself and ${near}`;
      for (const f of late) world.deliver(f);
      return overcounted(world, [...MANY, 'late']);
    },
  },
  {
    id: 'roll-late',
    says: 'what a roll renews counts from before the roll was sent',
    run: () => {
      const { world } = rollWorld();
      world.network = () => at(60);
      let words: string | null = null;
      world.run(ms(world) + 2_000, () => (words ??= overcounted(world, MANY)));
      return words;
    },
  },
  {
    id: 'served-twice',
    says: 'a voter whose promise and whose wait for an incumbent end in one moment promises the name once',
    run: () => {
      const { world, leader } = settledWorld(abcde);
      const [voter, gone, first, second] = abcde.filter((name) => name !== leader) as [string, string, string, string];
      for (const name of [gone, first, second]) world.election(name).withdraw('job', world.now(name));
      world.kill(voter);
      world.start(voter);
      // The voter, new and deaf to the leader, promises the name to one that dies at once.
      let isDeaf = true;
      world.network = (f) => (isDeaf && f.to === voter && f.from !== gone && !carries(f, Op.recovered) ? null : at(1));
      world.run(ms(world) + 1_100);
      world.campaign(gone);
      const granted = (): string | null => world.election(voter).inspect('job').votes!.grant?.holder ?? null;
      for (let i = 0; i < 600 && granted() !== gone; i += 1) world.run(ms(world) + 1);
      if (granted() !== gone) return `${voter} did not promise the name to ${gone}`;
      world.kill(gone);
      const endMs = world.election(voter).inspect('job').votes!.grant!.endUs / 1_000;
      // Two bids wait there, the second under the higher ballot, and the leader is refused.
      isDeaf = false;
      world.campaign(first, 'job', 1);
      world.campaign(second);
      world.run(endMs - 400);
      world.election(second).withdraw('job', world.now(second));
      world.campaign(second);
      world.run(endMs - 40);
      // It stands still while both waits end, and hears nothing meanwhile.
      const promised: string[] = [];
      world.pause(voter);
      world.network = (f) => {
        if (f.to === voter) return null;
        if (f.from === voter && carries(f, Op.grant)) promised.push(f.to);
        return at(1);
      };
      world.run(endMs + 320);
      world.resume(voter);
      world.run(ms(world) + 5);
      if (promised.length === 0) return `${voter} promised the name to nobody`;
      return promised.length === 1 ? null : `${voter} promised the name to ${promised.join(' and to ')}`;
    },
  },
  ...MEMBERSHIP_SCHEDULES,
  ...VOTER_SCHEDULES,
  ...RECLAIM_SCHEDULES,
];

/** More names than are said one by one. */
const MANY = Array.from({ length: 12 }, (_, i) => `job-${i}`);

/** Three voters, one of which stands for many names and leads them all. */
function rollWorld(): { world: ElectionWorld; leader: string } {
  const world = new ElectionWorld(abc, storyConfig(abc));
  for (const name of abc) world.start(name);
  for (const job of MANY) world.campaign('a', job);
  world.run(3_000);
  const missing = MANY.find((job) => !world.leaders(job).includes('a'));
  if (missing !== undefined) throw new Error(`a does not lead ${missing}`);
  return { world, leader: 'a' };
}

/** A promise that a leader counts for longer than its voter keeps it; clocks run alike here. */
function overcounted(world: ElectionWorld, jobs: readonly string[]): string | null {
  for (const job of jobs) {
    for (const [name, { election }] of world.processes) {
      const { role, support } = election.inspect(job);
      if (role !== 'leader') continue;
      for (const [voter, { boot, endUs }] of support) {
        const process = world.processes.get(voter);
        if (process?.boot !== boot || endUs <= world.nowUs) continue;
        const grant = process.election.inspect(job).votes!.grant;
        if (grant?.holder !== name || grant.endUs < endUs)
          return `${name} counts ${voter}'s promise of ${job} until ${endUs / 1_000} ms, and there is none for so long`;
      }
    }
  }
  return null;
}

/** Three voters that all start at once, where only voters may lead. */
function quietWorld(): ElectionWorld {
  const world = new ElectionWorld(abc, storyConfig(abc, { leaders: 'voters' }));
  for (const name of abc) world.start(name);
  return world;
}

/** Lets a datagram pass after a millisecond without its entries of that kind. */
function without(world: ElectionWorld, flight: Flight, op: Entry['op'] | 0): null {
  const entries = flight.packet.entries.filter((entry) => entry.op !== op);
  world.later({ ...flight, packet: { ...flight.packet, entries } }, at(1));
  return null;
}

/** Runs all, or the one with that id; the first that is broken, or null. */
export function brokenSchedule(only?: string): { readonly id: string; readonly words: string } | null {
  for (const schedule of DIRECTED.filter(({ id }) => only === undefined || id === only)) {
    let words: string | null;
    try {
      words = schedule.run();
    } catch (error) {
      words = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    }
    if (words !== null) return { id: schedule.id, words };
  }
  return null;
}
