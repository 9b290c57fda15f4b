import type { Address } from '../core/address.ts';
import type { Context } from './context.ts';
import { LEAVE_TARGETS_MAX } from './limits.ts';
import { Kind } from './messages.ts';

/** Rounds in which those that have not answered are told again. */
const ROUNDS = 5;

/**
 * Going in good order: the leaver itself tells everybody, so that all see it leave within a round
 * trip and nobody sees it fail (member.L1).
 */
export class Leave {
  readonly #ctx: Context;
  readonly #onDone: () => void;
  /** By seq of the leave sent to it. */
  readonly #unanswered = new Map<number, { readonly name: string; readonly address: Address }>();
  #round = 0;
  #dueUs = Infinity;

  /** @param onDone Called once, when all have answered or been told often enough. */
  constructor(ctx: Context, onDone: () => void) {
    this.#ctx = ctx;
    this.#onDone = onDone;
  }

  get nextDeadlineUs(): number {
    return this.#dueUs;
  }

  /** Our own claim says `left` already. */
  begin(): void {
    const { table, random } = this.#ctx;
    this.#round = 0;
    this.#unanswered.clear();
    if (table.active.length > LEAVE_TARGETS_MAX) this.#ctx.limited('leave', LEAVE_TARGETS_MAX);
    for (const peer of random.sample(table.active, LEAVE_TARGETS_MAX)) {
      this.#unanswered.set(this.#ctx.nextSeq(), { name: peer.claim.name, address: peer.claim.address });
    }
    this.#tellAll();
  }

  /** Whether the ack confirmed our leave. */
  onAck(seq: number, from: string): boolean {
    if (this.#unanswered.get(seq)?.name !== from) return false;
    this.#unanswered.delete(seq);
    if (this.#unanswered.size === 0) this.#done();
    return true;
  }

  advance(): void {
    if (this.#ctx.nowUs >= this.#dueUs) this.#tellAll();
  }

  #tellAll(): void {
    const { nowUs, config, own } = this.#ctx;
    if (this.#unanswered.size === 0 || this.#round >= ROUNDS) return this.#done();
    this.#round += 1;
    this.#dueUs = nowUs + config.gossipTickUs;
    for (const [seq, { address }] of this.#unanswered) this.#ctx.send(address, { kind: Kind.leave, ...this.#ctx.header(seq), claim: own });
  }

  #done(): void {
    if (this.#unanswered.size > 0) this.#ctx.count('leave.unanswered', this.#unanswered.size);
    this.#unanswered.clear();
    this.#dueUs = Infinity;
    this.#onDone();
  }
}
