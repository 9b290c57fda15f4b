import { Command } from 'commander';
import type { VotersEvent } from '../events.ts';
import type { LeaderInfo } from '../observe.ts';
import type { VotersChanged, VotersView } from '../voters.ts';
import { Exit, UsageError, writeLine, writeNow } from './output.ts';
import type { Answer, MemberLine } from './control.ts';

/** Where an agent of this host is asked unless told otherwise. */
export const HTTP_DEFAULT = '127.0.0.1:7947';
const PATIENCE_MS = 5_000;

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
      const members = (await ask(http, '/members')) as readonly MemberLine[];
      if (json === true) for (const member of members) writeLine(member);
      else writeNow(table(members));
    });
}

export function leaderCommand(): Command {
  return asking('leader')
    .argument('[ELECTION]', "default: the agent's first")
    .addHelpText('after', '\nAsks a running agent (`agent --http HOST:PORT`) who leads. Exit 0 when somebody is known to, else 1.')
    .action(async (election: string | undefined, { http, json }: AskFlags) => {
      const query = election === undefined ? '' : `?${new URLSearchParams({ election }).toString()}`;
      const leader = (await ask(http, `/leader${query}`)) as LeaderInfo & { readonly election: string };
      if (json === true) writeLine(leader);
      else if (leader.known)
        writeNow(`${leader.name} leads '${leader.election}' in term ${leader.term}${leader.address === null ? '' : ` at ${leader.address}`}\n`);
      else {
        writeNow(`nobody is known to lead '${leader.election}': ${leader.reason}\n`);
        for (const sentence of (await ask(http, `/explain?${new URLSearchParams({ about: leader.election }).toString()}`)) as readonly string[])
          writeNow(`  ${sentence}\n`);
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
      const line = ['voters', ...words, '--wait', wait, ...(yes === true ? ['--yes'] : [])].join(' ');
      const answer = (await ask(http, '/command', { command: line }, Number(wait) * 1_000)) as Answer;
      if (json === true) writeLine(answer);
      else if (!answer.ok) writeNow(`${String(answer['message'])}\n`, 2);
      else if ('after' in (answer['result'] as object)) {
        const { before, after } = answer['result'] as VotersChanged;
        writeNow(`before: ${listOf(before)}\nnow:    ${listOf(after)}\n`);
      } else {
        const view = answer['result'] as VotersView;
        writeNow(`${listOf(view)}; ${view.needed} of ${view.total} votes are needed${view.waitsFor === null ? '' : `; a change waits for ${view.waitsFor}`}\n`);
      }
      if (!answer.ok) process.exitCode = Exit.failed;
    });
}

const listOf = ({ voters }: VotersEvent): string =>
  voters.map(({ name, weight, excluded }) => `${name}${excluded ? ' (excluded)' : weight === 1 ? '' : `=${weight}`}`).join(', ') || 'none yet';

/** @throws UsageError where nobody answers: that is what the user must mend. */
async function ask(http: string, path: string, command?: object, patienceMs = 0): Promise<unknown> {
  let response;
  try {
    response = await fetch(`http://${http}${path}`, {
      ...(command === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(command) }),
      signal: AbortSignal.timeout(PATIENCE_MS + patienceMs),
    });
  } catch {
    throw new UsageError([`no agent answers at http://${http}; start one with --http ${http}, or name its address with --http`]);
  }
  const body = (await response.json()) as { readonly message?: string };
  if (!response.ok && response.status !== 409) throw new Error(`the agent at ${http} says: ${body.message ?? response.status}`);
  return body;
}

function table(members: readonly MemberLine[]): string {
  const rows = [
    ['NAME', 'STATE', 'ADDRESS', 'TAGS'],
    ...members.map((m) => [
      m.name,
      m.state,
      m.address,
      Object.entries(m.tags)
        .map(([k, v]) => `${k}=${v}`)
        .join(' '),
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
