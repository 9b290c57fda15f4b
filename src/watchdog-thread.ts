import { workerData } from 'node:worker_threads';
import { writeSync } from 'node:fs';

/** See watchdog.ts: this thread does nothing but look at one word, so that nothing can hold it up. */
const LOOK_MS = 5;

const endUs = new BigInt64Array(workerData as SharedArrayBuffer);
const pause = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  const end = Atomics.load(endUs, 0);
  const now = process.hrtime.bigint() / 1_000n;
  if (end !== 0n && now > end) {
    writeSync(2, `bellwether: a lease ended ${Number(now - end) / 1_000} ms ago and this process did not notice: ending it\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  Atomics.wait(pause, 0, 0, LOOK_MS);
}
