import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { ELECTIONS, type Expectation, NO_NOISE, PARTS, CALM_APPLICATION, type Plan, type Step, type Target } from '../plan/plan.ts';
import { type TimingName, convergenceUs, timingOf } from '../plan/timings.ts';

const DURATION = /^([0-9]+(?:\.[0-9]+)?)(us|ms|s|min|h)$/;
const UNIT_US: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, min: 60_000_000, h: 3_600_000_000 };
const RATIO = /^([0-9]+(?:\.[0-9]+)?)(%|ppm)$/;

/** What valibot calls otherwise than a reader would. */
const KINDS: Readonly<Record<string, string>> = { strict_object: 'object', variant: 'object', strict_tuple: 'tuple', safe_integer: 'int' };

/** What is said where a rule has no words of its own. */
function told({ type, expected, input, path, requirement }: v.BaseIssue<unknown>): string {
  const words = expected?.replace(/^\(|\)$/g, '') ?? '';
  const received = input === null ? 'null' : Array.isArray(input) ? 'array' : typeof input;
  if (type === 'picklist')
    return words.includes(' | ') ? `Invalid option: expected one of ${words.replaceAll(' | ', '|')}` : `Invalid input: expected ${words}`;
  if (type === 'variant' && path !== undefined) return `Invalid discriminator value. Expected ${words.replaceAll('"', "'")}`;
  if (type === 'union') return 'Invalid input';
  if (type === 'min_value') return `Too small: expected number to be >=${String(requirement)}`;
  if (type === 'max_value') return `Too big: expected number to be <=${String(requirement)}`;
  if (type === 'min_length') return `Too small: expected string to have >=${String(requirement)} characters`;
  if (type === 'safe_integer' && Number.isInteger(input))
    return Number(input) > 0 ? `Too big: expected int to be <=${Number.MAX_SAFE_INTEGER}` : `Too small: expected int to be >=${Number.MIN_SAFE_INTEGER}`;
  return `Invalid input: expected ${KINDS[type] ?? type}, received ${received}`;
}

/** valibot takes a list for an object without keys. */
const noList = <const Schema extends v.GenericSchema>(schema: Schema, wanted = 'object') =>
  v.pipe(
    v.custom<v.InferInput<Schema>>((value) => !Array.isArray(value), `Invalid input: expected ${wanted}, received array`),
    schema,
  );
/** valibot tells of each item that is missing or too many, and not of their number. */
const pair = <const Item extends v.GenericSchema>(item: Item) =>
  v.pipe(
    v.custom<[v.InferInput<Item>, v.InferInput<Item>]>(
      (value) => !Array.isArray(value) || value.length === 2,
      ({ input }) => ((input as unknown[]).length < 2 ? 'Too small: expected array to have >=2 items' : 'Too big: expected array to have <=2 items'),
    ),
    v.strictTuple([item, item]),
  );
/**
 * An object with these keys and no others. valibot stops at the first key that it does not know, and of one that is
 * missing it says the name: we tell all that are unknown, and what a missing one should have been.
 */
const strict = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.strictObject(entries, (issue) => {
    const [at] = issue.path ?? [];
    if (at === undefined) return told(issue);
    if (!isUnknownKey(issue)) return v.safeParse(entries[at.key as string]!, undefined, { message: told }).issues![0].message;
    const unknown = Object.keys(at.input as object).filter((key) => !Object.hasOwn(entries, key));
    return `there is no ${unknown.map((key) => `"${key}"`).join(', ')}`;
  });
const isUnknownKey = (issue: v.BaseIssue<unknown>): boolean => issue.type === 'strict_object' && issue.expected === 'never';
const allOf = <const Entries extends v.ObjectEntries>(entries: Entries) => noList(strict(entries));
const someOf = <const Entries extends v.ObjectEntries>(entries: Entries) => noList(v.partial(strict(entries)));
const described = <const Schema extends v.GenericSchema>(schema: Schema, description: string) => v.pipe(schema, v.description(description));

