import { createRandom } from '../../src/core/random.ts';
import { Cluster } from '../../sim/schedules/membership-cluster.ts';
import type { Process } from '../../sim/schedules/membership-cluster.ts';

/** A random life of a cluster: restarts, stops, cuts, loss, leaves, tags. */
export function live(seed: number): Cluster {
  const dice = createRandom(seed * 7_919);
  const chance = (perCent: number): boolean => dice.below(100) < perCent;
  const cluster = new Cluster({
    seed,
    net: { lossPerMille: chance(50) ? dice.below(300) : 0, duplicatePerMille: chance(50) ? 200 : 0, jitterUs: chance(50) ? 30_000 : 300 },
  });
  const count = 3 + dice.below(5);
  const names = Array.from({ length: count }, (_, i) => `n${i + 1}`);
  // Where nobody that is up has any address of anybody, no protocol can help: the newcomer knows the living.
  const seeds = (): string[] => ['127.0.0.1:10001', '127.0.0.1:10002', ...cluster.living.map(({ address }) => address)];
  for (const name of names) {
    cluster.start(name, seeds());
    cluster.run(dice.below(100));
  }
  const current = (name: string): Process => cluster.processes.findLast((process) => process.name === name)!;
  for (let step = 0; step < 25; step += 1) {
    const process = current(names[dice.below(count)]!);
    const running = !process.dead && process.inbox === null;
    switch (dice.below(8)) {
      case 0:
        if (running) cluster.kill(process);
        break;
      case 1:
      case 2:
        if (process.dead) {
          const clock = chance(30) ? { incarnation: 1_000 + step } : {};
          cluster.start(process.name, seeds(), {
            ...clock,
            ...(chance(50) || cluster.living.some(({ address }) => address === process.address) ? {} : { address: process.address }),
          });
        }
        break;
      case 3:
        if (running) cluster.pause(process);
        break;
      case 4:
        for (const stopped of cluster.processes) if (stopped.inbox !== null && !stopped.dead) cluster.resume(stopped);
        break;
      case 5: {
        const some = new Set(dice.sample(cluster.processes, 1 + dice.below(cluster.processes.length)).map(({ address }) => address));
        const oneWay = chance(40);
        cluster.drop = ({ from, to }) => (some.has(from) && !some.has(to)) || (!oneWay && !some.has(from) && some.has(to));
        break;
      }
      case 6:
        cluster.drop = () => false;
        break;
      case 7:
        if (!running) break;
        if (chance(50)) process.core.setTags({ step: String(step) }, cluster.nowUs);
        else if (chance(30) && process.core.selfState !== 'left') process.core.leave(cluster.nowUs);
        break;
    }
    cluster.run(dice.below(1_500));
  }
  cluster.drop = () => false;
  cluster.net.lossPerMille = 0;
  cluster.net.jitterUs = 300;
  for (const stopped of cluster.processes) if (stopped.inbox !== null && !stopped.dead) cluster.resume(stopped);
  return cluster;
}
