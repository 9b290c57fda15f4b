import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { compareIdentity, mergeClaims, overrides, unionAccusers } from '../../src/membership/claim.ts';
import { anyClaim } from './arbitraries.ts';
import { claim } from '../support/membership-lone.ts';

describe('the order of claims', () => {
  it('goes by incarnation, then boot, then alive < suspect < failed < left', () => {
    expect(overrides(claim('b', { incarnation: 2, boot: 1 }), claim('b', { incarnation: 1, boot: 9, state: 'left' }))).toBe(true);
    expect(overrides(claim('b', { boot: 2 }), claim('b', { boot: 1, state: 'left' }))).toBe(true);
    const states = ['alive', 'suspect', 'failed', 'left'] as const;
    for (const [i, weaker] of states.entries()) {
      for (const [j, stronger] of states.entries()) expect(overrides(claim('b', { state: stronger }), claim('b', { state: weaker }))).toBe(j > i);
    }
  });

  property.prop([anyClaim, anyClaim])('never lets two claims override each other', (a, b) => {
    expect(overrides(a, b) && overrides(b, a)).toBe(false);
  });

  property.prop([anyClaim])('never lets a claim override itself', (a) => {
    expect(overrides(a, a)).toBe(false);
  });

  property.prop([anyClaim, anyClaim, anyClaim])('is transitive', (a, b, c) => {
    if (overrides(a, b) && overrides(b, c)) expect(overrides(a, c)).toBe(true);
  });

  property.prop([anyClaim, anyClaim])('leaves two claims unordered only at one identity and one state', (a, b) => {
    if (!overrides(a, b) && !overrides(b, a)) {
      expect(compareIdentity(a, b)).toBe(0);
      expect(a.state).toBe(b.state);
    }
  });
});

describe('merging', () => {
  property.prop([anyClaim, anyClaim])('is commutative', (a, b) => {
    expect(mergeClaims(a, b)).toEqual(mergeClaims(b, a));
  });

  property.prop([anyClaim, anyClaim, anyClaim])('is associative', (a, b, c) => {
    expect(mergeClaims(mergeClaims(a, b), c)).toEqual(mergeClaims(a, mergeClaims(b, c)));
  });

  property.prop([anyClaim])('is idempotent, and returns what it held', (a) => {
    expect(mergeClaims(a, a)).toBe(a);
    expect(mergeClaims(a, { ...a })).toBe(a);
  });

  property.prop([fc.array(anyClaim, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat())])(
    'ends at the strongest claim in whatever order and however often they come',
    (claims, dice) => {
      const shuffled = [...claims, ...claims]
        .map((c) => ({ c, at: dice.next().value }))
        .sort((x, y) => x.at - y.at)
        .map(({ c }) => c);
      const merge = (list: typeof claims): unknown => list.reduce((held, heard) => mergeClaims(held, heard));
      expect(merge(shuffled)).toEqual(merge(claims));
      for (const c of claims) expect(overrides(c, merge(claims) as typeof c)).toBe(false);
    },
  );

  it('keeps the accusers of both, the four smallest, and the greater age', () => {
    expect(unionAccusers(['b', 'd'], ['a', 'c', 'e'])).toEqual(['a', 'b', 'c', 'd']);
    const older = mergeClaims(claim('b', { state: 'failed', accusers: ['c'], ageMs: 5 }), claim('b', { state: 'failed', accusers: ['d'], ageMs: 9 }));
    expect(older).toMatchObject({ accusers: ['c', 'd'], ageMs: 9 });
  });
});
