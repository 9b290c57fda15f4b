import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { checkCandidacy } from '../candidacy.ts';
import { BellwetherError } from '../core/errors.ts';
import { openNode } from '../create-node.ts';
import type { Leadership } from '../lead.ts';
import type { ClusterNode } from '../node.ts';
import type { NodeSettings } from '../options.ts';
import type { Transport } from '../transport/transport.ts';
import { createUdpTransport } from '../transport/udp.ts';
import { type AgentFlags, type AgentPlan, addAgentOptions, planAgent } from './agent-options.ts';
import { type Controlled, runControl } from './control.ts';
import { ControlServer } from './http.ts';
import { loggerOf } from './log.ts';
import { humanLine, nameTaken, tellEvents } from './node-lines.ts';
import { Exit, type Line, lineOf, tryWrite, writeNow } from './output.ts';

export function agentCommand(): Command {
  return addAgentOptions(new Command('agent'))
    .addHelpText(
      'after',
      `
SIGTERM, SIGINT or SIGHUP: resign, leave, exit 0; a second one exits at once.
With --control, one command a line on standard input: resign [ELECTION], handover ELECTION NODE,
campaign ELECTION, leave, members, leader [ELECTION], explain [ELECTION|NODE], voters [...], metrics, tag K=V, priority N.
With --http, GET /members, /leader?election=, /explain?about=, /health and /metrics answer in JSON, and
POST /command takes {"command": "LINE"} from this host: the same commands (see \`members\`, \`leader\`).

Examples (three voters on one machine):
  bellwether agent --name n1 --bind 127.0.0.1:7001 --voters n1,n2,n3
  bellwether agent --name n2 --bind 127.0.0.1:7002 --voters n1,n2,n3 --join 127.0.0.1:7001
  bellwether agent --name n3 --bind 127.0.0.1:7003 --voters n1,n2,n3 --join 127.0.0.1:7001`,
    )
    .action(async (flags: AgentFlags) => {
      let isUnread = false;
      let unread = (): void => {};
      // Whoever read us is told by the exit code that we are gone, and the others by our leaving; a line that a full disk did not take ends nobody.
      const write = (line: Line): void => {
        const error = tryWrite(flags.json === true ? `${JSON.stringify(line)}\n` : `${humanLine(line)}\n`);
        if (error?.code !== 'EPIPE') return;
        isUnread = true;
        unread();
      };
      const logger = await loggerOf(flags.logLevel);
      const plan = await planAgent(flags, { logger });
      const agent = await startAgent(plan, write);
      const stop = stopper(agent);
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
      agent.node.on('name-conflict', ({ rival, gaveUp }) => {
        if (!gaveUp) return;
        writeNow(`bellwether: ${nameTaken(agent.node.name, rival)}\n`, 2);
        stop('name-conflict', Exit.usage);
      });
      unread = () => stop('unread', Exit.failed);
      if (isUnread) unread(); // since the node opened
      const on = { ...agent, leave: () => stop('leave') };
      if (plan.http !== null) {
        const server = new ControlServer(on);
        agent.node.on('closed', () => server.close());
        try {
          write(lineOf(agent.node.name, 'http', { address: await server.open(plan.http) }));
        } catch (error) {
          await agent.node.close(); // who asked for the endpoint does not want an agent without it
          throw error;
        }
      }
      if (flags.control === true) {
        createInterface({ input: process.stdin }).on('line', (line) => {
          if (line.trim() !== '') void runControl(on, line).then((answer) => write(lineOf(agent.node.name, 'answer', answer)));
        });
      }
    });
}

export interface Agent extends Omit<Controlled, 'leave'> {
  write(line: Line): void;
}

/** Opens a node that stands for its elections and does nothing with them but tell. */
export async function startAgent(
  plan: AgentPlan,
  write: (line: Line) => void,
  transportOf: (settings: NodeSettings) => Transport = ({ bind }) => createUdpTransport({ bind }),
): Promise<Agent> {
  const leading = new Map<string, Leadership>();
  const elections = [...plan.elections];
  const node = await openNode(plan.settings, plan.options, transportOf, (opening) => tellEvents(opening, write));
  const stand = (election: string): void => {
    const job = (leadership: Leadership): Promise<void> => {
      leading.set(election, leadership);
      return new Promise((resolve) => {
        leadership.signal.addEventListener(
          'abort',
          () => {
            leading.delete(election);
            resolve();
          },
          { once: true },
        );
      });
    };
    node.lead(election, job, plan.lead).catch((error: unknown) => {
      elections.splice(elections.indexOf(election), 1);
      if (!(error instanceof BellwetherError && error.code === 'ERR_CLOSED'))
        write(lineOf(node.name, 'warning', { code: error instanceof BellwetherError ? error.code : 'ERR_INTERNAL', details: { message: String(error) } }));
    });
  };
  for (const election of elections) stand(election);
  const { voters, expect } = plan.settings.election;
  if (elections.length === 0 && (voters.length > 0 || expect > 0)) node.leader('leader');
  return {
    node,
    leading,
    elections,
    write,
    campaign: (election) => {
      if (elections.includes(election)) throw new BellwetherError('ERR_BUSY', `this node already stands for, or leads, '${election}'`, { election });
      checkCandidacy(plan.settings, election, plan.lead); // what cannot be is not answered with ok, and stays out of the list
      elections.push(election);
      stand(election);
    },
  };
}

/**
 * Resigns, leaves and exits; at once when asked a second time. What goes wrong on the way out is no second
 * request, and neither is SIGHUP: one terminal that goes may hang up twice.
 */
export function stopper(agent: { readonly node: ClusterNode; write(line: Line): void }): (reason: string, code?: number) => void {
  let stopping = false;
  return (reason, code = Exit.ok) => {
    if (stopping && (code !== Exit.ok || reason === 'SIGHUP')) return;
    if (stopping) process.exit(reason === 'SIGINT' ? Exit.interrupted : Exit.failed);
    stopping = true;
    void agent.node.close().then(() => {
      agent.write(lineOf(agent.node.name, 'stopped', { reason }));
      process.exit(code);
    });
  };
}
