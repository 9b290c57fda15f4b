import type { Member } from '../../src/core/view.ts';
import { Domain, keyed } from '../kernel/keyed.ts';

/** How long one lie is kept before another is told. */
const SPELL_US = 700_000;

/**
 * A view that lies: members missing, the dead alive, the living dead, addresses of others. The
 * election may order, prune and address by it, and must stay safe whatever it says.
 */
export function lie(seed: number, teller: number, nowUs: number, members: ReadonlyMap<string, Member>): ReadonlyMap<string, Member> {
  const spell = Math.floor(nowUs / SPELL_US);
  const all = [...members.values()];
  const told = new Map<string, Member>();
  for (const [i, member] of all.entries()) {
    const draw = keyed(seed, Domain.lie, teller * 64 + i, spell);
    switch (draw % 8) {
      case 0:
        break; // never heard of it
      case 1:
        told.set(member.name, { ...member, state: 'failed' });
        break;
      case 2:
        told.set(member.name, { ...member, state: 'alive', boot: (member.boot + 1) >>> 0 });
        break;
      case 3:
        told.set(member.name, { ...member, address: all[(i + 1) % all.length]!.address });
        break;
      default:
        told.set(member.name, { ...member, state: draw % 16 < 8 ? 'alive' : member.state });
    }
  }
  return told;
}
