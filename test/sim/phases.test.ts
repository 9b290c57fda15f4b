import { firstSeats } from '../../src/election/voter-set.ts';
import { describe, expect, it } from 'vitest';
import { excuseFor } from '../../sim/check/excuses.ts';
import { Observer } from '../../sim/check/observer.ts';
import type { InvariantId } from '../../sim/check/violation.ts';
import { planOf } from '../../sim/index.ts';
import { checkCore, checkShortPause, checkSteady } from '../../sim/phases.ts';
import { Marks } from '../../sim/world/marks.ts';
import type { World } from '../../sim/world/world.ts';

type State = 'alive' | 'suspect' | 'failed';

interface Cast {
  /** What `observer` holds of `subject` once somebody was left out; default: the truth. */
  readonly holds?: (observer: string, subject: string, isOut: boolean) => State;
  /** Who leads, before and after so many looks; default: the first of the core. */
  readonly leads?: (name: string, ran: number) => boolean;
  /** What running for a while adds to the marks. */
  readonly happens?: (marks: Marks, ran: number) => void;
  readonly sent?: number;
}

/** A world of five, all voters, that does what it is told: the phases are judged here, not the protocol. */
function stage({ holds, leads, happens, sent = 0 }: Cast): { world: World; observer: Observer; broken: () => InvariantId[] } {
  // A seed that draws a core; then the draw itself is part of what is tested.
  for (let seed = 1; ; seed += 1) {
    const drawn = planOf(seed, { nodes: 5, voters: 5, timing: 'loopback' });
    const plan = { ...drawn, elections: ['leader'] };
    const marks = new Marks();
    const out = new Set<number>();
    let ran = 0;
    const network = { counters: { sent: 0 }, cut: (from: number, to: number) => void out.add(from).add(to) };
    const names = plan.nodes.map(({ name }) => name);
    let core: readonly string[] = names;
    const isLeader = (name: string): boolean => (leads === undefined ? name === core[0] : leads(name, ran));
    const machines = names.map((name, index) => ({
      name,
      index,
      process: {
        boot: 1,
        startedUs: 0,
        clock: { read: () => ({}) },
        node: {
          membership: {
            members: {
              get: (subject: string) => ({ state: holds?.(name, subject, !core.includes(subject)) ?? (core.includes(subject) ? 'alive' : 'failed'), boot: 1 }),
            },
          },
          election: {
            mayPromise: true,
            inspect: () => ({ role: isLeader(name) ? 'leader' : 'idle' }),
            leaderOf: () => ({ name: names.find(isLeader) ?? null }),
          },
        },
      },
    }));
    const world = {
      plan,
      machines,
      marks,
      network,
      nowUs: 0,
      voters: () => ({ term: 0, version: 0, seats: firstSeats(names, []), floor: 0 }),
      run(this: { nowUs: number }, untilUs: number) {
        this.nowUs = untilUs;
        ran += 1;
        network.counters.sent += sent;
        happens?.(marks, ran);
      },
      tell: (kind: string, machine: { name: string } | null) => {
        if (kind === 'left-out') core = core.filter((name) => name !== machine?.name);
      },
      crash: () => {},
      pause: () => {},
      resume: () => {},
    } as unknown as World;
    const observer = new Observer(plan);
    checkCore(world, new Observer(plan));
    if (core.length < names.length) {
      core = names;
      ran = 0;
      world.nowUs = 0;
      return { world, observer, broken: () => observer.violations.list.map(({ id }) => id) };
    }
  }
}

const after = (phase: (world: World, observer: Observer) => void, cast: Cast): InvariantId[] => {
  const { world, observer, broken } = stage(cast);
  phase(world, observer);
  return broken();
};

describe('the quiet at the end', () => {
  it('rests when nothing happens', () => expect(after(checkSteady, {})).toEqual([]));
  it('live.L5 bites on a suspicion in it, and rests on one before it', () => {
    expect(after(checkSteady, { happens: (marks, ran) => ran === 2 && marks.hit('held-suspect') })).toEqual(['live.L5']);
    expect(after(checkSteady, { happens: (marks, ran) => ran === 1 && marks.hit('held-suspect') })).toEqual([]);
  });
  it('resource.R4 bites on datagrams that no timer explains', () => expect(after(checkSteady, { sent: 1e6 })).toEqual(['resource.R4']));
});

describe('a short pause', () => {
  it('rests when it costs nothing', () => expect(after(checkShortPause, {})).toEqual([]));
  it('live.L6 bites on a death, and on a doubt that stays', () => {
    expect(after(checkShortPause, { happens: (marks) => marks.hit('held-failed') })).toEqual(['live.L6']);
    expect(after(checkShortPause, { holds: () => 'suspect' })).toEqual(['live.L6']);
  });
});

describe('a majority alone', () => {
  it('rests when it finds out and goes on', () => expect(after(checkCore, {})).toEqual([]));
  it('live.L1 bites when somebody outside is held alive for ever', () => {
    expect(after(checkCore, { holds: () => 'alive' })).toEqual(['live.L1']);
  });
  it('live.L3 bites when nobody leads', () => expect(after(checkCore, { leads: () => false })).toContain('live.L3'));
  it('live.L4 bites when somebody outside leads', () => {
    expect(after(checkCore, { leads: () => true })).toContain('live.L4');
  });
  it('live.L9 bites when a member of it is lost, and when its leader changes', () => {
    let looks = 0;
    const losesOne = (_: string, subject: string, isOut: boolean): State => (isOut || (subject === 'n1' && (looks += 1) > 60) ? 'failed' : 'alive');
    expect(after(checkCore, { holds: losesOne })).not.toContain('live.L1');
    let first: string | null = null;
    let last: string | null = null;
    const moves = (name: string, ran: number): boolean => {
      first ??= name;
      last = name;
      return ran === 0 ? name === first : name === last;
    };
    expect(after(checkCore, { leads: moves })).toContain('live.L9');
  });
  it('live.L7 bites when more leaders are elected', () => {
    expect(after(checkCore, { happens: (marks) => marks.hit('elected') })).toEqual(['live.L7']);
  });
});

describe('excuses', () => {
  const change = (count: number, process: (index: number) => unknown): string | null => {
    const { world } = stage({});
    for (const machine of world.machines.slice(0, count)) Object.assign(machine, { process: process(machine.index) });
    return excuseFor(world);
  };
  it('are none while a majority of voters runs and may promise', () => {
    expect(change(0, () => null)).toBe(null);
    expect(change(2, () => null)).toBe(null);
    expect(change(5, () => ({ startedUs: -1e9, node: { election: { mayPromise: false } } }))).toBe(null); // waits for ever: a bug, and no excuse
  });
  it('are a majority that is gone, or that still waits for its former lives', () => {
    expect(change(3, () => null)).toMatch('fewer than a majority');
    expect(change(3, () => ({ startedUs: 0, node: { election: { mayPromise: false } } }))).toMatch('wait for their former lives');
  });
  it('are witnesses that are left alone to vote where only voters may lead', () => {
    const { world } = stage({});
    const nodes = world.plan.nodes.map((node) => ({ ...node, witness: true }));
    expect(excuseFor(Object.assign(world, { plan: { ...world.plan, leaders: 'voters', nodes } }))).toMatch('only witnesses vote');
    expect(excuseFor(Object.assign(world, { plan: { ...world.plan, nodes: nodes.map((node, i) => ({ ...node, witness: i > 0 })) } }))).toBeNull();
  });
});
