import type { Mutant } from '../mutants.ts';

const PARTITION = 'src/partition/partition.ts';

/** One leader in each part. */
export const PARTITION_BUGS: readonly Mutant[] = [
  {
    id: 'part-keeps-both',
    bug: 'of two parts that meet both leaders stay',
    file: PARTITION,
    find: 'if (contest === undefined || own === null) return; this.#contests.delete(name);',
    replace: 'return;',
  },
  {
    id: 'part-equal-term',
    bug: 'a leader that outlasts another of its own term keeps the term',
    schedule: 'X58-equal',
    file: PARTITION,
    find: 'loser.term >= own.term ?',
    replace: 'loser.term > own.term ?',
  },
  {
    id: 'part-nobody-after-merge',
    bug: 'of two parts that meet each leader gives way',
    file: PARTITION,
    find: 'if (contest !== undefined && own !== null && compareClaims(own, claim) < 0) return this.#outlast(contest, own, claim, from);',
    replace: "if (contest !== undefined && own !== null) { this.#contests.delete(name); this.#lose(contest, own, 'merged', claim); return; }",
  },
  {
    id: 'part-forgets-terms',
    bug: 'the term of a part does not rise above what was heard',
    file: PARTITION,
    find: 'heard > 0 ? heard + 1 :',
    replace: '',
  },
];
