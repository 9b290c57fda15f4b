/** What is known of the bids to one voter, all on one clock. Microseconds. */
export interface Asked {
  /** When they were sent to it, under the ballot that it has promised now; in order. */
  readonly sentUs: readonly number[];
  /** When it last refused one of them; −Infinity: it never did. */
  readonly refusedUs: number;
  /** When its promise to the former leader was to end, as it had said; −Infinity: nothing bound it. */
  readonly lapsedUs: number;
  /** When it made the promise that is heard of only now, at the latest: later ones were asked of it in vain. */
  readonly promisedUs: number;
}

/**
 * How many bids a voter had to be sent again after it was free: because none before was answered, or because
 * it had promised already and we had not heard of it. Something was lost then, or crossed the repetition.
 * What was lost before the voter was free cost nothing, as bids stand.
 */
export function resentTo({ sentUs, refusedUs, lapsedUs, promisedUs }: Asked): number {
  const open = sentUs.filter((atUs) => atUs > refusedUs);
  return open.filter((atUs, i) => atUs > lapsedUs && (i > 0 || atUs > promisedUs)).length;
}
