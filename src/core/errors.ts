/**
 * Stable machine-readable reasons of every error this library throws. Add at the end; never
 * rename: users switch on them. `docs/operating.md` has one paragraph for each.
 */
export type ErrorCode =
  | 'ERR_OPTIONS' // one or more options are wrong; `details.problems` lists all
  | 'ERR_BIND' // the socket could not be bound
  | 'ERR_NAME_CONFLICT' // another living process holds our name; `details.rival` is its address
  | 'ERR_CLOSED' // the node was closed (or is closing)
  | 'ERR_BUSY' // this node already campaigns for, or leads, that name
  | 'ERR_NOT_LEADER' // the lease is not held (any more) or not for long enough
  | 'ERR_LEASE_LOST' // reason of a lease's abort signal; `details.reason` says which way
  | 'ERR_HANDOVER' // the successor is not queued at a majority of voters
  | 'ERR_NOT_CANDIDATE' // this node may not lead (role or configuration)
  | 'ERR_STATE' // the state directory cannot be read, or holds something else
  | 'ERR_NO_STATE_DIR' // without a state directory voters are fixed
  | 'ERR_VOTERS' // that change of the voters cannot be, or was not done in time; `details.problems`, `details.waitsFor`
  | 'ERR_STALE_TERM'; // a resource has seen a higher term; `details.seen` is it

/** Settled facts for logs and tests: plain values only, never a socket, a key or a message. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * The one error class. Test `error.code`, not the message and not `instanceof` (two copies of the
 * package in one process would defeat it).
 */
export class BellwetherError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BellwetherError';
    this.code = code;
    this.details = details;
  }
}
