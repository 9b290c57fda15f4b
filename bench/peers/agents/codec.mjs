// Encode and decode rates of a typical SWIM ping with six piggybacked updates.
// usage: PEERS_NPM=DIR node codec.mjs [ROUNDS]
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

if (process.argv[2] === '--help') {
  process.stdout.write('usage: PEERS_NPM=DIR node codec.mjs [ROUNDS]\n');
  process.exit(0);
}
const rounds = Number(process.argv[2] ?? 5);
const require = createRequire(join(process.env.PEERS_NPM, 'x.js'));
const { Packr, Unpackr } = require('msgpackr');

// Ids as hyperid makes them in its url-safe form: 22 characters, '-', a counter.
const id = (i) => `Zk3yV0b1Q2mW7nR8sT5uXg-${i}`;
const state = ['alive', 'suspect', 'dead'];
const object = {
  t: 'ping',
  seq: 123456,
  from: id(0),
  to: id(1),
  inc: 7,
  ups: Array.from({ length: 6 }, (_, i) => ({ id: id(i + 2), addr: `192.168.10.${20 + i}`, port: 7946, st: state[i % 3], inc: i * 3 })),
};
const tuple = [1, 123456, id(0), id(1), 7, object.ups.map((u) => [u.id, u.addr, u.port, state.indexOf(u.st), u.inc])];
const binId = (i) => {
  const b = Buffer.alloc(16, i + 1);
  return b;
};
const compact = [
  1,
  123456,
  binId(0),
  binId(1),
  7,
  object.ups.map((u, i) => [binId(i + 2), Buffer.from([192, 168, 10, 20 + i]), u.port, state.indexOf(u.st), u.inc]),
];

const maps = new Packr({ useRecords: false, variableMapSize: true });
const mapsU = new Unpackr({ useRecords: false });
const recs = new Packr({ useRecords: true });
const shared = new Packr({ structures: [] });
shared.pack(object);
const kinds = {
  'msgpackr objects (plain maps)': [object, (o) => maps.pack(o), (b) => mapsU.unpack(b)],
  'msgpackr objects (inline records)': [object, (o) => recs.pack(o), (b) => recs.unpack(b)],
  'msgpackr objects (shared structures)': [object, (o) => shared.pack(o), (b) => shared.unpack(b)],
  'msgpackr tuples, string ids': [tuple, (o) => maps.pack(o), (b) => mapsU.unpack(b)],
  'msgpackr tuples, 16-byte ids': [compact, (o) => maps.pack(o), (b) => mapsU.unpack(b)],
  'JSON objects': [object, (o) => Buffer.from(JSON.stringify(o)), (b) => JSON.parse(b.toString())],
  'JSON tuples': [tuple, (o) => Buffer.from(JSON.stringify(o)), (b) => JSON.parse(b.toString())],
  'v8.serialize objects': [object, (o) => serialize(o), (b) => deserialize(b)],
};
function rate(f, ms = 250) {
  let n = 0;
  const t0 = performance.now();
  let t;
  do {
    for (let i = 0; i < 500; i++) f();
    n += 500;
    t = performance.now();
  } while (t - t0 < ms);
  return (n / (t - t0)) * 1000;
}
const out = {};
for (const [name, [value, enc, dec]] of Object.entries(kinds)) {
  const bytes = Buffer.from(enc(value));
  rate(() => enc(value), 150);
  rate(() => dec(bytes), 150); // warm up
  const e = [];
  const d = [];
  for (let r = 0; r < rounds; r++) {
    e.push(Math.round(rate(() => enc(value))));
    d.push(Math.round(rate(() => dec(bytes))));
  }
  out[name] = { bytes: bytes.length, encodePerS: e, decodePerS: d };
}
process.stdout.write(JSON.stringify(out) + '\n');
