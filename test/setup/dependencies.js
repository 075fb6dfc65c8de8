import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { BUNDLING, outputOf, UNBUNDLED } from '../../scripts/bundle.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** Packages of many modules, or that one of them imports, which are imported from the sources or the tests by these names. */
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

/** As {@link PACKAGES}, but also required by Nest, in ways that a bundler does not see; so there must be one for all. */
const REQUIRED_PACKAGES = ['class-validator'];

/** Packages that others require in parts, or the sources as well, so that there must be one as it is installed. */
const ALONE = ['class-transformer', 'pg', 'pino', 'swagger-ui-dist'];

/**
 * Fastify names a plugin by the file that it finds in the cache of modules. Jest makes up that cache each time from all modules that
 * there are, which takes a fifth of the time in which an application starts; without it the plugin's function gives the name.
 */
const NO_MODULE_CACHE = {
  name: 'no-module-cache',
  transform: {
    filter: { id: /fastify\/lib\/plugin-utils/ },
    handler: (code) => code.replace('require.cache', 'undefined'),
  },
};

/** The bundle of the packages as they are installed now; those of others lie beside it. */
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

/** Where Jest finds the packages instead of in their own folders. */
export const bundledDependencies = Object.fromEntries([
  ...mapped(PACKAGES, 'mjs'),
  ...mapped(REQUIRED_PACKAGES, 'cjs'),
]);

/**
 * Bundles packages into a few files, once for each change of what is installed. Jest loads every module anew for each file of
 * tests, and there are three thousand of them in these packages: that takes longer than most of the tests.
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
    // Another run may have been faster.
    if (!existsSync(FOLDER)) throw error;
  }
}

/** Writes the modules that a bundle is made from; gives their paths by the names of the bundle's files. */
async function writeEntries(folder) {
  const entries = {};
  for (const name of PACKAGES) {
    const path = join(folder, `entry-${entryName(name)}.mjs`);
    writeFileSync(path, await entryOf(name));
    entries[entryName(name)] = path;
  }
  return entries;
}

/** A module that exports under their names all that Node finds in a package, whatever kind of module that is. */
async function entryOf(name) {
  const exported = Object.keys(await import(name));
  const named = exported.filter((key) => key !== 'default' && /^[A-Za-z_$][\w$]*$/.test(key));
  return [
    `import * as all from ${JSON.stringify(name)};`,
    ...(exported.includes('default') ? ['export default all.default;'] : []),
    ...named.map((key, at) => `const export${at} = all.${key};\nexport { export${at} as ${key} };`),
  ].join('\n');
}
