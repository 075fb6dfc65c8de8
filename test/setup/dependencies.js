import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { BUNDLING, outputOf, UNBUNDLED } from '../../scripts/bundle.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** Packages with many modules, and packages that these import, under the names by which sources or tests import them. */
const PACKAGES = [
  '@fastify/compress',
  '@fastify/helmet',
  '@fastify/http-proxy',
  '@fastify/rate-limit',
  '@fastify/static',
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/client/stdio',
  '@modelcontextprotocol/server',
  '@modelcontextprotocol/server/stdio',
  '@opentelemetry/api',
  '@nestjs/common',
  '@nestjs/common/constants.js',
  '@nestjs/common/internal',
  '@nestjs/core',
  '@nestjs/platform-fastify',
  '@nestjs/platform-fastify/constants.js',
  '@nestjs/swagger',
  'fast-check',
  'fastify',
  'jose',
  'luxon',
  'mdast-util-from-markdown',
  'micromark',
  'micromark-extension-gfm',
  'prom-client',
  'rxjs',
  'supertest',
  'typeorm',
  'undici',
  'zod',
];

/** As {@link PACKAGES}, but Nest also requires them in ways that a bundler does not see. All must share one copy. */
const REQUIRED_PACKAGES = ['class-validator'];

/** Packages whose parts are required by others or by the sources. All must share the installed copy. */
const ALONE = ['class-transformer', 'pg', 'pino', 'swagger-ui-dist'];

/**
 * Fastify looks for a plugin's file name in the module cache. Jest builds that cache from all modules each time, which takes a fifth of an
 * application's start. Without a cache Fastify uses the name of the plugin's function.
 */
const NO_MODULE_CACHE = {
  name: 'no-module-cache',
  transform: {
    filter: { id: /fastify\/lib\/plugin-utils/ },
    handler: (code) => code.replace('require.cache', 'undefined'),
  },
};

/** The bundle of the currently installed packages; bundles of other versions are beside it. */
const FOLDER = join(ROOT, '.jest', fingerprint());

function fingerprint() {
  const hash = createHash('sha256');
  for (const path of [join(ROOT, 'node_modules/.package-lock.json'), import.meta.filename]) {
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}

function entryName(name) {
  return name.replace(/\.js$/, '').replaceAll('/', '__');
}

function mapped(names, extension) {
  return names.map((name) => [
    `^${name.replaceAll('.', '\\.')}$`,
    join(FOLDER, `${entryName(name)}.${extension}`),
  ]);
}

/** Maps the packages to their bundles, for Jest. */
export const bundledDependencies = Object.fromEntries([
  ...mapped(PACKAGES, 'mjs'),
  ...mapped(REQUIRED_PACKAGES, 'cjs'),
]);

/**
 * Bundles the packages into a few files, once per change of the installed packages. Jest loads every module again for each test file. These packages
 * have three thousand modules, so loading them takes longer than most of the tests.
 */
export async function bundleDependencies() {
  if (existsSync(FOLDER)) return;
  process.stdout.write('Bundling packages for the tests.\n');
  const parent = join(FOLDER, '..');
  mkdirSync(parent, { recursive: true });
  const made = mkdtempSync(join(parent, 'making-'));
  const modules = await rolldown({
    ...BUNDLING,
    input: await writeEntries(made),
    plugins: [NO_MODULE_CACHE],
    external: [...UNBUNDLED, ...ALONE, ...REQUIRED_PACKAGES],
  });
  await modules.write({ ...outputOf(made, 'mjs'), format: 'esm' });
  const required = await rolldown({
    ...BUNDLING,
    input: Object.fromEntries(REQUIRED_PACKAGES.map((name) => [entryName(name), name])),
    external: [...UNBUNDLED, ...ALONE],
  });
  await required.write({ ...outputOf(made, 'cjs'), format: 'cjs' });
  try {
    renameSync(made, FOLDER);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another run may have created it first.
    if (!existsSync(FOLDER)) throw error;
  }
}

/** Writes the entry modules of the bundle; returns their paths by the names of the bundle's files. */
async function writeEntries(folder) {
  const entries = {};
  for (const name of PACKAGES) {
    const path = join(folder, `entry-${entryName(name)}.mjs`);
    writeFileSync(path, await entryOf(name));
    entries[entryName(name)] = path;
  }
  return entries;
}

/** An entry module that re-exports everything that Node finds in a package, whether it is an ES or a CommonJS module. */
async function entryOf(name) {
  const exported = Object.keys(await import(name));
  const named = exported.filter((key) => key !== 'default' && /^[A-Za-z_$][\w$]*$/.test(key));
  return [
    `import * as all from ${JSON.stringify(name)};`,
    ...(exported.includes('default') ? ['export default all.default;'] : []),
    ...named.map((key, at) => `const export${at} = all.${key};\nexport { export${at} as ${key} };`),
  ].join('\n');
}
