import type { Context } from './context.ts';
import type { Peer } from './peer.ts';

/** The evidence about one member, in sentences, strongest first. For people: the words may change. */
export function explainMember(ctx: Context, name: string): readonly string[] {
  const { table, nowUs } = ctx;
  const peer = table.get(name);
  if (peer === undefined) {
    const stone = table.tombstones.get(name);
    if (stone === undefined) return [`${name} is not known here.`];
    return [`${name} is not a member; it was told to have ${stone.claim.state} ${since(stone.diedUs, nowUs)} ago.`];
  }
  const { claim } = peer;
  const lines = [
    `${name} is ${claim.state} for ${since(peer.sinceUs, nowUs)}, at ${claim.address}, incarnation ${claim.incarnation}, boot ${claim.boot.toString(16)}.`,
  ];
  if (peer === table.self) lines.push(`This is the node itself; its health score is ${ctx.health.score} of 8.`);
  else lines.push(...evidence(ctx, peer));
  for (const note of peer.notes) lines.push(`${since(note.atUs, nowUs)} ago: ${note.text}.`);
  return lines;
}

function evidence(ctx: Context, peer: Peer): string[] {
  const { nowUs } = ctx;
  const lines: string[] = [];
  const { suspicion, claim, trips } = peer;
  if (suspicion !== null) {
    lines.push(
      `It is accused by ${claim.accusers.join(', ')}; ${suspicion.confirmations} of ${suspicion.expected} confirmations are in; ` +
        `without a refutation it is declared failed in ${millis(suspicion.deadlineUs - nowUs)} (at the earliest ${millis(suspicion.minUs)} after the suspicion began).`,
    );
  } else if (claim.state === 'failed') lines.push(`It was declared failed by ${claim.accusers.join(', ')}.`);
  lines.push(
    `It last acked us ${ago(peer.lastAckUs, nowUs)} and was last heard by us ${ago(peer.lastHeardUs, nowUs)}; ` +
      `${peer.acked} of our probes were acked, ${peer.unanswered} were not (${peer.nacks} nacks from relays, ${peer.missingNacks} missing).`,
  );
  if (trips.medianUs !== null) lines.push(`Round trips: median ${millis(trips.medianUs)}, worst ${millis(trips.worstUs!)} of the last ${trips.count}.`);
  lines.push(`Its own health score is ${peer.health} of 8, ours is ${ctx.health.score}.`);
  return lines;
}

const millis = (us: number): string => `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
const since = (atUs: number, nowUs: number): string => millis(nowUs - atUs);
const ago = (atUs: number, nowUs: number): string => (atUs === -Infinity ? 'never' : `${since(atUs, nowUs)} ago`);
