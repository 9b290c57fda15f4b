import { describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/node.ts';
import type { NodeOptions } from '../../src/options.ts';
import { NodeWorld } from '../support/node-world.ts';

const voters = ['a', 'b', 'c'];
const forever = ({ signal }: { signal: AbortSignal }): Promise<unknown> => new Promise((resolve) => signal.addEventListener('abort', resolve));

/** The reason that is given, and all that is said. */
const why = (node: ClusterNode): { reason: string | null; says: string } => ({ reason: node.leader('job').reason, says: node.explain('job').join('\n') });

/** Three voters of which nobody stands. */
async function three(options: NodeOptions = {}): Promise<{ world: NodeWorld; nodes: ClusterNode[] }> {
  const world = new NodeWorld();
  const nodes = voters.map((name) => world.start(name, { voters, ...options }).node);
  await world.run(100);
  for (const node of nodes) node.leader('job');
  return { world, nodes };
}

describe('a limit of the transport', () => {
  it('is told of the node itself, and, where hosts could not refuse, of every member', async () => {
    const { world, nodes } = await three();
    await world.run(1_000);
    const says = (about?: string): string => nodes[0]!.explain(about).join('\n');
    for (const about of ['b', undefined]) expect(says(about)).not.toMatch(/probe sockets|probe-sockets/);
    for (let i = 0; i < 3; i += 1) world.processes.get('a')!.handlers!.onLimit!('probe-sockets', 16);
    expect(says()).toContain("The limit 'probe-sockets' was reached 3 times.");
    expect(says()).not.toContain('All probe sockets');
    for (const member of ['b', 'c']) expect(says(member)).toContain('All probe sockets were in use 3 times');
    expect(nodes[1]!.explain('c').join('\n')).not.toContain('All probe sockets');
    expect(says('job')).not.toContain('probe');
  });
});

describe('why nobody leads', () => {
  it('recovering: who waits, and for how long', async () => {
    const { nodes } = await three();
    const { says } = why(nodes[0]!);
    expect(says).toMatch(/Our own voter waits \d+ ms more, so that promises of a former life have run out\./);
  });

  it('recovering, by the word of voters that have started just now', async () => {
    const { world, nodes } = await three();
    await world.run(2_000);
    for (const name of ['b', 'c']) {
      world.kill(name);
      world.start(name, { voters });
    }
    await world.run(450);
    const { reason, says } = why(nodes[0]!);
    expect(reason).toBe('recovering');
    expect(says).toContain('wait out what their former lives may have promised, 600 ms each');
  });

  it('no-candidate: voters answer, and nobody stands', async () => {
    const { world, nodes } = await three();
    await world.run(3_000);
    const { reason, says } = why(nodes[0]!);
    expect(reason).toBe('no-candidate');
    expect(says).toContain('voters answer, and nobody stands for it');
    expect(says).toContain('3 of 3 votes answered lately, 2 are needed.');
    expect(says).toContain('This node does not stand for job.');
  });

  it('no-quorum: how many answer, how many are needed, and who is missing', async () => {
    const { world, nodes } = await three();
    void nodes[0]!.lead('job', forever);
    await world.run(3_000);
    for (const name of ['b', 'c']) world.kill(name);
    await world.run(3_000);
    const { reason, says } = why(nodes[0]!);
    expect(reason).toBe('no-quorum');
    expect(says).toContain('too few voters answer');
    expect(says).toContain('1 of 3 votes answered lately, 2 are needed; missing: b, c.');
  });

  it('lapsing: whose promises still run, and for how long', async () => {
    const { world, nodes } = await three();
    void nodes[0]!.lead('job', forever);
    await world.run(2_000);
    void nodes[1]!.lead('job', forever);
    await world.run(1_000);
    world.kill('a');
    await world.run(100);
    // The belief in the dead leader lasts as long as its promises: until then it is who leads, and the refusals say why we do not.
    const { says } = why(nodes[1]!);
    expect(says).toMatch(/b refuses: held, holder a, \d+ ms left\./);
    expect(says).toMatch(/This node bids with ballot \d+ and holds 0 of 2 votes\./);
  });

  it('lapsing: a former life of this node, which cannot be reclaimed from another address', async () => {
    const options = { leaseMs: 10_000 };
    const { world } = await three(options);
    await world.run(21_000);
    void world.start('x', { voters, ...options }).node.lead('job', forever);
    await world.run(3_000);
    expect(world.leader('job')).toBe('x');
    world.kill('x');
    const { node } = world.start('x', { voters, ...options, reclaim: true });
    void node.lead('job', forever);
    await world.run(5_000);
    expect(world.leader('job')).toBeNull();
    expect(why(node).says).toMatch(/a refuses: held, holder x \(a former life of this node\), \d+ ms left\./);
    expect(world.processes.get('a')!.node.metrics()).toMatchObject({ 'election.reclaims': 0 });
    expect(world.processes.get('a')!.node.metrics()['election.strayReclaims']).toBeGreaterThan(0);
  });

  it('unknown: where nobody was heard, and nothing is configured', async () => {
    const world = new NodeWorld();
    const { node } = world.start('a', {});
    await world.run(500);
    const { reason, says } = why(node);
    expect(reason).toBe('unknown');
    expect(says).toContain('nothing was heard of it yet');
    expect(says).toContain('This node knows no voters: set `voters` to take part in elections.');
  });
});
