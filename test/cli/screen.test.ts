import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/cli/demo/cast.ts';
import { type Scene, draw } from '../../src/cli/demo/screen.ts';

/** `count` nodes of which the third leads and has most of its lease left, and the last is not seen any more. */
function cast(count: number): Actor[] {
  const names = Array.from({ length: count }, (_, i) => `n${i + 1}`);
  return names.map((name, i) => ({
    name,
    address: `127.0.0.1:${10_000 + i}`,
    child: { pid: 4_194_303 } as Actor['child'],
    state: i === count - 1 ? 'dead' : 'running',
    isCut: i === 2,
    status: {
      mono: 0,
      members: names.map((member, k) => ({ name: member, state: k === count - 1 ? 'failed' : 'alive' })),
      leader: i === 3 ? null : 'n3',
      term: 1_795_616_612_345,
      remainingMs: i === 2 ? 450 : 0,
      reason: 'quorum-unreachable',
    } as unknown as Actor['status'],
    leads: i === 2 ? { term: 1_795_616_612_345, sinceMono: 0 } : null,
  }));
}

const scene = (count: number, columns: number, rows: number): Scene => ({
  actors: cast(count),
  selected: 'n2',
  leaseMs: 600,
  preset: 'loopback',
  takeover: { from: 'n1', to: 'n3', ms: 612.4, cause: 'released-by-supervisor', leftMs: 455.2 } as unknown as Scene['takeover'],
  recent: Array.from(
    { length: 7 },
    (_, i) => `12:00:0${i}.000  n5  reaches 2 of 3 voters needed; missing: ${Array.from({ length: count }, (_, k) => `n${k + 1}`).join(', ')}`,
  ),
  columns,
  rows,
});
const linesOf = (given: Scene): string[] => stripVTControlCharacters(draw(given)).split('\n');

describe('the screen of the demo', () => {
  it.each([
    [5, 80, 24],
    [3, 60, 20],
    [9, 80, 24],
    [5, 132, 50],
    [31, 100, 60],
  ])('of %i nodes fits a terminal of %i columns and %i rows', (count, columns, rows) => {
    const lines = linesOf(scene(count, columns, rows));
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    expect(lines.length).toBeLessThan(rows); // below it stands the cursor
  });

  it('in the smallest usual terminal keeps what it is for: every node, who leads with what is left, the last takeover, all keys', () => {
    const text = linesOf(scene(5, 80, 24)).join('\n');
    for (const name of ['n1', 'n2', 'n3', 'n4', 'n5']) expect(text).toMatch(new RegExp(`^ .. \\d? ?${name} `.replace('.. ', '[ >] '), 'm'));
    expect(text).toMatch(/LEADS, cut .* itself, term …12345 +█+░* +450 ms/);
    expect(text).toMatch(/> 2 n2 /);
    expect(text).toContain('n1 n2 n3 n4 5×');
    expect(text).toContain('nobody: quorum-unre');
    expect(text).toContain('  Takeover: 612 ms after kill -9, and a release by');
    expect(text).toContain('k kill  p pause  c continue  r restart  s step down  x cut off  h heal  q quit');
    expect(text).toContain('keys act on n2; 0: on the leader again');
  });

  it('shows the last of what happened, as much as there is room for', () => {
    const shown = (rows: number): string[] => linesOf(scene(5, 80, rows)).flatMap((line) => /12:00:0\d/.exec(line) ?? []);
    expect(shown(24)).toEqual(['12:00:01', '12:00:02', '12:00:03', '12:00:04', '12:00:05', '12:00:06']);
    expect(shown(50).length).toBe(7);
    expect(shown(10).length).toBe(2);
  });
});
