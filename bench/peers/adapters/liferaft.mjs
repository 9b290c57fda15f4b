// npm @markwylde/liferaft: Raft election among the candidates themselves, no
// store. It brings no transport; agents/candidate.mjs gives it JSON over UDP.
// Its defaults: heartbeat 50 ms, election timeout 150 to 300 ms.
import { ElectionCluster } from '../lib/candidates.mjs';

export const kind = 'election';
export const variants = ['default', 'five'];
export const settings = {
  default: 'liferaft defaults (heartbeat 50 ms, election 150–300 ms), 3 nodes',
  five: 'liferaft defaults (heartbeat 50 ms, election 150–300 ms), 5 nodes',
};

class LifeRaft extends ElectionCluster {
  constructor(size) {
    super();
    this.size = size;
    this.leaseMs = 300;
  }
  candidate(i) {
    const peers = this.hosts.map((h) => ({ ip: h.ip, port: 7000 }));
    return ['liferaft', { name: `${peers[i].ip}:7000`, ip: peers[i].ip, port: 7000, peers: peers.filter((_, k) => k !== i) }];
  }
}

export const create = (variant = 'default') => new LifeRaft(variant === 'five' ? 5 : 3);
