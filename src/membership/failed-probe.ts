import type { Context } from './context.ts';
import type { Peer } from './peer.ts';
import type { Prober } from './probe.ts';

/**
 * Looks for the failed: one extra probe per probe period while anybody is failed, by turns the one
 * that failed last and the next of all, so that the cost does not grow with the dead. This is what
 * heals a partition, without dice and without a restart (member.D4).
 */
export class FailedProbe {
  readonly #ctx: Context;
  readonly #prober: Prober;
  readonly #onAnswer: (peer: Peer) => void;
  #dueUs = Infinity;
  #latest = false;
  #rotation: string[] = [];

  /** @param onAnswer Called when a failed member answered: both sides now have much to tell each other. */
  constructor(ctx: Context, prober: Prober, onAnswer: (peer: Peer) => void) {
    this.#ctx = ctx;
    this.#prober = prober;
    this.#onAnswer = onAnswer;
  }

  get nextDeadlineUs(): number {
    return this.#dueUs;
  }

  /** Called at the end of every transition: there is a timer only while anybody is failed. */
  schedule(): void {
    const { table, standing, config, nowUs } = this.#ctx;
    if (table.failed.size === 0 || standing !== 'joined') this.#dueUs = Infinity;
    else if (this.#dueUs === Infinity) this.#dueUs = nowUs + config.probePeriodUs;
  }

  advance(): void {
    const { nowUs, config, table } = this.#ctx;
    if (nowUs < this.#dueUs || table.failed.size === 0) return;
    this.#dueUs = nowUs + config.probePeriodUs;
    const peer = this.#next();
    const { name, boot, address } = peer.claim;
    // The claim goes with the ping: if that life still runs, it refutes at once.
    this.#prober.start({
      target: { name, boot, address },
      purpose: 'failed',
      first: [peer.told(nowUs)],
      indirect: false,
      judge: (outcome) => {
        if (outcome !== 'acked' || peer.claim.boot !== boot) return;
        peer.note(this.#ctx.nowUs, 'answered although it is held failed');
        this.#onAnswer(peer);
      },
    });
  }

  #next(): Peer {
    const { table } = this.#ctx;
    this.#latest = !this.#latest;
    if (this.#latest) return [...table.failed].at(-1)!;
    for (;;) {
      const name = this.#rotation.pop();
      const peer = name === undefined ? undefined : table.get(name);
      if (peer !== undefined && peer.claim.state === 'failed') return peer;
      if (name === undefined) this.#rotation = this.#ctx.random.shuffle([...table.failed].map((failed) => failed.claim.name));
    }
  }
}
