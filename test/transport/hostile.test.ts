import { expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { containersOf } from '../support/containers.ts';
import { NodeWorld } from '../support/node-world.ts';

/**
 * Conformance scenario 25: what a stranger can send costs a bounded time, changes nothing, is
 * counted, and stays in no memory: nothing that the node keeps, in whatever part, has grown. Real datagrams of a running cluster, cut, flipped, spliced and
 * made up; `bench:hostile` does the same to processes and measures their memory.
 */
const COUNT = 1_000_000;

it('conformance 25, hostile input: a node that is sent broken datagrams goes on as if nothing had been', async () => {
  const world = new NodeWorld();
  const voters = ['a', 'b', 'c'];
  const nodes = voters.map((name) => world.start(name, { voters }).node);
  await world.run(2_000);
  void nodes[0]!.lead('job', async ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
  const heard: Uint8Array[] = [];
  world.link = () => true;
  const victim = world.processes.get('b')!;
  const { onDatagram } = victim.handlers!;
  victim.handlers = {
    ...victim.handlers!,
    onDatagram: (bytes, from) => {
      heard.push(bytes.slice());
      onDatagram(bytes, from);
    },
  };
  await world.run(5_000);
  expect(world.leader('job')).toBe('a');
  expect(heard.length).toBeGreaterThan(50);
  const members = nodes[1]!.members.map(({ name, state }) => `${name} ${state}`);
  const before = nodes[1]!.metrics();
  const log = world.log('b').length;

  const kept: Readonly<Record<string, number>> = { ...containersOf(victim.node), 'RoundTrips.#samples': 32 }; // of members, while all this goes on
  expect(Object.keys(kept).length).toBeGreaterThan(60);
  const grown = (): unknown[] => Object.entries(containersOf(victim.node)).filter(([at, size]) => size > (kept[at] ?? 0));
  const random = createRandom(1);
  const pick = (): Uint8Array => heard[random.below(heard.length)]!;
  for (let i = 0; i < COUNT; i += 1) {
    let bytes = pick().slice();
    switch (i % 4) {
      case 0: // cut
        bytes = bytes.subarray(0, random.below(bytes.length));
        break;
      case 1: // the head of one and the tail of another
        bytes = Buffer.concat([bytes.subarray(0, random.below(bytes.length)), pick().subarray(random.below(20))]);
        break;
      case 2: // made up, behind a good envelope
        for (let at = 6; at < bytes.length; at += 1) bytes[at] = random.below(256);
        break;
      default: // the envelope flipped: a flip further in may make a good message of another one
        bytes[random.below(6)]! ^= 1 << random.below(8);
    }
    // From an address that nobody has: what is well-formed by chance is a stranger's.
    onDatagram(bytes, `10.9.${random.below(256)}.${1 + random.below(250)}:1`);
  }
  expect(grown()).toEqual([]);
  const after = nodes[1]!.metrics();
  const sum = (metrics: typeof after): number => metrics['wire.dropped'] ?? 0;
  expect(Object.keys(after).length).toBeLessThan(Object.keys(before).length + 40); // reasons are counted by words of ours
  expect(after['wire.received']! - before['wire.received']!).toBe(COUNT);
  expect(sum(after) - sum(before)).toBeGreaterThan(0.7 * COUNT);
  await world.run(10_000);
  expect(grown()).toEqual([]);
  expect(nodes[1]!.members.map(({ name, state }) => `${name} ${state}`)).toEqual(members);
  expect(world.leader('job')).toBe('a');
  expect(
    world
      .log('b')
      .slice(log)
      .filter((line) => !line.startsWith('warning')),
  ).toEqual([]);
});
