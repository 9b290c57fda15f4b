import type { PartitionChange } from '../../src/partition/host.ts';
import { compareClaims, tokenOf } from '../../src/partition/claim.ts';
import type { Machine } from '../world/machine.ts';
import type { Violations } from './violation.ts';

/**
 * One leader in each part: tokens that never come twice and rise with each merge (part.P1, part.P2),
 * told in turns (part.P3), and, where a part has stood as it is for long enough, exactly one leader
 * in it that all of it know (part.P4).
 */
export class PartCheck {
  readonly #name: string;
  readonly #violations: Violations;
  /** How long a part must have stood before it is judged. */
  readonly #boundUs: number;
  readonly #tokens = new Set<string>();
  /** The token of whoever was told that it leads, by node. */
  readonly #told = new Map<string, string>();
  /** The highest token each process was told of. */
  readonly #heard = new Map<string, string>();
  /** Since when each part is as it is. */
  #since = new Map<string, number>();

  constructor(name: string, boundUs: number, violations: Violations) {
    this.#name = name;
    this.#boundUs = boundUs;
    this.#violations = violations;
  }

  heard(node: string, boot: number, change: PartitionChange, nowUs: number): void {
    if ((change.type === 'leader' ? change.name : change.claim.name) !== this.#name) return;
    if (change.type === 'leader') {
      if (change.claim !== null && tokenOf(change.claim) > (this.#heard.get(node) ?? '')) this.#heard.set(node, tokenOf(change.claim));
      return;
    }
    const token = tokenOf(change.claim);
    const told = this.#told.get(node);
    const is = (id: 'part.P1' | 'part.P2' | 'part.P3', holds: boolean, words: string): void =>
      this.#violations.check(id, holds, nowUs, () => `${node} ${words} ('${this.#name}', ${token})`);
    switch (change.type) {
      case 'elected':
        is('part.P1', !this.#tokens.has(token) && change.claim.holder === node && change.claim.boot === boot, 'leads with a token that was used before');
        is('part.P2', token > (this.#heard.get(node) ?? ''), `leads with a token that is not above ${this.#heard.get(node)}, of which it knew`);
        is('part.P3', told === undefined, `leads while it leads as ${told}`);
        this.#tokens.add(token);
        this.#told.set(node, token);
        return;
      case 'merged':
        is(
          'part.P2',
          token > tokenOf(change.loser) && (told === undefined || token >= told),
          `outlasts ${tokenOf(change.loser)} with a token that is not above it`,
        );
        is('part.P3', told !== undefined, 'outlasts another and leads nothing');
        if (told !== token) is('part.P1', !this.#tokens.has(token), 'goes on with a token that was used before');
        this.#tokens.add(token);
        this.#told.set(node, token);
        return;
      case 'lost':
        is('part.P3', told === token, `loses what it was not told, after ${told ?? 'nothing'}`);
        // Of equal terms the better rank stays, and goes on in a higher one (`merged`, above).
        if (change.winner !== null) is('part.P2', compareClaims(change.winner, change.claim) < 0, `gives way to ${tokenOf(change.winner)}, which is below`);
        this.#told.delete(node);
    }
  }

  crashed(node: string): void {
    this.#told.delete(node);
    this.#heard.delete(node);
  }

  /** Looks at every part that is a clique of running machines. @param isCut Whether nothing comes through from one to the other. */
  look(machines: readonly Machine[], isCut: (from: number, to: number) => boolean, nowUs: number): void {
    const since = new Map<string, number>();
    for (const part of partsOf(machines, isCut)) {
      const key = part.map(({ name, process }) => `${name}#${process?.boot}`).join(' ');
      const sinceUs = this.#since.get(key) ?? nowUs;
      since.set(key, sinceUs);
      if (nowUs - sinceUs < this.#boundUs) continue;
      const leading = part.filter(({ process }) => process?.node.partition.claimOf(this.#name) !== null).map(({ name }) => name);
      const names = part.map(({ name }) => name).join(', ');
      this.#violations.check('part.P4', leading.length === 1, nowUs, () => `of ${names}, ${leading.join(' and ') || 'nobody'} leads '${this.#name}'`);
    }
    this.#since = since;
  }
}

/** Running machines that reach each other both ways, where all of such a part reach all of it. */
function partsOf(machines: readonly Machine[], isCut: (from: number, to: number) => boolean): Machine[][] {
  const left = new Set(machines.filter(({ state, process }) => state === 'running' && process !== null));
  const joined = (a: Machine, b: Machine): boolean => !isCut(a.index, b.index) && !isCut(b.index, a.index);
  const parts: Machine[][] = [];
  for (const first of left) {
    const part = [first];
    left.delete(first);
    for (let i = 0; i < part.length; i += 1)
      for (const other of left)
        if (joined(part[i]!, other)) {
          left.delete(other);
          part.push(other);
        }
    part.sort((a, b) => a.index - b.index);
    if (part.every((a) => part.every((b) => a === b || joined(a, b)))) parts.push(part);
  }
  return parts;
}
