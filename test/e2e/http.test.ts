import { type Server, createServer, request } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Started, addressOf, agent, endAll, run } from '../support/processes.ts';

afterEach(endAll);

const httpOf = async (started: Started): Promise<string> => String((await started.line('http'))['address']);
const only = (name: string, ...args: string[]): Started => agent(name, '--voters', name, '--http', '127.0.0.1:0', ...args);

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** With `node:http`, as `fetch` lets nobody choose the host header. */
function ask(http: string, path: string, { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request(`http://${http}${path}`, { method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text) as Record<string, unknown> }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
const JSON_BODY = { 'content-type': 'application/json' };

describe('an agent’s HTTP endpoint', () => {
  it('shows members, leader, explain, health and metrics, and takes the commands of standard input', async () => {
    const n1 = only('n1');
    const http = await httpOf(n1);
    await n1.line('elected');
    expect((await ask(http, '/members')).body).toMatchObject([{ name: 'n1', state: 'alive' }]);
    expect((await ask(http, '/leader?election=leader')).body).toMatchObject({ election: 'leader', known: true, name: 'n1' });
    expect((await ask(http, '/explain?about=leader')).body).toContainEqual(expect.stringContaining('n1 leads leader with term'));
    expect(await ask(http, '/health')).toMatchObject({ status: 200, body: { ready: true } });
    expect((await ask(http, '/metrics')).body).toMatchObject({ 'election.acquisitions': 1 });
    expect(await ask(http, '/nothing')).toMatchObject({ status: 404 });
    const answered = await ask(http, '/command', { body: '{"command":"tag zone=a"}', headers: JSON_BODY });
    expect(answered).toMatchObject({ status: 200, body: { command: 'tag', ok: true, result: { zone: 'a' } } });
    expect(await ask(http, '/command', { body: '{"command":"handover leader n9"}', headers: JSON_BODY })).toMatchObject({
      status: 409,
      body: { ok: false, code: 'ERR_HANDOVER' },
    });
    await ask(http, '/command', { body: '{"command":"leave"}', headers: JSON_BODY });
    expect(await n1.ended()).toMatchObject({ code: 0 });
  });

  it('makes the node follow some names that it is asked about, and not whatever anybody asks for', async () => {
    const n1 = only('n1');
    const http = await httpOf(n1);
    await n1.line('elected');
    const leaderOf = async (name: string): Promise<Reply['body']> => (await ask(http, `/leader?election=${name}`)).body;
    for (let i = 0; i < 64; i += 1) expect(await leaderOf(`name-${i}`)).not.toHaveProperty('followed');
    expect(await leaderOf('one-more')).toMatchObject({ known: false, followed: false });
    expect(await leaderOf('name-7')).not.toHaveProperty('followed');
    expect(await leaderOf('leader')).toMatchObject({ known: true });
    expect(await ask(http, `/leader?election=${'x'.repeat(65)}`)).toMatchObject({ status: 400 });
  });

  it('takes no command from a page in a browser, under a name that was made to lead here, or beyond all measure', async () => {
    const http = await httpOf(only('n1'));
    const body = '{"command":"leave"}';
    expect(await ask(http, '/command', { body, headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 415 });
    expect(await ask(http, '/command', { body, headers: { ...JSON_BODY, host: 'evil.example' } })).toMatchObject({ status: 403 });
    expect(await ask(http, '/command', { body, headers: { 'content-type': 'text/plain; application/json' } })).toMatchObject({ status: 415 });
    expect(await ask(http, '/command')).toMatchObject({ status: 405 });
    expect(await ask(http, '/command', { body: 'x'.repeat(5_000), headers: JSON_BODY })).toMatchObject({ status: 413 });
    expect(await ask(http, '/command', { body: '[', headers: JSON_BODY })).toMatchObject({ status: 400 });
    expect(await ask(http, '/health')).toMatchObject({ body: { live: true } });
  });

  it('takes a content type with parameters, and answers what is no path', async () => {
    const http = await httpOf(only('n1'));
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    expect(await ask(http, '/command', { body: '{"command":"tag zone=a"}', headers })).toMatchObject({ status: 200 });
    expect(await ask(http, '//')).toMatchObject({ status: 400 });
  });

  it('holds so many connections and no more', async () => {
    const http = await httpOf(only('n1'));
    const [host, port] = http.split(':');
    const sockets: Socket[] = [];
    for (let i = 0; i < 64; i += 1) await new Promise<void>((resolve) => sockets.push(connect(Number(port), host, resolve)));
    await expect(ask(http, '/health')).rejects.toThrow();
    for (const socket of sockets) socket.on('error', () => {}).destroy();
    await expect.poll(() => ask(http, '/health').catch(() => null)).toMatchObject({ body: { live: true } });
  });

  it('is read by `members` and `leader`, and where nobody answers they say what to do', async () => {
    const n1 = only('n1', '--tag', 'zone=a');
    const http = await httpOf(n1);
    await n1.line('elected');
    const members = await run('members', '--http', http);
    expect(members).toMatchObject({ code: 0 });
    expect(members.stdout).toMatch(/^NAME +STATE +ADDRESS +TAGS\nn1 +alive +127\.0\.0\.1:\d+ +zone=a\n$/);
    expect(JSON.parse((await run('members', '--http', http, '--json')).stdout)).toMatchObject({ name: 'n1', state: 'alive', tags: { zone: 'a' } });
    expect(await run('leader', '--http', http)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^n1 leads 'leader' in term \d+ at /) as string });
    const nobody = await run('leader', 'other', '--http', http, '--json');
    expect(nobody.code).toBe(1);
    expect(JSON.parse(nobody.stdout)).toMatchObject({ election: 'other', known: false, name: null });
    n1.kill('SIGKILL');
    await n1.ended();
    expect(await run('leader', '--http', http)).toMatchObject({ code: 2, stderr: expect.stringContaining('no agent answers') as string });
  });
});

/** A web server that says one thing, whatever it is asked, at the first of these ports that is free. */
async function saying(text: string, ports: readonly number[] = [0]): Promise<{ server: Server; http: string }> {
  const server = createServer((_, response) => response.end(text));
  for (const port of ports) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const onError = (): void => resolve(false);
      server.once('error', onError).listen(port, '127.0.0.1', () => (server.off('error', onError), resolve(true)));
    });
    if (isOpen) return { server, http: `127.0.0.1:${(server.address() as AddressInfo).port}` };
  }
  throw new Error(`none of the ports ${ports.join(', ')} is free`);
}

