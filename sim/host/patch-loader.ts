import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Mutant, applyMutant } from './mutants.ts';

/** Module hooks of a worker with a mutant: one file is patched in memory as it is loaded. */
let mutant: Mutant | null = null;

export function initialize(given: Mutant): void {
  mutant = given;
}

type Load = (url: string, context: object) => Promise<{ format: string; source: unknown; shortCircuit?: boolean }>;

export async function load(url: string, context: object, nextLoad: Load): Promise<{ format: string; source: unknown; shortCircuit?: boolean }> {
  if (mutant === null || !url.startsWith('file:') || !url.endsWith(`/${mutant.file.replace(/\.ts$/, '.js')}`)) return nextLoad(url, context);
  const text = await readFile(fileURLToPath(url), 'utf8');
  return { format: 'module', source: applyMutant(text, mutant), shortCircuit: true };
}
