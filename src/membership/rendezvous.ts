import { combine32, hash32 } from '../core/hash.ts';
import type { Claim } from './claim.ts';
import { CONFIRMERS_MAX, GREETERS_MAX } from './limits.ts';
import type { MemberTable } from './member-table.ts';
import type { Peer } from './peer.ts';

/**
 * Who is called for a task about one member, without anybody being asked or told: the few that rank first by
 * rendezvous hash among those who may be asked for help, ourselves included. All who hold the same view call the same.
 * By each one's place on the ring, not by its name again: a newcomer ranks a whole cluster for every member of it.
 *
 * @see Thaler, Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998).
 */

type Life = Pick<Claim, 'name' | 'boot'>;

/** Whether we look for ourselves when others accuse. Anew for each incarnation, so that no fixed few decide about a life. */
export const isConfirmer = (table: MemberTable, { name, incarnation }: Claim): boolean =>
  areWeCalled(table, name, hash32(`${name}/${incarnation}`), CONFIRMERS_MAX);

/** Whether we look once at a new life (member.D7). */
export const isGreeter = (table: MemberTable, life: Life): boolean => areWeCalled(table, life.name, greetingOf(life), GREETERS_MAX);

/** Which others have looked at this life when it was new, if they run and held the view that we hold. */
export const greetersOf = (table: MemberTable, life: Life): readonly Peer[] => calledAmong(table, life.name, greetingOf(life), GREETERS_MAX);

const greetingOf = ({ name, boot }: Life): number => hash32(`${name}/${boot}`);

function areWeCalled(table: MemberTable, about: string, task: number, count: number): boolean {
  const ours = combine32(table.self.place, task);
  let before = 0;
  for (const peer of table.helpers) {
    if (peer.claim.name === about || !isBefore(combine32(peer.place, task), peer, ours, table.self)) continue;
    before += 1;
    if (before === count) return false;
  }
  return true;
}

/** The same seen from outside. */
function calledAmong(table: MemberTable, about: string, task: number, count: number): readonly Peer[] {
  return [table.self, ...table.helpers]
    .filter((peer) => peer.claim.name !== about)
    .map((peer) => ({ peer, rank: combine32(peer.place, task) }))
    .sort((a, b) => (isBefore(a.rank, a.peer, b.rank, b.peer) ? -1 : 1))
    .slice(0, count)
    .map(({ peer }) => peer)
    .filter((peer) => peer !== table.self);
}

const isBefore = (rank: number, peer: Peer, than: number, other: Peer): boolean => rank < than || (rank === than && peer.claim.name < other.claim.name);
