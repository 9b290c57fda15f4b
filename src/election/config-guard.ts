import type { Context } from './context.ts';
import { type ElectionPacket, Op } from './messages.ts';
import type { Peer } from './peers.ts';

/** Nodes with another configuration that are remembered, and how long one is not warned about again. */
const FOREIGN_MAX = 64;
const WARN_AGAIN_US = 60_000_000;

/**
 * Refuses nodes of the same cluster that run other voters, another T, ρ or other leaders: their
 * votes and ours would not make majorities that meet. Nothing in their packets is interpreted but
 * the questions, which are answered with `config` so that their operators are told as well.
 */
export class ConfigGuard {
  readonly #context: Context;
  readonly #digest: number;
  readonly #foreign = new Map<string, { grantMs: number; digest: number; atUs: number; warnedUs: number }>();

  constructor(context: Context, digest: number) {
    this.#context = context;
    this.#digest = digest;
  }

  refuse(peer: Peer, packet: ElectionPacket, nowUs: number): void {
    const { outbox, config } = this.#context;
    const known = this.#foreign.get(peer.name);
    const warn = known === undefined || known.digest !== packet.config || nowUs - known.warnedUs >= WARN_AGAIN_US;
    this.#foreign.delete(peer.name);
    this.#foreign.set(peer.name, { grantMs: packet.grantMs, digest: packet.config, atUs: nowUs, warnedUs: warn ? nowUs : known.warnedUs });
    if (this.#foreign.size > FOREIGN_MAX) this.#foreign.delete(this.#foreign.keys().next().value!);
    if (warn) {
      const ourMs = config.grantUs / 1000;
      const differs = packet.grantMs !== ourMs ? `its lease is ${packet.grantMs} ms, ours ${ourMs} ms` : 'its voters, drift bound or leaders differ from ours';
      this.#context.notify({
        type: 'warning',
        code: 'config-mismatch',
        details: { node: peer.name, address: peer.address, differs, theirLeaseMs: packet.grantMs, ourLeaseMs: ourMs },
      });
    }
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
    return [...this.#foreign].filter(([, f]) => f.atUs >= sinceUs && f.digest !== this.#digest).map(([name, { grantMs }]) => ({ name, grantMs }));
  }
}
