import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenRules } from './support/rules.ts';
import { ROOT, type Source, filesBelow, parseSource, reach, readSource } from './support/source.ts';

const sources = new Map<string, Source>([...filesBelow('src'), ...filesBelow('sim')].map((path) => [path, readSource(path)]));

describe('the house', () => {
  it('keeps who may import whom, which words a core may use, and how long a file may be', () => {
    expect([...sources.values()].flatMap(brokenRules)).toEqual([]);
  });

  it('lets the simulator reach no socket and no machine, through whatever path', () => {
    for (const entry of filesBelow('sim').filter((path) => !path.startsWith('sim/host/'))) {
      // What is loaded only when asked for may come from sim/host, the one place for files and threads.
      const reached = reach(entry, sources, ({ dynamic }) => !dynamic);
      for (const [target, path] of reached) {
        expect(target.startsWith('node:') || target === 'src/transport/udp.ts' || target === 'src/runtime.ts', path.join(' → ')).toBe(false);
      }
    }
  });

  it('keeps embedding light: the library loads no schema, no command line and no screen at import', () => {
    const reached = reach('src/index.ts', sources, ({ typeOnly, dynamic }) => !typeOnly && !dynamic);
    const packages = [...reached.keys()].filter((target) => !target.startsWith('src/') && !target.startsWith('node:')).map((name) => name.split('/')[0]);
    expect([...new Set(packages)].sort((a, b) => (a! < b! ? -1 : 1))).toEqual(['hyperid', 'msgpackr', 'pure-rand']);
  });

  it('imports only files that are there', () => {
    for (const { path, imports } of sources.values()) {
      for (const { target } of imports)
        if (target.startsWith('src/') || target.startsWith('sim/')) expect(sources.has(target), `${path} imports ${target}`).toBe(true);
    }
  });

  it('has no file that nothing reaches, and no dependency that nothing imports', () => {
    const entries = [
      'src/index.ts',
      'src/cli/main.ts',
      'src/cli/demo/child.ts',
      'src/cli/exec/guard.ts',
      'src/watchdog-thread.ts',
      'sim/index.ts',
      'sim/host/worker.ts',
      'sim/host/patch-loader.ts',
    ];
    const reached = new Set(entries.flatMap((entry) => [...reach(entry, sources, () => true).keys()]));
    // What tests and examples use and the library does not: the in-memory transport.
    expect([...sources.keys()].filter((path) => !reached.has(path))).toEqual(['src/transport/memory.ts']);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object };
    expect(Object.keys(dependencies).filter((name) => ![...reached].some((target) => target === name || target.startsWith(`${name}/`)))).toEqual([]);
  });

  it('names no path of the machine it was written on', () => {
    const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
    const words = [
      ['/wo', 'rk/'],
      ['../sha', 'red'],
      ['.lib', 'rary'],
      ['fa', 'rm-'],
    ].map((parts) => parts.join(''));
    for (const file of files.filter((path) => existsSync(join(ROOT, path)) && !/\.(png|ico|tgz)$/.test(path))) {
      const text = readFileSync(join(ROOT, file), 'utf8');
      expect(
        words.filter((word) => text.includes(word)),
        file,
      ).toEqual([]);
    }
  });
});

describe('the rules themselves', () => {
  const complaints = (path: string, text: string): string[] => brokenRules(parseSource(path, text));

  it.each([
    ['src/election/x.ts', `import { Membership } from '../membership/membership.ts';`, 'imports src/membership/membership.ts'],
    ['src/membership/x.ts', `import type { Election } from '../election/election.ts';`, 'imports src/election/election.ts'],
    ['src/core/x.ts', `export * from '../wire.ts';`, 'imports src/wire.ts'],
    ['src/election/x.ts', `const now = Date.now();`, 'uses Date'],
    ['src/election/x.ts', `const dice = Math.random();`, 'uses Math.random'],
    ['src/core/x.ts', `export const f = async () => 1;`, 'uses async'],
    ['src/core/x.ts', `export function f(): Promise<void> { return null as never; }`, 'uses Promise'],
    ['sim/world/x.ts', `setTimeout(() => {}, 1);`, 'uses setTimeout'],
    ['sim/check/x.ts', `import { readFileSync } from 'node:fs';`, 'imports node:fs'],
    ['src/node.ts', `import { hostname } from 'node:os';`, 'imports node:os'],
    ['src/node.ts', `const v = await import('valibot');`, 'imports the package valibot'],
    ['src/create-node.ts', `import { runPlan } from '../sim/run.ts';`, 'imports sim/run.ts'],
    ['sim/run.ts', `import { createUdpTransport } from '../src/transport/udp.ts';`, 'imports src/transport/udp.ts'],
    ['src/core/x.ts', `export default 1;`, 'default export'],
  ])('bite: %s with %s', (path, text, complaint) => {
    expect(complaints(path, text).join('\n')).toContain(complaint);
  });

  it.each([
    ['src/election/x.ts', `// Date.now() and Math.random() are words of a comment\nexport const text = 'Promise of a Date';`],
    ['src/core/x.ts', `export interface Promised { readonly Date: number }\nexport const f = (x: { Date: number }): number => x.Date;`],
    ['src/election/x.ts', `import { assert } from '../core/assert.ts';\nassert(true, Math.max(1, 2).toString());`],
  ])('rest: %s with %s', (path, text) => {
    expect(complaints(path, text)).toEqual([]);
  });
});
