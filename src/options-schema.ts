import { z } from 'zod';
import { type Address, isUnspecified, parseAddress, portOf } from './core/address.ts';
import { BellwetherError } from './core/errors.ts';
import { founderNameMax } from './election/outbox.ts';
import { TAGS_MAX_BYTES } from './membership/limits.ts';
import { type NodeOptions, PACKET_BUDGET_BYTES, electionTimes, leaseWorthMs } from './options.ts';
import { bytesWithOurs, isReservedTag } from './payloads.ts';

/** A name travels in every packet and stands in logs and file names: printable ASCII without spaces. */
export const NAME = /^[\x21-\x7e]{1,64}$/;
/** `host:port` with a host name, an IPv4 address or an IPv6 address in brackets. */
const SEED = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):([0-9]{1,5})$/;

const name = z.string().regex(NAME, 'must be 1 to 64 printable ASCII characters without spaces');
const address = z.string().transform((text, ctx): Address => {
  const parsed = parseAddress(text);
  if (parsed === null) ctx.addIssue({ code: 'custom', message: 'must be HOST:PORT with a numeric address, such as 0.0.0.0:7946 or [::]:7946' });
  return parsed ?? '';
});
const whole = (least: number, most: number): z.ZodType<number> =>
  z.number().int(`must be a whole number`).min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);
const millis = (least: number, most: number): z.ZodType<number> =>
  z.number().min(least, `must be at least ${least} ms`).max(most, `must be at most ${most} ms`);
const callable = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'must be a function');
const DAY = 86_400_000;

const schema = z
  .strictObject({
    cluster: name,
    name,
    bind: address,
    advertise: address
      .refine((at) => !isUnspecified(at), 'must be an address that others can send to, not a wildcard')
      .refine((at) => portOf(at) !== 0, 'must have a port'),
    seeds: z
      .array(
        z.string().refine((text) => {
          const port = SEED.exec(text)?.[1];
          return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
        }, 'must be HOST:PORT'),
      )
      .max(64, 'must be at most 64'),
    stateDir: z.string().min(1, 'must name a directory'),
    voters: z
      .array(name)
      .max(31, 'must be at most 31 names')
      .superRefine((names, ctx) => {
        const twice = names.filter((voter, i) => names.indexOf(voter) !== i);
        if (twice.length > 0) ctx.addIssue({ code: 'custom', message: `must name each voter once; twice: ${[...new Set(twice)].join(', ')}` });
      }),
    weights: z.array(whole(1, 10)).max(31, 'must be at most 31'),
    bootstrapExpect: whole(1, 31),
    weight: whole(1, 10),
    replaceVoterAfterMs: millis(0, 30 * DAY),
    leaders: z.enum(['any', 'voters']),
    role: z.enum(['candidate', 'witness', 'observer']),
    preset: z.enum(['loopback', 'lan', 'edge', 'wan']),
    tags: z
      .record(z.string(), z.string())
      .refine((tags) => bytesWithOurs(tags) <= TAGS_MAX_BYTES, `must be at most ${TAGS_MAX_BYTES - bytesWithOurs({})} bytes encoded`)
      .refine((tags) => !Object.keys(tags).some(isReservedTag), 'must not begin with ~ or leader:, which are our own'),
    priority: whole(-1_000, 1_000),
    leaseMs: whole(100, 300_000),
    renewMs: whole(10, 100_000),
    stopBeforeMs: whole(1, 100_000),
    driftPpm: whole(0, 200_000),
    drainTimeoutMs: millis(0, DAY),
    releaseOnExit: z.boolean(),
    crashDrainMs: millis(0, 300_000),
    reclaim: z.boolean(),
    onOverrun: z.enum(['report', 'exit']),
    previousLeaseMs: whole(0, 300_000),
    probePeriodMs: millis(50, 60_000),
    pauseToleranceMs: millis(100, 600_000),
    packetBudgetBytes: whole(1_100, 2_048),
    receiveBufferBytes: whole(4_096, 1_073_741_824),
    logger: z.looseObject({ debug: callable, info: callable, warn: callable, error: callable }, 'must have debug, info, warn and error'),
    signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal'),
  })
  .partial();

/**
 * Checks options as a whole.
 *
 * @param prefix What the caller calls an option, so that a command line can speak of its own flags.
 * @throws BellwetherError `ERR_OPTIONS`; `details.problems` lists every bad option with its value and its rule.
 */
