import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Mutant, applyMutant } from './mutants.ts';

/** Module hooks of a worker: one file is patched in memory as it is loaded, and the election's private fields are made readable, for whoever must tell states apart. */
let mutant: Mutant | null = null;
let expose = false;

export function initialize(given: { readonly mutant: Mutant | null; readonly expose: boolean }): void {
  ({ mutant, expose } = given);
}

type Load = (url: string, context: object) => Promise<{ format: string; source: unknown; shortCircuit?: boolean }>;

export async function load(url: string, context: object, nextLoad: Load): Promise<{ format: string; source: unknown; shortCircuit?: boolean }> {
  const patched = mutant !== null && url.endsWith(`/${mutant.file.replace(/\.ts$/, '.js')}`);
  const exposed = expose && url.includes('/src/election/');
  if (!url.startsWith('file:') || (!patched && !exposed)) return nextLoad(url, context);
  let source = await readFile(fileURLToPath(url), 'utf8');
  if (patched) source = applyMutant(source, mutant!);
  if (exposed) source = source.replace(/#([A-Za-z]\w*)/g, '$private_$1');
  return { format: 'module', source, shortCircuit: true };
}
