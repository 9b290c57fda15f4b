import { ms } from '../../core/time.ts';
import type { MemberState } from '../../core/view.ts';
import { lastWill } from '../../last-will.ts';
import { createUdpTransport } from '../../transport/udp.ts';
import { type AgentFlags, planAgent } from '../agent-options.ts';
import { clusterTag } from '../../transport/envelope.ts';
import { datagramOf } from '../../wire.ts';
import { startAgent, stopper } from '../agent.ts';
import { runControl } from '../control.ts';
import { lineOf, monoMs, writeLine } from '../output.ts';
import { faultTransport } from './fault-transport.ts';

/** What the demo tells its children. */
export type Order =
  /** `will`: keep the demo told of what it may release for us when we are dead. */
  | { readonly do: 'start'; readonly flags: AgentFlags; readonly will: boolean }
  | { readonly do: 'resign' | 'stop' }
  | { readonly do: 'block'; readonly addresses: readonly string[] }
  /** Send a `Status` this often; for the screen. */
  | { readonly do: 'report'; readonly everyMs: number };

/** What a child sees, for the screen. */
export interface Status {
  readonly mono: number;
  readonly members: readonly { readonly name: string; readonly state: MemberState }[];
  readonly leader: string | null;
  readonly term: number;
  readonly reason: string | null;
  /** Of the lease in hand; 0 when it has none. */
  readonly remainingMs: number;
}

/** What is to be sent for a child that has died, and to which addresses. */
export interface Testament {
  readonly will: readonly { readonly to: string; readonly bytes: string }[];
}

/** A child: an agent over a transport that can be cut, under orders of the demo that started it. */
function main(): void {
  process.on('disconnect', () => process.exit(0)); // a demo that died must leave nobody behind
  process.on('SIGINT', () => {}); // Ctrl-C goes to the whole group; the demo says what becomes of us
  process.on('SIGTERM', () => process.exit(0));
  const cable = faultTransport({
    open: (handlers) => udp.open(handlers),
    send: (bytes, to) => udp.send(bytes, to),
    probe: (bytes, to) => udp.probe(bytes, to),
    close: () => udp.close(),
  });
  let udp = createUdpTransport({ bind: '127.0.0.1:0' });
  let obey = async (order: Order): Promise<void> => {
    if (order.do !== 'start') return;
    const plan = await planAgent(order.flags);
    udp = createUdpTransport({ bind: plan.settings.bind });
    const agent = await startAgent(plan, writeLine, () => cable.transport);
    if (order.will) {
      const { cluster, election } = plan.settings;
      const tell = (): void => {
        const will = lastWill(agent.node.core, agent.elections, ms(election.stopBeforeUs));
        const testament: Testament = {
          will: will.map(({ to, packet }) => ({ to, bytes: Buffer.from(datagramOf(packet, clusterTag(cluster))).toString('base64') })),
        };
        process.send?.(testament);
      };
      agent.node.on('elected', tell);
      agent.node.on('lost', tell);
      agent.node.on('member', tell); // a voter may have moved
      tell();
    }
    const stop = stopper(agent);
    const [election = 'leader'] = agent.elections;
    obey = async (next) => {
      if (next.do === 'resign') {
        const answer = await runControl({ ...agent, leave: () => {} }, 'resign');
        if (!answer.ok) writeLine(lineOf(agent.node.name, 'warning', { code: String(answer['code']), details: { message: String(answer['message']) } }));
      } else if (next.do === 'stop') stop('demo');
      else if (next.do === 'block') cable.block(next.addresses);
      else if (next.do === 'report') {
        setInterval(() => {
          const { name, term, reason } = agent.node.leader(election);
          const status: Status = {
            mono: monoMs(),
            leader: name,
            term,
            reason,
            remainingMs: agent.leading.get(election)?.remainingMs() ?? 0,
            members: agent.node.members.map((member) => ({ name: member.name, state: member.state })),
          };
          process.send?.(status);
        }, next.everyMs);
      }
    };
  };
  // One after the other: what is ordered while the node still joins waits for it.
  let obeyed = Promise.resolve();
  process.on('message', (order: Order) => {
    obeyed = obeyed
      .then(() => obey(order))
      .catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      });
  });
}

main();
