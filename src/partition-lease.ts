import { BellwetherError } from './core/errors.ts';
import { type Claim, tokenOf } from './partition/claim.ts';
import type { PartitionLostReason } from './partition/host.ts';

/** What the leader of one part is told when it outlasts another part's. */
export interface Merge {
  /** Who led the other part, and by what token it acted. */
  readonly loser: string;
  readonly loserToken: string;
  /** Ours from here on: above the loser's. */
  readonly token: string;
}

/**
 * Leadership of one part of the cluster: of all nodes that this one can reach. In a partition each
 * part has its own, so at one moment any number of nodes may hold one. What is done under it must
 * bear being done twice.
 *
 * Not a `Lease`, and the compiler says so wherever an exclusive one is asked for: `exclusive` is
 * false, there is no `assertHeld` against a clock, no `remainingMs` and no `verify`, for nothing was
 * promised by anybody. A fence refuses it, too: its terms rise with each merge, and in two parts at once.
 */
export interface PartitionLease extends AsyncDisposable {
  readonly exclusive: false;
  readonly name: string;
  /** Unique among all tenures of this name, in all parts; tokens compare as strings. Another one, above both, after a merge that this node won. */
  readonly token: string;
  /** Aborts when another part was met whose leader stands above us (`details.reason` is `merged`, `details.winner` its name), or at `release`. */
  readonly signal: AbortSignal;
  readonly held: boolean;
  /** Says that the work has ended and gives the name back. @returns Settles at once. Never rejects. */
  readonly release: () => Promise<void>;
}

/** One tenure as the node sees it. */
export interface PartitionTenure {
  readonly lease: PartitionLease;
  readonly lostReason: PartitionLostReason | null;
  /** Tells the application to stop; the name stays ours until `settle`. */
  stop(reason: PartitionLostReason, winner: string | null): void;
  /** The application's work has ended. */
  settle(): void;
  readonly settled: Promise<void>;
  claims(claim: Claim): void;
}

/** @param giveBack Releases the name, if it is still ours. */
export function createPartitionTenure(first: Claim, giveBack: (reason: PartitionLostReason) => void): PartitionTenure {
  const abort = new AbortController();
  const { name } = first;
  let claim = first;
  let lostReason: PartitionLostReason | null = null;
  let end = (): void => {};
  const settled = new Promise<void>((resolve) => (end = resolve));
  const stop = (reason: PartitionLostReason, winner: string | null): void => {
    if (lostReason !== null) return;
    lostReason = reason;
    abort.abort(new BellwetherError('ERR_LEASE_LOST', `'${name}' is led by this node no more: ${reason}`, { election: name, reason, winner }));
  };
  const settle = (): void => {
    giveBack(lostReason ?? 'released');
    end();
  };
  const release = async (): Promise<void> => {
    stop('released', null);
    settle();
  };
  return {
    lease: {
      exclusive: false,
      name,
      signal: abort.signal,
      release,
      get token() {
        return tokenOf(claim);
      },
      get held() {
        return lostReason === null;
      },
      [Symbol.asyncDispose]: release,
    },
    stop,
    settle,
    settled,
    claims: (next) => void (claim = next),
    get lostReason() {
      return lostReason;
    },
  };
}
