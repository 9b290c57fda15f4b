import type { Now } from '../../src/core/time.ts';
import { type Claim, tokenOf } from '../../src/partition/claim.ts';
import type { PartitionChange } from '../../src/partition/host.ts';
import type { PartitionPacket } from '../../src/partition/messages.ts';
import { PartitionElection } from '../../src/partition/partition.ts';

const R_US = 150_000;

interface Node {
  readonly name: string;
  readonly core: PartitionElection;
  readonly sent: PartitionPacket[];
  readonly told: PartitionChange[];
}

/** Parts of one node each that begin apart, at one moment and under one wall clock, so that their terms are equal; and what becomes of them when they meet. */
export function partsOfOneTerm(names: readonly string[]): string | null {
  const now = (atUs: number): Now => ({ elapsedUs: atUs, leaderUs: atUs, wallMs: 1_800_000_000_000 });
  const nodes = names.map((name): Node => {
    const sent: PartitionPacket[] = [];
    const told: PartitionChange[] = [];
    const host = {
      send: (_: string, packet: PartitionPacket): void => void sent.push(packet),
      notify: (change: PartitionChange): void => void told.push(change),
    };
    return { name, sent, told, core: new PartitionElection({ renewUs: R_US, packetBudget: 1_400 }, { name, boot: 1 }, host, now(0)) };
  });
  for (const { core } of nodes) {
    core.participate(now(0));
    core.campaign('cache', 0, 0, now(0));
    core.advance(now(R_US));
  }
  const before = nodes.map(({ core }) => core.claimOf('cache')!);
  if (before.some((claim) => claim === null || claim.term !== before[0]!.term)) return 'the parts did not begin with one term';
  const meet = (name: string, of: Node): void => of.core.onMember({ name, boot: 1, incarnation: 1, address: name, state: 'alive', tags: {} }, now(R_US + 1));
  for (const a of nodes) for (const b of nodes) if (a !== b) meet(b.name, a);
  for (let round = 0; round < 8; round += 1) {
    const packets = nodes.flatMap((from) => from.sent.splice(0).map((packet) => ({ from, packet })));
    for (const { from, packet } of packets) for (const to of nodes) if (to !== from) to.core.receive(from.name, packet, now(R_US + 2 + round));
  }
  const leading = nodes.map(({ core }) => core.claimOf('cache')).filter((claim): claim is Claim => claim !== null);
  if (leading.length !== 1) return `${leading.length} of ${names.length} lead when all have met`;
  const [winner] = leading;
  if (before.some((claim) => tokenOf(claim) >= tokenOf(winner!))) return 'the token of the one that stayed is not above all';
  const merges = nodes.flatMap(({ told }) => told).filter(({ type }) => type === 'lost').length;
  return merges === names.length - 1 ? null : `${merges} gave way`;
}
