import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../src/core/view.ts';
import { BELIEFS_MAX } from '../../src/election/beliefs.ts';
import { CONTESTS_MAX } from '../../src/election/contest.ts';
import type { Lease } from '../../src/lease.ts';
import type { ClusterNode } from '../../src/node.ts';
import { Watches } from '../../src/watches.ts';
import { NodeWorld, settleMicrotasks, stateOf } from '../support/node-world.ts';

const voters = ['a', 'b', 'c'];

async function three(): Promise<{ world: NodeWorld; nodes: ClusterNode[] }> {
  const world = new NodeWorld();
  const started = voters.map((name) => world.start(name, { voters }));
  await world.run(500);
  await Promise.all(started.map(({ opened }) => opened));
  return { world, nodes: started.map(({ node }) => node) };
}

let world: NodeWorld;
let a: ClusterNode;
let b: ClusterNode;
let c: ClusterNode;
beforeEach(async () => {
  const made = await three();
  world = made.world;
  [a, b, c] = made.nodes as [ClusterNode, ClusterNode, ClusterNode];
});

describe('campaign', () => {
  it('resolves with a lease that is held, has a term and a token, and is told as an event', async () => {
    const campaign = a.campaign('job');
    await world.run(2_000);
    const lease = await campaign;
    expect(lease.held).toBe(true);
    expect(lease.token).toBe(`job@${lease.term}`);
    expect(lease.remainingMs()).toBeGreaterThan(80);
    expect(() => lease.assertHeld()).not.toThrow();
    expect(() => lease.assertHeld(10_000)).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
    expect(world.log('a')).toContain(`elected job ${lease.term}`);
    expect(world.leader('job')).toBe('a');
  });

  it('is one per name and node', async () => {
    const first = a.campaign('job');
    expect(await stateOf(a.campaign('job'))).toBe('rejected ERR_BUSY');
    expect(await stateOf(a.lead('job', () => {}))).toBe('rejected ERR_BUSY');
    await world.run(2_000);
    expect((await first).held).toBe(true);
    expect(await stateOf(a.campaign('job'))).toBe('rejected ERR_BUSY');
  });

  it('gives up when its signal aborts, and leads nothing afterwards', async () => {
    const abort = new AbortController();
    const campaign = a.campaign('job', { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(campaign).rejects.toThrow('enough');
    await world.run(3_000);
    expect(world.leader('job')).toBe(null);
    const again = a.campaign('job');
    await world.run(3_000);
    expect((await again).held).toBe(true);
  });

  it('that is won at the moment it is given up is a lease in hand, and none that nobody knows of', async () => {
    const alone = new NodeWorld();
    const { node, opened } = alone.start('a', { voters: ['a'] });
    await alone.run(1);
    const abort = new AbortController();
    const campaign = node.campaign('job', { signal: abort.signal });
    const other = node.campaign('other');
    alone.pause('a'); // its timer is late: it has waited until no former life of its can have promised, and could lead now
    await alone.run(2_000);
    expect(alone.log('a').join()).not.toContain('elected');
    abort.abort(new Error('enough'));
    const lease = await campaign;
    expect([lease.held, alone.leader('job')]).toEqual([true, 'a']);
    await lease.release();
    alone.resume('a');
    await alone.run(2_000);
    await opened;
    expect(alone.leader('job')).toBe(null);
    expect((await other).held).toBe(true);
  });

  it('is refused for more names than the limit, and names that were given up are free again after a while', { timeout: 60_000 }, async () => {
    const stops = Array.from({ length: CONTESTS_MAX }, () => new AbortController());
    const waiting = stops.map(({ signal }, i) => a.campaign(`job-${i}`, { signal }).catch(() => {}));
    const refused = { code: 'ERR_OPTIONS', message: expect.stringContaining('4096') as string };
    await expect(a.campaign('one-more')).rejects.toMatchObject(refused);
    await expect(a.tryAcquire('one-more')).rejects.toMatchObject(refused);
    await expect(a.lead('one-more', () => {})).rejects.toMatchObject(refused);
    for (const stop of stops) stop.abort();
    await Promise.all(waiting);
    await expect(a.campaign('one-more')).rejects.toMatchObject(refused);
    await world.run(2_500);
    const campaign = a.campaign('one-more');
    await world.run(2_000);
    expect((await campaign).held).toBe(true);
  });

  it('is refused where there are no voters, or only voters may lead', async () => {
    const lone = world.start('m').node;
    await world.run(1_000);
    await expect(lone.campaign('job')).rejects.toMatchObject({ code: 'ERR_NOT_CANDIDATE' });
    const observer = world.start('o', { voters, leaders: 'voters' }).node;
    await world.run(1_000);
    await expect(observer.campaign('job')).rejects.toMatchObject({ code: 'ERR_NOT_CANDIDATE' });
    await expect(a.campaign('no spaces')).rejects.toMatchObject({ code: 'ERR_OPTIONS' });
    await expect(a.campaign('job', { priority: 1.5 })).rejects.toMatchObject({ code: 'ERR_OPTIONS' });
  });
});

describe('a lease', () => {
  let lease: Lease;
  beforeEach(async () => {
    const campaign = a.campaign('job');
    await world.run(2_000);
    lease = await campaign;
  });

  it('goes to the next at once when it is released', async () => {
    const next = b.campaign('job');
    await world.run(1_000);
    const atUs = world.nowUs;
    const released = lease.release();
    expect(lease.held).toBe(false);
    expect((lease.signal.reason as { code: string }).code).toBe('ERR_LEASE_LOST');
    await world.run(20);
    expect((await next).term).toBeGreaterThan(lease.term);
    expect(world.nowUs - atUs).toBeLessThanOrEqual(20_000);
    expect(await stateOf(released)).toBe('resolved');
  });

  it('is handed to a named successor that stands, past one that ranks before it', async () => {
    const first = b.campaign('job', { priority: 10 });
    const named = c.campaign('job', { priority: 0 });
    await world.run(1_000);
    await Promise.all([lease.handover('c'), world.run(50)]);
    expect(await stateOf(named)).toBe('resolved');
    expect(await stateOf(first)).toBe('pending');
  });

  it('is not handed to somebody who does not stand, and stays', async () => {
    await expect(lease.handover('b')).rejects.toMatchObject({ code: 'ERR_HANDOVER' });
    await expect(lease.handover()).rejects.toMatchObject({ code: 'ERR_HANDOVER' });
    expect(lease.held).toBe(true);
  });

  it('aborts before it ends when the voters are gone', async () => {
    const left: number[] = [];
    lease.signal.addEventListener('abort', () => left.push(a.core.remainingUs('job')));
    world.link = (from, to) => from === to;
    await world.run(2_000);
    expect(left).toHaveLength(1);
    expect(left[0]).toBeGreaterThan(0);
    expect(world.log('a')).toContain(`lost job ${lease.term} no-quorum`);
    expect(lease.remainingMs()).toBe(0);
  });

  it('is lost before anything else happens when the process was stopped past its end', async () => {
    world.pause('a');
    await world.run(3_000);
    world.log('a').length = 0;
    const seen: string[] = [];
    lease.signal.addEventListener('abort', () => seen.push('abort'));
    a.on('member', () => seen.push('member'));
    a.on('leader', () => seen.push('leader'));
    a.on('quorum', () => seen.push('quorum'));
    world.resume('a');
    expect(seen[0]).toBe('abort');
    expect(world.log('a')[0]).toBe(`lost job ${lease.term} suspended`);
  });

  it('says by how much its loss was told too late, after a stop and after a suspend', async () => {
    const told: number[] = [];
    a.on('lost', ({ overrunMs, remainingMs }) => told.push(overrunMs, remainingMs));
    const leftMs = lease.remainingMs();
    world.pause('a');
    await world.run(1_000);
    world.processes.get('a')!.suspendedUs += 3_600_000_000; // the monotonic clock does not see it
    world.resume('a');
    const overrunMs = 1_000 + 3_600_000 - leftMs;
    expect(told[0]).toBeCloseTo(overrunMs, 1);
    expect(told[1]).toBeCloseTo(-overrunMs, 1);
    expect(lease.signal.reason).toMatchObject({ code: 'ERR_LEASE_LOST', details: { overrunMs: told[0] } });
    expect(a.metrics()).toMatchObject({ 'overruns.count': 1, 'overruns.worstMs': told[0] });
  });

  it('says 0 when its loss was told in time', async () => {
    const told: number[] = [];
    a.on('lost', ({ overrunMs }) => told.push(overrunMs));
    world.link = (from, to) => from === to;
    await world.run(2_000);
    expect(told).toEqual([0]);
    expect(lease.signal.reason).toMatchObject({ details: { overrunMs: 0 } });
    expect(a.metrics()).toMatchObject({ 'overruns.count': 0, 'overruns.worstMs': 0 });
  });

  it('tells its loss from assertHeld itself when no callback of ours came first', async () => {
    world.pause('a');
    await world.run(3_000);
    expect(() => lease.assertHeld()).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
    expect(lease.signal.aborted).toBe(true);
    expect(lease.held).toBe(false);
  });

  it('is lost after a suspend of the host that the monotonic clock did not see', async () => {
    world.processes.get('a')!.suspendedUs += 3_600_000_000;
    expect(lease.held).toBe(false);
    expect(world.log('a')).toContain(`lost job ${lease.term} suspended`);
  });

  it('is verified by a majority, in one round trip, and not without one', async () => {
    const atUs = world.nowUs;
    const verified = lease.verify();
    expect(await stateOf(verified)).toBe('pending');
    await world.run(3);
    expect(await stateOf(verified)).toBe('resolved');
    expect(world.nowUs - atUs).toBeLessThan(10_000);
    world.link = (from, to) => from === to;
    const alone = lease.verify();
    await world.run(100);
    expect(lease.held).toBe(true); // by its own clock
    expect(await stateOf(alone)).toBe('pending');
    await world.run(1_000);
    expect(await stateOf(alone)).toBe('rejected ERR_NOT_LEADER');
  });

  it('is verified by answers to what was sent after the question, not before', async () => {
    let delayed = 0;
    world.link = (from, to) => {
      if (from !== 'a' || to === 'a') return true;
      delayed += 1;
      return false; // from now on nothing of ours arrives: what comes in are answers to older requests
    };
    const verified = lease.verify();
    await world.run(140);
    expect(delayed).toBeGreaterThan(0);
    expect(await stateOf(verified)).toBe('pending');
  });

  it('tells jeopardy when renewals fail, and its end when they succeed again', async () => {
    const told: string[] = [];
    a.on('jeopardy', ({ election, inJeopardy, remainingMs }) => told.push(`${election} ${inJeopardy} ${remainingMs > 80}`));
    await world.run(2_000);
    expect(told).toEqual([]);
    expect(lease.inJeopardy).toBe(false);
    world.link = (from, to) => from === to;
    while (told.length === 0) await world.run(10);
    expect(told).toEqual(['job true true']); // before the application must stop
    expect(lease.inJeopardy).toBe(true);
    world.link = () => true;
    await world.run(300);
    expect(told).toEqual(['job true true', 'job false true']);
    expect(lease.held).toBe(true);
  });

  it('is lost when a resource has seen a higher term, and the next one is above that', async () => {
    expect(lease.reportStale(lease.term)).toBe(false);
    expect(lease.held).toBe(true);
    expect(lease.reportStale(lease.term + 1_000)).toBe(true);
    expect(lease.held).toBe(false);
    expect(world.log('a')).toContain(`lost job ${lease.term} violation`);
    await Promise.all([lease.release(), world.run(100)]);
    const again = a.campaign('job');
    await world.run(3_000);
    expect((await again).term).toBeGreaterThan(lease.term + 1_000);
  });

  it('says a word of its tenure to all, with the tags and not instead of them, and only of this tenure', async () => {
    a.setTags({ zone: 'x' });
    lease.setPayload('at 10.0.0.1:80');
    const seen: (string | null)[] = [];
    void (async () => {
      for await (const { payload } of b.observe('job')) seen.push(payload);
    })();
    await world.run(500);
    expect(b.leader('job')).toMatchObject({ name: 'a', address: '10.0.0.1:7946', payload: 'at 10.0.0.1:80' });
    lease.setPayload('moved');
    await world.run(500);
    expect(seen.at(-1)).toBe('moved');
    expect(b.members.find(({ name }) => name === 'a')!.tags['zone']).toBe('x');
    expect(() => lease.setPayload('x'.repeat(129))).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }));
    await Promise.all([lease.release(), world.run(100)]);
    expect(a.self.tags).toEqual({ zone: 'x' });
    expect(() => lease.setPayload('late')).toThrow(expect.objectContaining({ code: 'ERR_NOT_LEADER' }));
    const again = a.campaign('job');
    await world.run(3_000);
    await again;
    expect(b.leader('job')).toMatchObject({ name: 'a', payload: null });
  });

  it('leaves no word of its tenure, and nothing of the voters, in the tags of who changes one of them', async () => {
    lease.setPayload('at work');
    a.setTags({ ...a.self.tags, '~line': 'z', zone: 'x' });
    expect(a.self.tags).toEqual({ zone: 'x', 'leader:job': `${lease.term} at work` });
    await Promise.all([lease.release(), world.run(1_000)]);
    expect(a.self.tags).toEqual({ zone: 'x' });
  });

  it('is given back by await using', async () => {
    {
      await using held = lease;
      expect(held.held).toBe(true);
      void world.run(2_000);
    }
    expect(lease.held).toBe(false);
  });
});

