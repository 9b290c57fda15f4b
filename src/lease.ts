import { BellwetherError } from './core/errors.ts';
import type { LostReason } from './election/host.ts';

/**
 * Leadership of one election, for as long as it lasts. All its functions may be taken off it
 * (`const { assertHeld } = lease`).
 *
 * A lease in hand is a promise of the voters, kept until its end by our own clock; `signal` aborts
 * before that. What a library cannot do is stop a write that is already on its way: give `term` to
 * the resource and let it refuse smaller ones (Kleppmann 2016, "How to do distributed locking").
 */
export interface Lease extends AsyncDisposable {
  /** True: at no moment does another process hold one. A `PartitionLease` says false, and does not pass for one of these. */
  readonly exclusive: true;
  /** The election's name. */
  readonly name: string;
  /** Rises with every tenure of this name, on any node: a fencing token. */
  readonly term: number;
  /** `name@term`, the same token as a string. */
  readonly token: string;
  /** Aborts before anybody else can lead, with an `ERR_LEASE_LOST` whose `details.reason` says why, and `details.overrunMs` how long after the lease's end if this process could not run before (else 0). */
  readonly signal: AbortSignal;
  /** Whether this node leads now, by a clock read in this call. */
  readonly held: boolean;
  /** What is left of the lease in milliseconds, by a clock read in this call; 0 when it is lost. */
  readonly remainingMs: () => number;
  /**
   * @param minMs How long the lease must still last. Default 0: that it is held.
   * @throws BellwetherError `ERR_NOT_LEADER`.
   */
  readonly assertHeld: (minMs?: number) => void;
  /**
   * Asks the voters anew: whether this node still leads at some moment after the call, by the word of a
   * majority and not by its own clock alone. One round trip. For the one decision that must not rest on clocks.
   *
   * @throws BellwetherError `ERR_NOT_LEADER`, at the latest when the lease ends.
   */
  readonly verify: () => Promise<void>;
  /** Whether renewals have been failing for a while, so that the lease is about to end unless one succeeds. */
  readonly inJeopardy: boolean;
  /**
   * A resource says that it has seen a higher term: we are not what we believe. The lease is lost at
   * once, and our next term will be above that one.
   *
   * @returns Whether it was higher.
   */
  readonly reportStale: (seenTerm: number) => boolean;
  /**
   * A word of this tenure to all members (an address, a phase), in `leader()` and `observe()` beside the name.
   *
   * @param payload At most 128 characters. Gossiped with the tags, which share 512 bytes.
   * @throws BellwetherError `ERR_NOT_LEADER`, `ERR_OPTIONS`.
   */
  readonly setPayload: (payload: string) => void;
  /**
   * Says that the work done under this lease has ended, and gives the name back at once. After
   * `signal` aborted, call it as soon as the work has stopped: the next leader starts the sooner.
   *
   * @returns Settles when the tenure is over for everybody. Never rejects.
   */
  readonly release: () => Promise<void>;
  /**
   * Gives the name to `to` without the wait for the lease to end; without `to`, to whoever stands
   * first. Like `release`, it says that the work has ended.
   *
   * @throws BellwetherError `ERR_HANDOVER` when the successor does not stand at a majority of voters
   * (nothing changed), `ERR_NOT_LEADER`.
   */
  readonly handover: (to?: string) => Promise<void>;
}

/** What a lease asks of its node. */
export interface LeasePort {
  /** Leads now; tells a loss first when there is one to tell. */
  isHeld(name: string): boolean;
  remainingUs(name: string): number;
  canHandOver(name: string, to: string | null): boolean;
  resign(name: string, reason: LostReason, to: string | null): void;
  /** The work under the lease of that term has ended. */
  settled(name: string, term: number): void;
  /** Settles when a majority has renewed what is led since the call. */
  confirm(name: string): Promise<void>;
  isInJeopardy(remainingMs: number): boolean;
  reportStale(name: string, seenTerm: number): boolean;
  setPayload(name: string, term: number, payload: string): void;
}

