import { describe, expect, it } from 'vitest';
import {
  ONE_CHANGER,
  ONE_THAT_GOES,
  RECONFIGURATION_RULES,
  type ReconfigurationRules,
  TWO_CHANGERS,
  TWO_LONERS,
  exploreReconfiguration,
} from '../../sim/exhaustive/reconfiguration.ts';

const without = (rule: keyof ReconfigurationRules): ReconfigurationRules => ({ ...RECONFIGURATION_RULES, [rule]: false });

describe('voters that change, explored whole as a model', () => {
  it('has one leader of the job at most, and terms that rise, over two steps', { timeout: 120_000 }, () => {
    const { counterexample, states, isCut } = exploreReconfiguration(ONE_CHANGER);
    expect(counterexample).toBeNull();
    expect(isCut).toBe(false);
    expect(states).toBeGreaterThan(50_000);
  });

  it('has no two sets that could both elect, where two change them at once', { timeout: 120_000 }, () => {
    const { counterexample, states } = exploreReconfiguration(TWO_CHANGERS);
    expect(counterexample).toBeNull();
    expect(states).toBeGreaterThan(3000);
  });

  it('always leaves somebody to vote, and whoever leads a change a vote where only voters may lead', () => {
    for (const world of [TWO_LONERS, ONE_THAT_GOES]) {
      const { counterexample, states, isCut } = exploreReconfiguration(world);
      expect(counterexample).toBeNull();
      expect(isCut).toBe(false);
      expect(states).toBeGreaterThan(20);
    }
  });

  it.each([
    ['P1: a set is left before it is settled', 'settled', ONE_CHANGER, /lead, both$/],
    ['P2: the winner does not stamp the set', 'stamped', TWO_CHANGERS, /majorities that do not meet$/],
    ['P3: two votes at once', 'overlap', ONE_CHANGER, /lead, both$/],
    ['P4: who leads a change wishes its own vote away', 'voting', ONE_THAT_GOES, /^c leads without a vote in the set that it made$/],
    ['P5: voters answer under another set than their own', 'sameSet', ONE_CHANGER, /lead, both$/],
    ['P6: the next set does not wait for leases to end', 'drained', { ...ONE_CHANGER, ballots: 2 }, /lead, both$/],
    ['P7: sets carry no floor', 'floor', ONE_CHANGER, /is led in term 1 after term 1$/],
    ['P7: promises from before the floor are counted', 'counted', ONE_CHANGER, /is led in term 1 after term 1$/],
    ['P8: voters forget a changed set', 'durable', { ...ONE_CHANGER, restarts: 1 }, /lead, both$/],
    ['P9: two wishes are not looked at together', 'left', TWO_LONERS, /nobody is left to vote$/],
  ] as const)('goes wrong without %s', { timeout: 120_000 }, (_, rule, world, end) => {
    expect(exploreReconfiguration(world, without(rule)).counterexample?.at(-1)).toMatch(end);
  });
});
