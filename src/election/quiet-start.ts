import type { Now } from '../core/time.ts';
import type { Context } from './context.ts';
import { Op, type Recovered } from './messages.ts';
import type { Peer } from './peers.ts';

/** Who has not answered is asked so often in one renewal time, until active: whoever starts last is met soon. All are asked once in it. */
const ASKS_PER_RENEWAL = 8;

/**
 * Skips the start-up wait where nothing can be waited for (restart.R6): every process that may hold a
 * lease is new and empty at one instant.
 *
 * Only voters may lead (`leaders: 'voters'`), so a lease is held by a voter's process or by nobody. A
 * voter asks all others, and when every one of them has said that it is recovering, it asks them all
 * **again**. If all say so a second time, in the same lives, then at the instant between the last
 * first answer and the first second question all of them were recovering, itself included; and a
 * recovering voter has promised nothing and leads nothing (a process does not bid while its own voter
 * recovers, restart.R3). So nobody held anything, and what is promised from there on is promised by
 * voters of that set. The set of lives goes into every answer, and a voter that is still recovering
 * and finds **its own life** in it was there, too.
 *
 * Asking once, taking a set without one's own life, or bidding while one's own voter recovers gives
 * two leaders (`quiet-once`, `quiet-own-life` and `quiet-no-bid` among the schedules; `bellwether sim
 * explore --quiet-start` goes through all of it). The double collect is that of atomic snapshots (Afek et al. 1993, §3).
 */
export class QuietStart {
  readonly #context: Context;
  #nonce = 0;
  #second = false;
  /** Who answered the first question, in which life. */
  readonly #lives = new Map<string, number>();
  /** Who answered the second one so. */
  readonly #confirmed = new Set<string>();
  #askAtUs = Infinity;
  #askAllAtUs = -Infinity;
  /** Boots in the order of the configuration, once all are known to have been new; empty before, and where it never was so. */
  set: readonly number[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  /** Whether the configuration allows it at all. */
  begin(nowUs: number): void {
    const { config, electorate, self } = this.#context;
    // After a change a voter that was just taken out may still hold its last lease, and is not asked.
    if (config.leaders !== 'voters' || !electorate.isFirst || !electorate.isVoter(self.name)) return;
    this.#restart(nowUs);
  }

  /** The ordinary way was quicker, or somebody was met who is not new. */
  end(): void {
    this.#askAtUs = Infinity;
    this.#nonce = 0;
  }

  get isAsking(): boolean {
    return this.#nonce !== 0;
  }

  get nextDeadlineUs(): number {
    return this.#askAtUs;
  }

  advance(now: Now): boolean {
    if (now.elapsedUs < this.#askAtUs) return false;
    this.#ask(now.elapsedUs);
    return this.#conclude(now.elapsedUs); // who is the only voter has nobody to ask
  }

  /** Whether the answer is to a question of ours. */
  owns(nonce: number): boolean {
    return nonce !== 0 && nonce === this.#nonce;
  }

  /** @returns Whether this voter may become active now. */
  onRecovered(peer: Peer, answer: Recovered, nowUs: number): boolean {
    if (answer.rivals.some((boot) => boot !== this.#context.self.boot)) {
      this.end(); // another process of our name may be alive: the wait decides
      return false;
    }
    if (answer.active) return false; // `joins` has looked at its set; without us in it the wait decides
    if (!this.#second) this.#lives.set(peer.name, peer.boot);
    else if (this.#lives.get(peer.name) === peer.boot) this.#confirmed.add(peer.name);
    else {
      this.#restart(nowUs); // another life: it was not the one that answered first
      return false;
    }
    return this.#conclude(nowUs);
  }

  /** Whether an active voter says that we were among those that were new together. */
  joins(answer: Recovered): boolean {
    const { electorate, self } = this.#context;
    const names = this.#names();
    const ours = names.indexOf(self.name);
    if (!answer.active || !electorate.isFirst || ours < 0 || answer.quiet.length !== names.length || answer.quiet[ours] !== self.boot) return false;
    this.set = answer.quiet;
    this.end();
    return true;
  }

  #conclude(nowUs: number): boolean {
    const { self } = this.#context;
    const names = this.#names();
    const others = names.length - 1;
    if (!this.#second) {
      if (this.#lives.size < others) return false;
      // Every second answer must be asked for after every first one has arrived, or there is no instant between them.
      this.#second = true;
      this.#nonce = this.#newNonce();
      this.#askAllAtUs = nowUs;
      this.#ask(nowUs);
    }
    if (this.#confirmed.size < others) return false;
    this.set = names.map((name) => (name === self.name ? self.boot : this.#lives.get(name)!));
    this.end();
    return true;
  }

  /** In one order everywhere: lives are told by their place, and a list of voters may be written down in another order on another node. */
  #names(): readonly string[] {
    return [...this.#context.electorate.names].sort();
  }

  #restart(nowUs: number): void {
    this.#second = false;
    this.#lives.clear();
    this.#confirmed.clear();
    this.#nonce = this.#newNonce();
    this.#askAtUs = nowUs;
    this.#askAllAtUs = nowUs;
  }

  /**
   * Who has answered is asked again, too, but seldom: it may know a set with us in it, which we, missing somebody's answer, do not, and its word
   * of it may have been lost. Asking all each time is most of what five processes do that start at once, and what makes them slow.
   */
  #ask(nowUs: number): void {
    const { peers, self, outbox, config } = this.#context;
    const answered = this.#second ? this.#confirmed : this.#lives;
    const all = nowUs >= this.#askAllAtUs;
    if (all) this.#askAllAtUs = nowUs + config.renewUs;
    this.#askAtUs = nowUs + Math.floor(config.renewUs / ASKS_PER_RENEWAL);
    for (const voter of peers.voters())
      if (voter.name !== self.name && (all || !answered.has(voter.name))) outbox.say(voter, { op: Op.recover, nonce: this.#nonce });
  }

  #newNonce(): number {
    return 1 + this.#context.random.below(0xffff_ffff);
  }
}
