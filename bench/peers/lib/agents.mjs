// Base for membership adapters whose nodes are processes that print one JSON
// event per line ({"t","o","ev","m"}; see README.md, "Event lines").
import { end, makeHost, now, sleep, start } from './util.mjs';

const BASE_PORT = 20000;

export class ProcessCluster {
  constructor() {
    this.n = 0;
    this.hosts = []; // host of node i, where each has one (startOnHosts)
    this.procs = []; // process of node i
    this.views = []; // node i's Map of member name -> { state, t }
    this.listeners = new Set();
    this.upAt = []; // when node i's process was there, where it says so (before its first datagram)
    this.waiting = new Map();
  }

  /** Adapters override: [command, arguments] for node i (seed: node 0 joins nobody). */
  command(_i) {
    throw new Error('not implemented');
  }
  /** Adapters override to read other formats: return an event or undefined. */
  parse(line, _t, _i) {
    return line.startsWith('{') ? JSON.parse(line) : undefined;
  }
  name(i) {
    return `n${i}`;
  }

  /** Where node i listens: [ip, port]. One port after another on loopback, the same port on hosts of their own. */
  address(i) {
    return this.hosts.length > 0 ? [this.hosts[i].ip, BASE_PORT] : ['127.0.0.1', BASE_PORT + i];
  }

  onEvent(f) {
    this.listeners.add(f);
    return () => this.listeners.delete(f);
  }

  feed(i, e) {
    if (e.ev === 'up') {
      this.upAt[i] = e.t;
      return;
    }
    if (e.ev === 'ready') {
      this.upAt[i] ??= e.t; // bound, and not yet joining
      this.waiting.get(i)?.();
      return;
    }
    const o = e.o === undefined ? i : Number(String(e.o).slice(1));
    if (e.ev === 'gone') {
      this.views[o]?.clear();
      return;
    }
    if (e.ev === 'members') {
      this.audits?.get(o)?.(new Set(e.m.split(' ')));
      return;
    }
    const old = this.views[o].get(e.m)?.state;
    this.views[o].set(e.m, { state: e.ev, t: e.t });
    for (const f of this.listeners) f({ t: e.t, observer: o, member: e.m, state: e.ev, old });
  }

  async startNode(i) {
    this.views[i] = new Map([[this.name(i), { state: 'alive', t: now() }]]);
    this.upAt[i] = undefined;
    const ready = new Promise((r) => this.waiting.set(i, r));
    const [cmd, argv, opts] = this.command(i);
    const t = now();
    const use = (line, at) => {
      const e = this.parse(line, at, i);
      if (e) this.feed(i, e);
    };
    const p = start(cmd, argv, { ...opts, netns: this.hosts[i]?.netns, onLine: use, onErrLine: this.readsStderr ? use : undefined });
    this.procs[i] = p;
    const r = await Promise.race([ready.then(() => 'ready'), p.exited, sleep(15000)]);
    if (r !== 'ready') throw new Error(`node ${i} did not start: ${p.stderrTail.slice(-3).join(' | ')}`);
    return t;
  }

  /** Starts n nodes one after another, each joining node 0. Returns when the last was started. */
  async start(n) {
    this.n = n;
    let t;
    for (let i = 0; i < n; i++) t = await this.startNode(i);
    return { tLast: t, tUp: this.upAt[n - 1] };
  }

  /** The same, each node on a host of its own. */
  async startOnHosts(n) {
    while (this.hosts.length < n) this.hosts.push(await makeHost(this.hosts.length));
    return this.start(n);
  }

  kill(i) {
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
  leave(i) {
    const t = now();
    this.procs[i].stdin.write(`leave ${this.name(i)}\n`);
    return t;
  }
  async restart(i) {
    await end(this.procs[i]);
    return this.startNode(i);
  }
  view(i) {
    return new Map([...this.views[i]].map(([k, v]) => [k, v.state]));
  }
  /**
   * Optional: asks node i's library directly for its live members, to check that
   * the view built from events agrees with it. Resolves to a Set of names, or
   * undefined when the node cannot be asked or does not answer in 2 s.
   */
  audit(i) {
    const to = this.sharesProcess ? this.proc : this.procs[i];
    if (!this.canAudit || !to || to.gone) return Promise.resolve(undefined);
    this.audits ??= new Map();
    const answer = new Promise((r) => this.audits.set(i, r));
    to.stdin.write(`members ${this.name(i)}\n`);
    return Promise.race([answer, sleep(2000)]);
  }
  pids() {
    return this.procs.filter((p) => p && !p.gone).map((p) => p.pid);
  }
  async stop() {
    await Promise.all(this.procs.map((p) => end(p)));
    this.procs = [];
    for (const host of this.hosts.splice(0)) await host.close();
  }
}
