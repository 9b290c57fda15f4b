import type { Context } from './context.ts';
import { COVERAGE_MAX } from './gossip-queue.ts';
import { Kind } from './messages.ts';
import type { Gossip as GossipMessage } from './messages.ts';
import type { Peer } from './peer.ts';
import { packetBytes } from './wire-size.ts';

/** Pushes of news are at least this far apart: the death of half a cluster is one packet's worth of news, not one packet each. */
const PUSH_SPACING_US = 10_000;

/**
 * The second round of news comes after a quarter of a tick. Every hearer pushes to `fanout` others at once, drawn
 * at random, and of a large cluster that leaves one in e^fanout out, 1 in 20 at three: who waited a whole tick for the round that
 * reaches them would know last of a death by as much as all the others needed together. It costs no packet, only its time is another.
 */
const SECOND_ROUND_SOONER = 4;

/**
 * Tells news to `fanout` members when it happens, and again on ticks while there is something left
 * to tell. With nothing to tell there is no timer and no packet (member.G1).
 */
export class Gossip {
  readonly #ctx: Context;
  #pushNotBeforeUs = -Infinity;
  #tickUs = Infinity;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  get nextDeadlineUs(): number {
    const { queue, fresh, standing } = this.#ctx;
    if (queue.size === 0 || standing === 'joining') return Infinity;
    return fresh ? Math.min(this.#pushNotBeforeUs, this.#tickUs) : this.#tickUs;
  }

  /** Called at the end of every transition: pushes what just happened, unless we pushed a moment ago. */
  run(): void {
    const { nowUs, queue, standing } = this.#ctx;
    if (standing === 'joining' || standing === 'silenced') return;
    if (queue.size === 0) {
      this.#ctx.fresh = false;
      this.#tickUs = Infinity;
      return;
    }
    if ((this.#ctx.fresh && nowUs >= this.#pushNotBeforeUs) || nowUs >= this.#tickUs) this.#round();
    else if (this.#tickUs === Infinity) this.#tickUs = nowUs + this.#ctx.config.gossipTickUs;
  }

  #round(): void {
    const { nowUs, config, queue, table, fresh } = this.#ctx;
    this.#ctx.fresh = false;
    this.#pushNotBeforeUs = nowUs + PUSH_SPACING_US;
    if (table.active.length === 0) queue.clear(); // nobody to tell; whoever comes back is told by a sync
    if (table.activeCount <= COVERAGE_MAX) queue.settle(table.active);
    const chosen: Peer[] = [];
    for (let i = 0; i < config.gossipFanout && queue.size > 0; i += 1) {
      const peer = this.#choose(chosen);
      if (peer === null) break;
      chosen.push(peer);
      const message: GossipMessage = { kind: Kind.gossip, ...this.#ctx.header(0), answer: false, updates: [] };
      const updates = queue.take(peer.claim.name, config.packetBudget - packetBytes(message), table.active, nowUs);
      if (updates.length > 0) this.#ctx.send(peer.claim.address, { ...message, updates });
    }
    this.#tickUs = queue.size === 0 ? Infinity : nowUs + Math.floor(config.gossipTickUs / (fresh ? SECOND_ROUND_SOONER : 1));
  }

  /** At random; in a small cluster one that the most urgent news has not reached, so that nobody is missed. */
  #choose(taken: readonly Peer[]): Peer | null {
    const { table, queue, random } = this.#ctx;
    const pool = table.active.filter((peer) => !taken.includes(peer) && (table.activeCount > COVERAGE_MAX || queue.awaits(peer.claim.name)));
    return pool.length === 0 ? null : pool[random.below(pool.length)]!;
  }
}
