// This project's election: a voter and candidate on each test host, no store.
import { join } from 'node:path';
import { ElectionCluster } from '../lib/candidates.mjs';
import { needs, root } from '../lib/util.mjs';

export const kind = 'election';
export const variants = ['loopback', 'five', 'lan', 'lan-five'];
export const settings = {
  loopback: 'preset loopback: T 600 ms, renewed every 150 ms; 3 voters',
  five: 'preset loopback, 5 voters',
  lan: 'preset lan: T 2 s, renewed every 500 ms; 3 voters',
  'lan-five': 'preset lan, 5 voters',
};

class BellwetherElection extends ElectionCluster {
  constructor(preset, size) {
    super();
    this.preset = preset;
    this.size = size;
    this.leaseMs = preset === 'lan' ? 2_000 : 600;
  }
  async start() {
    needs(join(root, '..', '..', 'dist', 'src', 'index.js'), 'this project, built (npm run build)');
    await super.start();
  }
  command(i) {
    const binds = this.hosts.slice(0, this.size).map(({ ip }) => `${ip}:7946`);
    return [process.execPath, [join(root, 'agents', 'bellwether-candidate.mjs'), this.preset, String(i), binds.join(',')]];
  }
}

export function create(variant = 'loopback') {
  return new BellwetherElection(variant.startsWith('lan') ? 'lan' : 'loopback', variant.endsWith('five') ? 5 : 3);
}
