import type { MemberState } from '../src/core/view.ts';
import type { Observer } from './check/observer.ts';
import { votesIn } from './check/electorate.ts';
import { ENOUGH, missingLeaders, missingViews } from './check/liveness.ts';
import { type InvariantId, seconds } from './check/violation.ts';
import { Domain, keyed } from './kernel/keyed.ts';
import { convergenceUs, timingOf } from './plan/timings.ts';
import type { Machine } from './world/machine.ts';
import type { World } from './world/world.ts';

/** What a run ends with, once the cluster is whole: quiet, a short pause, and a majority that must do without the rest. */

const PIECE_US = 10_000;

/**
 * Whole, calm, and nothing to do: for a while nobody may suspect anybody, no leader may change, and
 * nobody may send more than its timers explain (live.L5, resource.R4).
 */
export function checkSteady(world: World, observer: Observer): void {
  const { plan } = world;
  const { membership: m, election: e } = timingOf(plan.timing);
  const nodes = plan.nodes.length;
  const lengthUs = 4 * m.probePeriodUs + 4 * e.renewUs;
  world.run(world.nowUs + 16 * m.probePeriodUs); // probes begun before it, accusations on their way, what the calm itself had to tell
  const before = tallyOf(world);
  world.run(world.nowUs + lengthUs);
  const after = tallyOf(world);
  const quiet = after.suspected === before.suspected && after.failed === before.failed && after.elected === before.elected;
  observer.violations.check(
    'live.L5',
    quiet,
    world.nowUs,
    () =>
      `in ${Math.round(lengthUs / 1000)} ms of calm: ${after.suspected - before.suspected} suspicions, ${after.failed - before.failed} deaths, ${after.elected - before.elected} new leaders`,
  );
  // Per node: a probe and its ack each period; per election a question to and an answer from each voter each R; the rest is a safety net and luck.
  const perNode = 2 * (lengthUs / m.probePeriodUs + 1) + plan.elections.length * 2 * plan.voters * (lengthUs / e.renewUs + 1);
  const allowed = Math.ceil(1.5 * nodes * perNode) + 4 * nodes;
  observer.violations.check(
    'resource.R4',
    after.sent - before.sent <= allowed,
    world.nowUs,
    () => `in ${Math.round(lengthUs / 1000)} ms of calm ${after.sent - before.sent} datagrams were sent, ${allowed} are explained`,
  );
}

/** One process stands still for a little less than the pause tolerance: suspected perhaps, declared failed by nobody, and soon undoubted (live.L6). */
export function checkShortPause(world: World, observer: Observer): void {
  const { plan } = world;
  const { membership: m } = timingOf(plan.timing);
  const machine = world.machines[keyed(plan.seed, Domain.ending, 1) % world.machines.length]!;
  const before = tallyOf(world);
  world.pause(machine);
  world.run(world.nowUs + Math.floor(0.8 * m.pauseToleranceUs));
  world.resume(machine, 'datagrams');
  // An accusation may be on its way; its subject answers it the moment it hears of it, and the answer has to get round.
  const boundUs = 2 * m.probePeriodUs + m.suspicionCeiling * m.pauseToleranceUs + 8 * m.gossipTickUs;
  const missing = until(world, boundUs, () => missingViews(world));
  const failed = tallyOf(world).failed - before.failed;
  observer.violations.check(
    'live.L6',
    failed === 0 && missing.length === 0,
    world.nowUs,
    () =>
      `${machine.name} stood still for ${seconds(0.8 * m.pauseToleranceUs)}: ${failed} declared it failed; after ${seconds(boundUs)} more: ${missing.join('; ') || 'all whole'}`,
  );
}

type Fate = 'crashed' | 'cut' | 'deaf' | 'mute';
const FATES: readonly Fate[] = ['crashed', 'cut', 'deaf', 'mute'];

/**
 * Half of the runs: a majority of the voters, and some others, go on alone; whoever is not among them
 * crashes, is cut off, hears nothing or is heard by nobody, for good. Those within must find that out
 * (live.L1), have a leader (live.L3), and keep it in peace (live.L7, live.L9); nobody without may lead
 * (live.L4).
 *
 * Healing everything, which comes before, finds other bugs than this: here the faults never end
 * (TigerBeetle's simulator draws such a core, too).
 */
