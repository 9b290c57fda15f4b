import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BellwetherError } from '../../src/core/errors.ts';
import { type NodeOptions, PRESETS, type PresetName, electionTimes, leaseWorthMs, settingsOf } from '../../src/options.ts';
import { TAGS_MAX_BYTES } from '../../src/membership/limits.ts';
import { tagsBytes } from '../../src/membership/wire-size.ts';
import { checkOptions } from '../../src/options-schema.ts';
import { bytesWithOurs } from '../../src/payloads.ts';
import { votersTags } from '../../src/spares.ts';

const problemsOf = (options: object): readonly string[] => {
  try {
    checkOptions(options as NodeOptions);
  } catch (error) {
    expect((error as BellwetherError).code).toBe('ERR_OPTIONS');
    return (error as BellwetherError).details['problems'] as string[];
  }
  return [];
};

describe('options', () => {
  it('are all optional, and one given as undefined is not given', () => {
    expect(checkOptions({})).toEqual({ bind: '0.0.0.0:7946', advertise: null });
    expect(problemsOf({ name: undefined, voters: undefined })).toEqual([]);
  });

  it('that are bad are all listed in one error, each with its value and its rule', () => {
    const problems = problemsOf({
      bind: 'nonsense',
      name: 'two words',
      voters: ['a', 'b', 'a'],
      leaseMs: 20,
      seeds: ['10.0.0.1'],
      priority: 'high',
      preset: 'slow',
    });
    expect(problems).toHaveLength(7);
    const text = problems.join('\n');
    expect(text).toContain('bind must be HOST:PORT with a numeric address, such as 0.0.0.0:7946 or [::]:7946; it is "nonsense"');
    expect(text).toContain('name must be 1 to 64 printable ASCII characters without spaces; it is "two words"');
    expect(text).toContain('voters must name each voter once; twice: a');
    expect(text).toContain('leaseMs must be at least 100; it is 20');
    expect(text).toContain('seeds[0] must be HOST:PORT; it is "10.0.0.1"');
    expect(text).toContain('priority must be a number; it is "high"');
    expect(text).toContain('preset must be one of loopback, lan, edge, wan; it is "slow"');
  });

  it('leave room for what a node tells of its vote, beside the longest tags', () => {
    const longest = votersTags({ lineage: 0xffff_ffff, isOriginal: false }, true);
    let length = 512;
    while (bytesWithOurs({ text: 'x'.repeat(length) }) > TAGS_MAX_BYTES) length -= 1;
    expect(length).toBeGreaterThan(450);
    expect(tagsBytes({ text: 'x'.repeat(length), ...longest })).toBeLessThanOrEqual(TAGS_MAX_BYTES);
    expect(problemsOf({ tags: { text: 'x'.repeat(length) } })).toEqual([]);
    expect(problemsOf({ tags: { text: 'x'.repeat(length + 1) } })).toEqual([expect.stringContaining('bytes encoded')]);
  });

  it('are no place for tags of our own', () => {
    for (const key of ['~line', 'leader:job']) expect(problemsOf({ tags: { zone: 'x', [key]: '1' } })[0]).toMatch(/^tags must not begin with ~ or leader:/);
    expect(problemsOf({ tags: { leader: 'yes' } })).toEqual([]);
  });

  it('that are unknown are refused with the nearest known one', () => {
    expect(problemsOf({ leasMs: 5 })).toEqual(['leasMs: no such option; did you mean leaseMs?']);
    expect(problemsOf({ zookeeper: true })).toEqual(['zookeeper: no such option']);
  });

  it('must leave room for three renewals and a warning within what a lease is worth', () => {
    expect(problemsOf({ leaseMs: 600, renewMs: 300, preset: 'loopback' })).toEqual([
      'renewMs must be at most a third of what the lease is worth (192 ms); it is 300',
      'stopBeforeMs + 2 × renewMs must be less than what the lease is worth (576 ms); it is 680',
    ]);
  });

  it('bound the names of voters that find each other by what one packet holds', () => {
    const founder = { bootstrapExpect: 17, stateDir: 'state' };
    expect(problemsOf({ ...founder, name: 'n'.repeat(64) })).toEqual([
      'name must be at most 63 characters where 17 voters find each other, whose names must fit into one packet of 1400 bytes; it has 64',
    ]);
    expect(problemsOf({ ...founder, name: 'n'.repeat(63) })).toEqual([]);
    expect(problemsOf({ ...founder, name: 'n'.repeat(64), packetBudgetBytes: 2_048 })).toEqual([]);
  });

  it('reclaim only what a fixed port proves', () => {
    expect(problemsOf({ reclaim: true, bind: '127.0.0.1:0' })).toEqual([
      'reclaim needs a port in bind: only who is given the very port of a former life knows that it is gone; it is 127.0.0.1:0',
    ]);
    expect(problemsOf({ reclaim: false, bind: '127.0.0.1:0' })).toEqual([]);
    expect(problemsOf({ reclaim: true, bind: '127.0.0.1:7946' })).toEqual([]);
    expect(problemsOf({ reclaim: true })).toEqual([]); // the default is a port
    const drained = (options: NodeOptions): number | null => settingsOf(options, 'host', '127.0.0.1:7946', null).election.reclaimDrainUs;
    expect([drained({}), drained({ reclaim: true, preset: 'lan' }), drained({ reclaim: true, crashDrainMs: 0 })]).toEqual([null, 200_000, 0]);
  });

  it.each(Object.keys(PRESETS) as PresetName[])('of the preset %s keep their own rules, and so does any lease scaled from it', (preset) => {
    expect(problemsOf({ preset })).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 300_000 }), (leaseMs) => {
        const times = electionTimes({ preset, leaseMs });
        const worth = leaseWorthMs(leaseMs, times.driftPpm);
        expect(times.renewMs).toBeLessThanOrEqual(worth / 3);
        expect(times.stopBeforeMs + 2 * times.renewMs).toBeLessThan(worth);
      }),
    );
  });

  it('never throw anything but the one error, whatever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('bind', 'seeds', 'voters', 'tags', 'leaseMs', 'logger', 'x', '__proto__'), fc.anything()), (options) => {
        problemsOf(options);
      }),
    );
    for (const options of [null, 5, 'x', []]) expect(problemsOf(options as never).length).toBeGreaterThan(0);
  });

  it('become settings in microseconds', () => {
    const settings = settingsOf({ name: 'n', voters: ['n'], leaseMs: 1_000 }, 'host', '127.0.0.1:1', null);
    expect(settings.election).toMatchObject({ grantUs: 1_000_000, renewUs: 250_000, stopBeforeUs: 100_000 });
    expect(settings.membership.probePeriodUs).toBe(500_000);
  });
});
