import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from '../../../sim/host/mutants.ts';
import { openWorker } from '../../../sim/host/pool.ts';
import { scenarioOfPlan } from '../../../sim/host/scenario.ts';
import { shrinkPlan, signatureOf } from '../../../sim/host/shrink.ts';
import type { Plan } from '../../../sim/index.ts';
import { withFile, writeText } from './common.ts';

/** Failures of one sweep are mostly one bug: the first few say as much as all. */
const KEPT_MAX = 3;

export interface Kept {
  readonly file: string;
  readonly steps: number;
  readonly small: string;
  readonly smallSteps: number;
}

/** Writes failing plans into a bug base, each as it was and shrunk: scenario files, to be replayed and re-run by tests. */
export async function keepBugs(directory: string, plans: readonly Plan[], mutant: Mutant | undefined, onKept: (kept: Kept) => void): Promise<void> {
  if (plans.length === 0) return;
  withFile(() => mkdirSync(directory, { recursive: true }));
  const worker = openWorker(mutant ?? null);
  try {
    for (const plan of plans.slice(0, KEPT_MAX)) {
      const [row] = await worker.run([plan]);
      const signature = signatureOf(row!);
      const name = `${signature.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}-${plan.seed}`;
      const small = await shrinkPlan(plan, (some) => worker.run(some));
      const write = (file: string, kept: Plan, question: string): string => {
        const path = join(directory, file);
        writeText(path, `${JSON.stringify(scenarioOfPlan(kept, file.replace(/\.json$/, ''), question), null, 2)}\n`);
        return path;
      };
      onKept({
        file: write(`${name}.json`, plan, `Does this still break ${signature}?`),
        steps: plan.steps.length,
        small: write(`${name}-small.json`, small.plan, `Does this still break ${signature}? (shrunk from ${plan.steps.length} steps)`),
        smallSteps: small.plan.steps.length,
      });
    }
  } finally {
    await worker.close();
  }
}
