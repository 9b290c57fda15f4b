// One node of npm's swim@0.6.0 or its fork happn-swim@1.0.3, printing event lines.
// usage: node swim-node.mjs PACKAGE_DIR NAME PORT SEED_PORT PROFILE
//   SEED_PORT 0 starts a cluster; PROFILE default | readme (the README's example values)
import { createRequire } from 'node:module';

const [dir, name, port, seed, profile] = process.argv.slice(2);
if (!dir || dir === '--help') {
  process.stdout.write('usage: node swim-node.mjs PACKAGE_DIR NAME PORT SEED_PORT default|readme\n');
  process.exit(dir ? 0 : 2);
}
const Swim = createRequire(import.meta.url)(dir);
const BASE = 20000;
const nameOf = (host) => `n${Number(host.split(':')[1]) - BASE}`;
const say = (ev, m) => process.stdout.write(JSON.stringify({ t: performance.timeOrigin + performance.now(), o: name, ev, m }) + '\n');

const opts = { local: { host: `127.0.0.1:${port}` } };
if (profile === 'readme')
  Object.assign(opts, {
    disseminationFactor: 15,
    interval: 100,
    joinTimeout: 200,
    pingTimeout: 20,
    pingReqTimeout: 60,
    pingReqGroupSize: 3,
    udp: { maxDgramSize: 512 },
  });
const swim = new Swim(opts);

// 'change' speaks of members that appear or turn faulty, 'update' of every state.
const states = ['alive', 'suspect', 'dead'];
swim.on('update', (u) => {
  if (u.host !== opts.local.host) say(states[u.state], nameOf(u.host));
});
swim.on('error', () => {});
const hosts = seed === '0' ? [] : [`127.0.0.1:${seed}`];
let tries = 0;
function join(err) {
  // A join datagram can be lost; a user would try again, so do we (bounded).
  if (err && tries++ < 20) swim.join(hosts, join);
}
swim.bootstrap(hosts, join);
setImmediate(() => say('ready', name));

process.stdin.on('data', (d) => {
  for (const line of String(d).split('\n')) {
    if (line.startsWith('leave')) {
      swim.leave();
      setTimeout(() => process.exit(0), 50);
    }
  }
});
process.stdin.on('end', () => process.exit(0));
