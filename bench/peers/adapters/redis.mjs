// npm lock-based election over one Redis server (Debian's redis-server) on a
// host of its own: ts-safe-redis-leader with its README's values (ttl 1500,
// wait 3000 ms; it has no defaults) and redis-leader with its defaults (ttl
// 10000, wait 1000 ms).
import { ElectionCluster, waitPort } from '../lib/candidates.mjs';
import { end, start, tempDir } from '../lib/util.mjs';

export const kind = 'election';
export const variants = ['safe', 'leader'];
export const settings = {
  safe: 'ts-safe-redis-leader, ttl 1500 ms, wait 3000 ms (README example), one Redis 7 on a fourth host',
  leader: 'redis-leader, ttl 10 s, wait 1 s (its defaults), one Redis 7 on a fourth host',
};

class RedisElection extends ElectionCluster {
  constructor(which) {
    super();
    this.which = which;
    this.leaseMs = which === 'safe' ? 1500 : 10000;
  }
  get hostCount() {
    return 4;
  }
  spawnStore() {
    const h = this.hosts[3];
    this.server = start(
      'redis-server',
      ['--bind', h.ip, '--port', '6379', '--save', '', '--appendonly', 'no', '--protected-mode', 'no', '--dir', tempDir('redis')],
      { netns: h.netns },
    );
  }
  async storeReady() {
    const h = this.hosts[3];
    if (!(await waitPort(h, h.ip, 6379))) throw new Error('redis did not start');
  }
  candidate() {
    return [`redis-${this.which}`, { host: this.hosts[3].ip, port: 6379, ttl: 1500, wait: 3000 }];
  }
  async stopStore() {
    await end(this.server);
  }
}

export const create = (variant = 'safe') => new RedisElection(variant);
