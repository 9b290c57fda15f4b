import { Command, Option } from 'commander';
import { readScenario } from '../../../sim/host/files.ts';
import { type Task, runTasks, seedTasks } from '../../../sim/host/pool.ts';
import { type RunSummary, type SweepReport, isExcusedTooOften, sweepReport } from '../../../sim/host/summary.ts';
import { type Plan, Trace, firstDifference, planOf, runPlan } from '../../../sim/index.ts';
import { writeLine, writeNow } from '../output.ts';
import { keepBugs } from './keep.ts';
import {
  INTERRUPTED,
  type SeedFlags,
  SimExit,
  exitOf,
  interruptible,
  jobsOf,
  mutantOf,
  progress,
  range,
  ruleOfThree,
  wantedOf,
  wholeNumber,
} from './common.ts';

interface SweepFlags extends SeedFlags {
  readonly seeds: string;
  readonly jobs?: string;
  readonly mutant?: string;
  readonly keep?: string;
  readonly json?: boolean;
}

/** One seed in so many goes through the codec, too. */
const CODEC_EVERY = 20;

/** Marks that a swarm must have hit when it is this large. */
const VACUOUS_FROM = 200;
const REQUIRED = [
  'leader-crash',
  'leader-in-minority',
  'leader-paused-past-T',
  'voter-restart-within-T',
  'all-down',
  'cut-one-way',
  'cut-shape',
  'jam-released',
  'wall-step',
  'drift-change',
  'leave',
  'slow-processor',
  'lying-view',
  'reclaim',
  'roll',
  'lost-preempted',
  'voter-handed-on',
  'not-written',
  'founded',
  'lease-shortened',
  'disaster',
];

export function swarmCommand(): Command {
  return common(new Command('swarm').description('many runs from seeds, each with other faults'))
    .option('--seeds <A..B>', 'which runs', '1..200')
    .option('--nodes <A..B>', 'how many nodes (default: drawn, 3 to 7)')
    .option('--voters <N>', 'how many of them vote; there are at least so many nodes (default: drawn)')
    .addOption(new Option('--preset <NAME>', 'timings (default: drawn)').choices(['loopback', 'lan']))
    .option('--time <D>', 'how long things go wrong in each, such as 10min (default: 40 leases)')
    .addHelpText('after', '\nThe report is the same for any number of --jobs.\n\nExample:\n  bellwether sim swarm --seeds 1..1000 --nodes 3..9')
    .action(async (flags: SweepFlags) => {
      const [from, to] = range('--seeds', flags.seeds, 0, 0xffff_ffff);
      const wanted = wantedOf(flags);
      const tasks = flags.nodes === undefined ? seedTasks(from, to, wanted(from), CODEC_EVERY) : sizedTasks(from, to, wanted);
      process.exitCode = await sweep(
        tasks,
        to - from + 1,
        flags,
        {
          replayOf: (row) => `bellwether sim run --seed ${row.seed}${flags.nodes === undefined ? '' : ` --nodes ${wanted(row.seed).nodes}`}${extra(flags)}`,
          planOf: (row) => planOf(row.seed, wanted(row.seed)),
        },
        true,
      );
    });
}

export function sweepCommand(): Command {
  return common(new Command('sweep').description('one scenario under many seeds').argument('<NAME|FILE>', 'a scenario'))
    .option('--seeds <A..B>', 'which seeds', '1..200')
    .action(async (name: string, flags: SweepFlags) => {
      const [from, to] = range('--seeds', flags.seeds, 0, 0xffff_ffff);
      const tasks: Task[] = [];
      for (let seed = from; seed <= to; seed += 1)
        tasks.push({ id: tasks.length, seeds: [], wanted: {}, plans: [readScenario(name, seed).plan], codecEvery: CODEC_EVERY, untilFailure: false });
      process.exitCode = await sweep(
        tasks,
        to - from + 1,
        flags,
        { replayOf: (row) => `bellwether sim run ${name} --seed ${row.seed} --story`, planOf: (row) => readScenario(name, row.seed).plan },
        false,
      );
    });
}

export function checkDeterminismCommand(): Command {
  return new Command('check-determinism')
    .description('each seed twice by reference and once through the codec; all must agree')
    .option('--seeds <N>', 'how many seeds', '50')
    .option('--jobs <N>', 'worker threads (default: all processors)')
    .option('--json', 'one JSON object per line')
    .action(async (flags: { readonly seeds: string; readonly jobs?: string; readonly json?: boolean }) => {
      const count = wholeNumber('--seeds', flags.seeds, 1, 1_000_000);
      const bar = progress(count, 'seeds');
      const tasks = seedTasks(1, count, {}, 1).map((task) => ({ ...task, twice: true }));
      const rows = await runTasks(tasks, { jobs: jobsOf(flags.jobs), onRows: (some) => bar.step(some.length) });
      bar.done();
      const differ = rows
        .filter(({ verdict }) => verdict === 'internal')
        .map(({ seed }) => seed)
        .sort((a, b) => a - b);
      const parted = differ.length === 0 ? null : whereTheyPart(planOf(differ[0]!));
      if (flags.json === true) writeLine({ event: 'verdict', schema: 1, verdict: differ.length === 0 ? 'pass' : 'fail', seeds: count, differ, parted });
      else
        writeNow(
          differ.length === 0
            ? `PASS: ${count} seeds gave the same trace three times.\n`
            : `FAIL (resource.R2, nondeterminism): seeds ${differ.join(', ')}\n${parted === null ? '' : `seed ${differ[0]} parts at event ${parted.event}: ${parted.first} and ${parted.second}\n`}`,
        );
      process.exitCode = differ.length === 0 ? SimExit.pass : SimExit.nondeterminism;
    });
}

