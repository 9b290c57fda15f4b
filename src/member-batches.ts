import type { Member, MemberState } from './core/view.ts';
import type { ChangedEvent, MemberEvent } from './events.ts';

/** Changes are told together when nothing changed for this many gossip ticks, and after five times that at the latest. */
const QUIET_TICKS = 3;
const LATEST_QUIETS = 5;

interface Pending {
  readonly previous: MemberState | null;
  readonly before: Member | null;
  latest: MemberEvent;
}

/**
 * What changed together, told together: half a cluster behind a cut is one event with a likely cause,
 * and a suspicion that came to nothing is none.
 */
export class MemberBatches {
  readonly #quietMs: number;
  readonly #suspectQuiets: number;
  readonly #alarm: (afterMs: number, ring: () => void) => () => void;
  readonly #tell: (event: ChangedEvent) => void;
  readonly #pending = new Map<string, Pending>();
  /** Others that ran when the batch began. */
  #others = 0;
  #quiets = 0;
  #cancel: (() => void) | null = null;
  /** Somebody changed since the last look. */
  #moved = false;

  /** @param toleranceMs How long others that are suspected meanwhile are waited for: behind a cut the verdicts come one after the other. */
  constructor(gossipTickMs: number, toleranceMs: number, alarm: (afterMs: number, ring: () => void) => () => void, tell: (event: ChangedEvent) => void) {
    this.#quietMs = QUIET_TICKS * gossipTickMs;
    this.#suspectQuiets = Math.ceil(toleranceMs / this.#quietMs);
    this.#alarm = alarm;
    this.#tell = tell;
  }

  /** @param others How many others run now, this change included. */
  note(event: MemberEvent, before: Member | null, others: number): void {
    const { name } = event.member;
    if (this.#pending.size === 0) this.#others = others + (event.member.state === 'failed' || event.member.state === 'left' ? 1 : 0);
    const pending = this.#pending.get(name);
    if (pending === undefined) this.#pending.set(name, { previous: event.previous, before, latest: event });
    else pending.latest = event;
    this.#moved = true;
    this.#cancel ??= this.#alarm(this.#quietMs, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#pending.clear();
  }

  #look(): void {
    this.#quiets += 1;
    const unsettled = [...this.#pending.values()].some(({ latest }) => latest.member.state === 'suspect');
    if ((this.#moved && this.#quiets < LATEST_QUIETS) || (unsettled && this.#quiets < LATEST_QUIETS + this.#suspectQuiets)) {
      this.#moved = false;
      this.#cancel = this.#alarm(this.#quietMs, () => this.#look());
      return;
    }
    this.#cancel = null;
    this.#quiets = 0;
    this.#moved = false;
    const members: MemberEvent[] = [];
    for (const [name, { previous, before, latest }] of this.#pending) {
      if (latest.member.state === 'suspect') continue; // it will be one thing or the other, and is told then
      this.#pending.delete(name);
      if (isOtherThan(before, latest.member)) members.push({ member: latest.member, previous, reason: latest.reason });
    }
    if (members.length > 0) this.#tell({ members, cause: causeOf(members, this.#others), others: this.#others });
  }
}

function isOtherThan(before: Member | null, after: Member): boolean {
  if (before === null) return true;
  return (
    before.state !== after.state || before.boot !== after.boot || before.address !== after.address || JSON.stringify(before.tags) !== JSON.stringify(after.tags)
  );
}

/** What probably happened, from what changed: half of the others gone at once is a cut or a switch, not so many crashes. */
function causeOf(members: readonly MemberEvent[], others: number): ChangedEvent['cause'] {
  const count = (what: (event: MemberEvent) => boolean): number => members.filter(what).length;
  const failed = count(({ member }) => member.state === 'failed');
  if (failed >= 2 && 2 * failed >= others) return 'partition';
  if (failed > 0) return 'crash';
  if (count(({ member }) => member.state === 'left') > 0) return 'leave';
  const returned = count(({ member, previous }) => member.state === 'alive' && previous === 'failed');
  if (returned >= 2 && 2 * returned >= others) return 'heal';
  if (count(({ previous }) => previous === null || previous === 'failed' || previous === 'left') > 0) return 'join';
  return 'update';
}
