import { describe, expect, it } from 'vitest';
import { Beliefs } from '../../src/election/beliefs.ts';

const T = 600_000;

function beliefs(): { beliefs: Beliefs; told: string[]; settle(nowUs: number): void } {
  const told: string[] = [];
  const made = new Beliefs(T, (change) => {
    if (change.type === 'leader') told.push(`${change.leader ?? `none: ${change.reason}`}`);
  });
  return { beliefs: made, told, settle: (nowUs) => made.settle(nowUs, () => 'electing', true) };
}

describe('who leads, as far as a node heard', () => {
  it('is who a voter vouched for, as long as its promise ran', () => {
    const { beliefs: b, told, settle } = beliefs();
    b.leads('x', 'a', 5, 1_000);
    settle(0);
    settle(999);
    settle(1_000);
    expect(told).toEqual(['a', 'none: electing']);
  });

  it('is never a lower term than one heard of', () => {
    const { beliefs: b, told, settle } = beliefs();
    b.leads('x', 'a', 5, 10_000);
    b.leads('x', 'b', 4, 20_000);
    settle(0);
    expect(told).toEqual(['a']);
  });

  // Seed 1701 of the swarm with three nodes: all voters restarted at once, and the one whose wall clock was an hour
  // behind was elected with a lower term than the last leader's; the others never believed in it.
  it('is a lower term after all when it is vouched for long after every higher one', () => {
    const { beliefs: b, told, settle } = beliefs();
    b.leads('x', 'a', 5, 500_000);
    settle(100_000);
    b.leads('x', 'b', 4, 500_000 + T);
    settle(200_000);
    b.leads('x', 'b', 4, 500_000 + T + 1);
    settle(600_000);
    b.leads('x', 'b', 4, 500_000 + T + 200_000);
    settle(700_000);
    expect(told).toEqual(['a', 'b']);
  });

  // Seed 47 of the simulator's swarm: a voter that was cut off from the leader saw the term lapse, and said so;
  // the leader went on with the others, and whoever had heard that voter never believed in that term again.
  it('comes back when a report is newer than the word that it had ended', () => {
    const { beliefs: b, told, settle } = beliefs();
    b.leads('x', 'a', 5, 500_000);
    settle(100_000);
    b.ended('x', 5, 200_000);
    settle(200_000);
    b.leads('x', 'a', 5, 200_000 + T); // may have been on its way since before the end
    settle(300_000);
    b.leads('x', 'a', 5, 200_000 + T + 1); // cannot: promises given before the end end within T
    settle(400_000);
    expect(told).toEqual(['a', 'none: electing', 'a']);
  });
});
