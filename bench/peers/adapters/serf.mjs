// HashiCorp Serf agent (Debian's serf). Events are read from the agent's own
// log lines ("serf: EventMemberFailed: n3 …"), which it prints before it
// coalesces events for its clients (by default 1 to 3 s later).
// SIGINT makes an agent leave gracefully.
import { existsSync } from 'node:fs';
import { ProcessCluster } from '../lib/agents.mjs';
import { needs, now } from '../lib/util.mjs';

const RPC = 30000;
export const kind = 'membership';
export const variants = ['lan', 'local', 'wan'];
export const settings = {
  lan: 'serf agent -profile=lan (default): memberlist DefaultLANConfig with serf’s intents, reaping and coordinates',
  local: 'serf agent -profile=local: memberlist DefaultLocalConfig',
};

class Serf extends ProcessCluster {
  constructor(profile) {
    super();
    this.profile = profile;
  }
  command(i) {
    const argv = [
      'agent',
      `-node=${this.name(i)}`,
      `-bind=${this.address(i).join(':')}`,
      `-rpc-addr=127.0.0.1:${RPC + i}`,
      `-profile=${this.profile}`,
      '-log-level=info',
    ];
    if (i > 0) argv.push(`-join=${this.address(0).join(':')}`);
    return ['serf', argv];
  }
  parse(line, t) {
    if (line.includes('Serf agent starting')) return { t, ev: 'ready' };
    const m = /serf: EventMember(Join|Failed|Leave|Reap): (\S+)/.exec(line);
    if (!m) return undefined;
    return { t, ev: { Join: 'alive', Failed: 'dead', Leave: 'left', Reap: 'dead' }[m[1]], m: m[2] };
  }
  leave(i) {
    const t = now();
    this.procs[i].kill('SIGINT');
    return t;
  }
}

export function create(variant = 'lan') {
  needs(['/usr/bin/serf', '/usr/local/bin/serf'].find(existsSync) ?? '/usr/bin/serf', 'serf');
  return new Serf(variant);
}
