import { COVERAGE_MAX } from '../../src/membership/gossip-queue.ts';
import { ACCUSERS_MAX, ADMISSIONS_MAX, LEAVE_TARGETS_MAX, NOTES_MAX, OPEN_PROBES_MAX, OPEN_RELAYS_MAX, SEEDS_MAX } from '../../src/membership/limits.ts';
import type { Membership } from '../../src/membership/membership.ts';
import { loopback } from '../../sim/schedules/membership-cluster.ts';
import { containersOf } from './containers.ts';

const INDIRECT = loopback.indirectProbes;
/** Every container of a membership, whatever it is called, and how large it may be: a limit of `docs/limits.md`, or what follows from one. */
const boundsFor = (membersMax: number): Readonly<Record<string, number>> => ({
  'MemberTable.#peers': membersMax,
  'MemberTable.#view': membersMax,
  'MemberTable.#active': membersMax,
  'MemberTable.#activeList': membersMax,
  'MemberTable.#sorted': membersMax,
  'MemberTable.suspects': membersMax,
  'MemberTable.failed': membersMax,
  'MemberTable.tombstones': membersMax,
  'Peer.notes': NOTES_MAX,
  'Suspicion.#accusers': membersMax,
  'RoundTrips.#samples': 32,
  'GossipQueue.#byName': membersMax,
  'GossipQueue.#tiers': 40, // the retransmit limit of 4,096
  'GossipQueue.#tiers[]': membersMax,
  'GossipQueue.#tiers[][].told': COVERAGE_MAX,
  'Context.unreachable': membersMax,
  'Context.oneWay': membersMax,
  'Prober.#open': OPEN_PROBES_MAX,
  'Prober.#open[].plan.first': 1,
  'Prober.#open[].silentRelays': INDIRECT,
  'Prober.#open[].nackedBy': INDIRECT,
  'Prober.#open[].goneBy': INDIRECT,
  'Prober.#open[].refusedBy': INDIRECT + 1,
  'Relays.#open': OPEN_RELAYS_MAX,
  'Admission.#checks': ADMISSIONS_MAX,
  'Detection.#order': 2 * membersMax + 64,
  'Greeting.#fresh': membersMax,
  'FailedProbe.#rotation': membersMax,
  'Join.#seeds': SEEDS_MAX,
  'Leave.#unanswered': LEAVE_TARGETS_MAX,
  'Sync.#pulls': 8,
  'Sync.#mismatched': membersMax,
});

/** What is larger than it may be where at most `membersMax` members can be, or has no bound at all. */
export function beyondBounds(core: Membership, membersMax: number): string[] {
  const bounds = boundsFor(membersMax);
  return Object.entries(containersOf(core)).flatMap(([at, size]) => {
    const bound = at.endsWith('.accusers') ? ACCUSERS_MAX : bounds[at];
    return size <= (bound ?? 0) ? [] : [`${at}: ${size}, bound ${bound ?? 'unknown'}`];
  });
}
