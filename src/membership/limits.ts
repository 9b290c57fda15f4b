/**
 * Everything here has its row in `docs/limits.md`: what happens when it is reached and where that
 * is seen. A limit of zero surprise is worth more than one that is never reached.
 */

/** Bytes of the envelope in front of every message (magic, versions, cluster). */
export const ENVELOPE_BYTES = 6;
/** A packet must hold the longest header and the longest claim (both names of 64 bytes, 512 bytes of tags, IPv6). */
export const PACKET_BUDGET_MIN = 1_100;
/** Tags of one member, as encoded. Bytes. */
export const TAGS_MAX_BYTES = 512;
/** Accusers a suspect claim carries: the first and three confirmations, at which the floor is reached. */
export const ACCUSERS_MAX = 4;
/** Incarnations are six bytes on the wire. */
export const INCARNATION_END = 0x1_0000_0000_0000;
/** Our own probes open at one time, whatever they are for. */
export const OPEN_PROBES_MAX = 64;
/** Probes open on behalf of others. */
export const OPEN_RELAYS_MAX = 256;
/** Newcomers whose name is being checked at one time. */
export const ADMISSIONS_MAX = 64;
/** Seeds tried; further ones are ignored. */
export const SEEDS_MAX = 64;
/** Members told of a leave by the leaver itself. */
export const LEAVE_TARGETS_MAX = 128;
/** Packets per second from senders whose (name, boot) is no member of ours; as many may come at once. */
export const STRANGERS_PER_SECOND = 1_000;
/** Sync pages given out per second, to all requesters together. */
export const PAGES_PER_SECOND = 2_000;
/** Pages pulled in one sync before it is given up. */
export const PAGES_PER_PULL_MAX = 1_024;
/** Members that probe a suspect at once when they hear of it, the first by rendezvous hash. */
export const CONFIRMERS_MAX = 6;
/** Members that probe a new life once when they hear of it, the first by rendezvous hash. */
export const GREETERS_MAX = 6;
/** Notes kept about one member for `explain`. */
export const NOTES_MAX = 12;
