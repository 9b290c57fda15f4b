import { Command } from 'commander';
import type { LeaderInfo } from '../observe.ts';
import { Exit, UsageError, writeLine, writeNow } from './output.ts';
import type { MemberLine } from './control.ts';

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

/** @throws UsageError where nobody answers: that is what the user must mend. */
async function ask(http: string, path: string): Promise<unknown> {
  let response;
  try {
    response = await fetch(`http://${http}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new UsageError([`no agent answers at http://${http}; start one with --http ${http}, or name its address with --http`]);
  }
  const body = (await response.json()) as { readonly message?: string };
  if (!response.ok) throw new Error(`the agent at ${http} says: ${body.message ?? response.status}`);
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
