import { Command, Option } from 'commander';
import { exploreAll } from '../../../sim/host/pool.ts';
import { tellRounds } from '../../../sim/exhaustive/explore.ts';
import { exploreFounding, groupsOf } from '../../../sim/exhaustive/founding.ts';
import { exploreQuietStart } from '../../../sim/exhaustive/quiet-start.ts';
import {
  ONE_CHANGER,
  ONE_THAT_GOES,
  RECONFIGURATION_RULES,
  RULE_IDS,
  TWO_CHANGERS,
  TWO_LONERS,
  exploreReconfiguration,
} from '../../../sim/exhaustive/reconfiguration.ts';
import { writeLine, writeNow } from '../output.ts';
import { SimExit, jobsOf, mutantOf, timeUs, wholeNumber } from './common.ts';
import { exploreMessages } from './explore-messages.ts';

export function exploreCommand(): Command {
  return new Command('explore')
    .description('every interleaving of a small world: three voters, two candidates; by rounds of a quarter lease, or (--messages) by single datagrams')
    .option('--depth <N>', 'rounds (a lease is four; default 3); with --messages steps (default: as many as the budget allows)')
    .option('--restarts <N>', 'crashes with a restart on one path', '1')
    .option('--lates <N>', 'rounds of late datagrams on one path', '1')
    .option('--pauses <N>', 'rounds, or ticks, in which somebody stands still on one path', '1')
    .option('--messages', 'at the grain of single datagrams: each may arrive at any time, again, or never; a tick is a third of a lease')
    .option('--budget <D>', 'with --messages: time for each start, such as 30s or 5min', '30s')
    .option('--resigns <N>', 'with --messages: how often a leader resigns on one path', '1')
    .option('--start <NAME>', 'with --messages: only from this start')
    .option('--quiet-start', 'instead: all of quiet start, as a model of three voters and --restarts lives that end')
    .option('--founding', 'instead: how five nodes find three voters, as a model, and --restarts lives that end')
    .option('--reconfiguration', 'instead: voters that change, as a model of a job with --ballots and --restarts, and of two who change at once')
    .option('--ballots <N>', 'with --reconfiguration: highest ballot of the job', '1')
    .addOption(new Option('--without <RULE>', 'with --reconfiguration: drop this rule (config.*) first').choices(Object.keys(RULE_IDS)))
    .option('--mutant <ID>', 'plant this bug first')
    .option('--jobs <N>', 'worker threads (default: all processors)')
    .option('--json', 'one JSON object per line')
    .action(
      async (flags: {
        readonly depth?: string;
        readonly messages?: boolean;
        readonly budget: string;
        readonly resigns: string;
        readonly start?: string;
        readonly restarts: string;
        readonly lates: string;
        readonly pauses: string;
        readonly quietStart?: boolean;
        readonly founding?: boolean;
        readonly reconfiguration?: boolean;
        readonly ballots: string;
        readonly without?: string;
        readonly mutant?: string;
        readonly jobs?: string;
        readonly json?: boolean;
      }) => {
        if (flags.messages === true) {
          const wish = {
            depth: flags.depth === undefined ? null : wholeNumber('--depth', flags.depth, 1, 1_000),
            restarts: wholeNumber('--restarts', flags.restarts, 0, 3),
            resigns: wholeNumber('--resigns', flags.resigns, 0, 3),
            pauses: wholeNumber('--pauses', flags.pauses, 0, 3),
            budgetMs: timeUs(flags.budget, '--budget')! / 1_000,
            start: flags.start ?? null,
          };
          return exploreMessages(wish, jobsOf(flags.jobs), mutantOf(flags.mutant) ?? null, flags.json === true);
        }
        const bounds = {
          depth: wholeNumber('--depth', flags.depth ?? '3', 1, 20),
          restarts: wholeNumber('--restarts', flags.restarts, 0, 5),
          lates: wholeNumber('--lates', flags.lates, 0, 5),
          pauses: wholeNumber('--pauses', flags.pauses, 0, 5),
        };
        const { restarts } = bounds;
        const json = flags.json === true;
        if (flags.quietStart === true) {
          tellModel('quiet start', { restarts }, json, () => exploreQuietStart(restarts));
          return;
        }
        if (flags.founding === true) {
          tellModel('founding', { restarts }, json, () => exploreFounding(restarts, restarts === 0 ? groupsOf('abcde', 3) : ['abc', 'cde']));
          return;
        }
        if (flags.reconfiguration === true) {
          const ballots = wholeNumber('--ballots', flags.ballots, 1, 9);
          const rules = flags.without === undefined ? RECONFIGURATION_RULES : { ...RECONFIGURATION_RULES, [RULE_IDS[flags.without]!]: false };
          const worlds = [
            { ...ONE_CHANGER, ballots, restarts },
            { ...TWO_CHANGERS, restarts },
            { ...TWO_LONERS, restarts },
            { ...ONE_THAT_GOES, restarts },
          ];
          worlds.every((world) => tellModel('reconfiguration', world, json, () => exploreReconfiguration(world, rules)));
          return;
        }
        const startedMs = Date.now();
        const { states, transitions, depth, counterexample } = await exploreAll(bounds, jobsOf(flags.jobs), mutantOf(flags.mutant) ?? null);
        const seconds = (Date.now() - startedMs) / 1000;
        if (json)
          writeLine({
            event: 'verdict',
            schema: 1,
            verdict: counterexample === null ? 'pass' : 'fail',
            states,
            transitions,
            depth,
            seconds,
            bounds,
            counterexample,
          });
        else {
          writeNow(`${states} states, ${transitions} transitions, ${depth} rounds explored whole, in ${seconds.toFixed(1)} s\n`);
          if (counterexample === null) writeNow('PASS: none of them is bad.\n');
          else
            writeNow(
              `FAIL (${counterexample.finding.invariant}): ${counterexample.finding.words}\n  start: ${counterexample.start}\n${tellRounds(
                counterexample.rounds,
              )
                .map((line) => `  ${line}\n`)
                .join('')}`,
            );
        }
        process.exitCode = counterexample === null ? SimExit.pass : SimExit.safety;
      },
    );
}

interface ModelExploration {
  readonly states: number;
  readonly transitions: number;
  readonly counterexample: readonly string[] | null;
}

/** Explores a model whole and tells what was found. @returns Whether nothing bad was. */
function tellModel(model: string, bounds: object, json: boolean, explore: () => ModelExploration): boolean {
  const startedMs = Date.now();
  const { states, transitions, counterexample } = explore();
  const seconds = (Date.now() - startedMs) / 1000;
  const isGood = counterexample === null;
  if (json) writeLine({ event: 'verdict', schema: 1, verdict: isGood ? 'pass' : 'fail', model, states, transitions, bounds, seconds, counterexample });
  else {
    writeNow(`${model}: ${states} states, ${transitions} transitions, ${isGood ? 'the whole space, ' : ''}in ${seconds.toFixed(1)} s\n`);
    writeNow(isGood ? 'PASS: none of them is bad.\n' : `FAIL\n${counterexample.map((line) => `  ${line}\n`).join('')}`);
  }
  process.exitCode = isGood ? SimExit.pass : SimExit.safety;
  return isGood;
}
