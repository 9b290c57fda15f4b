import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { readScenario } from '../../../sim/host/files.ts';
import { openWorker } from '../../../sim/host/pool.ts';
import { planOfScenario, scenarioOfPlan } from '../../../sim/host/scenario.ts';
import { shrinkPlan, signatureOf } from '../../../sim/host/shrink.ts';
import { type Plan, planOf } from '../../../sim/index.ts';
import { writeLine, writeNow } from '../output.ts';
import { type SeedFlags, SimExit, SimUsage, mutantOf, refuseSeedFlags, wantedOf, withFile, wholeNumber, writeText } from './common.ts';

interface ShrinkFlags extends SeedFlags {
  readonly mutant?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function shrinkCommand(): Command {
  return new Command('shrink')
    .description('make a failing run small, and keep it as a scenario file')
    .argument('<SEED|FILE>', 'a seed of the swarm, or a scenario')
    .option('--nodes <N>', 'how many nodes the seed was run with, or A..B as the swarm was told')
    .option('--voters <N>', 'how many of them voted')
    .addOption(new Option('--preset <NAME>', 'its timings').choices(['loopback', 'lan']))
    .option('--time <D>', 'how long things went wrong in it')
    .option('--mutant <ID>', 'plant this bug first')
    .option('--out <FILE>', 'where to write the scenario (default: a name by what broke)')
    .option('--json', 'one JSON object per line')
    .action(async (what: string, flags: ShrinkFlags) => {
      const plan = planToShrink(what, flags);
      const out = flags.out ?? '.';
      withFile(() => accessSync(existsSync(out) ? out : dirname(out), constants.W_OK)); // now, not when minutes of work would be lost
      const worker = openWorker(mutantOf(flags.mutant) ?? null);
      const startedMs = Date.now();
      try {
        const [first] = await worker.run([plan]);
        if (first!.verdict === 'pass') throw new SimUsage('that run passes: there is nothing to shrink');
        if (flags.json !== true) writeNow(`${plan.steps.length} steps, ${plan.nodes.length} nodes: ${signatureOf(first!)}: ${first!.words ?? ''}\n`);
        const shrunk = await shrinkPlan(plan, (plans) => worker.run(plans));
        const name = `${signatureOf(first!)
          .replace(/[^a-z0-9]+/gi, '-')
          .toLowerCase()}-${plan.seed}`;
        const scenario = scenarioOfPlan(
          shrunk.plan,
          name,
          `Does this still break ${signatureOf(first!)}? (shrunk from ${plan.steps.length} steps in ${shrunk.runs} runs)`,
        );
        // What is written must be what was run: read it back and run it once more.
        const again = planOfScenario(JSON.parse(JSON.stringify(scenario))).plan;
        const [check] = await worker.run([again]);
        const file = flags.out ?? `${name}.json`;
        writeText(file, `${JSON.stringify(scenario, null, 2)}\n`);
        const seconds = (Date.now() - startedMs) / 1000;
        const replay = `bellwether sim replay ${file}${flags.mutant === undefined ? '' : ` --mutant ${flags.mutant}`}`;
        if (flags.json === true)
          writeLine({
            event: 'verdict',
            schema: 1,
            verdict: 'shrunk',
            signature: signatureOf(shrunk.last),
            steps: shrunk.plan.steps.length,
            from: plan.steps.length,
            nodes: shrunk.plan.nodes.length,
            runs: shrunk.runs,
            seconds,
            file,
            replay,
            reproduces: check!.verdict !== 'pass',
          });
        else {
          writeNow(
            `${shrunk.plan.steps.length} steps, ${shrunk.plan.nodes.length} nodes, after ${shrunk.runs} runs in ${seconds.toFixed(1)} s: ${signatureOf(shrunk.last)}: ${shrunk.last.words ?? ''}\n`,
          );
          for (const one of scenario.steps ?? []) writeNow(`  ${JSON.stringify(one)}\n`);
          writeNow(`kept as ${file}\nreplay: ${replay}\n`);
        }
        process.exitCode = check!.verdict === 'pass' ? SimExit.nondeterminism : SimExit.pass;
      } finally {
        await worker.close();
      }
    });
}

function planToShrink(what: string, flags: ShrinkFlags): Plan {
  if (!/^[0-9]+$/.test(what)) {
    refuseSeedFlags(flags);
    return readScenario(what).plan;
  }
  const seed = wholeNumber('SEED', what, 0, 0xffff_ffff);
  return planOf(seed, wantedOf(flags)(seed));
}
