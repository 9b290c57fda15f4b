import type { Now } from '../core/time.ts';
import type { Context } from './context.ts';
import type { HandedGrant, HandedOn } from './hand-on.ts';
import { Op, type Recover, type Recovered } from './messages.ts';
import type { Peer } from './peers.ts';
import { QuietStart } from './quiet-start.ts';

/** Ballots at and above this are refused at the boundary: far above any floor, far below 2^53. */
export const BALLOT_MAX = 2 ** 50;
/** Longest T anybody may use or claim; a peer cannot make our start-up wait longer. Microseconds. */
export const GRANT_MAX_US = 300_000_000;
/** The nonce of what is told without a question; questions have others. */
const UNASKED = 0;
/** 2025-01-01T00:00:00Z, where the term floor's milliseconds count from. */
const FLOOR_EPOCH_MS = 1_735_689_600_000;

/** The term floor: wall milliseconds since 2025; 0 where the clock is before that. */
export function termFloor(wallMs: number): number {
  return Math.max(0, Math.min(BALLOT_MAX - 1, Math.floor(wallMs) - FLOOR_EPOCH_MS));
}

/**
 * What a voter without a memory does before it promises anything (rules restart.R1–R4): **wait,
 * then read**.
 *
 * It waits out every promise a former life may have given (R1), and only then asks the others for
 * the highest ballot (R2). The order matters: a voter that reads first and waits afterwards misses
 * what was promised meanwhile, and one term gets two leaders (schedule X24). It does not count
 * itself: it knows nothing. There is no flag that skips the wait; a flag left in a unit file is two
 * leaders at the next restart.
 */
export class Recovery {
  readonly #context: Context;
  readonly #quiet: QuietStart;
  #startUs: number;
  #active = false;
  #wasTold = false;
  #floor = 0;
  /** The largest T used or heard; the wait is the largest heard up to the moment of becoming active. */
  #maxGrantUs: number;
  #askAtUs = Infinity;
  #nonce = 0;
  #conflictUntilUs = -Infinity;
  /** The state directory says what we promised: nothing needs to be read (R7). */
  #remembers: boolean;
  #answers = new Map<string, Recovered>();

  constructor(context: Context, now: Now) {
    this.#context = context;
    this.#quiet = new QuietStart(context);
    this.#startUs = now.elapsedUs;
    this.#maxGrantUs = Math.max(context.config.grantUs, context.config.previousGrantUs, context.memory.grantUs);
    this.#remembers = context.memory.mark > 0;
    this.#floor = context.electorate.set.floor;
  }

  /** Whether another voter said that all are new. */
  get wasTold(): boolean {
    return this.#wasTold;
  }

  get isActive(): boolean {
    return this.#active;
  }

  /** At least every ballot this voter ever promised, over all names; survives a name's sweep. */
  get floor(): number {
    return this.#floor;
  }

  get maxGrantUs(): number {
    return this.#maxGrantUs;
  }

  get hasConflict(): boolean {
    return this.#conflictUntilUs > -Infinity && !this.#active;
  }

  raiseFloor(ballot: number): void {
    this.#floor = Math.max(this.#floor, ballot);
  }

  /** To be called before `ballot` is promised. @returns False: the state directory could not be told, so it may not be. */
  mayPromise(ballot: number): boolean {
    if (!this.#context.memory.reserve(ballot)) return false;
    this.raiseFloor(ballot);
    return true;
  }

  /** We have a vote (again): what was promised while we had none is with the others. The wait counts from the start of the process. */
  restart(now: Now): void {
    this.#active = false;
    this.#wasTold = false;
    this.#remembers = false;
    this.#nonce = 0;
    this.#answers.clear();
    this.#quiet.end();
    this.#askAtUs = Math.max(now.elapsedUs, this.#waitEndUs);
  }

  /** The set of voters was forced: whatever the former one promised is waited out from now. */
  startOver(now: Now): void {
    this.restart(now);
    this.#startUs = now.elapsedUs;
    this.#askAtUs = this.#waitEndUs;
  }

  /** Others vote now: their answers are not an answer any more. */
  onVoters(): void {
    this.#answers.clear();
    this.#quiet.end();
  }

  /** R8: what the last life promised, if it was the one that wrote both files, under these very voters. */
  #handedOn(): HandedOn | null {
    const { config, electorate } = this.#context;
    const { handedOn, kept } = config;
    return handedOn !== null && kept?.boot === handedOn.boot && handedOn.digest === electorate.digest ? handedOn : null;
  }

  /** A peer's largest T (every packet carries it). */
  heardGrant(grantUs: number): void {
    this.#maxGrantUs = Math.max(this.#maxGrantUs, Math.min(grantUs, GRANT_MAX_US));
  }

  /** How long the wait still runs; 0 when active or already reading. Microseconds. */
  leftUs(nowUs: number): number {
    return this.#active ? 0 : Math.max(0, this.#waitEndUs - nowUs);
  }

