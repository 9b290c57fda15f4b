import { describe, expect, it } from 'vitest';
import type { NodeOptions } from '../../src/options.ts';
import type { Lease } from '../../src/lease.ts';
import type { ClusterNode } from '../../src/node.ts';
import { NodeWorld, stateOf } from '../support/node-world.ts';

/** What comes between: calls from within events, leases that follow one another, ends that come while something waits. */

const voters = ['a', 'b', 'c'];

async function three(options: NodeOptions = {}): Promise<{ world: NodeWorld; a: ClusterNode; b: ClusterNode; c: ClusterNode }> {
  const world = new NodeWorld();
  const started = voters.map((name) => world.start(name, { voters, ...options }));
  await world.run(500);
  await Promise.all(started.map(({ opened }) => opened));
  const [a, b, c] = started.map(({ node }) => node) as [ClusterNode, ClusterNode, ClusterNode];
  return { world, a, b, c };
}

async function alone(): Promise<{ world: NodeWorld; node: ClusterNode }> {
  const world = new NodeWorld();
  const { node, opened } = world.start('a', { voters: ['a'] });
  await world.run(2_000);
  await opened;
  return { world, node };
}

const apart =
  (name: string) =>
  (from: string, to: string): boolean =>
    from !== name && to !== name;
/** Wins a lease that is given back as soon as its signal aborts, and runs out in a cut. */
async function loseByACut(world: NodeWorld, a: ClusterNode): Promise<void> {
  const won = a.campaign('job');
  await world.run(2_000);
  const lease = await won;
  lease.signal.addEventListener('abort', () => void lease.release());
  world.link = apart('a');
  await world.run(3_000);
}
const untilAborted = (signal: AbortSignal): Promise<void> => new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

describe('leases that follow one another', () => {
  it('the work of an earlier one that ends late gives back nothing of the next one', async () => {
    const { world, a, b } = await three();
    const first = a.campaign('job');
    await world.run(2_000);
    const earlier = await first;
    world.link = apart('a');
    await world.run(2_000);
    world.link = () => true;
    const second = a.campaign('job');
    await world.run(3_000);
    const later = await second;
    expect([earlier.held, later.held]).toEqual([false, true]);
    let next: Lease | null = null;
    void b.campaign('job').then((lease) => (next = lease));
    await world.run(500);
    const closing = a.close(); // the later one drains: its work goes on
    await world.run(100);
    void earlier.release();
    await world.run(300);
    expect(next).toBe(null);
    void later.release();
    await world.run(300);
    expect(next).not.toBe(null);
    await closing;
  });

  it('work under the present one is known to run also where an earlier one outlived its lease', async () => {
    const { world, a } = await three();
    const terms: number[] = [];
    void a
      .lead('job', ({ term, signal }) => {
        terms.push(term);
        return untilAborted(signal);
      })
      .catch(() => {});
    await world.run(2_000);
    world.pause('a');
    await world.run(2_000);
    world.resume('a');
    await world.run(3_000);
    expect(terms).toHaveLength(2);
    expect(terms.map((term) => a.core.campaigns.isRunning('job', term))).toEqual([false, true]); // else a last breath gives back what a job runs under
  });

  it('a thousand that are lost at once, each given back as its signal aborts, are all told', async () => {
    const { world, node } = await alone();
    const [held, lost] = [[] as string[], [] as string[]];
    node.on('lost', ({ election }) => lost.push(election));
    for (let i = 0; i < 1_000; i += 1)
      void node.campaign(`job-${i}`).then((lease) => {
        held.push(lease.name);
        lease.signal.addEventListener('abort', () => void lease.release());
      });
    for (let i = 0; i < 100 && held.length < 1_000; i += 1) await world.run(50);
    expect(held).toHaveLength(1_000);
    world.pause('a');
    await world.run(2_000);
    world.resume('a');
    await world.run(1_000);
    expect(lost.toSorted()).toEqual(held.toSorted());
  });

  it('a name whose lease ran out and that nobody stands for again holds no place', async () => {
    const { world, a } = await three();
    await loseByACut(world, a);
    expect(a.core.election.isWanted('job')).toBe(false);
    expect(a.explain('job').join()).toContain('does not stand');
  });
});

