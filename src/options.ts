import type { Address } from './core/address.ts';
import type { Logger } from './core/logger.ts';
import { us } from './core/time.ts';
import type { Tags } from './core/view.ts';
import type { ElectionConfig, Leaders } from './election/config.ts';
import type { MembershipConfig } from './membership/config.ts';

export type PresetName = 'loopback' | 'lan' | 'edge' | 'wan';

export type Role = 'candidate' | 'witness' | 'observer';

/** What `createNode` takes. Everything has a default but, for elections, `voters`. Times in milliseconds. */
export interface NodeOptions {
  /** Nodes of other clusters are refused and counted. Default `default`. */
  readonly cluster?: string;
  /** This node's name: unique in the cluster and the same after a restart. 1 … 64 printable ASCII characters without spaces. Default: the host's name. */
  readonly name?: string;
  /** Where to listen, `host:port` with a numeric host; port 0 lets the system choose. Default `0.0.0.0:7946`. */
  readonly bind?: string;
  /** The address others should send to. Default: the one bound; for a wildcard the first outward address of this host. */
  readonly advertise?: string;
  /** Some members' `host:port`; host names are looked up. One's own may be among them, so all nodes may share one list. */
  readonly seeds?: readonly string[];
  /** A directory of this node's own, made if need be: members that it knew are remembered there, so that it finds them again when its seeds are gone. Default: nothing is kept. */
  readonly stateDir?: string;
  /** The names of the nodes that vote: the same list on every node, at most 31, best 3 or 5. Without it this node takes part in no election. */
  readonly voters?: readonly string[];
  /** Votes of each of `voters`, in their order: 1 … 10. The same on every node. Default: one each; of four, six … the last has none, so that two halves cannot both be without a majority. */
  readonly weights?: readonly number[];
  /** Instead of `voters`: so many nodes without a list find each other and become the first voters. Needs `stateDir`. 1 … 31, the same on every node. */
  readonly bootstrapExpect?: number;
  /** This node's own votes where the first voters find each other (`bootstrapExpect`). 1 … 10, default 1. */
  readonly weight?: number;
  /** A voter that has been dead for so long is replaced by a living node that has a state directory and no vote, if there is one; 0: never. Milliseconds, default 600,000. */
  readonly replaceVoterAfterMs?: number;
  /** Who may lead: any node (default), or voters alone. The same on every node. */
  readonly leaders?: Leaders;
  /** What this node is to elections: `candidate` (default; votes if it is among the voters), `witness` (votes and never leads), `observer` (neither). */
  readonly role?: Role;
  /** All timings at once. Default `lan`. */
  readonly preset?: PresetName;
  /** Facts that every member sees; at most 512 bytes encoded. Not `~…` or `leader:…`: those are written by the node itself. */
  readonly tags?: Tags;
  /** −1,000 … 1,000: who stands first in every voter's queue. Default 0. */
  readonly priority?: number;
  /** T: how long voters promise a name to its leader. 100 … 300,000. The same on every voter. Other election times follow it unless given. */
  readonly leaseMs?: number;
  /** R: time between two renewals, at most a third of what T is worth at the clock drift allowed. */
  readonly renewMs?: number;
  /** How long before its lease ends a leader is told to stop. */
  readonly stopBeforeMs?: number;
  /** ρ: how wrong a clock's rate may be, in parts per million. The same on every voter. */
  readonly driftPpm?: number;
  /** Longest that a leader that resigned goes on renewing while its job comes to an end. */
  readonly drainTimeoutMs?: number;
  /**
   * Gives leases back when the process ends by an exception or `exit`, instead of letting them run out, also while jobs run under them.
   * Only where nothing that a job started outlives the process. Default false: only leases under which nothing runs are given back.
   */
  readonly releaseOnExit?: boolean;
  /** How long voters keep a name given back so (or by `reclaim`, from the start on) from others, for what was still under way. Default: `stopBeforeMs`; 0 where all resources check the term. */
  readonly crashDrainMs?: number;
  /**
   * After a quick restart on the same host, name and port, frees what the former life led at once instead of when it lapses:
   * the system gave us its port, so it is gone. Only where `releaseOnExit` would be right, too (nothing that a job started
   * outlives the process), and where no other host, socket or network address translation can have this address. Needs a
   * fixed port in `bind`. Default false.
   */
  readonly reclaim?: boolean;
  /** What becomes of a process whose lease ended while its event loop was blocked, or whose job does not end: `report` (default), or `exit` by SIGKILL from a thread of its own. */
  readonly onOverrun?: 'report' | 'exit';
  /** The largest `leaseMs` that this voter may have used in a former life, where that was larger than now. */
  readonly previousLeaseMs?: number;
  /** Time between two probes. */
  readonly probePeriodMs?: number;
  /** A process silent for less than this is never declared failed. */
  readonly pauseToleranceMs?: number;
  /** Largest UDP payload sent, in bytes: 1,100 … 2,048. Default 1,400. */
  readonly packetBudgetBytes?: number;
  /** UDP receive buffer to ask the system for, in bytes. Default 2 MiB. */
  readonly receiveBufferBytes?: number;
  /** Anything with pino's `debug`, `info`, `warn` and `error`. Default: silent. */
  readonly logger?: Logger;
  /** Closes the node when aborted. */
  readonly signal?: AbortSignal;
}

