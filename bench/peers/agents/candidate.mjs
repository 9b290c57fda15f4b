// One election candidate of one of the npm / store-backed systems, as a process.
// usage: node candidate.mjs KIND JSON_OPTIONS   (PEERS_NPM: folder holding node_modules)
//
// Prints one JSON object per line: {"t","ev":"leader"|"follower"|"info",...}.
// "leader" and "follower" are this process's own belief, changed only when the
// library (or the recipe's usual handling of its events) says so. Every 5 ms a
// ticker counts an "act" while it believes it leads: after a pause the acts up
// to the next "follower" are writes a deposed leader could still have made.
// Commands on standard input: resign; throw (an exception that nobody catches).
// SIGTERM is answered as resign is: by what the library offers for an orderly end.
import dgram from 'node:dgram';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const HELP = 'usage: PEERS_NPM=DIR node candidate.mjs etcd3|zookeeper|redis-safe|redis-leader|liferaft|antietcd JSON_OPTIONS\n';
const [kind, json] = process.argv.slice(2);
if (!kind || kind === '--help') {
  process.stdout.write(HELP);
  process.exit(kind ? 0 : 2);
}
const opt = JSON.parse(json ?? '{}');
const require = createRequire(join(process.env.PEERS_NPM, 'x.js'));

const now = () => performance.timeOrigin + performance.now();
const emit = (o) => process.stdout.write(JSON.stringify({ t: now(), ...o }) + '\n');

let leading = false;
let actsSinceGap = 0;
let last = now();
setInterval(() => {
  const t = now();
  if (t - last > 500) {
    actsSinceGap = 0;
    emit({ ev: 'info', what: 'resumed', leading, gapMs: t - last });
  }
  last = t;
  if (leading) actsSinceGap++;
}, 5);

function believe(yes, why, more = {}) {
  if (yes === leading) return;
  leading = yes;
  if (now() - last > 500) actsSinceGap = 0; // told before the ticker saw the gap
  emit({ ev: yes ? 'leader' : 'follower', why, acts: actsSinceGap, ...more });
}
const info = (what, more = {}) => emit({ ev: 'info', what, ...more });
let resign = async () => {};

