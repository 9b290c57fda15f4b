import { type Look, type Outcome, RATE_PPM, VOTERS } from './step-world.ts';

export interface StepFinding {
  readonly invariant: string;
  readonly words: string;
}

/** Who led last, in which life. */
export interface Led {
  readonly term: number;
  readonly life: string;
}

/**
 * S1, S2 and S3 where one node has changed. The clocks go at known rates, so whether a lease has run out by
 * its holder's clock is whether it has at this true instant, exactly; and between two changes leases only end.
 *
 * @param looks All nodes, that one as it was before.
 */
export function checkChange(looks: readonly Look[], node: number, now: Look, broke: Outcome['broke'], led: Led): { led: Led; finding: StepFinding | null } {
  if (broke !== '') return { led, finding: { invariant: 'internal', words: `${VOTERS[node]} breaks down: ${broke}` } };
  if (now.term === 0) return { led, finding: null };
  const rival = now.leaseUs > 0 ? looks.find((look) => look.node !== node && look.leaseUs > 0) : undefined;
  if (rival !== undefined) {
    const told = [now, rival].sort((x, y) => x.node - y.node).map((look) => `${VOTERS[look.node]} (${Math.round(trueUs(look) / 1_000)} ms left)`);
    return { led, finding: { invariant: 'safety.S1', words: `${told.join(' and ')} hold the name at one moment` } };
  }
  const before = looks[node]!;
  if (before.term === now.term && before.life === now.life) return { led, finding: null };
  const life = `${VOTERS[node]}#${now.life}`;
  if (now.term < led.term)
    return {
      led,
      finding: { invariant: 'safety.S3', words: `${VOTERS[node]} leads in term #${short(now.term)} after ${led.life} did in #${short(led.term)}` },
    };
  if (now.term === led.term && life !== led.life)
    return { led, finding: { invariant: 'safety.S2', words: `${life} and ${led.life} both led in term #${short(now.term)}` } };
  return { led: { term: now.term, life }, finding: null };
}

/** What is left of a lease, in true time. */
const trueUs = ({ leaseUs, node }: Look): number => Math.ceil((leaseUs * 1_000_000) / (1_000_000 + RATE_PPM[node]!));

const FLOOR = 31_536_000_000;
/** Ballots begin at the wall clock's floor; people are told how far above it one is. */
export const short = (ballot: number): number => Math.max(0, ballot - FLOOR);