describe('a takeover', () => {
  const records: string[] = [];
  const tell = (node: ClusterNode): void => {
    records.length = 0;
    node.on('elected', ({ takeover }) => records.push(JSON.stringify(takeover)));
  };
  const last = (): { former: string | null; formerTerm: number; lapseMs: number; grantMs: number; overMs: number | null; resent: number; boundMs: number } =>
    JSON.parse(records.at(-1)!) as never;
  /** `a` leads and dies, `b` and `c` vote, `b` stands. */
  const takeOver = async (): Promise<void> => {
    const first = a.campaign('job');
    await world.run(2_000);
    await first;
    tell(b);
    void b.campaign('job');
    await world.run(500);
    world.kill('a');
    while (records.length === 0) await world.run(1);
  };

  it('from a dead leader is recorded: whose lease had to lapse, how long, and what bound the voters', async () => {
    const first = a.campaign('job');
    await world.run(2_000);
    const { term } = await first;
    tell(b);
    void b.campaign('job');
    await world.run(500);
    world.kill('a');
    const diedUs = world.nowUs;
    while (records.length === 0) await world.run(1);
    const tookMs = (world.nowUs - diedUs) / 1000;
    expect(last()).toMatchObject({ former: 'a', formerTerm: term });
    expect(last().lapseMs).toBeGreaterThan(tookMs - 160); // our bid stood before, and promises end one after another
    expect(last().grantMs).toBeLessThan(160);
    expect(last().overMs).toBeGreaterThan(-2); // what is left travels in whole milliseconds, rounded up
    expect(last().overMs).toBeLessThan(10);
    expect(last().boundMs).toBeCloseTo(600 / 0.98 + 150, 1); // T by the slowest clock, and R
    expect(last().resent).toBe(0);
  });

  it('that waited for a lost packet says so', async () => {
    let lost = 0;
    world.link = (from, to) => {
      const promises = from === 'c' && to === 'b' && c.core.election.voteOf('job')?.grant?.holder.name === 'b';
      if (promises) lost += 1;
      return !promises || lost > 1;
    };
    await takeOver();
    expect(lost).toBeGreaterThan(0);
    expect(last().resent).toBe(1);
    expect(last().overMs).toBeGreaterThan(10);
    expect(last().overMs).toBeLessThan(160 + 10);
  });

  it('that did not wait for one says nothing of it: bids stand', async () => {
    let lost = 0;
    world.link = (from, to) => {
      const bids = from === 'b' && to === 'c' && !world.processes.has('a') && c.core.election.voteOf('job')?.grant?.holder.name === 'a';
      if (bids) lost += 1;
      return !bids || lost > 1;
    };
    await takeOver();
    expect(lost).toBeGreaterThan(1);
    expect(last()).toMatchObject({ resent: 0 });
    expect(last().overMs).toBeLessThan(10);
  });

  it('of a name that nobody leads waits for nothing', async () => {
    tell(c);
    void c.campaign('free');
    await world.run(2_000);
    expect(last()).toMatchObject({ former: null, formerTerm: 0, overMs: null });
    expect(last().lapseMs).toBeLessThan(10);
  });
});

