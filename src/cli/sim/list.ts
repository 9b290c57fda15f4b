import { Command } from 'commander';
import { MUTANTS } from '../../../sim/host/catalogue.ts';
import { readScenario, scenarioNames } from '../../../sim/host/files.ts';
import { JUDGED_AFTER } from '../../../sim/check/violation.ts';
import { INVARIANTS } from '../../../sim/index.ts';
import { SCHEDULES, type Shown } from '../../../sim/schedules/catalogue.ts';
import { DIRECTED } from '../../../sim/schedules/directed.ts';
import { scenarioJsonSchema } from '../../../sim/host/scenario.ts';
import { writeLine, writeNow } from '../output.ts';
import { SimExit, SimUsage } from './common.ts';

export function listCommand(): Command {
  return new Command('list')
    .description('scenarios, schedules and what shows each, invariants, mutants')
    .option('--json', 'one JSON object per line')
    .option('--schema', 'print the JSON Schema of scenario files')
    .action((flags: { readonly json?: boolean; readonly schema?: boolean }) => {
      if (flags.schema === true) return writeNow(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
      const scenarios = scenarioNames().map((name) => ({ name, question: readScenario(name).question }));
      if (flags.json === true) {
        for (const scenario of scenarios) writeLine({ event: 'scenario', ...scenario });
        for (const { id, says } of DIRECTED) writeLine({ event: 'schedule', id, says });
        for (const [x, [says, shown]] of Object.entries(SCHEDULES)) writeLine({ event: 'schedule', id: `X${x}`, says, ...shown });
        for (const [id, broken] of Object.entries({ ...INVARIANTS, ...JUDGED_AFTER })) writeLine({ event: 'invariant', id, broken });
        for (const { id, bug, file } of MUTANTS) writeLine({ event: 'mutant', id, bug, file });
        return;
      }
      const section = (title: string, rows: readonly (readonly [string, string])[]): void =>
        writeNow(`${title}\n${rows.map(([name, text]) => `  ${name.padEnd(34)} ${text}\n`).join('')}\n`);
      section(
        'Scenarios (sim run NAME, sim sweep NAME):',
        scenarios.map(({ name, question }) => [name, question]),
      );
      section(
        'Directed schedules:',
        DIRECTED.map(({ id, says }) => [id, says]),
      );
      section(
        'Schedules X1 to X67, and what shows each:',
        Object.entries(SCHEDULES).map(([x, [says, by]]) => [`X${x}  ${shownBy(by)}`, says]),
      );
      section('Invariants (sim explain ID); each says how it is broken:', Object.entries({ ...INVARIANTS, ...JUDGED_AFTER }));
      section(
        'Mutants (sim mutants):',
        MUTANTS.map(({ id, bug }) => [id, bug]),
      );
    });
}

function shownBy(by: Shown): string {
  if ('scenario' in by) return by.scenario;
  if ('directed' in by) return 'directed';
  return 'a test';
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('what an invariant says, and who checks it')
    .argument('<INVARIANT>', 'such as safety.S1')
    .action((id: string) => {
      const all: Readonly<Record<string, string>> = { ...INVARIANTS, ...JUDGED_AFTER };
      if (!Object.hasOwn(all, id)) throw new SimUsage(`there is no invariant '${id}'; there are: ${Object.keys(all).join(', ')}`);
      const when = Object.hasOwn(INVARIANTS, id) ? 'checked at every transition, in true time' : 'judged when runs have ended';
      writeNow(`${id} is broken when ${all[id]}.\nIt is ${when}; docs/invariants.md says it in full.\n`);
      process.exitCode = SimExit.pass;
    });
}
