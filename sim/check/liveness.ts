import type { Machine } from '../world/machine.ts';
import type { World } from '../world/world.ts';

/** Enough to say what is missing; looking on would cost the square of the nodes at every look. */
export const ENOUGH = 8;

/** What is still missing before the cluster is whole, the first few; empty when it is. In words. */
export function missingViews(world: World, among: readonly Machine[] = world.machines): string[] {
  const missing: string[] = [];
  for (const observer of among) {
    if (missing.length >= ENOUGH) break;
    const { process } = observer;
    if (process === null) {
      missing.push(`${observer.name} is down`);
      continue;
    }
    for (const subject of among) {
      const held = process.node.membership.members.get(subject.name);
      if (held?.state !== 'alive' || held.boot !== subject.process?.boot)
        missing.push(
          `${observer.name} holds ${subject.name} ${held?.state ?? 'unknown'}${held !== undefined && held.boot !== subject.process?.boot ? ' in a former life' : ''}`,
        );
    }
  }
  return missing;
}

/** Elections without exactly one leader that all who ask agree on. */
export function missingLeaders(world: World, among: readonly Machine[] = world.machines): string[] {
  return world.plan.elections.flatMap((election) => {
    const leading = among.filter(({ process }) => process !== null && process.node.election.inspect(election).role === 'leader');
    if (leading.length !== 1) return [`'${election}' has ${leading.length === 0 ? 'no leader' : `${leading.length} leaders`}`];
    const leader = leading[0]!.name;
    const strangers = among.filter(
      ({ process }) => process !== null && process.node.election.leaderOf(election, process.clock.read(world.nowUs)).name !== leader,
    );
    return strangers.length === 0 ? [] : [`${strangers.map(({ name }) => name).join(', ')} do not know that ${leader} leads '${election}'`];
  });
}
