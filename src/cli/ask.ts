import { type IncomingMessage, request } from 'node:http';
import { Command } from 'commander';
import { BellwetherError, type ErrorCode } from '../core/errors.ts';
import type { VotersEvent } from '../events.ts';
import type { LeaderInfo } from '../observe.ts';
import type { VotersChanged, VotersView } from '../voters.ts';
import { Exit, UsageError, writeLine, writeNow } from './output.ts';
import type { Answer, MemberLine } from './control.ts';

/** Where an agent of this host is asked unless told otherwise. */
export const HTTP_DEFAULT = '127.0.0.1:7947';
const PATIENCE_MS = 5_000;
const WAIT_MAX_S = 86_400;

interface AskFlags {
  readonly http: string;
  readonly json?: boolean;
}

function asking(name: string): Command {
  return new Command(name).option('--http <HOST:PORT>', "the running agent's --http", HTTP_DEFAULT).option('--json', 'one JSON object per line');
}

export function membersCommand(): Command {
  return asking('members')
    .addHelpText('after', '\nAsks a running agent (`agent --http HOST:PORT`) who is there.')
    .action(async ({ http, json }: AskFlags) => {
      const members = (await ask(http, '/members', areMembers)) as readonly MemberLine[];
      if (json === true) for (const member of members) writeLine(member);
      else for (const row of table(members)) say(row);
    });
}

export function leaderCommand(): Command {
  return asking('leader')
    .argument('[ELECTION]', 'default: the one that the agent stands for; where there are several, say which')
    .addHelpText('after', '\nAsks a running agent (`agent --http HOST:PORT`) who leads. Exit 0 when somebody is known to, else 1.')
    .action(async (election: string | undefined, { http, json }: AskFlags) => {
      const query = election === undefined ? '' : `?${new URLSearchParams({ election }).toString()}`;
      const leader = (await ask(http, `/leader${query}`, isLeader)) as LeaderInfo & { readonly election: string };
      if (json === true) writeLine(leader);
      else if (leader.known) say(`${leader.name} leads '${leader.election}' in term ${leader.term}${leader.address === null ? '' : ` at ${leader.address}`}`);
      else {
        say(`nobody is known to lead '${leader.election}': ${leader.reason}`);
        const about = new URLSearchParams({ about: leader.election }).toString();
        for (const sentence of (await ask(http, `/explain?${about}`, Array.isArray)) as readonly string[]) say(`  ${sentence}`);
      }
      if (!leader.known) process.exitCode = Exit.failed;
    });
}

export function votersCommand(): Command {
  return asking('voters')
    .argument('[WORDS...]', 'list (default), add NAME…, remove NAME…, replace OLD NEW, exclude NAME…, include NAME…, weigh NAME N, force NAME…')
    .option('--wait <SECONDS>', 'how long a change may take before the answer is what it waits for', '30')
    .option('--yes', 'with force: a majority of the voters is gone for good')
    .addHelpText(
      'after',
      `
Asks a running agent (\`agent --http HOST:PORT --state-dir DIR\`) of this host. A change goes one vote at a time and
leaves leases in force. Exit 0 when a majority goes by the new voters; 1 with the precondition (P1 to P9) that was missing.

  bellwether voters
  bellwether voters replace n3 n4
  bellwether voters exclude n2        # for maintenance; \`include\` takes it back in
  bellwether voters force n1 n4 --yes # a majority is gone for good: say the same at each that goes on`,
    )
    .action(async (words: readonly string[], { http, json, wait, yes }: AskFlags & { readonly wait: string; readonly yes?: boolean }) => {
      const waitS = Number(wait);
      if (!(waitS > 0 && waitS <= WAIT_MAX_S)) throw new UsageError([`--wait must be seconds, more than 0 and at most a day; it is "${wait}"`]);
      const line = ['voters', ...words, '--wait', waitS, ...(yes === true ? ['--yes'] : [])].join(' ');
      const answer = (await ask(http, '/command', isAnswer, { command: line }, waitS * 1_000)) as Answer;
      if (json === true) writeLine(answer);
      else if (!answer.ok) say(String(answer['message']), 2);
      else if ('after' in (answer['result'] as object)) {
        const { before, after } = answer['result'] as VotersChanged;
        say(`before: ${listOf(before)}`);
        say(`now:    ${listOf(after)}`);
      } else {
        const view = answer['result'] as VotersView;
        say(`${listOf(view)}; ${view.needed} of ${view.total} votes are needed${view.waitsFor === null ? '' : `; a change waits for ${view.waitsFor}`}`);
      }
      if (!answer.ok) process.exitCode = Exit.failed;
    });
}

