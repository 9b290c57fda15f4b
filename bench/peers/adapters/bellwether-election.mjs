// This project's election: a voter and candidate on each test host, no store.
import { join } from 'node:path';
import { ElectionCluster } from '../lib/candidates.mjs';
import { needs, now, root, sleep } from '../lib/util.mjs';

export const kind = 'election';
const VARIANTS = {
  loopback: { preset: 'loopback', size: 3 },
  five: { preset: 'loopback', size: 5 },
  lan: { preset: 'lan', size: 3 },
  'lan-five': { preset: 'lan', size: 5 },
  'five-watchdog': { preset: 'loopback', size: 5, options: { onOverrun: 'exit' } },
  witness: { preset: 'loopback', size: 3, witness: 2 },
};
export const variants = Object.keys(VARIANTS);
const TIMES = { loopback: 'preset loopback: T 600 ms, renewed every 150 ms', lan: 'preset lan: T 2 s, renewed every 500 ms' };
export const settings = Object.fromEntries(
  Object.entries(VARIANTS).map(([name, { preset, size, options, witness }]) => [
    name,
    `${TIMES[preset]}; ${size} voters${witness === undefined ? '' : ', one of them a witness'}, leaders: voters, releaseOnExit${options?.onOverrun ? ', onOverrun: exit' : ''}`,
  ]),
);

class BellwetherElection extends ElectionCluster {
  constructor({ preset, size, options = {}, witness }) {
    super();
    this.preset = preset;
    this.size = size;
    this.options = options;
    this.witness = witness;
    this.leaseMs = preset === 'lan' ? 2_000 : 600;
    this.renewMs = this.leaseMs / 4;
    this.crashDrainMs = preset === 'lan' ? 200 : 80;
  }
  async makeHosts() {
    needs(join(root, '..', '..', 'dist', 'src', 'index.js'), 'this project, built (npm run build)');
    await super.makeHosts();
  }
  command(i) {
    const binds = this.hosts.slice(0, this.size).map(({ ip }) => `${ip}:7946`);
    const options = { ...this.options, ...(i === this.witness ? { role: 'witness' } : {}) };
    return [process.execPath, [join(root, 'agents', 'bellwether-candidate.mjs'), this.preset, String(i), binds.join(','), JSON.stringify(options)]];
  }
  /** Blocks candidate i's event loop for `ms`. */
  block(i, ms) {
    this.procs[i].deliberate = true;
    const t = now();
    this.procs[i].stdin.write(`block ${ms}\n`);
    return t;
  }
  /** What each running voter has promised: Map(voter → { holder, until }). Waits up to 200 ms for the answers. */
  async grants() {
    const found = new Map();
    const off = this.onEvent((e) => {
      if (e.what === 'grants') found.set(`c${e.i}`, e);
    });
    const asked = this.procs.filter((p) => !p.gone);
    for (const p of asked) p.stdin.write('grants\n');
    for (const t0 = now(); found.size < asked.length && now() - t0 < 200;) await sleep(2);
    off();
    return found;
  }
}

export const create = (variant = 'loopback') => new BellwetherElection(VARIANTS[variant]);
