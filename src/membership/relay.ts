import type { Address } from '../core/address.ts';
import { isActive } from './claim.ts';
import type { Context } from './context.ts';
import { OPEN_RELAYS_MAX } from './limits.ts';
import { Kind } from './messages.ts';
import type { Ack, Nack, NackReason, Ping, PingReq } from './messages.ts';

/** Two thirds of the time we are given: that is the asker's direct timeout, and the answer still gets back in time. */
const APART_PER_MS_US = 667;
/** Direct timeouts, of the preset's longest, that a relay waits at most: one and a half, widened by the asker's whole health score. */
const WAIT_MAX = 14;

interface Errand {
  readonly seq: number;
  readonly target: string;
  readonly targetBoot: number;
  readonly targetAddress: Address;
  readonly forName: string;
  readonly forAddress: Address;
  readonly forSeq: number;
  readonly deadlineUs: number;
  /** A refusal counts when it is said again so much later. */
  readonly apartUs: number;
  refusedUs: number;
  againUs: number;
}

/**
 * Pings on behalf of others. A relay pings only an address in a claim of its own, so that nobody
 * can aim it (member.P4).
 */
export class Relays {
  readonly #ctx: Context;
  readonly #open = new Map<number, Errand>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  get nextDeadlineUs(): number {
    let next = Infinity;
    for (const errand of this.#open.values()) next = Math.min(next, errand.deadlineUs, errand.againUs);
    return next;
  }

  onPingReq(request: PingReq, from: Address): void {
    const { table, nowUs, config } = this.#ctx;
    const asker = table.get(request.from);
    if (asker === undefined || asker.claim.boot !== request.boot || !isActive(asker.claim.state)) return this.#ctx.count('relay.stranger');
    const target = table.get(request.target);
    const known = target !== undefined && target !== table.self && target.claim.boot === request.targetBoot && target.claim.state !== 'left';
    if (!known || this.#open.size >= OPEN_RELAYS_MAX) {
      if (known) this.#ctx.limited('relay', OPEN_RELAYS_MAX);
      return this.#nack(from, request.from, request.seq, 'unknown');
    }
    let seq = this.#ctx.nextSeq();
    while (this.#open.has(seq)) seq = this.#ctx.nextSeq();
    const { name, boot, address } = target.claim;
    const timeoutMs = Math.min(request.timeoutMs, (WAIT_MAX * config.directTimeoutMaxUs) / 1000);
    const errand: Errand = {
      seq,
      target: name,
      targetBoot: boot,
      targetAddress: address,
      forName: request.from,
      forAddress: from,
      forSeq: request.seq,
      deadlineUs: nowUs + timeoutMs * 1000,
      apartUs: timeoutMs * APART_PER_MS_US,
      refusedUs: -Infinity,
      againUs: Infinity,
    };
    this.#open.set(seq, errand);
    this.#ctx.count('relay');
    this.#ctx.carry(address, name, this.#ping(errand));
    // Whoever asks has met silence already: the system is asked at once, as it may know that nobody is there.
    this.#ctx.probe(address, name, this.#ping(errand));
  }

  /** The system says that nobody listens at `to` (see Prober.onRefused). */
  onRefused(to: Address): void {
    const { nowUs, table } = this.#ctx;
    for (const errand of [...this.#open.values()]) {
      if (errand.targetAddress !== to || nowUs - errand.refusedUs < errand.apartUs) continue;
      if (errand.refusedUs === -Infinity) {
        errand.refusedUs = nowUs;
        errand.againUs = nowUs + errand.apartUs;
        continue;
      }
      const target = table.get(errand.target);
      if (target?.claim.boot !== errand.targetBoot || target.lastAckUs === -Infinity) continue;
      this.#open.delete(errand.seq);
      this.#nack(errand.forAddress, errand.forName, errand.forSeq, 'refused');
    }
  }

  /** Whether the ack was meant for somebody we asked for. */
  onAck(ack: Ack): boolean {
    const errand = this.#open.get(ack.seq);
    if (errand === undefined || ack.answered !== null || ack.from !== errand.target) return false;
    this.#open.delete(ack.seq);
    if (ack.boot === errand.targetBoot) {
      const target = this.#ctx.table.get(errand.target);
      if (target?.claim.boot === ack.boot) target.lastAckUs = this.#ctx.nowUs;
      this.#ctx.carry(errand.forAddress, errand.forName, { kind: Kind.ack, ...this.#ctx.header(errand.forSeq), answered: ack.boot, updates: [] });
    } else this.#nack(errand.forAddress, errand.forName, errand.forSeq, 'gone');
    return true;
  }

  /** Whether the nack answered a ping sent for somebody else. */
  onNack(nack: Nack, from: Address): boolean {
    const errand = this.#open.get(nack.seq);
    if (errand === undefined || nack.reason !== 'not-me' || from !== errand.targetAddress) return false;
    this.#open.delete(nack.seq);
    this.#nack(errand.forAddress, errand.forName, errand.forSeq, 'gone');
    return true;
  }

  advance(): void {
    for (const errand of [...this.#open.values()]) {
      if (this.#ctx.nowUs >= errand.againUs) {
        errand.againUs = Infinity;
        this.#ctx.probe(errand.targetAddress, errand.target, this.#ping(errand));
      }
      if (this.#ctx.nowUs < errand.deadlineUs) continue;
      this.#open.delete(errand.seq);
      this.#nack(errand.forAddress, errand.forName, errand.forSeq, 'silent');
    }
  }

  clear(): void {
    this.#open.clear();
  }

  #ping({ seq, target }: Errand): Ping {
    const peer = this.#ctx.table.get(target);
    const updates = peer === undefined || peer.claim.state === 'alive' ? [] : [peer.told(this.#ctx.nowUs)];
    return { kind: Kind.ping, ...this.#ctx.header(seq), target, updates };
  }

  #nack(to: Address, name: string, seq: number, reason: NackReason): void {
    this.#ctx.carry(to, name, { kind: Kind.nack, ...this.#ctx.header(seq), reason, updates: [] });
  }
}