describe('whose turn it is', () => {
  const forever = ({ signal }: { signal: AbortSignal }): Promise<unknown> => new Promise((resolve) => signal.addEventListener('abort', resolve));

  it('a leader is left alone by a higher priority, unless it was asked to make room, and then not at once', async () => {
    void a.lead('kept', forever);
    void a.lead('given', forever, { preemptAfterMs: 2_000, minTenureMs: 0 });
    await world.run(2_000);
    void b.lead('kept', forever, { priority: 10 });
    void b.lead('given', forever, { priority: 10 });
    await world.run(1_800);
    expect([world.leader('kept'), world.leader('given')]).toEqual(['a', 'a']);
    await world.run(1_000);
    expect([world.leader('kept'), world.leader('given')]).toEqual(['a', 'b']);
    expect(world.log('a').some((line) => line.startsWith('lost given') && line.endsWith('preempted'))).toBe(true);
    await world.run(10_000);
    expect(world.leader('given')).toBe('b'); // and it is not taken back by a lower one
  });

  it('a priority that is set later holds for the tenure in hand and for the next ones', async () => {
    let resign = (): void => {};
    const job = (leadership: { signal: AbortSignal; resign: () => void }): Promise<unknown> => ((resign = leadership.resign), forever(leadership));
    void a.lead('job', job, { preemptAfterMs: 1_000 });
    await world.run(2_000);
    a.setPriority('job', 10);
    const first = b.campaign('job', { priority: 5 });
    await world.run(4_000);
    expect(world.leader('job')).toBe('a'); // nobody above 10 stands
    resign();
    await world.run(1_000);
    const lease = await first;
    void c.campaign('job', { priority: 7 });
    await world.run(1_000);
    await Promise.all([lease.release(), world.run(1_000)]);
    expect(world.leader('job')).toBe('a');
  });

  it('a priority is set where the node stands, be it well or not, and nowhere else', async () => {
    let well = false;
    void a.lead('job', forever, { isHealthy: () => well });
    void b.lead('job', forever, { priority: 5, preemptAfterMs: 500, minTenureMs: 0 });
    await world.run(2_000);
    a.setPriority('job', 10);
    well = true;
    await world.run(4_000);
    expect(world.leader('job')).toBe('a');
    expect(() => a.setPriority('other', 1)).toThrow(expect.objectContaining({ code: 'ERR_NOT_CANDIDATE' }));
  });

  it('a higher priority that comes and goes does not count as one that stands', async () => {
    void a.lead('job', forever, { preemptAfterMs: 1_500, minTenureMs: 0 });
    await world.run(2_000);
    for (let i = 0; i < 5; i += 1) {
      const stop = new AbortController();
      const standing = b.campaign('job', { priority: 10, signal: stop.signal }).catch(() => {});
      await world.run(1_000);
      stop.abort();
      await Promise.all([standing, world.run(1_000)]);
    }
    expect(world.leader('job')).toBe('a');
  });

  it('is not preempted before a minute in office, or what else was chosen', async () => {
    void a.lead('job', forever, { preemptAfterMs: 1_000 });
    void a.lead('chosen', forever, { preemptAfterMs: 1_000, minTenureMs: 10_000 });
    await world.run(2_000);
    expect([world.leader('job'), world.leader('chosen')]).toEqual(['a', 'a']);
    void b.lead('job', forever, { priority: 10 });
    void b.lead('chosen', forever, { priority: 10 });
    await world.run(7_000);
    expect([world.leader('job'), world.leader('chosen')]).toEqual(['a', 'a']);
    await world.run(3_000);
    expect([world.leader('job'), world.leader('chosen')]).toEqual(['a', 'b']);
    await world.run(46_000);
    expect(world.leader('job')).toBe('a');
    await world.run(4_000);
    expect(world.leader('job')).toBe('b');
  });

  it('equals take turns by tenure, and nobody makes room for nobody', async () => {
    void a.lead('job', forever, { maxTenureMs: 3_000 });
    await world.run(8_000);
    expect(world.leader('job')).toBe('a');
    void b.lead('job', forever, { maxTenureMs: 3_000 });
    const leaders = new Set<string | null>();
    let changes = 0;
    let last: string | null = null;
    for (let i = 0; i < 120; i += 1) {
      await world.run(100);
      const leader = world.leader('job');
      if (leader !== null && leader !== last) changes += 1;
      if (leader !== null) last = leader;
      leaders.add(leader);
    }
    expect(new Set([...leaders].filter(Boolean))).toEqual(new Set(['a', 'b']));
    expect(changes).toBeGreaterThanOrEqual(3);
    expect(changes).toBeLessThanOrEqual(6);
  });

  it('who is not well does not stand, and makes room', async () => {
    let well = false;
    void a.lead('job', forever, { isHealthy: () => well });
    await world.run(3_000);
    expect(world.leader('job')).toBe(null);
    well = true;
    await world.run(2_000);
    expect(world.leader('job')).toBe('a');
    void b.lead('job', forever);
    await world.run(500);
    well = false;
    await world.run(500);
    expect(world.leader('job')).toBe('b');
    expect(world.log('a').some((line) => line.endsWith('unhealthy'))).toBe(true);
    await world.run(3_000);
    expect(world.leader('job')).toBe('b');
  });

  it('a leader that is not well goes on while nobody could lead in its place, says so once, and then hands over', async () => {
    let well = true;
    void a.lead('job', forever, { isHealthy: () => well });
    void a.lead('anyway', forever, { isHealthy: () => well, resignAnyway: true });
    await world.run(2_000);
    expect([world.leader('job'), world.leader('anyway')]).toEqual(['a', 'a']);
    const warned: unknown[] = [];
    a.on('warning', (warning) => warned.push(warning));
    const unhealthy = { code: 'unhealthy-leader', details: { election: 'job' } };
    well = false;
    await world.run(5_000);
    expect([world.leader('job'), world.leader('anyway')]).toEqual(['a', null]);
    expect(warned).toEqual([unhealthy]);
    well = true;
    await world.run(1_000);
    well = false;
    await world.run(1_000);
    expect(warned).toEqual([unhealthy, unhealthy]);
    void b.lead('job', forever);
    await world.run(500);
    expect(world.leader('job')).toBe('b');
    expect(world.log('a').some((line) => line.startsWith('lost job') && line.endsWith('unhealthy'))).toBe(true);
  });

  it('X43: health that comes and goes costs no change; three bad answers in a row do, and three good ones are needed to stand again', async () => {
    let flapping = true;
    let answers = 0;
    let well = true;
    void a.lead('job', forever, { isHealthy: () => (flapping ? (answers += 1) % 3 === 0 : well) });
    flapping = false;
    await world.run(2_000);
    b.lead('job', forever).catch(() => {}); // it is closed below
    expect(world.leader('job')).toBe('a');
    flapping = true;
    await world.run(10_000);
    expect(world.leader('job')).toBe('a');
    [flapping, well] = [false, false];
    await world.run(1_000);
    expect(world.leader('job')).toBe('b');
    // From here on every third answer is yes: never three in a row.
    [flapping, answers] = [true, 0];
    void b.close();
    await world.run(3_000);
    expect(world.leader('job')).toBe(null);
    [flapping, well] = [false, true];
    await world.run(2_000);
    expect(world.leader('job')).toBe('a');
  });

  it('X40: a preferred node that comes and goes is let in less and less often', async () => {
    const made: number[] = [];
    a.on('lost', ({ reason }) => reason === 'preempted' && made.push(world.nowUs / 1_000));
    void a.lead('job', forever, { preemptAfterMs: 1_000, minTenureMs: 0 });
    await world.run(2_000);
    const waits: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const over = new AbortController();
      const since = world.nowUs / 1_000;
      const led = b.lead('job', forever, { priority: 10, signal: over.signal });
      for (let j = 0; j < 100 && made.length === i; j += 1) await world.run(100);
      waits.push(made[i]! - since);
      await world.run(500);
      expect(world.leader('job')).toBe('b');
      over.abort();
      await Promise.all([led, world.run(1_000)]);
      expect(world.leader('job')).toBe('a');
    }
    expect(waits[1]!).toBeGreaterThan(1.7 * waits[0]!);
    expect(waits[2]!).toBeGreaterThan(1.7 * waits[1]!);
  });

  it('X41: the preferred successor dies, and the next one leads', async () => {
    void a.lead('job', forever, { preemptAfterMs: 1_000, minTenureMs: 0 });
    await world.run(2_000);
    void b.lead('job', forever, { priority: 10 });
    void c.lead('job', forever);
    await world.run(900);
    a.on('lost', () => world.kill('b')); // the very moment in which it makes room
    await world.run(3_000);
    expect(world.log('a').some((line) => line.endsWith('preempted'))).toBe(true);
    expect(['a', 'c']).toContain(world.leader('job'));
  });

  it('names of one group go to one node, others are spread', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    const lone = names.map((name) => `lone-${name}`);
    for (const node of [a, b, c]) {
      for (const name of names) void node.lead(name, forever, { group: 'invoices' });
      for (const name of lone) void node.lead(name, forever);
    }
    await world.run(3_000);
    expect(new Set(names.map((name) => world.leader(name))).size).toBe(1);
    world.kill(world.leader(names[0]!)!);
    await world.run(3_000);
    expect(new Set(names.map((name) => world.leader(name))).size).toBe(1);
    expect(new Set(lone.map((name) => world.leader(name))).size).toBe(2);
  });

  it('equals lead in the order in which they came to stand, where that is asked for', async () => {
    // By hash `c` stands before `b` for one of these names, and `b` before `c` for another.
    const names = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'];
    for (const fair of [true, false]) {
      const named = names.map((name) => `${name}-${fair}`);
      for (const name of named) void a.lead(name, forever, { fair });
      await world.run(2_000);
      for (const name of named) void b.lead(name, forever, { fair });
      await world.run(2_500);
      for (const name of named) void c.lead(name, forever, { fair });
      await world.run(2_500);
    }
    world.kill('a');
    await world.run(3_000);
    expect(names.map((name) => world.leader(`${name}-true`))).toEqual(names.map(() => 'b'));
    expect(new Set(names.map((name) => world.leader(`${name}-false`)))).toEqual(new Set(['b', 'c']));
  });

  it('who leads next is told so, and the leader that somebody does', async () => {
    a.lead('job', forever).catch(() => {}); // it is closed below
    await world.run(2_000);
    expect(a.metrics()).toMatchObject({ 'node.leading': 1, 'node.standbyReady': 0 });
    const told: object[] = [];
    b.on('elect', (event) => told.push(event));
    const over = new AbortController();
    void b.lead('job', forever, { signal: over.signal });
    await world.run(1_000);
    expect(told).toMatchObject([{ election: 'job', next: true }]);
    expect((told[0] as { withinMs: number }).withinMs).toBeLessThanOrEqual(600);
    expect(a.metrics()).toMatchObject({ 'node.leading': 1, 'node.standbyReady': 1 });
    void c.lead('job', forever, { priority: 5 });
    await world.run(1_000);
    expect(told).toMatchObject([{ next: true }, { next: false }]);
    expect(world.log('c').filter((line) => line.startsWith('elect '))).toEqual(['elect job true']);
    void a.close();
    await world.run(1_000);
    expect(world.leader('job')).toBe('c');
    expect(world.log('c').filter((line) => line.startsWith('elect '))).toEqual(['elect job true']);
    over.abort();
  });

  it('a check that throws is a no, and one that never says yes ends with the node', async () => {
    const leading = a.lead('job', forever, {
      isHealthy: () => {
        throw new Error('disk gone');
      },
    });
    await world.run(2_000);
    expect(world.leader('job')).toBe(null);
    void a.close();
    await world.run(500);
    expect(await stateOf(leading)).toBe('rejected ERR_CLOSED');
    await expect(b.lead('job', forever, { maxTenureMs: -1 })).rejects.toMatchObject({ code: 'ERR_OPTIONS' });
  });
});

