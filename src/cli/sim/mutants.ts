import { Command } from 'commander';
import { MUTANTS } from '../../../sim/host/catalogue.ts';
import { readScenario, scenarioNames } from '../../../sim/host/files.ts';
import { type Score, medianOf, scoreMutants } from '../../../sim/host/score.ts';
import { writeLine, writeNow } from '../output.ts';
import { SimExit, jobsOf, mutantOf, progress, wholeNumber } from './common.ts';

export function mutantsCommand(): Command {
  return new Command('mutants')
    .description('plant known bugs, one at a time; each must be found')
    .argument('[ID...]', 'only these')
    .option('--budget <N>', 'seeds that each may take', '300')
    .option('--sweeps <N>', 'how often, from other first seeds; the median is told', '1')
    .option('--jobs <N>', 'worker threads (default: all processors)')
    .option('--json', 'one JSON object per line')
    .option('--table', 'print the table as Markdown')
    .action(
      async (
        ids: string[],
        flags: { readonly budget: string; readonly sweeps: string; readonly jobs?: string; readonly json?: boolean; readonly table?: boolean },
      ) => {
        const mutants = ids.length === 0 ? MUTANTS : ids.map((id) => mutantOf(id)!);
        const bar = progress(mutants.length, 'mutants');
        const scores = await scoreMutants(mutants, {
          budget: wholeNumber('--budget', flags.budget, 1, 100_000),
          sweeps: wholeNumber('--sweeps', flags.sweeps, 1, 100),
          jobs: jobsOf(flags.jobs),
          scenarios: scenarioNames().map((name) => readScenario(name).plan),
          onScore: () => bar.step(1),
        });
        bar.done();
        const survivors = scores.filter(({ killer }) => killer === null).map(({ id }) => id);
        if (flags.json === true) {
          for (const score of scores) writeLine({ event: 'mutant', ...score });
          writeLine({
            event: 'verdict',
            schema: 1,
            verdict: survivors.length === 0 ? 'pass' : 'fail',
            mutants: scores.length,
            killed: scores.length - survivors.length,
            survivors,
          });
        } else if (flags.table === true) writeNow(tableOf(scores));
        else {
          for (const score of scores)
            writeNow(
              `${score.killer === null ? 'SURVIVED' : 'killed  '}  ${score.id.padEnd(24)} ${(score.killer ?? '').padEnd(22)} ${seedsOf(score).padStart(5)}  ${score.bug}\n`,
            );
          writeNow(survivors.length === 0 ? `PASS: all ${scores.length} mutants were found.\n` : `FAIL: survived: ${survivors.join(', ')}\n`);
        }
        process.exitCode = survivors.length === 0 ? SimExit.pass : SimExit.survivor;
      },
    );
}

function seedsOf(score: Score): string {
  return score.seeds.length === 0 ? '' : String(medianOf(score.seeds));
}

/** As it stands in docs/simulator.md. */
export function tableOf(scores: readonly Score[]): string {
  const rows = scores.map((score) => `| ${score.bug} | \`${score.killer ?? 'survived'}\` | ${seedsOf(score) || 'directed'} |`);
  return `${['| bug | found by | seeds (median) |', '|---|---|---|', ...rows].join('\n')}\n`;
}
