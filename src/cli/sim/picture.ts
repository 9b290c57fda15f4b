import { Command } from 'commander';
import { PICTURES, draw, tellPicture } from '../../../sim/app/pictures.ts';
import { readScenario } from '../../../sim/host/files.ts';
import { writeLine, writeNow } from '../output.ts';
import { SimExit, SimUsage } from './common.ts';

export function pictureCommand(): Command {
  return new Command('picture')
    .description('partition, clock drift, slow detection: who leads when, by a lease loop done by hand and by Bellwether')
    .argument('[NAME]', `one of ${PICTURES.map(({ id }) => id).join(', ')} (default: all)`)
    .option('--json', 'one JSON object per picture')
    .addHelpText('after', '\nExit code 1 when two ever led at once with Bellwether.')
    .action(async (name: string | undefined, flags: { readonly json?: boolean }) => {
      const chosen = PICTURES.filter(({ id }) => name === undefined || id === name);
      if (chosen.length === 0) throw new SimUsage(`there is no picture "${name}"; there are ${PICTURES.map(({ id }) => id).join(', ')}`);
      for (const picture of chosen) {
        const drawn = await draw(picture, readScenario(picture.scenario).plan);
        if (drawn.bellwetherOverlapMs > 0) process.exitCode = SimExit.safety;
        if (flags.json === true) writeLine({ event: 'picture', name: picture.id, ...drawn });
        else writeNow(`${tellPicture(drawn).join('\n')}\n\n`);
      }
    });
}