describe('acquireSlot', () => {
  it('has at most so many holders, and a next one when one goes', async () => {
    const slots = [a, b, c].map((node) => node.acquireSlot('disk', 2));
    await world.run(3_000);
    const states = await Promise.all(slots.map(stateOf));
    expect([...states].sort()).toEqual(['pending', 'resolved', 'resolved']);
    const held = await Promise.all(slots.filter((_, i) => states[i] === 'resolved'));
    expect(new Set(held.map(({ name }) => name)).size).toBe(2);
    await Promise.all([held[0]!.release(), world.run(2_000)]);
    const next = await slots[states.indexOf('pending')]!;
    expect(next.name).toBe(held[0]!.name);
    expect(next.term).toBeGreaterThan(held[0]!.term);
    expect(next.held).toBe(true);
  });

  it('is one a node: while it stands for a slot, and until the lease that it got is over', async () => {
    const first = a.acquireSlot('disk', 2);
    expect(await stateOf(a.acquireSlot('disk', 2))).toBe('rejected ERR_BUSY');
    const other = a.acquireSlot('tape', 2);
    await world.run(2_000);
    const lease = await first;
    expect((await other).held).toBe(true);
    expect(await stateOf(a.acquireSlot('disk', 2))).toBe('rejected ERR_BUSY');
    await Promise.all([lease.release(), world.run(1_000)]);
    const again = a.acquireSlot('disk', 2);
    await world.run(2_000);
    expect((await again).held).toBe(true);
  });

  it('rejects with what its signal was aborted with, and stands for nothing any more', async () => {
    const abort = new AbortController();
    const waiting = a.acquireSlot('disk', 3, { signal: abort.signal });
    abort.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await world.run(2_000);
    for (const slot of [0, 1, 2]) expect(world.leader(`disk#${slot}`)).toBe(null);
    const next = a.acquireSlot('disk', 3);
    await world.run(2_000);
    expect(await stateOf(next)).toBe('resolved');
    await expect(a.acquireSlot('disk', 0)).rejects.toMatchObject({ code: 'ERR_OPTIONS' });
  });
});

