// npm antietcd embedded in each candidate: TinyRaft election (websockets), no
// separate store. Its documented defaults: election 5 s (plus up to 5 s random),
// heartbeat 1 s, leadership timeout 3 s. "fast" is 500/100/300 ms.
import { ElectionCluster } from '../lib/candidates.mjs';

export const kind = 'election';
export const variants = ['default', 'fast'];
export const settings = {
  default: 'antietcd defaults: election 5 s (+ random up to 5 s), heartbeat 1 s, leadership 3 s, reconnect 1 s',
  fast: 'antietcd election_timeout 500, heartbeat_timeout 100, leadership_timeout 300, reconnect 200 ms',
};

class AntiEtcd extends ElectionCluster {
  constructor(variant) {
    super();
    this.fast = variant === 'fast';
    this.leaseMs = this.fast ? 300 : 3000;
  }
  candidate(i) {
    const cluster = Object.fromEntries(this.hosts.map((h, k) => [`c${k}`, `http://${h.ip}:7000`]));
    return [
      'antietcd',
      {
        name: `c${i}`,
        ip: this.hosts[i].ip,
        port: 7000,
        cluster,
        extra: this.fast ? { election_timeout: 500, heartbeat_timeout: 100, leadership_timeout: 300, reconnect_interval: 200 } : {},
      },
    ];
  }
}

export const create = (variant = 'default') => new AntiEtcd(variant);
