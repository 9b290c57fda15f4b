import type { Plan } from '../plan/plan.ts';
import { timingOf } from '../plan/timings.ts';
import { type Believed, type Fault, type NaiveOptions, naiveLease, overlapMs } from './naive-lease.ts';
import { simulate } from './simulate.ts';

/** One of the three ways in which a lease done by hand goes wrong, and what becomes of it here. */
export interface Picture {
  readonly id: string;
  /** The scenario whose faults both are given. */
  readonly scenario: string;
  readonly says: string;
  readonly naive: string;
  readonly ratePpm: number;
  readonly storePpm: number;
  readonly fault: Fault;
  readonly countsItself: boolean;
  /** One way to the store. */
  readonly delayMs: number;
  /** What is drawn. */
  readonly fromMs: number;
  readonly toMs: number;
}

export const PICTURES: readonly Picture[] = [
  {
    id: 'partition',
    scenario: 'picture-partition',
    says: 'the leader is cut off from everybody for ten seconds',
    naive: 'it leads until its request to the store fails, and the client waits five seconds before it says so',
    ratePpm: 0,
    storePpm: 0,
    fault: { kind: 'cut', atMs: 20_000, forMs: 10_000 },
    countsItself: false,
    delayMs: 1,
    fromMs: 18_000,
    toMs: 34_000,
  },
  {
    id: 'clock-drift',
    scenario: 'picture-clock-drift',
    says: 'the leader is cut off, and its clock runs 5 % slow while the voters’ run 5 % fast',
    naive: 'it ends its lease by its own clock, as it should, counted from the answer and with no margin',
    ratePpm: -50_000,
    storePpm: 50_000,
    fault: { kind: 'cut', atMs: 20_000, forMs: 10_000 },
    countsItself: true,
    delayMs: 1,
    fromMs: 21_000,
    toMs: 23_000,
  },
  {
    id: 'slow-detection',
    scenario: 'picture-slow-detection',
    says: 'the leader is stopped for six seconds (a long collection, a suspended machine)',
    naive: 'nothing tells it when it wakes; it leads until its next renewal is answered by a store 10 ms away',
    ratePpm: 0,
    storePpm: 0,
    fault: { kind: 'pause', atMs: 20_000, forMs: 6_000 },
    countsItself: false,
    delayMs: 10,
    fromMs: 25_900,
    toMs: 26_100,
  },
];

export interface Drawn {
  readonly picture: Picture;
  readonly nodes: readonly string[];
  readonly naive: readonly Believed[];
  readonly bellwether: readonly Believed[];
  readonly naiveOverlapMs: number;
  readonly bellwetherOverlapMs: number;
}

/** Longer than common; some clients never give up. */
const REQUEST_TIMEOUT_MS = 5_000;

/** Runs both under the same faults. @param plan The picture's scenario. */
export async function draw(picture: Picture, plan: Plan): Promise<Drawn> {
  const names = plan.nodes.map(({ name }) => name);
  const options: NaiveOptions = {
    // Whoever is asked first leads, and is the one the fault befalls.
    nodes: names.map((name, i) => ({ name, ratePpm: i === 0 ? picture.ratePpm : picture.storePpm })),
    ttlMs: timingOf(plan.timing).election.grantUs / 1000,
    storePpm: picture.storePpm,
    delayMs: picture.delayMs,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    countsItself: picture.countsItself,
    endMs: plan.calmUs / 1000,
    fault: picture.fault,
  };
  const naive = naiveLease(options);
  const { runs } = await simulate({
    scenario: plan,
    resources: {},
    job: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  });
  const bellwether = runs.flatMap(({ node, fromUs, toUs, stops }) => {
    const pieces: Believed[] = [];
    let fromMs = fromUs / 1000;
    for (const stop of stops) {
      pieces.push({ node, fromMs, toMs: Math.min(stop.fromUs, toUs) / 1000 });
      fromMs = stop.toUs / 1000;
    }
    return [...pieces, { node, fromMs, toMs: toUs / 1000 }].filter((piece) => piece.toMs > piece.fromMs);
  });
  return { picture, nodes: names, naive, bellwether, naiveOverlapMs: overlapMs(naive), bellwetherOverlapMs: overlapMs(bellwether) };
}

const COLUMNS = 64;

/** The picture in characters: a row per node, dark where it leads, and where two do. */
export function tellPicture({ picture, nodes, naive, bellwether, naiveOverlapMs, bellwetherOverlapMs }: Drawn): string[] {
  const { fromMs, toMs, fault } = picture;
  const columnMs = (toMs - fromMs) / COLUMNS;
  const rows = (believed: readonly Believed[]): string[] => {
    const leads = (node: string, column: number): boolean => {
      const [a, b] = [fromMs + column * columnMs, fromMs + (column + 1) * columnMs];
      return believed.some((one) => one.node === node && one.fromMs < b && one.toMs > a + columnMs / 2);
    };
    const columns = Array.from({ length: COLUMNS }, (_, i) => i);
    const both = columns.map((column) => nodes.filter((node) => leads(node, column)).length > 1);
    const shown = nodes.filter((node) => columns.some((column) => leads(node, column)));
    return shown.map((node) => `    ${node.padEnd(3)} ${columns.map((column) => (!leads(node, column) ? '·' : both[column]! ? '█' : '▒')).join('')}`);
  };
  const scale = `        ${`${(fromMs / 1000).toFixed(1)} s`.padEnd(COLUMNS - 6)}${(toMs / 1000).toFixed(1)} s`;
  const words = (ms: number): string =>
    ms === 0 ? 'never two at once' : `two leaders at once for ${ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`}`;
  return [
    `${picture.id}: ${picture.says}, from ${fault.atMs / 1000} s on`,
    '',
    `  a lease loop done by hand: ${words(naiveOverlapMs)}`,
    `  (${picture.naive})`,
    ...rows(naive),
    scale,
    `  Bellwether, same lease, same faults: ${words(bellwetherOverlapMs)}`,
    ...rows(bellwether),
    scale,
  ];
}
