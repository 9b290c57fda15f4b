import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const UNSHARE = ['--map-root-user', '--net'];
/** Network namespaces of one's own are not to be had everywhere. */
const has = ((): boolean => {
  try {
    execFileSync('unshare', [...UNSHARE, 'sh', '-c', 'ip link add x type veth peer name y'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!has)('27, the local interface goes down: the kernel says so, the node calls itself isolated, fails nobody, and is back', async () => {
  const fixture = new URL('fixtures/link-down.mjs', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)('unshare', [...UNSHARE, process.execPath, fixture]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly state?: string; readonly reasons?: readonly string[]; readonly members?: readonly string[] });
  expect(lines.find(({ state }) => state === 'isolated')?.reasons?.join()).toContain('the system cannot send');
  expect(lines.filter((line) => 'failed' in line)).toEqual([]);
  expect(lines.at(-1)).toMatchObject({ members: ['alive', 'alive', 'alive', 'alive'] });
  expect(lines.at(-1)!.state).not.toBe('isolated');
});
