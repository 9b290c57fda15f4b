// A member that prints the first ping it sends once it has joined, as hexadecimal, and lives on.
// usage: node bellwether-ping.mjs NAME BIND SEED
import dgram from 'node:dgram';
import { createRequire } from 'node:module';

const [name, bind, seed] = process.argv.slice(2);
if (!name || name === '--help') {
  process.stdout.write('usage: node bellwether-ping.mjs NAME BIND SEED\n');
  process.exit(name ? 0 : 2);
}
const { unpack } = createRequire(import.meta.resolve('../../../dist/src/index.js'))('msgpackr');
const { ENVELOPE_BYTES } = await import('../../../dist/src/transport/envelope.js');
const { Kind } = await import('../../../dist/src/membership/messages.js');
const { createNode } = await import('../../../dist/src/index.js');

// eslint-disable-next-line typescript-eslint/unbound-method -- called with its socket below
const { send } = dgram.Socket.prototype;
let joined = false;
let isPrinted = false;
dgram.Socket.prototype.send = function (bytes, ...rest) {
  if (joined && !isPrinted && unpack(bytes.subarray(ENVELOPE_BYTES))[0] === Kind.ping) {
    isPrinted = true;
    process.stdout.write(`${Buffer.from(bytes).toString('hex')}\n`);
  }
  return send.call(this, bytes, ...rest);
};
const node = await createNode({ name, bind, seeds: [seed], preset: 'lan' });
setTimeout(() => (joined = node.members.length > 1), 1_000);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
