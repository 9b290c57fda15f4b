// One voter and candidate of this project, printing its own belief as
// agents/candidate.mjs does for the others (README.md, "Election system").
// usage: node bellwether-candidate.mjs PRESET INDEX ADDRESS,ADDRESS,… [JSON]
//   JSON: more of createNode's options (role, onOverrun, …)
//
// Acts are counted twice: by what the application was told, as for all systems,
// and ("gated") as a gate counts them that asks assertHeld before each act.
//
// Commands on standard input: resign; throw (an exception that nobody catches);
// block MS (the event loop); grants (what its voter has promised, with until when).
import { subscribe } from 'node:diagnostics_channel';
import { createNode } from '../../../dist/src/index.js';

const [preset, index, list, json] = process.argv.slice(2);
if (!preset || preset === '--help') {
  process.stdout.write('usage: node bellwether-candidate.mjs PRESET INDEX ADDRESS,ADDRESS,… [JSON]\n');
  process.exit(preset ? 0 : 2);
}
const addresses = list.split(',');
const bind = addresses[Number(index)];
const more = JSON.parse(json ?? '{}');
const now = () => performance.timeOrigin + performance.now();
const { stdout } = process; // opened here: it takes a while, and not after the first time is taken
const emit = (o) => stdout.write(`${JSON.stringify({ t: now(), ...o })}\n`);
const info = (what, more = {}) => emit({ ev: 'info', what, ...more });

let leading = false;
let acts = 0;
let gated = 0;
let last = now();
let leadership = null;
/** The gate that ships: it reads the clock at the call. */
function passesGate() {
  try {
    leadership.assertHeld();
    return true;
  } catch {
    return false;
  }
}
setInterval(() => {
  const t = now();
  if (t - last > 500) {
    acts = 0;
    gated = 0;
    info('resumed', { leading, gapMs: t - last });
  }
  last = t;
  if (leading) acts += 1;
  if (leadership !== null && passesGate()) gated += 1;
}, 5);
function believe(yes, why, more = {}) {
  if (yes === leading) return;
  leading = yes;
  if (now() - last > 500) {
    acts = 0;
    gated = 0;
  }
  emit({ ev: yes ? 'leader' : 'follower', why, acts, gated, ...more });
}

info('started', { node: process.version });
let isOpen = false;
subscribe('udp.socket', ({ socket }) =>
  socket.once('listening', () => {
    if (!isOpen) info('open'); // others reach it; the sockets that follow are for probes
    isOpen = true;
  }),
);
const node = await createNode({
  name: `c${index}`,
  bind,
  preset,
  cluster: 'bench',
  seeds: addresses.filter((address) => address !== bind),
  voters: addresses.map((_, i) => `c${i}`),
  leaders: 'voters',
  releaseOnExit: true,
  ...more,
});
info('ready'); // it is a member, or found nobody
node.on('warning', ({ code }) => info(`warning-${code}`));
node.on('elected', ({ takeover }) => info('elected', { takeover }));
node.on('lost', ({ reason, overrunMs }) => info('lost', { reason, overrunMs }));
if (more.role !== 'witness')
  node
    .lead('bench', (held) => {
      leadership = held;
      believe(true, 'elected', { term: held.term, support: [...(node.core.election.tenureOf('bench')?.support.keys() ?? [])] });
      return new Promise((resolve) =>
        held.signal.addEventListener(
          'abort',
          () => {
            leadership = null;
            believe(false, held.signal.reason?.details?.reason ?? 'lost', { term: held.term });
            resolve();
          },
          { once: true },
        ),
      );
    })
    .catch((error) => {
      if (error.code !== 'ERR_CLOSED') info('error', { error: String(error) });
    });

/** What our voter has promised: to whom, and until when by this machine's wall clock. */
function grants() {
  const grant = node.core.election.voteOf('bench')?.grant ?? null;
  info('grants', grant === null ? { holder: null } : { holder: grant.holder.name, until: performance.timeOrigin + grant.endUs / 1000 });
}
const commands = {
  resign() {
    info('resigning');
    if (leadership === null) return;
    leadership.resign();
    setTimeout(() => void node.close().then(() => process.exit(0)), 100);
  },
  throw() {
    setImmediate(() => {
      throw new Error('as asked');
    });
  },
  block(forMs) {
    info('blocking', { leftMs: leadership?.remainingMs() ?? null });
    for (const t0 = now(); now() - t0 < Number(forMs););
    info('unblocked');
  },
  grants,
};
process.on('SIGTERM', () => void node.close().then(() => process.exit(0)));
process.stdin.on('data', (data) => {
  for (const line of String(data).split('\n').filter(Boolean)) {
    const [command, argument] = line.split(' ');
    commands[command]?.(argument);
  }
});
process.stdin.on('end', () => process.exit(0));
