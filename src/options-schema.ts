import * as v from 'valibot';
import { type Address, isUnspecified, parseAddress, portOf } from './core/address.ts';
import { BellwetherError } from './core/errors.ts';
import type { Tags } from './core/view.ts';
import { founderNameMax } from './election/outbox.ts';
import { TAGS_MAX_BYTES } from './membership/limits.ts';
import { type NodeOptions, PACKET_BUDGET_BYTES, electionTimes, leaseWorthMs } from './options.ts';
import { bytesWithOurs, isReservedTag } from './payloads.ts';

/** A name travels in every packet and stands in logs and file names: printable ASCII without spaces. */
export const NAME = /^[\x21-\x7e]{1,64}$/;
/** `host:port` with a host name, an IPv4 address or an IPv6 address in brackets. */
const SEED = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):([0-9]{1,5})$/;

const DAY = 86_400_000;

const text = v.string('must be a string');
const flag = v.boolean('must be a boolean');
const name = v.pipe(text, v.regex(NAME, 'must be 1 to 64 printable ASCII characters without spaces'));
/** Read once, here; what cannot be read is not looked at any further. */
const address = v.pipe(
  text,
  v.rawTransform(({ dataset, addIssue, NEVER }): Address => {
    const parsed = parseAddress(dataset.value);
    if (parsed === null) addIssue({ message: 'must be HOST:PORT with a numeric address, such as 0.0.0.0:7946 or [::]:7946' });
    return parsed ?? NEVER;
  }),
);
const seed = v.pipe(
  text,
  v.check((at) => {
    const port = SEED.exec(at)?.[1];
    return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  }, 'must be HOST:PORT'),
);
/** Not `v.number`, to which Infinity is one. */
const finite = v.custom<number>(Number.isFinite, 'must be a number');
const between = (least: number, most: number, unit = '') =>
  v.pipe(finite, v.minValue(least, `must be at least ${least}${unit}`), v.maxValue(most, `must be at most ${most}${unit}`));
const millis = (least: number, most: number) => between(least, most, ' ms');
const whole = (least: number, most: number) => v.pipe(finite, v.integer('must be a whole number'), between(least, most));
/** One that is too long is not read, or each of its items could be a problem of its own. */
const list = <const Item extends v.GenericSchema>(item: Item, most: number, what = '') =>
  v.pipe(v.array(v.unknown(), 'must be a list'), v.maxLength(most, `must be at most ${most}${what}`), v.array(item));
const oneOf = <const Words extends readonly string[]>(...words: Words) => v.picklist(words, `must be one of ${words.join(', ')}`);
const callable = v.function('must be a function');

/** Not `v.record`, which takes a list for one and passes over keys such as `constructor`. */
const tags = v.pipe(
  v.custom<Record<string, unknown>>(isRecord, 'must be a record'),
  v.rawTransform(({ dataset: { value: input }, addIssue }): Tags => {
    for (const [key, value] of Object.entries(input))
      if (typeof value !== 'string') addIssue({ message: 'must be a string', path: [{ type: 'object', origin: 'value', input, key, value }] });
    return input as Tags;
  }),
  v.check((all) => bytesWithOurs(all) <= TAGS_MAX_BYTES, `must be at most ${TAGS_MAX_BYTES - bytesWithOurs({})} bytes encoded`),
  v.check((all) => !Object.keys(all).some(isReservedTag), 'must not begin with ~ or leader:, which are our own'),
);

