import { VOTERS_ELECTION } from '../../src/election/reconfiguration.ts';
import type { VotersChange } from '../../src/election/voter-set.ts';
import { ElectionWorld, type Flight, Op, at, carries, storyConfig } from './election-world.ts';
import type { Directed } from './directed.ts';

const ms = (world: ElectionWorld): number => world.nowUs / 1_000;

/** Nodes with state directories, the first three of which vote unless others are named; who stands for `job` leads it. */
function worldOf(
  names: readonly string[],
  standing: readonly string[],
  voters: readonly string[] = ['a', 'b', 'c'],
  weights: readonly number[] = [],
): ElectionWorld {
  const world = new ElectionWorld(names, storyConfig(voters, { weights, durable: true }));
  for (const name of names) world.start(name);
  for (const name of standing) world.campaign(name);
  world.run(3_000);
  return world;
}

/** Asks `by`, and lets time pass until it is done. @returns Whether it was. */
function changed(world: ElectionWorld, by: string, wish: VotersChange, withinMs = 20_000): boolean {
  const { franchise } = world.election(by);
  if (franchise.change(wish, world.now(by)) !== null) return false;
  return until(world, () => franchise.standing.waitsFor === null, withinMs);
}

/** Lets time pass until it is so. @returns Whether it is. */
function until(world: ElectionWorld, isSo: () => boolean, withinMs: number): boolean {
  const endMs = ms(world) + withinMs;
  while (!isSo() && ms(world) < endMs) world.run(ms(world) + 1);
  return isSo();
}

/** They die, and all others know it. */
function die(world: ElectionWorld, ...names: readonly string[]): void {
  for (const name of names) world.kill(name);
  for (const [name, { election }] of world.processes) election.onView({ members: world.view() }, world.now(name));
}

const seatsAt = (world: ElectionWorld, name: string): string =>
  world
    .election(name)
    .franchise.standing.set.seats.map((seat) => seat.name + seat.weight)
    .join(' ');

const between =
  (one: readonly string[]) =>
  ({ from, to }: Flight): number | null =>
    one.includes(from) === one.includes(to) ? at(1) : null;

