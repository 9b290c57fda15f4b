import type { Now } from '../core/time.ts';
import type { BallotBox } from './ballot-box.ts';
import type { Bidder } from './bid-queue.ts';
import type { Context } from './context.ts';
import { type Hint, Op, type Same } from './messages.ts';
import { type Peer, isSameLife, lifeOf } from './peers.ts';
import { VOTERS_ELECTION } from './reconfiguration.ts';
import { LEADERS_BYTES, LEADERS_MAX, Roll } from './roll.ts';

export interface Occupant {
  readonly holder: string;
  readonly term: number;
  /** It said that it leads. */
  readonly leads: boolean;
  readonly leftUs: number;
}

/** What answering a roll needs of the voter. */
export interface RollPort {
  /** Whether it may promise anything now. */
  isPromising(now: Now): boolean;
  /** Those that wait for the name and could be served. */
  successors(box: BallotBox, nowUs: number): readonly Bidder[];
  /** Who has the name, or is kept it, so that a bid can only wait. Null: nobody. */
  occupant(box: BallotBox, peer: Peer, nowUs: number): Occupant | null;
  /** What is told of the name to those that watch. */
  hint(box: BallotBox, now: Now): Hint;
  /** Gives a name that is free to the best of those that wait. */
  serve(box: BallotBox, now: Now): void;
}

/** One name on a roll, as it is here. */
interface Line {
  readonly box: BallotBox;
  readonly part: number;
  /** For bids. */
  readonly bidder: Bidder | null;
  readonly leader: string;
  readonly leftUs: number;
}

/**
 * The voter's side of rolls (voter.V13): one entry stands for all that a process leads, bids for or
 * watches. What it holds of that very life is summed up part by part from the promises and queues as they
 * are now. So nothing is kept beside them that could disagree with them: a name whose promise was released,
 * superseded or has run out is not in the sum, and its part differs.
 */
export class RollReply {
  readonly #context: Context;
  readonly #boxes: ReadonlyMap<string, BallotBox>;
  readonly #port: RollPort;

  constructor(context: Context, boxes: ReadonlyMap<string, BallotBox>, port: RollPort) {
    this.#context = context;
    this.#boxes = boxes;
    this.#port = port;
  }

  /** Takes the parts that agree as said name by name, says which do not, and does nothing about those. */
  answer(peer: Peer, same: Same, echoed: boolean, now: Now): void {
    const parts = same.sums.length;
    const roll = new Roll(parts);
    // V1: a voter that recovers or must be silent holds nothing of anybody.
    const lines = this.#port.isPromising(now) ? this.#lines(peer, same.kind, roll, now) : [];
    const differs = roll.sums.map((sum, part) => sum !== same.sums[part]);
    const leaders = new Map<string, number>();
    for (const line of lines)
      if (!differs[line.part] && line.leader !== '') leaders.set(line.leader, Math.min(line.leftUs, leaders.get(line.leader) ?? Infinity));
    const told = fitting(leaders);
    for (const { part, leader } of lines) if (leader !== '' && !told.has(leader)) differs[part] = true;
    for (const line of lines) if (!differs[line.part]) this.#take(peer, same, line, echoed, now);
    this.#context.outbox.say(peer, {
      op: Op.stands,
      kind: same.kind,
      seq: same.seq,
      differ: differs.flatMap((is, part) => (is ? [part] : [])),
      grantedMs: this.#context.config.grantUs / 1000,
      leaders: [...told].map(([name, leftUs]) => [name, Math.max(0, Math.ceil(leftUs / 1000))] as const),
    });
  }

  /** What is held of that life, summed up in `roll`. */
  #lines(peer: Peer, kind: Same['kind'], roll: Roll, now: Now): Line[] {
    const nowUs = now.elapsedUs;
    const lines: Line[] = [];
    const life = lifeOf(peer);
    for (const box of this.#boxes.values()) {
      if (box.name === VOTERS_ELECTION) continue; // its answers say more
      const part = box.mark.partOf(roll.parts);
      if (kind === 'leases' || kind === 'queues') {
        const { grant } = box;
        if (grant === null || !grant.elected || !isSameLife(grant.holder, peer) || grant.ballot < box.maxBallot || box.releasedBy(peer) >= grant.term) continue; // V8
        if (kind === 'leases') roll.add(part, box.mark.lease(grant.term, grant.ballot));
        else {
          const queue = this.#port.successors(box, nowUs);
          const ids = queue.map(({ peer: { name } }) => name);
          roll.add(part, box.mark.queue(ids, queue[0]?.priority ?? 0));
        }
        lines.push({ box, part, bidder: null, leader: '', leftUs: 0 });
        continue;
      }
      if (kind === 'watches') {
        if (!box.watchers.has(life)) continue;
        const { holder, term, reason, leftMs } = this.#port.hint(box, now);
        roll.add(part, box.mark.watch());
        roll.add(part, box.mark.hint(holder, term, reason));
        lines.push({ box, part, bidder: null, leader: holder, leftUs: leftMs * 1000 });
        continue;
      }
      const bidder = box.queue.of(peer);
      if (bidder === null) continue;
      const occupant = this.#port.occupant(box, peer, nowUs);
      roll.add(part, box.mark.bid(bidder.ballot, bidder.priority));
      if (occupant !== null) roll.add(part, box.mark.occupant(occupant.holder, occupant.term, occupant.leads));
      lines.push({ box, part, bidder, leader: occupant?.holder ?? '', leftUs: occupant?.leftUs ?? 0 });
    }
    return lines;
  }

  #take(peer: Peer, same: Same, { box, bidder }: Line, echoed: boolean, now: Now): void {
    const nowUs = now.elapsedUs;
    if (same.kind === 'queues') return; // a question only
    if (same.kind === 'watches') return box.watch(peer, nowUs);
    if (bidder !== null) {
      if (same.seq >= bidder.seq) Object.assign(bidder, { seq: same.seq, atUs: nowUs, echoed });
      // Not to the one that calls: it would get all that is free at that moment, whatever its rank.
      if (this.#port.occupant(box, peer, nowUs) === null) this.#port.serve(box, now);
      return;
    }
    const grant = box.grant!;
    if (same.seq <= grant.seq) return; // a late or doubled copy says nothing new
    box.incumbent = null;
    box.grant = { ...grant, endUs: nowUs + this.#context.config.grantUs, seq: same.seq };
  }
}

/** As many as one answer has room for. */
function fitting(leaders: ReadonlyMap<string, number>): Map<string, number> {
  const told = new Map<string, number>();
  let bytes = 0;
  for (const [name, leftUs] of leaders) {
    bytes += name.length + 8;
    if (told.size === LEADERS_MAX || bytes > LEADERS_BYTES) break;
    told.set(name, leftUs);
  }
  return told;
}
