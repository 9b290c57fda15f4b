import { describe, expect, it } from 'vitest';
import { naiveLease, overlapMs } from '../../../sim/app/naive-lease.ts';
import { PICTURES, draw, tellPicture } from '../../../sim/app/pictures.ts';
import { readScenario } from '../../../sim/host/files.ts';

/** Whose clock runs slow in a scenario: the picture says that it is the leader's. */
function slowNode(scenario: string): string | undefined {
  return readScenario(scenario).plan.nodes.find(({ ratePpm }) => ratePpm < 0)?.name;
}

describe('the three pictures', () => {
  it.each(PICTURES.map((picture) => [picture.id, picture] as const))(
    '%s: the loop done by hand has two leaders at once, Bellwether never',
    async (_, picture) => {
      const drawn = await draw(picture, readScenario(picture.scenario).plan);
      expect(drawn.naiveOverlapMs).toBeGreaterThan(10);
      expect(drawn.bellwetherOverlapMs).toBe(0);
      // The fault befell a leader, and another one took over.
      expect(new Set(drawn.bellwether.map(({ node }) => node)).size).toBeGreaterThan(1);
      if (picture.ratePpm !== 0) expect(drawn.bellwether.find(({ fromMs, toMs }) => fromMs < 20_000 && toMs > 20_000)?.node).toBe(slowNode(picture.scenario));
      const text = tellPicture(drawn).join('\n');
      expect(text).toContain('█');
      expect(text).toContain('never two at once');
    },
  );

  it('are fair: where nothing goes wrong the loop done by hand has one leader, without a break', () => {
    const calm = naiveLease({
      nodes: ['a', 'b', 'c'].map((name) => ({ name, ratePpm: 0 })),
      ttlMs: 2_000,
      storePpm: 0,
      delayMs: 1,
      requestTimeoutMs: 5_000,
      countsItself: true,
      endMs: 20_000,
      fault: { kind: 'cut', atMs: 30_000, forMs: 1 },
    });
    expect(overlapMs(calm)).toBe(0);
    expect(calm).toEqual([{ node: 'a', fromMs: 2, toMs: 20_000 }]);
  });

  it('count an overlap as the time in which two or more believed so', () => {
    const one = (node: string, fromMs: number, toMs: number) => ({ node, fromMs, toMs });
    expect(overlapMs([one('a', 0, 10), one('b', 10, 20)])).toBe(0);
    expect(overlapMs([one('a', 0, 10), one('b', 5, 20), one('c', 8, 12)])).toBe(7);
  });
});
