import { checkElectionName, checkPriority } from '../candidacy.ts';
import { BellwetherError } from '../core/errors.ts';
import type { Member } from '../core/view.ts';
import type { Leadership } from '../lead.ts';
import type { ClusterNode } from '../node.ts';
import type { LeaderInfo } from '../observe.ts';
import { isReservedTag } from '../payloads.ts';
import { VOTERS_USAGE, VOTERS_WORDS_MAX, runVoters } from './voters-control.ts';

/** What control commands act on. */
export interface Controlled {
  readonly node: ClusterNode;
  /** The tenures in hand, by election. */
  readonly leading: ReadonlyMap<string, Leadership>;
  /** Stands for an election from now on. */
  campaign(election: string): void;
  /** Ends the process in good order. */
  leave(): void;
  readonly elections: readonly string[];
}

export interface Answer {
  readonly command: string;
  readonly ok: boolean;
  readonly [fact: string]: unknown;
}

type Run = (on: Controlled, words: readonly string[]) => unknown;

/** Command → what it takes, and what it does. */
const COMMANDS: Readonly<Record<string, { readonly usage: string; readonly least: number; readonly most: number; readonly run: Run }>> = {
  resign: {
    usage: 'resign [ELECTION]',
    least: 0,
    most: 1,
    run: (on, [election]) => {
      tenure(on, electionOr(on, election)).resign();
      return 'resigned';
    },
  },
  handover: {
    usage: 'handover ELECTION NODE',
    least: 2,
    most: 2,
    run: (on, [election, to]) => {
      tenure(on, election!).handover(to);
      return `handed over to ${to}`;
    },
  },
  campaign: {
    usage: 'campaign ELECTION',
    least: 1,
    most: 1,
    run: (on, [election]) => {
      on.campaign(election!);
      return 'standing';
    },
  },
  leave: {
    usage: 'leave',
    least: 0,
    most: 0,
    run: (on) => {
      on.leave();
      return 'leaving';
    },
  },
  members: {
    usage: 'members',
    least: 0,
    most: 0,
    run: ({ node }) => membersOf(node),
  },
  leader: { usage: 'leader [ELECTION]', least: 0, most: 1, run: (on, [election]) => leaderOf(on, election) },
  explain: { usage: 'explain [ELECTION|NODE]', least: 0, most: 1, run: ({ node }, [about]) => node.explain(about) },
  metrics: { usage: 'metrics', least: 0, most: 0, run: ({ node }) => node.metrics() },
  voters: { usage: VOTERS_USAGE, least: 0, most: VOTERS_WORDS_MAX, run: ({ node }, words) => runVoters(node, words) },
  tag: {
    usage: 'tag K=V',
    least: 1,
    most: 1,
    run: ({ node }, [pair]) => {
      const equals = pair!.indexOf('=');
      const key = pair!.slice(0, Math.max(0, equals));
      if (key === '' || isReservedTag(key)) throw usage('tag K=V, where K begins with neither ~ nor leader:');
      node.setTags({ ...node.self.tags, [key]: pair!.slice(equals + 1) });
      return node.self.tags;
    },
  },
  priority: {
    usage: 'priority N',
    least: 1,
    most: 1,
    run: (on, [n]) => {
      checkPriority(Number(n));
      for (const election of on.elections) on.node.setPriority(election, Number(n));
      return Number(n);
    },
  },
};

/** A member as commands and views show it. */
export type MemberLine = Pick<Member, 'name' | 'state' | 'address' | 'incarnation' | 'tags'>;

export function membersOf(node: ClusterNode): readonly MemberLine[] {
  return node.members.map(({ name, state, address, incarnation, tags }) => ({ name, state, address, incarnation, tags }));
}

/**
 * Who leads that election; without a name the only one this agent stands for, or `leader` where it stands for none.
 *
 * @param mayFollow Whether the node may ask for that name from now on. Where it may not, it tells what it knows, and of what it does not know that nobody was asked.
 */
export function leaderOf(
  on: Controlled,
  election: string | undefined,
  mayFollow: (name: string) => boolean = () => true,
): LeaderInfo & { readonly election: string; readonly followed?: false } {
  const name = election ?? (on.elections.length === 0 ? 'leader' : electionOr(on, undefined));
  checkElectionName(name);
  if (mayFollow(name)) return { election: name, ...on.node.leader(name) };
  const known = on.node.core.peek(name);
  return { election: name, ...known, ...(known.known ? {} : { followed: false }) };
}

/** Runs one line. Never rejects: a mistake is an answer too. */
export async function runControl(on: Controlled, line: string): Promise<Answer> {
  const [command = '', ...words] = line.trim().split(/\s+/);
  const known = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  try {
    if (known === undefined)
      throw new BellwetherError(
        'ERR_OPTIONS',
        `no such command; there are: ${Object.values(COMMANDS)
          .map((c) => c.usage)
          .join(', ')}`,
      );
    if (words.length < known.least || words.length > known.most) throw usage(known.usage);
    const ran = known.run(on, words);
    return { command, ok: true, result: ran instanceof Promise ? await ran : ran }; // what is done at once is answered in the order of its lines
  } catch (error) {
    return {
      command,
      ok: false,
      code: error instanceof BellwetherError ? error.code : 'ERR_INTERNAL',
      message: error instanceof Error ? error.message : String(error),
      ...(error instanceof BellwetherError && typeof error.details['waitsFor'] === 'string' ? { waitsFor: error.details['waitsFor'] } : {}),
    };
  }
}

function usage(text: string): BellwetherError {
  return new BellwetherError('ERR_OPTIONS', `usage: ${text}`);
}

function electionOr(on: Controlled, election: string | undefined): string {
  if (election !== undefined) return election;
  const [only, ...others] = on.elections;
  if (only === undefined || others.length > 0)
    throw new BellwetherError('ERR_OPTIONS', only === undefined ? 'this agent stands for no election' : `say which election: ${on.elections.join(', ')}`);
  return only;
}

function tenure(on: Controlled, election: string): Leadership {
  const leadership = on.leading.get(election);
  if (leadership === undefined || !leadership.held) throw new BellwetherError('ERR_NOT_LEADER', `this node does not lead '${election}'`, { election });
  return leadership;
}
