import { Command } from 'commander';
import { PRESETS, type PresetName } from '../../options.ts';
import { humanLine } from '../node-lines.ts';
import { Exit, type Line, UsageError, lineOf, monoMs, writeLine, writeNow } from '../output.ts';
import { type Actor, Cast, freePorts } from './cast.ts';
import { openScreen } from './live.ts';
import { DAYS_MAX, LONGEST_MS, type Step, durationMs, parseScript } from './script.ts';
import { Stage } from './stage.ts';
import { type Takeover, actionInWords, causeInWords, summarize, tellSummary } from './summary.ts';

interface DemoFlags {
  readonly nodes: string;
  readonly preset: string;
  readonly script?: string;
  readonly seconds?: string;
  readonly json?: boolean;
  readonly supervisorRelease?: boolean;
}

const NODES_MAX = 31;
/** How long a script's step waits for there to be a leader. */
const PATIENCE_MS = 10_000;
/** For stopped leaders to say, at the end, until when they led. */
const WAKING_MS = 1_000;

export function demoCommand(): Command {
  return new Command('demo')
    .option('--nodes <N>', 'how many processes', '5')
    .option('--preset <NAME>', 'timings: loopback, lan, edge or wan', 'loopback')
    .option('--script <STEPS>', 'do these things and nothing else, such as "kill leader @4s; pause leader @8s for 3s"')
    .option('--seconds <S>', 'end after S seconds')
    .option('--supervisor-release', 'when a child is dead, release at once what it led; such takeovers say so')
    .option('--json', 'one JSON object per line, the summary last')
    .addHelpText(
      'after',
      `
Verbs of a script: kill, pause, resume, restart, resign, partition (each with leader, old-leader,
follower or a node's name) and heal; times from the start, such as 4s or 250ms.

Examples:
  bellwether demo
  bellwether demo --nodes 5 --seconds 18 --json --script 'kill leader @4s; pause leader @8s for 3s; resign leader @13s'

Exit code 0: every promise held (never two leaders at one moment, terms only rose). 1: one did not.`,
    )
    .action(async (flags: DemoFlags) => {
      process.exitCode = await runDemo(readFlags(flags));
    });
}

interface DemoPlan {
  readonly nodes: number;
  readonly preset: PresetName;
  readonly steps: readonly Step[];
  /** Null: until the user quits. */
  readonly seconds: number | null;
  readonly mode: 'json' | 'screen' | 'lines';
  readonly releases: boolean;
}

function readFlags(flags: DemoFlags): DemoPlan {
  const problems: string[] = [];
  const nodes = Number(flags.nodes);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > NODES_MAX)
    problems.push(`--nodes must be a whole number from 1 to ${NODES_MAX}; it is "${flags.nodes}"`);
  if (!Object.hasOwn(PRESETS, flags.preset)) problems.push(`--preset must be one of ${Object.keys(PRESETS).join(', ')}; it is "${flags.preset}"`);
  const script = parseScript(flags.script ?? '');
  problems.push(...script.problems.map((problem) => `--script: ${problem}`));
  for (const { verb, target } of script.steps) {
    if (target === null || ['leader', 'old-leader', 'follower'].includes(target)) continue;
    if (!/^n[0-9]+$/.test(target) || Number(target.slice(1)) > nodes || Number(target.slice(1)) < 1)
      problems.push(`--script: ${verb} ${target}: there is no such node; they are n1 to n${nodes}`);
  }
  const seconds = flags.seconds === undefined ? null : (durationMs(flags.seconds) ?? NaN) / 1000;
  if (seconds !== null && !(seconds > 0 && seconds * 1000 <= LONGEST_MS))
    problems.push(`--seconds must be a number above 0, at most ${LONGEST_MS / 1000} (${DAYS_MAX} days); it is "${flags.seconds}"`);
  if (problems.length > 0) throw new UsageError(problems);
  const lastMs = Math.max(0, ...script.steps.map(({ atMs, forMs }) => atMs + (forMs ?? 0)));
  const unattended = flags.script !== undefined ? lastMs / 1000 + 3 : null;
  return {
    nodes,
    preset: flags.preset as PresetName,
    steps: script.steps,
    seconds: seconds ?? unattended,
    releases: flags.supervisorRelease === true,
    mode: flags.json === true ? 'json' : process.stdout.isTTY && process.stdin.isTTY ? 'screen' : 'lines',
  };
}

