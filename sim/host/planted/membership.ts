import type { Mutant } from '../mutants.ts';

const CLAIM = 'src/membership/claim.ts';
const MERGE = 'src/membership/merge.ts';
const REFUTE = 'src/membership/refute.ts';
const PROBE = 'src/membership/probe.ts';
const MEMBERSHIP = 'src/membership/membership.ts';

/** Who is there. */
export const MEMBERSHIP_BUGS: readonly Mutant[] = [
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
];