export function checkCore(world: World, observer: Observer): void {
  const { plan, machines } = world;
  if (keyed(plan.seed, Domain.ending, 2) % 2 === 0) return;
  const { membership: m, election: e } = timingOf(plan.timing);
  const core = coreOf(world);
  const outside = machines.filter((machine) => !core.includes(machine));
  if (outside.length === 0) return;
  world.marks.hit('core-alone');
  for (const machine of outside) leaveOut(world, machine);

  const check = (id: InvariantId, missing: readonly string[], boundUs: number): void =>
    observer.violations.check(
      id,
      missing.length === 0,
      world.nowUs,
      () => `after ${seconds(boundUs)} with ${core.map(({ name }) => name).join(', ')} alone: ${missing.join('; ')}`,
    );
  const bounds = convergenceUs(plan);
  const leaders = until(world, bounds.leaderUs, () => missingLeaders(world, core));
  check('live.L3', leaders, bounds.leaderUs);
  const fates = until(world, bounds.viewUs, () => {
    const unaware = undetected(core, outside);
    return unaware.length > 0 ? unaware : missingViews(world, core);
  });
  check('live.L1', fates, bounds.viewUs);
  const pretenders = outside.flatMap(({ name, process }) =>
    plan.elections.filter((election) => process?.node.election.inspect(election).role === 'leader').map((election) => `${name} leads '${election}'`),
  );
  check('live.L4', pretenders, e.grantUs);

  // A leader in office by the promises of those who are gone loses it a lease after they went, and is replaced: that is no disturbance.
  check(
    'live.L3',
    until(world, bounds.leaderUs, () => missingLeaders(world, core)),
    bounds.leaderUs,
  );
  const before = tallyOf(world);
  const ledBefore = leadersOf(world, core);
  const lengthUs = 8 * m.probePeriodUs + 8 * e.renewUs;
  world.run(world.nowUs + lengthUs);
  // One who hears nothing goes on to accuse for a while. That is no disturbance, where the accused has refuted it within a turn; a death is one.
  const deaths = [
    ...held(core, core, (state) => state === 'failed' || state === 'left'),
    ...until(world, m.probePeriodUs, () => missingViews(world, core)),
    ...missingLeaders(world, core),
  ];
  const moved = leadersOf(world, core) !== ledBefore;
  check('live.L9', [...deaths, ...(moved ? [`the leader changed from ${ledBefore} to ${leadersOf(world, core)}`] : [])], lengthUs);
  const elected = tallyOf(world).elected - before.elected;
  check('live.L7', elected === 0 ? [] : [`${elected} more leaders were elected`], lengthUs);
}

/**
 * In some runs a majority of the voters is gone for good, they and what they had on their disks, and an operator
 * tells each of those that are left, one after the other, that from now on they vote (config.F1). They must
 * have a leader again (live.L3), after every lease of the former ones and with a higher term (safety.S1, safety.S3).
 *
 * Only here, at the end: to force voters while the former ones may come back is two clusters by design, so
 * nothing is healed after it. One of the former voters is left, which knows what terms there were.
 */
export function checkDisaster(world: World, observer: Observer): void {
  const { plan, machines } = world;
  if (plan.disaster !== true) return;
  const { election: e } = timingOf(plan.timing);
  const rank = (machine: Machine, what: number): number => keyed(plan.seed, Domain.ending, what, machine.index);
  const votes = votesIn(world.voters().seats);
  const voters = machines.filter(({ name }) => votes.of(name) > 0).sort((a, b) => rank(a, 5) - rank(b, 5));
  const gone: Machine[] = [];
  for (let left = voters.reduce((sum, { name }) => sum + votes.of(name), 0); left >= votes.needed;) {
    const next = voters[gone.length]!;
    gone.push(next);
    left -= votes.of(next.name);
  }
  const left = machines.filter((machine) => !gone.includes(machine));
  const voting = left.filter((machine) => voters.includes(machine) || rank(machine, 6) % 2 === 0);
  const mayLead = voting.some(({ index }) => plan.nodes[index]!.witness !== true);
  if (gone.length === voters.length || !mayLead) return;
  world.marks.hit('disaster');
  for (const machine of gone) {
    world.crash(machine);
    machine.isGone = true;
    world.tell('gone', machine, `${machine.name} is gone for good`);
  }
  const seats = voting.map(({ name }) => ({ name, weight: 1, excluded: false }));
  for (const machine of left) {
    world.run(world.nowUs + (rank(machine, 7) % e.grantUs));
    world.tell('forced', machine, `${machine.name} is told that ${seats.map(({ name }) => name).join(', ')} vote from now on`);
    world.enter(machine, () => machine.process?.node.forceVoters(seats));
  }
  const { leaderUs } = convergenceUs(plan);
  const missing = until(world, leaderUs, () => missingLeaders(world, left));
  observer.violations.check(
    'live.L3',
    missing.length === 0,
    world.nowUs,
    () =>
      `${seconds(leaderUs)} after ${seats.map(({ name }) => name).join(', ')} were forced to go on without ${gone.map(({ name }) => name).join(', ')}: ${missing.join('; ')}`,
  );
}

