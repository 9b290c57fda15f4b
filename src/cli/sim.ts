import { Command, Option } from 'commander';
import { type Plan, type RunResult, planOf, runPlan, tellRun } from '../../sim/index.ts';
import { writeLine, writeNow } from './output.ts';
import { durationMs } from './demo/script.ts';

/** The simulator's own exit codes. */
const SimExit = { pass: 0, safety: 1, liveness: 2, nondeterminism: 3, vacuous: 4, usage: 64 } as const;

interface RunFlags {
  readonly seed: string;
  readonly nodes?: string;
  readonly voters?: string;
  readonly preset?: 'loopback' | 'lan';
  readonly time?: string;
  readonly codec?: boolean;
  readonly story?: boolean;
  readonly checkDeterminism?: boolean;
  readonly json?: boolean;
}

export function simCommand(): Command {
  return new Command('sim').addCommand(runCommand());
}

function runCommand(): Command {
  return new Command('run')
    .description('one run from a seed: faults, then calm, and a verdict')
    .option('--seed <S>', 'which run: 0 to 4294967295', '1')
    .option('--nodes <N>', 'how many nodes: 1 to 9 (default: drawn, 3 to 7)')
    .option('--voters <N>', 'how many of them vote (default: drawn, 3 or 5)')
    .addOption(new Option('--preset <NAME>', 'timings (default: drawn)').choices(['loopback', 'lan']))
    .option('--time <D>', 'how long things go wrong, such as 60s (default: 40 leases)')
    .option('--codec', 'send messages through the real codec and envelope')
    .option('--story', 'tell what happened, line by line')
    .option('--check-determinism', 'run twice, by reference and through the codec, and compare')
    .option('--json', 'one JSON object per line')
    .addHelpText(
      'after',
      `
Exit code 0: pass. 1: a safety invariant was broken. 2: the cluster did not become whole in time.
3: two runs of one seed differed. 64: bad arguments.

Examples:
  bellwether sim run --seed 7 --nodes 5
  bellwether sim run --seed 7 --nodes 5 --time 120s --story`,
    )
    .action((flags: RunFlags) => {
      process.exitCode = simRun(flags);
    });
}

function simRun(flags: RunFlags): number {
  const problems: string[] = [];
  const whole = (flag: string, text: string | undefined, least: number, most: number): number | undefined => {
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most || text.trim() === '')
      problems.push(`${flag} must be a whole number from ${least} to ${most}; it is "${text}"`);
    return value;
  };
  const seed = whole('--seed', flags.seed, 0, 0xffff_ffff) ?? 1;
  const nodes = whole('--nodes', flags.nodes, 1, 9);
  const voters = whole('--voters', flags.voters, 1, nodes ?? 9);
  const timeMs = flags.time === undefined ? undefined : (durationMs(flags.time) ?? NaN);
  if (timeMs !== undefined && !(timeMs >= 1_000 && timeMs <= 3_600_000)) problems.push(`--time must be from 1s to 3600s; it is "${flags.time}"`);
  if (problems.length > 0) {
    writeNow(`bellwether: ${problems.join('\nbellwether: ')}\n`, 2);
    return SimExit.usage;
  }
  const plan = planOf(seed, { nodes, voters, timing: flags.preset, chaosUs: timeMs === undefined ? undefined : Math.round(timeMs * 1_000) });
  const replay = [
    'bellwether sim run',
    `--seed ${seed}`,
    ...optional('--nodes', flags.nodes),
    ...optional('--voters', flags.voters),
    ...optional('--preset', flags.preset),
    ...optional('--time', flags.time),
    '--story',
  ].join(' ');
  const result = runPlan(plan, { codec: flags.codec === true, trace: flags.story === true ? 'story' : 'hash' });
  const differs = flags.checkDeterminism === true ? differences(plan, result) : [];
  if (flags.json === true) tellJson(result, differs, replay);
  else {
    for (const { atUs, text } of result.story) writeNow(`${(atUs / 1_000_000).toFixed(6).padStart(12)}  ${text}\n`);
    for (const line of tellRun(result, replay)) writeNow(`${line}\n`);
    for (const difference of differs) writeNow(`FAIL (nondeterminism): ${difference}\n`);
    if (flags.checkDeterminism === true && differs.length === 0) writeNow('  The same again, by reference and through the codec: the hashes are equal.\n');
  }
  if (result.verdict !== 'pass') return SimExit[result.verdict];
  return differs.length > 0 ? SimExit.nondeterminism : SimExit.pass;
}

function optional(flag: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${flag} ${value}`];
}

/** The same plan again in every way it can be run; each must give the same hash. */
function differences(plan: Plan, first: RunResult): string[] {
  return [{ codec: false }, { codec: true }].flatMap((options) => {
    const again = runPlan(plan, options);
    return again.traceHash === first.traceHash
      ? []
      : [`${options.codec ? 'through the codec' : 'by reference'} the trace is ${again.traceHash}, not ${first.traceHash}`];
  });
}

function tellJson(result: RunResult, differs: readonly string[], replay: string): void {
  for (const { atUs, node, text } of result.story) writeLine({ event: 'story', atUs, node, text });
  for (const violation of result.violations) writeLine({ event: 'violation', ...violation });
  const { plan, verdict, views, leaders, acquisitions, takeovers, closest, marks, checks, network, events, simulatedUs, traceHash } = result;
  writeLine({
    event: 'verdict',
    schema: 1,
    verdict: verdict === 'pass' && differs.length === 0 ? 'pass' : 'fail',
    failed: verdict === 'pass' ? (differs.length === 0 ? null : 'nondeterminism') : verdict,
    seed: plan.seed,
    nodes: plan.nodes.length,
    voters: plan.voters,
    preset: plan.timing,
    features: plan.features,
    steps: plan.steps.length,
    simulatedUs,
    events,
    acquisitions,
    takeovers,
    closest,
    views,
    leaders,
    checks,
    marks,
    network,
    traceHash,
    replay,
  });
}
