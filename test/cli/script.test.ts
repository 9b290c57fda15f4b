import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERBS, durationMs, parseScript } from '../../src/cli/demo/script.ts';

describe('a script', () => {
  it('is steps with times, in order of time', () => {
    expect(parseScript('resign leader @13s; kill leader @4s; pause n2 @8.5s for 250ms; heal @9s')).toEqual({
      problems: [],
      steps: [
        { verb: 'kill', target: 'leader', atMs: 4_000, forMs: null },
        { verb: 'pause', target: 'n2', atMs: 8_500, forMs: 250 },
        { verb: 'heal', target: null, atMs: 9_000, forMs: null },
        { verb: 'resign', target: 'leader', atMs: 13_000, forMs: null },
      ],
    });
  });

  it('that is wrong says every mistake', () => {
    const { problems } = parseScript('kill leader; explode n1 @1s; kill @2s; kill n1 @3s for 2s; pause n1 @4parsecs');
    expect(problems).toHaveLength(5);
    expect(problems[1]).toContain('no such verb');
    expect(problems[2]).toContain('kill whom?');
    expect(problems[3]).toContain('only pause and partition');
  });

  it('is read back as it was written, and nothing makes the reader throw', () => {
    const step = fc.record({
      verb: fc.constantFrom(...VERBS.filter((v) => v !== 'heal')),
      target: fc.constantFrom('leader', 'n1', 'follower'),
      atMs: fc.nat(100_000),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const text = steps.map(({ verb, target, atMs }) => `${verb} ${target} @${atMs}ms`).join(';');
        expect(parseScript(text)).toEqual({ problems: [], steps: [...steps].sort((a, b) => a.atMs - b.atMs).map((s) => ({ ...s, forMs: null })) });
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void parseScript(text)));
  });

  it('does not outlast what a timer can be set for', () => {
    expect(parseScript('kill n1 @2073600s; pause n1 @2073599s for 1s').problems).toEqual([]);
    expect(parseScript('kill n1 @2073601s; pause n1 @2000000s for 2000000s; heal @99999999999s').problems).toHaveLength(3);
  });

  it('takes seconds unless told otherwise', () => {
    expect([durationMs('3'), durationMs('3s'), durationMs('3ms'), durationMs('3h'), durationMs('')]).toEqual([3_000, 3_000, 3, null, null]);
  });
});
