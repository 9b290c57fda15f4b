import { describe, expect, it } from 'vitest';
import { QUIET_RULES, exploreQuietStart } from '../../sim/exhaustive/quiet-start.ts';

describe('quiet start, explored whole as a model', () => {
  it('has one leader at most where nobody dies', () => {
    const { counterexample, states } = exploreQuietStart(0);
    expect(counterexample).toBeNull();
    expect(states).toBeGreaterThan(900);
  });

  it.each([
    ['the second question', { twice: false }],
    ['one’s own life in the set', { ownLife: false }],
    ['silence of those that recover', { noBid: false }],
  ])('has two without %s, and one life that ends', (_, off) => {
    expect(exploreQuietStart(1, { ...QUIET_RULES, ...off }).counterexample?.at(-1)).toMatch(/lead, both$/);
  });
});
