// A result file that grows by one section per measurement and is written after
// each: a run that was interrupted goes on where it stopped.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { machineLoad, root } from './util.mjs';

export const resultsDir = () => (process.env.PEERS_RESULTS ? resolve(process.env.PEERS_RESULTS) : join(root, 'results'));

/**
 * @param file Name in the results folder.
 * @param head What every result says of itself: system, variant, settings, …
 * @param log Told what is skipped.
 */
export function openResult(file, head, log) {
  mkdirSync(resultsDir(), { recursive: true });
  const path = join(resultsDir(), file);
  const earlier = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const result = { ...earlier, ...head, at: new Date().toISOString(), node: process.version, done: earlier.done ?? {} };
  const save = () => {
    // Whole or not at all: half a file would stop the next run.
    writeFileSync(`${path}.part`, `${JSON.stringify(result, null, 1)}\n`);
    renameSync(`${path}.part`, path);
  };
  /** Whether this section is there already, measured in the way that is `asked` for. */
  const has = (key, asked) => result.done[key]?.asked === JSON.stringify(asked);
  /**
   * Measures one section, unless it is there or nothing is asked for (0 repetitions).
   * @param asked Repetitions and whatever else makes two measurements of this section comparable.
   * @param measure Returns the section.
   */
  async function section(key, repetitions, asked, measure) {
    if (!(repetitions > 0)) return;
    if (has(key, { repetitions, ...asked })) {
      log(key, 'is there already');
      return;
    }
    const load = machineLoad();
    const from = Date.now();
    result[key] = await measure(repetitions);
    result.done[key] = {
      asked: JSON.stringify({ repetitions, ...asked }),
      at: new Date().toISOString(),
      tookS: Math.round((Date.now() - from) / 1000),
      load: load(),
      command: process.argv.slice(1).join(' ').replace(`${root}/`, ''),
    };
    save();
    log(key, 'saved after', result.done[key].tookS, 's');
  }
  return { result, section, path };
}
