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

const now = (atUs: number): Now => ({ elapsedUs: atUs, leaderUs: atUs, wallMs: 1_800_000_000_000 });

function nodesOf(names: readonly string[]): Node[] {
  return names.map((name): Node => {
    const sent: PartitionPacket[] = [];
    const told: PartitionChange[] = [];
    const host = {
      send: (_: string, packet: PartitionPacket): void => void sent.push(packet),
      notify: (change: PartitionChange): void => void told.push(change),
    };
    return { name, sent, told, core: new PartitionElection({ renewUs: R_US, packetBudget: 1_400 }, { name, boot: 1 }, host, now(0)) };
  });
}

/** Two that stand in one part for half a minute, and one that only looks: one leads all the time, and all know. */
export function oneOfTwo(): string | null {
  const nodes = nodesOf(['a', 'b', 'c']);
  for (const a of nodes) {
    a.core.participate(now(0));
    for (const { name } of nodes) if (name !== a.name) a.core.onMember({ name, boot: 1, incarnation: 1, address: name, state: 'alive', tags: {} }, now(0));
    if (a.name === 'c') a.core.follow('cache', now(0));
    else a.core.campaign('cache', 0, 2 * R_US, now(0));
  }
  for (let atUs = 0; atUs < 200 * R_US; atUs += R_US / 10) {
    for (const from of nodes) for (const packet of from.sent.splice(0)) for (const to of nodes) if (to !== from) to.core.receive(from.name, packet, now(atUs));
    for (const { core } of nodes) core.advance(now(atUs));
  }
  const elected = nodes.flatMap(({ told }) => told).filter(({ type }) => type === 'elected').length;
  if (elected !== 1) return `${elected} were elected in a part in which nothing happened`;
  const strangers = nodes.filter(({ core }) => core.leaderOf('cache', 200 * R_US) === null).map(({ name }) => name);
  return strangers.length === 0 ? null : `${strangers.join(' and ')} do not know who leads`;
}

/** Parts of one node each that begin apart, at one moment and under one wall clock, so that their terms are equal; and what becomes of them when they meet. */
export function partsOfOneTerm(names: readonly string[]): string | null {
  const nodes = nodesOf(names);
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
