import { describe, expect, it } from 'vitest';
import type { Now } from '../../src/core/time.ts';
import type { Member } from '../../src/core/view.ts';
import type { PartitionChange } from '../../src/partition/host.ts';
import type { PartitionPacket } from '../../src/partition/messages.ts';
import { PartitionElection } from '../../src/partition/partition.ts';

const RENEW_US = 100_000;

/** One core that has led 'cache' in a part of its own. */
class Leader {
  readonly changes: PartitionChange[] = [];
  sent: PartitionPacket[] = [];
  readonly core: PartitionElection;
  readonly name: string;
  nowUs = 1_000_000;

  constructor(name: string, wallMs: number) {
    this.name = name;
    const host = {
      send: (_: string, packet: PartitionPacket): void => void this.sent.push(packet),
      notify: (change: PartitionChange): void => void this.changes.push(change),
    };
    this.core = new PartitionElection({ renewUs: RENEW_US, packetBudget: 1_400 }, { name, boot: 7 }, host, this.now);
    this.#wallMs = wallMs;
    this.core.participate(this.now);
    this.core.campaign('cache', 0, 0, this.now);
    this.nowUs += 10 * RENEW_US;
    this.core.advance(this.now);
    expect(this.core.claimOf('cache')).not.toBeNull();
  }

  readonly #wallMs: number;

  get now(): Now {
    return { elapsedUs: this.nowUs, leaderUs: this.nowUs, wallMs: this.#wallMs };
  }

  meets(name: string): void {
    const member: Member = { name, boot: 7, incarnation: 1, address: `127.0.0.1:${name.charCodeAt(0)}`, state: 'alive', tags: {} };
    this.core.onMember(member, this.now);
  }

  hears(other: Leader): void {
    const { sent } = other;
    other.sent = [];
    for (const packet of sent) this.core.receive(`127.0.0.1:${other.name.charCodeAt(0)}`, packet, this.now);
  }
}

describe('two parts that meet', () => {
  /** Both led; the claim of the one that stays is the first to cross, and the loser falls silent. */
  const met = (): { winner: Leader; loser: Leader } => {
    const pair = [new Leader('a', 1_800_000_000_000), new Leader('b', 1_800_000_000_000)] as const;
    pair[0].meets('b');
    pair[1].meets('a');
    const winner = pair.find((one) => pair.every((other) => other === one || firstStays(one, other)))!;
    const loser = pair.find((one) => one !== winner)!;
    loser.sent = []; // its own claim is lost on the way
    return { winner, loser };
  };
  const firstStays = (one: Leader, other: Leader): boolean => {
    const trial = new Leader(other.name, 1_800_000_000_000);
    trial.meets(one.name);
    const sent = [...one.sent];
    trial.hears(one);
    one.sent = sent;
    return trial.changes.some(({ type }) => type === 'lost');
  };

  it('tell the winner also where the loser heard it first: its term is above both, and its job learns of it', () => {
    const { winner, loser } = met();
    const before = loser.core.claimOf('cache')!;
    loser.hears(winner);
    expect(loser.core.claimOf('cache')).toBeNull();
    winner.hears(loser);
    expect(winner.changes).toContainEqual(expect.objectContaining({ type: 'merged', loser: before }));
    expect(winner.core.claimOf('cache')!.term).toBeGreaterThan(before.term);
  });

  it('tell it again, once a beat, where that word is lost', () => {
    const { winner, loser } = met();
    loser.hears(winner);
    loser.sent = [];
    for (let beats = 0; beats < 2; beats += 1) {
      winner.nowUs += RENEW_US;
      winner.core.advance(winner.now);
      loser.nowUs += RENEW_US;
      loser.hears(winner);
    }
    expect(loser.sent.length).toBe(2);
    winner.hears(loser);
    expect(winner.changes.filter(({ type }) => type === 'merged')).toHaveLength(1);
    // And then no more.
    for (let beats = 0; beats < 20; beats += 1) {
      winner.nowUs += RENEW_US;
      winner.core.advance(winner.now);
      loser.nowUs += RENEW_US;
      loser.hears(winner);
    }
    expect(loser.sent.length).toBeLessThan(4);
  });

  it('leave nobody believing in the one that gave way', () => {
    const { winner, loser } = met();
    loser.hears(winner);
    const packet = loser.sent[0]!;
    const third = new PartitionElection({ renewUs: RENEW_US, packetBudget: 1_400 }, { name: 'c', boot: 7 }, { send: () => {}, notify: () => {} }, winner.now);
    third.participate(winner.now);
    third.follow('cache', winner.now);
    third.receive('127.0.0.1:98', packet, winner.now);
    expect(third.leaderOf('cache', winner.nowUs)).toBeNull();
  });
});