const matching = (pattern: RegExp, message: string) => v.pipe(v.string(), v.regex(pattern, message));
const duration = described(matching(DURATION, 'must be a duration with its unit, such as 250ms or 20s'), 'a duration: a number with us, ms, s, min or h');
const ratio = described(matching(RATIO, 'must be a share, such as 5% or 300ppm'), 'a share: a number with % or ppm');
const nodeName = matching(/^n[1-9][0-9]*$/, 'must be a node, such as n2');
const target = described(v.union([nodeName, v.picklist(['leader', 'old-leader', 'follower'])]), 'a node, or whoever is it then');
const signedMs = matching(/^[+-]?[0-9]+(?:\.[0-9]+)?(us|ms|s|min|h)$/, 'must be a duration with its unit, and a sign where it goes back, such as -1h');
const signedPpm = matching(/^[+-]?[0-9]+(?:\.[0-9]+)?(%|ppm)$/, 'must be a share with its sign, such as -2%');
const whole = v.pipe(v.number(), v.safeInteger());
const atLeast = (least: number) => v.pipe(whole, v.minValue(least));
const between = (least: number, most: number) => v.pipe(atLeast(least), v.maxValue(most));
const no = v.optional(v.boolean(), false);

const when = {
  at: v.optional(described(duration, 'when it happens')),
  after: v.optional(
    described(
      allOf({
        event: v.picklist(['elected', 'lost', 'ended', 'failed', 'refused', 'quorum']),
        nth: v.optional(atLeast(1), 1),
        delay: v.optional(duration, '0us'),
      }),
      'instead of `at`: after something happened',
    ),
  ),
  every: v.optional(described(duration, 'with `at`: again and again')),
  until: v.optional(described(duration, 'with `every`')),
};
const election = v.optional(v.string(), 'leader');
const kind = v.optional(v.picklist(['stop', 'jam', 'slow']), 'stop');

const votersChange = someOf({
  add: v.array(nodeName),
  remove: v.array(nodeName),
  replace: noList(v.record(nodeName, nodeName), 'record'),
  exclude: v.array(nodeName),
  include: v.array(nodeName),
  weigh: noList(v.record(nodeName, between(1, 10)), 'record'),
});

const step = noList(
  v.variant('do', [
    strict({ ...when, do: v.literal('crash'), node: target }),
    strict({ ...when, do: v.literal('start'), node: nodeName, newAddress: no }),
    strict({ ...when, do: v.literal('restart'), node: target, down: duration, newAddress: no }),
    strict({ ...when, do: v.literal('leave'), node: target, down: duration }),
    strict({ ...when, do: v.literal('pause'), node: target, for: duration, wakeFirst: v.optional(v.picklist(['timers', 'datagrams']), 'timers') }),
    strict({ ...when, do: v.literal('block'), node: target, for: duration }),
    strict({ ...when, do: v.literal('slow'), node: target, for: duration, each: duration }),
    strict({ ...when, do: v.literal('suspend'), node: target, for: duration }),
    strict({
      ...when,
      do: v.literal('isolate'),
      node: target,
      for: duration,
      company: v.optional(atLeast(0), 0),
      oneWay: v.optional(v.picklist(['no', 'mute', 'deaf']), 'no'),
      kind,
    }),
    strict({
      ...when,
      do: v.literal('cut'),
      for: duration,
      sides: pair(v.array(nodeName)),
      oneWay: no,
      kind,
    }),
    strict({ ...when, do: v.literal('cut-links'), for: duration, links: v.array(pair(nodeName)), kind }),
    strict({ ...when, do: v.literal('drift'), node: nodeName, rate: signedPpm }),
    strict({ ...when, do: v.literal('wall'), node: target, step: signedMs }),
    strict({ ...when, do: v.literal('resign'), node: target, election }),
    strict({ ...when, do: v.literal('handover'), node: target, election, to: v.optional(v.nullable(nodeName), null) }),
    strict({ ...when, do: v.literal('priority'), node: target, election, priority: between(-1000, 1000) }),
    strict({ ...when, do: v.literal('tag'), node: target, value: whole }),
    strict({ ...when, do: v.literal('voters'), node: target, change: votersChange }),
    strict({ ...when, do: v.literal('disk-full'), node: target, for: duration }),
  ]),
);
type StepIn = v.InferOutput<typeof step>;

const network = someOf({
  delay: duration,
  jitter: duration,
  offset: duration,
  tail: ratio,
  tailUpTo: duration,
  loss: ratio,
  bursts: ratio,
  burst: duration,
  damage: ratio,
  mtu: whole,
  bandwidth: described(whole, 'bits per second'),
  duplicates: ratio,
  duplicateAfter: duration,
  reorder: ratio,
  reorderBy: duration,
  lateTimers: duration,
});

