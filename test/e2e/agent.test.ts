import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { startAgent } from '../../src/cli/agent.ts';
import { planAgent } from '../../src/cli/agent-options.ts';
import { MAIN, type Started, addressOf, agent, endAll, run } from '../support/processes.ts';

afterEach(endAll);

const VOTERS = ['--voters', 'n1,n2,n3'];

/** Three voters; the second and third join through the first. */
async function three(...args: string[]): Promise<Started[]> {
  const n1 = agent('n1', ...VOTERS, ...args);
  const seed = await addressOf(n1);
  return [n1, agent('n2', ...VOTERS, '--join', seed, ...args), agent('n3', ...VOTERS, '--join', seed, ...args)];
}

/** Which of them was elected since its line `since`, and in which term. */
async function elected(agents: readonly Started[], since: readonly number[] = []): Promise<{ leader: Started; term: number }> {
  return Promise.any(agents.map(async (leader, i) => ({ leader, term: Number((await leader.line('elected', {}, since[i] ?? 0))['term']) })));
}

/** The leader learns with its next renewal who stands behind it. */
async function askUntilOk(asked: Started, command: string): Promise<void> {
  for (let since = asked.lines.length; ; since = asked.lines.length) {
    asked.say(command);
    if ((await asked.line('answer', {}, since))['ok'] === true) return;
  }
}

describe('three agents', () => {
  it('elect one; the last survivor names the missing and leads nothing; one that returns makes a leader with a higher term', async () => {
    const agents = await three();
    const { leader, term } = await elected(agents);
    const last = agents.find((a) => a !== leader)!;
    const others = agents.filter((a) => a !== last);
    for (const other of others) other.kill('SIGKILL');
    const missing = others.map((a) => a.lines[0]!.node).sort();
    const quorum = await last.until(() => last.lines.find((line) => line.event === 'quorum' && (line['missing'] as string[]).length === 2) ?? null, 'quorum');
    expect([...(quorum['missing'] as string[])].sort()).toEqual(missing);
    expect(quorum).toMatchObject({ held: false, reachable: 1, needed: 2 });
    await last.line('leader', { leader: null, reason: 'no-quorum' });
    expect(last.lines.filter((line) => line.event === 'elected')).toEqual([]);
    const since = last.lines.length;
    const seed = await addressOf(last);
    const back = agent(missing[0]!, ...VOTERS, '--join', seed);
    const next = await elected([last, back], [since]);
    expect(next.term).toBeGreaterThan(term);
  });

  it('elect one again when all were killed and started anew, with a higher term', async () => {
    const agents = await three();
    const { term } = await elected(agents);
    for (const a of agents) a.kill('SIGKILL');
    await Promise.all(agents.map((a) => a.ended()));
    const again = await three();
    expect((await elected(again)).term).toBeGreaterThan(term);
  });

  it('pass the name on at once when the leader resigns, hands over, or ends by SIGTERM', async () => {
    const agents = await three('--control');
    const first = await elected(agents);
    await Promise.all(agents.map((a) => a.line('leader', { leader: first.leader.lines[0]!.node })));
    const heir = agents.find((a) => a !== first.leader)!;
    const since = heir.lines.length;
    await askUntilOk(first.leader, `handover leader ${heir.lines[0]!.node}`);
    const second = await heir.line('elected', {}, since);
    expect(second['term']).toBeGreaterThan(first.term);
    await first.leader.line('lost', { reason: 'handover' });
    const others = agents.filter((a) => a !== heir);
    heir.kill('SIGTERM');
    const third = await elected(
      others,
      others.map((a) => (a === first.leader ? a.lines.findIndex((l) => l.event === 'lost') : 0)),
    );
    expect(third.term).toBeGreaterThan(Number(second['term']));
    expect(await heir.ended()).toEqual({ code: 0, signal: null });
    expect(heir.lines.at(-1)).toMatchObject({ event: 'stopped', reason: 'SIGTERM' });
    await Promise.all(others.map((a) => a.line('member', { member: heir.lines[0]!.node, state: 'left' })));
    expect(others.flatMap((a) => a.lines).filter((l) => l['state'] === 'failed')).toEqual([]);
  });

  it('refuse one with another lease by name, and nobody leads beside the leader', async () => {
    const agents = await three();
    const { leader } = await elected(agents);
    const other = agents.find((a) => a !== leader)!;
    const name = other.lines[0]!.node;
    other.kill('SIGKILL');
    const [one] = agents.filter((a) => a !== other);
    const strange = agent(name, ...VOTERS, '--join', await addressOf(one!), '--lease-ms', '5000');
    const warning = await one!.line('warning', { code: 'config-mismatch' });
    expect((warning['details'] as { differs: string }).differs).toBe('its lease is 5000 ms, ours 600 ms');
    await strange.line('warning', { code: 'config-mismatch' });
    expect(strange.lines.filter((line) => line.event === 'elected')).toEqual([]);
  });
});

