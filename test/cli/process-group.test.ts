import { afterEach, describe, expect, it, vi } from 'vitest';
import { isGroupAlive, signalGroup } from '../../src/cli/exec/process-group.ts';

afterEach(() => vi.restoreAllMocks());

const refuses = (code: string): void => {
  vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error(`kill ${code}`), { code });
  });
};

describe('a process group', () => {
  it('that became another user’s cannot be signalled, and is waited for', () => {
    refuses('EPERM');
    expect(() => signalGroup(4_711, 'SIGTERM')).not.toThrow();
    expect(isGroupAlive(4_711)).toBe(true);
  });

  it('that is gone is neither', () => {
    refuses('ESRCH');
    expect(() => signalGroup(4_711, 'SIGTERM')).not.toThrow();
    expect(isGroupAlive(4_711)).toBe(false);
  });
});
