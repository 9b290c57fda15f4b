import { Dice } from '../kernel/keyed.ts';
import type { VotersChange } from '../../src/election/voter-set.ts';
import {
  type ApplicationPlan,
  CALM_APPLICATION,
  type CutKind,
  ELECTIONS,
  type Noise,
  type NodePlan,
  PARTS,
  type Plan,
  type Step,
  type Target,
} from './plan.ts';
import { type TimingName, convergenceUs, timingOf } from './timings.ts';

const HALF = 500_000;
const MS = 1_000;

/** Parts of the dice; append, never renumber: a number decides what a seed means. */
const Part = {
  shape: 1,
  features: 2,
  noise: 3,
  nodes: 4,
  application: 5,
  leaders: 6,
  parts: 7,
  roles: 8,
  reclaim: 9,
  names: 10,
  turns: 11,
  /** With its place in `features` of `stepsOf` added to it: as many numbers as there are of these. */
  steps: 16,
  weights: 64,
  founding: 65,
  order: 66,
  rotation: 67,
  handOn: 68,
  earlierLease: 69,
  disaster: 70,
  weighings: 71,
  diskFull: 72,
} as const;

export interface Wanted {
  /** 1 … 9; else drawn. Raised to `voters` where these are more. */
  readonly nodes?: number | undefined;
  readonly voters?: number | undefined;
  readonly timing?: TimingName | undefined;
  /** Length of the chaos in µs; else 40 leases. */
  readonly chaosUs?: number | undefined;
}

/** How many nodes a seed has where nobody says. */
export const NODES_DRAWN = [3, 7] as const;

/** What can be in a plan. Each is present with probability one half, and only then drawn (swarm testing: Groce et al. 2012). */
const FEATURES = [
  'loss',
  'tail',
  'duplicates',
  'reorder',
  'offsets',
  'late-timers',
  'drift',
  'wall-errors',
  'slow-jobs',
  'two-elections',
  'priorities',
  'crashes',
  'restarts',
  'mass-crash',
  'pauses',
  'suspends',
  'halves',
  'one-way-cuts',
  'isolated-leader',
  'jams',
  'drift-changes',
  'wall-steps',
  'resigns',
  'late-starters',
  'bursts',
  'damage',
  'mtu',
  'bandwidth',
  'slow-partitions',
  'bridges-and-rings',
  'flapping',
  'slow-processors',
  'blocked-loops',
  'leaves',
  'priority-changes',
  'tag-changes',
  'lying-view',
  'silent-hosts',
  'state-dirs',
  'voter-changes',
] as const;
type Feature = (typeof FEATURES)[number];

/** What came later, each drawn by dice of its own, in a minority of the seeds: what the others are about has not changed. */
type Extra = 'graceful-restarts' | 'weighings' | 'disk-full';

