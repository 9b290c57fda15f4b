// What the membership runs wait for and count, over a system's views and events.
import { now } from './util.mjs';

export const failed = (state) => state === 'dead' || state === 'left';

/** @param system The system under test, asked each time: runs start it anew. @param deadline ms */
export function watcher(system, n, deadline) {
  const nodes = Array.from({ length: n }, (_, i) => i);
  const stateOf = (observer, i) => system().views[observer].get(system().name(i))?.state;

  /**
   * Waits until `done()` holds, re-checked at every event (and each 20 ms).
   * Resolves to the time of the event that made it true, or null at the deadline.
   */
  function until(done, limit = deadline) {
    if (done()) return Promise.resolve(now());
    return new Promise((resolve) => {
      const t0 = now();
      const finish = (v) => {
        off();
        clearInterval(timer);
        resolve(v);
      };
      const off = system().onEvent((e) => {
        if (done()) finish(e.t);
      });
      const timer = setInterval(() => {
        if (done()) finish(now());
        else if (now() - t0 > limit) finish(null);
      }, 20);
    });
  }

  /** Every node of `who` sees all of them alive (a suspect counts as not yet alive). */
  const allAlive = (who = nodes) => who.every((a) => who.every((b) => a === b || stateOf(a, b) === 'alive'));

  /** Collects failure declarations; `guilty` are nodes that did fail. */
  function watchFailures(guilty = new Set()) {
    const fp = [];
    const off = system().onEvent((e) => {
      if (failed(e.state) && !failed(e.old) && !guilty.has(e.member) && !guilty.has(system().name(e.observer))) fp.push(e);
    });
    return {
      fp,
      stop: () => {
        off();
        return { events: fp.length, subjects: new Set(fp.map((e) => e.member)).size };
      },
    };
  }

  return { nodes, stateOf, until, allAlive, watchFailures };
}
