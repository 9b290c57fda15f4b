#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { BellwetherError } from '../core/errors.ts';
import { Exit, UsageError, writeNow } from './output.ts';
import { version } from './version.ts';

/** The simulator says bad arguments and our own mistakes its own way, because 1 and 2 are verdicts there. */
const SIM_USAGE = 64;
const SIM_INTERNAL = 70;

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));

/** Each command's file is loaded only when it is asked for. */
const COMMANDS: Readonly<Record<string, readonly [about: string, load: () => Promise<Command>]>> = {
  demo: ['start N local processes that elect a leader; kill it and watch', async () => (await import('./demo/demo.ts')).demoCommand()],
  agent: ['run one node in the foreground', async () => (await import('./agent.ts')).agentCommand()],
  exec: ['run a command only while this node leads', async () => (await import('./exec/exec.ts')).execCommand()],
  members: ['who is there, as a running agent sees it', async () => (await import('./ask.ts')).membersCommand()],
  leader: ['who leads, as a running agent sees it', async () => (await import('./ask.ts')).leaderCommand()],
  voters: ['show or change who votes, through a running agent', async () => (await import('./ask.ts')).votersCommand()],
  sim: ['run the protocol in the simulator', async () => (await import('./sim/sim.ts')).simCommand()],
};

async function main(): Promise<number> {
  const program = new Command('bellwether')
    .description('Who is alive and who leads, among services on a LAN or at the edge, with no store beside them.')
    .version(version())
    .addHelpText('after', '\nTry: bellwether demo');
  const asked = words[0] === 'help' ? words[1] : words[0];
  for (const [name, [about, load]] of Object.entries(COMMANDS)) {
    const command = name === asked ? await load() : new Command(name).allowUnknownOption().helpOption(false);
    program.addCommand(command.description(about));
  }
  speakAndEndAsWeDo(program);
  await program.parseAsync();
  return typeof process.exitCode === 'number' ? process.exitCode : Exit.ok;
}

/** Each command by itself: what is added to another inherits nothing from it. */
function speakAndEndAsWeDo(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: (text) => writeNow(text), writeErr: (text) => writeNow(text, 2) });
  for (const sub of command.commands) speakAndEndAsWeDo(sub);
}

/** One clear message, and the code that says whose fault it was. */
function explainFailure(error: unknown): number {
  const isSim = words[0] === 'sim';
  if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.ok : isSim ? SIM_USAGE : Exit.usage; // it has printed its own words
  if (error instanceof Error && ['SimUsage', 'ScenarioError'].includes(error.constructor.name)) {
    writeNow(`bellwether: ${error.message}\n`, 2);
    return SIM_USAGE;
  }
  const isUsage = error instanceof UsageError || (error instanceof BellwetherError && (error.code === 'ERR_OPTIONS' || error.code === 'ERR_NAME_CONFLICT'));
  if (isUsage && !isSim) {
    writeNow(`bellwether: ${error.message}\n`, 2);
    return Exit.usage;
  }
  writeNow(
    `bellwether: ${error instanceof BellwetherError ? `${error.message} (${error.code})` : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    2,
  );
  return isSim ? SIM_INTERNAL : Exit.failed;
}

process.exitCode = await main().catch(explainFailure);
