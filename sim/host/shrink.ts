import { CALM_APPLICATION, NO_NOISE, type Noise, type Plan } from '../plan/plan.ts';
import type { RunSummary } from './summary.ts';

/** What is kept while a plan shrinks: the same invariant must break first, or the same kind of verdict. */
export type Signature = string;

export const signatureOf = (row: RunSummary): Signature => row.invariant ?? row.verdict;

export interface Shrunk {
  readonly plan: Plan;
  readonly runs: number;
  readonly last: RunSummary;
}

/**
 * Makes a failing plan small: steps (delta debugging, Zeller and Hildebrandt 2002), noise, clocks, jobs,
 * nodes, durations, in turns until nothing goes. Because every decision is keyed and none is streamed,
 * a part taken out leaves the rest as it was.
 *
 * @param run Runs plans and tells what came of each, in their order.
 */
export async function shrinkPlan(
  failing: Plan,
  run: (plans: readonly Plan[]) => Promise<readonly RunSummary[]>,
  onBetter: (plan: Plan, runs: number) => void = () => {},
): Promise<Shrunk> {
  const [first] = await run([failing]);
  const signature = signatureOf(first!);
  let best: Plan = failing;
  let last = first!;
  let runs = 1;
  const tryPlan = async (plan: Plan): Promise<boolean> => {
    const [row] = await run([plan]);
    runs += 1;
    if (row === undefined || row.verdict === 'pass' || signatureOf(row) !== signature) return false;
    best = plan;
    last = row;
    onBetter(plan, runs);
    return true;
  };

  // What comes after the violation cannot matter: end the run there.
  if (first!.invariant !== null) await tryPlan(endingAt(best, Math.min(best.calmUs, first!.simulatedUs + 1)));
  for (let changed = true; changed;) {
    const before = JSON.stringify(best);
    await fewerSteps(() => best, tryPlan);
    for (const simpler of simplifications(best)) await tryPlan(simpler(best));
    for (let nodes = best.nodes.length - 1; nodes >= best.voters && nodes >= 1; nodes -= 1) if (!(await tryPlan(withNodes(best, nodes)))) break;
    await shorter(() => best, tryPlan);
    changed = JSON.stringify(best) !== before;
  }
  return { plan: best, runs, last };
}

function endingAt(plan: Plan, calmUs: number): Plan {
  return { ...plan, calmUs, steps: plan.steps.filter((step) => step.when !== undefined || step.atUs < calmUs), endUs: plan.endUs - (plan.calmUs - calmUs) };
}

/** ddmin over the steps: halves, then quarters, down to single ones. */
async function fewerSteps(best: () => Plan, tryPlan: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (let chunk = Math.ceil(best().steps.length / 2); chunk >= 1; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
    for (let from = 0; from < best().steps.length;) {
      const { steps } = best();
      const without = [...steps.slice(0, from), ...steps.slice(from + chunk)];
      if (!(await tryPlan({ ...best(), steps: without }))) from += chunk;
    }
  }
}

function simplifications(plan: Plan): ((plan: Plan) => Plan)[] {
  const noise = (Object.keys(NO_NOISE) as (keyof Noise)[])
    .filter((key) => plan.noise[key] !== NO_NOISE[key])
    .map((key) => (p: Plan): Plan => ({ ...p, noise: { ...p.noise, [key]: NO_NOISE[key] } }));
  return [
    (p) => ({ ...p, noise: NO_NOISE }),
    ...noise,
    (p) => ({ ...p, application: CALM_APPLICATION }),
    (p) => ({ ...p, lyingView: false }),
    ({ weights: _, ...p }) => p,
    ({ disaster: _, ...p }) => p,
    ({ handOn: _, ...p }) => p,
    ({ founding: _, ...p }) => p,
    ({ earlierGrantUs: _, ...p }) => p,
    ({ order: _, ...p }) => p,
    (p) => (needsStateDirs(p) ? p : { ...p, stateDirs: false }),
    (p) => ({ ...p, silentHosts: false }),
    ({ reclaim: _, ...p }) => p,
    ({ turns: _, ...p }) => p,
    (p) => ({ ...p, elections: p.elections.slice(0, 1) }),
    (p) => ({ ...p, nodes: p.nodes.map((node) => ({ ...node, ratePpm: 0 })) }),
    (p) => ({ ...p, nodes: p.nodes.map((node) => ({ ...node, wallMs: 0, wallDrifts: true })) }),
    (p) => ({ ...p, nodes: p.nodes.map((node) => ({ ...node, priority: 0 })) }),
    (p) => ({ ...p, nodes: p.nodes.map((node, i) => ({ ...node, startUs: i * 1_000 })) }),
  ];
}

function needsStateDirs({ steps, disaster = false, handOn = false, founding = false }: Plan): boolean {
  return disaster || handOn || founding || steps.some((step) => step.do === 'voters' || step.do === 'disk-full');
}

function withNodes(plan: Plan, count: number): Plan {
  const there = (index: unknown): boolean => typeof index !== 'number' || index < count;
  const steps = plan.steps
    .filter((step) => !('node' in step) || there(step.node))
    .map((step) => {
      if (step.do !== 'cut') return step;
      if ('sides' in step.cut) return { ...step, cut: { ...step.cut, sides: [step.cut.sides[0].filter(there), step.cut.sides[1].filter(there)] as const } };
      return 'links' in step.cut ? { ...step, cut: { links: step.cut.links.filter(([a, b]) => there(a) && there(b)) } } : step;
    });
  return { ...plan, nodes: plan.nodes.slice(0, count), steps };
}

/** Halves every duration that may be halved, and rounds times to whole tenths of a second. */
async function shorter(best: () => Plan, tryPlan: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (let i = 0; i < best().steps.length; i += 1) {
    const step = best().steps[i]!;
    const replaced = (changed: object): Plan => ({ ...best(), steps: best().steps.map((s, at) => (at === i ? { ...s, ...changed } : s)) });
    const rounded = Math.round(step.atUs / 100_000) * 100_000;
    if (rounded !== step.atUs && rounded < best().calmUs) await tryPlan(replaced({ atUs: rounded }));
    for (const field of ['forUs', 'downUs'] as const) {
      if (!(field in step)) continue;
      for (let value = (step as Record<string, unknown>)[field] as number; value > 20_000;) {
        value = Math.floor(value / 2 / 1_000) * 1_000;
        if (!(await tryPlan(replaced({ [field]: value })))) break;
      }
    }
  }
}