/** What changing the voters must not do, one rule each. Two leaders are thrown by the world itself. */
export const VOTER_SCHEDULES: readonly Directed[] = [
  {
    id: 'voters-forget',
    says: 'a voter of {a, b, d} that starts again does not elect, with c that was taken out and knows nothing of it, a leader beside d',
    run: () => {
      const world = worldOf(['a', 'b', 'c', 'd'], ['d']);
      world.network = ({ from, to }) => ([from, to].includes('c') ? null : at(1));
      if (!changed(world, 'b', { replace: { c: 'd' } })) return 'the voters were not changed';
      world.run(ms(world) + 2_000);
      if (!world.leaders().includes('d')) return 'd does not lead';
      world.network = between(['a', 'c']);
      world.kill('a');
      world.start('a');
      world.campaign('c');
      world.run(ms(world) + 6_000);
      return null;
    },
  },
  {
    id: 'X48',
    says: 'a second step waits for the leases that were won before the first: a leads by a’s and b’s promise while c, d and e would elect another',
    run: () => {
      const world = worldOf(['a', 'b', 'c', 'd', 'e'], ['a']);
      if (!world.leaders().includes('a')) return 'a does not lead';
      world.network = ({ from, to }) => ([from, to].includes('a') && ![from, to].includes('b') ? null : at(1));
      world.run(ms(world) + 1_500); // c’s promise has run out
      if (!world.leaders().includes('a')) return 'a leads no more';
      world.network = between(['a']);
      world.election('c').franchise.change({ add: ['d', 'e'] }, world.now('c'));
      world.campaign('e');
      world.run(ms(world) + 8_000);
      return world.leaders().includes('e') ? null : 'e does not lead after all';
    },
  },
  {
    id: 'voters-settled',
    says: 'who asked is told that the voters were changed only when a majority goes by it: should the one that knows die, all others still count the one that was removed',
    run: () => {
      const world = worldOf(['a', 'b', 'c'], []);
      world.network = ({ from }) => (from === 'a' && seatsAt(world, 'a') === 'a1 b1' ? null : at(1));
      if (world.election('a').franchise.change({ remove: ['c'] }, world.now('a')) !== null) return 'it was not begun';
      if (!until(world, () => seatsAt(world, 'a') === 'a1 b1', 6_000)) return 'c was not removed';
      world.run(ms(world) + 3_000);
      if (seatsAt(world, 'b') !== 'a1 b1 c1') return 'b knows of it';
      return world.process('a').changes.some((change) => change.type === 'voters' && change.settled)
        ? 'a says that all is done, and is the only one that knows'
        : null;
    },
  },
  {
    id: 'voters-answered',
    says: 'who leads again sets its stamp when a majority has answered in that term: what was answered in an earlier one counts no more',
    run: () => {
      const world = worldOf(['a', 'b', 'c'], []);
      const { franchise } = world.election('a');
      const isLeading = (): boolean => world.leaders(VOTERS_ELECTION).includes('a');
      // c hears nothing, so that a, which has b's answer, gives it a moment to say that it can remember; in that moment a's host sleeps.
      world.network = ({ from, to }) => ([from, to].includes('c') ? null : at(1));
      franchise.change({ remove: ['c'] }, world.now('a'));
      if (!until(world, isLeading, 4_000)) return 'a did not lead';
      world.run(ms(world) + 10);
      world.jumpUs.set('a', at(60_000));
      if (!until(world, () => !isLeading(), 300) || franchise.standing.set.version > 0) return 'a leads still, or has set its stamp';
      // It is elected again, and no renewal is answered.
      world.network = (flight) => (flight.to === 'a' && carries(flight, Op.rack) ? null : at(1));
      if (!until(world, isLeading, 4_000)) return 'a did not lead again';
      world.run(ms(world) + 500);
      return franchise.standing.set.version > 0 ? 'a set its stamp on the word of another term' : null;
    },
  },
  {
    id: 'X47-stamp',
    says: 'of two that change the voters one after the other, the second finds the stamp of the first: {a, b, c} and {b, c, d} do not both elect',
    run: () => {
      const world = worldOf(['a', 'b', 'c', 'd'], [], ['a', 'b', 'c', 'd'], [1, 1, 1, 1]);
      const isSet = (name: string, seats: string): boolean => seatsAt(world, name) === seats;
      // Nobody hears of {a, b, c} at first.
      world.network = ({ from, to }) => ([from, to].includes('a') && isSet('a', 'a1 b1 c1') ? null : at(1));
      world.election('a').franchise.change({ remove: ['d'] }, world.now('a'));
      if (!until(world, () => isSet('a', 'a1 b1 c1'), 8_000)) return 'd was not removed';
      // Then b hears of it from a, and c of {b, c, d} from d.
      const halves = between(['a', 'b']);
      world.network = (flight) => (isSet('d', 'b1 c1 d1') ? halves(flight) : [flight.from, flight.to].includes('a') ? null : at(1));
      world.election('d').franchise.change({ remove: ['a'] }, world.now('d'));
      if (!until(world, () => isSet('d', 'b1 c1 d1'), 12_000)) return 'a was not removed';
      for (const name of ['a', 'd']) world.campaign(name);
      world.run(ms(world) + 8_000);
      return world.leaders().includes('d') ? null : 'd does not lead after all';
    },
  },
  {
    id: 'voters-nobody',
    says: 'of two wishes, each of which leaves a voter and both together none, one is refused when its turn comes',
    run: () => {
      const world = worldOf(['a', 'b', 'c'], []);
      if (!changed(world, 'a', { remove: ['c'] })) return 'c was not removed';
      world.run(ms(world) + 1_000);
      for (const [by, name] of [
        ['a', 'b'],
        ['b', 'a'],
      ] as const)
        if (world.election(by).franchise.change({ exclude: [name] }, world.now(by)) !== null) return `${by} did not begin`;
      world.run(ms(world) + 30_000);
      const sets = ['a', 'b'].map((name) => world.election(name).franchise.standing.set.seats);
      if (sets.some((seats) => seats.every(({ weight }) => weight === 0))) return 'nobody votes any more';
      return sets.every((seats) => seats.some(({ excluded }) => excluded)) ? null : 'neither came to pass';
    },
  },
  {
    id: 'voters-half-replaced',
    says: 'a dead voter loses its seat only to who stands in for it: should the leader of the change die between the steps, the next one goes on',
    run: () => {
      const world = worldOf(['a', 'b', 'c', 'd', 'e', 'f'], [], ['a', 'b', 'c', 'd', 'e']);
      die(world, 'c');
      if (world.election('a').franchise.change({ replace: { c: 'f' } }, world.now('a'), true) !== null) return 'it was not begun';
      if (!until(world, () => !seatsAt(world, 'b').includes('c1'), 6_000)) return 'the dead one has not lost its vote';
      if (seatsAt(world, 'b') !== 'a1 b1 c0 d1 e1') return `its seat is gone: ${seatsAt(world, 'b')}`;
      die(world, 'a');
      if (world.election('b').franchise.change({ replace: { c: 'f' } }, world.now('b'), true) !== null) return 'it was not begun again';
      world.run(ms(world) + 8_000);
      return seatsAt(world, 'd') === 'a1 b1 d1 e1 f1' ? null : `the seat was not filled: ${seatsAt(world, 'd')}`;
    },
  },
  {
    id: 'voters-floor',
    says: 'terms rise over steps so many that no majority of the last set meets one of the first',
    run: () => {
      const world = worldOf(['a', 'b', 'c', 'x', 'y'], []);
      const { franchise } = world.election('c');
      // {a, b, c} becomes {c}. x talks with a and b alone, y with c alone, and c’s news reach neither a nor b at first.
      let isTold = true;
      world.network = ({ from, to }) => {
        const pair = [from, to].sort().join('');
        if (['cx', 'ay', 'by', 'xy'].includes(pair)) return null;
        return isTold || from !== 'c' || to === 'y' ? at(1) : null;
      };
      franchise.change({ remove: ['a', 'b'] }, world.now('c'));
      if (!until(world, () => franchise.standing.set.version === 1, 2_000)) return 'the voters were not stamped';
      world.run(ms(world) + 20);
      if (!until(world, () => !(isTold = franchise.standing.set.version === 1), 3_000)) return 'no voter was taken out';
      const left = franchise.standing.set.seats.map(({ name }) => name).find((name) => name !== 'c')!;
      world.campaign('x');
      if (!until(world, () => world.leaders().includes('x'), 500)) return 'x was not elected by those who know nothing of it';
      const [former = 0] = world.terms();
      isTold = true;
      until(world, () => world.election(left).franchise.standing.set.version === franchise.standing.set.version, 500);
      world.kill('x');
      until(world, () => franchise.standing.waitsFor?.startsWith('P6') === true, 500);
      world.run(ms(world) + 600);
      world.campaign('y');
      if (!until(world, () => world.leaders().includes('y'), 5_000)) return 'y was not elected';
      const [after = 0] = world.terms();
      return after > former ? null : `term ${after} came after term ${former}`;
    },
  },
  {
    id: 'force-waits',
    says: 'a voter that is forced to go on alone waits out the lease of a leader that it had not promised to, and is not rid of yet',
    run: () => {
      const world = worldOf(['a', 'b', 'c'], ['a']);
      world.network = ({ from, to }) => ([from, to].includes('c') ? null : at(1));
      world.run(ms(world) + 1_500); // c’s promise has run out; a leads by b’s
      if (!world.leaders().includes('a')) return 'a does not lead';
      die(world, 'b');
      world.election('c').franchise.force([{ name: 'c', weight: 1, excluded: false }], world.now('c'));
      world.campaign('c');
      world.run(ms(world) + 4_000);
      return world.leaders().includes('c') ? null : 'c does not lead after all';
    },
  },
  {
    id: 'force-followed',
    says: 'nodes that had no vote and hear of a forced set in which they have one wait as those do that were told: g leads by what a and b promised before they died',
    run: () => {
      const world = worldOf(['a', 'b', 'c', 'd', 'e', 'f', 'g'], ['g']);
      if (!world.leaders().includes('g')) return 'g does not lead';
      world.network = ({ from, to }) => ([from, to].includes('g') ? null : at(1));
      die(world, 'a', 'b');
      for (const name of ['d', 'e', 'f']) world.campaign(name);
      world.election('c').franchise.force(
        ['d', 'e', 'f'].map((name) => ({ name, weight: 1, excluded: false })),
        world.now('c'),
      );
      world.run(ms(world) + 6_000);
      return world.leaders().length === 1 ? null : 'nobody leads after all';
    },
  },
  {
    id: 'force-rises',
    says: 'a voter that is forced to go on alone leads in a term above those it did not hear of, also where its wall clock is behind',
    run: () => {
      const world = worldOf(['a', 'b', 'c'], ['a', 'b']);
      world.network = ({ from, to }) => ([from, to].includes('c') ? null : at(1));
      for (let i = 0; i < 5; i += 1) {
        const [leader = 'a'] = world.leaders();
        world.election(leader).resign('job', 'released', null, world.now(leader));
        world.settle(leader);
        world.run(ms(world) + 1_500);
      }
      const former = Math.max(...world.terms());
      if (former <= world.election('c').voteOf('job')!.floor) return 'c heard of all terms';
      world.kill('a');
      world.kill('b');
      world.wallMs.set('c', -3_600_000);
      world.election('c').franchise.force([{ name: 'c', weight: 1, excluded: false }], world.now('c'));
      world.campaign('c');
      if (!until(world, () => world.leaders().includes('c'), 6_000)) return 'c does not lead';
      const [after = 0] = world.terms();
      return after > former ? null : `term ${after} came after term ${former}`;
    },
  },
  {
    id: 'force-line',
    says: 'a forced set begins another line: what the former voters come to later is not a newer one of it',
    run: () => {
      const world = worldOf(['a', 'b', 'c', 'd'], []);
      if (!changed(world, 'a', { add: ['d'] })) return 'd was not added';
      world.run(ms(world) + 1_000);
      world.network = between(['c']);
      world.election('c').franchise.force([{ name: 'c', weight: 1, excluded: false }], world.now('c'));
      world.campaign('c');
      if (!until(world, () => world.leaders().includes('c'), 6_000)) return 'c does not lead';
      world.network = () => at(1); // the former ones are not gone after all, and meet it
      world.campaign('a', 'other');
      world.run(ms(world) + 4_000);
      const seats = seatsAt(world, 'c');
      return seats === 'c1' && world.leaders().includes('c') ? null : `c goes by ${seats}`;
    },
  },
  {
    id: 'found-twice',
    says: 'who has accepted to found with some does not found with others, also in its next life',
    run: () => {
      const world = new ElectionWorld(['a', 'b', 'c', 'd', 'e'], storyConfig([], { expect: 3, founds: 1, durable: true }));
      for (const name of ['a', 'b', 'c']) world.start(name);
      world.network = ({ packet }) => (packet.entries.some((e) => e.op === Op.found && e.lineage !== 0) ? null : at(1));
      world.run(2_000); // all have accepted, and nobody knows of another
      world.network = between(['a', 'b']);
      world.kill('c');
      for (const name of ['c', 'd', 'e']) world.start(name);
      world.run(5_000);
      const { seats } = world.election('c').franchise.standing.set;
      return seats.length === 0 ? null : `c founded with ${seats.map(({ name }) => name).join(', ')}`;
    },
  },
  {
    id: 'hand-on-rest',
    says: 'a voter that takes over what its last life promised keeps it for its whole rest',
    run: () => {
      const world = worldOf(['a', 'b', 'c'], ['a']);
      world.network = ({ from, to }) => ([from, to].includes('a') && [from, to].includes('c') ? null : at(1));
      world.run(ms(world) + 1_500); // c’s promise has run out; a leads by b’s
      const handedOn = world.election('b').handOn(world.now('b'));
      if (handedOn === null || !world.leaders().includes('a')) return 'nothing was handed on';
      world.kill('b');
      world.network = between(['a']);
      world.start('b', { handedOn });
      world.campaign('c');
      world.run(ms(world) + 4_000);
      return world.leaders().includes('c') ? null : 'c does not lead after all';
    },
  },
  {
    id: 'hand-on-once',
    says: 'what was handed on serves one life: a later one, which finds it again, waits',
    run: () => {
      const world = worldOf(['a', 'b', 'c'], []);
      const handedOn = world.election('b').handOn(world.now('b'));
      world.kill('b');
      world.start('b', { handedOn });
      world.network = between(['c']);
      world.campaign('a');
      world.run(ms(world) + 2_000); // a leads by b’s promise
      if (!world.leaders().includes('a')) return 'a does not lead';
      world.kill('b');
      world.network = between(['a']);
      world.start('b', { handedOn });
      world.campaign('c');
      world.run(ms(world) + 900);
      return world.leaders().includes('c') ? 'c leads within T of the start of b' : null;
    },
  },
];
