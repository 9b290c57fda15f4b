// This project, one process per node through agents/bellwether-node.mjs, as
// built into dist/. A variant is a preset; "1s" is lan with a probe each second.
import { join } from 'node:path';
import { ProcessCluster } from '../lib/agents.mjs';
import { needs, root } from '../lib/util.mjs';

export const kind = 'membership';
export const variants = ['lan', '1s', 'loopback', 'edge', 'wan'];
export const settings = {
  lan: 'preset lan: probe 500 ms, direct timeout 50–250 ms, 3 relays, pause tolerance 2 s (max ×6), gossip 100 ms to 3, digest 20 s',
  '1s': 'preset lan with a probe each second',
  loopback: 'preset loopback: probe 200 ms, direct timeout 20–100 ms, pause tolerance 600 ms (max ×4), gossip 50 ms to 3, digest 10 s',
  edge: 'preset edge: probe 1 s, direct timeout 0.1–0.6 s, pause tolerance 4 s (max ×6), gossip 200 ms to 3, digest 30 s',
  wan: 'preset wan: probe 2 s, direct timeout 0.3–1 s, pause tolerance 8 s (max ×6), gossip 300 ms to 4, digest 60 s',
};

class Bellwether extends ProcessCluster {
  constructor(profile) {
    super();
    this.profile = profile;
    this.canAudit = true;
  }
  command(i) {
    const at = (k) => this.address(k).join(':');
    return [process.execPath, [join(root, 'agents', 'bellwether-node.mjs'), this.profile, this.name(i), at(i), ...(i === 0 ? [] : [at(0)])]];
  }
}

export function create(variant = 'lan') {
  needs(join(root, '..', '..', 'dist', 'src', 'index.js'), 'this project, built (npm run build)');
  return new Bellwether(variant);
}
