// Sends datagrams to an echo on loopback for a bounded time and prints the rate,
// the round-trip times and the processor time spent.
// usage: node dgram-client.mjs PORT SECONDS BYTES WINDOW CONNECTED(0|1)
//   WINDOW 0 never waits for answers (one-way): it sends from setImmediate in batches of 64.
import dgram from 'node:dgram';

if (process.argv[2] === '--help' || process.argv.length < 7) {
  process.stdout.write('usage: node dgram-client.mjs PORT SECONDS BYTES WINDOW CONNECTED(0|1)\n');
  process.exit(process.argv[2] === '--help' ? 0 : 2);
}
const [port, seconds, bytes, window, connected] = process.argv.slice(2).map(Number);
const s = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
let sent = 0;
let got = 0;
let stop = false;
const rtt = [];
const payload = () => {
  const b = Buffer.alloc(bytes);
  b.writeDoubleLE(performance.now(), 0);
  return b;
};
const noop = () => {};
const send = () => {
  sent++;
  if (connected) s.send(payload(), noop);
  else s.send(payload(), port, '127.0.0.1', noop);
};
let lastGot = 0;
s.on('message', (b) => {
  got++;
  lastGot = performance.now();
  if ((got & 15) === 0) rtt.push(performance.now() - b.readDoubleLE(0));
  if (!stop && window) send();
});
s.bind(0, '127.0.0.1', () => {
  if (connected) s.connect(port, '127.0.0.1', go);
  else go();
});
function go() {
  const t0 = performance.now();
  const c0 = process.cpuUsage();
  if (window) {
    for (let i = 0; i < window; i++) send();
    // Lost packets would drain the window: refill after 100 ms of silence.
    setInterval(() => {
      if (!stop && performance.now() - lastGot > 100) for (let i = 0; i < window; i++) send();
    }, 50).unref();
  } else {
    const blast = () => {
      if (stop) return;
      for (let i = 0; i < 64; i++) send();
      setImmediate(blast);
    };
    blast();
  }
  setTimeout(
    () => {
      stop = true;
      const took = (performance.now() - t0) / 1000;
      const c = process.cpuUsage(c0);
      rtt.sort((a, b) => a - b);
      const q = (p) => (rtt.length ? Number(rtt[Math.min(rtt.length - 1, Math.floor(p * rtt.length))].toFixed(3)) : null);
      process.stdout.write(
        JSON.stringify({
          took,
          sentPerS: Math.round(sent / took),
          gotPerS: Math.round(got / took),
          sent,
          got,
          cpuUsPerMsg: Number(((c.user + c.system) / Math.max(sent, got)).toFixed(2)),
          rttMs: { p50: q(0.5), p99: q(0.99) },
        }) + '\n',
      );
      process.exit(0);
    },
    Math.min(seconds, 10) * 1000,
  );
}
