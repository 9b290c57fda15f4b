import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { ROOT } from '../support/source.ts';

const dir = mkdtempSync(join(tmpdir(), 'bellwether-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Writes a state that fits, then one that does not fit any more, and reads: a limit on a file's size ends a write in its middle, as a disk does that fills up. */
const SCRIPT = `
  const { StateFile } = await import(process.argv[1]);
  const file = new StateFile(process.argv[2], 'shop', 'n1', { debug() {}, info() {}, warn() {}, error() {} });
  const kept = (seats) => ({ boot: 7, mark: 100, grantUs: 2000000, origin: 1, lineage: 1, pending: false,
    set: { term: 9, version: 2, floor: 50, seats: Array.from({ length: seats }, (_, i) => ({ name: String(i).padStart(64, 'n'), weight: 1, excluded: false })) } });
  const wrote = [file.write(kept(1)), file.write(kept(31))];
  console.log(JSON.stringify({ wrote, seats: file.read().set.seats.length }));
`;

it('a state that was written in part only is not taken for written, and the former one stays', async () => {
  const command = `ulimit -f 2; trap '' XFSZ; exec "$0" --input-type=module -e "$1" "$2" "$3"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', command, process.execPath, SCRIPT, join(ROOT, 'dist/src/state-file.js'), dir]);
  expect(JSON.parse(stdout)).toEqual({ wrote: [true, false], seats: 1 });
});
