import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import type { Kept } from '../../src/election/config.ts';
import type { HandedOn } from '../../src/election/hand-on.ts';
import { StateFile } from '../../src/state-file.ts';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'state-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const open = (): StateFile => new StateFile(dir, 'shop', 'n1', silentLogger);

const kept: Kept = {
  boot: 7,
  mark: 100,
  grantUs: 2_000_000,
  origin: 1,
  lineage: 1,
  set: { term: 9, version: 2, floor: 50, seats: [{ name: 'n1', weight: 1, excluded: false }] },
  pending: false,
};
const handedOn: HandedOn = {
  boot: 7,
  digest: 3,
  floor: 90,
  grants: [{ name: 'job', holder: 'n2', holderBoot: 8, ballot: 80, term: 79, seq: 5, elected: true, leftUs: 1_000 }],
};

describe('a state directory', () => {
  it('gives back what was written, and nothing where nothing was', () => {
    expect(open().read()).toBeNull();
    expect(open().write(kept)).toBe(true);
    expect(open().write({ ...kept, set: null, mark: 200 })).toBe(true);
    expect(open().read()).toEqual({ ...kept, set: null, mark: 200 });
  });

  it('holds another voter’s state apart', () => {
    open().write(kept);
    expect(new StateFile(dir, 'shop', 'n2', silentLogger).read()).toBeNull();
    expect(new StateFile(dir, 'other', 'n1', silentLogger).read()).toBeNull();
  });

  it('refuses to go on with a file that it cannot read: to forget may elect two leaders', () => {
    const file = join(dir, 'shop.n1.voter.json');
    for (const text of ['', '{"version":1', '{"version":2}', '{"version":1,"boot":-1}', '[]', 'null', '"x"']) {
      writeFileSync(file, text);
      expect(() => open().read(), text).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
    }
  });

  it('hands on once, and nothing that is damaged', () => {
    expect(open().handOn(handedOn)).toBe(true);
    expect(open().takeOver()).toEqual(handedOn);
    expect(open().takeOver()).toBeNull();
    writeFileSync(join(dir, 'shop.n1.hand-on.json'), '{"version":1,"boot":7}');
    expect(open().takeOver()).toBeNull();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that cannot be made is told as what it is', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(() => new StateFile(join(dir, 'file', 'below'), 'shop', 'n1', silentLogger)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });

  it('says so where it cannot write', () => {
    const file = open();
    rmSync(dir, { recursive: true });
    expect(file.write(kept)).toBe(false);
  });
});