/** The first event that differs between two runs of a plan, or between its run by reference and through the codec. */
function whereTheyPart(plan: Plan): ReturnType<typeof firstDifference> {
  const full = (codec: boolean): Trace => {
    const trace = new Trace('full');
    runPlan(plan, { trace, codec });
    return trace;
  };
  const first = full(false);
  return firstDifference(first, full(false)) ?? firstDifference(first, full(true));
}

function common(command: Command): Command {
  return command
    .option('--jobs <N>', 'worker threads (default: all processors)')
    .option('--mutant <ID>', 'plant this bug first')
    .option('--keep <DIR>', 'write the plans of failures there, as they were and shrunk')
    .option('--json', 'one JSON object per line');
}

function sizedTasks(from: number, to: number, wanted: ReturnType<typeof wantedOf>): Task[] {
  const tasks: Task[] = [];
  for (let seed = from; seed <= to; seed += 1)
    tasks.push({ id: tasks.length, seeds: [seed], wanted: wanted(seed), codecEvery: CODEC_EVERY, untilFailure: false });
  return tasks;
}

function extra(flags: SweepFlags): string {
  return ` ${flags.voters === undefined ? '' : `--voters ${flags.voters} `}${flags.preset === undefined ? '' : `--preset ${flags.preset} `}${flags.time === undefined ? '' : `--time ${flags.time} `}${flags.mutant === undefined ? '' : `--mutant ${flags.mutant} `}--story`;
}

/** How a run of a sweep is had again. */
interface Again {
  readonly replayOf: (row: RunSummary) => string;
  readonly planOf: (row: RunSummary) => Plan;
}

async function sweep(tasks: readonly Task[], total: number, flags: SweepFlags, again: Again, isSwarm: boolean): Promise<number> {
  const bar = progress(total, 'runs');
  const interrupt = interruptible();
  let failed = 0;
  const rows = await runTasks(tasks, {
    jobs: jobsOf(flags.jobs),
    mutant: mutantOf(flags.mutant),
    onRows: (some) => {
      failed += some.filter(({ verdict }) => verdict !== 'pass').length;
      bar.step(some.length, failed === 0 ? '' : `${failed} failed`);
    },
    enough: interrupt.isStopped,
  });
  bar.done();
  interrupt.done();
  const report = sweepReport(rows);
  const missing = total - report.seeds;
  const unhit =
    isSwarm && missing === 0 && report.seeds >= VACUOUS_FROM && report.failures.length === 0 ? REQUIRED.filter((mark) => report.marks[mark] === undefined) : [];
  const code =
    report.failures.length > 0 ? exitOf(report) : unhit.length > 0 || isExcusedTooOften(report) ? SimExit.vacuous : missing > 0 ? INTERRUPTED : SimExit.pass;
  if (flags.json === true) tellJson(report, code, again.replayOf);
  else tell(report, unhit, missing, again.replayOf);
  if (flags.keep !== undefined)
    await keepBugs(flags.keep, report.failures.map(again.planOf), mutantOf(flags.mutant), (words) =>
      flags.json === true
        ? writeLine({ event: 'kept', ...words })
        : writeNow(`kept as ${words.file} (${words.steps} steps) and ${words.small} (${words.smallSteps})\n`),
    );
  return code;
}

function tell(report: SweepReport, unhit: readonly string[], missing: number, replayOf: (row: RunSummary) => string): void {
  const { closest } = report;
  const lines = [
    `${report.seeds} runs, ${(report.simulatedUs / 3_600_000_000).toFixed(2)} simulated hours, ${report.events} events, ${report.datagrams} datagrams`,
    `${report.acquisitions} tenures, ${report.takeovers} takeovers; closest call ${closest === null ? 'none' : `${closest.slackUs} µs (seed ${closest.seed}: ${closest.from} to ${closest.to})`}`,
    `marks: ${Object.entries(report.marks)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    `report ${report.reportHash}`,
    ...Object.entries(report.excused).map(([reason, count]) => `excused: ${count} runs could not become whole in time: ${reason}`),
  ];
  for (const row of report.failures.slice(0, 5))
    lines.push(`seed ${row.seed}: ${row.verdict}${row.invariant === null ? '' : ` ${row.invariant}`}: ${row.words ?? ''}`, `  replay: ${replayOf(row)}`);
  if (report.failures.length > 5) lines.push(`and ${report.failures.length - 5} more`);
  if (unhit.length > 0) lines.push(`FAIL (vacuous): never hit: ${unhit.join(', ')}`);
  else if (isExcusedTooOften(report)) lines.push('FAIL (vacuous): so many runs were excused that the others prove little');
  else if (missing > 0 && report.failures.length === 0) lines.push(`STOPPED with ${missing} runs to go. ${ruleOfThree(report)}`);
  else lines.push(report.failures.length === 0 ? `PASS. ${ruleOfThree(report)}` : 'FAIL');
  writeNow(`${lines.join('\n')}\n`);
}

function tellJson(report: SweepReport, code: number, replayOf: (row: RunSummary) => string): void {
  for (const row of report.failures) writeLine({ event: 'failure', ...row, replay: replayOf(row) });
  const { seeds, failures, checks, marks, reportHash, acquisitions, takeovers, closest, events, datagrams, simulatedUs } = report;
  writeLine({
    event: 'verdict',
    schema: 1,
    verdict: code === SimExit.pass ? 'pass' : code === INTERRUPTED ? 'stopped' : 'fail',
    seeds,
    violations: failures.length,
    excused: report.excused,
    checks,
    marks,
    reportHash,
    acquisitions,
    takeovers,
    closest,
    events,
    datagrams,
    simulatedUs,
  });
}
