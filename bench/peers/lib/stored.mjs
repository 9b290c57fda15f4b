// The saved results, to be looked up; and numbers in words for tables.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @param dir The results folder. */
export function readResults(dir) {
  const files = existsSync(dir) ? readdirSync(dir).filter((f) => /^m\d.*\.json$/.test(f)) : [];
  // What an earlier form of this bench saved has no `done`.
  const all = files
    .map((file) => ({ file, script: file.slice(0, 2), ...JSON.parse(readFileSync(join(dir, file), 'utf8')) }))
    .filter(({ done }) => done !== undefined);
  return {
    all,
    of: (script) => all.filter((r) => r.script === script),
    /** The section `key` of that system's latest run that has it, with what was noted about the run; undefined: none. */
    find(script, key, system = {}) {
      const fits = all.filter((r) => r.script === script && r[key] !== undefined && Object.entries(system).every(([k, v]) => r[k] === v));
      const latest = fits.sort((a, b) => b.done[key].at.localeCompare(a.done[key].at))[0];
      return latest === undefined ? undefined : { ...latest[key], run: latest.done[key], settings: latest.settings };
    },
  };
}

const ordered = (values) => values.map((x) => x ?? Infinity).sort((a, b) => a - b);
/** Null (it never happened) counts as infinitely long. */
export function median(values) {
  const v = ordered(values);
  const half = v.length >> 1;
  return v.length % 2 === 1 ? v[half] : (v[half - 1] + v[half]) / 2;
}
export const worst = (values) => ordered(values).at(-1);
/** The value that 99 in 100 do not pass, as far as so few say. */
export function share99(values) {
  const v = ordered(values);
  return v[Math.min(v.length - 1, Math.ceil(0.99 * v.length) - 1)];
}
export const sum = (values) => values.reduce((a, b) => a + b, 0);

export function number(x, digits = 0) {
  if (x === Infinity) return 'never';
  return Number(x.toFixed(digits)).toLocaleString('en-US');
}

/** least / **median** / most, and how many never came. */
export function spread(values, digits = 0) {
  const there = values.filter((x) => typeof x === 'number');
  if (values.length === 0) return '–';
  if (there.length === 0) return `never (${values.length} of ${values.length})`;
  const never = values.length > there.length ? ` (never: ${values.length - there.length} of ${values.length})` : '';
  return `${number(Math.min(...there), digits)} / **${number(median(there), digits)}** / ${number(Math.max(...there), digits)}${never}`;
}