  /** Starts asking once the node takes part; the wait itself runs from the start of the process. @returns Promises of the last life, where it handed them on and nothing need be waited for. */
  begin(now: Now): readonly HandedGrant[] {
    if (this.#active) return [];
    this.#askAtUs = this.#waitEndUs;
    const handed = this.#handedOn();
    if (handed === null) this.#quiet.begin(now.elapsedUs);
    else this.#activate(Math.max(this.#floor, handed.floor, this.#context.memory.mark), 'handed-on');
    return this.#active ? handed!.grants : [];
  }

  advance(now: Now): void {
    if (this.#active) return;
    if (this.#quiet.advance(now)) return this.#foundQuiet(this.#floor, now);
    if (now.elapsedUs < this.#askAtUs) return;
    if (now.elapsedUs < this.#waitEndUs) {
      this.#askAtUs = this.#waitEndUs; // a longer T was heard meanwhile
      return;
    }
    this.#quiet.end(); // from here on the ordinary way is as quick
    this.#askAtUs = now.elapsedUs + this.#context.config.renewUs; // also where the state directory cannot be written: each try is a write
    if (this.#remembers) return this.#activate(Math.max(this.#floor, this.#context.memory.mark), 'memory');
    if (this.#nonce === 0) this.#nonce = 1 + this.#context.random.below(0xffff_ffff);
    for (const voter of this.#context.peers.voters()) {
      if (voter.name === this.#context.self.name) continue;
      this.#context.outbox.say(voter, { op: Op.recover, nonce: this.#nonce });
    }
    this.#conclude(now);
  }

  get nextDeadlineUs(): number {
    return this.#active ? Infinity : Math.min(this.#askAtUs, this.#quiet.nextDeadlineUs);
  }

  /** Somebody else's question. A recovering voter answers too: its answer serves cold starts. */
  answer(peer: Peer, question: Recover, now: Now): void {
    this.#context.outbox.say(peer, {
      op: Op.recovered,
      nonce: question.nonce,
      active: this.#active,
      floor: this.#floor,
      rivals: this.#context.peers.rivalsOf(peer, now.elapsedUs - this.#context.config.grantUs),
      quiet: this.#active ? this.#quiet.set : [],
    });
  }

  onRecovered(peer: Peer, answer: Recovered, now: Now): void {
    if (this.#active) return;
    const fresh = this.#quiet.owns(answer.nonce);
    const told = answer.nonce === UNASKED && this.#quiet.isAsking;
    if (!fresh && !told && (answer.nonce !== this.#nonce || this.#nonce === 0)) return;
    const floor = Math.max(this.#floor, answer.floor);
    if (this.#quiet.joins(answer)) {
      this.#wasTold = true;
      return this.#activate(Math.max(floor, this.#joiningFloor(now)), 'quiet');
    }
    if (fresh && this.#quiet.onRecovered(peer, answer, now.elapsedUs)) return this.#foundQuiet(floor, now);
    if (fresh || told) return;
    if (answer.rivals.some((boot) => boot !== this.#context.self.boot)) {
      // Another process under our name was talking within T. It may be a living one, whose vote and
      // ours would be two for one voter. Ask again until T has passed without a sign of it.
      if (!this.hasConflict) {
        this.#context.notify({
          type: 'warning',
          code: 'id-conflict',
          details: { voter: this.#context.self.name, seenBy: peer.name, boots: answer.rivals.length },
        });
      }
      this.#conflictUntilUs = now.elapsedUs + this.#context.config.grantUs;
      this.#answers.clear();
      return;
    }
    this.#answers.set(peer.name, answer);
    this.#conclude(now);
  }

  #conclude(now: Now): void {
    const nowUs = now.elapsedUs;
    if (this.#nonce === 0 || nowUs < this.#waitEndUs || nowUs < this.#conflictUntilUs) return;
    const { electorate, self } = this.#context;
    const answers = [...this.#answers.values()];
    const active = electorate.votes([...this.#answers].filter(([, a]) => a.active).map(([voter]) => voter));
    const floor = Math.max(this.#floor, ...answers.map((a) => a.floor));
    // R2: this many active others meet every majority that elected anybody while we waited.
    const quorum = electorate.total - electorate.needed + 1;
    if (active >= quorum) return this.#activate(floor, 'read');
    // R4, cold start, the one place that counts ourselves among those who answered: everybody did,
    // or a majority and nobody else came within T of the wait's end. Exclusion rests on the wait
    // and never on this; term order now rests on the wall clocks. A set that was only heard of may be
    // an old one, so under such a one a voter needs active others.
    const answered = electorate.votes([...this.#answers.keys(), self.name]);
    const mayStartCold = electorate.isOriginal || electorate.isRemembered;
    const patienceOver = nowUs >= this.#waitEndUs + this.#context.config.grantUs;
    if (mayStartCold && (answered === electorate.total || (patienceOver && answered >= electorate.needed))) {
      this.#activate(Math.max(floor, termFloor(now.wallMs)), 'cold-start');
    }
  }

  /**
   * All were new at one instant, and we know it first, or think so: the others are told at once. They would ask
   * soon; but the bid that goes out with this word would find them recovering, be refused by all, and be said again
   * only when each of them bids, too. Who is told finds its own life in the set, so it need not have asked (restart.R6).
   */
  #foundQuiet(heard: number, now: Now): void {
    this.#activate(Math.max(heard, termFloor(now.wallMs)), 'quiet');
    if (!this.#active) return;
    const { peers, self, outbox } = this.#context;
    for (const voter of peers.voters())
      if (voter.name !== self.name)
        outbox.say(voter, { op: Op.recovered, nonce: UNASKED, active: true, floor: this.#floor, rivals: [], quiet: this.#quiet.set });
  }

  /**
   * The wall floor of a voter that was told. By its whole clock it would refuse the bid that came with the word, as that took
   * a moment to come; the floor of who found it is the whole of that one's clock, and one clock is as good as another (restart.R5).
   */
  #joiningFloor(now: Now): number {
    return termFloor(now.wallMs - this.#context.config.renewUs / 1000);
  }

  #activate(floor: number, how: 'read' | 'cold-start' | 'quiet' | 'memory' | 'handed-on'): void {
    if (!this.#context.memory.enter(floor)) return; // it cannot be kept: asked again with the next beat
    this.#floor = floor;
    this.#active = true;
    this.#answers.clear();
    this.#quiet.end();
    this.#context.notify({ type: 'voter', phase: 'active', how });
  }

  get #waitEndUs(): number {
    return this.#startUs + this.#maxGrantUs;
  }
}
