import type { Context } from './context.ts';
import { type ElectionPacket, Op } from './messages.ts';
import { type Peer, lifeOf } from './peers.ts';

/** Nodes with another configuration that are remembered, and how long one is not warned about again. */
const FOREIGN_MAX = 64;
const WARN_AGAIN_US = 60_000_000;
/** Nodes with an older set that are remembered, and how often one is told in a renewal time. */
const TOLD_MAX = 256;
const TOLD_PER_RENEWAL = 8;

/**
 * Refuses nodes of the same cluster that run other voters, another T, ρ or other leaders: their
 * votes and ours would not make majorities that meet. Nothing in their packets is interpreted but
 * the questions, which are answered with `config` so that their operators are told as well.
 */
export class ConfigGuard {
  readonly #context: Context;
  readonly #foreign = new Map<string, { grantMs: number; digest: number; atUs: number; warnedUs: number }>();
  readonly #toldUs = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** To one that goes by an older set of the same line, or by the one it was started with: who votes now. */
  tell(peer: Peer, packet: ElectionPacket, nowUs: number): void {
    const { outbox, config, electorate } = this.#context;
    this.#deny(peer, packet);
    if (nowUs < (this.#toldUs.get(lifeOf(peer)) ?? -Infinity) + config.renewUs / TOLD_PER_RENEWAL) return;
    this.#toldUs.delete(lifeOf(peer));
    this.#toldUs.set(lifeOf(peer), nowUs);
    if (this.#toldUs.size > TOLD_MAX) this.#toldUs.delete(this.#toldUs.keys().next().value!);
    const { origin, lineage, set } = electorate;
    outbox.say(peer, { op: Op.voters, origin, lineage, ...set });
  }

  refuse(peer: Peer, packet: ElectionPacket, nowUs: number): void {
    const { config } = this.#context;
    const known = this.#foreign.get(peer.name);
    const warn = known === undefined || known.digest !== packet.config || nowUs - known.warnedUs >= WARN_AGAIN_US;
    this.#foreign.delete(peer.name);
    this.#foreign.set(peer.name, { grantMs: packet.grantMs, digest: packet.config, atUs: nowUs, warnedUs: warn ? nowUs : known.warnedUs });
    if (this.#foreign.size > FOREIGN_MAX) this.#foreign.delete(this.#foreign.keys().next().value!);
    if (warn) {
      const ourMs = config.grantUs / 1000;
      const differs =
        packet.grantMs !== ourMs
          ? `its lease is ${packet.grantMs} ms, ours ${ourMs} ms`
          : packet.lineage !== packet.config || !this.#context.electorate.isFirst
            ? 'it belongs to other voters of the same cluster name, founded or forced apart from ours'
            : 'its voters, drift bound or leaders differ from ours';
      this.#context.notify({
        type: 'warning',
        code: 'config-mismatch',
        details: { node: peer.name, address: peer.address, differs, theirLeaseMs: packet.grantMs, ourLeaseMs: ourMs },
      });
    }
    this.#deny(peer, packet);
  }

  #deny(peer: Peer, packet: ElectionPacket): void {
    const { outbox } = this.#context;
    for (const entry of packet.entries) {
      if (entry.op === Op.bid) {
        outbox.say(peer, {
          op: Op.deny,
          name: entry.name,
          ballot: entry.ballot,
          maxBallot: 0,
          why: 'config',
          holder: '',
          term: 0,
          elected: false,
          leftMs: 0,
          ahead: 0,
          queued: 0,
          holderBoot: 0,
        });
      } else if (entry.op === Op.renew) {
        outbox.say(peer, {
          op: Op.rdeny,
          name: entry.name,
          term: entry.term,
          seq: entry.seq,
          maxBallot: 0,
          why: 'config',
          holder: '',
          holderTerm: 0,
          elected: false,
        });
      } else if (entry.op === Op.recover) {
        // The header is the answer: the asker sees our digest, counts nothing, and says so.
        outbox.say(peer, { op: Op.recovered, nonce: 0, active: false, floor: 0, rivals: [], quiet: [] });
      }
    }
  }

  /** Who was refused lately, for `explain`. */
  refusedSince(sinceUs: number): { name: string; grantMs: number }[] {
    return [...this.#foreign]
      .filter(([, f]) => f.atUs >= sinceUs && f.digest !== this.#context.electorate.digest)
      .map(([name, { grantMs }]) => ({ name, grantMs }));
  }
}