const node = someOf({ rate: signedPpm, wall: signedMs, wallDrifts: v.boolean(), priority: whole, witness: v.boolean(), start: duration });

export const scenarioSchema = v.pipe(
  allOf({
    $schema: v.optional(v.string()),
    name: matching(/^[a-z0-9-]+$/, 'must be lower-case words with hyphens'),
    question: described(v.pipe(v.string(), v.minLength(10)), 'the question that it answers, as a user would ask it'),
    preset: v.optional(v.picklist(['loopback', 'lan']), 'lan'),
    seed: v.optional(atLeast(0), 1),
    nodes: v.union([between(1, 64), v.array(node)]),
    voters: between(1, 31),
    leaders: v.optional(described(v.picklist(['any', 'voters']), 'who may lead; voters that are all new start without a wait where only they may'), 'any'),
    elections: v.optional(v.array(v.picklist(ELECTIONS)), ['leader']),
    parts: v.optional(described(v.array(v.picklist(PARTS)), 'names that are led once in every part of a partitioned cluster'), []),
    network: v.optional(network, {}),
    jobs: v.optional(
      allOf({
        settleNow: v.optional(ratio, '100%'),
        settleNever: v.optional(ratio, '0%'),
        settleWithin: v.optional(duration, '0us'),
        standAgainWithin: v.optional(duration, '0us'),
      }),
    ),
    stateDirs: described(no, 'nodes have state directories: they remember what they promised, and who votes can change'),
    reclaim: described(no, 'who restarts under its old address frees at once what its former life was promised'),
    turns: v.optional(
      described(
        someOf({ preemptAfter: duration, maxTenure: duration }),
        'when a leader makes room: for a higher priority that has stood so long, and for the next after so long in office',
      ),
    ),
    weights: v.optional(described(v.array(between(1, 10)), 'votes of the voters, in their order; with `founding`, of the nodes')),
    handOn: described(no, 'who leaves hands its promises on to its next life'),
    founding: described(no, 'the voters are not listed: the first so many nodes that find each other become them'),
    earlierLease: v.optional(described(duration, 'T of every first life, longer than that of the preset')),
    order: v.optional(
      described(someOf({ groups: between(1, 12), fair: v.boolean() }), 'how equals are ordered: names in so many groups, and who came first before others'),
    ),
    disaster: described(no, 'at the end a majority of the voters is gone for good, and the others are forced to go on'),
    lyingView: no,
    silentHosts: no,
    steps: v.optional(v.array(step), []),
    duration: described(duration, 'how long things go wrong; then the cluster must become whole'),
    expect: v.optional(v.array(allOf({ measure: v.string(), atLeast: v.optional(v.number()), atMost: v.optional(v.number()) })), []),
    marks: v.optional(described(v.array(v.string()), 'odd things that must have happened'), []),
  }),
  v.description('A Bellwether simulator scenario'),
);

export type Scenario = v.InferInput<typeof scenarioSchema>;

/** The published JSON Schema of a scenario file. */
export function scenarioJsonSchema(): object {
  // Nothing is read into another form here, and of `noList` and `pair` JSON Schema wants the second half alone.
  return toJsonSchema(scenarioSchema, { target: 'draft-2020-12', typeMode: 'output' });
}

/** What is wrong with a scenario file, all of it. */
export class ScenarioError extends Error {}

