import { describe, expect, it } from 'vitest';
import { planAgent } from '../../src/cli/agent-options.ts';
import { agentCommand } from '../../src/cli/agent.ts';

/** As the command line reads them. */
async function plan(...args: string[]): ReturnType<typeof planAgent> {
  const command = agentCommand().action(() => {});
  await command.parseAsync(['--name', 'n1', ...args], { from: 'user' });
  return planAgent(command.opts());
}

describe('what an agent stands for', () => {
  it('is `leader`, or what it is given', async () => {
    expect((await plan('--voters', 'n1')).elections).toEqual(['leader']);
    expect((await plan('--voters', 'n1', '--election', 'a', '--election', 'b')).elections).toEqual(['a', 'b']);
    expect((await plan('--voters', 'n1', '--no-election')).elections).toEqual([]);
  });

  it.each([
    ['a witness', '--voters', 'n1,n2,n3', '--role', 'witness'],
    ['an observer', '--voters', 'n2', '--role', 'observer'],
    ['a node without voters'],
    ['one that is no voter where only voters lead', '--voters', 'n2', '--leaders', 'voters'],
  ])('is nothing for %s, and what is given is refused', async (_, ...args) => {
    expect((await plan(...args)).elections).toEqual([]);
    await expect(plan(...args, '--election', 'a')).rejects.toThrow(/never leads|only voters lead/);
  });
});

describe('a tag', () => {
  it('may be called anything', async () => {
    const { settings } = await plan('--tag', '__proto__=x', '--tag', 'constructor=y');
    expect(Object.entries(settings.tags)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});
