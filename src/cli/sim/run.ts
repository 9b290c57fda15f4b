import { Command, Option } from 'commander';
import { readScenario } from '../../../sim/host/files.ts';
import { openWorker } from '../../../sim/host/pool.ts';
import { type Plan, type RunResult, planOf, runPlan, tellRun } from '../../../sim/index.ts';
import { writeLine, writeNow } from '../output.ts';
import { type SeedFlags, SimExit, mutantOf, refuseSeedFlags, wantedOf, wholeNumber } from './common.ts';

interface RunFlags extends SeedFlags {
  readonly seed?: string;
  readonly codec?: boolean;
  readonly story?: boolean;
  readonly checkDeterminism?: boolean;
  readonly mutant?: string;
  readonly json?: boolean;
}

export function runCommand(): Command {
  return options(
    new Command('run')
      .description('one run, of a scenario or from a seed: faults, then calm, and a verdict')
      .argument('[NAME|FILE]', 'a scenario; without it the seed decides'),
  )
    .option('--seed <S>', "which run: 0 to 4294967295 (default: the scenario's, or 1)")
    .option('--nodes <N>', 'how many nodes: 1 to 9, or A..B as the swarm was told (default: drawn, 3 to 7)')
    .option('--voters <N>', 'how many of them vote; there are at least so many nodes (default: drawn, 3 or 5)')
    .addOption(new Option('--preset <NAME>', 'timings (default: drawn)').choices(['loopback', 'lan']))
    .option('--time <D>', 'how long things go wrong, such as 60s or 10min (default: 40 leases)')
    .addHelpText(
      'after',
      `
Exit code 0: pass. 1: a safety invariant was broken. 2: not whole in time, or an expectation missed.
3: two runs of one plan differed. 4: a required mark was never hit. 64: bad arguments.

Examples:
  bellwether sim run isolate-leader-heals
  bellwether sim run --seed 7 --nodes 5 --story`,
    )
    .action(async (name: string | undefined, flags: RunFlags) => {
      process.exitCode = await simRun(name, flags);
    });
}

export function replayCommand(): Command {
  return options(new Command('replay').description('run a scenario file, or a seed, and tell its story').argument('<SEED|FILE>', 'what failed')).action(
    async (what: string, flags: RunFlags) => {
      process.exitCode = await simRun(/^[0-9]+$/.test(what) ? undefined : what, { ...flags, ...(/^[0-9]+$/.test(what) ? { seed: what } : {}), story: true });
    },
  );
}

function options(command: Command): Command {
  return command
    .option('--codec', 'send messages through the real codec and envelope')
    .option('--story', 'tell what happened, line by line')
    .option('--check-determinism', 'run twice, by reference and through the codec, and compare')
    .option('--mutant <ID>', 'plant this bug first')
    .option('--json', 'one JSON object per line');
}

async function simRun(name: string | undefined, flags: RunFlags): Promise<number> {
  const seed = flags.seed === undefined ? undefined : wholeNumber('--seed', flags.seed, 0, 0xffff_ffff);
  if (name !== undefined) refuseSeedFlags(flags);
  const plan = name === undefined ? planOf(seed ?? 1, wantedOf(flags)(seed ?? 1)) : readScenario(name, seed).plan;
  const replay = [
    'bellwether sim run',
    ...(name === undefined ? [`--seed ${plan.seed}`] : [name, ...(seed === undefined ? [] : [`--seed ${seed}`])]),
    ...(['nodes', 'voters', 'preset', 'time', 'mutant'] as const).flatMap((flag) => (flags[flag] === undefined ? [] : [`--${flag} ${flags[flag]}`])),
    '--story',
  ].join(' ');
  if (flags.mutant !== undefined) return mutantRun(plan, flags);
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

/** With a planted bug: in a worker, because the patch is put in as the modules are loaded. */
async function mutantRun(plan: Plan, flags: RunFlags): Promise<number> {
  const worker = openWorker(mutantOf(flags.mutant)!);
  try {
    const [row] = await worker.run([plan]);
    if (flags.json === true) writeLine({ event: 'verdict', schema: 1, ...row, verdict: row!.verdict === 'pass' ? 'pass' : 'fail', failed: row!.verdict });
    else
      writeNow(
        `seed ${plan.seed} with the bug '${flags.mutant}': ${row!.verdict}${row!.invariant === null ? '' : ` ${row!.invariant}`}${row!.words === null ? '' : `: ${row!.words}`}\n`,
      );
    return SimExit[row!.verdict];
  } finally {
    await worker.close();
  }
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
