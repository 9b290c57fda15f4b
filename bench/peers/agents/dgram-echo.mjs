// The least a Node process does per datagram: receives and answers (echo), or
// only counts (sink), with node:dgram. Prints its port first, its counts at the end.
// usage: node dgram-echo.mjs echo|sink
import dgram from 'node:dgram';

const mode = process.argv[2];
if (mode !== 'echo' && mode !== 'sink') {
  process.stdout.write('usage: node dgram-echo.mjs echo|sink\n');
  process.exit(mode === '--help' ? 0 : 2);
}
const s = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
let n = 0;
s.on('message', (b, r) => {
  n++;
  if (mode === 'echo') s.send(b, r.port, r.address);
});
s.bind(0, '127.0.0.1', () => process.stdout.write(JSON.stringify({ port: s.address().port }) + '\n'));
process.stdin.on('data', () => process.stdout.write(JSON.stringify({ n, cpu: process.cpuUsage() }) + '\n'));
process.stdin.on('end', () => process.exit(0));
