import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../plan/plan.ts';
import { ScenarioError, planOfScenario } from './scenario.ts';

/** The scenarios that ship, and the failures that were found once and must never come back: beside the sources. */
const here = ['..', '../../../sim'].map((up) => fileURLToPath(new URL(up, import.meta.url))).find((folder) => existsSync(`${folder}/scenarios`)) ?? '';
export const SCENARIOS = `${here}/scenarios`;
export const BUGS = `${here}/bugs`;

export interface Named {
  readonly name: string;
  readonly question: string;
  readonly plan: Plan;
}

/** Names of the scenarios in a folder, in order. */
export function scenarioNames(folder = SCENARIOS): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort();
}

/** A scenario by its name, or by the path of its file. @throws ScenarioError */
export function readScenario(nameOrPath: string, seed?: number): Named {
  const path = [nameOrPath, `${SCENARIOS}/${nameOrPath}.json`, `${BUGS}/${nameOrPath}.json`].find(
    (candidate) => candidate.endsWith('.json') && existsSync(candidate),
  );
  if (path === undefined) throw new ScenarioError(`there is no scenario and no file '${nameOrPath}'; \`bellwether sim list\` names them`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ScenarioError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return planOfScenario(json, seed);
  } catch (error) {
    if (error instanceof ScenarioError) throw new ScenarioError(`${path}:\n${error.message}`);
    throw error;
  }
}
