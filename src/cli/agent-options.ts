import { type Command, Option } from 'commander';
import { type Address, parseAddress } from '../core/address.ts';
import { BellwetherError } from '../core/errors.ts';
import { isName } from '../core/fields.ts';
import { checkedSettings } from '../create-node.ts';
import type { LeadOptions } from '../lead.ts';
import type { NodeOptions, NodeSettings } from '../options.ts';
import { UsageError } from './output.ts';

/** What commander read: words, not yet looked at. */
export interface AgentFlags {
  readonly name?: string;
  readonly bind?: string;
  readonly advertise?: string;
  readonly join?: readonly string[];
  readonly cluster?: string;
  readonly stateDir?: string;
  readonly voters?: string;
  readonly weights?: string;
  readonly bootstrapExpect?: string;
  readonly weight?: string;
  readonly replaceVoterAfter?: string;
  readonly leaders?: string;
  /** False: none. Neither: the default. */
  readonly election?: readonly string[] | false;
  readonly role?: readonly string[];
  readonly priority?: string;
  readonly preempt?: string | boolean;
  readonly group?: string;
  readonly preset?: string;
  readonly leaseMs?: string;
  readonly previousLeaseMs?: string;
  readonly tag?: readonly string[];
  readonly json?: boolean;
  readonly control?: boolean;
  readonly http?: string;
  readonly reclaim?: boolean;
  readonly logLevel: string;
}

export interface AgentPlan {
  readonly options: NodeOptions;
  readonly settings: NodeSettings;
  readonly elections: readonly string[];
  /** Why this node may lead nothing, in the words of the flags; null where it may. */
  readonly hindrance: string | null;
  /** Where to serve HTTP; null: nowhere. */
  readonly http: Address | null;
  /** How it stands for all of them. */
  readonly lead: LeadOptions;
}

/** What a flag is called where the library names an option. */
const FLAG: Readonly<Record<string, string>> = {
  name: '--name',
  bind: '--bind',
  advertise: '--advertise',
  seeds: '--join',
  cluster: '--cluster',
  stateDir: '--state-dir',
  voters: '--voters',
  weights: '--weights',
  bootstrapExpect: '--bootstrap-expect',
  weight: '--weight',
  replaceVoterAfterMs: '--replace-voter-after',
  leaders: '--leaders',
  role: '--role',
  priority: '--priority',
  preset: '--preset',
  leaseMs: '--lease-ms',
  previousLeaseMs: '--previous-lease-ms',
  reclaim: '--reclaim',
  tags: '--tag',
};

/** How long a higher priority must stand before a leader that preempts makes room. */
const PREEMPT_DEFAULT_MS = 30_000;

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

const list = (value: string, earlier: readonly string[] | false | undefined): string[] => [...(Array.isArray(earlier) ? (earlier as string[]) : []), value];

/** @param control Whether it takes commands, and runs nothing that could outlive it: a command that `exec` started may. */
export function addAgentOptions(command: Command, { control = true } = {}): Command {
  if (control) {
    command.option('--reclaim', 'after a quick restart on the same host, name and port, free what the former life led at once');
    command.option('--control', 'take commands on standard input');
    command.option('--http <HOST:PORT>', 'serve members, leader, explain, health and metrics as JSON, and take commands of this host');
  }
  return command
    .option('--name <NAME>', "this node's name: unique, and the same after a restart (default: the host's name)")
    .option('--bind <HOST:PORT>', 'where to listen; port 0 lets the system choose (default: 0.0.0.0:7946)')
    .option('--advertise <HOST:PORT>', 'the address that others send to (default: the one bound)')
    .option('--join <HOST:PORT>', 'a member to join through; repeatable', list)
    .option('--state-dir <DIR>', 'where this node remembers what it promised, who votes, and members; needed to change the voters')
    .option('--cluster <NAME>', 'nodes of other clusters are refused (default: default)')
    .option('--voters <A,B,C>', 'names of the nodes that vote: the same list on every node')
    .option('--weights <N,N,N>', 'their votes, in that order; the same on every node (default: one each, made odd)')
    .option('--bootstrap-expect <N>', 'instead of --voters: so many nodes find each other and become the first voters; needs --state-dir')
    .option('--weight <N>', 'with --bootstrap-expect: the votes of this node (default: 1)')
    .option('--replace-voter-after <SECONDS>', 'replace a voter that has been dead for so long by a spare node; 0: never (default: 600)')
    .option('--leaders <WHO>', 'who may lead: any node, or voters alone, who then start without a wait when all are new (default: any)')
    .option('--election <NAME>', 'stand for this election; repeatable (default: leader)', list)
    .option('--no-election', 'stand for none')
    .option('--role <ROLE>', 'candidate (default), voter or witness (votes, never leads), observer (neither); repeatable', list)
    .option('--priority <N>', 'who stands first: -1000 to 1000 (default: 0)')
    .option('--preempt [MS]', 'make room for a higher priority that has stood for so long, after a minute in office (default: 30000; without this: never)')
    .option('--group <NAME>', 'elections of one group are led by one node; the same on every node')
    .option('--preset <NAME>', 'all timings at once: loopback, lan, edge or wan (default: lan)')
    .option('--lease-ms <T>', 'how long voters promise a name; the same on every voter')
    .option('--previous-lease-ms <N>', "the largest --lease-ms of this voter's former life, where it was larger")
    .option('--tag <K=V>', 'a fact that every member sees; repeatable', list)
    .option('--json', 'one JSON object per line')
    .addOption(new Option('--log-level <LEVEL>', 'log to standard error').choices(LOG_LEVELS).default('silent'));
}