describe('one agent', () => {
  it('answers every control command with one line, mistakes too', async () => {
    const only = agent('n1', '--voters', 'n1', '--control', '--tag', 'zone=a');
    const { term } = await elected([only]);
    const answers: [string, object][] = [
      [`campaign ${'x'.repeat(65)}`, { ok: false, code: 'ERR_OPTIONS' }],
      ['leader', { ok: true, result: { known: true, name: 'n1', term } }],
      ['members', { ok: true, result: [{ name: 'n1', state: 'alive', tags: { zone: 'a' } }] }],
      ['tag rack=7', { ok: true, result: { zone: 'a', rack: '7' } }],
      ['tag ~spare=1', { ok: false, code: 'ERR_OPTIONS' }],
      ['priority 5', { ok: true, result: 5 }],
      ['priority high', { ok: false, code: 'ERR_OPTIONS' }],
      ['handover leader n2', { ok: false, code: 'ERR_HANDOVER' }],
      ['campaign leader', { ok: false, code: 'ERR_BUSY' }],
      ['campaign other', { ok: true }],
      ['resign nothing', { ok: false, code: 'ERR_NOT_LEADER' }],
      ['dance', { ok: false, code: 'ERR_OPTIONS' }],
      ['constructor', { ok: false, code: 'ERR_OPTIONS' }],
      ['explain n1', { ok: true }],
      ['resign leader', { ok: true }],
      ['leave', { ok: true }],
    ];
    for (const [command] of answers) only.say(command);
    expect(await only.ended()).toEqual({ code: 0, signal: null });
    const given = only.lines.filter((line) => line.event === 'answer');
    expect(given.map((line) => line['command'])).toEqual(answers.map(([command]) => command.split(' ')[0]));
    for (const [i, [, expected]] of answers.entries()) expect(given[i]).toMatchObject(expected);
    expect(only.lines.at(-1)).toMatchObject({ event: 'stopped', reason: 'leave' });
  });

  it('that may not lead follows who does, is refused what it cannot stand for, and warns of nothing', async () => {
    const voters = ['--voters', 'n1,w'];
    const seed = await addressOf(agent('n1', ...voters));
    const others = [agent('w', ...voters, '--role', 'witness', '--control', '--join', seed), agent('o', '--role', 'observer', ...voters, '--join', seed)];
    await Promise.all(others.map((one) => one.line('leader', { leader: 'n1' })));
    others[0]!.say('campaign x');
    expect(await others[0]!.line('answer')).toMatchObject({ command: 'campaign', ok: false, code: 'ERR_NOT_CANDIDATE' });
    others[0]!.say('leader');
    expect(await others[0]!.line('answer', { command: 'leader' })).toMatchObject({ ok: true, result: { election: 'leader', name: 'n1' } });
    expect(others.flatMap(({ lines }) => lines).filter(({ event }) => event === 'warning')).toEqual([]);
  });

  it('stands no longer for what `lead` refused', async () => {
    const flags = { name: 'n1', bind: '127.0.0.1:0', voters: 'n1', preset: 'loopback', election: ['leader'], logLevel: 'silent' };
    const told: string[] = [];
    const { node, campaign, elections } = await startAgent(await planAgent(flags), ({ event }) => told.push(event));
    const busy = node.lead('x', () => {}).catch(() => {});
    campaign('x');
    for (let i = 0; i < 100 && !told.includes('warning'); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(elections).toEqual(['leader']);
    await node.close();
    await busy;
  });

  it('whose lines nobody reads any more leaves in order, and does not say that all is well', async () => {
    const n1 = agent('n1', '--voters', 'n1', '--control');
    const n2 = agent('n2', '--voters', 'n1', '--join', await addressOf(n1));
    await n2.line('leader', { leader: 'n1' });
    n1.child.stdout!.destroy();
    n1.say('leader');
    await n2.line('member', { member: 'n1', state: 'left' });
    expect(await n1.ended()).toEqual({ code: 1, signal: null });
  });

  it('whose terminal goes leaves as when it is asked to, also where it goes twice', async () => {
    const n1 = agent('n1', '--voters', 'n1');
    await n1.line('elected');
    n1.kill('SIGHUP');
    await n1.line('lost', { reason: 'shutdown' });
    n1.kill('SIGHUP');
    expect(await n1.ended()).toEqual({ code: 0, signal: null });
    expect(n1.lines.at(-1)).toMatchObject({ event: 'stopped', reason: 'SIGHUP' });
  });

  it('that gives its name up leads nothing any more, and ends as one that is refused', async () => {
    const two = [agent('n1', '--voters', 'n1'), agent('n1', '--voters', 'n1')];
    await Promise.all(two.map((one) => one.line('elected')));
    agent('n2', '--voters', 'n1', ...(await Promise.all(two.map(addressOf))).flatMap((address) => ['--join', address]));
    const gone = await Promise.race(two.map(async (one) => (await one.ended(), one)));
    expect(gone.exit).toEqual({ code: 2, signal: null });
    expect(gone.stderr).toMatch(/^bellwether: another living process at [0-9.:]+ has the name 'n1'\n$/);
    expect(gone.lines.at(-1)).toMatchObject({ event: 'stopped', reason: 'name-conflict' });
  });

  it("is refused under a living name with the rival's address, exit 2; the first one notices nothing", async () => {
    const first = agent('n1', '--voters', 'n1');
    const address = await addressOf(first);
    await first.line('leader', { leader: 'n1' });
    const before = first.lines.length;
    const second = agent('n1', '--voters', 'n1', '--join', address);
    expect(await second.ended()).toEqual({ code: 2, signal: null });
    expect(second.stderr).toContain(`another living process at ${address} has the name 'n1'`);
    expect(first.lines.slice(before)).toEqual([]);
  });

  it('says lost before anything else after it was stopped past its lease', async () => {
    const agents = await three();
    const { leader } = await elected(agents);
    await Promise.all(agents.map((a) => a.line('leader', { leader: leader.lines[0]!.node })));
    const others = agents.filter((a) => a !== leader);
    const since = others.map((a) => a.lines.length);
    leader.kill('SIGSTOP');
    const next = await elected(others, since);
    const before = leader.lines.length;
    leader.kill('SIGCONT');
    const lost = await leader.line('lost');
    expect(leader.lines[before]).toBe(lost);
    expect(lost['reason']).toBe('suspended');
    expect(lost.mono + Number(lost['remainingMs'])).toBeLessThan(next.leader.lines.find((l) => l.event === 'elected')!.mono);
  });
});

describe('mistakes', () => {
  it('of options are told all in one message, exit 2', async () => {
    const { code, stderr, stdout } = await run(
      'agent',
      '--bind',
      'nonsense',
      '--voters',
      'a,b,a',
      '--lease-ms',
      'long',
      '--tag',
      'x',
      '--election',
      'two words',
    );
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.split('\n').filter((line) => line.startsWith('  - '))).toHaveLength(5);
    for (const flag of ['--bind', '--voters', '--lease-ms', '--tag', '--election']) expect(stderr).toContain(flag);
  });

  it.each([
    ['--nodes', '-3'],
    ['--script', 'explode leader @3s'],
    ['--script', 'kill n9 @1s'],
    ['--script', 'kill n1 @3000000s'],
    ['--seconds', '0'],
    ['--seconds', '3000000'],
    ['--preset', 'moon'],
    ['--colour', 'red'],
  ])('of the demo: %s %s', async (...flag) => {
    const { code, stderr } = await run('demo', ...flag);
    expect(code).toBe(2);
    expect(stderr).toContain(flag[0]);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('an unknown command is told, help is exit 0', async () => {
    expect((await run('fly')).code).toBe(2);
    for (const args of [['--help'], ['agent', '--help'], ['demo', '--help'], ['--version']]) expect((await run(...args)).code).toBe(0);
    const help = await run('help', 'leader');
    expect(help).toEqual(await run('leader', '--help'));
    expect(help.stdout).toContain('--http');
    const unread = spawnSync('sh', ['-c', '"$0" "$1" sim run --help | true', process.execPath, MAIN], { encoding: 'utf8' });
    expect(unread.stderr).toBe('');
  });

  it('a port that is taken is a clear error, exit 1', async () => {
    const first = agent('n1');
    const { code, stderr } = await run('agent', '--name', 'n2', '--bind', await addressOf(first));
    expect(code).toBe(1);
    expect(stderr).toContain('EADDRINUSE');
  });
});
