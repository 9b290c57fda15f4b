// Shared helpers of the bench: time, statistics, child processes that are always
// cleaned up by the id they were started with, /proc readers, and a private
// network namespace in which everything runs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const work = process.env.PEERS_WORK ? resolve(process.env.PEERS_WORK) : join(root, '.work');
export const npmDir = join(work, 'npm');
export const binDir = join(work, 'bin');

/** Wall-clock milliseconds with a fraction: comparable between processes of this machine. */
export const now = () => performance.timeOrigin + performance.now();
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

/** min / median / max (and the values) of a list of numbers, nulls left out but counted. */
export function stats(values, digits = 0) {
  const v = values.filter((x) => typeof x === 'number' && Number.isFinite(x)).sort((a, b) => a - b);
  const r = (x) => Number(x.toFixed(digits));
  if (v.length === 0) return { n: 0, missing: values.length };
  const mid = v.length >> 1;
  const median = v.length % 2 ? v[mid] : (v[mid - 1] + v[mid]) / 2;
  return { n: v.length, missing: values.length - v.length, min: r(v[0]), median: r(median), max: r(v[v.length - 1]) };
}

/** Minimal command line: --key value, --key=value, --flag. Prints `help` and exits on --help. */
export function args(help, defaults = {}) {
  const out = { ...defaults };
  const a = process.argv.slice(2);
  for (let i = 0; i < a.length; i++) {
    if (a[i] === '--help' || a[i] === '-h') {
      process.stdout.write(help.trim() + '\n');
      process.exit(0);
    }
    const m = /^--([a-z0-9-]+)(?:=(.*))?$/i.exec(a[i]);
    if (!m || !(m[1] in defaults)) {
      process.stderr.write(`unknown argument: ${a[i]}\n${help.trim()}\n`);
      process.exit(2);
    }
    if (m[2] !== undefined) out[m[1]] = m[2];
    else if (typeof defaults[m[1]] === 'boolean') out[m[1]] = true;
    else out[m[1]] = a[++i];
  }
  return out;
}

// ---------------------------------------------------------------- processes

const children = new Set();

/** Starts a child; `onLine` gets each line of its standard output with its arrival time. */
export function start(cmd, argv, { onLine, onErrLine, netns, ...opts } = {}) {
  if (netns) {
    // nsenter execs the command, so the child's pid is the command's own.
    argv = [`--net=/proc/${netns}/ns/net`, '--', cmd, ...argv];
    cmd = 'nsenter';
  }
  // setpriv execs too; the kernel then kills the child should this process be killed outright.
  argv = ['--pdeathsig', 'KILL', '--', cmd, ...argv];
  cmd = 'setpriv';
  const p = spawn(cmd, argv, { stdio: ['pipe', 'pipe', 'pipe'], ...opts });
  p.stderrTail = [];
  p.stdin.on('error', () => {});
  children.add(p);
  p.exited = new Promise((r) =>
    p.once('exit', (code, signal) => {
      children.delete(p);
      p.gone = true;
      r({ code, signal });
    }),
  );
  p.on('error', (e) => {
    p.stderrTail.push(String(e));
  });
  createInterface({ input: p.stdout }).on('line', (l) => onLine?.(l, now()));
  createInterface({ input: p.stderr }).on('line', (l) => {
    p.stderrTail.push(l);
    if (p.stderrTail.length > 50) p.stderrTail.shift();
    onErrLine?.(l, now());
  });
  return p;
}

/** Kills a child this bench started (also one that is stopped) and waits for its end. */
export async function end(p, signal = 'SIGKILL') {
  if (!p || p.gone) return;
  try {
    p.kill('SIGCONT');
    p.kill(signal);
  } catch {
    /* gone already */
  }
  await Promise.race([p.exited, sleep(5000)]);
  if (!p.gone) {
    try {
      p.kill('SIGKILL');
    } catch {
      /* gone */
    }
    await p.exited;
  }
}

let tmp;
/** A temporary folder of this run, removed at exit. */
export function tempDir(sub = '') {
  if (!tmp) tmp = mkdtempSync(join(tmpdir(), 'peers-'));
  const d = sub ? join(tmp, sub) : tmp;
  mkdirSync(d, { recursive: true });
  return d;
}

function cleanup() {
  for (const p of children) {
    try {
      p.kill('SIGKILL');
    } catch {
      /* gone */
    }
  }
  if (tmp) rmSync(tmp, { recursive: true, force: true });
}
process.on('exit', cleanup);
for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(s, () => process.exit(130));
process.on('uncaughtException', (e) => {
  process.stderr.write(`${e.stack}\n`);
  process.exit(1);
});

// ---------------------------------------------------------------- namespace

/**
 * Re-runs this script inside a network namespace of its own (only `lo`, up), so
 * that traffic can be counted and dropped without touching anything else and
 * everything about the network vanishes with the process. Needs root, or a
 * kernel that lets users make user namespaces.
 */
export async function insideNetns() {
  if (process.env.PEERS_IN_NETNS === '1') {
    spawnSync('ip', ['link', 'set', 'lo', 'up'], { stdio: 'inherit' });
    return;
  }
  const flags = process.getuid() === 0 ? ['-n'] : ['-rn'];
  const p = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'unshare', ...flags, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, PEERS_IN_NETNS: '1' },
  });
  for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.removeAllListeners(s);
    process.on(s, () => p.kill('SIGTERM'));
  }
  p.on('exit', (code) => process.exit(code ?? 1));
  return new Promise(() => {}); // the inner run does the work
}

function nft(script) {
  const r = spawnSync('nft', ['-f', '-'], { input: script });
  if (r.status !== 0) throw new Error(`nft: ${String(r.stderr)}`);
}

