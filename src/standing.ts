/** How a wait for election ends, for whoever keeps it. */
export interface Outcome<T> {
  won(tenure: T): void;
  failed(reason: unknown): void;
}

/**
 * Waits to be elected: until it is won, cannot be, or its caller has enough of it.
 *
 * @param begin Called at once with how to end the wait. What it throws, the promise rejects with.
 * @param giveUp Called when `signal` aborts first; the promise then rejects with its reason.
 */
export function standUntil<T>(signal: AbortSignal | undefined, begin: (outcome: Outcome<T>) => void, giveUp: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const abort = (): void => {
      giveUp();
      reject(signal!.reason);
    };
    const done = (): void => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    const outcome: Outcome<T> = {
      won: (tenure) => {
        done();
        resolve(tenure);
      },
      failed: (reason) => {
        done();
        reject(reason);
      },
    };
    try {
      begin(outcome);
    } catch (error) {
      outcome.failed(error);
    }
  });
}

/**
 * A signal that aborts with `signal`, too, until `end`. Not `AbortSignal.any`: that one leaves something at a
 * signal which lives as long as its process for each time that it was waited with (Node 20).
 */
export function abortsWith(signal: AbortSignal | undefined): { readonly signal: AbortSignal; abort(): void; end(): void } {
  const own = new AbortController();
  const pass = (): void => own.abort(signal!.reason);
  if (signal?.aborted === true) pass();
  signal?.addEventListener('abort', pass, { once: true });
  return { signal: own.signal, abort: () => own.abort(), end: () => signal?.removeEventListener('abort', pass) };
}
