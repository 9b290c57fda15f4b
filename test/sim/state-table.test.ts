import { describe, expect, it } from 'vitest';
import { StateTable } from '../../sim/exhaustive/state-table.ts';

describe('StateTable', () => {
  it('holds no state twice, also after it has grown, and keeps the first way to it', () => {
    const table = new StateTable();
    table.add(0, 0, 0, 0, 0, -1, 0);
    for (let i = 1; i <= 20_000; i += 1) expect(table.add(i % 7, i % 11, i % 13, i % 17, i, i - 1, i)).toBe(true);
    for (let i = 1; i <= 20_000; i += 1) expect(table.add(i % 7, i % 11, i % 13, i % 17, i, 0, 99)).toBe(false);
    expect(table.size).toBe(20_001);
    expect(table.way(3)).toEqual([1, 2, 3]);
  });

  it('tells states apart that differ in one number, and takes any as another when told to', () => {
    const table = new StateTable();
    expect(table.add(1, 2, 3, 4, 5, -1, 0)).toBe(true);
    expect(table.add(2, 2, 3, 4, 5, 0, 7)).toBe(true);
    expect(table.add(1, 1, 3, 4, 5, 0, 7)).toBe(true);
    expect(table.add(1, 2, 2, 4, 5, 0, 7)).toBe(true);
    expect(table.add(1, 2, 3, 3, 5, 0, 7)).toBe(true);
    expect(table.add(1, 2, 3, 4, 6, 0, 7)).toBe(true);
    table.append(1, 2, 3, 4, 5, 2, 8);
    expect(table.size).toBe(7);
    expect(table.way(6)).toEqual([7, 8]);
  });
});
