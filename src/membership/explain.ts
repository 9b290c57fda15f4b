import { isActive } from './claim.ts';
import type { Context } from './context.ts';
import type { Peer } from './peer.ts';
import { directTimeoutUs } from './rtt.ts';
import type { SelfKnowledge } from './self-state.ts';

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
  if (peer !== table.self) lines.push(...evidence(ctx, peer));
  for (const note of peer.notes) lines.push(`${since(note.atUs, nowUs)} ago: ${note.text}.`);
  return lines;
}

/** What we know about ourselves: how we are and why, how late our timers ran, and the limits that were reached. */
export function explainSelf(ctx: Context, self: SelfKnowledge): readonly string[] {
  const { reasons, state } = self;
  const [who, ...notes] = explainMember(ctx, ctx.name);
  const limits = Object.entries(ctx.counters).filter(([name]) => name.endsWith('.limit'));
  return [
    who!,
    `This is the node itself; it calls itself ${state}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}.`,
    `Its health score is ${ctx.health.score} of 8; its timers were at most ${Math.round(ctx.worstLatenessUs / 1000)} ms late; ${ctx.losses.secondTries} of its last 32 acked probes needed a second try.`,
    ...limits.map(([name, times]) => `The limit '${name.slice(0, -'.limit'.length)}' was reached ${times} times.`),
    ...notes,
  ];
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
      `${peer.acked} of our probes were acked (${peer.acksRelayed} through relays only), ${peer.unanswered} were not ` +
      `(${peer.nacks} nacks from relays, ${peer.missingNacks} missing); it refuted ${peer.refutations} suspicions.`,
  );
  const [median, ninety, worst] = [0.5, 0.9, 1].map((share) => trips.quantileUs(share));
  if (median != null) lines.push(`Round trips of the last ${trips.count}: median ${millis(median)}, 90 % ${millis(ninety!)}, worst ${millis(worst!)}.`);
  const { directTimeoutMinUs, directTimeoutMaxUs } = ctx.config;
  lines.push(
    `It has ${millis(ctx.health.widen(directTimeoutUs(trips, ctx.trips, directTimeoutMinUs, directTimeoutMaxUs)))} to answer us before others are asked.`,
  );
  if (isActive(claim.state)) lines.push(worthOfRefusals(peer));
  lines.push(
    `Lateness: it says of itself that its health score is ${peer.health} of 8; ours is ${ctx.health.score}, and our timers were at most ${millis(ctx.worstLatenessUs)} late.`,
  );
  return lines;
}

/** What it would be worth from us if its host said that nobody listens there (member.D5). */
function worthOfRefusals({ refusalsLied, lastAckUs }: Peer): string {
  if (refusalsLied) return 'A refusal by its host counts as silence here: this life was declared failed by refusals once, and refuted it.';
  if (lastAckUs === -Infinity) return 'A refusal by its host counts as silence here: this life has not acked us yet.';
  return 'A second try goes out from a socket connected to it, so that its host can refuse; that counts here, and with the same from a second member it is declared failed at once.';
}

const millis = (us: number): string => `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
const since = (atUs: number, nowUs: number): string => millis(nowUs - atUs);
const ago = (atUs: number, nowUs: number): string => (atUs === -Infinity ? 'never' : `${since(atUs, nowUs)} ago`);
