import { combine32, hash32 } from '../core/hash.ts';
import type { ElectionConfig } from './config.ts';

/**
 * 32-bit digest of everything two nodes must agree on before one may count the other's vote:
 * cluster, configuration id, voters with weights, T, ρ and who may lead.
 *
 * One voter started with a longer T among shorter ones, or with a list that lacks a name, makes two
 * majorities that do not meet; so a packet with another digest is refused, never interpreted. R,
 * `stopBefore` and the like are a node's own business and not part of it.
 */
export function configDigest(config: ElectionConfig): number {
  let digest = hash32(config.cluster, 0x62656c6c);
  digest = combine32(digest, 0); // configuration id: a fixed list is configuration 0
  for (const voter of [...config.voters].sort()) {
    digest = combine32(digest, hash32(voter));
    digest = combine32(digest, 1); // weight
  }
  digest = combine32(digest, config.grantUs);
  digest = combine32(digest, config.driftPpm);
  return combine32(digest, hash32(config.leaders));
}