describe('a witness', () => {
  it('votes and never leads: two nodes and one survive the loss of either node', async () => {
    for (const victim of ['x', 'y']) {
      const site = new NodeWorld();
      const names = ['x', 'y', 'w'];
      const [x, y, w] = names.map((name) => site.start(name, { voters: names, role: name === 'w' ? 'witness' : 'candidate' }).node);
      await site.run(1_000);
      await expect(w!.campaign('job')).rejects.toMatchObject({ code: 'ERR_NOT_CANDIDATE' });
      for (const node of [x!, y!]) void node.lead('job', ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve))).catch(() => {});
      await site.run(2_000);
      expect(site.leader('job')).not.toBe(null);
      site.kill(victim);
      await site.run(3_000);
      expect(site.leader('job')).toBe(victim === 'x' ? 'y' : 'x');
    }
  });
});

describe('tryAcquire', () => {
  it('gets a free name, and null for a taken one, and stands no longer', async () => {
    const mine = a.tryAcquire('job');
    await world.run(2_000);
    const lease = (await mine)!;
    expect(lease.held).toBe(true);
    const theirs = b.tryAcquire('job', { waitMs: 700 });
    await world.run(701);
    expect(await theirs).toBe(null);
    await Promise.all([lease.release(), world.run(2_000)]);
    expect(world.leader('job')).toBe(null);
  });

  it('rejects with what its signal was aborted with', async () => {
    const abort = new AbortController();
    const waiting = a.tryAcquire('job', { waitMs: 10_000, signal: abort.signal });
    abort.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
  });
});

