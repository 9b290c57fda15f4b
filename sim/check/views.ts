import type { Member } from '../../src/core/view.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { Violations } from './violation.ts';

const gone = (state: Member['state']): boolean => state === 'failed' || state === 'left';
const newer = (a: Member, b: Member): boolean => a.incarnation > b.incarnation || (a.incarnation === b.incarnation && a.boot > b.boot);

/** What members hold of each other: member.M1 to member.M4, at every change they tell. */
export class ViewCheck {
  readonly #violations: Violations;
  /** Highest incarnation each life has claimed itself. */
  readonly #own = new Map<string, number>();
  readonly #seen = new WeakSet<Member>();
  /** Addresses that each life has had, and its tags by incarnation. */
  readonly #addresses = new Map<string, Set<string>>();
  readonly #tags = new Map<string, string>();
  /** Since when an observer suspects somebody, on its own clock. */
  readonly #suspectedUs = new Map<string, number>();
  /** What each observer has told so far, added up: state by name. */
  readonly #folds = new Map<string, Map<string, Member>>();

  /** Lives that are over. */
  readonly #ended = new Set<string>();

  readonly #toleranceUs: number;

  /** @param toleranceUs The configured pause tolerance. */
  constructor(violations: Violations, toleranceUs: number) {
    this.#toleranceUs = toleranceUs;
    this.#violations = violations;
  }

  /** What a running process claims of itself. */
  own(self: Member): void {
    if (this.#seen.has(self)) return; // a change makes a new object
    this.#seen.add(self);
    const life = `${self.name}#${self.boot}`;
    const before = this.#own.get(life);
    if (before === undefined || self.incarnation > before) this.#own.set(life, self.incarnation);
    let addresses = this.#addresses.get(life);
    if (addresses === undefined) this.#addresses.set(life, (addresses = new Set()));
    addresses.add(self.address);
    this.#tags.set(`${life} ${self.incarnation}`, JSON.stringify(self.tags));
  }

  ended(name: string, boot: number): void {
    this.#ended.add(`${name}#${boot}`);
  }

  /** A new life begins with itself alone. */
  started(observer: string): void {
    this.#folds.set(observer, new Map());
  }

  /** member.M11: all that was told, added up, is what is held. */
  folded(observer: string, members: ReadonlyMap<string, Member>, nowUs: number): void {
    const fold = this.#folds.get(observer) ?? new Map<string, Member>();
    for (const [name, member] of members) {
      if (name === observer) continue;
      this.#violations.check(
        'member.M11',
        sameFacts(fold.get(name), member),
        nowUs,
        () => `${observer} holds ${tell(member)} and told ${fold.has(name) ? tell(fold.get(name)!) : 'nothing'}`,
      );
    }
    for (const name of fold.keys()) {
      this.#violations.check('member.M11', members.has(name), nowUs, () => `${observer} told of ${name} and holds nothing`);
    }
  }

  /** member.M8: whoever declares a failure itself has waited for at least the pause tolerance. */
  #patience(observer: string, reason: string, after: Member, localUs: number, nowUs: number): void {
    const key = `${observer} ${after.name}#${after.boot}`;
    if (after.state === 'suspect') {
      if (!this.#suspectedUs.has(key)) this.#suspectedUs.set(key, localUs);
      return;
    }
    const sinceUs = this.#suspectedUs.get(key);
    this.#suspectedUs.delete(key);
    if (after.state !== 'failed' || !reason.startsWith(OWN_VERDICT) || sinceUs === undefined) return;
    this.#violations.check(
      'member.M8',
      localUs - sinceUs >= this.#toleranceUs,
      nowUs,
      () => `${observer} declared ${tell(after)} after ${Math.round((localUs - sinceUs) / 1_000)} ms`,
    );
  }

  /** @param localUs The observer's own monotonic clock. */
  heard(observer: string, change: MembershipChange, localUs: number, nowUs: number): void {
    if (change.type === 'forgotten') this.#folds.get(observer)?.delete(change.member.name);
    if (change.type !== 'member') return;
    if (change.after.name !== observer) this.#folds.get(observer)?.set(change.after.name, change.after);
    const { before, after } = change;
    this.#patience(observer, change.reason, after, localUs, nowUs);
    if (after.state === 'failed' && change.reason.startsWith(REFUSED)) {
      const isOver = this.#ended.has(`${after.name}#${after.boot}`);
      this.#violations.check('member.M12', isOver, nowUs, () => `${observer} declared ${tell(after)}, which runs: ${change.reason}`);
    }
    if (after.name === observer) this.own(after); // told before anybody could look
    if (before !== null) {
      const steady = newer(after, before) || LATER[before.state].includes(after.state);
      this.#violations.check('member.M5', steady, nowUs, () => `${observer} holds ${tell(after)} after ${tell(before)}`);
      this.#violations.check('member.M1', !newer(before, after), nowUs, () => `${observer} went back from ${tell(before)} to ${tell(after)}`);
      if (gone(before.state) && !gone(after.state)) {
        this.#violations.check('member.M2', newer(after, before), nowUs, () => `${observer} holds ${tell(after)} after ${tell(before)}`);
      }
    }
    const claimed = this.#own.get(`${after.name}#${after.boot}`) ?? -1;
    this.#violations.check(
      'member.M3',
      after.incarnation <= claimed,
      nowUs,
      () => `${observer} holds ${tell(after)}, but it never claimed more than ${claimed}`,
    );
    const life = `${after.name}#${after.boot}`;
    this.#violations.check('member.M10', this.#own.has(life), nowUs, () => `${observer} holds ${tell(after)}, and no such life was ever started`);
    const isKnown = this.#addresses.get(life)?.has(after.address) !== false;
    this.#violations.check('member.M6', isKnown, nowUs, () => `${observer} holds ${tell(after)} at ${after.address}, where it never was`);
    const tags = this.#tags.get(`${life} ${after.incarnation}`);
    const isSame = tags === undefined || tags === JSON.stringify(after.tags);
    this.#violations.check('member.M9', isSame, nowUs, () => `${observer} holds tags ${JSON.stringify(after.tags)} of ${tell(after)}, which said ${tags}`);
    if (after.name === observer)
      this.#violations.check('member.M4', after.state === 'alive' || after.state === 'left', nowUs, () => `${observer} holds itself ${after.state}`);
  }
}

/** What a state may become without a newer claim of the member itself. Nothing but that undoes an accusation; who left did not fail. */
const LATER: Readonly<Record<Member['state'], readonly Member['state'][]>> = {
  alive: ['alive', 'suspect', 'failed', 'left'],
  suspect: ['suspect', 'failed', 'left'],
  failed: ['failed', 'left'],
  left: ['left'],
};

/** What an observer says when it declares a failure itself: of the silent, and of those whose host refuses. */
const REFUSED = 'its host refuses';
const OWN_VERDICT = 'no refutation for';

/** Accusers and ages may grow without a word; what listeners act on may not. */
function sameFacts(told: Member | undefined, held: Member): boolean {
  return (
    told !== undefined &&
    told.state === held.state &&
    told.boot === held.boot &&
    told.incarnation === held.incarnation &&
    told.address === held.address &&
    told.tags === held.tags
  );
}

function tell(member: Member): string {
  return `${member.name} ${member.state} (incarnation ${member.incarnation}, boot ${member.boot})`;
}
