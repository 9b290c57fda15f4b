import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import type { Member, Tags } from '../../src/core/view.ts';
import type { ChangedEvent, SilenceEvent } from '../../src/events.ts';
import { ForeignWatch } from '../../src/foreign.ts';
import type { ClusterNode } from '../../src/node.ts';
import { REMEMBERED_MAX, RememberedPeers } from '../../src/remembered.ts';
import { Seeds } from '../../src/seeds.ts';
import { NodeWorld } from '../support/node-world.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
let world: NodeWorld;
let nodes: Map<string, ClusterNode>;
beforeEach(async () => {
  world = new NodeWorld();
  nodes = new Map(names.map((name) => [name, world.start(name).node]));
  await world.run(3_000);
});
const batchesOf = (name: string): ChangedEvent[] => {
  const batches: ChangedEvent[] = [];
  nodes.get(name)!.on('changed', (event) => batches.push(event));
  return batches;
};
const said = ({ members, cause }: ChangedEvent): string =>
  `${cause}: ${members.map(({ member, previous }) => `${member.name} ${previous} to ${member.state}`).join(', ')}`;
const halves = (from: string, to: string): boolean => 'abc'.includes(from) === 'abc'.includes(to);

describe('changed', () => {
  it('conformance 13: tells a partition as one event, and its end as another', async () => {
    const batches = batchesOf('a');
    world.link = halves;
    await world.run(8_000);
    expect(batches.map(said)).toEqual(
      ['partition: d alive to failed, e alive to failed, f alive to failed'].map((text) => expect.stringMatching(sorted(text)) as string),
    );
    world.link = () => true;
    await world.run(8_000);
    expect(batches.slice(1).map(({ cause }) => cause)).toEqual(['heal']);
    expect(
      batches
        .slice(1)
        .flatMap(({ members }) => members.map(({ member }) => member.name))
        .sort(),
    ).toEqual(['d', 'e', 'f']);
  });

  it('tells one crash and one leave as what they are', async () => {
    const batches = batchesOf('a');
    world.pause('f');
    await world.run(8_000);
    expect(batches.map(said)).toEqual(['crash: f alive to failed']);
    void nodes.get('e')!.close();
    await world.run(2_000);
    expect(batches.map(said).at(-1)).toBe('leave: e alive to left');
  });

  it('says nothing of a suspicion that came to nothing', async () => {
    const batches = batchesOf('a');
    const suspicions = vi.fn<() => void>();
    nodes.get('a')!.on('suspected', suspicions);
    world.pause('f');
    await world.run(500);
    world.resume('f');
    await world.run(5_000);
    expect(suspicions).toHaveBeenCalled();
    expect(batches).toEqual([]);
  });

  it('tells new facts', async () => {
    const batches = batchesOf('a');
    nodes.get('b')!.setTags({ role: 'db' });
    await world.run(1_000);
    expect(batches.map(said)).toEqual(['update: b alive to alive']);
  });
});

/** The members of a batch come in the order in which they changed. */
function sorted(text: string): RegExp {
  const [cause, members] = text.split(': ');
  return new RegExp(`^${cause}: (?:(?:${members!.split(', ').join('|')})(?:, |$)){${members!.split(', ').length}}`);
}

describe('onSilence', () => {
  const watch = (afterMs: number): { events: [number, string][]; stop: () => void } => {
    const events: [number, string][] = [];
    const startUs = world.nowUs;
    const stop = nodes
      .get('a')!
      .onSilence(afterMs, (event: SilenceEvent) =>
        events.push([
          Math.round((world.nowUs - startUs) / 1_000),
          `${event.member.name} ${event.silent ? 'silent' : event.member.state === 'left' ? 'left' : 'back'}`,
        ]),
      );
    return { events, stop };
  };

  it('tells each listener at its own threshold, and when the member is back only those that were told', async () => {
    const early = watch(0);
    const late = watch(3_000);
    const never = watch(60_000);
    world.pause('f');
    await world.run(6_000);
    expect(early.events.map(([, text]) => text)).toEqual(['f silent']);
    expect(late.events.map(([, text]) => text)).toEqual(['f silent']);
    expect(late.events[0]![0] - early.events[0]![0]).toBe(3_000);
    world.resume('f');
    await world.run(6_000);
    expect(early.events.map(([, text]) => text)).toEqual(['f silent', 'f back']);
    expect(late.events.map(([, text]) => text)).toEqual(['f silent', 'f back']);
    expect(never.events).toEqual([]);
  });

  it('tells that a silence is over also when the silent one leaves', async () => {
    const early = watch(0);
    const ofF = (): string[] => early.events.map(([, text]) => text).filter((text) => text.startsWith('f ')); // whose relays seem silent to others
    world.link = (_, to) => to !== 'f'; // it hears nobody and can still speak
    await world.run(1_700);
    expect(ofF()).toEqual(['f silent']);
    void nodes.get('f')!.close();
    await world.run(500);
    expect(ofF()).toEqual(['f silent', 'f left']);
  });

  it('tells of a silence that began before it listened, and nothing once it is taken off', async () => {
    world.pause('f');
    await world.run(4_000);
    const late = watch(1_000);
    const off = watch(10_000);
    off.stop();
    await world.run(20_000);
    expect(late.events).toEqual([[0, 'f silent']]);
    expect(off.events).toEqual([]);
  });

  it('takes thresholds of 0 to a day', () => {
    for (const bad of [-1, Number.NaN, 86_400_001])
      expect(() => nodes.get('a')!.onSilence(bad, () => {})).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }) as Error);
  });
});

