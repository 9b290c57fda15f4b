// hashicorp/memberlist (Debian's golang-github-hashicorp-memberlist-dev), one
// process per node, through agents/ml-agent. Options: profile lan | local | wan.
import { join } from 'node:path';
import { ProcessCluster } from '../lib/agents.mjs';
import { binDir, end, needs, now, start } from '../lib/util.mjs';

const BASE = 20000;
export const kind = 'membership';
export const variants = ['lan', 'local', 'wan', 'lan-inproc', 'local-inproc'];
export const settings = {
  lan: 'DefaultLANConfig: probe 1 s, probe timeout 500 ms, 3 indirect, suspicion 4×max(1,log10 N)×1 s (max ×6), gossip 200 ms to 3, push/pull 30 s, TCP fallback ping',
  local: 'DefaultLocalConfig: probe 1 s, probe timeout 200 ms, 1 indirect, suspicion mult 3, gossip 100 ms to 3, push/pull 15 s',
};

class Memberlist extends ProcessCluster {
  constructor(profile) {
    super();
    this.profile = profile;
  }
  command(i) {
    const [ip, port] = this.address(i);
    const argv = ['-name', this.name(i), '-bind', ip, '-port', String(port), '-profile', this.profile];
    if (i > 0) argv.push('-join', this.address(0).join(':'));
    return [join(binDir, 'ml-agent'), argv];
  }
}

/** All nodes in one process. A "kill" closes the node's sockets; nothing can be paused. */
class MemberlistInProcess extends ProcessCluster {
  constructor(profile) {
    super();
    this.profile = profile;
    this.sharesProcess = true;
  }
  async start(n) {
    this.n = n;
    for (let i = 0; i < n; i++) this.views[i] = new Map();
    let ready = 0;
    let done;
    const all = new Promise((r) => {
      done = r;
    });
    let tLast;
    this.proc = start(join(binDir, 'ml-agent'), ['-count', String(n), '-port', String(BASE), '-join', `127.0.0.1:${BASE}`, '-profile', this.profile], {
      onLine: (l) => {
        const e = JSON.parse(l);
        const i = Number(e.o.slice(1));
        if (e.ev === 'ready') {
          this.waiting.get(i)?.();
          tLast = e.t;
          if (++ready === n) done();
        } else this.feed(i, e);
      },
    });
    await Promise.race([
      all,
      this.proc.exited.then(() => {
        throw new Error(this.proc.stderrTail.join('\n'));
      }),
    ]);
    return { tLast };
  }
  kill(i) {
    const t = now();
    this.proc.stdin.write(`shutdown ${this.name(i)}\n`);
    return t;
  }
  leave(i) {
    const t = now();
    this.proc.stdin.write(`leave ${this.name(i)}\n`);
    return t;
  }
  async restart(i) {
    this.views[i] = new Map();
    const ready = new Promise((r) => this.waiting.set(i, r));
    const t = now();
    this.proc.stdin.write(`start ${this.name(i)}\n`);
    await ready;
    return t;
  }
  pids() {
    return this.proc && !this.proc.gone ? [this.proc.pid] : [];
  }
  async stop() {
    await end(this.proc);
  }
}
MemberlistInProcess.prototype.pause = undefined;
for (const c of [Memberlist, MemberlistInProcess]) c.prototype.canAudit = true;

export function create(variant = 'lan') {
  needs(join(binDir, 'ml-agent'), 'the memberlist agent');
  const [profile, where] = variant.split('-');
  return where === 'inproc' ? new MemberlistInProcess(profile) : new Memberlist(profile);
}