/** Reads the flags as a whole. @throws UsageError that lists every bad one. */
export async function planAgent(flags: AgentFlags, extra: NodeOptions = {}): Promise<AgentPlan> {
  const problems: string[] = [];
  const tags: [key: string, value: string][] = [];
  for (const tag of flags.tag ?? []) {
    const equals = tag.indexOf('=');
    if (equals < 1) problems.push(`--tag must be K=V; it is "${tag}"`);
    else tags.push([tag.slice(0, equals), tag.slice(equals + 1)]);
  }
  const elections: readonly string[] =
    flags.election === false ? [] : Array.isArray(flags.election) ? [...new Set(flags.election as readonly string[])] : ['leader'];
  for (const election of elections)
    if (!isName(election)) problems.push(`--election must be 1 to 64 printable ASCII characters without spaces; it is "${String(election)}"`);
  const http = flags.http === undefined ? null : parseAddress(flags.http);
  if (flags.http !== undefined && http === null)
    problems.push(`--http must be HOST:PORT with a numeric address, such as 127.0.0.1:7947; it is "${flags.http}"`);
  const preemptAfterMs = flags.preempt === true ? PREEMPT_DEFAULT_MS : Number(flags.preempt);
  if (flags.preempt !== undefined && !(preemptAfterMs >= 0 && preemptAfterMs <= 2_147_483_647))
    problems.push(`--preempt must be a time in milliseconds; it is "${flags.preempt}"`);
  const preempt = flags.preempt === undefined ? {} : { preemptAfterMs };
  if (flags.group !== undefined && !isName(flags.group))
    problems.push(`--group must be 1 to 64 printable ASCII characters without spaces; it is "${String(flags.group)}"`);
  const group = flags.group === undefined ? {} : { group: flags.group };
  const given = {
    name: flags.name,
    bind: flags.bind,
    advertise: flags.advertise,
    seeds: flags.join,
    cluster: flags.cluster,
    stateDir: flags.stateDir,
    voters: flags.voters?.split(',').map((voter) => voter.trim()),
    weights: flags.weights?.split(',').map((votes) => numberOf(votes.trim()) as number),
    bootstrapExpect: numberOf(flags.bootstrapExpect),
    weight: numberOf(flags.weight),
    replaceVoterAfterMs: secondsOf(flags.replaceVoterAfter),
    leaders: flags.leaders as NodeOptions['leaders'],
    role: roleOf(flags.role, problems),
    priority: numberOf(flags.priority),
    preset: flags.preset as NodeOptions['preset'],
    leaseMs: numberOf(flags.leaseMs),
    previousLeaseMs: numberOf(flags.previousLeaseMs),
    reclaim: flags.reclaim,
    tags: flags.tag === undefined ? undefined : Object.fromEntries(tags),
  };
  const options = { ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), ...extra } as NodeOptions;
  let settings: NodeSettings | null = null;
  try {
    settings = await checkedSettings(options, (option) => FLAG[option] ?? option);
  } catch (error) {
    if (!(error instanceof BellwetherError)) throw error;
    problems.push(...(error.details['problems'] as readonly string[]));
  }
  const hindrance = settings === null ? null : hindranceOf(settings);
  if (hindrance !== null && Array.isArray(flags.election)) problems.push(`${hindrance}; it does not go with --election`);
  if (problems.length > 0 || settings === null) throw new UsageError(problems);
  return { options, settings, elections: hindrance === null ? elections : [], hindrance, http, lead: { ...preempt, ...group } };
}

/** As the library sees it (`checkCandidacy`). */
function hindranceOf({ name, role, election: { voters, expect, leaders, durable } }: NodeSettings): string | null {
  if (role !== 'candidate') return `--role ${role} never leads`;
  if (voters.length === 0 && expect === 0) return 'a node that is given no --voters never leads';
  if (leaders === 'voters' && !durable && !voters.includes(name)) return `with --leaders voters only voters lead, and ${name} is none`;
  return null;
}

const ROLES = ['candidate', 'voter', 'witness', 'observer'];

/** Who stands and votes says so twice; who only votes is a witness, whatever word was used. */
function roleOf(words: readonly string[] | undefined, problems: string[]): NodeOptions['role'] | undefined {
  if (words === undefined) return undefined;
  for (const word of words) if (!ROLES.includes(word)) problems.push(`--role must be one of ${ROLES.join(', ')}; it is "${word}"`);
  if (words.includes('observer') && words.length > 1) problems.push('--role observer goes with no other role');
  if (words.includes('witness') && words.includes('candidate')) problems.push('--role witness never leads; it does not go with candidate');
  return words.includes('observer') ? 'observer' : words.includes('candidate') ? 'candidate' : 'witness';
}

/** Seconds as milliseconds, as the library takes them. */
function secondsOf(text: string | undefined): number | undefined {
  const seconds = numberOf(text);
  return typeof seconds === 'number' ? seconds * 1_000 : seconds;
}

/** A number where it is one; else the word as it is, for the check to show. */
function numberOf(text: string | undefined): number | undefined {
  return (text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)) as number | undefined;
}
