import { ms, type Now } from '../core/time.ts';
import type { Bootstrap } from './bootstrap.ts';
import type { ConfigGuard } from './config-guard.ts';
import type { Context } from './context.ts';
import type { BidState, Contest } from './contest.ts';
import type { NoLeaderReason } from './host.ts';
import type { QuorumWatch } from './quorum-watch.ts';
import type { Recovery } from './recovery.ts';

/** What `explainElection` looks at. */
export interface Standing {
  readonly name: string;
  readonly now: Now;
  readonly contest: Contest | undefined;
  readonly leader: { readonly name: string | null; readonly term: number; readonly reason: NoLeaderReason | null };
  readonly participating: boolean;
  readonly voting: boolean;
  readonly recovery: Recovery;
  readonly quorum: QuorumWatch;
  readonly configs: ConfigGuard;
  readonly bootstrap: Bootstrap;
}

/** Why nobody is known to lead, in one word. */
export function reasonFor(context: Context, name: string, bid: BidState | null, quorum: QuorumWatch, isRecovering: boolean): NoLeaderReason {
  const { electorate } = context;
  if (quorum.isLost) return 'no-quorum';
  if (isRecovering) return 'recovering';
  if (bid === null) return quorum.hintOf(name) ?? 'unknown';
  const recovering = electorate.votes([...bid.denials].filter(([, { deny }]) => deny.why === 'recovering').map(([voter]) => voter));
  if (recovering > electorate.total - electorate.needed) return 'recovering';
  return [...bid.denials.values()].some(({ deny }) => deny.why === 'held' && deny.elected) ? 'lapsing' : 'electing';
}

/** What each reason means, and how long it can last. */
const REASONS: Readonly<Record<NoLeaderReason, (context: Context) => string>> = {
  unknown: () => 'nothing was heard of it yet',
  'no-quorum': () => 'too few voters answer, and nobody can lead until more do',
  recovering: ({ config }) =>
    `too many voters have just started and wait out what their former lives may have promised, ${ms(config.grantUs)} ms each, and as long again where all of them are new`,
  lapsing: ({ config }) => `the last leader’s promises are still running out, for at most ${ms(config.grantUs)} ms`,
  electing: () => 'voters are giving their promises to somebody, or to more than one',
  'no-candidate': () => 'voters answer, and nobody stands for it',
};

/** Refused configurations are mentioned for this long. */
const REFUSED_SHOWN_US = 60_000_000;

/** No leader is never silent: says in sentences what holds, what is missing and what is waited for. */
export function explainElection(context: Context, at: Standing): string[] {
  const { config, electorate, self } = context;
  const { needed, names } = electorate;
  const nowUs = at.now.elapsedUs;
  const round = (us: number): string => `${Math.max(0, Math.round(ms(us)))} ms`;
  const says: string[] = [];

  if (at.leader.name !== null) says.push(`${at.leader.name} leads ${at.name} with term ${at.leader.term}.`);
  else {
    const reason = at.leader.reason ?? 'unknown';
    says.push(`No leader of ${at.name} is known: ${reason}, ${REASONS[reason](context)}.`);
  }
  if (at.bootstrap.isOpen) says.push(at.bootstrap.tell(nowUs));
  else if (names.length === 0) says.push('This node knows no voters: set `voters` to take part in elections.');
  if (!at.participating) says.push('This node has not been accepted by the cluster yet and takes no part in elections.');

  const { reachable, missing } = at.quorum.look(nowUs);
  if (names.length > 0) {
    says.push(
      `${electorate.votes(reachable)} of ${electorate.total} votes answered lately, ${needed} are needed${missing.length > 0 ? `; missing: ${missing.join(', ')}` : ''}.`,
    );
  }
  if (at.voting && !at.recovery.isActive) {
    const leftUs = at.recovery.leftUs(nowUs);
    if (leftUs > 0) says.push(`Our own voter waits ${round(leftUs)} more, so that promises of a former life have run out.`);
    else says.push('Our own voter has waited and is asking the other voters for the highest ballot.');
    if (at.recovery.hasConflict)
      says.push(`Another process uses the name ${self.name}: our voter stays silent until it was not heard for ${round(config.grantUs)}.`);
  }

  const tenure = at.contest?.tenure ?? null;
  if (tenure !== null) says.push(`This node's own lease (term ${tenure.term}) has ${round(tenure.leaseEndUs - at.now.leaderUs)} left.`);
  const bid = at.contest?.bid ?? null;
  if (bid !== null) {
    says.push(`This node bids with ballot ${bid.ballot} and holds ${electorate.votes(bid.support.keys())} of ${needed} votes.`);
    for (const [voter, { deny }] of bid.denials) {
      const which = deny.holderBoot !== 0 ? ' (a former life of this node)' : deny.elected ? '' : ' (not yet elected)';
      const holder = deny.holder === '' ? '' : `, holder ${deny.holder}${which}, ${deny.leftMs} ms left`;
      says.push(`${voter} refuses: ${deny.why}${holder}.`);
    }
  } else if (at.contest === undefined || !at.contest.wanted) says.push(`This node does not stand for ${at.name}.`);

  for (const { name, grantMs } of at.configs.refusedSince(nowUs - REFUSED_SHOWN_US)) {
    says.push(
      `${name} is refused: it runs another configuration (lease ${grantMs} ms, ours ${ms(config.grantUs)} ms; voters, drift bound and leaders must agree too).`,
    );
  }
  return says;
}
