import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { planOf, runPlan } from '../../sim/index.ts';

const FILE = new URL('../golden/traces.json', import.meta.url);

/** After a change of the protocol or of plans delete the file and run this once; the diff says which seeds mean another run now. */
it('fifty seeds mean what they meant: the same run on every machine and version of Node', { timeout: 120_000 }, () => {
  const hashes = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i + 1, runPlan(planOf(i + 1)).traceHash]));
  if (!existsSync(FILE)) writeFileSync(FILE, `${JSON.stringify(hashes, null, 2)}\n`);
  expect(hashes).toEqual(JSON.parse(readFileSync(FILE, 'utf8')));
});
