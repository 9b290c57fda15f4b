import type { ElectionConfig } from '../../src/election/config.ts';
import type { MembershipConfig } from '../../src/membership/config.ts';
import { settingsOf } from '../../src/options.ts';
import { stableAfterMsOf } from '../../src/per-partition.ts';
import type { Plan } from './plan.ts';

const DAY_US = 86_400_000_000;

/** The shipped presets, as the cores take them: what is simulated is what a preset's name stands for. */
export type TimingName = 'loopback' | 'lan';
export function timingOf(name: TimingName): { readonly membership: MembershipConfig; readonly election: ElectionConfig } {
  return TIMINGS[name];
}

const TIMINGS = { loopback: settings('loopback'), lan: settings('lan') };

function settings(preset: TimingName): { readonly membership: MembershipConfig; readonly election: ElectionConfig } {
  return settingsOf({ preset, cluster: 'simulated' }, 'simulated', '10.0.0.1:7946', null);
}

export function membershipConfigOf(plan: Plan): MembershipConfig {
  return { ...TIMINGS[plan.timing].membership, retentionUs: DAY_US };
}

/** @param index Of which node. @param life Its first, second … */
export function electionConfigOf(plan: Plan, index: number, life: number): ElectionConfig {
  const { founding = false, earlierGrantUs, stateDirs = false, weights = [] } = plan;
  return {
    ...TIMINGS[plan.timing].election,
    voters: founding ? [] : plan.nodes.slice(0, plan.voters).map(({ name }) => name),
    weights: founding ? [] : weights,
    expect: founding ? plan.voters : 0,
    founds: founding ? (weights[index] ?? 1) : 0,
    ...(earlierGrantUs !== undefined && life === 1 ? { grantUs: earlierGrantUs } : {}),
    // Who has a state directory finds the former T there (restart.R7); the others are told, as an operator would.
    previousGrantUs: stateDirs ? 0 : (earlierGrantUs ?? 0),
    durable: stateDirs,
    leaders: plan.leaders ?? 'any',
    drainTimeoutUs: 2 * TIMINGS[plan.timing].election.grantUs,
    reclaimDrainUs: plan.reclaim === true ? 0 : null,
  };
}

/** The longest T that any life of any node has. */
export function longestGrantUs(plan: Plan): number {
  return Math.max(TIMINGS[plan.timing].election.grantUs, plan.earlierGrantUs ?? 0);
}

/** How long the view must be still before a node leads its part. */
export function stableAfterMs(plan: Plan): number {
  return stableAfterMsOf(TIMINGS[plan.timing].membership);
}

/** How long a part must have stood as it is until it has one leader: every view of it whole, then still, then a few beats. */
export function partUs(plan: Plan): number {
  return convergenceUs(plan).viewUs + stableAfterMs(plan) * 1_000 + 8 * TIMINGS[plan.timing].election.renewUs;
}

/**
 * How long after the calm begins every view must be whole and every election must have one leader
 * again: computed from the configuration, not guessed, and generous only where dice are involved.
 *
 * - a seed or failed member is asked again after at most 25 probe periods (twenty, jittered by a quarter);
 * - then at most one round of probes and the longest suspicion have to pass until what was wrongly or
 *   rightly suspected is settled, and the news needs a few gossip ticks and, at worst, one safety net;
 * - voters that started with the calm wait T, may have to wait T more for a cold start, and an
 *   election may be split some times.
 */
export function convergenceUs(plan: Plan): { readonly viewUs: number; readonly leaderUs: number } {
  const { membership: m } = TIMINGS[plan.timing];
  const nodes = plan.nodes.length;
  const suspicionUs = 2 * m.suspicionCeiling * m.pauseToleranceUs; // twice: a hearer's timer starts with the last news
  const viewUs = 25 * m.probePeriodUs + 9 * m.probePeriodUs + (nodes + 1) * m.probePeriodUs + suspicionUs + 8 * m.gossipTickUs + m.safetyNetUs;
  return { viewUs, leaderUs: 25 * m.probePeriodUs + 8 * longestGrantUs(plan) };
}
