import { describe, expect, it } from 'vitest';
import { ElectionWorld, at, settledWorld, storyConfig } from '../../sim/schedules/election-world.ts';
import { FencingGate, type Lease } from '../../src/index.ts';
import { NodeWorld } from '../support/node-world.ts';

const abc = ['a', 'b', 'c'];

describe('schedules of endings', () => {
  it('X2: the last words of a leader that ends by itself free the name after the drain, and not before', () => {
    const { world, leader } = settledWorld(abc);
    const next = abc.find((name) => name !== leader)!;
    world.campaign(next);
    world.run(world.nowUs / 1_000 + 600);
    const saidMs = world.nowUs / 1_000;
    world.election(leader).lastBreath(200, world.now(leader));
    expect(world.leaders()).toEqual([]); // invalid before a word was sent
    world.kill(leader);
    world.run(saidMs + 200);
    expect(world.leaders()).toEqual([]);
    world.run(saidMs + 220);
    expect(world.leaders()).toHaveLength(1);
  });

  it('X2: last words are said of what nothing acts on any more; the lease of a job that may have left something behind runs out', () => {
    const { world, leader } = settledWorld(abc);
    for (const name of ['busy', 'idle']) world.campaign(leader, name);
    world.run(world.nowUs / 1_000 + 300);
    const others = abc.filter((name) => name !== leader);
    for (const name of ['busy', 'idle']) for (const other of others) world.campaign(other, name);
    world.run(world.nowUs / 1_000 + 300);
    const saidMs = world.nowUs / 1_000;
    world.election(leader).lastBreath(50, world.now(leader), (name) => name === 'idle');
    world.kill(leader);
    world.run(saidMs + 100);
    const leads = (name: string): boolean => others.some((other) => world.election(other).tenureOf(name) !== null);
    expect([leads('idle'), leads('busy')]).toEqual([true, false]);
    world.run(saidMs + 1_100);
    expect(leads('busy')).toBe(true);
  });

  it('X28: where terms fall a resource notices, and says so, and the next term is above what it has seen', async () => {
    const world = new NodeWorld();
    const gate = new FencingGate();
    gate.admit({ name: 'job', term: 2 ** 45 }); // written to in a world whose clocks ran ahead, before all memory was lost
    const nodes = abc.map((name) => world.start(name, { voters: abc }).node);
    await world.run(500);
    let stale = 0;
    for (const node of nodes) {
      node
        .lead('job', async ({ name, term, signal, reportStale }) => {
          try {
            gate.admit({ name, term });
          } catch (error) {
            stale += 1;
            reportStale((error as { details: { seen: number } }).details.seen);
          }
          await new Promise((resolve) => (signal.aborted ? resolve(null) : signal.addEventListener('abort', resolve)));
        })
        .catch(() => {});
    }
    await world.run(4_000);
    const leader = world.leader('job')!;
    expect(leader).not.toBeNull();
    expect(stale).toBeGreaterThanOrEqual(1);
    expect(stale).toBeLessThanOrEqual(3); // each node learns it once at most
    expect(() => gate.admit({ name: 'job', term: 2 ** 45 })).toThrow(); // the present leader has written since
  });
});

