import { describe, expect, it } from 'vitest';
import { counter, cron, fencedStore, plainStore, simulate } from '../../../sim/index.ts';

/** The loop that everybody writes: look once, then work. */
const naive = async ({
  signal,
  sleep,
  request,
  use,
  node,
}: Parameters<Parameters<typeof simulate<{ store: ReturnType<typeof plainStore> }>>[0]['job']>[0]): Promise<void> => {
  while (!signal.aborted) {
    await request(); // read the order, compute the invoice …
    use.store.write(node); // … and write, whoever leads by now
    await sleep(5);
  }
};

describe('a job under simulated faults', () => {
  it('that looks once and then writes is caught when its process is stopped in between', async () => {
    let caught = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const report = await simulate({ scenario: 'pause-leader', seed, resources: { store: plainStore() }, job: naive });
      expect(report.violations).toEqual([]);
      if (!report.safe) {
        caught += 1;
        expect(report.verdict).toMatch(/the plain store took a write of n\d \(term \d+\) .* ms after one of n\d/);
      }
    }
    expect(caught).toBeGreaterThan(0);
  });

  it('X31: the same job with a fenced store is safe: what comes late is refused', async () => {
    let refused = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const resources = { store: fencedStore() };
      const report = await simulate({ scenario: 'pause-leader', seed, resources, job: naive });
      expect(report.problems).toEqual([]);
      expect(report.safe).toBe(true);
      refused += resources.store.writes.filter(({ accepted }) => !accepted).length;
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('that asks before each step whether it leads never overlaps, through partitions, crashes and stops', async () => {
    for (const scenario of ['isolate-leader-heals', 'crash-leader', 'resign-storm', 'pause-leader', 'suspend-leader', 7, 8] as const) {
      const report = await simulate({
        scenario,
        resources: { count: counter() },
        job: async (leadership) => {
          const { sleep, use } = leadership;
          while (leadership.held) {
            use.count.add();
            await sleep(20);
          }
        },
      });
      expect(report.overlaps, `${scenario}: ${report.verdict}`).toEqual([]);
      expect(report.safe).toBe(true);
      expect(report.runs.length).toBeGreaterThan(0);
    }
  });

  it('that ignores its signal overlaps with the next, and the report says with whom and for how long', async () => {
    const report = await simulate({ scenario: 'isolate-leader-heals', resources: {}, job: ({ sleep }) => sleep(600_000) });
    expect(report.overlaps.length).toBeGreaterThan(0);
    expect(report.ranAfterLost.length).toBeGreaterThan(0);
    expect(report.verdict).toMatch(/ran at once for \d+\.\d ms/);
  });

  it('that runs slots says which were skipped while nobody led', async () => {
    const report = await simulate({
      scenario: 'crash-leader',
      resources: { slots: cron(500) },
      job: async ({ signal, sleep, use }) => {
        while (!signal.aborted) {
          use.slots.tick(() => {});
          await sleep(100);
        }
      },
    });
    expect(report.problems.some((problem) => /slot \d+ never ran/.test(problem))).toBe(true);
    expect(report.problems.some((problem) => problem.includes('times'))).toBe(false);
  });

  it('is the same run for the same seed', async () => {
    const once = (): Promise<unknown> =>
      simulate({ scenario: 5, resources: { store: plainStore() }, job: naive }).then(({ runs, verdict }) => ({ runs, verdict }));
    expect(await once()).toEqual(await once());
  });

  it('of a name that is none is an error that says so', async () => {
    await expect(simulate({ scenario: 'no-such', resources: {}, job: async () => {} })).rejects.toThrow("there is no scenario and no file 'no-such'");
  });
});
