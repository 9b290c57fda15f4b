import { Command } from 'commander';
import { exploreAll } from '../../../sim/host/pool.ts';
import { tellRounds } from '../../../sim/exhaustive/explore.ts';
import { exploreQuietStart } from '../../../sim/exhaustive/quiet-start.ts';
import { writeLine, writeNow } from '../output.ts';
import { SimExit, jobsOf, mutantOf, wholeNumber } from './common.ts';

export function exploreCommand(): Command {
  return new Command('explore')
    .description('every interleaving of a small world: three voters, two candidates, coarse time')
    .option('--depth <N>', 'rounds (a lease is four)', '3')
    .option('--restarts <N>', 'crashes with a restart on one path', '1')
    .option('--lates <N>', 'rounds of late datagrams on one path', '1')
    .option('--pauses <N>', 'rounds in which somebody stands still on one path', '1')
    .option('--quiet-start', 'instead: all of quiet start, as a model of three voters and --restarts lives that end')
    .option('--mutant <ID>', 'plant this bug first')
    .option('--jobs <N>', 'worker threads (default: all processors)')
    .option('--json', 'one JSON object per line')
    .action(
      async (flags: {
        readonly depth: string;
        readonly restarts: string;
        readonly lates: string;
        readonly pauses: string;
        readonly quietStart?: boolean;
        readonly mutant?: string;
        readonly jobs?: string;
        readonly json?: boolean;
      }) => {
        const bounds = {
          depth: wholeNumber('--depth', flags.depth, 1, 20),
          restarts: wholeNumber('--restarts', flags.restarts, 0, 5),
          lates: wholeNumber('--lates', flags.lates, 0, 5),
          pauses: wholeNumber('--pauses', flags.pauses, 0, 5),
        };
        if (flags.quietStart === true) return quietStart(bounds.restarts, flags.json === true);
        const startedMs = Date.now();
        const { states, transitions, depth, counterexample } = await exploreAll(bounds, jobsOf(flags.jobs), mutantOf(flags.mutant) ?? null);
        const seconds = (Date.now() - startedMs) / 1000;
        if (flags.json === true)
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

function quietStart(restarts: number, json: boolean): void {
  const startedMs = Date.now();
  const { states, transitions, counterexample } = exploreQuietStart(restarts);
  const seconds = (Date.now() - startedMs) / 1000;
  const verdict = counterexample === null ? 'pass' : 'fail';
  if (json) writeLine({ event: 'verdict', schema: 1, verdict, states, transitions, restarts, seconds, counterexample });
  else {
    writeNow(`${states} states, ${transitions} transitions, the whole space, in ${seconds.toFixed(1)} s\n`);
    writeNow(counterexample === null ? 'PASS: none of them is bad.\n' : `FAIL (safety.S1)\n${counterexample.map((line) => `  ${line}\n`).join('')}`);
  }
  process.exitCode = counterexample === null ? SimExit.pass : SimExit.safety;
}
