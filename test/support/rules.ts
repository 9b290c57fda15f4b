import type { Source } from './source.ts';

/** Folders where nothing may depend on the machine: no clock, no dice, no socket, no promise. */
export const GUARDED = ['src/core/', 'src/membership/', 'src/election/', 'src/partition/', 'sim/kernel/', 'sim/world/', 'sim/check/', 'sim/plan/'];

/** Results of Math.log and its kin differ between processors and Node versions; the rest is time, chance or waiting. */
export const BANNED = new Set([
  'Date',
  'Math.random',
  'Math.log',
  'Math.log1p',
  'Math.log2',
  'Math.log10',
  'Math.exp',
  'Math.pow',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'crypto',
  'async',
  'await',
  'Promise',
  'globalThis',
  'console',
  'Buffer',
]);

/** What joins the cores, and is still without a machine: the simulator runs it. */
const SHELL = [
  'src/node.ts',
  'src/node-core.ts',
  'src/per-partition.ts',
  'src/fit-watch.ts',
  'src/partition-lease.ts',
  'src/events.ts',
  'src/alarms.ts',
  'src/untold.ts',
  'src/campaigns.ts',
  'src/standing.ts',
  'src/lease.ts',
  'src/lead.ts',
  'src/observe.ts',
  'src/watches.ts',
  'src/candidacy.ts',
  'src/member-batches.ts',
  'src/silence-watch.ts',
  'src/confirmations.ts',
  'src/overruns.ts',
  'src/health.ts',
  'src/node-tap.ts',
  'src/jeopardy-watch.ts',
  'src/payloads.ts',
  'src/semaphore.ts',
  'src/fencing.ts',
  'src/turns.ts',
  'src/voters.ts',
  'src/spares.ts',
  'src/foreign.ts',
  'src/explain.ts',
  'src/options.ts',
];

/** File or folder → what of ours it may import. */
const MAY_IMPORT: readonly (readonly [from: string, to: readonly string[]])[] = [
  ['src/core/', ['src/core/']],
  ['src/membership/', ['src/core/', 'src/membership/']],
  ['src/election/', ['src/core/', 'src/election/']],
  ['src/partition/', ['src/core/', 'src/partition/']],
  ['src/transport/', ['src/core/', 'src/transport/']],
  ['src/wire.ts', ['src/core/', 'src/membership/', 'src/election/', 'src/partition/', 'src/transport/envelope.ts', 'src/transport/transport.ts']],
  ['src/runtime.ts', ['src/core/', 'src/election/leader-clock.ts']],
  ['src/options-schema.ts', ['src/core/', 'src/membership/', 'src/election/outbox.ts', 'src/options.ts', 'src/payloads.ts']],
  ...SHELL.map((file) => [file, ['src/core/', 'src/membership/', 'src/election/', 'src/partition/', 'src/wire.ts', ...SHELL]] as const),
  [
    'src/create-node.ts',
    [
      'src/core/',
      'src/transport/',
      'src/wire.ts',
      'src/runtime.ts',
      'src/remembered.ts',
      'src/seeds.ts',
      'src/state-file.ts',
      'src/last-breath.ts',
      'src/watchdog.ts',
      'src/options-schema.ts',
      ...SHELL,
    ],
  ],
  ['src/remembered.ts', ['src/core/', 'src/node.ts']],
  ['src/state-file.ts', ['src/core/', 'src/election/']],
  ['src/last-breath.ts', ['src/core/', 'src/node.ts']],
  ['src/last-will.ts', ['src/core/', 'src/election/', 'src/node-core.ts']],
  ['src/watchdog.ts', ['src/node.ts']],
  ['src/watchdog-thread.ts', []],
  ['src/seeds.ts', ['src/core/', 'src/node.ts', 'src/remembered.ts']],
  ['src/index.ts', ['src/core/', 'src/membership/', 'src/election/', 'src/partition/', 'src/create-node.ts', ...SHELL]],
  ['src/cli/sim/', ['src/', 'sim/']],
  ['src/cli/', ['src/']],
  [
    'sim/',
    [
      'src/core/',
      'src/membership/',
      'src/election/',
      'src/partition/',
      'src/transport/transport.ts',
      'src/transport/envelope.ts',
      'src/wire.ts',
      ...SHELL,
      'sim/',
    ],
  ],
];

/** Where the machine may be touched. */
const MACHINE = [
  'src/runtime.ts',
  'src/create-node.ts',
  'src/remembered.ts',
  'src/state-file.ts',
  'src/seeds.ts',
  'src/watchdog.ts',
  'src/watchdog-thread.ts',
  'src/transport/',
  'src/cli/',
  'sim/host/',
];

/** Packages, and who may import them; anybody else may not. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'pure-rand': ['src/core/random.ts'],
  msgpackr: ['src/wire.ts'],
  hyperid: ['src/runtime.ts'],
  valibot: ['src/options-schema.ts', 'sim/host/'],
  '@valibot/to-json-schema': ['sim/host/'],
  commander: ['src/cli/'],
  pino: ['src/cli/'],
  'log-update': ['src/cli/'],
  'slice-ansi': ['src/cli/'],
};

const within = (path: string, places: readonly string[]): boolean => places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));

/** The rules a file breaks, each with file, line and rule. */
export function brokenRules(source: Source): string[] {
  const broken: string[] = [];
  const complain = (line: number, rule: string): void => void broken.push(`${source.path}:${line}: ${rule}`);
  const allowed = MAY_IMPORT.find(([from]) => within(source.path, [from]))?.[1];
  for (const { target, line } of source.imports) {
    if (target.startsWith('node:')) {
      if (!within(source.path, MACHINE)) complain(line, `imports ${target}; only ${MACHINE.join(', ')} may touch the machine`);
    } else if (target.startsWith('src/') || target.startsWith('sim/')) {
      if (allowed === undefined || !within(target, allowed))
        complain(line, `imports ${target}; it may import ${allowed?.join(', ') ?? 'nothing of ours'} only`);
    } else {
      const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target.split('/')[0]!;
      if (!within(source.path, PACKAGES[name] ?? []))
        complain(line, `imports the package ${name}; ${PACKAGES[name] === undefined ? 'nobody may' : `only ${PACKAGES[name].join(', ')} may`}`);
    }
  }
  if (within(source.path, GUARDED)) {
    for (const { word, line } of source.words)
      if (BANNED.has(word)) complain(line, `uses ${word}, which a core may not: time, chance and waiting are arguments`);
  }
  if (source.hasDefaultExport) complain(1, 'has a default export; names are given once');
  if (source.lines > LINES_MAX) complain(source.lines, `has ${source.lines} lines; a file above ${LINES_MAX} wants splitting`);
  return broken;
}

export const LINES_MAX = 600;
