import { isActive } from './claim.ts';
import type { Context } from './context.ts';
import { GREETERS_MAX } from './limits.ts';
import type { Peer } from './peer.ts';
import type { Prober } from './probe.ts';
import { isGreeter } from './rendezvous.ts';

/**
 * member.D7. Every new life is greeted by a few: the members that rendezvous calls for it probe it once, soon after
 * they hear of it, and whoever finds it silent later asks two of them first. A refusal is evidence from those alone
 * who have had an ack of that very life (member.D5), and of a life that is seconds old the rounds have reached few:
 * without greeters a process that dies young, the usual crash loop, is waited for as if its host were silent.
 */
export class Greeting {
  readonly #ctx: Context;
  readonly #prober: Prober;
  readonly #greet: (peer: Peer) => void;
  /** Lives that nobody here has looked at yet. Names only: who is called is decided as late as it can be, as the view fills. */
  readonly #fresh = new Set<string>();
  #dueUs = Infinity;

  constructor(ctx: Context, prober: Prober, greet: (peer: Peer) => void) {
    this.#ctx = ctx;
    this.#prober = prober;
    this.#greet = greet;
  }

  get nextDeadlineUs(): number {
    return this.#dueUs;
  }

  /** We have heard of a new life. */
  add(name: string): void {
    if (this.#fresh.size >= this.#ctx.config.membersMax) return; // names that come and go: the rounds reach those who stay
    this.#fresh.add(name);
    if (this.#dueUs === Infinity && this.#ctx.standing === 'joined') this.begin();
  }

  /** We take part from now on. */
  begin(): void {
    const { nowUs, random, config } = this.#ctx;
    if (this.#fresh.size > 0) this.#dueUs = nowUs + random.below(Math.ceil(config.probePeriodUs / 2));
  }

  stop(): void {
    this.#fresh.clear();
    this.#dueUs = Infinity;
  }

  /** One greeting at a time: a newcomer meets a whole cluster at once, and is called for some of all. */
  advance(): void {
    const { nowUs, table, health, config } = this.#ctx;
    if (nowUs < this.#dueUs) return;
    const paceUs = health.widen(Math.ceil(config.probePeriodUs / GREETERS_MAX));
    if (this.#prober.full) return void (this.#dueUs = nowUs + paceUs);
    this.#dueUs = Infinity;
    for (const name of this.#fresh) {
      this.#fresh.delete(name);
      const peer = table.get(name);
      if (peer === undefined || !isActive(peer.claim.state) || peer.lastAckUs > -Infinity) continue;
      if (this.#prober.isProbing(name) || !isGreeter(table, peer.claim)) continue;
      this.#greet(peer);
      if (this.#fresh.size > 0) this.#dueUs = nowUs + paceUs;
      return;
    }
  }
}
