import { z } from 'zod';
import { ELECTIONS, type Expectation, NO_NOISE, PARTS, CALM_APPLICATION, type Plan, type Step, type Target } from '../plan/plan.ts';
import { type TimingName, convergenceUs, timingOf } from '../plan/timings.ts';

const DURATION = /^([0-9]+(?:\.[0-9]+)?)(us|ms|s|min|h)$/;
const UNIT_US: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, min: 60_000_000, h: 3_600_000_000 };
const RATIO = /^([0-9]+(?:\.[0-9]+)?)(%|ppm)$/;

const duration = z.string().regex(DURATION, 'must be a duration with its unit, such as 250ms or 20s').describe('a duration: a number with us, ms, s, min or h');
const ratio = z.string().regex(RATIO, 'must be a share, such as 5% or 300ppm').describe('a share: a number with % or ppm');
const nodeName = z.string().regex(/^n[1-9][0-9]*$/, 'must be a node, such as n2');
const target = z.union([nodeName, z.enum(['leader', 'old-leader', 'follower'])]).describe('a node, or whoever is it then');
const signedMs = z.string().regex(/^[+-]?[0-9]+(?:\.[0-9]+)?(us|ms|s|min|h)$/, 'must be a duration with its unit, and a sign where it goes back, such as -1h');
const signedPpm = z.string().regex(/^[+-]?[0-9]+(?:\.[0-9]+)?(%|ppm)$/, 'must be a share with its sign, such as -2%');
const kind = z.enum(['stop', 'jam', 'slow']);

const when = {
  at: duration.optional().describe('when it happens'),
  after: z
    .strictObject({
      event: z.enum(['elected', 'lost', 'ended', 'failed', 'refused', 'quorum']),
      nth: z.number().int().min(1).default(1),
      delay: duration.default('0us'),
    })
    .optional()
    .describe('instead of `at`: after something happened'),
  every: duration.optional().describe('with `at`: again and again'),
  until: duration.optional().describe('with `every`'),
};

const votersChange = z
  .strictObject({
    add: z.array(nodeName),
    remove: z.array(nodeName),
    replace: z.record(nodeName, nodeName),
    exclude: z.array(nodeName),
    include: z.array(nodeName),
    weigh: z.record(nodeName, z.number().int().min(1).max(10)),
  })
  .partial();

const step = z.discriminatedUnion('do', [
  z.strictObject({ ...when, do: z.literal('crash'), node: target }),
  z.strictObject({ ...when, do: z.literal('start'), node: nodeName, newAddress: z.boolean().default(false) }),
  z.strictObject({ ...when, do: z.literal('restart'), node: target, down: duration, newAddress: z.boolean().default(false) }),
  z.strictObject({ ...when, do: z.literal('leave'), node: target, down: duration }),
  z.strictObject({ ...when, do: z.literal('pause'), node: target, for: duration, wakeFirst: z.enum(['timers', 'datagrams']).default('timers') }),
  z.strictObject({ ...when, do: z.literal('block'), node: target, for: duration }),
  z.strictObject({ ...when, do: z.literal('slow'), node: target, for: duration, each: duration }),
  z.strictObject({ ...when, do: z.literal('suspend'), node: target, for: duration }),
  z.strictObject({
    ...when,
    do: z.literal('isolate'),
    node: target,
    for: duration,
    company: z.number().int().min(0).default(0),
    oneWay: z.enum(['no', 'mute', 'deaf']).default('no'),
    kind: kind.default('stop'),
  }),
  z.strictObject({
    ...when,
    do: z.literal('cut'),
    for: duration,
    sides: z.tuple([z.array(nodeName), z.array(nodeName)]),
    oneWay: z.boolean().default(false),
    kind: kind.default('stop'),
  }),
  z.strictObject({ ...when, do: z.literal('cut-links'), for: duration, links: z.array(z.tuple([nodeName, nodeName])), kind: kind.default('stop') }),
  z.strictObject({ ...when, do: z.literal('drift'), node: nodeName, rate: signedPpm }),
  z.strictObject({ ...when, do: z.literal('wall'), node: target, step: signedMs }),
  z.strictObject({ ...when, do: z.literal('resign'), node: target, election: z.string().default('leader') }),
  z.strictObject({ ...when, do: z.literal('handover'), node: target, election: z.string().default('leader'), to: nodeName.nullable().default(null) }),
  z.strictObject({ ...when, do: z.literal('priority'), node: target, election: z.string().default('leader'), priority: z.number().int().min(-1000).max(1000) }),
  z.strictObject({ ...when, do: z.literal('tag'), node: target, value: z.number().int() }),
  z.strictObject({ ...when, do: z.literal('voters'), node: target, change: votersChange }),
  z.strictObject({ ...when, do: z.literal('disk-full'), node: target, for: duration }),
]);
type StepIn = z.infer<typeof step>;