/** Reads a scenario and makes its plan. @param seed Another than the file's. @throws ScenarioError */
export function planOfScenario(json: unknown, seed?: number): { readonly name: string; readonly question: string; readonly plan: Plan } {
  const parsed = v.safeParse(scenarioSchema, json, { message: told });
  if (!parsed.success) {
    const problems = parsed.issues.flatMap((issue) => problemsOf(issue));
    throw new ScenarioError(problems.join('\n'));
  }
  const s = parsed.output;
  const preset: TimingName = s.preset;
  const list: v.InferOutput<typeof node>[] = typeof s.nodes === 'number' ? Array.from({ length: s.nodes }, () => ({})) : s.nodes;
  const calmUs = us(s.duration);
  const n = s.network;
  const opt = <T>(value: string | undefined, read: (text: string) => T, otherwise: T): T => (value === undefined ? otherwise : read(value));
  const plan: Omit<Plan, 'endUs'> = {
    seed: seed ?? s.seed,
    timing: preset,
    voters: s.voters,
    leaders: s.leaders,
    elections: s.elections,
    ...(s.parts.length === 0 ? {} : { parts: s.parts }),
    calmUs,
    ...(s.stateDirs ? { stateDirs: true } : {}),
    ...(s.reclaim ? { reclaim: true } : {}),
    ...(s.turns === undefined
      ? {}
      : {
          turns: {
            ...(s.turns.preemptAfter === undefined ? {} : { preemptAfterUs: us(s.turns.preemptAfter) }),
            ...(s.turns.maxTenure === undefined ? {} : { maxTenureUs: us(s.turns.maxTenure) }),
          },
        }),
    ...(s.weights === undefined ? {} : { weights: s.weights }),
    ...(s.handOn ? { handOn: true } : {}),
    ...(s.founding ? { founding: true } : {}),
    ...(s.earlierLease === undefined ? {} : { earlierGrantUs: us(s.earlierLease) }),
    ...(s.order === undefined
      ? {}
      : { order: { ...(s.order.groups === undefined ? {} : { groups: s.order.groups }), ...(s.order.fair === true ? { fair: true } : {}) } }),
    ...(s.disaster ? { disaster: true } : {}),
    lyingView: s.lyingView,
    silentHosts: s.silentHosts,
    features: [s.name],
    nodes: list.map((one, i) => ({
      name: `n${i + 1}`,
      ratePpm: opt(one.rate, ppm, 0),
      wallMs: opt(one.wall, us, 0) / 1_000,
      wallDrifts: one.wallDrifts ?? true,
      priority: one.priority ?? 0,
      ...(one.witness === true ? { witness: true } : {}),
      startUs: opt(one.start, us, i * 1_000),
    })),
    noise: {
      baseUs: opt(n.delay, us, NO_NOISE.baseUs),
      jitterUs: opt(n.jitter, us, NO_NOISE.jitterUs),
      offsetUs: opt(n.offset, us, 0),
      tailPpm: opt(n.tail, ppm, 0),
      tailUs: opt(n.tailUpTo, us, 1),
      lossPpm: opt(n.loss, ppm, 0),
      burstPpm: opt(n.bursts, ppm, 0),
      burstUs: opt(n.burst, us, 200_000),
      damagePpm: opt(n.damage, ppm, 0),
      mtuBytes: n.mtu ?? 0,
      bandwidthBps: n.bandwidth ?? 0,
      duplicatePpm: opt(n.duplicates, ppm, 0),
      duplicateUs: opt(n.duplicateAfter, us, 1_000),
      reorderPpm: opt(n.reorder, ppm, 0),
      reorderUs: opt(n.reorderBy, us, 1_000),
      latenessUs: opt(n.lateTimers, us, 0),
    },
    application:
      s.jobs === undefined
        ? CALM_APPLICATION
        : {
            settleNowPpm: ppm(s.jobs.settleNow),
            settleNeverPpm: ppm(s.jobs.settleNever),
            settleMaxUs: us(s.jobs.settleWithin),
            standMaxUs: us(s.jobs.standAgainWithin),
          },
    steps: s.steps.flatMap((one) => stepsOf(one, calmUs)).sort((a, b) => a.atUs - b.atUs),
    expect: s.expect.map(({ measure, atLeast, atMost }): Expectation => ({
      measure,
      ...(atLeast === undefined ? {} : { atLeast }),
      ...(atMost === undefined ? {} : { atMost }),
    })),
    marks: s.marks,
  };
  const wrong = checkNodes(plan, s.voters);
  if (wrong.length > 0) throw new ScenarioError(wrong.join('\n'));
  const { viewUs, leaderUs } = convergenceUs({ ...plan, endUs: 0 });
  return { name: s.name, question: s.question, plan: { ...plan, endUs: calmUs + Math.max(viewUs, leaderUs) } };
}

function problemsOf(issue: v.BaseIssue<unknown>, above: readonly string[] = []): string[] {
  const keys = [...above, ...(issue.path ?? []).map(({ key }) => String(key))];
  // Where one thing or a list of others may stand, what is wrong within the list says more.
  const within = issue.issues?.filter(({ path }) => path !== undefined) ?? [];
  if (within.length > 0) return within.flatMap((inner) => problemsOf(inner, keys));
  const where = (isUnknownKey(issue) ? keys.slice(0, -1) : keys).join('.') || 'the file';
  return [`${where}: ${issue.message}`];
}

