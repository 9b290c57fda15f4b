import { describe, expect, it } from 'vitest';
import { summarize, tellSummary } from '../../src/cli/demo/summary.ts';
import type { Line } from '../../src/cli/output.ts';

const line = (mono: number, node: string, event: string, facts: object = {}): Line => ({ at: 0, mono, node, event, ...facts });
const elected = (mono: number, node: string, term: number): Line => line(mono, node, 'elected', { election: 'leader', term });
const lost = (mono: number, node: string, remainingMs: number, reason = 'expired'): Line =>
  line(mono, node, 'lost', { election: 'leader', reason, remainingMs });
const action = (mono: number, what: string, target: string): Line => line(mono, 'demo', 'action', { action: what, target });

describe('the judge of a run', () => {
  it('finds nothing wrong where one ends before the next begins', () => {
    const summary = summarize([elected(0, 'a', 1), action(100, 'resign', 'a'), lost(101, 'a', 400, 'released'), elected(110, 'b', 2)], 1_000);
    expect(summary).toMatchObject({ overlapMs: 0, promisesHeld: true, takeovers: [{ from: 'a', to: 'b', cause: 'resign', ms: 10 }] });
    expect(summary.tenures.map(({ from, to }) => [from, to])).toEqual([
      [0, 101],
      [110, 1_000],
    ]);
  });

  it('sees two that lead at one moment, by however little', () => {
    const summary = summarize([elected(0, 'a', 1), elected(99.5, 'b', 2), lost(100, 'a', 10)], 1_000);
    expect(summary).toMatchObject({ overlapMs: 0.5, promisesHeld: false });
  });

  it('compares every pair, not neighbours alone', () => {
    const summary = summarize([elected(0, 'a', 1), elected(10, 'b', 2), lost(20, 'b', 5), elected(30, 'c', 3), lost(40, 'a', 5)], 50);
    expect(summary.broken.filter((text) => text.includes('both led'))).toHaveLength(2);
  });

  it('ends a tenure at the end of its lease when the loss was told later', () => {
    expect(summarize([elected(0, 'a', 1), lost(900, 'a', -300), elected(650, 'b', 2)], 1_000)).toMatchObject({ overlapMs: 0, promisesHeld: true });
    expect(summarize([elected(0, 'a', 1), lost(900, 'a', -200), elected(650, 'b', 2)], 1_000)).toMatchObject({ overlapMs: 50 });
  });

  it('believes a process that was stopped when it goes on and tells until when it led', () => {
    const stopped = [elected(0, 'a', 1), action(1_000, 'pause', 'a'), elected(1_500, 'b', 2), action(2_500, 'resume', 'a')];
    expect(summarize([...stopped, lost(2_501, 'a', -1_000)], 3_000).overlapMs).toBe(1);
    expect(summarize([...stopped, lost(2_501, 'a', -1_001)], 3_000).overlapMs).toBe(0);
  });

  it('sees one that was stopped for a moment and leads on', () => {
    const moment = [elected(0, 'a', 1), action(1_000, 'pause', 'a'), action(1_100, 'resume', 'a')];
    expect(summarize([...moment, elected(1_800, 'b', 2), lost(1_900, 'a', 10)], 3_000).overlapMs).toBe(100);
    expect(summarize(moment, 3_000).tenures).toMatchObject([{ to: 3_000, why: 'end of the demo' }]);
  });

  it('grants nothing after it to a stopped process that never goes on, nor to a killed one', () => {
    const stopped = [elected(0, 'a', 1), action(1_000, 'pause', 'a'), elected(1_567, 'b', 2)];
    expect(summarize(stopped, 3_000)).toMatchObject({ promisesHeld: true, tenures: [{ to: 1_000, why: 'paused' }, {}] });
    expect(summarize([...stopped, action(2_000, 'kill', 'a')], 3_000)).toMatchObject({ promisesHeld: true, tenures: [{ to: 1_000, why: 'killed' }, {}] });
    expect(summarize([elected(0, 'a', 1), action(1_000, 'kill', 'a'), elected(1_001, 'b', 2)], 3_000)).toMatchObject({
      overlapMs: 0,
      takeovers: [{ cause: 'kill', ms: 1 }],
    });
  });

  it('sees terms that do not rise, and one node elected twice', () => {
    expect(summarize([elected(0, 'a', 5), lost(10, 'a', 5), elected(20, 'b', 5)], 30).broken[0]).toContain('term 5 of b came after term 5 of a');
    expect(summarize([elected(0, 'a', 1), elected(10, 'a', 2)], 30).promisesHeld).toBe(false);
  });

  it('tells it to people', () => {
    const text = tellSummary(summarize([elected(0, 'a', 1), action(100, 'kill', 'a'), elected(650, 'b', 2)], 1_000), 600);
    expect(text).toContain('a to b  550 ms after kill -9');
    expect(text).toContain('Every promise held');
  });
});