const kinds = {
  // microsoft/etcd3: Election.campaign; leadership ends with the campaign's 'error'.
  // A campaign that has reported an error (its lease is gone) can still emit
  // 'elected' later; this candidate ignores that, and says so.
  async etcd3() {
    const { Etcd3 } = require('etcd3');
    // "hard": what a careful user adds, HTTP/2 keepalives and a deadline on every plain call.
    const client = new Etcd3({
      hosts: opt.hosts,
      ...(opt.hard
        ? {
            grpcOptions: { 'grpc.keepalive_time_ms': 1000, 'grpc.keepalive_timeout_ms': 1000, 'grpc.keepalive_permit_without_calls': 1 },
            defaultCallOptions: (c) => (c.isStream ? {} : { deadline: Date.now() + 2000 }),
          }
        : {}),
    });
    const election = client.election('bench', opt.ttl);
    let current;
    let stopped = false;
    const run = () => {
      if (stopped) return;
      const c = (current = election.campaign(opt.name));
      let over = false;
      c.on('elected', () => {
        if (over || c !== current) info('elected-after-error');
        else believe(true, 'elected');
      });
      c.on('error', (e) => {
        info('campaign-error', { error: String(e.message ?? e), again: over });
        if (over) return;
        over = true;
        believe(false, 'error');
        setTimeout(run, 250);
      });
    };
    run();
    resign = async () => {
      stopped = true;
      const c = current;
      believe(false, 'resign');
      await c.resign();
    };
  },

  // ZooKeeper's election recipe with node-zookeeper-client: lowest ephemeral
  // sequential node leads, others watch the one before theirs. As Curator's
  // LeaderLatch does, a lost connection ends the belief at once.
  async zookeeper() {
    const zk = require('node-zookeeper-client');
    const { CreateMode } = zk;
    let stopped = false;
    const connect = () => {
      const c = zk.createClient(opt.hosts, { sessionTimeout: opt.sessionTimeout, spinDelay: 200, retries: 3 });
      let me;
      const check = () => {
        if (!me || stopped) return;
        c.getChildren('/election', (err, kids) => {
          if (err) {
            info('children', { error: String(err) });
            setTimeout(check, 200);
            return;
          }
          kids.sort((a, b) => a.slice(-10).localeCompare(b.slice(-10)));
          const at = kids.indexOf(me);
          if (at < 0) {
            me = undefined;
            believe(false, 'node-gone');
            enter();
            return;
          }
          if (at === 0) {
            believe(true, 'lowest');
            return;
          }
          believe(false, 'not-lowest');
          c.exists(`/election/${kids[at - 1]}`, check, (e2, stat) => {
            if (e2) setTimeout(check, 200);
            else if (!stat) check();
          });
        });
      };
      const enter = () =>
        c.create('/election/c-', Buffer.from(opt.name), CreateMode.EPHEMERAL_SEQUENTIAL, (err, path) => {
          if (err) {
            info('create', { error: String(err) });
            setTimeout(() => {
              if (!stopped) enter();
            }, 300);
            return;
          }
          me = path.split('/').pop();
          check();
        });
      c.on('disconnected', () => {
        info('disconnected');
        believe(false, 'disconnected');
      });
      c.on('connected', () => {
        info('connected');
        if (me) check();
        else c.mkdirp('/election', () => enter());
      });
      c.on('expired', () => {
        info('expired');
        believe(false, 'expired');
        c.removeAllListeners();
        c.close();
        if (!stopped) connect();
      });
      c.connect();
      resign = () =>
        new Promise((r) => {
          stopped = true;
          believe(false, 'resign');
          if (me)
            c.remove(`/election/${me}`, () => {
              c.close();
              r();
            });
          else {
            c.close();
            r();
          }
        });
    };
    connect();
  },

  async 'redis-safe'() {
    const Redis = require('ioredis');
    const { SafeRedisLeader } = require('ts-safe-redis-leader');
    const r = new Redis({ host: opt.host, port: opt.port });
    r.on('error', (e) => info('redis', { error: String(e.message) }));
    const l = new SafeRedisLeader(r, opt.ttl, opt.wait, 'bench');
    l.on('elected', () => believe(true, 'elected'));
    l.on('demoted', () => believe(false, 'demoted'));
    l.on('error', (e) => info('error', { error: String(e?.message ?? e) }));
    await l.elect();
    resign = async () => {
      await l.shutdown();
      believe(false, 'resign');
    };
  },

  async 'redis-leader'() {
    const Redis = require('ioredis');
    const Leader = require('redis-leader');
    const r = new Redis({ host: opt.host, port: opt.port });
    r.on('error', (e) => info('redis', { error: String(e.message) }));
    const l = new Leader(r, { key: 'bench' }); // library defaults: ttl 10000, wait 1000
    l.on('elected', () => believe(true, 'elected'));
    l.on('revoked', () => believe(false, 'revoked'));
    l.on('error', (e) => info('error', { error: String(e?.message ?? e) }));
    l.elect();
    resign = () =>
      new Promise((ok) => {
        l.stop();
        l.once('revoked', ok);
        setTimeout(ok, 2000);
      });
  },

  // @markwylde/liferaft brings no transport: ours is JSON over UDP, request and reply.
  async liferaft() {
    const Raft = require('@markwylde/liferaft');
    const socket = dgram.createSocket('udp4');
    const pending = new Map();
    let seq = 0;
    const raft = new Raft(opt.name, { 'election min': '150 ms', 'election max': '300 ms', heartbeat: '50 ms' });
    socket.on('message', (b, from) => {
      const m = JSON.parse(b.toString());
      if (m.re !== undefined) {
        const f = pending.get(m.re);
        pending.delete(m.re);
        f?.(undefined, m.p);
        return;
      }
      raft.emit('data', m.p, async (reply) => {
        reply = await reply;
        if (reply !== undefined) socket.send(JSON.stringify({ re: m.id, p: reply }), from.port, from.address);
      });
    });
    await new Promise((r) => socket.bind(opt.port, opt.ip, r));
    for (const peer of opt.peers) {
      raft.join(`${peer.ip}:${peer.port}`, (packet, cb) => {
        const id = ++seq;
        pending.set(id, cb);
        setTimeout(() => pending.delete(id), 2000);
        socket.send(JSON.stringify({ id, p: packet }), peer.port, peer.ip);
      });
    }
    raft.on('error', () => {});
    raft.on('leader', () => believe(true, 'leader', { term: raft.term }));
    for (const s of ['follower', 'candidate', 'stopped']) raft.on(s, () => believe(false, s, { term: raft.term }));
    resign = async () => {
      raft.end();
      believe(false, 'end');
    };
  },

  // antietcd (TinyRaft election, websocket transport), embedded; its own defaults.
  async antietcd() {
    const AntiEtcd = require('antietcd');
    const a = new AntiEtcd({ node_id: opt.name, cluster_key: 'bench', cluster: opt.cluster, ip: opt.ip, port: opt.port, ...opt.extra });
    a.on('raftchange', (e) => believe(e.state === 'leader', e.state, { term: e.term }));
    await a.start();
    resign = async () => {
      await a.stop();
      believe(false, 'stop');
    };
  },
};

if (!kinds[kind]) {
  process.stderr.write(HELP);
  process.exit(2);
}
let asked = false;
process.on('uncaughtException', (e) => {
  info('uncaught', { error: String(e?.stack ?? e).slice(0, 400) });
  if (asked) process.exit(1);
});
process.on('unhandledRejection', (e) => info('unhandled', { error: String(e?.stack ?? e).slice(0, 400) }));
function leave() {
  info('resigning');
  resign().then(
    () => setTimeout(() => process.exit(0), 100),
    () => process.exit(1),
  );
}
process.on('SIGTERM', leave);
process.stdin.on('data', (d) => {
  if (String(d).includes('resign')) leave();
  if (!String(d).includes('throw')) return;
  asked = true;
  setImmediate(() => {
    throw new Error('as asked');
  });
});
process.stdin.on('end', () => process.exit(0));
info('started', { node: process.version });
await kinds[kind]();
