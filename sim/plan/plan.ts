import type { Order } from '../../src/election/rank.ts';
import type { VotersChange } from '../../src/election/voter-set.ts';
import type { TimingName } from './timings.ts';

/**
 * A node by its place in the plan, or by what it is at that moment: who leads the first election, who
 * led it before, one that does not lead it. Where there is none, a keyed choice stands in, so that a
 * step is never lost to timing alone.
 */
export type Target = number | 'leader' | 'old-leader' | 'follower';

/** What a cut keeps apart. Directed links; made from sides, a bridge, a ring, or around whoever leads. */
export type Cut =
  | { readonly sides: readonly [readonly number[], readonly number[]]; readonly oneWay: boolean }
  /** These directed links and no others. */
  | { readonly links: readonly (readonly [from: number, to: number])[] }
  /** A target, with `company` others (the first by index), against the rest. */
  | { readonly isolate: Target; readonly company: number; readonly oneWay: 'no' | 'mute' | 'deaf' };

/** What happens to datagrams at a cut: they are lost, they wait and arrive at the heal, or they take longer. */
export type CutKind = 'stop' | 'jam' | 'slow';

/** When a step that has no time happens: `delayUs` after the `nth` (from 1) event of that kind anywhere. */
export interface Trigger {
  readonly event: 'elected' | 'lost' | 'ended' | 'failed' | 'refused' | 'quorum';
  readonly nth: number;
  readonly delayUs: number;
}

