// etcd (Debian's etcd-server): three members, one per test host, default
// heartbeat 100 ms and election 1000 ms; candidates use npm etcd3's Election,
// or, in the ctl variants, etcd's own client as "etcdctl lock" (it prints a key
// when it holds the lock and ends when its session is lost; it is then started
// again). Each candidate is given all three endpoints. Variants are lease TTLs
// in seconds: 2 is the smallest that etcd grants with those defaults, 60 the
// default of etcdctl elect and of npm etcd3.
import { existsSync } from 'node:fs';
import { ElectionCluster } from '../lib/candidates.mjs';
import { end, needs, sleep, start, tempDir } from '../lib/util.mjs';

export const kind = 'election';
export const variants = ['ttl2', 'ttl10', 'ttl60', 'hard2', 'ctl2', 'ctl10', 'ctl60'];
export const settings = {
  ttl2: 'etcd 3 members, heartbeat 100 ms, election 1 s; npm etcd3 Election, TTL 2 s (keepalive every TTL/3)',
  ttl10: 'as ttl2, TTL 10 s',
  ttl60: 'as ttl2, TTL 60 s (default of npm etcd3 and etcdctl elect)',
};

settings.hard2 = 'etcd 3 members, defaults; npm etcd3 Election, TTL 2 s, with gRPC keepalive 1 s + 1 s and a 2 s deadline on plain calls';
for (const t of [2, 10, 60]) settings[`ctl${t}`] = `etcd 3 members, defaults; candidates are etcdctl lock --ttl=${t} (Go client; keepalive 2 s, timeout 6 s)`;

let lives = 0; // a cluster that is started anew has a memory of its own

class Etcd extends ElectionCluster {
  constructor(ttl, ctl, hard) {
    super();
    this.hard = hard;
    this.respawn = ctl;
    this.ttl = ttl;
    this.leaseMs = ttl * 1000;
    this.servers = [];
  }

  member(i) {
    const ip = this.hosts[i].ip;
    const peers = this.hosts.map((h, k) => `e${k}=http://${h.ip}:2380`).join(',');
    this.servers[i] = start(
      'etcd',
      [
        '--name',
        `e${i}`,
        '--data-dir',
        tempDir(`etcd${this.life}-${i}`),
        '--listen-peer-urls',
        `http://${ip}:2380`,
        '--initial-advertise-peer-urls',
        `http://${ip}:2380`,
        '--listen-client-urls',
        `http://${ip}:2379`,
        '--advertise-client-urls',
        `http://${ip}:2379`,
        '--initial-cluster',
        peers,
        '--initial-cluster-state',
        'new',
        '--logger',
        'zap',
        '--log-level',
        'error',
      ],
      { netns: this.hosts[i].netns },
    );
  }

  async status() {
    const eps = this.hosts.map((h) => `http://${h.ip}:2379`).join(',');
    let out = '';
    const p = start('etcdctl', ['endpoint', 'status', '-w', 'json', '--endpoints', eps, '--dial-timeout', '1s', '--command-timeout', '1s'], {
      netns: this.hosts[0].netns,
      onLine: (l) => {
        out += l;
      },
      env: { ...process.env, ETCDCTL_API: '3' },
    });
    await p.exited;
    try {
      return JSON.parse(out).map((e) => ({ endpoint: e.Endpoint, leader: e.Status.leader === e.Status.header.member_id }));
    } catch {
      return [];
    }
  }

  spawnStore() {
    needs(['/usr/bin/etcd', '/usr/local/bin/etcd'].find(existsSync) ?? '/usr/bin/etcd', 'etcd');
    this.life = lives++;
    for (let i = 0; i < 3; i++) this.member(i);
  }
  async storeReady() {
    for (let k = 0; k < 100; k++) {
      const s = await this.status();
      if (s.length === 3 && s.some((x) => x.leader)) return;
      await sleep(100);
    }
    throw new Error(`etcd did not form: ${this.servers.map((s) => s.stderrTail.slice(-2).join(' ')).join(' | ')}`);
  }

  async killStoreLeader() {
    const l = (await this.status()).find((x) => x.leader);
    const i = this.hosts.findIndex((h) => l?.endpoint.includes(`//${h.ip}:`));
    if (i < 0) return false;
    this.down = i;
    return () => this.servers[i].kill('SIGKILL');
  }
  async restoreStore() {
    await this.servers[this.down].exited;
    this.member(this.down);
    await sleep(2000);
  }

  candidate(i) {
    return ['etcd3', { name: `c${i}`, hosts: this.hosts.slice(0, 3).map((h) => `http://${h.ip}:2379`), ttl: this.ttl, hard: this.hard }];
  }
  command(i) {
    if (!this.respawn) return super.command(i);
    const eps = this.hosts.map((h) => `http://${h.ip}:2379`).join(',');
    return ['etcdctl', ['--endpoints', eps, 'lock', 'bench', `--ttl=${this.ttl}`], { env: { ...process.env, ETCDCTL_API: '3' } }];
  }
  parse(line, at, i) {
    if (!this.respawn) return super.parse(line);
    return line.startsWith('bench/') && !this.belief[i].leader ? { t: at, ev: 'leader', why: 'locked' } : undefined;
  }
  async stopStore() {
    for (const s of this.servers) await end(s);
  }
}

// etcdctl is a program of its own: nothing in it throws.
class EtcdCtl extends Etcd {}
EtcdCtl.prototype.crash = undefined;

export const create = (variant = 'ttl2') =>
  new (variant.startsWith('ctl') ? EtcdCtl : Etcd)(Number(/\d+/.exec(variant)[0]), variant.startsWith('ctl'), variant.startsWith('hard'));
