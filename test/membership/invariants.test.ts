import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/core/view.ts';
import { compareIdentity } from '../../src/membership/claim.ts';
import type { Process } from '../../sim/schedules/membership-cluster.ts';
import { live } from '../support/membership-life.ts';

/** What may never be seen in the events of any node, whatever happens to it. */
function check(process: Process, owned: ReadonlyMap<string, number>): void {
  const where = `${process.name} at ${process.address}`;
  const last = new Map<string, Member>();
  for (const { change } of process.changes) {
    if (change.type === 'forgotten') last.delete(change.member.name);
    if (change.type !== 'member') continue;
    const { before, after } = change;
    const known = last.get(after.name);
    if (known !== undefined) {
      expect(before, `${where}: a change begins where the last one ended`).toEqual(known);
      expect(compareIdentity(after, known), `${where}: M1 incarnations of ${after.name} rise`).toBeGreaterThanOrEqual(0);
      const dead = known.state === 'failed' || known.state === 'left';
      if (dead && (after.state === 'alive' || after.state === 'suspect'))
        expect(compareIdentity(after, known), `${where}: M2 ${after.name} comes back only in a newer life`).toBeGreaterThan(0);
      if (known.state === 'left' && after.state !== 'left') expect(compareIdentity(after, known)).toBeGreaterThan(0);
    }
    expect(after.incarnation, `${where}: M3 nobody raises the incarnation of ${after.name} but itself`).toBeLessThanOrEqual(
      owned.get(`${after.name}/${after.boot}`) ?? -1,
    );
    last.set(after.name, after);
  }
  const { state } = process.core.self;
  const leaving = ['leaving', 'left'].includes(process.core.selfState);
  expect(state, `${where}: M4 a running node sees itself alive`).toBe(leaving ? 'left' : 'alive');
  expect(process.fold, `${where}: the events fold to the view`).toEqual(new Map(process.core.members));
}

describe('whatever happens', () => {
  it('the invariants of every view hold, and after calm all views are one', () => {
    let restarts = 0;
    let failures = 0;
    for (let seed = 1; seed <= 120; seed += 1) {
      const cluster = live(seed);
      const living = (): readonly Process[] => cluster.living.filter((process) => process.core.selfState !== 'left');
      const settled = cluster.runUntil(() => cluster.agree(living()), 30_000);
      const owned = new Map<string, number>();
      for (const process of cluster.processes) owned.set(`${process.name}/${process.boot}`, process.core.self.incarnation);
      for (const process of cluster.processes) check(process, owned);
      expect(settled, `seed ${seed}: the living agree`).toBe(true);
      expect(cluster.largest).toBeLessThanOrEqual(cluster.config.packetBudget);
      for (const process of living())
        expect(
          process.told('rival').some(({ gaveUp }) => gaveUp),
          `seed ${seed}: nobody gave up its name`,
        ).toBe(false);
      restarts += cluster.processes.length - new Set(cluster.processes.map(({ name }) => name)).size;
      failures += cluster.processes.flatMap(({ events }) => events.filter(({ text }) => text.startsWith('failed'))).length;
    }
    expect(restarts).toBeGreaterThan(50);
    expect(failures).toBeGreaterThan(200);
  });
});
