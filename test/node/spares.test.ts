import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { us } from '../../src/core/time.ts';
import type { Member, MemberState } from '../../src/core/view.ts';
import type { Refusal } from '../../src/election/reconfiguration.ts';
import type { Seat } from '../../src/election/voter-set.ts';
import { settingsOf } from '../../src/options.ts';
import { SPARE_TAG, SpareWatch } from '../../src/spares.ts';

const GRACE_MS = 1_000;
const settings = settingsOf({ preset: 'loopback', replaceVoterAfterMs: GRACE_MS }, 'a', '10.0.0.1:7946', null);

/** `a1 c0 d0x`: a has a vote, c none, d is excluded. */
const seatsOf = (text: string): Seat[] => text.split(' ').map((word) => ({ name: word[0]!, weight: Number(word[1]), excluded: word.endsWith('x') }));

/** Looks at the voters as the node `a`, in its own time. */
class Watched {
  nowMs = 0;
  seats: Seat[];
  isOwn = false;
  refusal: Refusal | null = null;
  readonly members = new Map<string, Pick<Member, 'name' | 'state' | 'tags'>>();
  /** What was begun and given up. */
  readonly done: string[] = [];
  readonly logged: string[] = [];
  #ring: { atMs: number; ring: () => void } | null = null;

  /** @param members `b` a member that is alive, `e~` one that would vote. */
  constructor(seats: string, members: string) {
    this.seats = seatsOf(seats);
    for (const word of members.split(' ')) this.becomes(word[0]!, 'alive', word.endsWith('~'));
    const logger = { ...silentLogger, info: (_: object, text?: string) => void this.logged.push(text ?? '') };
    new SpareWatch(
      {
        name: 'a',
        election: { franchise: { standing: this.#standing(), reconfiguration: this.#reconfiguration() } },
        membership: { members: this.members },
        voters: {
          changeUnasked: ({ replace }) => {
            if (this.refusal !== null) return this.refusal;
            this.isOwn = true;
            this.done.push(Object.entries(replace!).flat().join(' by '));
            return null;
          },
          abandon: () => {
            this.isOwn = false;
            this.done.push('abandoned');
          },
        },
        alarm: (afterMs, ring) => {
          this.#ring = { atMs: this.nowMs + afterMs, ring };
          return () => (this.#ring = null);
        },
      },
      () => us(this.nowMs),
      settings,
      logger,
    );
  }

  becomes(name: string, state: MemberState, isSpare = false): void {
    this.members.set(name, { name, state, tags: isSpare ? { [SPARE_TAG]: '1' } : {} });
  }

  run(forMs: number): readonly string[] {
    const endMs = this.nowMs + forMs;
    while (this.#ring !== null && this.#ring.atMs <= endMs) {
      this.nowMs = this.#ring.atMs;
      this.#ring.ring();
    }
    this.nowMs = endMs;
    return this.done;
  }

  #standing(): { set: { term: number; version: number; seats: Seat[]; floor: number } } {
    const seats = (): Seat[] => this.seats;
    return {
      set: {
        term: 1,
        version: 1,
        floor: 0,
        get seats() {
          return seats();
        },
      },
    };
  }

  #reconfiguration(): { readonly isOwn: boolean } {
    const isOwn = (): boolean => this.isOwn;
    return {
      get isOwn() {
        return isOwn();
      },
    };
  }
}

describe('a voter that stays dead', () => {
  it('is replaced by the first that would vote, a grace after it was first seen dead', () => {
    const watched = new Watched('a1 b1 c1', 'a b c e~ d~');
    watched.run(5_000);
    watched.becomes('c', 'failed');
    expect(watched.run(GRACE_MS)).toEqual([]);
    expect(watched.run(200)).toEqual(['c by d']);
  });

  it('is replaced also where nobody knows it, and stands in nobody’s way', () => {
    expect(new Watched('a1 b1 c1', 'a b d~').run(1_200)).toEqual(['c by d']);
    expect(new Watched('Z1 a1 b1', 'a b d~').run(1_200)).toEqual(['Z by d']); // Z, the first by name, would have to do it
  });

  it('is left to the first living voter by name', () => {
    expect(new Watched('A1 a1 c1', 'A a d~').run(5_000)).toEqual([]);
  });

  it('is not replaced by one that is excluded, which would vote and must not', () => {
    expect(new Watched('a1 b1 c1 d0x', 'a b d~').run(5_000)).toEqual([]);
    expect(new Watched('a1 b1 c1 d0x', 'a b d~ e~').run(1_200)).toEqual(['c by e']);
  });

  it('is replaced by the one that has no vote because their number is even', () => {
    expect(new Watched('a1 b1 c1 d0', 'a b d~').run(1_200)).toEqual(['c by d']);
    expect(new Watched('a1 b1 c1 d0', 'a b c e~').run(5_000)).toEqual([]); // d, dead, has no vote to lose
  });

  it('is still replaced when it has lost its vote already', () => {
    expect(new Watched('a1 b1 c0', 'a b d~').run(1_200)).toEqual(['c by d']);
  });

  it('takes its vote again when it comes back before anybody else got it', () => {
    expect(new Watched('a1 b1 c0', 'a b c~ d~').run(200)).toEqual(['c by c']);
  });

  it('is told of only when its replacement has begun', () => {
    const watched = new Watched('a1 b1 c1', 'a b d~');
    watched.refusal = { why: 'busy', problems: [] };
    watched.run(5_000);
    expect(watched.logged).toEqual([]);
    watched.refusal = null;
    watched.run(100);
    expect(watched.logged).toEqual(['a dead voter is replaced']);
  });
});

describe('a replacement that is under way', () => {
  const begun = (): Watched => {
    const watched = new Watched('a1 b1 c1', 'a b d~ e~');
    expect(watched.run(1_200)).toEqual(['c by d']);
    return watched;
  };

  it('is begun once', () => {
    expect(begun().run(10_000)).toEqual(['c by d']);
  });

  it('is given up when the dead one is alive again', () => {
    const watched = begun();
    watched.becomes('c', 'alive');
    expect(watched.run(10_000)).toEqual(['c by d', 'abandoned']);
    expect(watched.logged.at(-1)).toBe('a dead voter is not replaced after all');
  });

  it('goes on with another when the one that was to vote is gone', () => {
    const watched = begun();
    watched.becomes('d', 'failed', true);
    expect(watched.run(300)).toEqual(['c by d', 'abandoned', 'c by e']);
  });

  it('is given up when it does not come to an end, and tried again a grace later', () => {
    const watched = begun();
    expect(watched.run(59_800)).toEqual(['c by d']);
    expect(watched.run(100)).toEqual(['c by d', 'abandoned']);
    expect(watched.run(GRACE_MS - 100)).toEqual(['c by d', 'abandoned']);
    expect(watched.run(100)).toEqual(['c by d', 'abandoned', 'c by d']);
  });
});
