import { Kind } from '../../src/membership/messages.ts';
import { Cluster, type Process, loopback } from '../../sim/schedules/membership-cluster.ts';

/** The times that scenarios speak of, in milliseconds: T the probe period, S the pause tolerance (the floor of a suspicion), M its ceiling. */
export const ms = (us: number): number => us / 1_000;
export const T = ms(loopback.probePeriodUs);
export const S = ms(loopback.pauseToleranceUs);
export const M = S * loopback.suspicionCeiling;

/** A cluster in calm, with an empty log of events. */
export function grown(
  count: number,
  seed = 1,
  options: ConstructorParameters<typeof Cluster>[0] = {},
): { readonly cluster: Cluster; readonly all: readonly Process[] } {
  const cluster = new Cluster({ seed, ...options });
  const all = cluster.grow(count);
  cluster.run(2_000);
  forget(all);
  return { cluster, all };
}

export function forget(all: readonly Process[]): void {
  for (const { changes } of all) changes.length = 0;
}

/** One node says to another, falsely, what a third one is. */
export function accuse(cluster: Cluster, accuser: Process, to: Process, accused: Process, incarnation: number, state: 'suspect' | 'failed' = 'suspect'): void {
  cluster.inject(accuser.address, to.address, {
    kind: Kind.gossip,
    from: accuser.name,
    boot: accuser.boot,
    incarnation: accuser.core.members.get(accuser.name)!.incarnation,
    digest: 0,
    health: 0,
    seq: 0,
    answer: false,
    updates: [{ name: accused.name, boot: accused.boot, incarnation, address: accused.address, state, tags: {}, accusers: [accuser.name], ageMs: 0 }],
  });
}

export const incarnationOf = (process: Process): number => process.core.self.incarnation;
export const texts = (process: Process): string[] => process.events.map(({ text }) => text);
/** Every `failed` that anybody told. */
export const failures = (all: readonly Process[]): string[] => all.flatMap((process) => texts(process).filter((text) => text.startsWith('failed')));
/** Drops what goes between the first `at` and the rest. */
export const sides = (all: readonly Process[], at: number): Cluster['drop'] => {
  const left = new Set(all.slice(0, at).map(({ address }) => address));
  return ({ from, to }) => left.has(from) !== left.has(to);
};