describe('lead', () => {
  it('runs the job on one node at a time, and on the next one after a death, with a higher term', async () => {
    const terms: number[] = [];
    const running = new Set<string>();
    const job =
      (name: string) =>
      async ({ term, signal }: { term: number; signal: AbortSignal }): Promise<void> => {
        terms.push(term);
        running.add(name);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        running.delete(name);
      };
    for (const [name, node] of [
      ['a', a],
      ['b', b],
      ['c', c],
    ] as const)
      void node.lead('job', job(name)).catch(() => {});
    await world.run(2_000);
    expect(running.size).toBe(1);
    const [first] = running;
    world.kill(first!);
    running.clear();
    await world.run(800);
    expect(running.size).toBe(1);
    expect(terms).toHaveLength(2);
    expect(terms[1]).toBeGreaterThan(terms[0]!);
  });

  it('waits for the job to end before it gives the name back', async () => {
    let finish = (): void => {};
    const abort = new AbortController();
    const leading = a.lead('job', () => new Promise<void>((resolve) => (finish = resolve)), { signal: abort.signal });
    await world.run(2_000);
    const next = b.campaign('job');
    await world.run(500);
    abort.abort();
    await world.run(2_000); // longer than a lease: the draining leader renews it
    expect(await stateOf(next)).toBe('pending');
    expect(await stateOf(leading)).toBe('pending');
    finish();
    await world.run(20);
    expect(await stateOf(next)).toBe('resolved');
    expect(await stateOf(leading)).toBe('resolved');
  });

  it('lets a lease run out whose job does not end, and says so', async () => {
    const abort = new AbortController();
    void a.lead('job', () => new Promise(() => {}), { signal: abort.signal });
    await world.run(2_000);
    const next = b.campaign('job');
    abort.abort();
    await world.run(5_000);
    expect(await stateOf(next)).toBe('resolved');
    expect(world.log('a')).toContain('warning job-outlives-lease');
  });

  it('gives the name back and rejects when the job throws while it leads', async () => {
    const leading = a.lead('job', async () => {
      throw new Error('broken job');
    });
    leading.catch(() => {});
    await world.run(3_000);
    await expect(leading).rejects.toThrow('broken job');
    expect(world.leader('job')).toBe(null);
  });

  it('lets the others have it when a job returns, and takes it again later', async () => {
    const order: string[] = [];
    const turns = (name: string) => async () => void order.push(name);
    void a.lead('job', turns('a')).catch(() => {});
    void b.lead('job', turns('b')).catch(() => {});
    await world.run(5_000);
    expect(order.length).toBeGreaterThan(4);
    expect(order).toContain('a');
    expect(order).toContain('b');
    for (let i = 2; i < order.length; i += 1)
      expect([order[i - 2], order[i - 1], order[i]], 'nobody leads three times in a row while another stands').not.toEqual([order[i], order[i], order[i]]);
  });

  it('steps down from inside the job: resign, and handover to one that stands', async () => {
    const seen: string[] = [];
    void a
      .lead(
        'job',
        async ({ handover, signal }) => {
          seen.push('a');
          if (seen.length > 1) return;
          await new Promise((resolve) => setImmediateVirtual(resolve));
          try {
            handover('nobody');
          } catch (error) {
            seen.push((error as { code: string }).code);
          }
          handover('c');
          expect(signal.aborted).toBe(true);
        },
        { priority: 100 },
      )
      .catch(() => {});
    await world.run(1_500);
    const b1 = b.campaign('job', { priority: 50 });
    const c1 = c.campaign('job');
    await world.run(700);
    release();
    await world.run(100);
    expect(seen.slice(0, 2)).toEqual(['a', 'ERR_HANDOVER']);
    expect(await stateOf(c1)).toBe('resolved');
    expect(await stateOf(b1)).toBe('pending');
  });
});

