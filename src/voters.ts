import { optionsError } from './candidacy.ts';
import { BellwetherError } from './core/errors.ts';
import { isName } from './core/fields.ts';
import type { VotersStanding } from './election/franchise.ts';
import type { Refusal } from './election/reconfiguration.ts';
import { type Seat, type VotersChange, WEIGHT_MAX } from './election/voter-set.ts';
import { type Events, type VotersEvent, votersEvent } from './events.ts';

/** Who votes, as one node knows it. */
export interface VotersView extends VotersEvent {
  /** Votes that make a majority, of `total`. */
  readonly needed: number;
  readonly total: number;
  /** What a change that is under way here waits for, in words; null: for nothing, or none is. */
  readonly waitsFor: string | null;
}

/** What a change came to. */
export interface VotersChanged {
  readonly before: VotersEvent;
  readonly after: VotersEvent;
}

/** What changing the voters needs of a node. */
export interface VotersPort {
  standing(): VotersStanding;
  changeVoters(wish: VotersChange, isOwn?: boolean): Refusal | null;
  abandonVotersChange(): void;
  forceVoters(seats: readonly Seat[]): Refusal | null;
  isClosed(): boolean;
  readonly events: Events;
}

/** The voters of a running node: shown, and changed one vote at a time. */
export class VotersOffice {
  readonly #port: VotersPort;

  constructor(port: VotersPort) {
    this.#port = port;
  }

  get view(): VotersView {
    const { set, needed, total, waitsFor, isSettled } = this.#port.standing();
    return { ...votersEvent(set, isSettled), needed, total, waitsFor };
  }

  /** See `ClusterNode.changeVoters`. */
  async change(wish: VotersChange, signal: AbortSignal | undefined): Promise<VotersChanged> {
    signal?.throwIfAborted();
    this.#assertOpen();
    checkNames([...(wish.add ?? []), ...(wish.remove ?? []), ...(wish.exclude ?? []), ...(wish.include ?? []), ...Object.entries(wish.replace ?? {}).flat()]);
    const before = votersEvent(this.#port.standing().set, true);
    throwRefusal(this.#port.changeVoters(wish));
    const over: (() => void)[] = [];
    try {
      const after = await new Promise<VotersEvent>((resolve, reject) => {
        over.push(this.#port.events.on('voters', (event) => event.settled && resolve(event)));
        over.push(
          this.#port.events.on('warning', ({ code, details }) => {
            if (code !== 'voters-refused') return;
            const problems = String(details['problems']);
            reject(
              new BellwetherError('ERR_VOTERS', `others changed the voters meanwhile, and now this cannot be done: ${problems}`, { problems: [problems] }),
            );
          }),
        );
        over.push(this.#port.events.on('closed', () => reject(new BellwetherError('ERR_CLOSED', 'the node was closed while its voters were being changed'))));
        const giveUp = (): void => {
          const { waitsFor } = this.#port.standing();
          this.#port.abandonVotersChange();
          reject(
            new BellwetherError(
              'ERR_VOTERS',
              `the voters were not changed in time${waitsFor === null ? '' : `; it waited for ${waitsFor}`}`,
              { waitsFor, problems: [] },
              { cause: signal?.reason },
            ),
          );
        };
        signal?.addEventListener('abort', giveUp, { once: true });
        over.push(() => signal?.removeEventListener('abort', giveUp));
      });
      return { before, after };
    } finally {
      for (const end of over) end();
    }
  }

  /** A change that nobody asked for (config.R1). @returns Why it was not begun; null: it is under way. */
  changeUnasked(wish: VotersChange): Refusal | null {
    return this.#port.changeVoters(wish, true);
  }

  /** Goes no further with what is under way. */
  abandon(): void {
    this.#port.abandonVotersChange();
  }

  /** See `ClusterNode.forceVoters`. */
  force(voters: readonly string[], weights: readonly number[]): VotersChanged {
    this.#assertOpen(); // a new life of this voter may have the state directory by now
    checkNames(voters);
    if (voters.length === 0 || new Set(voters).size < voters.length) throw optionsError('name each of the voters once, and at least one');
    if (weights.length > 0 && (weights.length !== voters.length || weights.some((w) => !Number.isInteger(w) || w < 1 || w > WEIGHT_MAX)))
      throw optionsError(`weights must be as many as the voters, 1 to ${WEIGHT_MAX} each`);
    const before = votersEvent(this.#port.standing().set, true);
    throwRefusal(this.#port.forceVoters(voters.map((name, i) => ({ name, weight: weights[i] ?? 1, excluded: false }))));
    return { before, after: votersEvent(this.#port.standing().set, false) };
  }

  #assertOpen(): void {
    if (this.#port.isClosed()) throw new BellwetherError('ERR_CLOSED', 'the node is closed');
  }
}

function checkNames(names: readonly string[]): void {
  const wrong = names.filter((name) => !isName(name));
  if (wrong.length > 0)
    throw optionsError(
      `a voter's name must be 1 to 64 printable ASCII characters without spaces; it is ${wrong.map((name) => JSON.stringify(name)).join(', ')}`,
    );
}

function throwRefusal(refusal: Refusal | null): void {
  if (refusal === null) return;
  const { why, problems } = refusal;
  const code = why === 'no-memory' ? 'ERR_NO_STATE_DIR' : why === 'busy' ? 'ERR_BUSY' : 'ERR_VOTERS';
  throw new BellwetherError(code, problems.join('; '), { problems });
}
