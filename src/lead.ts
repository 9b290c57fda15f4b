import { BellwetherError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { Standing } from './candidacy.ts';
import type { CampaignOptions, Campaigns } from './campaigns.ts';
import { abortsWith } from './standing.ts';
import type { TurnOptions, Turns } from './turns.ts';
import { type Lease, type LeasePort, assertCanHandOver } from './lease.ts';

/** What a job is given: its lease, and the two ways to step down while it still runs. */
export interface Leadership extends Pick<
  Lease,
  'exclusive' | 'name' | 'term' | 'token' | 'signal' | 'held' | 'remainingMs' | 'assertHeld' | 'verify' | 'inJeopardy' | 'reportStale' | 'setPayload'
> {
  /** Steps down: `signal` aborts, the job comes to its end, and only then the name is given back. */
  readonly resign: () => void;
  /**
   * Steps down in favour of `to` (without it, of whoever stands first).
   *
   * @throws BellwetherError `ERR_HANDOVER` when the successor does not stand at a majority of voters, `ERR_NOT_LEADER`.
   */
  readonly handover: (to?: string) => void;
}

export type Job = (leadership: Leadership) => unknown;

export interface LeadOptions extends TurnOptions, Pick<CampaignOptions, 'priority' | 'group' | 'fair'> {
  /** Ends `lead`: a job that runs is told to stop, the name is given back, and `lead` resolves. */
  readonly signal?: AbortSignal;
}

/**
 * The loop around a leader-only job: campaign, run the job while this node leads, wait for the job
 * to end, give the name back, campaign again.
 *
 * The job runs at most once at a time, on this node and (while the assumptions in docs/guarantees.md
 * hold, and the job ends when its signal aborts) anywhere. A job that returns while it leads gives
 * the name back; others take it before we do.
 *
 * @returns Resolves when `signal` aborts and the last job has ended; rejects with what a job threw
 * while it led (the name is given back), or `ERR_CLOSED` when the node closes first.
 */
export async function lead(
  campaigns: Campaigns,
  port: LeasePort,
  turns: Turns,
  logger: Logger,
  name: string,
  job: Job,
  standing: Standing,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isOver = (): boolean => signal?.aborted === true;
  while (!isOver()) {
    await turns.untilHealthy(signal);
    const standingDown = abortsWith(signal);
    const endStanding = turns.whileStanding(() => standingDown.abort()); // it is not well
    let tenure;
    try {
      tenure = await campaigns.campaign(name, standing, standingDown.signal);
    } catch (error) {
      if (!standingDown.signal.aborted || error !== standingDown.signal.reason) throw error;
      if (isOver()) return;
      continue;
    } finally {
      endStanding();
      standingDown.end();
    }
    const { lease } = tenure;
    const stop = (): void => tenure.resign('released', null);
    signal?.addEventListener('abort', stop, { once: true });
    if (isOver()) stop();
    const endLeading = turns.whileLeading((reason, to) => tenure.resign(reason, to));
    let failure: { readonly error: unknown } | null = null;
    try {
      if (!lease.signal.aborted) {
        await job({
          exclusive: true,
          name,
          term: lease.term,
          token: lease.token,
          signal: lease.signal,
          remainingMs: lease.remainingMs,
          assertHeld: lease.assertHeld,
          verify: lease.verify,
          reportStale: lease.reportStale,
          setPayload: lease.setPayload,
          get held() {
            return lease.held;
          },
          get inJeopardy() {
            return lease.inJeopardy;
          },
          resign: () => tenure.resign('released', null),
          handover: (to) => {
            assertCanHandOver(port, name, to ?? null, lease.assertHeld);
            tenure.resign('handover', to ?? null);
          },
        });
      }
    } catch (error) {
      // A job that was told to stop usually ends by throwing what its signal was aborted with.
      if (tenure.lostReason === null) failure = { error };
      else if (error !== lease.signal.reason) logger.debug({ election: name, term: lease.term, error }, 'a job threw after its lease was lost');
    } finally {
      endLeading();
      signal?.removeEventListener('abort', stop);
    }
    await lease.release();
    if (failure !== null) throw failure.error;
    if (tenure.lostReason === 'shutdown') throw new BellwetherError('ERR_CLOSED', 'the node was closed');
  }
}
