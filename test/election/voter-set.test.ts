import { describe, expect, it } from 'vitest';
import { type Seat, type VotersChange, applyChange, nextSeats } from '../../src/election/voter-set.ts';

const said = (seats: readonly Seat[]): string => seats.map(({ name, weight }) => name + weight).join(' ');

describe('the steps to another set', () => {
  const isGone = (name: string): boolean => name.startsWith('-');
  const seatsOf = (...names: string[]): Seat[] => names.map((name) => ({ name, weight: 1, excluded: false }));
  /** Every set on the way. */
  const way = (from: readonly Seat[], wish: VotersChange, mostSeats: number): string[] => {
    const sets: string[] = [];
    for (let seats: readonly Seat[] | null = from; seats !== null && sets.length < 20;) {
      sets.push(said(seats));
      seats = nextSeats(seats, applyChange(seats, wish, isGone), isGone, (some) => some.length <= mostSeats);
    }
    return sets;
  };

  it('keep the seat of a dead one until another has its vote', () => {
    expect(way(seatsOf('a', 'b', '-'), { replace: { '-': 'd' } }, 9)).toEqual(['a1 b1 -1', 'a1 b1 -0', 'a1 b1 d1']);
    expect(way(seatsOf('a', 'b', '-'), { remove: ['-'], add: ['d'] }, 9)).toEqual(['a1 b1 -1', 'a1 b1 -0', 'a1 b1 d1']);
    expect(way(seatsOf('a', 'b', '-'), { remove: ['-'] }, 9)).toEqual(['a1 b1 -1', 'a1 b1']);
  });

  it('give a vote to whoever stands in for one that has lost its own, also where votes are weighed', () => {
    const seats = [...seatsOf('a', 'b'), { name: '-', weight: 0, excluded: false }];
    expect(way(seats, { replace: { '-': 'd' } }, 9).at(-1)).toBe('a1 b1 d1');
    expect(way([{ ...seats[0]!, weight: 3 }, ...seats.slice(1)], { replace: { '-': 'd' } }, 9).at(-1)).toBe('a3 b1 d1');
    expect(way([{ ...seats[0]!, weight: 3 }, ...seats.slice(1)], { replace: { '-': '-' } }, 9).at(-1)).toBe('a3 b1 -1'); // it is back
  });

  it('give nothing back to a dead one whose vote was taken, where a wish for others comes between', () => {
    const seats = [...seatsOf('a', 'b'), { name: '-', weight: 0, excluded: false }];
    expect(way(seats, { add: ['e'] }, 9)).toEqual(['a1 b1 -0', 'a1 b1 -0 e1']);
    expect(way(seats, { exclude: ['a'] }, 9).at(-1)).toBe('a0 b1 -0');
    expect(way([...seats, { name: 'e', weight: 1, excluded: false }], { replace: { '-': 'd' } }, 9).at(-1)).toBe('a1 b1 e1 d0');
    expect(way(seats, { include: ['-'] }, 9).at(-1)).toBe('a1 b1 -1'); // asked for
    expect(way([...seatsOf('a', 'b'), { name: 'c', weight: 0, excluded: false }], { add: ['e'] }, 9).at(-1)).toBe('a1 b1 c1 e0'); // it lives
  });

  it('take an old one out first where there is no room for a new one beside it', () => {
    expect(way(seatsOf('a', 'b', 'c'), { replace: { c: 'd' } }, 4)).toEqual(['a1 b1 c1', 'a1 b1 c1 d1', 'a1 b1 d1']);
    expect(way(seatsOf('a', 'b', 'c'), { replace: { c: 'd' } }, 3)).toEqual(['a1 b1 c1', 'a1 b1 c0', 'a1 b1 d1']);
    expect(way(seatsOf('-1', '-2', 'c'), { replace: { '-1': 'd', '-2': 'e' } }, 3).at(-1)).toBe('c1 d1 e1');
  });
});