describe('a name that is led has one loop on a node', () => {
  it('also while its node is not well', async () => {
    const { world, a } = await three();
    let isWell = false;
    const first = a.lead('job', ({ signal }) => untilAborted(signal), { isHealthy: () => isWell });
    await world.run(1_000);
    expect(await stateOf(a.lead('job', () => {}))).toBe('rejected ERR_BUSY');
    expect(await stateOf(a.campaign('job'))).toBe('rejected ERR_BUSY');
    isWell = true;
    await world.run(2_000);
    expect([await stateOf(first), world.leader('job')]).toEqual(['pending', 'a']);
  });

  it('also while its job outlives its lease', async () => {
    const { world, a } = await three();
    let running = 0;
    const job = (): Promise<void> => {
      running += 1;
      return new Promise(() => {});
    };
    void a.lead('job', job).catch(() => {});
    await world.run(2_000);
    world.link = apart('a');
    await world.run(2_000);
    world.link = () => true;
    const second = a.lead('job', job);
    await world.run(3_000);
    expect([await stateOf(second), running]).toEqual(['rejected ERR_BUSY', 1]);
  });
});

describe('a listener that calls the node', () => {
  it('gives up, by the jeopardy of a lease that was won with little left, what is then given back', async () => {
    const others = ['b', 'c', 'd'];
    const run = async (electedUs: number, stallMs: number): Promise<{ world: NodeWorld; told: string[]; state: string; electedUs: number }> => {
      const world = new NodeWorld();
      const [first] = ['a', ...others].map((name) => world.start(name, { voters: others }));
      await world.run(4_000);
      const abort = new AbortController();
      const told: string[] = [];
      let atUs = 0;
      first!.node.on('elected', () => (atUs = world.nowUs));
      first!.node.on('jeopardy', () => {
        told.push('jeopardy');
        abort.abort(new Error('enough'));
      });
      const won = first!.node.campaign('job', { signal: abort.signal });
      if (electedUs > 0) {
        await world.run((electedUs - 500 - world.nowUs) / 1_000); // the grants are on their way
        world.pause('a');
        await world.run(stallMs);
        world.resume('a');
      }
      await world.run(3_000);
      const state = await stateOf(won);
      if (state === 'resolved') void (await won).release();
      await world.run(3_000);
      return { world, told, state, electedUs: atUs };
    };
    const { electedUs } = await run(0, 0);
    const { world, told, state } = await run(electedUs, 380);
    expect([told[0], state]).toEqual(['jeopardy', 'resolved']);
    expect(world.leader('job')).toBe(null);
  });

  it('closes it while it closes, and waits for the same end', async () => {
    const { world, a } = await three();
    const led = a.lead('job', ({ signal }) => untilAborted(signal));
    await world.run(2_000);
    let inner: Promise<void> | null = null;
    a.on('lost', () => (inner ??= a.close()));
    const outer = a.close();
    expect(inner).toBe(outer);
    await world.run(1_000);
    expect([await stateOf(outer), await stateOf(led)]).toEqual(['resolved', 'rejected ERR_CLOSED']);
  });

  it('asks to be told of silences within one, and is told of each once', async () => {
    const { world, a } = await three();
    const told: string[] = [];
    let added = false;
    a.onSilence(0, () => {
      if (!added) a.onSilence(0, ({ member, silent }) => told.push(`${member.name} ${silent}`));
      added = true;
    });
    world.kill('c');
    await world.run(4_000);
    expect(told).toEqual(['c true']);
  });
});

