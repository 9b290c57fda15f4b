import { Command } from 'commander';
import { MUTANTS } from '../../../sim/host/catalogue.ts';
import { readScenario, scenarioNames } from '../../../sim/host/files.ts';
import { type Score, checkMutants, medianOf, scoreMutants } from '../../../sim/host/score.ts';
import { writeLine, writeNow } from '../output.ts';
import { SimExit, SimUsage, jobsOf, mutantOf, progress, readText, wholeNumber, writeText } from './common.ts';

export function mutantsCommand(): Command {
  return new Command('mutants')
    .description('plant known bugs, one at a time; each must be found')
    .argument('[ID...]', 'only these')
    .option('--budget <N>', 'seeds that each may take', '300')
    .option('--sweeps <N>', 'how often, from other first seeds; the median is told', '1')
    .option('--jobs <N>', 'worker threads (default: all processors)')
    .option('--json', 'one JSON object per line')
    .option('--table', 'print the table as Markdown')
    .option('--write', 'write it into README.md and docs/simulator.md of the working directory, between their markers')
    .action(
      async (
        ids: string[],
        flags: {
          readonly budget: string;
          readonly sweeps: string;
          readonly jobs?: string;
          readonly json?: boolean;
          readonly table?: boolean;
          readonly write?: boolean;
        },
      ) => {
        const mutants = ids.length === 0 ? MUTANTS : ids.map((id) => mutantOf(id)!);
        await checkMutants(MUTANTS); // all, also when a few are named: a patch that fits no longer is a bug that nobody looks for
        const bar = progress(mutants.length, 'mutants');
        const scores = await scoreMutants(mutants, {
          budget: wholeNumber('--budget', flags.budget, 1, 100_000),
          sweeps: wholeNumber('--sweeps', flags.sweeps, 1, 100),
          jobs: jobsOf(flags.jobs),
          scenarios: scenarioNames().map((name) => readScenario(name).plan),
          onScore: () => bar.step(1),
        });
        bar.done();
        if (flags.write === true) {
          if (ids.length > 0) throw new SimUsage('--write writes the table of all mutants: name none');
          for (const [file, text] of [
            ['README.md', summaryOf(scores)],
            ['docs/simulator.md', `${headOf(scores, `--budget ${flags.budget} --sweeps ${flags.sweeps}`)}\n\n${tableOf(scores)}`],
          ] as const)
            writeText(file, between(readText(file), text));
        }
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

function headOf(scores: readonly Score[], flags: string): string {
  const found = scores.filter(({ killer }) => killer !== null).length;
  return `${scores.length} bugs, ${found === scores.length ? 'all' : found} found (\`bellwether sim mutants ${flags}\`):`;
}

/** For the README, folded: one line for each invariant that found bugs, the most of them first. */
export function summaryOf(scores: readonly Score[]): string {
  const by = new Map<string, Score[]>();
  for (const score of scores) {
    const killer = score.killer === null ? 'nothing' : score.seeds.length === 0 ? 'a directed schedule or a scenario' : `\`${score.killer}\``;
    by.set(killer, [...(by.get(killer) ?? []), score]);
  }
  const rows = [...by]
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .map(
      ([killer, some]) =>
        `| ${killer} | ${some.length} | ${some.flatMap(({ seeds }) => seeds).length === 0 ? '–' : medianOf(some.flatMap(({ seeds }) => seeds))} |`,
    );
  const found = scores.filter(({ killer }) => killer !== null).length;
  const head = `<details><summary>${scores.length} planted, ${found} found</summary>`;
  return `${[head, '', '| found by | planted bugs | seeds needed (median) |', '|---|---|---|', ...rows, '', '</details>'].join('\n')}\n`;
}

const [BEGIN, END] = ['<!-- mutants -->', '<!-- /mutants -->'];

/** `text` with what is between its markers replaced. @throws SimUsage where there are none. */
export function between(text: string, content: string): string {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new SimUsage(`there is no ${BEGIN} … ${END}`);
  return `${text.slice(0, from + BEGIN.length)}\n\n${content.trim()}\n\n${text.slice(to)}`;
}

/** As it stands in docs/simulator.md. */
export function tableOf(scores: readonly Score[]): string {
  const rows = scores.map((score) => `| ${score.bug} | \`${score.killer ?? 'survived'}\` | ${seedsOf(score) || 'directed'} |`);
  return `${['| bug | found by | seeds (median) |', '|---|---|---|', ...rows].join('\n')}\n`;
}
