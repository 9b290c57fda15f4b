import { type Datagram, type Look, type Outcome, RESIGN, SETTLE, type StepTaker, TICK_US, WAKE, textOf } from './step-world.ts';
import type { Step } from './explore-steps.ts';
import { type StepFinding, checkChange } from './step-safety.ts';
import type { Beginning } from './step-starts.ts';

/** What one node did in a step, and what all were like then. */
export interface Scene {
  /** True time since the start. */
  readonly atMs: number;
  readonly step: Step;
  readonly node: number;
  readonly outcome: Outcome;
  readonly before: Look;
  readonly after: Look;
  readonly looks: readonly Look[];
}

export interface Walk {
  readonly scenes: readonly Scene[];
  readonly looks: readonly Look[];
  readonly finding: StepFinding | null;
}

const INPUTS = { wake: WAKE, resign: RESIGN, settle: SETTLE } as const;
/** A node that runs what is due has nothing due then; a bug may make it otherwise. */
export const RUNS_MAX = 8;

/** Goes one path, step by step. @param idOf The number that a datagram has with `steps`. */
export function walk(steps: StepTaker, { nodes: first, led: firstLed }: Beginning, path: readonly Step[], idOf: (datagram: number) => number): Walk {
  const nodes = [...first];
  const scenes: Scene[] = [];
  let led = firstLed;
  let finding: StepFinding | null = null;
  let atMs = 0;
  const looks = (): Look[] => nodes.map((id) => steps.looks[id]!);
  const become = (step: Step, node: number, outcome: Outcome): void => {
    if (finding !== null) return; // that was the end
    const before = looks();
    const after = steps.looks[outcome.to]!;
    const checked = checkChange(before, node, after, outcome.broke, led);
    led = checked.led;
    finding ??= checked.finding;
    nodes[node] = outcome.to;
    scenes.push({ atMs, step, node, outcome, before: before[node]!, after, looks: looks() });
  };
  for (const step of path) {
    if (step.kind === 'tick' || step.kind === 'pause') {
      atMs += TICK_US / 1_000;
      for (const [node, id] of nodes.entries()) nodes[node] = steps.older(id);
      for (const node of nodes.keys()) {
        if (step.kind === 'pause' && step.node === node) continue;
        for (let runs = 0; steps.looks[nodes[node]!]!.dueUs <= 0 && runs < RUNS_MAX; runs += 1) become(step, node, steps.step(nodes[node]!, WAKE));
      }
    } else if (step.kind === 'arrive') {
      const datagram = idOf(step.datagram);
      if (datagram < 0) return { scenes, looks: looks(), finding: { invariant: 'internal', words: 'a datagram arrives that was never sent' } };
      const { to } = steps.datagrams[datagram]!;
      become(step, to, steps.step(nodes[to]!, datagram));
    } else if (step.kind === 'restart') become(step, step.node, steps.fresh(step.node, steps.looks[nodes[step.node]!]!.life + 1));
    else become(step, step.node, steps.step(nodes[step.node]!, INPUTS[step.kind]));
  }
  return { scenes, looks: looks(), finding };
}

/** Whether two walks of one path came to the same: what each node is, what was found, and what was said last. '' if so. */
export function difference(one: Walk, saidBy: (id: number) => Datagram, other: Walk, otherSaidBy: (id: number) => Datagram): string {
  const told = ({ looks, finding }: Walk): string => JSON.stringify([looks.map(({ life, role, term, leaseUs }) => [life, role, term, leaseUs]), finding]);
  if (told(one) !== told(other)) return `${told(one)} as images, ${told(other)} alive`;
  const said = ({ scenes }: Walk, by: (id: number) => Datagram): string =>
    JSON.stringify(scenes.flatMap(({ outcome }) => outcome.sent.map((id) => textOf(by(id)))).sort());
  return said(one, saidBy) === said(other, otherSaidBy) ? '' : 'what was said differs';
}