export function checkOptions(options: NodeOptions, label: (option: string) => string = (option) => option): { bind: Address; advertise: Address | null } {
  const problems: string[] = [];
  const result = schema.safeParse(withoutUndefined(options));
  if (!result.success) for (const issue of result.error.issues) problems.push(...describe(issue, options, label));
  else problems.push(...crossRules(options, label));
  if (problems.length > 0) {
    throw new BellwetherError(
      'ERR_OPTIONS',
      problems.length === 1 ? `Bad option: ${problems[0]}` : `${problems.length} bad options:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
      { problems },
    );
  }
  const { bind, advertise } = result.data ?? {};
  return { bind: bind ?? '0.0.0.0:7946', advertise: advertise ?? null };
}

function describe(issue: z.core.$ZodIssue, options: unknown, label: (option: string) => string): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearest(key, Object.keys(schema.shape));
      return `${label(key)}: no such option${near === null ? '' : `; did you mean ${label(near)}?`}`;
    });
  }
  const [option, ...rest] = issue.path;
  if (option === undefined) return [`options ${issue.message}`];
  const where = rest.length === 0 ? label(String(option)) : `${label(String(option))}[${rest.join('.')}]`;
  const value = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], options);
  const message = issue.message.startsWith('must') ? issue.message : `must be ${expected(issue)}`;
  return [`${where} ${message}; it is ${show(value)}`];
}

function expected(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.expected === 'array' ? 'a list' : `a ${issue.expected}`;
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  return issue.message;
}

/** Rules between options. A lease is worth kT to its holder; three renewals must fit into it. */
function crossRules(options: NodeOptions, label: (option: string) => string): string[] {
  const problems: string[] = [];
  const { leaseMs, renewMs, stopBeforeMs, driftPpm } = electionTimes(options);
  const worth = Math.floor(leaseWorthMs(leaseMs, driftPpm));
  if (renewMs > worth / 3)
    problems.push(`${label('renewMs')} must be at most a third of what the lease is worth (${Math.floor(worth / 3)} ms); it is ${renewMs}`);
  if (stopBeforeMs + 2 * renewMs >= worth)
    problems.push(
      `${label('stopBeforeMs')} + 2 × ${label('renewMs')} must be less than what the lease is worth (${worth} ms); it is ${stopBeforeMs + 2 * renewMs}`,
    );
  const { name, voters = [], role, weights, bootstrapExpect, packetBudgetBytes = PACKET_BUDGET_BYTES } = options;
  if (weights !== undefined && weights.length !== voters.length)
    problems.push(`${label('weights')} must be as many as ${label('voters')} (${voters.length}); they are ${weights.length}`);
  if (bootstrapExpect !== undefined && voters.length > 0)
    problems.push(`${label('bootstrapExpect')} is for nodes without a list; ${label('voters')} names ${voters.join(', ')}`);
  if (bootstrapExpect !== undefined && options.stateDir === undefined)
    problems.push(`${label('bootstrapExpect')} needs ${label('stateDir')}: voters that forget whom they founded with could found again, beside them`);
  if (options.weight !== undefined && bootstrapExpect === undefined)
    problems.push(`${label('weight')} is for ${label('bootstrapExpect')}; voters that are listed are weighed by ${label('weights')}`);
  const nameMax = bootstrapExpect === undefined ? Infinity : founderNameMax(bootstrapExpect, packetBudgetBytes);
  if (name !== undefined && name.length > nameMax)
    problems.push(
      `${label('name')} must be at most ${nameMax} characters where ${bootstrapExpect} voters find each other, whose names must fit into one packet of ${packetBudgetBytes} bytes; it has ${name.length}`,
    );
  const bind = options.bind === undefined ? null : parseAddress(options.bind);
  if (options.reclaim === true && bind !== null && portOf(bind) === 0)
    problems.push(
      `${label('reclaim')} needs a port in ${label('bind')}: only who is given the very port of a former life knows that it is gone; it is ${options.bind}`,
    );
  if (name !== undefined && role === 'witness' && bootstrapExpect === undefined && options.stateDir === undefined && !voters.includes(name))
    problems.push(`${label('role')} is witness, which votes, and ${label('voters')} does not name ${name}`);
  if (name !== undefined && role === 'observer' && voters.includes(name))
    problems.push(`${label('role')} is observer, which does not vote, and ${label('voters')} names ${name}`);
  return problems;
}

/** An option given as undefined is an option not given. */
function withoutUndefined(options: NodeOptions): NodeOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options;
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** The option at an edit distance of at most two, or null. */
function nearest(key: string, known: readonly string[]): string | null {
  let best: { name: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(key.toLowerCase(), candidate.toLowerCase());
    if (distance <= 2 && (best === null || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name ?? null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
