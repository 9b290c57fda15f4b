import { write } from 'node:fs';
import { workerData } from 'node:worker_threads';

/** See watchdog.ts: this thread does nothing but look at one word, so that nothing can hold it up. */
const LOOK_MS = 5;
/** Nothing of this process says anything after the kill, so the last word comes first, and is waited for no longer than this. */
const LAST_WORD_MS = 10;

const endUs = new BigInt64Array(workerData as SharedArrayBuffer);
const pause = new Int32Array(new SharedArrayBuffer(4));
const overUs = (): number => {
  const end = Atomics.load(endUs, 0);
  return end === 0n ? 0 : Number(process.hrtime.bigint() / 1_000n - end);
};
while (overUs() <= 0) Atomics.wait(pause, 0, 0, LOOK_MS);

const kill = (): void => void process.kill(process.pid, 'SIGKILL');
setTimeout(kill, LAST_WORD_MS);
// Not in this thread: where nobody reads standard error, a full pipe blocks whoever writes to it, perhaps the very thread that we are to end.
write(2, `bellwether: a lease ended ${overUs() / 1_000} ms ago and this process did not notice: ending it\n`, kill);