const listOf = ({ voters }: VotersEvent): string =>
  voters.map(({ name, weight, excluded }) => `${name}${excluded ? ' (excluded)' : weight === 1 ? '' : `=${weight}`}`).join(', ') || 'none yet';

/** What others wrote must neither command the terminal nor begin a line of its own: control characters, and what turns the direction of writing. */
const UNSHOWN = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const shown = (text: string): string => text.replace(UNSHOWN, (c) => (c === '\n' ? '\\n' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));

function say(line: string, fd = 1): void {
  writeNow(`${shown(line)}\n`, fd);
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (body: unknown): body is Fields => typeof body === 'object' && body !== null;
const areMembers = (body: unknown): boolean =>
  Array.isArray(body) &&
  body.every((one) => isObject(one) && isObject(one['tags']) && ['name', 'state', 'address'].every((field) => typeof one[field] === 'string'));
const isLeader = (body: unknown): boolean => isObject(body) && typeof body['known'] === 'boolean' && typeof body['election'] === 'string';
const isAnswer = (body: unknown): boolean => isObject(body) && (body['ok'] === false || (body['ok'] === true && isObject(body['result'])));

/** @throws UsageError where no agent answers, or one that says what the user must mend; BellwetherError of whatever else it says. */
async function ask(http: string, path: string, isIt: (body: unknown) => boolean, command?: object, patienceMs = 0): Promise<unknown> {
  if (!URL.canParse(`http://${http}`)) throw new UsageError([`--http must be HOST:PORT; it is "${http}"`]);
  const { status, text } = await answerTo(http, path, command, PATIENCE_MS + patienceMs);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = null;
  }
  if ((status === 200 || status === 409) && isIt(body)) return body;
  if (status === 200 || !isObject(body) || typeof body['message'] !== 'string') throw new UsageError([`what answers at http://${http} is no agent`]);
  const said = `the agent at ${http} says: ${shown(body['message'])}`;
  const { code } = body;
  if (typeof code !== 'string' || code === 'ERR_OPTIONS') throw new UsageError([said]);
  throw new BellwetherError(shown(code) as ErrorCode, said);
}

/** Not by `fetch`: it gives up after five minutes whatever it is told, and knows ports it does not ask. */
async function answerTo(http: string, path: string, command: object | undefined, patienceMs: number): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(patienceMs);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = command === undefined ? {} : { 'content-type': 'application/json' };
      request(`http://${http}${path}`, { method: command === undefined ? 'GET' : 'POST', headers, agent: false, signal }, resolve)
        .on('error', reject)
        .end(command === undefined ? undefined : JSON.stringify(command));
    });
    const parts: Buffer[] = [];
    for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
    return { status: response.statusCode!, text: Buffer.concat(parts).toString('utf8') };
  } catch (error) {
    if (signal.aborted) throw new UsageError([`what listens at http://${http} did not answer within ${patienceMs / 1_000} s`]);
    if ((error as NodeJS.ErrnoException).code?.startsWith('HPE_') === true) throw new UsageError([`what answers at http://${http} is no agent`]);
    throw new UsageError([`no agent answers at http://${http}; start one with --http ${http}, or name its address with --http`]);
  }
}

function table(members: readonly MemberLine[]): readonly string[] {
  const rows = [
    ['NAME', 'STATE', 'ADDRESS', 'TAGS'],
    ...members.map(({ name, state, address, tags }) => {
      const pairs = Object.entries(tags).map(([k, v]) => `${k}=${v}`);
      return [name, state, address, pairs.join(' ')].map(shown);
    }),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell))
      .join('  ')
      .trimEnd(),
  );
}
