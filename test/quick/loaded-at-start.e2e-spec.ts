import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const SOURCES = resolve(import.meta.dirname, '../../src');

/** What is imported or exported again when a module is loaded, and not the types alone. */
const LOADED = /^(?:import|export) (?!type\b)(?:[^;']*? from )?'([^']+)';/gm;

/** Names of the packages that are loaded with some sources, by whatever these import. */
function packagesOf(...paths: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (source: string): void => {
    if (seen.has(source)) return;
    seen.add(source);
    for (const [, name = ''] of readFileSync(source, 'utf8').matchAll(LOADED)) {
      if (name.startsWith('.')) visit(join(dirname(source), name.replace(/\.js$/, '.ts')));
      else packages.add(name);
    }
  };
  for (const path of paths) visit(join(SOURCES, path));
  return packages;
}

/** What few servers need, or none before somebody asks for it. */
const NEEDED_LATER = [
  ...['pg', 'pg-copy-streams', 'jose', 'yaml', '@fastify/http-proxy', 'undici', 'cli-progress'],
  ...['micromark', 'micromark-extension-gfm', 'mdast-util-from-markdown'],
  ...['@modelcontextprotocol/server', 'zod', '@opentelemetry/sdk-trace-base'],
];

describe('a server on a file', () => {
  const loaded = packagesOf('server.ts', 'stores/hermes/hermes-store.module.ts');

  it.each(NEEDED_LATER)('starts without %s', (name) => {
    expect([...loaded]).not.toContain(name);
  });

  it('is looked at with all that it imports', () => {
    expect([...loaded]).toEqual(expect.arrayContaining(['@nestjs/core', 'typeorm', 'better-sqlite3']));
  });
});

it('finds what a server on a database loads', () => {
  expect([...packagesOf('stores/postgres/postgres-store.module.ts')]).toContain('pg');
});