describe('a link that is broken between two', () => {
  const warned = (name: string): string[] => world.processes.get(name)!.log.filter((line) => line.includes('one-way-link'));
  it.each([
    ['in one direction', (from: string, to: string) => !(from === 'a' && to === 'b')],
    ['in the other', (from: string, to: string) => !(from === 'b' && to === 'a')],
    ['in both', (from: string, to: string) => !((from === 'a' && to === 'b') || (from === 'b' && to === 'a'))],
  ])('%s costs nobody its membership, and is warned of at both ends', async (_, link) => {
    world.link = link;
    await world.run(30_000);
    for (const [name, node] of nodes)
      expect(
        node.members.map(({ state }) => state),
        name,
      ).toEqual(names.map(() => 'alive'));
    for (const process of world.processes.values()) expect(process.log.filter((line) => line.startsWith('failed'))).toEqual([]);
    expect(warned('a')).toHaveLength(1);
    expect(warned('b')).toHaveLength(1);
    expect(nodes.get('a')!.state).toBe('degraded');
    for (const name of ['c', 'd', 'e', 'f']) expect(warned(name)).toEqual([]);
    world.link = () => true;
    await world.run(5_000);
    expect(nodes.get('a')!.state).toBe('joined');
  });
});

describe('remembered peers', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'remembered-'));
    vi.useFakeTimers();
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
    vi.useRealTimers();
  });
  const peers = (name = 'me'): RememberedPeers => new RememberedPeers(join(dir, 'state'), 'west/1', name, silentLogger);
  const nodeWith = (addresses: readonly string[]): { node: ClusterNode; emit: (event: string) => void } => {
    const listeners = new Map<string, () => void>();
    const members = addresses.map((address, i) => ({ name: `n${i}`, address, state: i === 1 ? 'failed' : 'alive' }));
    return {
      node: {
        name: 'me',
        members: [{ name: 'me', address: '10.0.0.9:1', state: 'alive' }, ...members],
        on: (event: string, listener: () => void) => listeners.set(event, listener),
      } as unknown as ClusterNode,
      emit: (event) => listeners.get(event)?.(),
    };
  };

  it('are those that run, and are read again; not ourselves, and not the failed', () => {
    peers().follow(nodeWith(['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1']).node);
    vi.advanceTimersByTime(1_000);
    expect(peers().read()).toEqual(['10.0.0.1:1', '10.0.0.3:1']);
    expect(peers('other').read()).toEqual([]);
  });

  it('are written again when a member has moved', () => {
    const { node, emit } = nodeWith(['10.0.0.1:1']);
    peers().follow(node);
    vi.advanceTimersByTime(1_000);
    Object.assign(node.members[1]!, { address: '10.0.0.5:5' });
    emit('updated');
    vi.advanceTimersByTime(1_000);
    expect(peers().read()).toEqual(['10.0.0.5:5', '10.0.0.1:1']);
  });

  it('stay when they are gone, until the room is needed', () => {
    peers().follow(nodeWith(['10.0.0.1:1']).node);
    vi.advanceTimersByTime(1_000);
    peers().follow(nodeWith(['10.0.0.7:1']).node);
    vi.advanceTimersByTime(1_000);
    expect(peers().read()).toEqual(['10.0.0.7:1', '10.0.0.1:1']);
    peers().follow(nodeWith(Array.from({ length: 100 }, (_, i) => `10.0.1.${i + 1}:1`)).node);
    vi.advanceTimersByTime(1_000);
    expect(peers().read()).toHaveLength(REMEMBERED_MAX);
  });

  it('are written when the node closes, and a file that is broken is as good as none', () => {
    const { node, emit } = nodeWith(['10.0.0.1:1']);
    peers().follow(node);
    emit('closed');
    const [file] = readdirSync(join(dir, 'state'));
    expect(JSON.parse(readFileSync(join(dir, 'state', file!), 'utf8'))).toEqual(['10.0.0.1:1']);
    for (const text of ['', '{}', '[1, "x", null, "10.0.0.1:1"]']) {
      writeFileSync(join(dir, 'state', file!), text);
      expect(peers().read()).toEqual(text.includes('x') ? ['10.0.0.1:1'] : []);
    }
  });
});

