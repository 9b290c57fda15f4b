import type { Mutant } from '../mutants.ts';

const MERGE = 'src/membership/merge.ts';
const VOTER = 'src/election/voter.ts';
const CANDIDATE = 'src/election/candidate.ts';
const LEADER = 'src/election/leader.ts';
const RECOVERY = 'src/election/recovery.ts';
const ELECTION = 'src/election/election.ts';
const LEASE = 'src/election/lease.ts';
const VOTER_SET = 'src/election/voter-set.ts';

/** Who leads: what a voter promises, and what candidates and leaders make of it. */
export const ELECTION_BUGS: readonly Mutant[] = [
  // ── voters ──
  {
    id: 'grant-while-held',
    bug: 'a voter grants a name that it has promised',
    file: VOTER,
    find: 'if (grant !== null && !isSameLife(grant.holder, peer)) { box.queue.put',
    replace: 'if (false) { box.queue.put',
  },
  {
    id: 'same-ballot-twice',
    bug: 'a voter grants one ballot to two',
    file: VOTER,
    find: 'if (bid.ballot < box.maxBallot || (bid.ballot === box.maxBallot && !same))',
    replace: 'if (bid.ballot < box.maxBallot)',
  },
  {
    id: 'recovering-renews',
    bug: 'a recovering voter answers renewals',
    file: VOTER,
    find: "if (!this.#recovery.isActive) return refuse('recovering');",
    replace: '',
  },
  {
    id: 'recovering-grants',
    bug: 'a recovering voter answers bids',
    file: RECOVERY,
    find: 'get isActive() { return this.#active; }',
    replace: 'get isActive() { return true; }',
  },
  { id: 'no-wait', bug: 'a restarted voter does not wait', file: RECOVERY, find: 'return this.#startUs + this.#maxGrantUs;', replace: 'return this.#startUs;' },
  {
    id: 'no-read',
    bug: 'a restarted voter does not read',
    file: RECOVERY,
    find: "if (active >= quorum) return this.#activate(floor, 'read');",
    replace: "return this.#activate(this.#floor, 'read');",
  },
  {
    id: 'counts-itself',
    bug: 'a restarted voter counts itself when it reads',
    schedule: 'X24-self',
    file: RECOVERY,
    find: 'if (active >= quorum)',
    replace: 'if (active + 1 >= quorum)',
  },
  { id: 'no-floor', bug: 'no wall floor after a cold start', file: RECOVERY, find: 'Math.max(floor, termFloor(now.wallMs))', replace: 'floor' },
  { id: 'release-any-term', bug: 'a release frees whatever its sender holds', file: VOTER, find: '|| grant.term !== release.term', replace: '' },
  {
    id: 'release-any-holder',
    bug: 'a release frees whoever holds',
    file: VOTER,
    find: 'if (grant === null || !isSameLife(grant.holder, peer) || grant.term !== release.term) return;',
    replace: 'if (grant === null) return;',
  },
  {
    id: 'voter-leaders-clock',
    bug: 'a voter’s promise runs on the leader’s clock',
    file: VOTER,
    find: 'advance(now) { const nowUs = now.elapsedUs;',
    replace: 'advance(now) { now = { ...now, elapsedUs: now.leaderUs }; const nowUs = now.elapsedUs;',
  },
  {
    id: 'promise-too-short',
    bug: 'a voter promises T less a tenth',
    file: VOTER,
    find: 'endUs: nowUs + this.#context.config.grantUs, seq: renew.seq',
    replace: 'endUs: nowUs + this.#context.config.grantUs * 0.9, seq: renew.seq',
  },
  {
    id: 'stale-renewal',
    bug: 'a renewal below the highest ballot is taken',
    file: VOTER,
    find: "if (renew.ballot < box.maxBallot) return refuse('stale');",
    replace: '',
  },
  {
    id: 'renewal-while-held',
    bug: 'a renewal is taken while another holds',
    file: VOTER,
    find: "if (grant !== null && !mine && box.isLive(nowUs)) return refuse('held');",
    replace: '',
  },
  {
    id: 'queue-any-ballot',
    bug: 'a queued bid is granted below the highest ballot',
    file: VOTER,
    find: 'b.echoed && b.ballot > box.maxBallot &&',
    replace: 'b.echoed &&',
  },
  {
    id: 'held-not-discounted',
    bug: 'what a bid waited is counted in full',
    file: LEASE,
    find: 'sentAtUs + worthUs(heldUs, driftPpm)',
    replace: 'sentAtUs + heldUs + 20 * heldUs',
  },

  // ── candidates and leaders ──
  {
    id: 'count-packets',
    bug: 'grants are counted by packet',
    file: CANDIDATE,
    find: 'bid.support.set(peer.name, { boot: peer.boot, endUs });',
    replace: 'bid.support.set(`${peer.name}/${grant.seq}/${bid.support.size}`, { boot: peer.boot, endUs });',
  },
  {
    id: 'half-is-enough',
    bug: 'half of the voters elect',
    file: VOTER_SET,
    find: 'return Math.floor(votes / 2) + 1;',
    replace: 'return Math.max(1, Math.floor(votes / 2));',
  },
  {
    id: 'majority-of-the-living',
    bug: 'a majority of the members held alive elects',
    file: CANDIDATE,
    find: 'return this.#context.electorate.leaseEndUs(bid.support);',
    replace:
      'const { peers, electorate } = this.#context; const living = [...peers.eligible()].filter((n) => electorate.isVoter(n)).length; return [...bid.support.values()].map((s) => s.endUs - 30_000).sort((a, b) => b - a)[Math.max(0, Math.floor(living / 2))] ?? -Infinity;',
  },
  {
    id: 'any-voter-renews',
    bug: 'one voter’s answer extends the lease',
    file: LEADER,
    find: 'tenure.leaseEndUs = Math.max(tenure.leaseEndUs, this.#context.electorate.leaseEndUs(tenure.support));',
    replace: 'tenure.leaseEndUs = Math.max(tenure.leaseEndUs, endUs);',
  },
  {
    id: 'grant-from-receipt',
    bug: 'the lease counts from the grant’s receipt',
    file: CANDIDATE,
    find: 'const endUs = supportEndUs(sentAtUs, grant.heldMs',
    replace: 'const endUs = supportEndUs(now.leaderUs, grant.heldMs',
  },
  {
    id: 'renewal-from-receipt',
    bug: 'the lease counts from the ack’s receipt',
    file: LEADER,
    find: 'const endUs = supportEndUs(sentAtUs, 0,',
    replace: 'const endUs = supportEndUs(now.leaderUs, 0,',
  },
  {
    id: 'latest-send',
    bug: 'an ack is credited with the latest send',
    file: 'src/election/contest.ts',
    find: 'return this.#sent.get(seq)?.atUs;',
    replace: 'return [...this.#sent.values()].at(-1)?.atUs;',
  },
  {
    id: 'no-drift-margin',
    bug: 'no margin for drift',
    file: LEASE,
    find: 'return Math.floor((durationUs * (PPM - driftPpm)) / (PPM + driftPpm));',
    replace: 'return durationUs;',
  },
  {
    id: 'monotonic-leader',
    bug: 'the leader’s clock does not count suspends',
    file: 'src/election/leader-clock.ts',
    find: 'let nowUs = monotonicUs + this.#addedUs;',
    replace: 'return monotonicUs; let nowUs = 0;',
  },
  {
    id: 'wall-leader',
    bug: 'the leader’s clock is the wall clock',
    file: 'src/election/leader-clock.ts',
    find: 'let nowUs = monotonicUs + this.#addedUs;',
    replace: 'return wallUs; let nowUs = 0;',
  },
  {
    id: 'maximum-of-deltas',
    bug: 'the leader’s clock is a plain maximum of deltas',
    file: 'src/election/leader-clock.ts',
    find: 'let nowUs = monotonicUs + this.#addedUs;',
    replace:
      'this.at0 ??= [monotonicUs, wallUs, uptimeUs]; return this.at0[0] + Math.max(monotonicUs - this.at0[0], wallUs - this.at0[1], uptimeUs - this.at0[2]); let nowUs = 0;',
  },
  {
    id: 'swapped-clocks',
    bug: 'voters and leaders get each other’s clock',
    file: ELECTION,
    find: '#transition(now, event) {',
    replace: '#transition(real, event) { const now = { elapsedUs: real.leaderUs, leaderUs: real.elapsedUs, wallMs: real.wallMs };',
  },
  {
    id: 'one-now-per-batch',
    bug: 'one reading of the clocks serves a whole batch of datagrams',
    file: 'src/node-core.ts',
    find: 'this.election.receive(from, message, this.#runtime.now())',
    replace:
      'this.election.receive(from, message, this.batch !== undefined && this.#runtime.elapsedUs() - this.batch.elapsedUs < 50_000 ? this.batch : (this.batch = this.#runtime.now()))',
  },
  {
    id: 'no-patience',
    bug: 'a suspect is declared failed at once',
    file: MERGE,
    find: 'const minUs = patienceUs(config.pauseToleranceUs, peer.health);',
    replace: 'const minUs = 1;',
  },
  {
    id: 'floor-not-raised',
    bug: 'what a voter promised does not raise its floor',
    file: RECOVERY,
    find: 'this.#floor = Math.max(this.#floor, ballot);',
    replace: '',
  },
  {
    id: 'leads-until-told',
    bug: 'the leader goes on until it hears of another',
    file: LEADER,
    find: 'checkLease(contest, lateReason, now) { const tenure = contest.tenure;',
    replace:
      'checkLease(contest, lateReason, now) { const tenure = contest.tenure; if (tenure !== null) tenure.leaseEndUs = Math.max(tenure.leaseEndUs, now.leaderUs + 1e6);',
  },
  {
    id: 'release-before-drain',
    bug: 'a name is released before its job has ended',
    file: LEADER,
    find: "this.#lose(contest, tenure, reason); contest.role = 'draining';",
    replace:
      "this.#lose(contest, tenure, reason); contest.role = 'draining'; for (const v of this.#context.peers.voters()) this.#context.outbox.say(v, { op: Op.release, name: contest.name, term: tenure.term, to: '', drainMs: 0 });",
  },
  {
    id: 'ballot-reused',
    bug: 'a candidate uses a ballot again',
    file: CANDIDATE,
    find: 'Math.max(contest.knownBallot, contest.lastBallot, this.#floor(), this.#context.electorate.set.floor) + 1;',
    replace: 'Math.max(contest.knownBallot, this.#floor());',
  },
  {
    id: 'term-follows-ballot',
    bug: 'the term rises with the ballot during a tenure',
    file: LEADER,
    find: 'tenure.ballot = rdeny.maxBallot + 1;',
    replace: 'tenure.ballot = rdeny.maxBallot + 1; tenure.term = tenure.ballot;',
  },
  {
    id: 'elected-too-early',
    bug: 'told elected before the clock was read again',
    file: CANDIDATE,
    find: 'return leaseUs > now.leaderUs + minUsefulUs ? leaseUs : null;',
    replace: 'return leaseUs > -Infinity ? leaseUs + minUsefulUs : null;',
  },
  {
    id: 'elected-with-one',
    bug: 'told elected with the first grant',
    file: CANDIDATE,
    find: 'const leaseUs = this.leaseEndOf(bid);',
    replace: 'const leaseUs = endUs;',
  },
  {
    id: 'no-echo',
    bug: 'bids need not echo a token',
    schedule: 'echo',
    file: VOTER,
    find: "if (!echoed) return this.#deny(peer, bid, 'echo', box, now);",
    replace: '',
  },
  {
    id: 'lost-not-told',
    bug: 'a resigned leader is not told that it lost',
    file: LEADER,
    find: "this.#context.notify({ type: 'lost', name: contest.name, term: tenure.term, reason, leaseEndUs: tenure.leaseEndUs });",
    replace: "if (reason !== 'released') this.#context.notify({ type: 'lost', name: contest.name, term: tenure.term, reason, leaseEndUs: tenure.leaseEndUs });",
  },
  {
    id: 'config-ignored',
    bug: 'votes under another configuration count',
    file: ELECTION,
    find: 'if (packet.config !== electorate.digest) {',
    replace: 'if (false) {',
  },
  // ── many names ──
  {
    id: 'roll-any-sum',
    bug: 'a voter takes every roll for what it holds',
    file: 'src/election/roll-reply.ts',
    find: 'roll.sums.map((sum, part) => sum !== same.sums[part])',
    replace: 'roll.sums.map(() => false)',
  },
  {
    id: 'roll-latest-set',
    bug: 'the answer to a roll counts for whatever is on the latest one',
    schedule: 'roll-set',
    file: LEADER,
    find: '|| roll.seq < tenure.called.seq',
    replace: '',
  },
  {
    id: 'roll-from-receipt',
    bug: 'what a roll renews counts from when the answer arrives',
    schedule: 'roll-sums',
    file: LEADER,
    find: 'this.#extend(tenure, peer, roll.sentAtUs, roll.grantedMs, now);',
    replace: 'this.#extend(tenure, peer, now.leaderUs, roll.grantedMs, now);',
  },
  {
    id: 'served-twice',
    bug: 'a voter that has just served a name ends that promise for the one before',
    schedule: 'served-twice',
    file: VOTER,
    find: 'const { grant } = box; if (grant !== null && nowUs >= grant.endUs) this.#lapse(box, now);',
    replace:
      'const { grant } = box; if (box.incumbent !== null && nowUs >= box.incumbent.untilUs) { box.incumbent = null; this.#serve(box, null, now); } if (grant !== null && nowUs >= grant.endUs) { this.#end(box, grant); this.#serve(box, null, now); }',
  },
  // ── starting at once ──
  {
    id: 'quiet-once',
    bug: 'a quiet start asks once, not twice',
    schedule: 'quiet-once',
    file: 'src/election/quiet-start.ts',
    find: 'if (this.#confirmed.size < others) return false;',
    replace: '',
  },
  {
    id: 'quiet-any-set',
    bug: 'a recovering voter takes a set of new voters without its own life for leave to vote',
    schedule: 'quiet-own-life',
    file: 'src/election/quiet-start.ts',
    find: '|| answer.quiet[ours] !== self.boot',
    replace: '',
  },
  {
    id: 'quiet-bids',
    bug: 'a process bids while its own voter is recovering',
    schedule: 'quiet-no-bid',
    file: ELECTION,
    find: 'mayBid: () => !this.franchise.hasVote || this.#recovery.isActive,',
    replace: 'mayBid: () => true,',
  },
  // ── a quick restart ──
  {
    id: 'reclaim-any-life',
    bug: 'who says that a former life is gone frees what any life of its name was promised',
    schedule: 'reclaim-late',
    file: VOTER,
    find: '&& holder.boot === reclaim.boot',
    replace: '',
  },
  {
    id: 'reclaim-any-address',
    bug: 'a former life is said to be gone from any address',
    schedule: 'reclaim-elsewhere',
    file: VOTER,
    find: '&& holder.address === peer.address',
    replace: '',
  },
  {
    id: 'reclaim-any-name',
    bug: 'anybody says of anybody at its address that it is gone',
    schedule: 'reclaim-elsewhere',
    file: VOTER,
    find: 'holder.name === peer.name && holder.boot === reclaim.boot && holder.address === peer.address',
    replace: 'holder.boot === reclaim.boot',
  },
];
