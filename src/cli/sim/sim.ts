import { Command } from 'commander';
import { benchCommand } from './bench.ts';
import { exploreCommand } from './explore.ts';
import { explainCommand, listCommand } from './list.ts';
import { mutantsCommand } from './mutants.ts';
import { pictureCommand } from './picture.ts';
import { replayCommand, runCommand } from './run.ts';
import { shrinkCommand } from './shrink.ts';
import { checkDeterminismCommand, swarmCommand, sweepCommand } from './sweep.ts';

export function simCommand(): Command {
  const sim = new Command('sim');
  for (const command of [
    runCommand(),
    sweepCommand(),
    swarmCommand(),
    replayCommand(),
    shrinkCommand(),
    mutantsCommand(),
    pictureCommand(),
    listCommand(),
    explainCommand(),
    benchCommand(),
    exploreCommand(),
    checkDeterminismCommand(),
  ])
    sim.addCommand(command);
  return sim;
}
