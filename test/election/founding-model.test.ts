import { describe, expect, it } from 'vitest';
import { FOUNDING_RULES, type FoundingRules, exploreFounding, groupsOf } from '../../sim/exhaustive/founding.ts';

const overlapping = ['abc', 'cde'];

describe('finding the first voters by number, explored whole as a model', () => {
  it.each([
    ['any three of five, where nobody dies', 0, groupsOf('abcde', 3)],
    ['two groups that share one, and two lives that end', 2, overlapping],
  ] as const)('founds one cluster at most for each voter: %s', (_, restarts, groups) => {
    const { counterexample, states } = exploreFounding(restarts, groups);
    expect(counterexample).toBeNull();
    expect(states).toBeGreaterThan(10_000);
  });

  it.each<[string, Partial<FoundingRules>, number, RegExp, string[]?]>([
    ['what was accepted is not kept', { kept: false }, 1, /^a and b elect one of \{a1 b1 c1\}, c and d one of \{c2 d1 e1\}$/],
    ['to propose is enough', { twice: false }, 0, /^a and b elect one of \{a1 b1 c1\}, c and d one of \{c1 d1 e1\}$/],
    [
      'who is bound is free when one of its set has merely accepted another',
      { final: false },
      0,
      /^b and c elect one of \{a1 b1 c1\}, a and d one of \{a1 b1 d1\}$/,
      ['abc', 'abd'],
    ],
    ['names are counted', { twice: false, unanimous: false }, 0, /elect one of/],
  ])('founds two that share a voter where %s', (_, off, restarts, end, groups = overlapping) => {
    expect(exploreFounding(restarts, groups, { ...FOUNDING_RULES, ...off }).counterexample?.at(-1)).toMatch(end);
  });
});