describe('schedules of clocks beyond what is allowed', () => {
  const warnings = (world: ElectionWorld): string[] =>
    [...world.processes].flatMap(([name, { log }]) => log.filter((line) => line.includes('clock-rate')).map(() => name));
  /** A leader that renews, under clocks of these rates. */
  const running = (rates: Readonly<Record<string, number>>): ElectionWorld => {
    const world = new ElectionWorld(abc, storyConfig(abc, { driftPpm: 50_000 }));
    for (const [name, ppm] of Object.entries(rates)) world.rate.set(name, ppm);
    for (const name of abc) world.start(name);
    world.campaign('a');
    return world;
  };

  it('X21: a leader far slower than allowed is warned of before its lease can outlast a promise', () => {
    const world = running({ a: -180_000, b: 50_000, c: 50_000 });
    world.run(80_000);
    expect(world.leaders()).toEqual(['a']);
    expect(new Set(warnings(world))).toEqual(new Set(abc)); // all have measured it while it still renewed
    world.campaign('b');
    world.run(80_500);
    world.network = (f) => (f.from === 'a' || f.to === 'a' ? null : at(1));
    world.run(86_000);
    // And then what was warned of happens: the next one leads while the lease is not over. Only `stopBefore` has kept the two apart.
    const when = (name: string, words: string): number =>
      Number(
        world
          .process(name)
          .log.findLast((line) => line.includes(words))!
          .split(' ')[0],
      );
    expect(when('b', 'elected job')).toBeLessThan(when('a', 'ended job'));
  });

  it('X62: a voter whose clock is slewed beyond ρ is told of by name, and leads nobody astray while it is one of three', () => {
    const world = running({ c: 80_000 });
    world.run(80_000);
    world.campaign('b');
    world.run(80_500);
    world.network = (f) => (f.from === 'a' || f.to === 'a' ? null : at(1));
    world.run(86_000); // throws where two lead
    const told = [...world.processes.values()].flatMap(({ changes }) =>
      changes.flatMap((c) => (c.type === 'warning' && c.code === 'clock-rate' ? [c.details['peer']] : [])),
    );
    expect(told).toContain('c');
    const well = running({ c: 20_000 });
    well.run(80_000);
    expect(warnings(well)).toEqual([]);
  });

  it('X35: where all clocks of a leader’s guest were frozen nothing shows it, and a question to the voters does', async () => {
    // Its own clocks say that the lease holds; a majority has promised the name to somebody else. So a freeze looks to the frozen.
    const world = new NodeWorld();
    const [a, b] = abc.map((name) => world.start(name, { voters: abc }).node);
    await world.run(500);
    const leading = a!.campaign('job');
    await world.run(2_000);
    const lease = await leading;
    const next = b!.campaign('job');
    world.freeze('a');
    await world.run(1_500);
    await next;
    world.thaw('a');
    expect(lease.held).toBe(true); // wrong, and nobody on that host could know
    const verified = lease.verify().then(
      () => 'leads',
      (error: { code: string }) => error.code,
    );
    await world.run(50);
    expect(lease.held).toBe(false); // a voter's refusal has named the one that leads
    await world.run(1_000);
    expect(await verified).toBe('ERR_NOT_LEADER');
  });
});

describe('schedules of several holders', () => {
  it('X60: two slots on five nodes have at most two holders, one a node, also when one dies while the cluster is split', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const world = new NodeWorld();
    const holders = new Map<string, Lease>();
    for (const name of names) {
      const { node, opened } = world.start(name, { voters: names });
      const hold = async (): Promise<void> => {
        for (;;) {
          const lease = await node.acquireSlot('disk', 2);
          expect(holders.has(name), `${name} holds two slots`).toBe(false);
          holders.set(name, lease);
          await new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
          holders.delete(name);
          await lease.release();
        }
      };
      void opened.then(hold);
    }
    let most = 0;
    const run = async (ms: number): Promise<string[]> => {
      for (let passed = 0; passed < ms; passed += 5) {
        await world.run(5);
        const held = [...holders].filter(([, lease]) => lease.held);
        most = Math.max(most, held.length);
        expect(held.length, held.map(([name, { token }]) => `${name} ${token}`).join(', ')).toBeLessThanOrEqual(2);
        expect(new Set(held.map(([, { name }]) => name)).size).toBe(held.length);
      }
      return [...holders].filter(([, lease]) => lease.held).map(([name]) => name);
    };
    const before = await run(4_000);
    expect(before).toHaveLength(2);
    const [cut, dies] = before;
    const left = [cut!, names.find((name) => !before.includes(name))!]; // one holder with the minority
    world.link = (from, to) => left.includes(from) === left.includes(to);
    world.kill(dies!);
    holders.delete(dies!);
    // Of the five only two are left on that side, and two on the other with the dead one: no majority anywhere.
    expect(await run(4_000)).toEqual([]);
    world.link = () => true;
    const after = await run(4_000);
    expect(after).toHaveLength(2);
    expect(after).not.toContain(dies);
    expect(most).toBe(2);
  });
});