function checkNodes(plan: Omit<Plan, 'endUs'>, voters: number): string[] {
  const wrong: string[] = [];
  const { driftPpm, grantUs } = timingOf(plan.timing).election;
  for (const name of ['handOn', 'founding', 'disaster'] as const) if (plan[name] === true && plan.stateDirs !== true) wrong.push(`${name}: needs stateDirs`);
  if (plan.founding === true && plan.nodes.length >= 2 * voters)
    wrong.push(`founding: ${plan.nodes.length} nodes may be two groups that found beside each other`);
  if (plan.earlierGrantUs !== undefined && plan.earlierGrantUs <= grantUs)
    wrong.push(`earlierLease: must be longer than the ${grantUs / 1_000}ms of the preset`);
  if (plan.earlierGrantUs !== undefined && (plan.founding === true || plan.steps.some((one) => one.do === 'voters')))
    wrong.push('earlierLease: T is part of what names the voters, so they cannot change with it');
  if (voters > plan.nodes.length) wrong.push(`voters: there are only ${plan.nodes.length} nodes`);
  for (const [i, { ratePpm }] of plan.nodes.entries())
    if (Math.abs(ratePpm) > driftPpm) wrong.push(`nodes.${i}.rate: beyond the ${driftPpm} ppm that preset ${plan.timing} allows for`);
  const known = (index: unknown): boolean => typeof index !== 'number' || index < plan.nodes.length;
  for (const [i, one] of plan.steps.entries()) {
    const named =
      'node' in one
        ? [one.node]
        : one.do === 'cut' && 'sides' in one.cut
          ? one.cut.sides.flat()
          : one.do === 'cut' && 'links' in one.cut
            ? one.cut.links.flat()
            : [];
    if (!named.every(known)) wrong.push(`steps.${i}: names a node that is not there`);
  }
  return wrong;
}

function stepsOf(s: StepIn, calmUs: number): Step[] {
  const times: { atUs: number; when?: NonNullable<Step['when']> }[] = [];
  if (s.after !== undefined) times.push({ atUs: 0, when: { event: s.after.event, nth: s.after.nth, delayUs: us(s.after.delay) } });
  else if (s.every === undefined) times.push({ atUs: us(s.at ?? '0us') });
  else for (let atUs = us(s.at ?? '0us'); atUs < (s.until === undefined ? calmUs : us(s.until)); atUs += us(s.every)) times.push({ atUs });
  return times.map((time) => ({ ...time, ...actionOf(s) }) as Step);
}

function actionOf(s: StepIn): object {
  switch (s.do) {
    case 'crash':
      return { do: 'crash', node: who(s.node) };
    case 'start':
      return { do: 'start', node: who(s.node), newAddress: s.newAddress };
    case 'restart':
      return { do: 'restart', node: who(s.node), downUs: us(s.down), newAddress: s.newAddress };
    case 'leave':
      return { do: 'leave', node: who(s.node), downUs: us(s.down) };
    case 'pause':
      return { do: 'pause', node: who(s.node), forUs: us(s.for), wakeFirst: s.wakeFirst };
    case 'block':
      return { do: 'pause', node: who(s.node), forUs: us(s.for), wakeFirst: 'timers', why: 'blocked' };
    case 'slow':
      return { do: 'slow', node: who(s.node), forUs: us(s.for), eachUs: us(s.each) };
    case 'suspend':
      return { do: 'suspend', node: who(s.node), forUs: us(s.for) };
    case 'isolate':
      return { do: 'cut', cut: { isolate: who(s.node), company: s.company, oneWay: s.oneWay }, forUs: us(s.for), kind: s.kind };
    case 'cut':
      return { do: 'cut', cut: { sides: s.sides.map((side) => side.map(who)), oneWay: s.oneWay }, forUs: us(s.for), kind: s.kind };
    case 'cut-links':
      return { do: 'cut', cut: { links: s.links.map(([a, b]) => [who(a), who(b)]) }, forUs: us(s.for), kind: s.kind };
    case 'drift':
      return { do: 'drift', node: who(s.node), ratePpm: ppm(s.rate) };
    case 'wall':
      return { do: 'wall', node: who(s.node), stepMs: us(s.step) / 1_000 };
    case 'resign':
      return { do: 'resign', node: who(s.node), election: s.election, reason: 'released', to: null };
    case 'handover':
      return { do: 'resign', node: who(s.node), election: s.election, reason: 'handover', to: s.to === null ? null : who(s.to) };
    case 'priority':
      return { do: 'priority', node: who(s.node), election: s.election, priority: s.priority };
    case 'tag':
      return { do: 'tag', node: who(s.node), value: s.value };
    case 'voters':
      return { do: 'voters', node: who(s.node), change: s.change };
    case 'disk-full':
      return { do: 'disk-full', node: who(s.node), forUs: us(s.for) };
  }
}