/** The timings behind one preset name. Milliseconds unless the name says otherwise. */
export interface Preset {
  readonly probePeriodMs: number;
  readonly directTimeoutMs: readonly [least: number, most: number];
  readonly pauseToleranceMs: number;
  readonly suspicionCeiling: number;
  readonly gossipTickMs: number;
  readonly gossipFanout: number;
  readonly safetyNetMs: number;
  readonly retentionMs: number;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly driftPpm: number;
  readonly stopBeforeMs: number;
  readonly minUsefulMs: number;
}

const HOUR = 3_600_000;

/** One name sets membership and election together; docs/tuning.md says what each figure trades. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  loopback: {
    probePeriodMs: 200,
    directTimeoutMs: [20, 100],
    pauseToleranceMs: 600,
    suspicionCeiling: 4,
    gossipTickMs: 50,
    gossipFanout: 3,
    safetyNetMs: 10_000,
    retentionMs: HOUR,
    leaseMs: 600,
    renewMs: 150,
    driftPpm: 20_000,
    stopBeforeMs: 80,
    minUsefulMs: 150,
  },
  lan: {
    probePeriodMs: 500,
    directTimeoutMs: [50, 250],
    pauseToleranceMs: 2_000,
    suspicionCeiling: 6,
    gossipTickMs: 100,
    gossipFanout: 3,
    safetyNetMs: 20_000,
    retentionMs: 24 * HOUR,
    leaseMs: 2_000,
    renewMs: 500,
    driftPpm: 50_000,
    stopBeforeMs: 200,
    minUsefulMs: 500,
  },
  edge: {
    probePeriodMs: 1_000,
    directTimeoutMs: [100, 600],
    pauseToleranceMs: 4_000,
    suspicionCeiling: 6,
    gossipTickMs: 200,
    gossipFanout: 3,
    safetyNetMs: 30_000,
    retentionMs: 24 * HOUR,
    leaseMs: 5_000,
    renewMs: 1_000,
    driftPpm: 50_000,
    stopBeforeMs: 500,
    minUsefulMs: 1_000,
  },
  wan: {
    probePeriodMs: 2_000,
    directTimeoutMs: [300, 1_000],
    pauseToleranceMs: 8_000,
    suspicionCeiling: 6,
    gossipTickMs: 300,
    gossipFanout: 4,
    safetyNetMs: 60_000,
    retentionMs: 24 * HOUR,
    leaseMs: 10_000,
    renewMs: 2_000,
    driftPpm: 50_000,
    stopBeforeMs: 1_000,
    minUsefulMs: 2_000,
  },
};

/** Options with every default filled in and every rule checked: what a node is made of. */
export interface NodeSettings {
  readonly name: string;
  readonly cluster: string;
  readonly bind: Address;
  /** Null: what was bound. */
  readonly advertise: Address | null;
  readonly tags: Tags;
  readonly priority: number;
  readonly role: Role;
  readonly receiveBufferBytes: number | null;
  /** 0: never. */
  readonly replaceVoterAfterMs: number;
  readonly membership: MembershipConfig;
  readonly election: ElectionConfig;
}