/**
 * A majority of the voters, all but few, and each of the others with even odds; the first election's leader is no
 * more likely to be in it than anybody. Where all these are witnesses, one more, who may lead.
 */
function coreOf(world: World): readonly Machine[] {
  const { plan, machines } = world;
  const rank = (machine: Machine): number => keyed(plan.seed, Domain.ending, 3, machine.index);
  const votes = votesIn(world.voters().seats);
  const voters = machines.filter(({ name }) => votes.of(name) > 0).sort((a, b) => rank(a) - rank(b));
  const others = machines.filter((machine) => votes.of(machine.name) === 0 && rank(machine) % 2 === 0);
  const core: Machine[] = [];
  for (let held = 0; held < votes.needed;) {
    const next = voters[core.length]!;
    core.push(next);
    held += votes.of(next.name);
  }
  const within = [...core, ...others];
  const mayLead = ({ name, index }: Machine): boolean => plan.nodes[index]!.witness !== true && (plan.leaders !== 'voters' || votes.of(name) > 0);
  const [leader] = machines.filter(mayLead).sort((a, b) => rank(a) - rank(b));
  return within.some(mayLead) || leader === undefined ? within : [...within, leader];
}

function leaveOut(world: World, machine: Machine): void {
  const fate = FATES[keyed(world.plan.seed, Domain.ending, 4, machine.index) % FATES.length]!;
  world.marks.hit(`core-without-${fate}`);
  world.tell('left-out', machine, `${machine.name} is left out for good: ${fate}`);
  if (fate === 'crashed') return world.crash(machine);
  for (const other of world.machines) {
    if (other === machine) continue; // from those outside, too: one that hears and one that is heard would be one healthy node together
    if (fate !== 'deaf') world.network.cut(machine.index, other.index, 'stop', 1);
    if (fate !== 'mute') world.network.cut(other.index, machine.index, 'stop', 1);
  }
}

/** Those within who have not found somebody without out, the first few. */
const undetected = (core: readonly Machine[], outside: readonly Machine[]): string[] => held(core, outside, (state) => state !== 'failed' && state !== 'left');

/** Those of the core who hold one of the others in such a state, the first few. */
function held(core: readonly Machine[], others: readonly Machine[], isSuch: (state: MemberState) => boolean): string[] {
  const holding: string[] = [];
  for (const { name, process } of core) {
    if (holding.length >= ENOUGH) break;
    for (const machine of others) {
      const state = process?.node.membership.members.get(machine.name)?.state;
      if (state !== undefined && isSuch(state)) holding.push(`${name} holds ${machine.name} ${state}`);
    }
  }
  return holding;
}

function leadersOf(world: World, among: readonly Machine[]): string {
  return world.plan.elections
    .map((election) => among.find(({ process }) => process?.node.election.inspect(election).role === 'leader')?.name ?? 'nobody')
    .join(', ');
}

/** Lets time pass until nothing is missing, or until the bound. @returns What still is. */
function until(world: World, boundUs: number, look: () => string[]): string[] {
  const endUs = world.nowUs + boundUs;
  let missing = look();
  while (missing.length > 0 && world.nowUs < endUs) {
    world.run(Math.min(endUs, world.nowUs + PIECE_US));
    missing = look();
  }
  return missing;
}

function tallyOf(world: World): { readonly sent: number; readonly suspected: number; readonly failed: number; readonly elected: number } {
  const { marks, network } = world;
  return { sent: network.counters.sent, suspected: marks.of('held-suspect'), failed: marks.of('held-failed'), elected: marks.of('elected') };
}
