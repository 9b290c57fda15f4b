import type { Context } from './context.ts';
import type { SelfState } from './host.ts';

/** We call ourselves degraded from this score on, and well again at the other: one late tick is no state. */
const DEGRADED_FROM = 4;
const WELL_FROM = 1;
/** The system could not send to so many members, or to all of them: it is our link, not theirs. */
const UNREACHABLE_MIN = 3;

/** What this node knows about itself, and why. Judged after every transition, told when it changes. */
export class SelfKnowledge {
  readonly #ctx: Context;
  #state: SelfState = 'joining';

  /** Why it is the present state; empty where there is nothing to say. */
  get reasons(): readonly string[] {
    return this.#now()[1];
  }

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  get state(): SelfState {
    return this.#state;
  }

  /** Notes the present state and tells it if it is another than before. */
  judge(): void {
    const before = this.#state;
    if (before === 'joined' && this.#isWell) return; // nearly always
    const [state, reasons] = this.#now();
    if (state === before) return;
    this.#state = state;
    this.#ctx.host.notify({ type: 'self', state, reasons });
  }

  get #isWell(): boolean {
    const { standing, table, health, nowUs, lastHeardUs, oneWay, unreachable, losses, config } = this.#ctx;
    const isWhole = table.failed.size === 0 && oneWay.size === 0 && unreachable.size === 0 && losses.reason === null;
    return standing === 'joined' && isWhole && health.score < DEGRADED_FROM && nowUs - lastHeardUs < config.pauseToleranceUs;
  }

  #now(): [SelfState, readonly string[]] {
    const { standing, table, nowUs, lastHeardUs, unansweredSince, config } = this.#ctx;
    if (standing === 'silenced') return ['left', ['another living process has our name: we say nothing any more']];
    if (standing !== 'joined') return [standing, []];
    const running = table.activeCount;
    const failed = table.failed.size;
    if (running === 1 && failed > 0) return ['isolated', [`all ${failed} other members are held failed`]];
    const silentMs = Math.round((nowUs - lastHeardUs) / 1000);
    if (running > 1 && unansweredSince >= 2 && nowUs - lastHeardUs >= config.pauseToleranceUs) {
      return ['isolated', [`no member was heard for ${silentMs} ms, ${unansweredSince} probes in a row were not answered`]];
    }
    if (running > 1 && this.#isLinkDown()) return ['isolated', [`the system cannot send: ${this.#ctx.unreachable.size} addresses of members are unreachable`]];
    if (failed > running) return ['minority', [`${failed} members are held failed, ${running} are running, ourselves included`]];
    const unwell = this.#unwell();
    if (unwell.length > 0) return ['degraded', unwell];
    return ['joined', failed === 0 ? [] : [`${failed} members are held failed`]];
  }

  #unwell(): readonly string[] {
    const { table, health, losses, oneWay } = this.#ctx;
    const reasons: string[] = [];
    const limit = this.#state === 'degraded' ? WELL_FROM + 1 : DEGRADED_FROM;
    if (health.score >= limit) reasons.push(`health score ${health.score} of 8: late timers, missing nacks or refutations`);
    if (oneWay.size > 0) {
      const broken = [...oneWay].filter((name) => table.get(name)?.claim.state === 'alive');
      if (broken.length > 0) reasons.push(`links that work one way at most: ${broken.join(', ')}`);
    }
    if (losses.reason !== null) reasons.push(losses.reason);
    return reasons;
  }

  /** Nobody was heard since, for as long as an ack takes: a route to some that is missing is not enough (member.H5). */
  #isLinkDown(): boolean {
    const { unreachable, unreachableUs, nowUs, config, table } = this.#ctx;
    if (nowUs - unreachableUs < config.directTimeoutMinUs) return false;
    let members = 0;
    for (const peer of table.active) if (unreachable.has(peer.claim.address)) members += 1;
    return members >= Math.min(UNREACHABLE_MIN, table.active.length);
  }
}
