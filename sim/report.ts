import type { RunResult } from './run.ts';

const seconds = (us: number): string => `${(us / 1_000_000).toFixed(us < 10_000_000 ? 2 : 1)} s`;
const millis = (us: number): string => (us < 1_000 ? `${us} µs` : `${(us / 1_000).toFixed(us < 10_000 ? 2 : 0)} ms`);

/** The verdict in plain words, as lines. `replay`: the command that shows the same again. */
export function tellRun(result: RunResult, replay: string): string[] {
  const { plan, closest, marks } = result;
  const lines = [
    `seed ${plan.seed}: ${plan.nodes.length} nodes, ${plan.voters} of them voters, preset ${plan.timing}, ${plan.elections.length > 2 ? `${plan.elections.length} elections` : `elections ${plan.elections.join(' and ')}`}`,
    `  faults    ${plan.features.length === 0 ? 'none' : plan.features.join(', ')} (${plan.steps.length} steps in ${seconds(plan.calmUs)}, then calm)`,
    `  simulated ${seconds(result.simulatedUs)}, ${result.events} events, ${result.network.sent} datagrams (${result.network.lost} lost, ${result.network.cut} cut, ${result.network.duplicated} doubled)`,
    `  leaders   ${result.acquisitions} tenures, ${result.takeovers} takeovers; ${of(marks, 'leader-crash')} leaders crashed, ${of(marks, 'leader-paused')} stopped, ${of(marks, 'leader-suspended')} suspended, ${of(marks, 'leader-in-minority')} cut off from the majority`,
    `  closest   ${closest === null ? 'no lease had to run out' : `${closest.from} was out of its lease ${millis(closest.slackUs)} before ${closest.to} led '${closest.election}' (at ${seconds(closest.atUs)})`}`,
    `  whole     views ${told(result.views)}; leaders ${told(result.leaders)}`,
    `  trace     ${result.traceHash}`,
  ];
  switch (result.verdict) {
    case 'pass':
      lines.push('PASS: never two leaders, terms only rose, every lease was backed by a majority, and after the faults the cluster became whole.');
      break;
    case 'safety': {
      const [first] = result.violations;
      lines.push(`FAIL (safety): ${first!.id} at ${seconds(first!.atUs)}: ${first!.words}`, `replay: ${replay}`);
      break;
    }
    case 'liveness':
      lines.push(
        `FAIL (liveness or expectation): ${[...result.views.missing, ...result.leaders.missing, ...result.missed].slice(0, 8).join('; ')}`,
        `replay: ${replay}`,
      );
      break;
    case 'vacuous':
      lines.push(`FAIL (vacuous): ${result.missed.join('; ')}`, `replay: ${replay}`);
      break;
  }
  return lines;
}

function told({ us, boundUs }: RunResult['views']): string {
  return us === null ? `not within ${seconds(boundUs)}` : `after ${seconds(us)} of ${seconds(boundUs)} allowed`;
}

function of(marks: Readonly<Record<string, number>>, mark: string): number {
  return marks[mark] ?? 0;
}
