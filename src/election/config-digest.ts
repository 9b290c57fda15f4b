import { combine32, hash32 } from '../core/hash.ts';
import type { ElectionConfig } from './config.ts';
import { type VoterSet, firstSeats } from './voter-set.ts';

/**
 * 32-bit digest of everything two nodes must agree on from the start before one may count the
 * other's vote: cluster, the first voters with weights, T, ρ and who may lead.
 *
 * One voter started with a longer T among shorter ones, or with a list that lacks a name, makes two
 * majorities that do not meet; so a packet with another digest is refused, never interpreted. R,
 * `stopBefore` and the like are a node's own business and not part of it.
 */
export function firstDigest(config: ElectionConfig): number {
  let digest = combine32(hash32(config.cluster, 0x62656c6c), config.expect);
  for (const { name, weight } of [...firstSeats(config.voters, config.weights)].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    digest = combine32(digest, hash32(name));
    digest = combine32(digest, weight);
  }
  digest = combine32(digest, config.grantUs);
  digest = combine32(digest, config.driftPpm);
  return combine32(digest, hash32(config.leaders));
}

/**
 * Digest of a later set in the line of descent `lineage`. T, ρ and who may lead are part of it again: `lineage`
 * comes from the state directory, and the node may have been started with others since. A lease of another T would
 * outlast the time that the leader of a change waits for its end (config.P6).
 */
export function configDigest(config: ElectionConfig, lineage: number, { term, version, seats }: VoterSet): number {
  let digest = combine32(combine32(combine32(lineage, config.grantUs), config.driftPpm), hash32(config.leaders));
  digest = combine32(combine32(digest, term % 0x1_0000_0000), combine32(Math.floor(term / 0x1_0000_0000), version));
  for (const { name, weight } of [...seats].sort((a, b) => (a.name < b.name ? -1 : 1))) digest = combine32(combine32(digest, hash32(name)), weight);
  return digest;
}
