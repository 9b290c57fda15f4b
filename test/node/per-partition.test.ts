import { describe, expect, it } from 'vitest';
import { type Lease, type Leadership, type PartitionLease, type PartitionOptions, fencedTransaction, FencingGate, fenceHeaders } from '../../src/index.ts';
import type { PartitionEvent } from '../../src/events.ts';
import { PARTITION_NAMES_MAX } from '../../src/partition/beliefs.ts';
import type { Now } from '../../src/core/time.ts';
import { PartitionElection } from '../../src/partition/partition.ts';
import { NodeWorld, settleMicrotasks } from '../support/node-world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
/** Detection, a still view and a few beats, by the loopback preset. */
const SETTLED_MS = 6_000;

interface Part {
  readonly world: NodeWorld;
  readonly leases: Map<string, PartitionLease>;
  readonly events: { node: string; event: PartitionEvent }[];
}

/** Nodes that all stand for `cache`, for ever. */
async function standing(names: readonly string[], options: PartitionOptions = {}): Promise<Part> {
  const world = new NodeWorld();
  const part: Part = { world, leases: new Map(), events: [] };
  for (const name of names) {
    const { node, opened } = world.start(name);
    void opened.then(() =>
      node.perPartition.lead(
        'cache',
        (leadership) =>
          new Promise<void>((resolve) => {
            part.leases.set(name, leadership as unknown as PartitionLease);
            leadership.signal.addEventListener('abort', () => {
              part.leases.delete(name);
              resolve();
            });
          }),
        options,
      ),
    );
    node.on('partition', (event) => part.events.push({ node: name, event }));
  }
  await world.run(SETTLED_MS);
  return part;
}

const leaders = ({ leases }: Part): string[] => [...leases.keys()].sort();
const lookAt = ({ world }: Part, name: string): string | null => world.processes.get(name)!.node.perPartition.leader('cache').name;
const split =
  (left: readonly string[]) =>
  (from: string, to: string): boolean =>
    left.includes(from) === left.includes(to);