const entries = {
  cluster: name,
  name,
  bind: address,
  advertise: v.pipe(
    address,
    v.check((at) => !isUnspecified(at), 'must be an address that others can send to, not a wildcard'),
    v.check((at) => portOf(at) !== 0, 'must have a port'),
  ),
  seeds: list(seed, 64),
  stateDir: v.pipe(text, v.nonEmpty('must name a directory')),
  voters: v.pipe(
    list(name, 31, ' names'),
    v.check(
      (names) => twice(names).length === 0,
      ({ input }) => `must name each voter once; twice: ${twice(input).join(', ')}`,
    ),
  ),
  weights: list(whole(1, 10), 31),
  bootstrapExpect: whole(1, 31),
  weight: whole(1, 10),
  replaceVoterAfterMs: millis(0, 30 * DAY),
  leaders: oneOf('any', 'voters'),
  role: oneOf('candidate', 'witness', 'observer'),
  preset: oneOf('loopback', 'lan', 'edge', 'wan'),
  tags,
  priority: whole(-1_000, 1_000),
  leaseMs: whole(100, 300_000),
  renewMs: whole(10, 100_000),
  stopBeforeMs: whole(1, 100_000),
  driftPpm: whole(0, 200_000),
  drainTimeoutMs: millis(0, DAY),
  releaseOnExit: flag,
  crashDrainMs: millis(0, 300_000),
  reclaim: flag,
  onOverrun: oneOf('report', 'exit'),
  previousLeaseMs: whole(0, 300_000),
  probePeriodMs: millis(50, 60_000),
  pauseToleranceMs: millis(100, 600_000),
  packetBudgetBytes: whole(1_100, 2_048),
  receiveBufferBytes: whole(4_096, 1_073_741_824),
  // A method that is missing is one that is no function: only the whole has no path.
  logger: v.looseObject({ debug: callable, info: callable, warn: callable, error: callable }, ({ path }) =>
    path === undefined ? 'must have debug, info, warn and error' : 'must be a function',
  ),
  signal: v.instance(AbortSignal, 'must be an AbortSignal'),
} satisfies Record<keyof NodeOptions, v.GenericSchema>;

/** Not `v.strictObject`, which tells of one unknown option alone: `unknownOptions` tells of all. */
const schema = v.partial(v.object(entries));

/**
 * Checks options as a whole.
 *
 * @param prefix What the caller calls an option, so that a command line can speak of its own flags.
 * @throws BellwetherError `ERR_OPTIONS`; `details.problems` lists every bad option with its value and its rule.
 */
export function checkOptions(options: NodeOptions, label: (option: string) => string = (option) => option): { bind: Address; advertise: Address | null } {
  const problems: string[] = [];
  const given = withoutUndefined(options);
  const result = v.safeParse(schema, given);
  if (!isRecord(given))
    problems.push(`options Invalid input: expected object, received ${Array.isArray(given) ? 'array' : given === null ? 'null' : typeof given}`);
  else problems.push(...(result.issues ?? []).map((issue) => describe(issue, label)), ...unknownOptions(given, label));
  if (problems.length === 0) problems.push(...crossRules(options, label)); // they take each option for right
  if (problems.length > 0) {
    throw new BellwetherError(
      'ERR_OPTIONS',
      problems.length === 1 ? `Bad option: ${problems[0]}` : `${problems.length} bad options:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
      { problems },
    );
  }
  const { bind, advertise }: v.InferOutput<typeof schema> = result.success ? result.output : {};
  return { bind: bind ?? '0.0.0.0:7946', advertise: advertise ?? null };
}

function describe({ path, message }: v.BaseIssue<unknown>, label: (option: string) => string): string {
  const [option, ...rest] = path!.map(({ key }) => String(key));
  const where = `${label(option!)}${rest.length === 0 ? '' : `[${rest.join('.')}]`}`;
  return `${where} ${message}; it is ${show(path!.at(-1)!.value)}`; // as it was given, not as an address is read
}

function unknownOptions(given: object, label: (option: string) => string): string[] {
  const known = Object.keys(entries);
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = nearest(key, known);
      return `${label(key)}: no such option${near === null ? '' : `; did you mean ${label(near)}?`}`;
    });
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

/** A plain object, of whichever realm: neither a list nor something with a class. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.hasOwn(prototype as object, 'isPrototypeOf');
}

const twice = (names: readonly string[]): string[] => [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];

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