let release = (): void => {};
function setImmediateVirtual(resolve: (value: unknown) => void): void {
  release = () => resolve(undefined);
}

describe('observe and leader', () => {
  it('tell what is believed, with a reason when nobody leads, and each change', async () => {
    expect(a.leader('job')).toMatchObject({ known: false, name: null });
    await world.run(500);
    expect(a.leader('job').reason).toBe('no-candidate');
    const seen: (string | null)[] = [];
    const abort = new AbortController();
    const reading = (async () => {
      for await (const { name } of c.observe('job', { signal: abort.signal })) seen.push(name);
    })();
    const campaign = b.campaign('job');
    await world.run(2_000);
    await campaign;
    expect(a.leader('job')).toMatchObject({ known: true, name: 'b' });
    expect(seen.at(-1)).toBe('b');
    world.kill('b');
    await world.run(2_000);
    expect(seen.at(-1)).toBe(null);
    abort.abort();
    await settleMicrotasks();
    expect(await stateOf(reading)).toBe('resolved');
  });

  it('follow so many names and no more: that is told once, and of others what is known', async () => {
    const x = world.start('x').node; // one that was not accepted yet: it asks nobody, which makes this quick
    await settleMicrotasks();
    const name = (i: number): string => `name-${i}`;
    for (let i = 0; i < CONTESTS_MAX; i += 1) x.leader(name(i));
    expect(world.log('x')).not.toContain('warning names-limit');
    for (const one of ['more', 'more', 'still-more']) expect(x.leader(one)).toMatchObject({ known: false, name: null });
    expect(world.log('x').filter((line) => line === 'warning names-limit')).toHaveLength(1);
    const read: (string | null)[] = [];
    for await (const info of x.observe('more')) read.push(info.name);
    expect(read).toEqual([null]); // and no end that never comes
    const followed = x.observe(name(7));
    await followed.next();
    const next = followed.next();
    await Promise.all([x.close(), world.run(2_000)]);
    expect(await next).toMatchObject({ done: true });
  });

  it('remember who led so many names and no more', () => {
    const watches = new Watches();
    const none = new Map<string, Member>();
    for (let i = 0; i < BELIEFS_MAX + 5; i += 1) watches.onLeader({ type: 'leader', name: `name-${i}`, leader: 'a', term: 1, reason: null }, none, 0);
    expect(watches.names.size).toBe(BELIEFS_MAX);
    expect(watches.names.has('name-4')).toBe(false);
  });

  it('yields the latest to a slow reader, not what is outdated', async () => {
    const reader = a.observe('job');
    await world.run(500);
    const lease = b.campaign('job');
    await world.run(2_000);
    await lease;
    const { value } = await reader.next();
    expect(value.name).toBe('b');
  });
});

