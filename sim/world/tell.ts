import type { ElectionChange } from '../../src/election/host.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { PartitionChange } from '../../src/partition/host.ts';

/** A change in a few words, for the story of a run. Part of the trace's hash. */
export function tellElection(change: ElectionChange): string {
  switch (change.type) {
    case 'elected':
      return `is elected for '${change.name}', term ${change.term}`;
    case 'lost':
      return `loses '${change.name}', term ${change.term}: ${change.reason}`;
    case 'ended':
      return `ends its tenure of '${change.name}', term ${change.term}`;
    case 'elect':
      return change.next ? `is next to lead '${change.name}'` : `is not next to lead '${change.name}' any more`;
    case 'leader':
      return change.leader === null
        ? `knows no leader of '${change.name}': ${change.reason}`
        : `sees ${change.leader} lead '${change.name}', term ${change.term}`;
    case 'quorum':
      return change.held
        ? `reaches ${change.reachable} voters again`
        : `reaches ${change.reachable} of ${change.needed} voters needed; missing: ${change.missing.join(', ')}`;
    case 'voter':
      return `votes: ${change.phase} by ${change.how}`;
    case 'voters':
      return `goes by the voters ${change.set.seats.map(({ name, weight }) => (weight === 1 ? name : `${name}:${weight}`)).join(', ')}${change.settled ? ', as a majority does' : ''}`;
    case 'warning':
      return `warns: ${change.code}`;
  }
}

export function tellMembership(change: MembershipChange): string {
  switch (change.type) {
    case 'member':
      return `holds ${change.after.name} ${change.after.state}, incarnation ${change.after.incarnation} (${change.before?.state ?? 'new'})`;
    case 'forgotten':
      return `forgets ${change.member.name}`;
    case 'self':
      return `is ${change.state}`;
    case 'accepted':
      return change.by === null ? 'found nobody and is the first' : `was admitted by ${change.by}`;
    case 'refused':
      return `was refused by ${change.by}: its name is held at ${change.rival}`;
    case 'rival':
      return `heard a higher claim to its name from ${change.address}${change.gaveUp ? ' and gave up' : ''}`;
    case 'warning':
      return `warns: ${change.code}`;
  }
}

export function tellPartition(change: PartitionChange): string {
  switch (change.type) {
    case 'elected':
      return `leads '${change.claim.name}' in its part, term ${change.claim.term}`;
    case 'merged':
      return `outlasts ${change.loser.holder} as the leader of '${change.claim.name}', term ${change.claim.term}`;
    case 'lost':
      return `leads '${change.claim.name}' in its part no more: ${change.reason}${change.winner === null ? '' : `, ${change.winner.holder} does`}`;
    case 'leader':
      return change.claim === null ? `knows no leader of '${change.name}' in its part` : `sees ${change.claim.holder} lead '${change.name}' in its part`;
  }
}