/** Something done to the world at a moment, in microseconds of true time; or (`when`) after something happened. */
export type Step = { readonly atUs: number; readonly when?: Trigger } & (
  | { readonly do: 'crash'; readonly node: Target }
  /** Starts a process that is down: without a memory, with its old address or another. */
  | { readonly do: 'start'; readonly node: number; readonly newAddress: boolean }
  /** A crash with a start `downUs` later, of whoever the target is then. */
  | { readonly do: 'restart'; readonly node: Target; readonly downUs: number; readonly newAddress: boolean }
  /** Leaves in good order, ends, and starts again `downUs` later. */
  | { readonly do: 'leave'; readonly node: Target; readonly downUs: number }
  /** The process stands still: SIGSTOP, garbage collection, or (`why`) application code that blocks the event loop. */
  | { readonly do: 'pause'; readonly node: Target; readonly forUs: number; readonly wakeFirst: 'timers' | 'datagrams'; readonly why?: 'blocked' }
  /** Every datagram and timer of the node takes `eachUs` of its processor. */
  | { readonly do: 'slow'; readonly node: Target; readonly forUs: number; readonly eachUs: number }
  | { readonly do: 'suspend'; readonly node: Target; readonly forUs: number }
  | { readonly do: 'cut'; readonly cut: Cut; readonly forUs: number; readonly kind: CutKind }
  | { readonly do: 'drift'; readonly node: number; readonly ratePpm: number }
  | { readonly do: 'wall'; readonly node: Target; readonly stepMs: number }
  | { readonly do: 'resign'; readonly node: Target; readonly election: string; readonly reason: 'released' | 'handover'; readonly to: number | null }
  | { readonly do: 'priority'; readonly node: Target; readonly election: string; readonly priority: number }
  /** That node is asked to change who votes. */
  | { readonly do: 'voters'; readonly node: Target; readonly change: VotersChange }
  | { readonly do: 'tag'; readonly node: Target; readonly value: number }
  /** Its state directory cannot be written. */
  | { readonly do: 'disk-full'; readonly node: Target; readonly forUs: number }
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
  /** Share of a link's windows of `burstUs` in which it loses everything. */
  readonly burstPpm: number;
  readonly burstUs: number;
  /** Datagrams cut short on the way. */
  readonly damagePpm: number;
  /** Larger datagrams are lost; 0: no limit. */
  readonly mtuBytes: number;
  /** What a link carries per second, at a nominal 100 bytes a datagram; 0: no limit. */
  readonly bandwidthBps: number;
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
  /** It stands for nothing: a voter that is one is a witness, else an observer. */
  readonly witness?: boolean;
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

/** `takeoverMs` (longest), `leaderlessMs`, `tenures`, `slackMs` (the closest call), or the name of a mark. */
export interface Expectation {
  readonly measure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
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
  /** Who may lead; where only voters may, they start without a wait when all are new. Default: anybody. */
  readonly leaders?: 'any' | 'voters';
  readonly elections: readonly string[];
  /** Names for which every node stands to lead its part. */
  readonly parts?: readonly string[];
  readonly noise: Noise;
  readonly application: ApplicationPlan;
  readonly steps: readonly Step[];
  /** Nodes have state directories: voters remember what they promised, and who votes can be changed. Default: they have not. */
  readonly stateDirs?: boolean;
  /** Who leaves in good order hands its voter's promises on to its next life (restart.R8). Needs state directories. */
  readonly handOn?: boolean;
  /**
   * The voters are not listed: the first `voters` nodes that find each other become them, with the votes of `weights` by node (config.B1).
   * Needs state directories, and fewer nodes than two sets of voters would take: two groups that never meet are two clusters by design.
   */
  readonly founding?: boolean;
  /** T of every node's first life, longer than what later ones have; nobody's voters change. Default: as later ones. */
  readonly earlierGrantUs?: number;
  /** How equals are ordered: names in so many groups by their place, and by who came first. Default: by rendezvous, name by name. */
  readonly order?: { readonly groups?: number; readonly fair?: boolean };
  /** At the end a majority of the voters is gone for good, and who is left is forced to go on without it (config.F1). Needs state directories. */
  readonly disaster?: boolean;
  /** Who restarts under its old address frees what its former life was promised. Default: it waits. */
  readonly reclaim?: boolean;
  /** When a leader makes room by choice: for a bidder of higher priority that has stood for so long, and for whoever is next after so long in office. Only before the calm. */
  readonly turns?: { readonly preemptAfterUs?: number; readonly maxTenureUs?: number };
  /** Votes of the voters, in their order; default: one each, made odd. */
  readonly weights?: readonly number[];
  /** Whether the view that the election is given lies: members missing, dead ones alive, living ones dead, addresses mixed up. */
  readonly lyingView: boolean;
  /** Hosts do not say that nobody listens at a port (a filter drops it); dead processes are met with silence. */
  readonly silentHosts?: boolean;
  /** From here on nothing goes wrong any more: the cluster must become whole, with one leader. */
  readonly calmUs: number;
  readonly endUs: number;
  /** What a scenario answers: measures or marks, and their bounds. */
  readonly expect?: readonly Expectation[];
  /** Odd things that must have happened, or the run proves nothing. */
  readonly marks?: readonly string[];
  /** What the plan contains, for people and for counting. */
  readonly features: readonly string[];
}

/**
 * Names to elect a leader for. A plan has the first, the first two, or all: more than are said one by one, so
 * that leases and bids go by roll (leader.L7, candidate.C7).
 */
export const ELECTIONS = ['leader', 'reports', 'job-1', 'job-2', 'job-3', 'job-4', 'job-5', 'job-6', 'job-7', 'job-8', 'job-9', 'job-10'] as const;

/** By what equals that stand for a name are ordered; the same on every node. */
export function orderOf({ order, elections }: Plan, election: string): Order {
  const { groups = 0, fair = false } = order ?? {};
  return { ...(groups > 0 ? { group: `group-${elections.indexOf(election) % groups}` } : {}), ...(fair ? { fair } : {}) };
}

/** Which names are led once in every part, where a plan has any. */
export const PARTS = ['cache'] as const;

export const NO_NOISE: Noise = {
  baseUs: 300,
  jitterUs: 100,
  offsetUs: 0,
  burstPpm: 0,
  burstUs: 0,
  damagePpm: 0,
  mtuBytes: 0,
  bandwidthBps: 0,
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

/** Whether nothing but cuts, crashes and stops happens in a plan: what comes through comes in time. */
export function isStill({ noise, steps }: Plan): boolean {
  const noisy = noise.lossPpm + noise.burstPpm + noise.damagePpm + noise.mtuBytes + noise.bandwidthBps + noise.tailPpm + noise.latenessUs > 0;
  return !noisy && steps.every((step) => step.do !== 'slow' && (step.do !== 'cut' || step.kind !== 'slow'));
}
