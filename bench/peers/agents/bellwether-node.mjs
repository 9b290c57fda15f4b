// One node of this project, printing event lines (README.md, "Event lines").
// usage: node bellwether-node.mjs PROFILE NAME BIND [SEED]
//   PROFILE loopback | lan | edge | wan | 1s; BIND, SEED ip:port
import { createNode } from '../../../dist/src/index.js';

const [profile, name, bind, seed] = process.argv.slice(2);
if (!profile || profile === '--help') {
  process.stdout.write('usage: node bellwether-node.mjs PROFILE NAME BIND [SEED]\n');
  process.exit(profile ? 0 : 2);
}
const say = (ev, m) => process.stdout.write(`${JSON.stringify({ t: performance.timeOrigin + performance.now(), o: name, ev, m })}\n`);
const states = { alive: 'alive', suspect: 'suspect', failed: 'dead', left: 'left' };
const tell = (member) => {
  if (member.name !== name) say(states[member.state], member.name);
};

say('up', name); // the process runs; what follows is ours
const node = await createNode({
  name,
  bind,
  seeds: seed === undefined ? [] : [seed],
  ...(profile === '1s' ? { preset: 'lan', probePeriodMs: 1_000 } : { preset: profile }),
});
say('ready', name);
for (const member of node.members) tell(member);
node.on('member', ({ member }) => tell(member));

process.stdin.on('data', async (data) => {
  for (const line of String(data).split('\n')) {
    if (line.startsWith('members'))
      say(
        'members',
        node.members
          .filter((m) => m.state === 'alive' || m.state === 'suspect')
          .map((m) => m.name)
          .join(' '),
      );
    if (line.startsWith('leave')) {
      await node.close();
      process.exit(0);
    }
  }
});
process.stdin.on('end', () => process.exit(0));
