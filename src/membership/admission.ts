import type { Address } from '../core/address.ts';
import { isActive, overrides } from './claim.ts';
import type { Claim } from './claim.ts';
import type { Context } from './context.ts';
import { ADMISSIONS_MAX } from './limits.ts';
import type { Merge } from './merge.ts';
import type { Outcome, Prober } from './probe.ts';

export type Verdict = { readonly status: 'member' | 'pending' | 'full' } | { readonly status: 'refused'; readonly held: Claim };

/** What is known of a life whose name somebody else asks for. */
interface Check {
  readonly held: Claim;
  state: 'asking' | 'living' | 'gone';
  /** The verdict holds until then: further requests of a restless newcomer cost no further probes. */
  untilUs: number;
}

/**
 * Who may join under a name that somebody has. A join request is not yet a claim: nothing of it is
 * merged before the life we hold under that name was asked, and did not answer. So a mistyped second
 * `n1` is turned away without anybody noticing, and a restarted `n1` is in within a few round trips
 * (member.I4).
 */
export class Admission {
  readonly #ctx: Context;
  readonly #merge: Merge;
  readonly #prober: Prober;
  readonly #checks = new Map<string, Check>();

  constructor(ctx: Context, merge: Merge, prober: Prober) {
    this.#ctx = ctx;
    this.#merge = merge;
    this.#prober = prober;
  }

  /**
   * @param from Where the request came from, proved by its token.
   * @param resume Called once when a pending check has ended, with whether to ask again.
   */
  ask(claim: Claim, from: Address, resume: (again: boolean) => void): Verdict {
    const { table, standing, own } = this.#ctx;
    if (claim.name === this.#ctx.name) {
      // Two newcomers of one name must not turn each other away: the lower waits until the higher is somebody's member.
      return standing === 'joining' && overrides(claim, own) ? { status: 'pending' } : { status: 'refused', held: own };
    }
    const peer = table.get(claim.name);
    if (peer === undefined && !this.#merge.makeRoom()) return { status: 'full' };
    if (peer === undefined || peer.claim.boot === claim.boot || !isActive(peer.claim.state)) return this.#admit(claim, from);
    // The request came from the held address, so what runs there now is the newcomer: one socket has one owner.
    if (peer.claim.address === from) return this.#admit(claim, from);
    return this.#check(claim, peer.claim, from, resume);
  }

  /** Nobody's name is being checked any more. */
  clear(): void {
    this.#checks.clear();
  }

  #check(claim: Claim, held: Claim, from: Address, resume: (again: boolean) => void): Verdict {
    const { nowUs } = this.#ctx;
    for (const [name, old] of this.#checks) if (nowUs >= old.untilUs) this.#checks.delete(name);
    const known = this.#checks.get(claim.name);
    if (known !== undefined && (known.state === 'asking' || known.held.boot === held.boot)) {
      if (known.state === 'asking') return { status: 'pending' };
      return known.state === 'living' ? { status: 'refused', held } : this.#admit(claim, from);
    }
    if (this.#checks.size >= ADMISSIONS_MAX) {
      this.#ctx.limited('admission', ADMISSIONS_MAX);
      return { status: 'pending' };
    }
    this.#ctx.count('admission.check');
    const check: Check = { held, state: 'asking', untilUs: Infinity };
    const { name, boot, address } = held;
    const judge = (outcome: Outcome): void => this.#judge(check, from, outcome, resume);
    if (this.#prober.start({ target: { name, boot, address }, purpose: 'admission', first: [], indirect: true, judge })) this.#checks.set(name, check);
    return { status: 'pending' };
  }

  #judge(check: Check, from: Address, outcome: Outcome, resume: (again: boolean) => void): void {
    const { nowUs, config, table } = this.#ctx;
    const { name } = check.held;
    if (outcome === 'void') {
      this.#checks.delete(name);
      return resume(false);
    }
    check.state = outcome === 'acked' ? 'living' : 'gone';
    check.untilUs = nowUs + config.probePeriodUs;
    if (check.state === 'gone') table.get(name)?.note(nowUs, `did not answer when a new life asked to be admitted from ${from}`);
    resume(true);
  }

  /**
   * Takes the claim as news. If we hold a stronger one of a life that is gone (its clock was ahead),
   * the page we send contains it, and the newcomer outbids it.
   */
  #admit(claim: Claim, from: Address): Verdict {
    this.#merge.hear(claim, { channel: 'gossip', from: claim.name, address: from, quiet: false });
    return { status: 'member' };
  }
}