/** Counters on what leaves every socket of the namespace; TCP only on the gossip ports. */
export function installCounters(tcpPorts = '20000-20999') {
  nft(`add table inet peers
add counter inet peers c_udp
add counter inet peers c_tcp
add counter inet peers c_in
add counter inet peers c_drop
add chain inet peers out { type filter hook output priority 0; }
add rule inet peers out meta l4proto udp counter name c_udp
add rule inet peers out tcp dport ${tcpPorts} counter name c_tcp
add rule inet peers out tcp sport ${tcpPorts} counter name c_tcp
add chain inet peers in { type filter hook input priority 0; }
`);
}

export function readCounters() {
  const r = spawnSync('nft', ['-j', 'list', 'counters']);
  const out = {};
  for (const o of JSON.parse(r.stdout).nftables) if (o.counter) out[o.counter.name.slice(2)] = { packets: o.counter.packets, bytes: o.counter.bytes };
  return out;
}

/** Drops the given percentage of arriving packets, chosen at random: 'udp' or 'all' (IP). */
export function setLoss(percent, proto = 'udp') {
  const match = proto === 'udp' ? 'meta l4proto udp ' : '';
  nft(`flush chain inet peers in
${
  percent > 0
    ? `add rule inet peers in ${match}counter name c_in
add rule inet peers in ${match}numgen random mod 100 < ${percent} counter name c_drop drop
`
    : ''
}`);
}

/** UDP counters of a process's namespace: RcvbufErrors, SndbufErrors and InErrors are packets lost in it. */
export function udpErrors(pid = 'self') {
  const [k, v] = readFileSync(`/proc/${pid}/net/snmp`, 'utf8')
    .split('\n')
    .filter((l) => l.startsWith('Udp:'))
    .map((l) => l.split(/\s+/));
  return Object.fromEntries(k.map((n, i) => [n, Number(v[i])]));
}

// ---------------------------------------------------------------- hosts (for partitions)

const sh = (cmd) => {
  const r = spawnSync('sh', ['-ec', cmd]);
  if (r.status !== 0) throw new Error(`${cmd}: ${String(r.stderr)}`);
};

const bridges = new Set();
const bridge = (name) => {
  if (!bridges.has(name)) sh(`ip link add ${name} type bridge forward_delay 0 && ip link set ${name} up`);
  bridges.add(name);
  return name;
};

/**
 * A test host: a namespace of its own on a bridge in this run's namespace.
 * Returns { ip, netns (a pid), isolate(), part(), rejoin(), close() }. isolate()
 * takes the host's port off the bridge, part() puts it on another one: packets
 * between the two go nowhere and nobody is told.
 */
export async function makeHost(i) {
  bridge('br0');
  const holder = start('unshare', ['-n', 'sleep', '86400']);
  const want = () => {
    try {
      return readFileSync(`/proc/${holder.pid}/comm`, 'utf8').trim() === 'sleep';
    } catch {
      return false;
    }
  };
  for (let k = 0; k < 200 && !want(); k++) await sleep(5);
  const ip = `10.77.0.${i + 1}`;
  sh(`ip link add v${i} type veth peer name eth0 netns ${holder.pid}
ip link set v${i} master br0 up
nsenter --net=/proc/${holder.pid}/ns/net sh -ec 'ip link set lo up; ip addr add ${ip}/24 dev eth0; ip link set eth0 up'`);
  return {
    ip,
    netns: holder.pid,
    isolate: () => sh(`ip link set v${i} nomaster`),
    part: () => sh(`ip link set v${i} master ${bridge('br1')}`),
    rejoin: () => sh(`ip link set v${i} master br0`),
    // The link goes with its namespace, but some time after: the next host of this number would find it there.
    close: () => {
      sh(`ip link del v${i}`);
      return end(holder);
    },
  };
}

// ---------------------------------------------------------------- processor and memory

const HZ = 100; // USER_HZ, as /proc reports
/** Processor seconds a process has used (user and system). */
export function cpuSeconds(pid) {
  try {
    const s = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const f = s.slice(s.lastIndexOf(')') + 2).split(' ');
    return (Number(f[11]) + Number(f[12])) / HZ;
  } catch {
    return NaN;
  }
}

/** Resident and proportional memory of a process in KiB. */
export function memory(pid) {
  try {
    const s = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return { rss: Number(/^Rss:\s+(\d+)/m.exec(s)[1]), pss: Number(/^Pss:\s+(\d+)/m.exec(s)[1]) };
  } catch {
    return { rss: NaN, pss: NaN };
  }
}

/** Keeps every processor busy many times over, ahead of everybody else, until the returned function is called. */
export function starve(each = 4) {
  const hogs = Array.from({ length: each * availableParallelism() }, () => start('nice', ['-n', '-5', 'sh', '-c', 'while :; do :; done']));
  return () => Promise.all(hogs.map((p) => end(p)));
}

/** Whole-machine processor use between two samples: call once, then call the result. */
export function machineLoad() {
  const read = () => readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1, 9).map(Number);
  const a = read();
  return () => {
    const d = read().map((x, i) => x - a[i]);
    const total = d.reduce((x, y) => x + y, 0) || 1;
    return { busyPct: Number((100 * (1 - (d[3] + d[4]) / total)).toFixed(1)), stealPct: Number(((100 * d[7]) / total).toFixed(1)) };
  };
}

export function needs(path, what) {
  if (!existsSync(path)) {
    process.stderr.write(`${what} is not installed (${path}): run setup.sh first\n`);
    process.exit(3);
  }
}