const network = z
  .strictObject({
    delay: duration,
    jitter: duration,
    offset: duration,
    tail: ratio,
    tailUpTo: duration,
    loss: ratio,
    bursts: ratio,
    burst: duration,
    damage: ratio,
    mtu: z.number().int(),
    bandwidth: z.number().int().describe('bits per second'),
    duplicates: ratio,
    duplicateAfter: duration,
    reorder: ratio,
    reorderBy: duration,
    lateTimers: duration,
  })
  .partial();

const node = z
  .strictObject({ rate: signedPpm, wall: signedMs, wallDrifts: z.boolean(), priority: z.number().int(), witness: z.boolean(), start: duration })
  .partial();

export const scenarioSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: z.string().regex(/^[a-z0-9-]+$/, 'must be lower-case words with hyphens'),
    question: z.string().min(10).describe('the question that it answers, as a user would ask it'),
    preset: z.enum(['loopback', 'lan']).default('lan'),
    seed: z.number().int().min(0).default(1),
    nodes: z.union([z.number().int().min(1).max(64), z.array(node)]),
    voters: z.number().int().min(1).max(31),
    leaders: z.enum(['any', 'voters']).default('any').describe('who may lead; voters that are all new start without a wait where only they may'),
    elections: z.array(z.enum(ELECTIONS)).default(['leader']),
    parts: z.array(z.enum(PARTS)).default([]).describe('names that are led once in every part of a partitioned cluster'),
    network: network.default({}),
    jobs: z
      .strictObject({
        settleNow: ratio.default('100%'),
        settleNever: ratio.default('0%'),
        settleWithin: duration.default('0us'),
        standAgainWithin: duration.default('0us'),
      })
      .optional(),
    stateDirs: z.boolean().default(false).describe('nodes have state directories: they remember what they promised, and who votes can change'),
    reclaim: z.boolean().default(false).describe('who restarts under its old address frees at once what its former life was promised'),
    turns: z
      .strictObject({ preemptAfter: duration, maxTenure: duration })
      .partial()
      .optional()
      .describe('when a leader makes room: for a higher priority that has stood so long, and for the next after so long in office'),
    weights: z.array(z.number().int().min(1).max(10)).optional().describe('votes of the voters, in their order; with `founding`, of the nodes'),
    handOn: z.boolean().default(false).describe('who leaves hands its promises on to its next life'),
    founding: z.boolean().default(false).describe('the voters are not listed: the first so many nodes that find each other become them'),
    earlierLease: duration.optional().describe('T of every first life, longer than that of the preset'),
    order: z
      .strictObject({ groups: z.number().int().min(1).max(12), fair: z.boolean() })
      .partial()
      .optional()
      .describe('how equals are ordered: names in so many groups, and who came first before others'),
    disaster: z.boolean().default(false).describe('at the end a majority of the voters is gone for good, and the others are forced to go on'),
    lyingView: z.boolean().default(false),
    silentHosts: z.boolean().default(false),
    steps: z.array(step).default([]),
    duration: duration.describe('how long things go wrong; then the cluster must become whole'),
    expect: z.array(z.strictObject({ measure: z.string(), atLeast: z.number().optional(), atMost: z.number().optional() })).default([]),
    marks: z.array(z.string()).default([]).describe('odd things that must have happened'),
  })
  .describe('A Bellwether simulator scenario');

export type Scenario = z.input<typeof scenarioSchema>;

/** The published JSON Schema of a scenario file. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(scenarioSchema, { io: 'input' });
}

/** What is wrong with a scenario file, all of it. */
export class ScenarioError extends Error {}

/** Reads a scenario and makes its plan. @param seed Another than the file's. @throws ScenarioError */
export function planOfScenario(json: unknown, seed?: number): { readonly name: string; readonly question: string; readonly plan: Plan } {
  const parsed = scenarioSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const where = issue.path.map(String).join('.') || 'the file';
      return issue.code === 'unrecognized_keys' ? `${where}: there is no ${issue.keys.map((key) => `"${key}"`).join(', ')}` : `${where}: ${issue.message}`;
    });
    throw new ScenarioError(problems.join('\n'));
  }
  const s = parsed.data;
  const preset: TimingName = s.preset;
  const list: z.infer<typeof node>[] = typeof s.nodes === 'number' ? Array.from({ length: s.nodes }, () => ({})) : s.nodes;
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
