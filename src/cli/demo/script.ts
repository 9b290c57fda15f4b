/** What can be done to a node, by key or by script. */
export const VERBS = ['kill', 'pause', 'resume', 'restart', 'resign', 'partition', 'heal'] as const;
export type Verb = (typeof VERBS)[number];

export interface Step {
  readonly verb: Verb;
  /** `leader`, `old-leader`, `follower`, a node's name; null for `heal`. */
  readonly target: string | null;
  readonly atMs: number;
  /** When a pause or a partition ends; null: not by itself. */
  readonly forMs: number | null;
}

/** A timer that is set for longer rings at once. */
export const DAYS_MAX = 24;
export const LONGEST_MS = DAYS_MAX * 86_400_000;

const STEP = /^(?<verb>[a-z]+)(?:\s+(?<target>[A-Za-z0-9_.-]+))?\s+@\s*(?<at>[0-9.]+(?:ms|s)?)(?:\s+for\s+(?<for>[0-9.]+(?:ms|s)?))?$/;

/**
 * Reads `kill leader @4s; pause leader @8s for 3s; resign leader @13s`.
 *
 * @returns The steps in order of time, and what is wrong with those that are none.
 */
export function parseScript(text: string): { steps: Step[]; problems: string[] } {
  const steps: Step[] = [];
  const problems: string[] = [];
  for (const part of text
    .split(';')
    .map((p) => p.trim())
    .filter((p) => p !== '')) {
    const found = STEP.exec(part)?.groups;
    if (found === undefined) {
      problems.push(`"${part}" is no step; write VERB TARGET @TIME [for TIME], such as "pause leader @8s for 3s"`);
      continue;
    }
    const verb = VERBS.find((v) => v === found['verb']);
    const atMs = durationMs(found['at']!);
    const forMs = found['for'] === undefined ? null : durationMs(found['for']);
    const target = found['target'] ?? null;
    if (verb === undefined) problems.push(`"${part}": no such verb; there are: ${VERBS.join(', ')}`);
    else if (atMs === null || (found['for'] !== undefined && forMs === null)) problems.push(`"${part}": a time is a number with s or ms, such as 4s or 250ms`);
    else if (atMs + (forMs ?? 0) > LONGEST_MS) problems.push(`"${part}": it must be over after ${DAYS_MAX} days`);
    else if (verb !== 'heal' && target === null) problems.push(`"${part}": ${verb} whom? leader, old-leader, follower or a node's name`);
    else if (forMs !== null && verb !== 'pause' && verb !== 'partition') problems.push(`"${part}": only pause and partition take "for"`);
    else steps.push({ verb, target, atMs, forMs });
  }
  return { steps: steps.sort((a, b) => a.atMs - b.atMs), problems };
}

/** `4s`, `250ms`, `1.5` (seconds); null when it is none. */
export function durationMs(text: string): number | null {
  const found = /^([0-9]+(?:\.[0-9]+)?)(ms|s)?$/.exec(text);
  return found === null ? null : Number(found[1]) * (found[2] === 'ms' ? 1 : 1_000);
}