describe('one leader in each part', () => {
  it('is one in a whole cluster, and all know it', async () => {
    const part = await standing(NAMES);
    expect(leaders(part)).toHaveLength(1);
    const [leader] = leaders(part);
    expect(NAMES.map((name) => lookAt(part, name))).toEqual(NAMES.map(() => leader!));
    const events = [...part.events];
    await part.world.run(20_000);
    expect(part.events).toEqual(events);
  });

  it('X58: two while the cluster is split two and three, and one again when it heals; the loser is told `merged`, and no token comes twice', async () => {
    const merges: unknown[] = [];
    const part = await standing(NAMES, { onMerge: (merge) => merges.push(merge) });
    const [first] = leaders(part);
    const others = NAMES.filter((name) => name !== first);
    const left = [others[0]!, others[1]!]; // the side without the leader
    const right = NAMES.filter((name) => !left.includes(name));
    part.world.link = split(left);
    await part.world.run(SETTLED_MS);
    expect(leaders(part)).toHaveLength(2);
    expect(left.map((name) => lookAt(part, name))).toEqual(left.map(() => leaders(part).find((name) => left.includes(name))));
    expect(right.map((name) => lookAt(part, name))).toEqual(right.map(() => first));
    const tokensBefore = [...part.leases.values()].map(({ token }) => token);

    part.world.link = () => true;
    await part.world.run(SETTLED_MS);
    expect(leaders(part)).toHaveLength(1);
    const [winner] = leaders(part);
    expect(NAMES.map((name) => lookAt(part, name))).toEqual(NAMES.map(() => winner));
    const lost = part.events.filter(({ event }) => event.change === 'lost');
    expect(lost).toMatchObject([{ event: { reason: 'merged', other: winner } }]);
    expect(lost[0]!.node).not.toBe(winner);
    const { token } = part.leases.get(winner!)!;
    expect(tokensBefore.every((before) => token >= before)).toBe(true);
    expect(merges).toEqual([{ loser: lost[0]!.node, loserToken: lost[0]!.event.token, token }]);
    const tokens = part.events.filter(({ event }) => event.change === 'elected').map(({ event }) => event.token);
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it('gives the winner a token above both when their terms were equal', async () => {
    // Two that were never together: both begin with the same wall clock, at the same moment, with the same term.
    const world = new NodeWorld();
    world.link = split(['b']);
    const merged: string[] = [];
    const leases: PartitionLease[] = [];
    for (const name of ['a', 'b']) {
      const { node, opened } = world.start(name);
      void opened.then(() => node.perPartition.campaign('cache', { onMerge: ({ token }) => merged.push(token) })).then((lease) => leases.push(lease));
    }
    await world.run(SETTLED_MS);
    expect(leases).toHaveLength(2);
    const before = leases.map(({ token }) => token);
    const termOf = (token: string): string => token.split('/')[0]!;
    expect(new Set(before.map(termOf)).size).toBe(1);
    world.link = () => true;
    await world.run(SETTLED_MS);
    expect(leases.filter(({ held }) => held)).toHaveLength(1);
    expect(merged).toHaveLength(1);
    expect(before.every((token) => merged[0]! > token)).toBe(true);
    expect(leases.find(({ held }) => held)!.token).toBe(merged[0]);
    expect(leases.find(({ held }) => !held)!.signal.reason).toMatchObject({ code: 'ERR_LEASE_LOST', details: { reason: 'merged' } });
  });

  it('is another one after the leader is killed, and the next one at once after it resigns', async () => {
    const part = await standing(['a', 'b', 'c']);
    const [first] = leaders(part);
    part.world.kill(first!);
    part.leases.delete(first!);
    await part.world.run(SETTLED_MS);
    const [second] = leaders(part);
    expect(second).toBeDefined();
    const lease = part.leases.get(second!) as unknown as { resign(): void };
    lease.resign();
    await part.world.run(400); // a word, an exchange of stands, a claim
    expect(leaders(part)).toHaveLength(1);
    expect(leaders(part)).not.toContain(second);
  });

  it('is one where two cannot hear each other and a third hears both', async () => {
    const part = await standing(['a', 'b', 'c']);
    const [first] = leaders(part);
    const [other] = ['a', 'b', 'c'].filter((name) => name !== first);
    const cut = [first!, other!];
    part.world.link = (from, to) => !(cut.includes(from) && cut.includes(to));
    await part.world.run(20_000);
    expect(leaders(part)).toEqual([first]);
  });

  it('prefers priority, and does not take the name from a leader that works', async () => {
    const world = new NodeWorld();
    const leases = new Map<string, PartitionLease>();
    const stand = (name: string, priority: number): void => {
      const { node, opened } = world.start(name);
      void opened.then(() => node.perPartition.campaign('cache', { priority })).then((lease) => leases.set(name, lease));
    };
    stand('a', 0);
    stand('b', 5);
    stand('c', 1);
    await world.run(SETTLED_MS);
    expect([...leases.keys()]).toEqual(['b']);
    stand('d', 9);
    await world.run(SETTLED_MS);
    expect([...leases.keys()]).toEqual(['b']);
  });

  it('waits for the job when the node closes, and then the next one leads', async () => {
    const world = new NodeWorld();
    let end = (): void => {};
    const a = world.start('a').node;
    const b = world.start('b').node;
    const job = (): Promise<void> => new Promise((resolve) => (end = resolve));
    const led = a.perPartition.lead('cache', job, { priority: 1 }).catch((error: unknown) => error);
    await world.run(SETTLED_MS);
    let next: PartitionLease | null = null;
    void b.perPartition.campaign('cache').then((lease) => (next = lease));
    const closed = a.close();
    await world.run(300);
    expect(next).toBeNull();
    end();
    await world.run(SETTLED_MS);
    await closed;
    expect(await led).toMatchObject({ code: 'ERR_CLOSED' });
    expect(next).not.toBeNull();
  });

  it('ends with the node while it lets others have their turn', async () => {
    const world = new NodeWorld();
    const a = world.start('a').node;
    await world.run(500);
    const led = a.perPartition.lead('cache', ({ resign }) => resign()).catch((error: unknown) => error);
    while (!a.explain('cache').join().includes('does not stand')) await world.run(5);
    await Promise.all([a.close(), world.run(100)]);
    expect(await led).toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('explains who leads, what is waited for, and that a node does not stand', async () => {
    const world = new NodeWorld();
    const a = world.start('a').node;
    const b = world.start('b').node;
    await world.run(500);
    void a.perPartition.campaign('cache', { priority: 1 });
    await world.run(100);
    expect(a.explain('cache')).toEqual([
      "Nobody is known to lead 'cache' in this part, which has 2 members.",
      expect.stringMatching(/^This node will lead in 1\d\d\d ms, unless/) as string,
    ]);
    void b.perPartition.campaign('cache');
    await world.run(300);
    expect(b.explain('cache')).toContain('a stands above this node, and is waited for.');
    await world.run(SETTLED_MS);
    expect(b.explain('cache')).toEqual([expect.stringMatching(/^a leads 'cache' in this part, with term \d+\.$/) as string]);
    b.perPartition.leader('other');
    expect(b.explain('other')).toContain("This node does not stand for 'other' in its part.");
    expect(b.explain().join('\n')).toContain("a leads 'cache' in this part");
  });

  it('is told of so many names and no more: the one asked about longest ago goes, and none that is stood for', async () => {
    const world = new NodeWorld();
    const a = world.start('a').node;
    await world.run(500);
    void a.perPartition.campaign('cache').catch(() => {});
    for (let i = 0; i < PARTITION_NAMES_MAX + 1; i += 1) a.perPartition.leader(`name-${i}`);
    const { names } = a.core.partition;
    expect(names).toHaveLength(PARTITION_NAMES_MAX);
    expect(names.slice(0, 2)).toEqual(['cache', 'name-2']);
  });

  it('refuses what cannot be: a witness, a name twice, a closed node', async () => {
    const world = new NodeWorld();
    const witness = world.start('w', { role: 'witness', voters: ['w'] }).node;
    const a = world.start('a').node;
    await world.run(500);
    await expect(witness.perPartition.campaign('cache')).rejects.toMatchObject({ code: 'ERR_NOT_CANDIDATE' });
    const giveUp = new AbortController();
    const first = a.perPartition.campaign('cache', { signal: giveUp.signal }).catch((error: unknown) => error);
    await expect(a.perPartition.campaign('cache')).rejects.toMatchObject({ code: 'ERR_BUSY' });
    giveUp.abort(new Error('enough'));
    expect(await first).toMatchObject({ message: 'enough' });
    await expect(a.perPartition.campaign('cache', { stableAfterMs: -1 })).rejects.toMatchObject({ code: 'ERR_OPTIONS' });
    void a.close();
    await world.run(2_000);
    await expect(a.perPartition.campaign('cache')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('a host that throws', () => {
  it('is told of once, and the next call is served', () => {
    const now = (elapsedUs: number): Now => ({ elapsedUs, leaderUs: elapsedUs, wallMs: 1_800_000_000_000 });
    let isBroken = true;
    const host = {
      send: () => {},
      notify: () => {
        if (isBroken) throw new Error('no such listener');
      },
    };
    const core = new PartitionElection({ renewUs: 1_000, packetBudget: 1_400 }, { name: 'a', boot: 1 }, host, now(0));
    core.participate(now(0));
    core.campaign('cache', 0, 0, now(0));
    expect(() => core.advance(now(2_000))).toThrow('no such listener');
    isBroken = false;
    core.advance(now(3_000));
    expect(core.leaderOf('cache', 3_000)?.holder).toBe('a');
  });
});

describe('the compiler', () => {
  it('takes no lease of a part where an exclusive one is asked for', async () => {
    const exclusively = (_lease: Pick<Lease, 'exclusive' | 'name'>): void => {};
    const asLeader = (_leadership: Pick<Leadership, 'exclusive'>): void => {};
    const never = async (part: PartitionLease): Promise<void> => {
      // @ts-expect-error a part's lease is no lease
      const lease: Lease = part;
      // @ts-expect-error … not even where little is asked of it
      exclusively(part);
      // @ts-expect-error … nor a leadership
      asLeader(part);
      // @ts-expect-error no fence takes it
      new FencingGate().admit(part);
      // @ts-expect-error … whatever term it is given
      fenceHeaders({ ...part, term: 1 });
      // @ts-expect-error … in a database, too
      await fencedTransaction({ query: async () => ({ rows: [] }) }, { ...part, term: 1 }, async () => {});
      void lease;
    };
    expect(never).toBeTypeOf('function');
    await settleMicrotasks();
  });
});