/** A whole run from a seed: first what it contains, then how strong, then when. */
export function planOf(seed: number, wanted: Wanted = {}): Plan {
  const shape = new Dice(seed, Part.shape);
  const timing = wanted.timing ?? (shape.chance(750_000) ? 'loopback' : 'lan');
  const nodes = Math.max(wanted.nodes ?? shape.between(...NODES_DRAWN), wanted.voters ?? 1);
  const odd = (most: number): number => (most % 2 === 0 ? most - 1 : most);
  const voters = wanted.voters ?? Math.max(1, odd(Math.min(nodes, shape.chance(HALF) ? 3 : 5)));
  const dice = new Dice(seed, Part.features);
  const present = new Set<Feature>(FEATURES.filter(() => dice.chance(HALF)));
  const { grantUs, driftPpm } = timingOf(timing).election;
  const calmUs = wanted.chaosUs ?? 40 * grantUs;
  // Dice of their own: to add a feature must not change what every other seed is about.
  const many = new Dice(seed, Part.names).chance(HALF / 8);
  const elections = ELECTIONS.slice(0, many ? ELECTIONS.length : present.has('two-elections') ? 2 : 1);
  const leaders = voters === nodes && new Dice(seed, Part.leaders).chance(HALF) ? 'voters' : 'any';
  const roles = new Dice(seed, Part.roles);
  const witness = voters >= 3 && roles.chance(HALF / 2) ? roles.between(0, voters - 1) : -1;
  const reclaim = new Dice(seed, Part.reclaim).chance(HALF / 2);
  const turns = turnsOf(seed, present, grantUs);
  const stateDirs = present.has('state-dirs') || present.has('voter-changes');
  const more = moreOf(seed, { nodes, voters, grantUs, stateDirs, votersChange: present.has('voter-changes') });
  const extras = new Set<Extra>();
  if (more.handOn === true) extras.add('graceful-restarts');
  if (present.has('voter-changes') && new Dice(seed, Part.weighings).chance(HALF / 2)) extras.add('weighings');
  if (stateDirs && new Dice(seed, Part.diskFull).chance(HALF / 2)) extras.add('disk-full');
  const plan: Omit<Plan, 'endUs'> = {
    seed,
    timing,
    voters,
    leaders,
    elections,
    ...(new Dice(seed, Part.parts).chance(HALF / 2) ? { parts: [...PARTS] } : {}),
    nodes: nodesOf(seed, nodes, present, driftPpm, grantUs).map((node, i) => (i === witness ? { ...node, witness: true } : node)),
    noise: noiseOf(seed, present, grantUs),
    application: applicationOf(seed, present, grantUs),
    steps: stepsOf(seed, nodes, voters, new Set([...present, ...extras]), { grantUs, driftPpm, calmUs, elections }),
    ...(stateDirs ? { stateDirs: true } : {}),
    ...more,
    ...(reclaim ? { reclaim } : {}),
    ...(turns === null ? {} : { turns }),
    lyingView: present.has('lying-view'),
    silentHosts: present.has('silent-hosts'),
    calmUs,
    features: [
      ...present,
      ...(reclaim ? ['reclaim'] : []),
      ...(many ? ['many-names'] : []),
      ...(turns === null ? [] : [turns.preemptAfterUs === undefined ? 'rotation' : 'turns']),
      ...MORE.filter(([, isIn]) => isIn(more)).map(([name]) => name),
      ...extras,
    ],
  };
  const { viewUs, leaderUs } = convergenceUs({ ...plan, endUs: 0 });
  return { ...plan, endUs: calmUs + Math.max(viewUs, leaderUs) };
}

type More = Pick<Plan, 'weights' | 'founding' | 'order' | 'handOn' | 'earlierGrantUs' | 'disaster'>;

/** What of it a plan has, by name. */
const MORE: readonly (readonly [string, (more: More) => boolean])[] = [
  ['weights', ({ weights }) => weights !== undefined],
  ['founding', ({ founding }) => founding === true],
  ['groups', ({ order }) => order?.groups !== undefined],
  ['fair', ({ order }) => order?.fair === true],
  ['hand-on', ({ handOn }) => handOn === true],
  ['earlier-lease', ({ earlierGrantUs }) => earlierGrantUs !== undefined],
  ['disaster', ({ disaster }) => disaster === true],
];

interface Shape {
  readonly nodes: number;
  readonly voters: number;
  readonly grantUs: number;
  readonly stateDirs: boolean;
  readonly votersChange: boolean;
}

/** What is only drawn where an operator may do it: see each in `Plan`. */
function moreOf(seed: number, { nodes, voters, grantUs, stateDirs, votersChange }: Shape): More {
  const dice = (part: number): Dice => new Dice(seed, part);
  const founding = stateDirs && nodes < 2 * voters && dice(Part.founding).chance(HALF / 4);
  const votes = dice(Part.weights);
  const isWeighed = votes.chance(HALF / 4);
  const orders = dice(Part.order);
  const isOrdered = orders.chance(HALF / 2);
  const order = { groups: orders.between(0, 3), fair: orders.chance(HALF) };
  const earlier = dice(Part.earlierLease);
  const isEarlier = earlier.chance(HALF / 4) && !founding && !votersChange;
  return {
    ...(isWeighed ? { weights: Array.from({ length: founding ? nodes : voters }, () => votes.between(1, 3)) } : {}),
    ...(founding ? { founding } : {}),
    ...(isOrdered && (order.groups > 0 || order.fair)
      ? { order: { ...(order.groups > 0 ? { groups: order.groups } : {}), ...(order.fair ? { fair: true } : {}) } }
      : {}),
    ...(stateDirs && dice(Part.handOn).chance(HALF) ? { handOn: true } : {}),
    ...(isEarlier ? { earlierGrantUs: MS * earlier.between(Math.floor((5 * grantUs) / (4 * MS)), Math.floor((2 * grantUs) / MS)) } : {}),
    ...(stateDirs && dice(Part.disaster).chance(HALF / 2) ? { disaster: true } : {}),
  };
}