describe('what waits when its node closes, or is asked for after it', () => {
  it('a lead that is not well ends with the node, whenever it began to wait', async () => {
    const { world, a, b } = await three();
    let isWell = true;
    let end = (): void => {};
    const led = a.lead('job', () => new Promise<void>((resolve) => (end = resolve)), { isHealthy: () => isWell });
    await world.run(2_000);
    void b.campaign('job').catch(() => {});
    await world.run(500);
    isWell = false;
    await world.run(1_000);
    const closed = a.close({ timeoutMs: 500 });
    await world.run(1_000);
    await closed;
    end(); // after the close, which did not wait so long
    expect(await stateOf(led)).toBe('rejected ERR_CLOSED');
    expect(await stateOf(a.lead('other', () => {}, { isHealthy: () => false }))).toBe('rejected ERR_CLOSED');
  });

  it('so does one in its part', async () => {
    const world = new NodeWorld();
    const { node } = world.start('a');
    await world.run(500);
    let end = (): void => {};
    const led = node.perPartition.lead(
      'cache',
      ({ resign }) =>
        new Promise<void>((resolve) => {
          end = resolve;
          resign();
        }),
    );
    await world.run(4_000);
    const closed = node.close({ timeoutMs: 300 });
    await world.run(1_000);
    await closed;
    end();
    expect(await stateOf(led)).toBe('rejected ERR_CLOSED');
  });

  it('no job of a part begins on a node that closes, and what it stood for is led by others', async () => {
    const world = new NodeWorld();
    const [a, b, c] = voters.map((name) => world.start(name, { voters }).node) as [ClusterNode, ClusterNode, ClusterNode];
    await world.run(4_000);
    void a.lead('slow', () => new Promise<void>(() => {})).catch(() => {}); // it will close for as long as its drain takes
    const before = b.perPartition.campaign('cache', { priority: 1 });
    await world.run(4_000);
    const stood = a.perPartition.campaign('cache', { priority: 5 });
    let next = 0;
    void c.perPartition.campaign('cache', { priority: 0 }).then(() => (next = world.nowUs));
    let runs = 0;
    const turns = a.perPartition.lead('turns', () => void (runs += 1), { stableAfterMs: 100 });
    for (let i = 0; i < 400 && runs === 0; i += 1) await world.run(5);
    await world.run(1_000);
    runs = 0;
    const led: string[] = [];
    const closing = a.close();
    a.on('partition', ({ change, election }) => void (change === 'elected' && led.push(election)));
    expect(await stateOf(a.perPartition.campaign('late'))).toBe('rejected ERR_CLOSED');
    await world.run(100);
    const releasedUs = world.nowUs;
    void (await before).release();
    await world.run(8_000);
    await closing;
    expect([runs, led]).toEqual([0, []]);
    expect(next).toBeGreaterThan(0);
    expect(next - releasedUs).toBeLessThan(2_000_000);
    expect([await stateOf(stood), await stateOf(turns)]).toEqual(['rejected ERR_CLOSED', 'rejected ERR_CLOSED']);
  });

  it('who votes is not changed through a node that is closed', async () => {
    const { world, a } = await three();
    const closed = a.close();
    await world.run(1_000);
    await closed;
    expect(await stateOf(a.changeVoters({ remove: ['c'] }))).toBe('rejected ERR_CLOSED');
    expect(() => a.forceVoters(['a'])).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });

  it('two that wait for one observer get one change each, and both its end', async () => {
    const { world, a } = await three();
    const reader = a.observe('job');
    await reader.next();
    const waiting = [reader.next(), reader.next(), reader.next()];
    void a.campaign('job').catch(() => {});
    await world.run(2_000);
    const closed = a.close();
    await world.run(6_000);
    await closed;
    expect(await Promise.all(waiting.map(stateOf))).toEqual(['resolved', 'resolved', 'resolved']);
  });
});

describe('a time that is no number', () => {
  it('is refused, and stops no timer', async () => {
    const { world, node } = await alone();
    const won = node.campaign('job');
    await world.run(500);
    const lease = await won;
    expect(await stateOf(node.tryAcquire('other', { waitMs: Number.NaN }))).toBe('rejected ERR_OPTIONS');
    expect(await stateOf(node.close({ timeoutMs: Number.NaN }))).toBe('rejected ERR_OPTIONS');
    await world.run(5_000);
    expect(lease.held).toBe(true);
  });
});

describe('readiness', () => {
  it('comes back with the voters, also where nothing is asked of them any more', async () => {
    const { world, a } = await three();
    await loseByACut(world, a);
    expect(a.health()).toMatchObject({ live: true, ready: false });
    world.link = () => true;
    await world.run(10_000);
    expect(a.health()).toMatchObject({ ready: true, reasons: [] });
  });

  it('is not there without a majority, also where nothing was ever asked of it', async () => {
    const world = new NodeWorld();
    const { node } = world.start('a', { voters });
    await world.run(20_000);
    expect(node.health()).toMatchObject({ ready: false, reasons: [expect.stringContaining('missing: b, c') as string] });
  });
});
