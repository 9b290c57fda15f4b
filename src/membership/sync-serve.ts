import type { Address } from '../core/address.ts';
import { NAME_MAX } from '../core/fields.ts';
import type { Admission } from './admission.ts';
import type { Claim } from './claim.ts';
import type { Context } from './context.ts';
import { BUCKET_BYTES, BUCKETS_MAX, bucketOf, differingBuckets, memberHash } from './digest.ts';
import { PAGES_PER_SECOND } from './limits.ts';
import { Kind } from './messages.ts';
import type { SyncReply, SyncRequest } from './messages.ts';
import { RateLimit } from './rate-limit.ts';
import type { Sync } from './sync.ts';
import type { Tokens } from './tokens.ts';
import { arrayHeadBytes, claimBytes, packetBytes } from './wire-size.ts';

/**
 * Answers sync requests: a token to an address that has not proved itself, otherwise one page to
 * whoever is a member or can be admitted as one.
 */
export class SyncServer {
  readonly #ctx: Context;
  readonly #tokens: Tokens;
  readonly #admission: Admission;
  readonly #sync: Sync;
  readonly #pages = new RateLimit(PAGES_PER_SECOND);

  constructor(ctx: Context, tokens: Tokens, admission: Admission, sync: Sync) {
    this.#ctx = ctx;
    this.#tokens = tokens;
    this.#admission = admission;
    this.#sync = sync;
  }

  onRequest(request: SyncRequest, from: Address): void {
    const { nowUs } = this.#ctx;
    const { claim } = request;
    const wellFormed =
      claim.name === request.from && claim.boot === request.boot && claim.state === 'alive' && powerOfTwo(request.buckets.length / BUCKET_BYTES);
    if (!wellFormed) return this.#ctx.count('sync.malformed');
    if (!this.#tokens.valid(request.token, from, nowUs)) {
      const reply: SyncReply = { ...this.#blank(request), status: 'token', token: this.#tokens.mint(from, nowUs) };
      // Whoever forges a source must not gain by it: never more bytes than were received (member.A3).
      if (packetBytes(reply) > packetBytes(request)) return this.#ctx.count('sync.too-short');
      this.#ctx.count('sync.token-sent');
      return this.#ctx.send(from, reply);
    }
    if (!this.#pages.allow(nowUs)) return this.#ctx.limited('sync-pages', PAGES_PER_SECOND);
    const verdict = this.#admission.ask(claim, from, (again) => (again ? this.onRequest(request, from) : this.#reply(request, from, { status: 'pending' })));
    switch (verdict.status) {
      case 'pending':
        return this.#reply(request, from, { status: 'pending' });
      case 'full':
        return this.#reply(request, from, { status: 'full' });
      case 'refused':
        this.#ctx.count('sync.refused-name');
        return this.#reply(request, from, { status: 'refused', rival: verdict.held.address, claims: [verdict.held] });
      case 'member':
        this.#page(request, from);
        this.#pullBack(request, from);
    }
  }

  #page(request: SyncRequest, from: Address): void {
    const { table, config, nowUs } = this.#ctx;
    const count = request.buckets.length / BUCKET_BYTES;
    const differ = differingBuckets(table.bucketDigests(count), request.buckets);
    const claims: Claim[] = [];
    // Of a former life of the asker's we know no more than that it died: but the asker must outbid it.
    const stone = table.tombstones.get(request.from);
    if (stone !== undefined && request.after === '') claims.push(stone.claim);
    let room = config.packetBudget - packetBytes({ ...this.#blank(request), claims, next: 'x'.repeat(NAME_MAX) }) - arrayHeadBytes(16);
    let next = '';
    let last = '';
    for (const name of table.sortedNames) {
      if (name <= request.after || !differ[bucketOf(name, count)]) continue;
      const claim = table.get(name)!.told(nowUs);
      const bytes = claimBytes(claim);
      if (bytes > room) {
        next = last; // never '': the largest claim fits a page beside a stone
        break;
      }
      claims.push(claim);
      last = name;
      room -= bytes;
    }
    this.#ctx.count('sync.page-sent');
    this.#reply(request, from, { status: 'page', claims, next });
  }

  /** The asker knows what we do not, unless it knows only itself: its claim we have just taken. One direction would leave us behind. */
  #pullBack(request: SyncRequest, from: Address): void {
    const { table } = this.#ctx;
    const peer = table.get(request.from);
    if (peer === undefined || request.after !== '' || request.digest === table.digest || request.digest === memberHash(request.claim)) return;
    this.#sync.startWith(peer, from, 'counter', request.offer);
  }

  #reply(request: SyncRequest, to: Address, what: Partial<SyncReply> & Pick<SyncReply, 'status'>): void {
    this.#ctx.send(to, { ...this.#blank(request), ...what });
  }

  #blank(request: SyncRequest): SyncReply {
    return { kind: Kind.syncReply, ...this.#ctx.header(request.seq), status: 'page', token: 0, claims: [], next: '', rival: null };
  }
}

const powerOfTwo = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= BUCKETS_MAX && (value & (value - 1)) === 0;
