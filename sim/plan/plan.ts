import type { TimingName } from './timings.ts';

/** A node by its place in the plan, or whoever leads the first election at that moment (nobody leading: a keyed choice). */
export type Target = number | 'leader';

/** What a cut keeps apart, materialised as sides; `oneWay` lets the second side's datagrams through. */
export type Cut =
  | { readonly sides: readonly [readonly number[], readonly number[]]; readonly oneWay: boolean }
  /** Whoever leads, with `company` others (the first by index), against the rest. */
  | { readonly isolate: 'leader'; readonly company: number; readonly oneWay: 'no' | 'mute' | 'deaf' };

/** Something done to the world at a moment. Times in microseconds of true time. */
export type Step = { readonly atUs: number } & (
  | { readonly do: 'crash'; readonly node: Target }
  /** Starts a process that is down: without a memory, with its old address or another. */
  | { readonly do: 'start'; readonly node: number; readonly newAddress: boolean }
  /** A crash with a start `downUs` later, of whoever the target is then. */
  | { readonly do: 'restart'; readonly node: Target; readonly downUs: number; readonly newAddress: boolean }
  | { readonly do: 'pause'; readonly node: Target; readonly forUs: number; readonly wakeFirst: 'timers' | 'datagrams' }
  | { readonly do: 'suspend'; readonly node: Target; readonly forUs: number }
  /** `jam`: what would have been lost arrives at the heal. */
  | { readonly do: 'cut'; readonly cut: Cut; readonly forUs: number; readonly jam: boolean }
  | { readonly do: 'drift'; readonly node: number; readonly ratePpm: number }
  | { readonly do: 'wall'; readonly node: Target; readonly stepMs: number }
  | { readonly do: 'resign'; readonly node: Target; readonly election: string; readonly reason: 'released' | 'handover'; readonly to: number | null }
);

/** The noise of every link while the chaos lasts. Parts per million are per datagram. */
export interface Noise {
  readonly baseUs: number;
  /** Mean of an exponential delay on top. */
  readonly jitterUs: number;
  /** Largest permanent extra delay of a directed link; each has its own. */
  readonly offsetUs: number;
  readonly tailPpm: number;
  readonly tailUs: number;
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  /** Mean delay of a copy behind its original. */
  readonly duplicateUs: number;
  readonly reorderPpm: number;
  readonly reorderUs: number;
  /** Largest lateness of a timer. */
  readonly latenessUs: number;
}

export interface NodePlan {
  readonly name: string;
  /** Clock rate error. Within the configured bound in both directions. */
  readonly ratePpm: number;
  /** The wall clock's error at the start. */
  readonly wallMs: number;
  /** Whether the wall clock runs with the machine's own error or is kept at the true rate (as by NTP). */
  readonly wallDrifts: boolean;
  readonly priority: number;
  readonly startUs: number;
}

/** How simulated jobs end after `lost`: at once, some time later, or only with the lease. Parts of a million; the rest is later. */
export interface ApplicationPlan {
  readonly settleNowPpm: number;
  readonly settleNeverPpm: number;
  /** Longest a job runs on after it was told. */
  readonly settleMaxUs: number;
  /** Longest a node waits after a tenure before it stands again. */
  readonly standMaxUs: number;
}

/**
 * A whole run as plain data: made first, then executed. It, not the seed, is what is replayed,
 * shrunk and shown. `seed` still decides what no step names (each datagram's delay, each boot).
 */
export interface Plan {
  readonly seed: number;
  readonly timing: TimingName;
  readonly nodes: readonly NodePlan[];
  /** How many of the first nodes vote. */
  readonly voters: number;
  readonly elections: readonly string[];
  readonly noise: Noise;
  readonly application: ApplicationPlan;
  readonly steps: readonly Step[];
  /** From here on nothing goes wrong any more: the cluster must become whole, with one leader. */
  readonly calmUs: number;
  readonly endUs: number;
  /** What the plan contains, for people and for counting. */
  readonly features: readonly string[];
}

/** Which elections exist in a plan with `count` of them. */
export const ELECTIONS = ['leader', 'reports'] as const;

export const NO_NOISE: Noise = {
  baseUs: 300,
  jitterUs: 100,
  offsetUs: 0,
  tailPpm: 0,
  tailUs: 0,
  lossPpm: 0,
  duplicatePpm: 0,
  duplicateUs: 0,
  reorderPpm: 0,
  reorderUs: 0,
  latenessUs: 0,
};

export const CALM_APPLICATION: ApplicationPlan = { settleNowPpm: 1_000_000, settleNeverPpm: 0, settleMaxUs: 0, standMaxUs: 0 };