/** The election's times for a lease of `leaseMs`: those given, and the preset's in proportion. */
export function electionTimes(
  options: NodeOptions,
): Pick<Preset, 'leaseMs' | 'renewMs' | 'stopBeforeMs' | 'minUsefulMs' | 'driftPpm'> & { drainTimeoutMs: number } {
  const preset = PRESETS[options.preset ?? 'lan'];
  const leaseMs = options.leaseMs ?? preset.leaseMs;
  const scaled = (ms: number): number => Math.max(1, Math.round((ms * leaseMs) / preset.leaseMs));
  return {
    leaseMs,
    renewMs: options.renewMs ?? scaled(preset.renewMs),
    stopBeforeMs: options.stopBeforeMs ?? scaled(preset.stopBeforeMs),
    minUsefulMs: scaled(preset.minUsefulMs),
    driftPpm: options.driftPpm ?? preset.driftPpm,
    drainTimeoutMs: options.drainTimeoutMs ?? Math.min(10_000, 5 * leaseMs),
  };
}

/** Where nothing else is said. */
export const PACKET_BUDGET_BYTES = 1_400;

/** What a lease of T is worth to its holder, whose clock may be slow while a voter's is fast: kT, k = (1 − ρ)/(1 + ρ). */
export function leaseWorthMs(leaseMs: number, driftPpm: number): number {
  return (leaseMs * (1_000_000 - driftPpm)) / (1_000_000 + driftPpm);
}

/** Settings from options that were found valid. @param hostName The default name. */
export function settingsOf(options: NodeOptions, hostName: string, bind: Address, advertise: Address | null): NodeSettings {
  const preset = PRESETS[options.preset ?? 'lan'];
  const times = electionTimes(options);
  const cluster = options.cluster ?? 'default';
  const packetBudget = options.packetBudgetBytes ?? PACKET_BUDGET_BYTES;
  const probePeriodMs = options.probePeriodMs ?? preset.probePeriodMs;
  return {
    name: options.name ?? hostName,
    cluster,
    bind,
    advertise,
    tags: options.tags ?? {},
    priority: options.priority ?? 0,
    role: options.role ?? 'candidate',
    receiveBufferBytes: options.receiveBufferBytes ?? null,
    replaceVoterAfterMs: options.replaceVoterAfterMs ?? 600_000,
    membership: {
      probePeriodUs: us(probePeriodMs),
      directTimeoutMinUs: us(preset.directTimeoutMs[0]),
      directTimeoutMaxUs: us(preset.directTimeoutMs[1]),
      indirectProbes: 3,
      pauseToleranceUs: us(options.pauseToleranceMs ?? preset.pauseToleranceMs),
      suspicionCeiling: preset.suspicionCeiling,
      gossipTickUs: us(preset.gossipTickMs),
      gossipFanout: preset.gossipFanout,
      safetyNetUs: us(preset.safetyNetMs * Math.max(1, probePeriodMs / preset.probePeriodMs)), // who probes less often wants less traffic
      retentionUs: us(preset.retentionMs),
      packetBudget,
      membersMax: 4_096,
    },
    election: {
      cluster,
      voters: options.voters ?? [],
      weights: options.weights ?? [],
      expect: options.bootstrapExpect ?? 0,
      founds: options.bootstrapExpect === undefined || options.role === 'observer' ? 0 : (options.weight ?? 1),
      durable: options.stateDir !== undefined,
      kept: null,
      handedOn: null,
      leaders: options.leaders ?? 'any',
      grantUs: us(times.leaseMs),
      renewUs: us(times.renewMs),
      driftPpm: times.driftPpm,
      stopBeforeUs: us(times.stopBeforeMs),
      minUsefulUs: us(times.minUsefulMs),
      previousGrantUs: us(options.previousLeaseMs ?? 0),
      drainTimeoutUs: us(times.drainTimeoutMs),
      reclaimDrainUs: options.reclaim === true ? us(options.crashDrainMs ?? times.stopBeforeMs) : null,
      packetBudget,
    },
  };
}
