import type { Mutant } from './mutants.ts';

const CLAIM = 'src/membership/claim.ts';
const MERGE = 'src/membership/merge.ts';
const REFUTE = 'src/membership/refute.ts';
const PROBE = 'src/membership/probe.ts';
const MEMBERSHIP = 'src/membership/membership.ts';
const VOTER = 'src/election/voter.ts';
const CANDIDATE = 'src/election/candidate.ts';
const LEADER = 'src/election/leader.ts';
const RECOVERY = 'src/election/recovery.ts';
const ELECTION = 'src/election/election.ts';
const LEASE = 'src/election/lease.ts';
const PARTITION = 'src/partition/partition.ts';
const RECONFIGURATION = 'src/election/reconfiguration.ts';
const FRANCHISE = 'src/election/franchise.ts';
const VOTER_SET = 'src/election/voter-set.ts';

/**
 * Bugs that people write. Each is one rule of docs/protocol.md left out or turned round; each must be
 * found by an invariant within its budget of seeds, or the checkers are not worth their name.
 */
export const MUTANTS: readonly Mutant[] = [
  // ── who is there ──
  {
    id: 'newer-name-wins',
    bug: 'who started later keeps the name',
    file: 'src/membership/admission.ts',
    find: 'return this.#check(claim, peer.claim, from, resume);',
    replace: 'return this.#admit(claim, from);',
  },
  {
    id: 'refute-same',
    bug: 'refutes with the accusation’s own incarnation',
    file: REFUTE,
    find: 'incarnation: claim.incarnation + 1 }',
    replace: 'incarnation: claim.incarnation }',
  },
  {
    id: 'equal-alive-wins',
    bug: 'an equal alive claim overrides a death',
    file: CLAIM,
    find: 'RANK[a.state] > RANK[b.state]',
    replace: '(RANK[a.state] > RANK[b.state] || (a.state === "alive" && b.state !== "alive"))',
  },
  {
    id: 'older-suspect-wins',
    bug: 'an accusation of an older incarnation counts',
    file: CLAIM,
    find: 'return newer !== 0 ? newer > 0 :',
    replace: 'if (a.state === "suspect" && b.state === "alive") return true; return newer !== 0 ? newer > 0 :',
  },
  {
    id: 'raise-anothers',
    bug: 'a hearer raises the incarnation of whom it hears of',
    file: MERGE,
    find: 'this.#become(peer, merged, source, wordsFor(merged, source));',
    replace: 'this.#become(peer, { ...merged, incarnation: merged.incarnation + 1 }, source, wordsFor(merged, source));',
  },
  {
    id: 'timer-survives',
    bug: 'a refutation does not end the suspicion',
    file: MERGE,
    find: 'for (const peer of [...table.suspects]) { const suspicion = peer.suspicion;',
    replace:
      'for (const peer of [...table.peers()]) { const suspicion = (peer.old ??= peer.suspicion) ?? peer.old; if (!suspicion || peer === table.self || !isActive(peer.claim.state)) continue;',
  },
  {
    id: 'never-fails',
    bug: 'a suspect is never declared failed',
    file: 'src/membership/suspicion.ts',
    find: 'return this.#startUs + suspicionTimeoutUs(',
    replace: 'return Infinity; return this.#startUs + suspicionTimeoutUs(',
  },
  {
    id: 'relay-ack-ignored',
    bug: 'acks that come through relays are not taken',
    file: PROBE,
    find: 'if (probe === undefined) return false; const { target } = probe.plan;',
    replace: 'if (probe === undefined) return false; if (ack.answered !== null) return true; const { target } = probe.plan;',
  },
  {
    id: 'relay-lies',
    bug: 'a relay answers for the target',
    file: MEMBERSHIP,
    find: 'return member ? this.#relays.onPingReq(message, from) : undefined;',
    replace: 'return this.#ctx.carry(from, message.from, { kind: Kind.ack, ...this.#ctx.header(message.seq), answered: message.targetBoot, updates: [] });',
  },
  {
    id: 'any-message-clears',
    bug: 'any message of a suspect clears it',
    file: MEMBERSHIP,
    find: 'peer.lastHeardUs = ctx.nowUs;',
    replace:
      'peer.lastHeardUs = ctx.nowUs; if (claim.state === "suspect") { this.#merge.hear({ ...claim, state: "alive", incarnation: claim.incarnation + 1, accusers: [] }, { channel: "gossip", from: null, address: null, quiet: false }); }',
  },
  {
    id: 'no-refutation',
    bug: 'accusations are not refuted',
    file: REFUTE,
    find: 'this.#merge.becomeSelf({ ...own,',
    replace: 'if (claim.boot === own.boot) return; this.#merge.becomeSelf({ ...own,',
  },
  {
    id: 'gossip-never-ends',
    bug: 'news is told for ever',
    file: 'src/membership/gossip-queue.ts',
    find: 'if (pending.sent >= limit) continue;',
    replace: 'pending.told.clear();',
  },
  {
    id: 'event-forgotten',
    bug: 'a change of state is not told',
    file: MERGE,
    find: "this.#ctx.host.notify({ type: 'member', before, after: peer.member, reason: why });",
    replace: "if (claim.state !== 'suspect') this.#ctx.host.notify({ type: 'member', before, after: peer.member, reason: why });",
  },

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
  { id: 'no-echo', bug: 'bids need not echo a token', file: VOTER, find: "if (!echoed) return this.#deny(peer, bid, 'echo', box, now);", replace: '' },
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
  // ── who votes ──
  {
    id: 'all-in-one-step',
    bug: 'the wanted voters are installed in one step (config.P3)',
    file: VOTER_SET,
    find: 'export function nextSeats(now, wanted, isGone, fits) {',
    replace: 'export function nextSeats(now, wanted, isGone, fits) { return JSON.stringify(now) === JSON.stringify(wanted) ? null : wanted;',
  },
  {
    id: 'left-unsettled',
    bug: 'a set of voters is left, or told of as done, before a majority goes by it (config.P1)',
    file: RECONFIGURATION,
    find: 'if (held < electorate.needed) {',
    replace: 'if (false) {',
  },
  {
    id: 'answers-of-another-term',
    bug: 'what voters answered in another term settles a set (config.P2)',
    file: RECONFIGURATION,
    find: "this.#waitsFor = 'the election of whoever may change the voters'; this.onVoters();",
    replace: "this.#waitsFor = 'the election of whoever may change the voters'; this.#settledUs = Infinity;",
  },
  {
    id: 'no-stamp',
    bug: 'who wins does not stamp the set it finds with its term (config.P2)',
    file: RECONFIGURATION,
    find: 'const isStamped = !electorate.isFirst && electorate.set.term === term;',
    replace: 'const isStamped = true;',
  },
  {
    id: 'dead-seat-vanishes',
    bug: 'a dead voter is not listed any more when it has lost its vote, so that nobody goes on with its replacement (config.R1)',
    file: VOTER_SET,
    find: 'return isFilled || !fits(all) ?',
    replace: 'return true ?',
  },
  {
    id: 'no-drain-between-steps',
    bug: 'the next step does not wait for leases won before the last one (config.P6)',
    file: RECONFIGURATION,
    find: 'if (now.elapsedUs < this.#settledUs + this.#drainUs) {',
    replace: 'if (false) {',
  },
  {
    id: 'nobody-left-to-vote',
    bug: 'a change may leave nobody to vote (config.P9)',
    file: VOTER_SET,
    find: "if (votesOf(seats) === 0) faults.push('somebody must be left to vote');",
    replace: '',
  },
  {
    id: 'no-floor-in-sets',
    bug: 'a set of voters does not say how high was promised before it (config.P7)',
    file: RECONFIGURATION,
    find: 'const floor = Math.max(set.floor, ...this.#acks.values());',
    replace: 'const floor = 0;',
  },
  {
    id: 'set-not-kept',
    bug: 'a changed set of voters is not on the disk when it is answered under (config.P8)',
    file: 'src/election/memory.ts',
    find: 'return this.isDurable && this.#keep({ ...this.#kept, set, lineage, origin, pending: false });',
    replace: 'return this.isDurable;',
  },
  {
    id: 'acceptance-not-kept',
    bug: 'who accepts to found with some does not keep it (config.B1)',
    file: 'src/election/memory.ts',
    find: 'return this.isDurable && this.#keep({ ...this.#kept, set, lineage, origin, pending: true });',
    replace: 'return this.isDurable;',
  },
  {
    id: 'forced-at-once',
    bug: 'forced voters do not wait for what the former ones may have promised (config.F1)',
    file: FRANCHISE,
    find: 'if (kept) this.#parts.recovery.startOver(now);',
    replace: '',
  },
  {
    id: 'forced-no-higher',
    bug: 'forced voters go on where the one that was told happens to be (config.F1)',
    file: FRANCHISE,
    find: 'this.#parts.recovery.floor) + FORCED_RAISE',
    replace: 'this.#parts.recovery.floor)',
  },
  {
    id: 'forced-in-line',
    bug: 'a forced set belongs to the line of the former ones (config.F1)',
    file: FRANCHISE,
    find: 'forcedLineage(electorate.lineage, seats)',
    replace: 'electorate.lineage',
  },
  {
    id: 'memory-instead-of-waiting',
    bug: 'a state directory replaces the wait, too (restart.R7)',
    file: RECOVERY,
    find: 'const handed = this.#handedOn();',
    replace: 'const handed = this.#remembers ? { floor: this.#context.memory.mark, grants: [] } : this.#handedOn();',
  },
  {
    id: 'hand-on-without-promises',
    bug: 'a voter takes over from its last life and not what that had promised (restart.R8)',
    file: VOTER,
    find: "const peer = { name: holder, boot: holderBoot, address: '' };",
    replace: "continue; const peer = { name: holder, boot: holderBoot, address: '' };",
  },
  {
    id: 'hand-on-twice',
    bug: 'what one life handed on is taken by any later one (restart.R8)',
    file: RECOVERY,
    find: 'kept?.boot === handedOn.boot &&',
    replace: '',
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
    file: LEADER,
    find: '|| roll.seq < tenure.called.seq',
    replace: '',
  },
  {
    id: 'roll-from-receipt',
    bug: 'what a roll renews counts from when the answer arrives',
    file: LEADER,
    find: 'this.#extend(tenure, peer, roll.sentAtUs, roll.grantedMs, now);',
    replace: 'this.#extend(tenure, peer, now.leaderUs, roll.grantedMs, now);',
  },
  {
    id: 'served-twice',
    bug: 'a voter that has just served a name ends that promise for the one before',
    file: VOTER,
    find: 'const { grant } = box; if (grant !== null && nowUs >= grant.endUs) this.#lapse(box, now);',
    replace:
      'const { grant } = box; if (box.incumbent !== null && nowUs >= box.incumbent.untilUs) { box.incumbent = null; this.#serve(box, null, now); } if (grant !== null && nowUs >= grant.endUs) { this.#end(box, grant); this.#serve(box, null, now); }',
  },
  // ── a quick restart ──
  {
    id: 'reclaim-any-life',
    bug: 'who says that a former life is gone frees what any life of its name was promised',
    file: VOTER,
    find: '&& holder.boot === reclaim.boot',
    replace: '',
  },
  {
    id: 'reclaim-any-address',
    bug: 'a former life is said to be gone from any address',
    file: VOTER,
    find: '&& holder.address === peer.address',
    replace: '',
  },
  {
    id: 'reclaim-any-name',
    bug: 'anybody says of anybody at its address that it is gone',
    file: VOTER,
    find: 'holder.name === peer.name && holder.boot === reclaim.boot && holder.address === peer.address',
    replace: 'holder.boot === reclaim.boot',
  },
  // ── starting at once ──
  {
    id: 'quiet-once',
    bug: 'a quiet start asks once, not twice',
    file: 'src/election/quiet-start.ts',
    find: 'if (this.#confirmed.size < others) return false;',
    replace: '',
  },
  {
    id: 'quiet-any-set',
    bug: 'a recovering voter takes a set of new voters without its own life for leave to vote',
    file: 'src/election/quiet-start.ts',
    find: '|| answer.quiet[ours] !== self.boot',
    replace: '',
  },
  {
    id: 'quiet-bids',
    bug: 'a process bids while its own voter is recovering',
    file: ELECTION,
    find: 'mayBid: () => !this.franchise.hasVote || this.#recovery.isActive,',
    replace: 'mayBid: () => true,',
  },
  // ── one leader in each part ──
  {
    id: 'part-keeps-both',
    bug: 'of two parts that meet both leaders stay',
    file: PARTITION,
    find: "this.#contests.delete(name); this.#lose(contest, own, 'merged', claim);",
    replace: '',
  },
  {
    id: 'part-equal-term',
    bug: 'a leader that outlasts another of its own term keeps the term',
    file: PARTITION,
    find: 'loser.term >= own.term ?',
    replace: 'loser.term > own.term ?',
  },
  {
    id: 'part-nobody-after-merge',
    bug: 'of two parts that meet each leader gives way',
    file: PARTITION,
    find: 'if (contest !== undefined && own !== null && compareClaims(own, claim) < 0) return this.#outlast(contest, own, claim, from);',
    replace: "if (contest !== undefined && own !== null) { this.#contests.delete(name); this.#lose(contest, own, 'merged', claim); return; }",
  },
  {
    id: 'part-forgets-terms',
    bug: 'the term of a part does not rise above what was heard',
    file: PARTITION,
    find: 'heard > 0 ? heard + 1 :',
    replace: '',
  },
];