describe('close', () => {
  it('resigns, leaves and closes: the next leads at once and nobody sees a failure', async () => {
    const campaign = a.campaign('job');
    await world.run(2_000);
    const lease = await campaign;
    const next = b.campaign('job');
    await world.run(500);
    lease.signal.addEventListener('abort', () => void lease.release());
    const closed = a.close();
    expect(a.close()).toBe(closed);
    await world.run(60);
    expect(await stateOf(next)).toBe('resolved');
    expect(await stateOf(closed)).toBe('resolved');
    expect(world.log('b')).toContain('left a');
    expect(world.log('a').at(-1)).toBe('closed closed');
    await world.run(3_000);
    expect(world.log('b').filter((line) => line.startsWith('failed'))).toEqual([]);
    await expect(a.campaign('job')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(lease.held).toBe(false);
    expect(a.health()).toMatchObject({ live: false, ready: false });
  });

  it('refuses those that still stand, and ends readers', async () => {
    const campaign = a.campaign('other');
    const reading = (async () => {
      for await (const _ of a.observe('other'));
    })();
    const rejected = expect(campaign).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await Promise.all([a.close(), world.run(2_000)]);
    await rejected;
    expect(await stateOf(reading)).toBe('resolved');
  });

  it('gives back what is won at the moment of closing, and runs no job with it', async () => {
    const alone = new NodeWorld();
    const { node, opened } = alone.start('a', { voters: ['a'] });
    await alone.run(1);
    const names = ['job', 'other', 'third'];
    const ran: string[] = [];
    const led = names.map((name) => node.lead(name, () => void ran.push(name)));
    alone.pause('a');
    await alone.run(2_000);
    const closed = node.close();
    alone.resume('a');
    await alone.run(100);
    await Promise.all([opened, closed]);
    expect(ran).toEqual([]);
    const told = alone.log('a').filter((line) => /^(elected|lost)/.test(line));
    expect(told.map((line) => line.replace(/ \d+/, ''))).toEqual(['elected job', 'lost job shutdown']); // the first of them has its turn
    expect(await Promise.all(led.map(stateOf))).toEqual(names.map(() => 'rejected ERR_CLOSED'));
  });

  it('is bounded: a job that does not end costs its lease, not the process', async () => {
    void a.lead('job', () => new Promise(() => {})).catch(() => {});
    await world.run(2_000);
    const closed = a.close({ timeoutMs: 300 });
    await world.run(310);
    expect(await stateOf(closed)).toBe('resolved');
  });

  it('ends what waits for the end of a tenure, also where the job ends after a bounded close', async () => {
    let end = (): void => {};
    const led = a.lead('job', () => new Promise<void>((resolve) => (end = resolve)));
    const campaign = a.campaign('other');
    await world.run(2_000);
    const lease = await campaign;
    await Promise.all([a.close({ timeoutMs: 300 }), world.run(310)]);
    expect(await stateOf(led)).toBe('pending'); // its job runs
    expect(await stateOf(lease.release())).toBe('resolved');
    end();
    expect(await stateOf(led)).toBe('rejected ERR_CLOSED');
  });
});

describe('a node', () => {
  it("conformance 19: is refused under a living name, with a typed error that has the rival's address; the first one notices nothing", async () => {
    const before = world.log('a').length;
    const { opened } = world.start('a', { voters });
    await Promise.all([expect(opened).rejects.toMatchObject({ code: 'ERR_NAME_CONFLICT', details: { rival: '10.0.0.1:7946' } }), world.run(3_000)]);
    expect(world.log('a').slice(before)).toEqual([]);
  });

  it('keeps running when a listener throws, and counts it', async () => {
    a.on('elected', () => {
      throw new Error('listener');
    });
    const campaign = a.campaign('job');
    await world.run(2_000);
    expect((await campaign).held).toBe(true);
    expect(a.metrics()['node.listenerFailures']).toBe(1);
  });

  it('says why nobody leads: the missing voters by name', async () => {
    const campaign = a.campaign('job').then(
      () => {},
      () => {},
    );
    world.kill('b');
    world.kill('c');
    await world.run(5_000);
    expect(world.log('a').filter((l) => l.startsWith('quorum'))).toEqual(['quorum false missing b,c']);
    expect(a.health().ready).toBe(false);
    expect(a.explain('job').join('\n')).toMatch(/b.*c/s);
    void campaign;
  });

  it('has a frozen, sorted snapshot of its members that is new only after a change', async () => {
    const { members } = a;
    expect(members.map(({ name }) => name)).toEqual(voters);
    expect(Object.isFrozen(members)).toBe(true);
    expect(a.members).toBe(members);
    b.setTags({ zone: 'x' });
    await world.run(1_000);
    expect(a.members).not.toBe(members);
    expect(a.members[1]!.tags).toEqual({ zone: 'x' });
    expect(world.log('a')).toContain('updated b');
  });
});
