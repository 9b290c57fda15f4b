import type { ElectionConfig } from '../../src/election/config.ts';
import type { MembershipConfig } from '../../src/membership/config.ts';
import type { Plan } from './plan.ts';

const ms = (count: number): number => count * 1_000;
const DAY_US = 86_400_000_000;

type MembershipTiming = Omit<MembershipConfig, 'packetBudget' | 'membersMax' | 'retentionUs'>;
type ElectionTiming = Pick<ElectionConfig, 'grantUs' | 'renewUs' | 'driftPpm' | 'stopBeforeUs' | 'minUsefulUs'>;

/** The shipped presets' numbers that matter here. */
const TIMINGS = {
  loopback: {
    membership: {
      probePeriodUs: ms(200), directTimeoutMinUs: ms(20), directTimeoutMaxUs: ms(100), indirectProbes: 3, pauseToleranceUs: ms(600),
      suspicionCeiling: 4, gossipTickUs: ms(50), gossipFanout: 3, safetyNetUs: ms(10_000),
    },
    election: { grantUs: ms(600), renewUs: ms(150), driftPpm: 20_000, stopBeforeUs: ms(80), minUsefulUs: ms(150) },
  },
  lan: {
    membership: {
      probePeriodUs: ms(500), directTimeoutMinUs: ms(50), directTimeoutMaxUs: ms(250), indirectProbes: 3, pauseToleranceUs: ms(2_000),
      suspicionCeiling: 6, gossipTickUs: ms(100), gossipFanout: 3, safetyNetUs: ms(20_000),
    },
    election: { grantUs: ms(2_000), renewUs: ms(500), driftPpm: 50_000, stopBeforeUs: ms(200), minUsefulUs: ms(300) },
  },
} as const satisfies Record<string, { membership: MembershipTiming; election: ElectionTiming }>;

export type TimingName = keyof typeof TIMINGS;

export function timingOf(name: TimingName): { readonly membership: MembershipTiming; readonly election: ElectionTiming } {
  return TIMINGS[name];
}

export function membershipConfigOf(plan: Plan): MembershipConfig {
  return { ...TIMINGS[plan.timing].membership, packetBudget: 1_400, membersMax: 4_096, retentionUs: DAY_US };
}

export function electionConfigOf(plan: Plan): ElectionConfig {
  return {
    ...TIMINGS[plan.timing].election, cluster: 'simulated', voters: plan.nodes.slice(0, plan.voters).map(({ name }) => name), leaders: 'any',
    previousGrantUs: 0, drainTimeoutUs: 2 * TIMINGS[plan.timing].election.grantUs, packetBudget: 1_400,
  };
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
  const { membership: m, election: e } = TIMINGS[plan.timing];
  const nodes = plan.nodes.length;
  const suspicionUs = 2 * m.suspicionCeiling * m.pauseToleranceUs; // twice: a hearer's timer starts with the last news
  const viewUs = 25 * m.probePeriodUs + 9 * m.probePeriodUs + (nodes + 1) * m.probePeriodUs + suspicionUs + 8 * m.gossipTickUs + m.safetyNetUs;
  return { viewUs, leaderUs: 25 * m.probePeriodUs + 8 * e.grantUs };
}
