import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { Address } from '../../core/address.ts';
import { BellwetherError } from '../../core/errors.ts';
import { ms } from '../../core/time.ts';
import { openNode } from '../../create-node.ts';
import type { Leadership } from '../../lead.ts';
import { createUdpTransport } from '../../transport/udp.ts';
import { type AgentFlags, addAgentOptions, planAgent } from '../agent-options.ts';
import { loggerOf } from '../log.ts';
import { humanLine, nameTaken, tellEvents } from '../node-lines.ts';
import { Exit, type Line, UsageError, lineOf, writeNow } from '../output.ts';
import { GuardedCommand, type Outcome } from './command.ts';

/** As a shell says it. */
const NOT_FOUND = 127;
const SIGNAL_BASE = 128;

export function execCommand(): Command {
  return addAgentOptions(new Command('exec'), { control: false })
    .option('--verbose', 'tell every event of the node on standard error, not only what concerns the command')
    .argument('<command...>', 'what to run, after --')
    .addHelpText(
      'after',
      `
Runs the command while, and only while, this node leads the election, and nowhere else: SIGTERM comes
before the lease ends, SIGKILL at its end, for the command's whole process group. The name is given
back when nothing of that group runs any more. A command that ends by itself ends exec, with its
exit code; one that was stopped because the lead was lost is run again at the next election.

The command is told who it is: BELLWETHER_ELECTION, BELLWETHER_TERM (a fencing token that only rises),
BELLWETHER_TOKEN, BELLWETHER_NODE, BELLWETHER_CLUSTER. Standard output is the command's alone.

SIGTERM, SIGINT or SIGHUP: the command is asked to end, the name given back; a second one ends it at once.

Example, on each of three machines:
  bellwether exec --election nightly --voters n1,n2,n3 --name n1 --join n2:7946 -- /usr/local/bin/nightly.sh`,
    )
    .action(async (command: readonly string[], flags: AgentFlags & { readonly verbose?: boolean }) => {
      process.exitCode = await runExec(command, flags);
    });
}

/** How much longer than `stopBeforeMs` a command may outlive its exec: its guard has to be told, and the command to die. */
const ORPHANED_MS = 200;

async function runExec(command: readonly string[], flags: AgentFlags & { readonly verbose?: boolean }): Promise<number> {
  const plan = await planAgent(flags, { logger: await loggerOf(flags.logLevel) });
  const { stopBeforeUs, renewUs, leaders } = plan.settings.election;
  const [election, ...more] = plan.elections;
  if (plan.hindrance !== null) throw new UsageError([`${plan.hindrance}: exec would never run the command here`]);
  if (election === undefined || more.length > 0) throw new UsageError(['--election must be given once: exec runs one command for one election']);

  const write = (line: Line): void => writeNow(flags.json === true ? `${JSON.stringify(line)}\n` : `${humanLine(line)}\n`, 2);
  const isTold = ({ event }: Line): boolean => flags.verbose === true || ['elected', 'lost', 'warning', 'quorum'].includes(event);
  // Voters that may lead alone begin at once where all are new (quiet start), and take what they led before for over.
  // The command of an exec that was killed runs on for so long, until its guard has ended it (A22).
  if (leaders === 'voters') await delay(ms(stopBeforeUs) + ORPHANED_MS);
  const guarded = new GuardedCommand({ command, stopBeforeMs: ms(stopBeforeUs) });
  const node = await openNode(
    plan.settings,
    plan.options,
    ({ bind }) => createUdpTransport({ bind }),
    (opening) => tellEvents(opening, (line) => isTold(line) && write(line)),
  ).catch((error: unknown) => {
    guarded.close();
    throw error;
  });

  const over = new AbortController();
  let ended: Outcome | null = null;
  let stoppedBy: Stop | null = null;
  const stop = (signal: Stop): void => {
    if (stoppedBy !== null && signal !== 'SIGHUP') guarded.kill(); // one terminal that goes may hang up twice
    stoppedBy ??= signal;
    over.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  let rival: Address | null = null;
  node.on('name-conflict', (event) => {
    if (!event.gaveUp) return;
    rival = event.rival;
    over.abort();
  });

  const job = async ({ term, token, signal }: Leadership): Promise<void> => {
    const say = (action: string, facts: object): void => write(lineOf(node.name, 'command', { action, election, term, ...facts }));
    // Not the lease as the job may use it, but as others must respect it: while we drain it is still renewed.
    const leftMs = (): number => node.core.remainingUs(election) / 1000;
    const feeding = setInterval(() => guarded.until(leftMs()), Math.max(10, ms(renewUs) / 5));
    const askToEnd = (): void => guarded.term();
    signal.addEventListener('abort', askToEnd, { once: true });
    const env = {
      BELLWETHER_ELECTION: election,
      BELLWETHER_TERM: String(term),
      BELLWETHER_TOKEN: token,
      BELLWETHER_NODE: node.name,
      BELLWETHER_CLUSTER: plan.settings.cluster,
    };
    const outcome = await guarded.run(env, leftMs(), (pid) => say('started', { pid }));
    clearInterval(feeding);
    signal.removeEventListener('abort', askToEnd);
    say('ended', { code: outcome.code, signal: outcome.signal, by: outcome.by, ...(outcome.error === null ? {} : { error: outcome.error }) });
    // The lead was lost, and it runs again when it comes back. The guard ends the command at the very moment
    // at which we are told of the loss, and may be the first to say so. What ended by itself is done, whatever we hear afterwards.
    const lost = outcome.by !== null && (signal.aborted || outcome.by === 'deadline');
    if (lost && !over.signal.aborted && outcome.by !== 'guard-lost') return;
    ended = outcome;
    over.abort();
  };

  try {
    await node.lead(election, job, { ...plan.lead, signal: over.signal });
  } finally {
    await node.close();
    guarded.close();
  }
  const taken = rival as Address | null;
  const done = ended as Outcome | null;
  if (taken !== null && done?.by !== null) throw new BellwetherError('ERR_NAME_CONFLICT', nameTaken(node.name, taken), { name: node.name, rival: taken });
  return exitCodeOf(ended, stoppedBy);
}

type Stop = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

function exitCodeOf(ended: Outcome | null, stoppedBy: Stop | null): number {
  const bySignal = (signal: NodeJS.Signals): number => SIGNAL_BASE + constants.signals[signal];
  if (ended === null) return stoppedBy === null ? Exit.failed : bySignal(stoppedBy);
  if (ended.error !== null) return NOT_FOUND;
  return ended.signal === null ? (ended.code ?? Exit.failed) : bySignal(ended.signal);
}
