/** All that the membership core may be told. Times in microseconds; every field present. */
export interface MembershipConfig {
  /** Time between two probes started by this node. Detection speed and traffic both scale with it. */
  readonly probePeriodUs: number;
  /** Least and most that a direct ack may take before others are asked; adaptive in between, from measured round trips. */
  readonly directTimeoutMinUs: number;
  readonly directTimeoutMaxUs: number;
  /** Relays asked for an indirect probe; fewer where there are fewer members. Count. */
  readonly indirectProbes: number;
  /** A process silent for less than this is never declared failed: the floor of every suspicion. */
  readonly pauseToleranceUs: number;
  /** Ceiling of a suspicion as a multiple of its floor. */
  readonly suspicionCeiling: number;
  /** Time between two gossip rounds while there is something left to tell. */
  readonly gossipTickUs: number;
  /** Members told per gossip round. Count. */
  readonly gossipFanout: number;
  /** Time between two digest-only exchanges with a random member. */
  readonly safetyNetUs: number;
  /** How long failed and left members are remembered, counted from when they failed or left. */
  readonly retentionUs: number;
  /** Largest datagram payload we send, envelope included. Bytes. */
  readonly packetBudget: number;
  /** Most members known at once, ourselves included. Count. */
  readonly membersMax: number;
}
