// Apache ZooKeeper (Debian's zookeeper): a three-member ensemble, one per test
// host, tickTime 2000 (so session timeouts from 4 to 40 s), initLimit 10,
// syncLimit 5; candidates run the election recipe on npm node-zookeeper-client,
// or kazoo's Election (Debian's python3-kazoo) in the kazoo variants.
// Variants are session timeouts: 4 s the smallest allowed, 30 s the npm client's
// default, 10 s kazoo's.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ElectionCluster, waitPort } from '../lib/candidates.mjs';
import { end, needs, root, sleep, start, tempDir } from '../lib/util.mjs';

export const kind = 'election';
export const variants = ['s4', 's30', 'kazoo4', 'kazoo10'];
export const settings = {
  s4: 'ZooKeeper 3 members, tickTime 2 s, initLimit 10, syncLimit 5; ephemeral-sequential recipe, session timeout 4 s (smallest allowed)',
  s30: 'as s4, session timeout 30 s (client default)',
  kazoo4: 'ensemble as s4; kazoo 2.8 Election recipe, session timeout 4 s',
  kazoo10: 'ensemble as s4; kazoo 2.8 Election recipe, session timeout 10 s (client default)',
};
const JAR = '/usr/share/java/zookeeper.jar'; // Debian's path of the library

let lives = 0; // an ensemble that is started anew has a memory of its own

class ZooKeeper extends ElectionCluster {
  constructor(s, kazoo) {
    super();
    this.kazoo = kazoo;
    this.leaseMs = s * 1000;
    this.servers = [];
  }

  member(i) {
    const dir = tempDir(`zk${this.life}-${i}`);
    const log = join(dir, 'log4j.properties');
    writeFileSync(join(dir, 'myid'), `${i + 1}\n`);
    writeFileSync(log, 'log4j.rootLogger=ERROR, A\nlog4j.appender.A=org.apache.log4j.ConsoleAppender\nlog4j.appender.A.layout=org.apache.log4j.SimpleLayout\n');
    writeFileSync(
      join(dir, 'zoo.cfg'),
      [
        'tickTime=2000',
        'initLimit=10',
        'syncLimit=5',
        `dataDir=${dir}`,
        'clientPort=2181',
        'admin.enableServer=false',
        '4lw.commands.whitelist=srvr',
        ...this.hosts.map((h, k) => `server.${k + 1}=${h.ip}:2888:3888`),
      ].join('\n') + '\n',
    );
    this.servers[i] = start(
      'java',
      ['-Xmx256m', `-Dlog4j.configuration=file:${log}`, '-cp', `${dir}:${JAR}`, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', join(dir, 'zoo.cfg')],
      { netns: this.hosts[i].netns, cwd: dir },
    );
  }

  async mode(i) {
    let out = '';
    const p = start('timeout', ['2', 'bash', '-c', `exec 3<>/dev/tcp/${this.hosts[i].ip}/2181; printf srvr >&3; cat <&3`], {
      netns: this.hosts[i].netns,
      onLine: (l) => {
        out += l + '\n';
      },
    });
    await p.exited;
    return /Mode: (\w+)/.exec(out)?.[1];
  }

  spawnStore() {
    if (!existsSync(JAR)) needs(JAR, 'zookeeper');
    this.life = lives++;
    for (let i = 0; i < 3; i++) this.member(i);
  }
  async storeReady() {
    for (let i = 0; i < 3; i++) await waitPort(this.hosts[i], this.hosts[i].ip, 2181);
    for (let k = 0; k < 60; k++) {
      const m = await Promise.all([0, 1, 2].map((i) => this.mode(i)));
      if (m.includes('leader') && m.filter(Boolean).length === 3) return;
      await sleep(300);
    }
    throw new Error(`zookeeper did not form: ${this.servers.map((s) => s.stderrTail.slice(-3).join(' ')).join(' | ')}`);
  }

  async killStoreLeader() {
    const m = await Promise.all([0, 1, 2].map((i) => this.mode(i)));
    const i = m.indexOf('leader');
    if (i < 0) return false;
    this.down = i;
    return () => this.servers[i].kill('SIGKILL');
  }
  async restoreStore() {
    await this.servers[this.down].exited;
    this.member(this.down);
    await waitPort(this.hosts[this.down], this.hosts[this.down].ip, 2181);
    await sleep(3000);
  }

  candidate(i) {
    return [
      'zookeeper',
      {
        name: `c${i}`,
        hosts: this.hosts
          .slice(0, 3)
          .map((h) => `${h.ip}:2181`)
          .join(','),
        sessionTimeout: this.leaseMs,
      },
    ];
  }
  command(i) {
    if (!this.kazoo) return super.command(i);
    const hosts = this.hosts
      .slice(0, 3)
      .map((h) => `${h.ip}:2181`)
      .join(',');
    return ['/usr/bin/python3', [join(root, 'agents', 'candidate-kazoo.py'), `c${i}`, hosts, String(this.leaseMs / 1000)], {}];
  }
  async stopStore() {
    for (const s of this.servers) await end(s);
  }
}

export const create = (variant = 's4') => new ZooKeeper(Number(/\d+/.exec(variant)[0]), variant.startsWith('kazoo'));
