import { randomBytes } from 'node:crypto';
import { uptime } from 'node:os';
import hyperid from 'hyperid';
import { createRandom } from './core/random.ts';
import type { Runtime } from './core/runtime.ts';
import { LeaderClock } from './election/leader-clock.ts';

/** setTimeout takes 31 bits of milliseconds; a later deadline is slept towards in pieces. */
const SLEEP_MAX_MS = 2 ** 31 - 1;

/** The clocks, the timer and the dice of the machine: the one impure file of the library. */
export function createRuntime(): Runtime {
  const seed = randomBytes(8);
  const leaderClock = new LeaderClock();
  const timer = createTimer();
  return {
    elapsedUs,
    now: () => {
      const monotonicUs = elapsedUs();
      const wallMs = Date.now();
      return { elapsedUs: monotonicUs, leaderUs: leaderClock.read(monotonicUs, wallMs * 1000, Math.round(uptime() * 1_000_000)), wallMs };
    },
    random: createRandom(seed.readInt32LE(0)),
    boot: seed.readUInt32LE(4),
    newId: hyperid({ urlSafe: true }),
    wakeAt: timer,
  };
}

/** CLOCK_MONOTONIC: stands still while the host is suspended. */
function elapsedUs(): number {
  return Math.floor(performance.now() * 1000);
}

/**
 * The one timer. A deadline that moves later leaves the running timeout alone (it wakes, looks and
 * goes back to sleep): a node under a flood of datagrams, each of which sets its deadline anew,
 * must not put its own waking off for ever.
 */
function createTimer(): Runtime['wakeAt'] {
  let timeout: NodeJS.Timeout | null = null;
  let draining: NodeJS.Immediate | null = null;
  let dueUs = Infinity;
  let armedUs = Infinity;
  let wake = (): void => {};

  const disarm = (): void => {
    if (timeout !== null) clearTimeout(timeout);
    timeout = null;
  };
  const arm = (): void => {
    armedUs = dueUs;
    timeout = setTimeout(fire, Math.min(Math.max(0, Math.ceil((dueUs - elapsedUs()) / 1000)), SLEEP_MAX_MS));
  };
  // Node runs expired timers before queued datagrams. After a stall the ack that is already here must
  // be heard before its own timeout: one turn through the poll phase, then wake.
  const fire = (): void => {
    timeout = null;
    draining = setImmediate(() => {
      draining = null;
      if (dueUs === Infinity) return;
      if (elapsedUs() >= dueUs) wake();
      if (timeout === null && draining === null && dueUs !== Infinity) arm();
    });
  };

  return (atElapsedUs, then) => {
    dueUs = atElapsedUs;
    wake = then;
    if (dueUs === Infinity) {
      disarm();
      if (draining !== null) clearImmediate(draining);
      draining = null;
    } else if (draining === null && (timeout === null || dueUs < armedUs)) {
      disarm();
      arm();
    }
  };
}
