import { Agent, sleep, tell } from './support/agents.ts';

/**
 * What a user does by hand with agents on one machine, measured: members that die, leave and come
 * back, voters that are lost and return. Loopback preset. `npm run bench:agents [-- REPETITIONS]`.
 */
const REPETITIONS = Number(process.argv[2] ?? 5);
const T_MS = 600;
const cluster = `bench-${process.pid}`;

async function members(n: number): Promise<void> {
  const first = new Agent(cluster, 'm1');
  const seed = await first.address();
  const agents = [first, ...Array.from({ length: n - 1 }, (_, i) => new Agent(cluster, `m${i + 2}`, '--join', seed))];
  const all = (name: string, state: string, among: readonly Agent[], since: ReadonlyMap<Agent, number>): Promise<number[]> =>
    Promise.all(
      among.map(async (agent) => (await agent.line((l) => l.event === 'member' && l['member'] === name && l['state'] === state, since.get(agent))).mono),
    );
  const marks = (among: readonly Agent[]): Map<Agent, number> => new Map(among.map((agent) => [agent, agent.lines.length]));
  for (const { name } of agents)
    await all(
      name,
      'alive',
      agents.filter((a) => a.name !== name),
      new Map(),
    );
  const [killed, back, left, failedAtLeave] = [[] as number[], [] as number[], [] as number[], { count: 0 }];
  for (let i = 0; i < REPETITIONS; i += 1) {
    await sleep(500);
    const at = 1 + (i % (n - 1));
    const victim = agents[at]!;
    const others = agents.filter((a) => a !== victim);
    let since = marks(others);
    const killedAt = victim.kill('SIGKILL');
    killed.push(Math.max(...(await all(victim.name, 'failed', others, since))) - killedAt);
    since = marks(others);
    const again = new Agent(cluster, victim.name, '--join', seed);
    const startedAt = (await again.line(({ event }) => event === 'started')).mono;
    back.push(Math.max(...(await all(victim.name, 'alive', others, since))) - startedAt);
    agents[at] = again;
    await Promise.all(others.map((other) => again.line((l) => l.event === 'member' && l['member'] === other.name && l['state'] === 'alive')));
    await sleep(500);
    since = marks(others);
    const leftAt = again.kill('SIGTERM');
    left.push(Math.max(...(await all(victim.name, 'left', others, since))) - leftAt);
    failedAtLeave.count += others.filter((a) => a.lines.slice(since.get(a)).some((l) => l['state'] === 'failed')).length;
    agents[at] = new Agent(cluster, victim.name, '--join', seed);
    await all(victim.name, 'alive', others, since);
  }
  console.log(`n = ${n}: kill -9, until every survivor says failed: ${tell(killed)}`);
  console.log(`n = ${n}: started again on another port, from its first word until all say alive: ${tell(back)}`);
  console.log(`n = ${n}: SIGTERM, until all say left: ${tell(left)}; said failed: ${failedAtLeave.count}`);
  for (const agent of agents) agent.kill('SIGKILL');
}

async function voters(): Promise<void> {
  const names = ['v1', 'v2', 'v3'];
  const flags = ['--voters', names.join(',')];
  const missing: number[] = [];
  const returned: number[] = [];
  const restarted: number[] = [];
  for (let i = 0; i < REPETITIONS; i += 1) {
    const group = `${cluster}-v${i}`;
    const start = async (): Promise<Agent[]> => {
      const first = new Agent(group, 'v1', ...flags);
      const seed = await first.address();
      return [first, new Agent(group, 'v2', ...flags, '--join', seed), new Agent(group, 'v3', ...flags, '--join', seed)];
    };
    const elected = async (agents: readonly Agent[], above: number): Promise<{ agent: Agent; mono: number; term: number }> =>
      Promise.any(
        agents.map(async (agent) => {
          const line = await agent.line((l) => l.event === 'elected' && Number(l['term']) > above);
          return { agent, mono: line.mono, term: Number(line['term']) };
        }),
      );
    let agents = await start();
    const { agent: leader, term } = await elected(agents, 0);
    await sleep(1_000);
    const last = leader; // the leader survives: it must stop, too
    const others = agents.filter((a) => a !== last);
    const killedAt = Math.max(...others.map((a) => a.kill('SIGKILL')));
    const quorum = await last.line((l) => l.event === 'quorum' && (l['missing'] as string[]).length === 2);
    missing.push(quorum.mono - killedAt);
    const lost = await last.line(({ event }) => event === 'lost');
    if (lost.mono > killedAt + T_MS) throw new Error('led beyond its lease');
    await sleep(1_000);
    const back = new Agent(group, others[0]!.name, ...flags, '--join', await last.address());
    const backAt = (await back.line(({ event }) => event === 'started')).mono;
    const next = await elected([last, back], term);
    returned.push(next.mono - backAt);
    for (const a of [last, back]) a.kill('SIGKILL');
    await sleep(200);
    agents = await start();
    const lastStarted = Math.max(...(await Promise.all(agents.map(async (a) => (await a.line(({ event }) => event === 'started')).mono))));
    restarted.push((await elected(agents, next.term)).mono - lastStarted);
    for (const a of agents) a.kill('SIGKILL');
  }
  console.log(`3 voters: two killed, until the last one names both: ${tell(missing)}`);
  console.log(`3 voters: one started again, from its first word to a leader with a higher term: ${tell(returned)} (bound 2 T + 1 s = ${2 * T_MS + 1_000} ms)`);
  console.log(`3 voters: all killed and started again, from the last one's first word to a leader with a higher term: ${tell(restarted)} (the same bound)`);
}

await members(8);
await voters();
process.exit(0);