const who = (name: string): Target => (/^n[0-9]+$/.test(name) ? Number(name.slice(1)) - 1 : (name as Target));
const us = (text: string): number => {
  const [, sign, number, unit] = /^([+-]?)([0-9.]+)([a-z]+)$/.exec(text)!;
  return Math.round(Number(number) * UNIT_US[unit!]!) * (sign === '-' ? -1 : 1);
};
const ppm = (text: string): number => {
  const [, sign, number, unit] = /^([+-]?)([0-9.]+)(%|ppm)$/.exec(text)!;
  return Math.round(Number(number) * (unit === '%' ? 10_000 : 1)) * (sign === '-' ? -1 : 1);
};

/** A plan in the language of scenario files: what a shrunk failure is kept and shown as. */
export function scenarioOfPlan(plan: Plan, name: string, question: string): Scenario {
  const d = (value: number): string => (value % 1_000_000 === 0 ? `${value / 1_000_000}s` : value % 1_000 === 0 ? `${value / 1_000}ms` : `${value}us`);
  const signed = (value: number): string => `${value < 0 ? '-' : ''}${d(Math.abs(value))}`;
  const p = (value: number): string => `${value}ppm`;
  const t = (value: Target): string => (typeof value === 'number' ? `n${value + 1}` : value);
  const { noise, application } = plan;
  const changed: Record<string, unknown> = {};
  const note = (key: string, value: unknown, normal: unknown, text: unknown): void => {
    if (value !== normal) changed[key] = text;
  };
  note('delay', noise.baseUs, NO_NOISE.baseUs, d(noise.baseUs));
  note('jitter', noise.jitterUs, NO_NOISE.jitterUs, d(noise.jitterUs));
  note('offset', noise.offsetUs, 0, d(noise.offsetUs));
  note('tail', noise.tailPpm, 0, p(noise.tailPpm));
  if (noise.tailPpm > 0) changed['tailUpTo'] = d(noise.tailUs);
  note('loss', noise.lossPpm, 0, p(noise.lossPpm));
  note('bursts', noise.burstPpm, 0, p(noise.burstPpm));
  if (noise.burstPpm > 0) changed['burst'] = d(noise.burstUs);
  note('damage', noise.damagePpm, 0, p(noise.damagePpm));
  note('mtu', noise.mtuBytes, 0, noise.mtuBytes);
  note('bandwidth', noise.bandwidthBps, 0, noise.bandwidthBps);
  note('duplicates', noise.duplicatePpm, 0, p(noise.duplicatePpm));
  if (noise.duplicatePpm > 0) changed['duplicateAfter'] = d(noise.duplicateUs);
  note('reorder', noise.reorderPpm, 0, p(noise.reorderPpm));
  if (noise.reorderPpm > 0) changed['reorderBy'] = d(noise.reorderUs);
  note('lateTimers', noise.latenessUs, 0, d(noise.latenessUs));
  const steps = plan.steps.map((one) => {
    const time = one.when === undefined ? { at: d(one.atUs) } : { after: { event: one.when.event, nth: one.when.nth, delay: d(one.when.delayUs) } };
    switch (one.do) {
      case 'crash':
        return { ...time, do: 'crash', node: t(one.node) };
      case 'voters':
        return { ...time, do: 'voters', node: t(one.node), change: one.change };
      case 'start':
        return { ...time, do: 'start', node: t(one.node), newAddress: one.newAddress };
      case 'restart':
        return { ...time, do: 'restart', node: t(one.node), down: d(one.downUs), newAddress: one.newAddress };
      case 'leave':
        return { ...time, do: 'leave', node: t(one.node), down: d(one.downUs) };
      case 'pause':
        return one.why === 'blocked'
          ? { ...time, do: 'block', node: t(one.node), for: d(one.forUs) }
          : { ...time, do: 'pause', node: t(one.node), for: d(one.forUs), wakeFirst: one.wakeFirst };
      case 'slow':
        return { ...time, do: 'slow', node: t(one.node), for: d(one.forUs), each: d(one.eachUs) };
      case 'suspend':
        return { ...time, do: 'suspend', node: t(one.node), for: d(one.forUs) };
      case 'cut':
        if ('isolate' in one.cut)
          return { ...time, do: 'isolate', node: t(one.cut.isolate), for: d(one.forUs), company: one.cut.company, oneWay: one.cut.oneWay, kind: one.kind };
        if ('sides' in one.cut)
          return { ...time, do: 'cut', for: d(one.forUs), sides: one.cut.sides.map((side) => side.map(t)), oneWay: one.cut.oneWay, kind: one.kind };
        return { ...time, do: 'cut-links', for: d(one.forUs), links: one.cut.links.map(([a, b]) => [t(a), t(b)]), kind: one.kind };
      case 'drift':
        return { ...time, do: 'drift', node: t(one.node), rate: p(one.ratePpm) };
      case 'wall':
        return { ...time, do: 'wall', node: t(one.node), step: signed(one.stepMs * 1_000) };
      case 'resign':
        return one.reason === 'handover'
          ? { ...time, do: 'handover', node: t(one.node), election: one.election, to: one.to === null ? null : t(one.to) }
          : { ...time, do: 'resign', node: t(one.node), election: one.election };
      case 'priority':
        return { ...time, do: 'priority', node: t(one.node), election: one.election, priority: one.priority };
      case 'tag':
        return { ...time, do: 'tag', node: t(one.node), value: one.value };
      case 'disk-full':
        return { ...time, do: 'disk-full', node: t(one.node), for: d(one.forUs) };
    }
  });
  const plainJobs = application.settleNowPpm === 1_000_000 && application.settleNeverPpm === 0 && application.standMaxUs === 0;
  return {
    name,
    question,
    preset: plan.timing,
    seed: plan.seed,
    voters: plan.voters,
    ...(plan.leaders === 'voters' ? { leaders: plan.leaders } : {}),
    elections: [...plan.elections] as Scenario['elections'] & [],
    ...(plan.parts === undefined ? {} : { parts: [...plan.parts] as Scenario['parts'] & [] }),
    nodes: plan.nodes.map((one) => ({
      rate: p(one.ratePpm),
      wall: signed(one.wallMs * 1_000),
      wallDrifts: one.wallDrifts,
      priority: one.priority,
      ...(one.witness === true ? { witness: true } : {}),
      start: d(one.startUs),
    })),
    ...(Object.keys(changed).length === 0 ? {} : { network: changed }),
    ...(plainJobs
      ? {}
      : {
          jobs: {
            settleNow: p(application.settleNowPpm),
            settleNever: p(application.settleNeverPpm),
            settleWithin: d(application.settleMaxUs),
            standAgainWithin: d(application.standMaxUs),
          },
        }),
    ...(plan.stateDirs === true ? { stateDirs: true } : {}),
    ...(plan.reclaim === true ? { reclaim: true } : {}),
    ...(plan.turns === undefined
      ? {}
      : {
          turns: {
            ...(plan.turns.preemptAfterUs === undefined ? {} : { preemptAfter: d(plan.turns.preemptAfterUs) }),
            ...(plan.turns.maxTenureUs === undefined ? {} : { maxTenure: d(plan.turns.maxTenureUs) }),
          },
        }),
    ...(plan.weights === undefined ? {} : { weights: [...plan.weights] }),
    ...(plan.handOn === true ? { handOn: true } : {}),
    ...(plan.founding === true ? { founding: true } : {}),
    ...(plan.earlierGrantUs === undefined ? {} : { earlierLease: d(plan.earlierGrantUs) }),
    ...(plan.order === undefined ? {} : { order: { ...plan.order } }),
    ...(plan.disaster === true ? { disaster: true } : {}),
    lyingView: plan.lyingView,
    silentHosts: plan.silentHosts ?? false,
    steps: steps as Scenario['steps'] & [],
    duration: d(plan.calmUs),
  };
}
