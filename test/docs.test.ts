import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INVARIANTS, JUDGED_AFTER } from '../sim/check/violation.ts';
import * as library from '../src/index.ts';
import { ClusterNode } from '../src/node.ts';
import { ROOT, filesBelow } from './support/source.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const code = [...filesBelow('src'), ...filesBelow('sim'), ...filesBelow('test')].map((path) => ({ path, text: read(path) }));

describe('the documents', () => {
  it('link only to what is there', () => {
    const broken = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, target]) => `${page} → ${target}`)
        .filter((link) => !existsSync(join(ROOT, dirname(page), link.split(' → ')[1]!))),
    );
    expect(broken).toEqual([]);
  });

  it('define every rule and invariant that the code cites, once', () => {
    const ID = /\b(?:member|merge|voter|candidate|leader|restart|config|part|safety|election|live|resource)\.[A-Z][0-9]+\b/g;
    const defined = [
      ...read('docs/protocol.md').matchAll(/^- `([a-z]+\.[A-Z][0-9]+)`/gm),
      ...read('docs/invariants.md').matchAll(/^\| `([a-z]+\.[A-Z][0-9]+)`/gm),
    ].map(([, id]) => id!);
    expect(
      defined.filter((id, i) => defined.indexOf(id) !== i),
      'defined twice',
    ).toEqual([]);
    const cited = new Set([...code.map(({ text }) => text), ...PAGES.map(read)].flatMap((text) => text.match(ID) ?? []));
    expect(
      [...cited].filter((id) => !defined.includes(id)),
      'cited and not defined',
    ).toEqual([]);
    expect(defined.length).toBeGreaterThan(40);
  });

  const union = (file: string, type: string): string[] => {
    const body = new RegExp(`export type ${type} =([\\s\\S]*?)(?:\\n\\n|$)`).exec(read(file))![1]!;
    return [...body.matchAll(/^\s*\|? ?'([A-Za-z_-]+)'/gm)].map(([, name]) => name!);
  };
  it.each([
    ['src/core/errors.ts', 'ErrorCode', 13],
    ['src/election/host.ts', 'LostReason', 9],
    ['src/election/host.ts', 'NoLeaderReason', 6],
    ['src/election/host.ts', 'ElectionWarning', 7],
  ])('explain every name of %s %s', (file, type, count) => {
    const names = union(file, type);
    expect(names).toHaveLength(count);
    const operating = read('docs/operating.md');
    expect(names.filter((name) => !operating.includes(`\`${name}\``))).toEqual([]);
  });

  it('name every option, event and method of the library', () => {
    const members = (file: string, type: string): string[] => {
      const body = new RegExp(`export interface ${type}[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(read(file))![1]!;
      return [...body.matchAll(/^ {2}(?:readonly )?'?([A-Za-z-]+)'?\??:/gm)].map(([, name]) => name!);
    };
    const internal = ['constructor', 'open', 'join'];
    const names = {
      options: members('src/options.ts', 'NodeOptions'),
      events: members('src/events.ts', 'NodeEvents'),
      lease: members('src/lease.ts', 'Lease'),
      turns: members('src/turns.ts', 'TurnOptions'),
      campaigns: members('src/campaigns.ts', 'CampaignOptions'),
      node: Object.getOwnPropertyNames(ClusterNode.prototype).filter((name) => !internal.includes(name)),
      exports: Object.keys(library).filter((name) => name !== 'createNode'),
    };
    for (const list of Object.values(names)) expect(list.length).toBeGreaterThan(3);
    const page = read('docs/library.md');
    expect(Object.values(names).flatMap((list) => list.filter((name) => !new RegExp(`\`${name}[\`(]`).test(page)))).toEqual([]);
  });

  it('say of every invariant what `sim explain` says, and of no other', () => {
    const tables = [...read('docs/invariants.md').matchAll(/^\| `([a-z]+\.[A-Z][0-9]+)`/gm)].map(([, id]) => id!);
    expect(tables.sort()).toEqual(Object.keys({ ...INVARIANTS, ...JUDGED_AFTER }).sort());
  });

  it('list every limit', () => {
    const limits = read('docs/limits.md');
    const constants = code
      .filter(({ path }) => path.startsWith('src/') && !path.startsWith('src/cli/'))
      .flatMap(({ text }) => [...text.matchAll(/^(?:export )?const ([A-Z_]*(?:_MAX|_MAX_[A-Z]+|_MIN|PER_SECOND|_END)) =/gm)].map(([, name]) => name!));
    const internal = ['SLEEP_MAX_MS', 'DURATION_MAX_MS', 'AGE_MAX_MS'];
    expect(constants.length).toBeGreaterThan(30);
    expect(constants.filter((name) => !internal.includes(name) && !limits.includes(name))).toEqual([]);
    const told = code.flatMap(({ path, text }) =>
      path.startsWith('src/') ? [...text.matchAll(/(?:limited|onLimit)\('([a-z-]+)'/g)].map(([, name]) => name!) : [],
    );
    const listed = [...limits.matchAll(/\| \[([a-z-]+)\]/g)].map(([, name]) => name!);
    expect([...new Set(told)].sort()).toEqual(listed.sort());
  });
});

describe('code in the documents', () => {
  const blocks = PAGES.flatMap((page) =>
    [...read(page).matchAll(/```ts run\n([\s\S]*?)```/g)].map(([, text], i) => [`${page}, block ${i + 1}`, text!] as const),
  );
  it('is there', () => expect(blocks.length).toBeGreaterThan(0));
  it.each(blocks)('runs: %s', async (_, text) => {
    const imports = [...text.matchAll(/^import \{ ([^}]+) \} from '(bellwether(?:\/sim)?)';$/gm)];
    const names: string[] = [];
    const values: unknown[] = [];
    for (const [, list, from] of imports) {
      const module = (from === 'bellwether' ? await import('../src/index.ts') : await import('../sim/index.ts')) as Record<string, unknown>;
      for (const name of list!.split(', ')) {
        expect(module[name], `${from} exports ${name}`).toBeDefined();
        names.push(name);
        values.push(module[name]);
      }
    }
    const body = text.replace(/^import .*$/gm, '');
    const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...values: unknown[]) => Promise<void>;
    await new AsyncFunction(...names, body)(...values);
  });
});
