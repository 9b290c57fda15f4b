// One voter and candidate of this project, printing its own belief as
// agents/candidate.mjs does for the others (README.md, "Election system").
// usage: node bellwether-candidate.mjs PRESET INDEX ADDRESS,ADDRESS,…
// Acts are counted twice: by what the application was told, as for all systems,
// and ("gated") as a gate counts them that asks `held` before each act.
import { createNode } from '../../../dist/src/index.js';

const [preset, index, list] = process.argv.slice(2);
if (!preset || preset === '--help') {
  process.stdout.write('usage: node bellwether-candidate.mjs PRESET INDEX ADDRESS,ADDRESS,…\n');
  process.exit(preset ? 0 : 2);
}
const addresses = list.split(',');
const bind = addresses[Number(index)];
const now = () => performance.timeOrigin + performance.now();
const emit = (o) => process.stdout.write(`${JSON.stringify({ t: now(), ...o })}\n`);

let leading = false;
let acts = 0;
let gated = 0;
let last = now();
let leadership = null;
setInterval(() => {
  const t = now();
  if (t - last > 500) {
    acts = 0;
    gated = 0;
    emit({ ev: 'info', what: 'resumed', leading, gapMs: t - last });
  }
  last = t;
  if (leading) acts += 1;
  if (leadership?.held === true) gated += 1;
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

const node = await createNode({
  name: `c${index}`,
  bind,
  preset,
  cluster: 'bench',
  seeds: addresses.filter((address) => address !== bind),
  voters: addresses.map((_, i) => `c${i}`),
});
emit({ ev: 'info', what: 'started', node: process.version });
node.on('warning', ({ code }) => emit({ ev: 'info', what: `warning-${code}` }));
node
  .lead('bench', (held) => {
    leadership = held;
    believe(true, 'elected', { term: held.term });
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
    if (error.code !== 'ERR_CLOSED') emit({ ev: 'info', what: 'error', error: String(error) });
  });

process.stdin.on('data', (data) => {
  if (!String(data).includes('resign')) return;
  emit({ ev: 'info', what: 'resigning' });
  if (leadership === null) return;
  leadership.resign();
  setTimeout(() => {
    void node.close().then(() => process.exit(0));
  }, 100);
});
process.stdin.on('end', () => process.exit(0));
