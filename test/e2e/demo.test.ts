import { afterEach, describe, expect, it } from 'vitest';
import type { Summary } from '../../src/cli/demo/summary.ts';
import { Started, endAll } from '../support/processes.ts';

afterEach(endAll);

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const pidsOf = (demo: Started): number[] => demo.lines.filter((line) => line.event === 'started').map((line) => Number(line['pid']));

describe('the demo', () => {
  it('runs a script of kill, pause, partition and resign, and never two lead', { timeout: 40_000 }, async () => {
    const demo = new Started([
      'demo',
      '--json',
      '--seconds',
      '13',
      '--script',
      'kill leader @2.5s; restart old-leader @4s; pause leader @5s for 1500ms; partition leader @8s for 1500ms; resign leader @11s',
    ]);
    const end = await demo.ended();
    const summary = demo.lines.at(-1) as unknown as Summary & { event: string };
    expect(summary.event).toBe('summary');
    expect(summary.broken).toEqual([]);
    expect(summary).toMatchObject({ promisesHeld: true, overlapMs: 0 });
    expect(summary.takeovers.map(({ cause }) => cause)).toEqual(['kill', 'pause', 'partition', 'resign']);
    expect(end).toEqual({ code: 0, signal: null });
    // The lines alone say the same: of any two tenures one ended before the other began.
    const terms = demo.lines
      .filter((line) => line.event === 'elected')
      .sort((a, b) => a.mono - b.mono)
      .map((line) => Number(line['term']));
    expect(terms).toEqual([...new Set(terms)].sort((a, b) => a - b));
    // The stopped one says `lost` before anything else.
    const resumed = demo.lines.find((line) => line.event === 'action' && line['action'] === 'resume')!;
    expect(demo.lines.find((line) => line.node === resumed['target'] && line.mono > resumed.mono)).toMatchObject({ event: 'lost' });
    expect(pidsOf(demo)).toHaveLength(6);
    expect(pidsOf(demo).filter(alive)).toEqual([]);
  });

  it('ends with a leader that is stopped still: it is woken to say until when it led, and nothing is broken', { timeout: 30_000 }, async () => {
    const demo = new Started(['demo', '--json', '--nodes', '3', '--script', 'pause leader @2.5s', '--seconds', '5']);
    const end = await demo.ended();
    const { tenures, broken, takeovers } = demo.lines.at(-1) as unknown as Summary;
    expect(broken).toEqual([]);
    expect(takeovers).toMatchObject([{ cause: 'pause' }]);
    expect(tenures[0]!.why).not.toBe('paused'); // by its own word
    expect(tenures[0]!.to).toBeLessThan(tenures[1]!.from);
    expect(end).toEqual({ code: 0, signal: null });
    expect(pidsOf(demo).filter(alive)).toEqual([]);
  });

  it('releases for a child that it saw dead, only when asked to, and says so', { timeout: 30_000 }, async () => {
    const takeover = async (...flags: string[]): Promise<{ cause: string; ms: number }> => {
      const demo = new Started(['demo', '--json', '--nodes', '3', '--script', 'kill leader @2.5s', '--seconds', '5', ...flags]);
      expect(await demo.ended()).toEqual({ code: 0, signal: null });
      const { takeovers, broken } = demo.lines.at(-1) as unknown as Summary;
      expect(broken).toEqual([]);
      expect(takeovers).toHaveLength(1);
      expect(demo.lines.filter(({ event }) => event === 'release')).toHaveLength(flags.length);
      return takeovers[0]!;
    };
    const released = await takeover('--supervisor-release');
    expect(released.cause).toBe('released-by-supervisor');
    // Never before the drain: what the dead one had sent may still be under way.
    expect(released.ms).toBeGreaterThanOrEqual(80);
    expect((await takeover()).cause).toBe('kill');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends all its children on %s, exit 130', async (signal) => {
    const demo = new Started(['demo', '--json', '--nodes', '3', '--script', 'pause n1 @500ms', '--seconds', '60']);
    await demo.line('action', { action: 'pause' });
    demo.kill(signal);
    expect((await demo.ended()).code).toBe(130);
    expect(pidsOf(demo).filter(alive)).toEqual([]);
  });

  it('leaves no child behind when it is killed itself', async () => {
    const demo = new Started(['demo', '--json', '--nodes', '3']);
    await demo.until(() => (pidsOf(demo).length === 3 ? true : null), 'three children');
    demo.kill('SIGKILL');
    await demo.ended();
    await expect.poll(() => pidsOf(demo).filter(alive), { timeout: 5_000 }).toEqual([]);
  });
});