/** One tenure as the node sees it: the lease it hands out, and the two things that happen to it. */
export interface Tenure {
  readonly lease: Lease;
  readonly term: number;
  /** Settles when the tenure is over for everybody: released, or run out. */
  readonly ended: Promise<void>;
  /** Null while the application was not told to stop. */
  readonly lostReason: LostReason | null;
  /** Whether the application's work has ended. */
  readonly isSettled: boolean;
  /** Steps down, and leaves it to the caller to say `settle` when the work has ended. */
  resign(reason: LostReason, to: string | null): void;
  settle(): void;
  /** The node says that the application must stop. @param overrunMs How long after the lease's end; 0: in time. */
  lose(reason: LostReason, overrunMs: number): void;
  end(): void;
}

export function createTenure(port: LeasePort, name: string, term: number): Tenure {
  const abort = new AbortController();
  let lostReason: LostReason | null = null;
  let settled = false;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));

  const isHeld = (): boolean => port.isHeld(name) && lostReason === null; // the port first: it may tell a loss
  const remainingMs = (): number => (isHeld() ? Math.max(0, port.remainingUs(name) / 1000) : 0);
  const assertHeld = (minMs = 0): void => {
    const leftMs = remainingMs();
    if (lostReason === null && leftMs > 0 && leftMs >= minMs) return;
    const why = lostReason === null ? `only ${Math.floor(leftMs)} ms are left` : `it was lost: ${lostReason}`;
    throw new BellwetherError('ERR_NOT_LEADER', `the lease of '${name}' in term ${term} is not held${minMs > 0 ? ` for ${minMs} ms more` : ''}; ${why}`, {
      election: name,
      term,
      remainingMs: leftMs,
      reason: lostReason,
    });
  };
  const resign = (reason: LostReason, to: string | null): void => {
    if (lostReason === null) port.resign(name, reason, to);
  };
  const settle = (): void => {
    if (settled) return;
    settled = true;
    port.settled(name, term);
  };
  const release = (): Promise<void> => {
    resign('released', null);
    settle();
    return ended;
  };
  const handover = async (to?: string): Promise<void> => {
    assertCanHandOver(port, name, to ?? null, assertHeld);
    resign('handover', to ?? null);
    settle();
    return ended;
  };
  const verify = async (): Promise<void> => {
    assertHeld();
    await port.confirm(name);
    assertHeld();
  };
  const reportStale = (seenTerm: number): boolean => seenTerm > term && port.reportStale(name, seenTerm);
  const setPayload = (payload: string): void => {
    assertHeld();
    port.setPayload(name, term, payload);
  };
  const lease: Lease = {
    exclusive: true,
    name,
    term,
    token: `${name}@${term}`,
    signal: abort.signal,
    remainingMs,
    assertHeld,
    verify,
    reportStale,
    setPayload,
    release,
    handover,
    get held() {
      return isHeld();
    },
    get inJeopardy() {
      return port.isInJeopardy(remainingMs());
    },
    [Symbol.asyncDispose]: release,
  };
  return {
    lease,
    term,
    ended,
    resign,
    settle,
    get lostReason() {
      return lostReason;
    },
    get isSettled() {
      return settled;
    },
    lose: (reason, overrunMs) => {
      if (lostReason !== null) return;
      lostReason = reason;
      const late = overrunMs > 0 ? `, and that is told ${Math.ceil(overrunMs)} ms after its end` : '';
      const what = `the lease of '${name}' in term ${term} was lost: ${reason}${late}`;
      abort.abort(new BellwetherError('ERR_LEASE_LOST', what, { election: name, term, reason, overrunMs }));
    },
    end: () => end(),
  };
}

export function assertCanHandOver(port: LeasePort, name: string, to: string | null, assertHeld: () => void): void {
  assertHeld();
  if (port.canHandOver(name, to)) return;
  const who = to === null ? 'nobody stands' : `${to} does not stand`;
  throw new BellwetherError('ERR_HANDOVER', `cannot hand '${name}' over: ${who} for it at a majority of voters`, { election: name, to });
}
