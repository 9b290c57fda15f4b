// Base for election adapters: three test hosts on a bridge, one candidate
// process on each, optionally a store (servers on the same hosts or on its own).
import { join } from 'node:path';
import { end, makeHost, needs, now, npmDir, root, sleep, start } from './util.mjs';

export class ElectionCluster {
  constructor() {
    this.size = 3;
    this.hosts = [];
    this.procs = [];
    this.belief = []; // { leader, t }
    this.log = [];
    this.listeners = new Set();
  }

  /** Adapters override: hosts to make (the first `size` carry candidates). */
  get hostCount() {
    return this.size;
  }
  /** Adapters override: start the store's processes, if any; nothing is waited for. */
  spawnStore() {}
  /** Adapters override: resolves when the store serves. */
  async storeReady() {}
  /** Adapters override: [kind, options] for agents/candidate.mjs on host i. */
  candidate(_i) {
    throw new Error('not implemented');
  }
  /** Adapters may override: resolves to a function that ends the store's own leader by kill -9, or to false. */
  async killStoreLeader() {
    return false;
  }
  async restoreStore() {}
  /** Adapters may override with an event source of their own. */
  command(i) {
    const [kind, options] = this.candidate(i);
    return [process.execPath, [join(root, 'agents', 'candidate.mjs'), kind, JSON.stringify(options)], { env: { ...process.env, PEERS_NPM: npmDir } }];
  }

  /** Adapters whose candidate is not agents/candidate.mjs may turn a line into an event. */
  parse(line) {
    try {
      return JSON.parse(line);
    } catch {
      return undefined;
    }
  }

  onEvent(f) {
    this.listeners.add(f);
    return () => this.listeners.delete(f);
  }

  startCandidate(i) {
    this.belief[i] = { leader: false, t: now() };
    const [cmd, argv, opts] = /** @type {[string, string[], object?]} */ (this.command(i));
    const feed = (e) => {
      if (!e || p !== this.procs[i]) return; // a line of an earlier process of this candidate
      e.i = i;
      if (e.ev === 'leader' || e.ev === 'follower') this.belief[i] = { leader: e.ev === 'leader', t: e.t };
      this.log.push(e);
      if (this.log.length > 5000) this.log.shift();
      for (const f of this.listeners) f(e);
    };
    const p = start(cmd, argv, { ...opts, netns: this.hosts[i].netns, onLine: (line, at) => feed(this.parse(line, at, i)) });
    this.procs[i] = p;
    p.exited.then(async () => {
      if (p !== this.procs[i]) return;
      const led = this.belief[i].leader;
      this.belief[i] = { leader: false, t: now() };
      // Commands that end when they lose leadership (respawn) count that as noticing.
      if (!this.respawn || p.deliberate) return;
      if (led) feed({ t: now(), ev: 'follower', why: 'exited', acts: null });
      await sleep(250);
      if (p === this.procs[i] && !this.stopping) this.startCandidate(i);
    });
    return now();
  }

  async makeHosts() {
    needs(join(npmDir, 'node_modules'), 'the npm peers');
    for (let i = 0; i < this.hostCount; i++) this.hosts.push(await makeHost(i));
  }
  async start() {
    await this.makeHosts();
    this.spawnStore();
    await this.storeReady();
    for (let i = 0; i < this.size; i++) this.startCandidate(i);
  }
  /** Everything at once, the store too. @returns When the last process was started. */
  async startTogether() {
    await this.makeHosts();
    this.spawnStore();
    for (let i = 0; i < this.size; i++) this.startCandidate(i);
    return now();
  }

  leaders() {
    return this.belief.map((b, i) => (b.leader ? i : -1)).filter((i) => i >= 0);
  }
  kill(i) {
    this.procs[i].deliberate = true;
    const t = now();
    this.procs[i].kill('SIGKILL');
    return t;
  }
  pause(i) {
    const t = now();
    this.procs[i].kill('SIGSTOP');
    return t;
  }
  resume(i) {
    const t = now();
    this.procs[i].kill('SIGCONT');
    return t;
  }
  resign(i) {
    this.procs[i].deliberate = true;
    const t = now();
    if (this.respawn) {
      this.procs[i].kill('SIGINT');
      return t;
    }
    this.procs[i].stdin.write('resign\n');
    return t;
  }
  /** SIGTERM, and the candidate does what its library offers for an orderly end. */
  term(i) {
    this.procs[i].deliberate = true;
    const t = now();
    this.procs[i].kill('SIGTERM');
    return t;
  }
  /** An exception that nobody catches. */
  crash(i) {
    this.procs[i].deliberate = true;
    const t = now();
    this.procs[i].stdin.write('throw\n');
    return t;
  }
  isolate(i) {
    const t = now();
    this.hosts[i].isolate();
    return t;
  }
  rejoin(i) {
    const t = now();
    this.hosts[i].rejoin();
    return t;
  }
  async restart(i) {
    this.procs[i].deliberate = true;
    await end(this.procs[i]);
    return this.startCandidate(i);
  }

  async stop() {
    this.stopping = true;
    await Promise.all(this.procs.map((p) => end(p)));
    await this.stopStore?.();
    for (const h of this.hosts) await h.close();
  }
}

/** Waits for a TCP port inside a host's namespace (bounded). */
export async function waitPort(host, ip, port, ms = 20000) {
  const t0 = now();
  while (now() - t0 < ms) {
    const p = start('bash', ['-c', `exec 3<>/dev/tcp/${ip}/${port}`], { netns: host.netns });
    const { code } = await p.exited;
    if (code === 0) return true;
    await sleep(100);
  }
  return false;
}
