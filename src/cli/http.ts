import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Address, hostOf, parseAddress, portOf } from '../core/address.ts';
import { BellwetherError } from '../core/errors.ts';
import { type Controlled, leaderOf, membersOf, runControl } from './control.ts';

/** A command is one line; nobody needs more. */
const BODY_MAX = 4_096;
/** Connections at one time, so that no number of them takes the files the node needs. */
const CONNECTIONS_MAX = 64;
/** Names that the node follows because a view was asked for them: whoever reaches the port names one, and each is asked for every R. */
const VIEWED_MAX = 64;

type Reply = readonly [status: number, body: unknown];

/** Path → what is answered. All are views: to look changes nothing but, up to a limit, the names that are followed. */
const VIEWS: Readonly<Record<string, (on: Controlled, query: URLSearchParams, viewed: Set<string>) => Reply>> = {
  '/members': ({ node }) => [200, membersOf(node)],
  '/leader': (on, query, viewed) => {
    const mayFollow = (name: string): boolean => viewed.size < VIEWED_MAX || viewed.has(name) || on.elections.includes(name);
    const leader = leaderOf(on, query.get('election') ?? undefined, mayFollow);
    if (mayFollow(leader.election)) viewed.add(leader.election);
    return [200, leader];
  },
  '/explain': ({ node }, query) => [200, node.explain(query.get('about') ?? undefined)],
  '/metrics': ({ node }) => [200, node.metrics()],
  '/health': ({ node }) => {
    const health = node.health();
    return [health.ready ? 200 : 503, health];
  },
};

/**
 * A running agent's endpoint: its views as JSON for whoever can reach it, and its commands for
 * processes of this host alone.
 *
 * A page in a browser of this host is no such process: a command must come as `application/json`,
 * which no page may send elsewhere without a leave that we never give, and under a host that is an
 * address or `localhost`, so that no name can be made to lead here.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #on: Controlled;
  readonly #viewed = new Set<string>();

  constructor(on: Controlled) {
    this.#on = on;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.requestTimeout = 10_000;
    this.#server.unref(); // it serves a node and keeps no process alive for itself
  }

  /** @returns The address bound. @throws BellwetherError `ERR_BIND` */
  async open(address: Address): Promise<Address> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new BellwetherError('ERR_BIND', `cannot listen for HTTP at ${address}: ${error.message}`, { address, code: error.code ?? '' })),
      );
      this.#server.listen(portOf(address), hostOf(address), resolve);
    });
    const bound = this.#server.address() as AddressInfo;
    return parseAddress(bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`)!;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = await this.#reply(request).catch((error: unknown): Reply => {
      if (error instanceof BellwetherError) return [400, { code: error.code, message: error.message }];
      return [500, { code: 'ERR_INTERNAL', message: error instanceof Error ? error.message : String(error) }];
    });
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(`${JSON.stringify(body)}\n`);
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    const target = request.url ?? '/';
    if (!URL.canParse(target, 'http://agent')) return [400, { message: 'what was asked for is no path' }];
    const { pathname, searchParams } = new URL(target, 'http://agent');
    if (pathname === '/command') {
      if (request.method !== 'POST') return [405, { message: 'commands are sent with POST' }];
      const refused = refusal(request);
      if (refused !== null) return refused;
      const body = await readBody(request);
      if (body === null) return [413, { message: `a command is at most ${BODY_MAX} bytes` }];
      const line = commandIn(body);
      if (line === null) return [400, { message: 'the body must be {"command": "LINE"}' }];
      const answer = await runControl(this.#on, line);
      return [answer.ok ? 200 : 409, answer];
    }
    const view = Object.hasOwn(VIEWS, pathname) ? VIEWS[pathname] : undefined;
    if (view === undefined) return [404, { message: `there are ${Object.keys(VIEWS).join(', ')} and, by POST, /command` }];
    if (request.method !== 'GET') return [405, { message: 'views are read with GET' }];
    return view(this.#on, searchParams, this.#viewed);
  }
}

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;
const NUMERIC_HOST = /^(?:localhost|[0-9.]+|\[[0-9a-f:.]+\])(?::[0-9]+)?$/i;

/** Why this may not command us; null when it may. */
function refusal(request: IncomingMessage): Reply | null {
  if (!LOOPBACK.test(request.socket.remoteAddress ?? '')) return [403, { message: 'commands are taken from this host only' }];
  if (!NUMERIC_HOST.test(request.headers.host ?? '')) return [403, { message: 'commands are taken under an address or localhost only' }];
  const [type] = (request.headers['content-type'] ?? '').split(';'); // what parameters follow changes nothing: a page may not send the type itself
  if (type!.trim().toLowerCase() !== 'application/json') return [415, { message: 'commands are sent as application/json' }];
  return null;
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_MAX) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function commandIn(body: string): string | null {
  try {
    const { command } = JSON.parse(body) as { command?: unknown };
    return typeof command === 'string' ? command : null;
  } catch {
    return null;
  }
}
