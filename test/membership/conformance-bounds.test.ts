import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/core/random.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Member, MemberState } from '../../src/core/view.ts';
import type { Claim } from '../../src/membership/claim.ts';
import { decodeMembership, encodeMembership } from '../../src/membership/codec.ts';
import { BUCKETS_MAX, BUCKET_BYTES } from '../../src/membership/digest.ts';
import { ACCUSERS_MAX } from '../../src/membership/limits.ts';
import { Kind, NACKS, SYNC_STATUS } from '../../src/membership/messages.ts';
import type { MembershipMessage } from '../../src/membership/messages.ts';
import { beyondBounds } from '../support/membership-bounds.ts';
import { Lone, bootOf, claim, header } from '../support/membership-lone.ts';

/**
 * Conformance scenario 25, of what the codec lets through (`test/transport/hostile.test.ts` sends what it does not): by counts,
 * not by bytes of memory, which say too late and too little.
 */
const MEMBERS_MAX = 200;
const STATES: readonly MemberState[] = ['alive', 'suspect', 'failed', 'left'];

/** Everything that a codec lets through, from strangers and in the names of members, about members and names that nobody has. */
class Hostile {
  readonly #random: Random;
  readonly #node: Lone;
  #count = 0;
  #held: readonly Member[] = [];

  constructor(node: Lone, seed: number) {
    this.#node = node;
    this.#random = createRandom(seed);
  }

  pick<T>(of: readonly T[]): T {
    return of[this.#random.below(of.length)]!;
  }

  address(): string {
    return `10.${this.#random.below(4)}.${this.#random.below(256)}.${1 + this.#random.below(250)}:${1 + this.#random.below(9_000)}`;
  }

  /** Of somebody who is held, or of one of a hundred thousand others. */
  name(): string {
    return this.#random.below(3) === 0 ? this.pick(this.#held).name : `x${this.#random.below(100_000)}`;
  }

  claim(): Claim {
    const name = this.name();
    const held = this.#node.core.members.get(name);
    const state = this.pick(STATES);
    const accusers = Array.from({ length: 1 + this.#random.below(ACCUSERS_MAX) }, () => `y${this.#random.below(1_000)}`);
    return claim(name, {
      state,
      boot: held !== undefined && this.#random.below(2) === 0 ? held.boot : this.#random.u32(),
      incarnation: (held?.incarnation ?? 1_000) + this.#random.below(3),
      address: this.address(),
      tags: this.#random.below(4) === 0 ? { noise: 'n'.repeat(this.#random.below(400)) } : {},
      accusers: state === 'suspect' || state === 'failed' ? [...new Set(accusers)].sort() : [],
      ageMs: state === 'failed' || state === 'left' ? this.#random.below(4_000_000) : 0,
    });
  }

  /** Who says it: a name that is held, with its right life, or anybody. */
  header(): ReturnType<typeof header> {
    const name = this.name();
    const boot = this.#random.below(8) === 0 ? this.#random.u32() : (this.#node.core.members.get(name)?.boot ?? bootOf(name));
    return header(name, {
      boot,
      incarnation: this.#random.below(5_000),
      digest: this.#random.u32(),
      health: this.#random.below(9),
      seq: this.#random.below(0x1_0000),
    });
  }

  message(): MembershipMessage {
    if (this.#count % 50 === 0) this.#held = [...this.#node.core.members.values()].filter(({ name }) => name !== 'a');
    const updates = Array.from({ length: this.#random.below(6) }, () => this.claim());
    const own = this.header();
    const [known, asker] = [this.pick(this.#held), this.pick(this.#held)];
    const u32 = this.#random.u32();
    switch (this.#count++ % 9) {
      case 0:
        return { kind: Kind.ping, ...own, target: this.pick(['a', this.name()]), updates };
      case 1:
        return { kind: Kind.ack, ...own, answered: this.pick([null, u32, known.boot]), updates };
      case 2:
        return { kind: Kind.nack, ...own, reason: this.pick(NACKS), updates };
      case 3:
      case 4:
        return {
          kind: Kind.pingReq,
          ...own,
          from: asker.name,
          boot: asker.boot,
          target: known.name,
          targetBoot: known.boot,
          timeoutMs: this.#random.below(0x1_0000),
          updates,
        };
      case 5: {
        const buckets = new Uint8Array(this.pick([1, 64, BUCKETS_MAX]) * BUCKET_BYTES);
        const about = { ...this.claim(), name: own.from, boot: own.boot, state: 'alive', accusers: [], ageMs: 0 } as const;
        return { kind: Kind.syncRequest, ...own, token: 0, offer: u32, claim: about, after: this.pick(['', 'm']), buckets };
      }
      case 6: {
        const seq = this.#node.sent.findLast(({ message }) => message.kind === Kind.syncRequest)?.message.seq ?? own.seq; // what it waits for
        const status = this.pick(SYNC_STATUS.slice(1));
        return { kind: Kind.syncReply, ...own, seq, status, token: u32, claims: updates, next: this.pick(['', 'm']), rival: this.pick([null, this.address()]) };
      }
      case 7:
        return { kind: Kind.leave, ...own, claim: { ...claim(own.from), state: 'left', boot: own.boot, incarnation: own.incarnation } };
      default:
        return { kind: Kind.gossip, ...own, answer: this.pick([true, false]), updates };
    }
  }

  /** One datagram; a request that is answered with a token is made again with it. */
  send(): void {
    const message = decodeMembership(encodeMembership(this.message()));
    const from = this.address();
    const { core, sent } = this.#node;
    core.receive(from, message, this.#node.nowUs);
    const reply = sent.at(-1)?.message;
    if (message.kind === Kind.syncRequest && reply?.kind === Kind.syncReply && reply.status === 'token')
      core.receive(from, { ...message, token: reply.token }, this.#node.nowUs);
    if (this.#random.below(20) === 0) core.sendFailed(this.pick([from, this.pick(this.#held).address]), 'unreachable', this.#node.nowUs);
  }
}

describe('conformance', () => {
  it('25, hostile input: what is well-formed, from strangers and in the names of members, stays within every limit', () => {
    const node = new Lone(['b', 'c', 'd', 'e'], { membersMax: MEMBERS_MAX });
    const hostile = new Hostile(node, 1);
    for (let i = 1; i <= 30_000; i += 1) {
      hostile.send();
      if (i % 400 === 0) node.pass(i % 5_000 === 0 ? 5_000 : 20); // in bursts, and now and then it is quiet for long
      if (i % 1_000 !== 0) continue;
      node.forget();
      expect(beyondBounds(node.core, MEMBERS_MAX)).toEqual([]);
    }
    const reached = Object.keys(node.core.counters).filter((name) => name.endsWith('.limit'));
    expect(reached.sort()).toEqual(['members.limit', 'probe.limit', 'relay.limit', 'strangers.limit', 'tombstones.limit']);
    node.core.leave(node.nowUs);
    expect(beyondBounds(node.core, MEMBERS_MAX)).toEqual([]);
  });
});