/** Of the seeds with priorities that differ, one in four has leaders that make room for the higher; of these half rotate, too. Of all others one in eight only rotates. */
function turnsOf(seed: number, present: ReadonlySet<Feature>, grantUs: number): NonNullable<Plan['turns']> | null {
  const dice = new Dice(seed, Part.turns);
  if (!dice.chance(HALF / 2) || (!present.has('priorities') && !present.has('priority-changes'))) {
    const rotation = new Dice(seed, Part.rotation);
    return rotation.chance(HALF / 4) ? { maxTenureUs: rotation.between(grantUs, 8 * grantUs) } : null;
  }
  const preemptAfterUs = dice.between(0, 2 * grantUs);
  return dice.chance(HALF) ? { preemptAfterUs, maxTenureUs: dice.between(grantUs, 8 * grantUs) } : { preemptAfterUs };
}

function nodesOf(seed: number, count: number, present: ReadonlySet<Feature>, driftPpm: number, grantUs: number): NodePlan[] {
  const dice = new Dice(seed, Part.nodes);
  return Array.from({ length: count }, (_, i) => ({
    name: `n${i + 1}`,
    // The extremes are where arithmetic breaks: half of the clocks sit exactly at the bound.
    ratePpm: !present.has('drift') ? 0 : dice.chance(HALF) ? dice.pick([-driftPpm, driftPpm]) : dice.between(-driftPpm, driftPpm),
    wallMs: present.has('wall-errors') ? dice.between(-3_600_000, 3_600_000) : 0,
    wallDrifts: dice.chance(HALF),
    priority: present.has('priorities') ? dice.between(-2, 2) : 0,
    startUs: present.has('late-starters') ? dice.between(0, 4 * grantUs) : dice.between(0, 50 * MS),
  }));
}

function noiseOf(seed: number, present: ReadonlySet<Feature>, grantUs: number): Noise {
  const dice = new Dice(seed, Part.noise);
  const has = (feature: Feature, least: number, most: number): number => {
    const drawn = dice.between(least, most);
    return present.has(feature) ? drawn : 0;
  };
  return {
    baseUs: dice.between(50, 5 * MS),
    jitterUs: dice.pick([100, MS, 10 * MS, 40 * MS]),
    offsetUs: has('offsets', MS, 60 * MS),
    tailPpm: has('tail', 1_000, 60_000),
    tailUs: dice.pick([Math.floor(grantUs / 2), grantUs, 3 * grantUs]),
    lossPpm: has('loss', 1_000, 300_000),
    burstPpm: has('bursts', 5_000, 80_000),
    burstUs: dice.between(20 * MS, 600 * MS),
    damagePpm: has('damage', 1_000, 50_000),
    mtuBytes: has('mtu', 700, 1_400),
    bandwidthBps: has('bandwidth', 100_000, 2_000_000),
    duplicatePpm: has('duplicates', 1_000, 200_000),
    duplicateUs: dice.pick([MS, 20 * MS, grantUs]),
    reorderPpm: has('reorder', 1_000, 200_000),
    reorderUs: dice.between(MS, 100 * MS),
    latenessUs: has('late-timers', MS, 120 * MS),
  };
}

function applicationOf(seed: number, present: ReadonlySet<Feature>, grantUs: number): ApplicationPlan {
  if (!present.has('slow-jobs')) return CALM_APPLICATION;
  const dice = new Dice(seed, Part.application);
  return {
    settleNowPpm: dice.between(0, 600_000),
    settleNeverPpm: dice.between(0, 300_000),
    settleMaxUs: dice.between(MS, 3 * grantUs),
    standMaxUs: dice.between(MS, grantUs),
  };
}

interface Scale {
  readonly grantUs: number;
  readonly driftPpm: number;
  readonly calmUs: number;
  readonly elections: readonly string[];
}

/** Draws steps of one feature: `count` moments in the chaos, each made by `make`. */
type Draw = (dice: Dice, atUs: number) => Step[];

