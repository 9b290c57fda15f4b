import type { Address } from '../core/address.ts';
import type { ClusterNode } from '../node.ts';
import type { VotersEvent } from '../events.ts';
import { type Line, lineOf } from './output.ts';
import { version } from './version.ts';

/** Every event of a node as a line, at the moment it happens. */
export function tellEvents(node: ClusterNode, write: (line: Line) => void): void {
  const say = (event: string, facts: object): void => write(lineOf(node.name, event, facts));
  node.on('started', ({ address, incarnation }) => say('started', { bind: address, pid: process.pid, incarnation, version: version() }));
  node.on('member', ({ member, previous, reason }) =>
    say('member', { member: member.name, state: member.state, previous, address: member.address, incarnation: member.incarnation, tags: member.tags, reason }),
  );
  node.on('self', ({ state, reasons }) => say('self', { state, reasons }));
  node.on('leader', ({ election, leader, term, reason }) => say('leader', { election, leader, term, reason }));
  node.on('elected', ({ election, term, token, remainingMs, takeover }) => say('elected', { election, term, token, remainingMs, takeover }));
  node.on('lost', ({ election, term, reason, remainingMs, overrunMs }) => say('lost', { election, term, reason, remainingMs, overrunMs }));
  node.on('voters', (event) => say('voters', event));
  node.on('elect', ({ election, next, withinMs }) => say('elect', { election, next, withinMs }));
  node.on('quorum', ({ held, reachable, needed, missing }) => say('quorum', { held, reachable, needed, missing }));
  node.on('name-conflict', ({ rival, gaveUp }) => say('warning', { code: 'name-conflict', details: { rival, gaveUp } }));
  node.on('warning', ({ code, details }) => say('warning', { code, details }));
}

/** What a node that gave its name up while it ran says, as one that is refused at its start does. */
export const nameTaken = (name: string, rival: Address): string => `another living process at ${rival} has the name '${name}'`;

/** The same line for a person. */
export function humanLine(line: Line): string {
  const time = new Date(line.at).toISOString().slice(11, 23);
  return `${time}  ${line.node}  ${sentence(line)}`;
}

function sentence(line: Line): string {
  const text = (field: string): string => {
    const value = line[field];
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  };
  switch (line.event) {
    case 'started':
      return `started at ${text('bind')}, pid ${text('pid')}`;
    case 'member':
      return `${text('member')} is ${text('state')} (${text('reason')})`;
    case 'self':
      return `is ${text('state')}${(line['reasons'] as readonly string[]).map((reason) => `; ${reason}`).join('')}`;
    case 'leader':
      return line['leader'] === null
        ? `knows no leader of '${text('election')}': ${text('reason')}`
        : `sees ${text('leader')} lead '${text('election')}' in term ${text('term')}`;
    case 'elected':
      return `LEADS '${text('election')}' in term ${text('term')}`;
    case 'elect':
      return line['next'] === true ? `is next to lead '${text('election')}'` : `is not next to lead '${text('election')}' any more`;
    case 'lost':
      return `leads '${text('election')}' no more: ${text('reason')}`;
    case 'quorum':
      return line['held'] === true
        ? `reaches ${text('reachable')} voters again`
        : `reaches ${text('reachable')} of ${text('needed')} voters needed; missing: ${(line['missing'] as readonly string[]).join(', ')}`;
    case 'voters':
      return `goes by the voters ${(line['voters'] as VotersEvent['voters']).map(({ name, weight, excluded }) => `${name}${excluded ? ' (excluded)' : weight === 1 ? '' : `=${weight}`}`).join(', ')}${line['settled'] === true ? '; a majority does' : ''}`;
    case 'warning':
      return `warning ${text('code')}: ${Object.entries(line['details'] as object)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')}`;
    case 'command':
      return line['action'] === 'started'
        ? `runs the command in term ${text('term')}, pid ${text('pid')}`
        : `the command has ended: ${line['error'] === undefined ? (line['signal'] === null ? `exit code ${text('code')}` : text('signal')) : text('error')}`;
    case 'http':
      return `answers HTTP at ${text('address')}`;
    case 'stopped':
      return `stopped: ${text('reason')}`;
    case 'answer':
      return line['ok'] === true ? `${text('command')}: ${text('result')}` : `${text('command')}: ${text('message')} (${text('code')})`;
    default:
      return `${line.event} ${JSON.stringify(line)}`;
  }
}
