import { createRequire } from 'node:module';

/** The package's version, from the package.json it was installed with. */
export function version(): string {
  const { version: text } = createRequire(import.meta.url)('bellwether/package.json') as { version: string };
  return text;
}
