import type { Mutant } from '../mutants.ts';

const CLAIM = 'src/membership/claim.ts';
const MERGE = 'src/membership/merge.ts';
const REFUTE = 'src/membership/refute.ts';
const PROBE = 'src/membership/probe.ts';
const DETECTION = 'src/membership/detection.ts';
const GOSSIP = 'src/membership/gossip.ts';
const GOSSIP_QUEUE = 'src/membership/gossip-queue.ts';
const MEMBERSHIP = 'src/membership/membership.ts';

/** Who is there. */
export const MEMBERSHIP_BUGS: readonly Mutant[] = [
  {
    id: 'newer-name-wins',
    bug: 'who started later keeps the name',
    schedule: 'two-names',
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
    file: GOSSIP_QUEUE,
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
  {
    id: 'death-without-age',
    bug: 'a death is told without its age (merge.M4)',
    schedule: 'death-age',
    file: 'src/membership/peer.ts',
    find: 'return { ...this.#claim, ageMs: ageMs(this.sinceUs, nowUs) };',
    replace: 'return { ...this.#claim, ageMs: 0 };',
  },
  {
    id: 'refused-to-one',
    bug: 'one member whom a host refuses is believed (member.D5)',
    schedule: 'refused-to-one',
    file: PROBE,
    find: 'const REFUSED_BY_MIN = 2;',
    replace: 'const REFUSED_BY_MIN = 1;',
  },
  {
    id: 'refused-once',
    bug: 'a relay says that a host refuses when it was refused once (member.D5)',
    schedule: 'refused-once',
    file: 'src/membership/relay.ts',
    find: 'if (errand.refusedUs === -Infinity) {',
    replace: 'if (false) {',
  },
  {
    id: 'refused-unmet',
    bug: 'a refusal counts where no ack of that life ever came (member.D5)',
    schedule: 'refused-unmet',
    file: PROBE,
    find: '&& peer.lastAckUs > -Infinity',
    replace: '&& true',
  },
  {
    id: 'refused-again',
    bug: 'who was wrong by refusals about a life believes them again (member.D5)',
    schedule: 'refused-again',
    file: MERGE,
    find: 'peer.refusalsLied = before.boot === claim.boot;',
    replace: 'peer.refusalsLied = false;',
  },
  {
    id: 'no-ring',
    bug: 'nobody has a next one on the ring (member.D6)',
    schedule: 'ring-turns',
    file: DETECTION,
    find: 'const next = this.#isRingTurn ? this.#successor() : null;',
    replace: 'const next = null;',
  },
  {
    id: 'no-greeting',
    bug: 'nobody greets a new life (member.D7)',
    schedule: 'greeted',
    file: 'src/membership/greeting.ts',
    find: 'this.#greet(peer);',
    replace: 'continue;',
  },
  {
    id: 'news-late',
    bug: 'news waits for a tick (member.G1)',
    schedule: 'news-at-once',
    file: 'src/membership/context.ts',
    find: 'this.fresh = true;',
    replace: '',
  },
  {
    id: 'news-once',
    bug: 'news is told by one member once (member.G1)',
    schedule: 'news-at-once',
    file: GOSSIP_QUEUE,
    find: 'pending.sent += 1;',
    replace: 'pending.sent = limit;',
  },
  {
    id: 'news-each',
    bug: 'each piece of news is pushed as it comes (member.G1)',
    schedule: 'news-pace',
    file: GOSSIP,
    find: 'this.#pushNotBeforeUs = nowUs + PUSH_SPACING_US;',
    replace: 'this.#pushNotBeforeUs = nowUs;',
  },
  {
    id: 'news-to-all',
    bug: 'news is pushed to everybody at once (member.G1)',
    schedule: 'news-pace',
    file: GOSSIP,
    find: 'i < config.gossipFanout && queue.size > 0',
    replace: 'queue.size > 0',
  },
  {
    id: 'idle-gossip',
    bug: 'who probes tells anew that it is well (member.G1)',
    schedule: 'idle-silent',
    file: DETECTION,
    find: 'this.#isRingTurn = !this.#isRingTurn;',
    replace: 'this.#isRingTurn = !this.#isRingTurn; this.#ctx.spread(this.#ctx.own, null);',
  },
];
