import type { Logger } from './core/logger.ts';
import type { Runtime } from './core/runtime.ts';
import type { ClusterNode } from './node.ts';

interface Wish {
  /** Also what a job runs under. */
  readonly releaseOnExit?: boolean | undefined;
  readonly crashDrainMs: number;
}

/**
 * Gives leases back when the process ends without `close`: an uncaught exception, `process.exit`, an
 * empty event loop. Node's `exit` event comes when nothing of this thread runs any more, so no job
 * writes after it; what the job had sent before is on its way still, and each voter frees the name
 * only `crashDrainMs` later. A SIGKILL has no last breath: the lease runs out.
 *
 * Where a job runs, or a lease is in somebody's hands, only if the caller asked for it: a job may have
 * started what outlives this thread (a child process, a worker), and the release would say that it is over.
 */
export function drawLastBreath(node: ClusterNode, runtime: Runtime, { releaseOnExit = false, crashDrainMs }: Wish, logger: Logger): void {
  const { election, campaigns } = node.core;
  const breathe = (): void => {
    try {
      election.lastBreath(crashDrainMs, runtime.now(), (name, term) => releaseOnExit || !campaigns.isRunning(name, term));
    } catch (error) {
      logger.error({ error }, 'the last breath failed; the leases run out');
    }
  };
  process.on('exit', breathe);
  node.on('closed', () => process.off('exit', breathe));
}
