import { describe, expect, it } from 'vitest';
import { type Controlled, runControl } from '../../src/cli/control.ts';
import { VOTERS_MAX } from '../../src/election/config.ts';
import type { ClusterNode } from '../../src/node.ts';
import type { VotersChange } from '../../src/election/voter-set.ts';

/** Takes commands, and says what they came to. */
function controlled(): { on: Controlled; said: unknown[] } {
  const said: unknown[] = [];
  const node = {
    forceVoters: (names: readonly string[]) => void said.push(names),
    changeVoters: async (wish: VotersChange) => void said.push(wish),
  } as unknown as ClusterNode;
  return { on: { node, leading: new Map(), campaign: () => {}, leave: () => {}, elections: [] }, said };
}

describe('a line', () => {
  it.each(['constructor', 'toString', '__proto__', 'voters constructor x', 'voters __proto__ x'])(
    'that is no command is a mistake and not a fault of ours: %s',
    async (line) => {
      expect(await runControl(controlled().on, line)).toMatchObject({ ok: false, code: 'ERR_OPTIONS' });
    },
  );
});

describe('the command voters', () => {
  const names = Array.from({ length: VOTERS_MAX }, (_, i) => `n${i}`);

  it('takes as many names as there can be voters, with all that the command line adds', async () => {
    const { on, said } = controlled();
    expect(await runControl(on, `voters force ${names.join(' ')} --wait 30 --yes`)).toMatchObject({ ok: true });
    expect(await runControl(on, `voters add ${names.join(' ')} --wait 30`)).toMatchObject({ ok: true });
    expect(said).toEqual([names, { add: names }]);
  });

  it('takes no more', async () => {
    const { on, said } = controlled();
    expect(await runControl(on, `voters force ${names.join(' ')} n31 --wait 30 --yes`)).toMatchObject({ ok: false, code: 'ERR_OPTIONS' });
    expect(said).toEqual([]);
  });
});
