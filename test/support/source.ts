import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** A path from the root for a file of ours, else the package or `node:` name. */
  readonly target: string;
  readonly line: number;
  /** Only types: gone after compilation. */
  readonly typeOnly: boolean;
  /** By `import()`: loaded when it is asked for. */
  readonly dynamic: boolean;
}

export interface Source {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Names used, members of globals as `Math.random`; comments and strings are none. */
  readonly words: readonly { readonly word: string; readonly line: number }[];
  readonly hasDefaultExport: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** Every TypeScript file below a folder, as paths from the root. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path) : path.endsWith('.ts') ? [path] : [];
    })
    .sort();
}

export function readSource(path: string): Source {
  return parseSource(path, readFileSync(join(ROOT, path), 'utf8'));
}

/** What a file imports and which words it uses, from its syntax tree. */
export function parseSource(path: string, text: string): Source {
  const lineStarts = [0];
  for (let i = 0; i < text.length; i += 1) if (text[i] === '\n') lineStarts.push(i + 1);
  const lineOf = (node: Node): number => lineStarts.findLastIndex((start) => start <= node.start) + 1;
  const imports: Import[] = [];
  const words: { word: string; line: number }[] = [];
  let hasDefaultExport = false;
  const importOf = (node: Node, source: unknown, typeOnly: boolean, dynamic: boolean): void => {
    const written = (source as Node).type === 'TSAsExpression' ? ((source as Node)['expression'] as Node) : (source as Node);
    const name = String(written['value']).replace(/^(\..*)\.js$/, '$1.ts'); // workers import what is built
    const target = name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(path), name)) : name;
    imports.push({ target, line: lineOf(node), typeOnly, dynamic });
  };
  const visit = (node: Node, parent: Node | null): void => {
    switch (node.type) {
      case 'ImportDeclaration': {
        const specifiers = node['specifiers'] as Node[];
        importOf(node, node['source'], node['importKind'] === 'type' || (specifiers.length > 0 && specifiers.every((s) => s['importKind'] === 'type')), false);
        break;
      }
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration': {
        const specifiers = (node['specifiers'] ?? []) as Node[];
        if (isNode(node['source']))
          importOf(
            node,
            node['source'],
            node['exportKind'] === 'type' || (specifiers.length > 0 && specifiers.every((s) => s['exportKind'] === 'type')),
            false,
          );
        break;
      }
      case 'ImportExpression':
        importOf(node, node['source'], false, true);
        break;
      case 'ExportDefaultDeclaration':
        hasDefaultExport = true;
        break;
      case 'AwaitExpression':
        words.push({ word: 'await', line: lineOf(node) });
        break;
      case 'MemberExpression': {
        const [object, property] = [node['object'] as Node, node['property'] as Node];
        if (object.type === 'Identifier' && property.type === 'Identifier' && node['computed'] !== true)
          words.push({ word: `${String(object['name'])}.${String(property['name'])}`, line: lineOf(node) });
        break;
      }
      case 'Identifier': {
        const named =
          parent !== null &&
          ((parent.type === 'MemberExpression' && parent['property'] === node && parent['computed'] !== true) ||
            (parent['key'] === node && parent['computed'] !== true && parent['shorthand'] !== true));
        if (!named) words.push({ word: String(node['name']), line: lineOf(node) });
        break;
      }
      default:
    }
    if (node['async'] === true) words.push({ word: 'async', line: lineOf(node) });
    for (const [field, value] of Object.entries(node)) {
      if (field === 'parent') continue;
      if (isNode(value)) visit(value, node);
      else if (Array.isArray(value)) for (const item of value) if (isNode(item)) visit(item, node);
    }
  };
  for (const statement of parseAst(text, { lang: 'ts' }).body as unknown as Node[]) visit(statement, null);
  return { path, lines: lineStarts.length, imports, words, hasDefaultExport };
}

/** All that a file reaches, directly or through others, by imports that survive compilation; `dynamic` ones left out unless asked for. */
export function reach(entry: string, sources: ReadonlyMap<string, Source>, follow: (link: Import) => boolean): Map<string, readonly string[]> {
  const reached = new Map<string, readonly string[]>([[entry, [entry]]]);
  const queue = [entry];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const link of sources.get(path)?.imports ?? []) {
      if (!follow(link) || reached.has(link.target)) continue;
      reached.set(link.target, [...reached.get(path)!, link.target]);
      queue.push(link.target);
    }
  }
  return reached;
}