async function runDemo(plan: DemoPlan): Promise<number> {
  const { leaseMs } = PRESETS[plan.preset];
  const lines: Line[] = [];
  const failures: string[] = [];
  let ending = false;
  let finish = (_code: number | null): void => {};
  const finished = new Promise<number | null>((resolve) => (finish = resolve));
  const screen = plan.mode === 'screen' ? openScreen() : null;

  const write = (line: Line): void => {
    lines.push(line);
    if (plan.mode === 'json') writeLine(line);
    else if (screen !== null) screen.note(line);
    else if (line.event !== 'leader' && line.event !== 'self') writeNow(`${demoLine(line)}\n`);
  };
  const heard = (actor: Actor, line: Line): void => {
    write(line);
    stage.heard(actor, line);
    if (line.event !== 'elected' || ending) return;
    const takeover = summarize(lines, line.mono).takeovers.at(-1);
    if (takeover !== undefined && takeover.term === line['term']) {
      write(lineOf('demo', 'takeover', takeover));
    }
  };
  const died = (actor: Actor, how: string, released: boolean): void => {
    if (released && !ending) write(lineOf('demo', 'release', { target: actor.name }));
    if (ending || how === 'SIGKILL') return;
    failures.push(`${actor.name} ended by itself: ${how}`);
    write(lineOf('demo', 'warning', { code: 'process-ended', details: { node: actor.name, how } }));
  };

  const ports = await freePorts(plan.nodes);
  const voters = Array.from({ length: plan.nodes }, (_, i) => `n${i + 1}`).slice(0, plan.nodes > 5 ? 5 : plan.nodes);
  const cast = new Cast(
    ports,
    {
      voters: voters.join(','),
      ...(voters.length === plan.nodes ? { leaders: 'voters' } : {}),
      cluster: 'demo',
      preset: plan.preset,
      election: ['leader'],
      logLevel: 'silent',
    },
    screen === null ? null : 100,
    heard,
    died,
    plan.releases,
  );
  const stage = new Stage(cast, write);
  process.on('SIGINT', () => finish(Exit.interrupted));
  process.on('SIGTERM', () => finish(Exit.interrupted));
  process.on('SIGHUP', () => finish(Exit.interrupted));
  screen?.open({ cast, stage, leaseMs, preset: plan.preset, quit: () => finish(null) });
  if (plan.mode === 'lines') writeNow(`Starting ${plan.nodes} processes; preset ${plan.preset}, a lease lasts ${leaseMs} ms. Ctrl-C ends.\n`);
  for (const actor of cast.actors) cast.start(actor);

  const startedAt = monoMs();
  const timers = plan.steps.map((step) =>
    setTimeout(() => {
      void stage.run(step, PATIENCE_MS).then((failure) => {
        if (failure === null) return;
        failures.push(failure);
        write(lineOf('demo', 'warning', { code: 'step-failed', details: { message: failure } }));
      });
    }, step.atMs),
  );
  if (plan.seconds !== null) timers.push(setTimeout(() => finish(null), plan.seconds * 1000 - (monoMs() - startedAt)));

  const interrupted = await finished;
  ending = true;
  for (const timer of timers) clearTimeout(timer);
  const endMono = monoMs();
  await stage.wakeLeaders(WAKING_MS); // until when they led they alone can tell
  const summary = summarize(lines, endMono);
  screen?.close();
  await cast.end(2_000);
  const broken = [...summary.broken, ...failures];
  const final = { ...summary, broken, promisesHeld: broken.length === 0 };
  if (plan.mode === 'json') writeLine(lineOf('demo', 'summary', final));
  else writeNow(tellSummary(final, leaseMs));
  return interrupted ?? (final.promisesHeld ? Exit.ok : Exit.failed);
}

function demoLine(line: Line): string {
  if (line.node !== 'demo') return humanLine(line);
  const time = new Date(line.at).toISOString().slice(11, 23);
  if (line.event === 'action') return `${time}  you  ${actionInWords(line)}`;
  if (line.event === 'release') return `${time}  demo  ${String(line['target'])} is dead: what it led is released`;
  if (line.event !== 'takeover') return `${time}  demo  ${line.event} ${JSON.stringify(line['details'])}`;
  const { from, to, ms, cause } = line as Line & Takeover;
  return `${time}  demo  takeover: ${from} to ${to}, ${Math.round(ms)} ms after ${causeInWords(cause)}`;
}
