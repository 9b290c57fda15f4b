// npm's SWIM packages, one Node process per node: happn-swim@1.0.3 (pure
// JavaScript, JSON codec) and swim@0.6.0 (its parent: native msgpack and
// farmhash). "default" is what the code uses when no option is given (interval
// 20 ms, ping timeout 4 ms, ping-req 12 ms, suspect 10 ms); "readme" the
// README's example (100 / 20 / 60 ms, suspect still 10 ms: not settable).
// Their leave() only closes the socket: nobody is told.
import { join } from 'node:path';
import { ProcessCluster } from '../lib/agents.mjs';
import { needs, npmDir, root } from '../lib/util.mjs';

const BASE = 20000;
export const kind = 'membership';
export const variants = ['happn-default', 'happn-readme', 'swim-default', 'swim-readme'];
export const settings = {
  'happn-default': 'happn-swim defaults: interval 20 ms, ping 4 ms, ping-req 12 ms ×3, suspect 10 ms, 512-byte datagrams, JSON',
  'happn-readme': 'happn-swim README example: interval 100 ms, ping 20 ms, ping-req 60 ms ×3, suspect 10 ms (not settable)',
  'swim-default': 'swim defaults: as happn-default, msgpack codec',
};

class SwimNpm extends ProcessCluster {
  constructor(pkg, profile) {
    super();
    this.pkg = pkg;
    this.profile = profile;
  }
  command(i) {
    return [
      process.execPath,
      [
        join(root, 'agents', 'swim-node.mjs'),
        join(npmDir, 'node_modules', this.pkg),
        this.name(i),
        String(BASE + i),
        i === 0 ? '0' : String(BASE),
        this.profile,
      ],
    ];
  }
}

export function create(variant = 'happn-default') {
  const [which, profile] = variant.split('-');
  const pkg = which === 'happn' ? 'happn-swim' : 'swim';
  needs(join(npmDir, 'node_modules', pkg), pkg);
  return new SwimNpm(pkg, profile);
}
