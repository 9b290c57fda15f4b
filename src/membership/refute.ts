import type { Address } from '../core/address.ts';
import { isActive, overrides } from './claim.ts';
import type { Claim } from './claim.ts';
import type { Context } from './context.ts';
import { INCARNATION_END } from './limits.ts';
import type { Merge, Source } from './merge.ts';
import type { Prober } from './probe.ts';

/**
 * What we do about claims to our own name: refute those that are wrong, and find out whether one
 * that is right stands behind them (member.I3, member.I4).
 */
export class Refuter {
  readonly #ctx: Context;
  readonly #merge: Merge;
  readonly #prober: Prober;
  readonly #silence: () => void;
  /** One rival is asked at a time; what is heard of others meanwhile will be heard again. */
  #asking: Claim | null = null;

  /** @param silence Called when a living process has a better claim to our name. */
  constructor(ctx: Context, merge: Merge, prober: Prober, silence: () => void) {
    this.#ctx = ctx;
    this.#merge = merge;
    this.#prober = prober;
    this.#silence = silence;
  }

  hear(claim: Claim, source: Source): void {
    const { own, standing } = this.#ctx;
    // While joining we are nobody's member yet, and rumours are about a former life. The page that admits us is different.
    if (standing === 'silenced' || standing === 'left' || (standing === 'joining' && source.channel === 'gossip')) return;
    if (!overrides(claim, own)) {
      // Our very incarnation at another address: not from us, and no stronger claim of others would ever correct it.
      const forged =
        claim.boot === own.boot && claim.incarnation === own.incarnation && claim.state === 'alive' && own.state === 'alive' && claim.address !== own.address;
      if (forged) this.#refute(claim, source);
      return;
    }
    const foreign = claim.boot !== own.boot;
    // Two sockets cannot have one address, so a claim for ours is our former life's.
    const possibleRival = foreign && isActive(claim.state) && claim.address !== own.address;
    // Pages are for members: whoever gave us this one has asked the rival before admitting us.
    const admitted = source.channel === 'sync';
    if (possibleRival && !admitted) {
      this.#ctx.host.notify({ type: 'rival', address: claim.address, boot: claim.boot, gaveUp: false });
      if (claim.state === 'alive') return this.#ask(claim, source);
    }
    this.#refute(claim, source);
  }

  /** Whoever was being asked is asked no more. */
  clear(): void {
    this.#asking = null;
  }

  /** Does the rival live? If so the higher claim, which is not ours, keeps the name. */
  #ask(claim: Claim, source: Source): void {
    if (this.#asking !== null) return;
    this.#asking = claim;
    const { name, boot, address } = claim;
    const started = this.#prober.start({
      target: { name, boot, address },
      purpose: 'rival',
      first: [],
      indirect: true,
      judge: (outcome) => {
        this.#asking = null;
        if (outcome === 'acked') this.giveUp(claim.address, claim.boot);
        else if (outcome !== 'void' && overrides(claim, this.#ctx.own)) this.#refute(claim, source);
      },
    });
    if (!started) this.#asking = null;
  }

  /** The name is another living process's. */
  giveUp(address: Address, boot: number): void {
    this.#ctx.count('rival.gave-up');
    this.#ctx.host.notify({ type: 'rival', address, boot, gaveUp: true });
    this.#silence();
  }

  /**
   * Takes the accusation's incarnation + 1 and tells the accuser directly. One above our own would
   * not do: a peer that came back may hold a former life whose clock was ahead of ours (member.I2).
   */
  #refute(claim: Claim, source: Source): void {
    const { own, nowUs, health, table } = this.#ctx;
    if (claim.incarnation + 1 >= INCARNATION_END) return this.#ctx.count('refute.exhausted');
    this.#ctx.count('refuted');
    if (claim.boot === own.boot && claim.state !== 'alive') health.worse(1); // we gave cause for it
    const by = claim.accusers.length > 0 ? ` by ${claim.accusers.join(', ')}` : '';
    const what = claim.boot === own.boot ? `${claim.state}${by}` : `another life's ${claim.state} claim`;
    table.self.note(nowUs, `refuted: ${what}${source.from === null ? '' : `, told by ${source.from}`}`);
    this.#merge.becomeSelf({ ...own, incarnation: claim.incarnation + 1 }, `refutes: ${what}`);
    this.#ctx.spread(this.#ctx.own, null);
    if (source.address !== null) this.#ctx.tell(source.address, [this.#ctx.own]);
    for (const accuser of claim.accusers) {
      const peer = table.get(accuser);
      if (peer !== undefined && accuser !== source.from && accuser !== this.#ctx.name) this.#ctx.tell(peer.claim.address, [this.#ctx.own]);
    }
  }
}
