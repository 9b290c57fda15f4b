import { describe, expect, it } from 'vitest';
import { resentTo } from '../../src/election/resent.ts';

const NEVER = -Infinity;

describe('bids that had to be sent again to a voter', () => {
  it.each([
    ['the first bid is answered by a promise', { sentUs: [10], refusedUs: NEVER, lapsedUs: NEVER, promisedUs: 11 }, 0],
    ['a bid stood, and was served when the voter was free', { sentUs: [10, 20, 30], refusedUs: 31, lapsedUs: 35, promisedUs: 35 }, 0],
    ['the promise was lost, and was said again in answer to the next bid', { sentUs: [10, 20, 30, 40], refusedUs: 31, lapsedUs: 35, promisedUs: 35 }, 1],
    ['it was lost twice', { sentUs: [10, 20, 30, 40, 50], refusedUs: 31, lapsedUs: 35, promisedUs: 35 }, 2],
    ['the only bid was lost on its way to a free voter', { sentUs: [10, 20], refusedUs: NEVER, lapsedUs: NEVER, promisedUs: 21 }, 1],
    ['bids were lost while another had the promise, and an earlier one stood', { sentUs: [10, 20, 30], refusedUs: 11, lapsedUs: 35, promisedUs: 35 }, 0],
    ['so many that none stood any more when the voter was free', { sentUs: [10, 20, 30, 40], refusedUs: 11, lapsedUs: 35, promisedUs: 41 }, 1],
    ['a voter asked for a token first', { sentUs: [10, 12], refusedUs: 12, lapsedUs: NEVER, promisedUs: 13 }, 0],
  ])('%s', (_, asked, times) => {
    expect(resentTo(asked)).toBe(times);
  });
});
