import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Started, addressOf, agent, endAll, run } from '../support/processes.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'voters-'));
});
afterEach(async () => {
  await endAll();
  rmSync(dir, { recursive: true });
});

const httpOf = async (started: Started): Promise<string> => String((await started.line('http'))['address']);
const durable = (name: string, ...args: string[]): Started => agent(name, '--state-dir', join(dir, name), '--http', '127.0.0.1:0', ...args);

/** The named ones, all joined through the first. */
async function started(names: readonly string[], ...args: string[]): Promise<Started[]> {
  const first = durable(names[0]!, ...args);
  const seed = await addressOf(first);
  return [first, ...names.slice(1).map((name) => durable(name, '--join', seed, ...args))];
}
const listed = (line: Record<string, unknown>): string =>
  (line['voters'] as { name: string; weight: number }[]).map(({ name, weight }) => name + weight).join(' ');

describe('who votes, changed while agents run', () => {
  it('replaces a voter, keeps the leader in office, and says what cannot be', async () => {
    const agents = await started(['n1', 'n2', 'n3', 'n4'], '--voters', 'n1,n2,n3');
    const http = await httpOf(agents[0]!);
    for (const one of agents) await one.until(() => one.lines.find(({ event, leader }) => event === 'leader' && leader !== null) ?? null, 'a leader');
    const elections = (): number => agents.flatMap(({ lines }) => lines).filter(({ event }) => event === 'elected').length;
    const before = elections();
    const replaced = await run('voters', 'replace', 'n3', 'n4', '--http', http);
    expect(replaced).toMatchObject({ code: 0, stdout: 'before: n1, n2, n3\nnow:    n1, n2, n4\n' });
    for (const one of agents) await one.until(() => one.lines.find((line) => line.event === 'voters' && listed(line) === 'n11 n21 n41') ?? null, 'the voters');
    expect(elections()).toBe(before);
    expect(await run('voters', 'add', 'nobody', '--http', http)).toMatchObject({ code: 1, stderr: 'not a living member: nobody\n' });
    expect((await run('voters', 'force', 'n1', '--http', http)).code).toBe(1);
    expect((await run('voters', '--json', '--http', http)).stdout).toContain('"needed":2,"total":3');
  });

  it('names the precondition that was missing in time', async () => {
    const agents = await started(['n1', 'n2', 'n3'], '--voters', 'n1,n2,n3');
    const http = await httpOf(agents[0]!);
    for (const one of agents) await one.until(() => one.lines.find(({ event, leader }) => event === 'leader' && leader !== null) ?? null, 'a leader');
    for (const one of agents.slice(1)) one.kill('SIGSTOP');
    const answer = await run('voters', 'exclude', 'n3', '--wait', '1', '--http', http);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/not changed in time; it waited for /);
  });

  it('replaces a voter that stays dead by a spare, by itself', async () => {
    const agents = await started(['n1', 'n2', 'n3', 'n4'], '--voters', 'n1,n2,n3', '--replace-voter-after', '0.5');
    for (const one of agents) await one.until(() => one.lines.find(({ event, leader }) => event === 'leader' && leader !== null) ?? null, 'a leader');
    agents[2]!.kill('SIGKILL');
    const [n1] = agents;
    await n1!.until(() => n1!.lines.find((line) => line.event === 'voters' && listed(line) === 'n11 n21 n41') ?? null, 'the spare');
  });

  it('a voter closed in good order goes on where it was, and its state is used once', async () => {
    const only = durable('n1', '--voters', 'n1');
    await only.line('elected');
    only.kill('SIGTERM');
    await only.ended();
    const handOn = (): string | undefined => readdirSync(join(dir, 'n1')).find((file) => file.includes('hand-on'));
    expect(handOn()).toBeDefined();
    const again = durable('n1', '--voters', 'n1');
    const { mono } = await again.line('started');
    const elected = await again.line('elected');
    expect(elected.mono - mono).toBeLessThan(600); // the wait would be T
    expect(handOn()).toBeUndefined();
    expect(existsSync(join(dir, 'n1'))).toBe(true);
  });

  it('three that expect three become the voters', async () => {
    const agents = await started(['n1', 'n2', 'n3'], '--bootstrap-expect', '3');
    for (const one of agents) await one.until(() => one.lines.find((line) => line.event === 'voters' && listed(line) === 'n11 n21 n31') ?? null, 'the voters');
    for (const one of agents) await one.until(() => one.lines.find(({ event, leader }) => event === 'leader' && leader !== null) ?? null, 'a leader');
  });

  it('refuses options that do not fit, all at once', async () => {
    const refused = await run('agent', '--voters', 'n1', '--weights', '1,2', '--bootstrap-expect', '3', '--weight', '11', '--name', 'n1');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--weight must be at most 10');
    const crossed = await run('agent', '--voters', 'n1', '--weights', '1,2', '--bootstrap-expect', '3', '--name', 'n1');
    for (const words of ['--weights must be as many as --voters', '--bootstrap-expect is for nodes without a list', '--bootstrap-expect needs --state-dir'])
      expect(crossed.stderr).toContain(words);
  });
});
