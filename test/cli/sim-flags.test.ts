import { describe, expect, it } from 'vitest';
import { planOf } from '../../sim/index.ts';
import { SimUsage, refuseSeedFlags, wantedOf } from '../../src/cli/sim/common.ts';

const SEEDS = Array.from({ length: 30 }, (_, i) => i + 1);

describe('how many nodes and voters a seed has', () => {
  it.each([{ voters: '5' }, { voters: '5', nodes: '2..6' }, { voters: '3', nodes: '3' }, { voters: '2', nodes: '1..9' }])(
    'is as many voters as were told, and never fewer nodes: %o',
    (flags) => {
      const wanted = wantedOf(flags);
      const [least, most] = (flags.nodes ?? '3..7').split('..').map(Number);
      for (const seed of SEEDS) {
        const plan = planOf(seed, wanted(seed));
        expect(plan.voters).toBe(Number(flags.voters));
        expect(plan.nodes.length).toBeGreaterThanOrEqual(Math.max(plan.voters, least!));
        expect(plan.nodes.length).toBeLessThanOrEqual(most ?? least!);
        if (flags.nodes !== undefined) expect(wanted(seed).nodes).toBe(plan.nodes.length); // what a replay is told
      }
    },
  );

  it.each([{ voters: '8' }, { voters: '5', nodes: '2' }, { voters: '10', nodes: '3..9' }, { voters: '2..5' }, { voters: 'abc' }, { time: 'zzz' }])(
    'is refused where it cannot be: %o',
    (flags) => expect(() => wantedOf(flags)).toThrow(SimUsage),
  );

  it('is not said of a scenario', () => {
    expect(() => refuseSeedFlags({ nodes: '5', time: 'zzz' })).toThrow('--nodes, --time: for seeds only');
    expect(() => refuseSeedFlags({})).not.toThrow();
  });
});
