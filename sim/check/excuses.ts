import { longestGrantUs } from '../plan/timings.ts';
import type { Machine } from '../world/machine.ts';
import { votesIn } from './electorate.ts';
import type { World } from '../world/world.ts';

/**
 * Why a cluster that is not whole in time could not be: proven from its state, or null. An excused run
 * is counted, and too many of them fail a sweep, so that an excuse cannot hide a bug (the recoverable
 * states of TigerBeetle's simulator).
 */
export function excuseFor(world: World): string | null {
  const { plan } = world;
  const { seats } = world.voters();
  if (plan.founding === true && seats.length === 0)
    return world.machines.some((machine) => cannotFound(world, machine)) ? 'a founder died between its proposal and its word' : null;
  const votes = votesIn(seats);
  const { needed } = votes;
  const voters = world.machines.filter(({ name }) => votes.of(name) > 0);
  const count = (among: readonly Machine[]): number => among.reduce((sum, { name }) => sum + votes.of(name), 0);
  if (count(voters.filter(({ process }) => process !== null)) < needed) return 'fewer than a majority of the voters run';
  // Where only voters may lead, a change can leave witnesses alone to vote.
  if (plan.leaders === 'voters' && voters.every(({ index }) => plan.nodes[index]!.witness === true)) return 'only witnesses vote, and only voters may lead';
  // A voter may wait T for its former life's promises, and T more when it finds nobody to ask.
  const waitUs = 2 * longestGrantUs(plan);
  const mayWait = voters.filter(({ process }) => process !== null && !process.node.election.mayPromise && world.nowUs - process.startedUs < waitUs);
  const ready = voters.filter(({ process }) => process?.node.election.mayPromise === true);
  if (count(ready) < needed && count(ready) + count(mayWait) >= needed) return "too many voters wait for their former lives' promises to end";
  return null;
}

/**
 * Whether that node is bound for ever to found with somebody who cannot: it has accepted what lives proposed of which one has ended since,
 * before it had accepted, too. Its next life has another boot and another proposal (config.B1 gives up the founding for safety here).
 */
function cannotFound({ machines }: World, { disk, acceptedUs }: Machine): boolean {
  if (disk?.pending !== true) return false;
  const { lineage, set } = disk;
  return machines.some(
    ({ name, process, disk: theirs }) =>
      set!.seats.some((seat) => seat.name === name) &&
      (process === null || process.startedUs > acceptedUs) &&
      (theirs?.set == null || theirs.lineage !== lineage),
  );
}