describe('seeds', () => {
  const meanings = new Map<string, string[]>();
  const seedsOf = (given: readonly string[], remembered: readonly string[] = []): Seeds =>
    new Seeds(given, { read: () => remembered }, silentLogger, async (host) => {
      const found = meanings.get(host);
      if (found === undefined) throw new Error('ENOTFOUND');
      return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    });
  const others = { state: 'alive' };
  const nodeOf = (members: { state: string }): { joined: string[][]; node: ClusterNode } => {
    const joined: string[][] = [];
    const node = {
      name: 'me',
      members: [
        { name: 'me', state: 'alive' },
        { name: 'n1', ...members },
      ],
      join: (addresses: string[]) => joined.push(addresses),
      on: () => () => {},
    } as unknown as ClusterNode;
    return { joined, node };
  };
  beforeEach(() => {
    vi.useFakeTimers();
    meanings.clear();
  });
  afterEach(() => vi.useRealTimers());

  it('are what the names mean, what is numeric, and what is remembered, each once', async () => {
    meanings.set('db', ['10.0.0.1', '2001:db8::1']);
    expect(await seedsOf(['db:7946', '10.0.0.9:7946', 'nowhere:1'], ['10.0.0.9:7946', '10.0.0.8:7946']).find()).toEqual([
      '10.0.0.1:7946',
      '[2001:db8::1]:7946',
      '10.0.0.9:7946',
      '10.0.0.8:7946',
    ]);
  });

  it.each([
    ['alone, every five seconds', 'failed', 5_000],
    ['among others, every minute', 'alive', 60_000],
  ])('are looked up again by a node %s, which asks those that changed, and the remembered beside them', async (_, state, everyMs) => {
    meanings.set('db', ['10.0.0.1']);
    const seeds = seedsOf(['db:1'], ['10.0.0.8:1']);
    await seeds.find();
    const { joined, node } = nodeOf({ state });
    seeds.follow(node);
    await vi.advanceTimersByTimeAsync(2 * everyMs);
    expect(joined).toEqual([]);
    meanings.set('db', ['10.0.0.2']);
    await vi.advanceTimersByTimeAsync(everyMs - 1);
    expect(joined).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(joined).toEqual([['10.0.0.2:1', '10.0.0.8:1']]);
  });

  it('that are known are not waited with for a name service that does not answer', async () => {
    const seeds = new Seeds(['stuck:1', '10.0.0.9:7946'], { read: () => ['10.0.0.8:7946'] }, silentLogger, () => new Promise(() => {}));
    const found = vi.fn();
    void seeds.find().then(found);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(found).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(found).toHaveBeenCalledWith(['10.0.0.9:7946', '10.0.0.8:7946']);
  });

  it('keep what a name meant while the name service fails', async () => {
    meanings.set('db', ['10.0.0.1']);
    const seeds = seedsOf(['db:1']);
    await seeds.find();
    meanings.delete('db');
    expect(await seeds.find()).toEqual(['10.0.0.1:1']);
  });

  it('that are numbers, with nothing remembered, need no timer', () => {
    new Seeds(['10.0.0.1:1'], null, silentLogger).follow(nodeOf(others).node);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('another cluster', () => {
  it('whose seeds lead to us is kept out, and we say so once a minute (conformance 24)', async () => {
    const stranger = world.start('x', { cluster: 'other' }).node; // its seed is a's address
    await world.run(30_000);
    expect(stranger.members.map(({ name }) => name)).toEqual(['x']);
    expect(nodes.get('a')!.members.map(({ name }) => name)).toEqual(names);
    expect(world.log('a').filter((line) => line === 'warning foreign-cluster')).toHaveLength(1);
    await world.run(60_000);
    expect(world.log('a').filter((line) => line === 'warning foreign-cluster')).toHaveLength(2);
  });

  it('of our own name, whose voters are of another line, is told of once a minute, whatever strays in beside it', () => {
    const told: string[] = [];
    const watch = new ForeignWatch((code, details) => told.push(`${code} ${Object.values(details).join(' ')}`));
    const [us, them, founded] = [{ '~line': 'x' }, { '~line': 'y' }, {}];
    const member = (tags: Tags): Member => ({ ...nodes.get('b')!.self, tags });
    for (const tags of [us, founded]) watch.member(member(tags), us, 0);
    watch.member(member(them), founded, 0); // of voters that were listed, and are so still
    expect(told).toEqual([]);
    watch.datagram('10.0.0.9:7946', 0);
    watch.member(member(them), us, 1);
    for (const nowUs of [2, 59_999_999]) {
      watch.datagram('10.0.0.9:7946', nowUs);
      watch.member(member(them), us, nowUs);
    }
    expect(told).toEqual(['foreign-cluster 10.0.0.9:7946', `foreign-voters b ${nodes.get('b')!.self.address} x y`]);
    watch.member(member(them), us, 60_000_001);
    expect(told).toHaveLength(3);
  });
});