describe('`members`, `leader` and `voters`', () => {
  it('ask at every port, and show what a member wrote without doing it', async () => {
    const tags = { color: '\u001b[31mred\u009b0m', forged: 'a\nn9  alive', turned: '\u202ex' };
    const members = JSON.stringify([{ name: 'n1', state: 'alive', address: '127.0.0.1:7946', incarnation: 1, tags }]);
    const { server, http } = await saying(members, [6_000, 6_665, 6_666, 6_667, 6_668, 6_669]);
    const { code, stdout } = await run('members', '--http', http);
    server.close();
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^NAME +STATE +ADDRESS +TAGS$/),
      'n1    alive  127.0.0.1:7946  color=\\u001b[31mred\\u009b0m forged=a\\nn9  alive turned=\\u202ex',
      '',
    ]);
  });

  it('say in plain words what the agent says, and what is no agent', async () => {
    const http = await httpOf(only('n1', '--election', 'a', '--election', 'b'));
    const which = await run('leader', '--http', http);
    expect(which).toMatchObject({ code: 2, stderr: `bellwether: the agent at ${http} says: say which election: a, b\n` });
    const bad = await run('leader', 'bad name', '--http', http);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/^bellwether: the agent at .* says: .*\n$/);
    for (const text of ['<html>', '{}', '[{}]', 'null']) {
      const other = await saying(text);
      expect(await run('members', '--http', other.http)).toMatchObject({ code: 2, stderr: `bellwether: what answers at http://${other.http} is no agent\n` });
      other.server.close();
    }
    expect(await run('members', '--http', 'no port:x')).toMatchObject({ code: 2, stderr: expect.stringContaining('HOST:PORT') as string });
    for (const wait of ['abc', '99999999999'])
      expect(await run('voters', '--wait', wait, 'add', 'n4', '--http', http)).toMatchObject({ code: 2, stderr: expect.stringContaining('--wait') as string });
  });
});

describe('two nodes and a witness', () => {
  it('have a leader again after either node is killed', async () => {
    const voters = ['--voters', 'a,b,w'];
    const w = agent('w', ...voters, '--role', 'witness');
    const seed = await addressOf(w);
    const start = (name: string): Started => agent(name, ...voters, '--join', seed);
    let [first, second] = [start('a'), start('b')];
    for (let round = 0; round < 2; round += 1) {
      const leader = await Promise.any([first, second].map(async (one) => (await one.line('elected'), one)));
      const other = leader === first ? second : first;
      const name = leader.lines[0]!.node;
      const since = other.lines.length;
      leader.kill('SIGKILL');
      await other.line('elected', {}, since);
      if (round === 1) break;
      // The one that lost its node is whole again, and then the other node is lost.
      const back = start(name);
      await back.line('leader', { leader: other.lines[0]!.node });
      [first, second] = [other, back];
    }
    expect(w.lines.filter(({ event }) => event === 'elected')).toEqual([]);
  });
});