function stepsOf(seed: number, nodes: number, voters: number, present: ReadonlySet<Feature | Extra>, scale: Scale): Step[] {
  const { grantUs, driftPpm, calmUs, elections } = scale;
  const indices = Array.from({ length: nodes }, (_, i) => i);
  const target = (dice: Dice): Target => (dice.chance(HALF) ? 'leader' : dice.pick(indices));
  const cutKind = (dice: Dice): CutKind => {
    const [jam, slow] = [dice.chance(HALF), dice.chance(HALF)];
    return jam && present.has('jams') ? 'jam' : slow && present.has('slow-partitions') ? 'slow' : 'stop';
  };
  const aWhile = (dice: Dice): number => dice.between(Math.floor(grantUs / 20), 4 * grantUs);
  const sides = (dice: Dice, small: number): readonly [readonly number[], readonly number[]] => {
    const inside = dice.some(indices, small);
    return [inside, indices.filter((i) => !inside.includes(i))];
  };
  const features: readonly (readonly [Feature | Extra, number, Draw])[] = [
    [
      'crashes',
      4,
      (dice, atUs) => {
        const node = dice.pick(indices);
        return [
          { atUs, do: 'crash', node },
          { atUs: atUs + aWhile(dice), do: 'start', node, newAddress: dice.chance(HALF) },
        ];
      },
    ],
    // Down for less than T: the voter comes back while what it promised still runs.
    [
      'restarts',
      6,
      (dice, atUs) => [
        {
          atUs,
          do: 'restart',
          node: dice.chance(300_000) ? 'leader' : dice.between(0, voters - 1),
          downUs: dice.between(MS, grantUs),
          newAddress: dice.chance(250_000),
        },
      ],
    ],
    [
      'mass-crash',
      1,
      (dice, atUs) => {
        const downUs = dice.between(MS, 2 * grantUs);
        return indices.map((node): Step => ({ atUs, do: 'restart', node, downUs: downUs + dice.between(0, 300 * MS), newAddress: false }));
      },
    ],
    ['pauses', 5, (dice, atUs) => [{ atUs, do: 'pause', node: target(dice), forUs: aWhile(dice), wakeFirst: dice.chance(750_000) ? 'timers' : 'datagrams' }]],
    ['suspends', 3, (dice, atUs) => [{ atUs, do: 'suspend', node: target(dice), forUs: aWhile(dice) }]],
    [
      'halves',
      3,
      (dice, atUs) => [
        {
          atUs,
          do: 'cut',
          cut: { sides: sides(dice, Math.max(1, nodes >> 1)), oneWay: false },
          forUs: aWhile(dice),
          kind: cutKind(dice),
        },
      ],
    ],
    [
      'one-way-cuts',
      4,
      (dice, atUs) => [
        { atUs, do: 'cut', cut: { sides: sides(dice, dice.between(1, Math.max(1, nodes - 1))), oneWay: true }, forUs: aWhile(dice), kind: 'stop' },
      ],
    ],
    [
      'isolated-leader',
      3,
      (dice, atUs) => [
        {
          atUs,
          do: 'cut',
          cut: { isolate: 'leader', company: dice.between(0, (voters - 1) >> 1), oneWay: dice.pick(['no', 'no', 'mute', 'deaf'] as const) },
          forUs: dice.between(grantUs, 5 * grantUs),
          kind: cutKind(dice),
        },
      ],
    ],
    ['drift-changes', 4, (dice, atUs) => [{ atUs, do: 'drift', node: dice.pick(indices), ratePpm: dice.pick([-driftPpm, driftPpm, 0]) }]],
    ['wall-steps', 4, (dice, atUs) => [{ atUs, do: 'wall', node: target(dice), stepMs: dice.pick([1, -1]) * dice.pick([3, 20, 200, 3_600_000]) }]],
    [
      'resigns',
      5,
      (dice, atUs) => {
        const handover = dice.chance(HALF);
        return [
          {
            atUs,
            do: 'resign',
            node: 'leader',
            election: dice.pick(elections),
            reason: handover ? 'handover' : 'released',
            to: handover && dice.chance(HALF) ? dice.pick(indices) : null,
          },
        ];
      },
    ],
    [
      'bridges-and-rings',
      2,
      (dice, atUs) => [
        { atUs, do: 'cut', cut: { links: dice.chance(HALF) ? bridge(indices, dice.pick(indices)) : ring(indices) }, forUs: aWhile(dice), kind: 'stop' },
      ],
    ],
    [
      'flapping',
      2,
      (dice, atUs) => {
        const cut = { sides: sides(dice, 1), oneWay: dice.chance(HALF) };
        const periodUs = dice.between(Math.floor(grantUs / 10), grantUs);
        return Array.from({ length: 6 }, (_, i): Step => ({ atUs: atUs + 2 * i * periodUs, do: 'cut', cut, forUs: periodUs, kind: 'stop' }));
      },
    ],
    ['slow-processors', 3, (dice, atUs) => [{ atUs, do: 'slow', node: target(dice), forUs: aWhile(dice), eachUs: dice.between(MS, 25 * MS) }]],
    [
      'blocked-loops',
      3,
      (dice, atUs) => [{ atUs, do: 'pause', node: target(dice), forUs: dice.between(5 * MS, 2 * grantUs), wakeFirst: 'timers', why: 'blocked' }],
    ],
    ['leaves', 3, (dice, atUs) => [{ atUs, do: 'leave', node: target(dice), downUs: aWhile(dice) }]],
    ['priority-changes', 4, (dice, atUs) => [{ atUs, do: 'priority', node: target(dice), election: dice.pick(elections), priority: dice.between(-5, 5) }]],
    ['tag-changes', 6, (dice, atUs) => [{ atUs, do: 'tag', node: dice.pick(indices), value: dice.between(0, 999) }]],
    [
      'voter-changes',
      6,
      (dice, atUs) => [
        {
          atUs,
          do: 'voters',
          node: target(dice),
          change: changeOf(
            dice,
            indices.map((i) => `n${i + 1}`),
          ),
        },
      ],
    ],
    // As a rolling update does: a voter ends in good order, and is back while what it promised still runs.
    [
      'graceful-restarts',
      6,
      (dice, atUs) => [{ atUs, do: 'leave', node: dice.chance(300_000) ? 'leader' : dice.pick(indices), downUs: dice.between(MS, grantUs) }],
    ],
    ['weighings', 4, (dice, atUs) => [{ atUs, do: 'voters', node: target(dice), change: { weigh: { [`n${dice.pick(indices) + 1}`]: dice.between(1, 3) } } }]],
    ['disk-full', 4, (dice, atUs) => [{ atUs, do: 'disk-full', node: dice.pick(indices), forUs: aWhile(dice) }]],
  ];
  const steps: Step[] = [];
  for (const [part, [feature, most, draw]] of features.entries()) {
    const dice = new Dice(seed, Part.steps + part);
    const count = dice.between(1, most);
    if (present.has(feature)) for (let i = 0; i < count; i += 1) steps.push(...draw(dice, dice.between(2 * grantUs, calmUs - 1)));
  }
  return steps.filter(({ atUs }) => atUs < calmUs).sort((a, b) => a.atUs - b.atUs);
}

/** One wish, which need not be a wise one: names that vote already, that do not, or that are dead. */
function changeOf(dice: Dice, names: readonly string[]): VotersChange {
  const [one, other] = [dice.pick(names), dice.pick(names)];
  switch (dice.between(0, 5)) {
    case 0:
      return { add: [one] };
    case 1:
      return { remove: [one] };
    case 2:
      return { replace: { [one]: other } };
    case 3:
      return { exclude: [one] };
    case 4:
      return { include: [one] };
    default:
      return { add: [one], remove: [other] };
  }
}

type Links = readonly (readonly [number, number])[];

/** Two halves that cannot talk, and one node that hears and is heard by both. */
function bridge(indices: readonly number[], between: number): Links {
  const half = (i: number): boolean => i < indices.length / 2;
  return indices.flatMap((a) => indices.filter((b) => a !== b && a !== between && b !== between && half(a) !== half(b)).map((b) => [a, b] as const));
}

/** Everybody talks to two neighbours only. */
function ring(indices: readonly number[]): Links {
  const n = indices.length;
  return indices.flatMap((a) => indices.filter((b) => a !== b && (a + 1) % n !== b && (b + 1) % n !== a).map((b) => [a, b] as const));
}
