import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { packagesIn } from './bundled-packages.js';

const ROOT = resolve(import.meta.dirname, '..');

/** Output folder of the TypeScript compiler, one file per source. */
const COMPILED = join(ROOT, 'build');

/** Output folder of the release. It also contains the console, which is built separately. */
export const BUNDLED = join(ROOT, 'dist');

/**
 * Packages that are not bundled: native code, packages that locate files relative to themselves, and what must be loaded before everything else. Only
 * these are dependencies of the release.
 */
export const UNBUNDLED = [/^node:/, 'better-sqlite3', 'piscina', 'reflect-metadata'];

const require = createRequire(import.meta.url);

/**
 * Some of Nest's modules `require` these packages and others `import` them. Two copies would not share their registered metadata. The `$` matches the
 * exact name, not subpaths.
 */
const ONE_COPY = Object.fromEntries(
  ['class-transformer', 'class-validator'].map((name) => [`${name}$`, require.resolve(name)]),
);

/** Rolldown does not see `require` calls of modules that create their own `require`. Without that line it does. */
const SEEN_REQUIRE = {
  name: 'seen-require',
  transform: {
    filter: { id: /@nestjs\/mapped-types/ },
    handler: (code) => code.replace('const require = createRequire(import.meta.url);', ''),
  },
};

/**
 * Code that packages load but that is never used here: the telephone numbering plans of all countries, and drivers of other databases. Node would
 * read and compile it at each start.
 */
const UNUSED =
  /\/node_modules\/(libphonenumber-js\/|typeorm\/driver\/(?!better-sqlite3\/|postgres\/|sqlite-abstract\/|types\/)[\w-]+\/)/;

const WITHOUT_UNUSED = {
  name: 'without-unused',
  load: {
    filter: { id: UNUSED },
    handler: () => 'module.exports = {};',
  },
};

/**
 * ASCII-only text takes half the memory of other text, and is parsed faster. Otherwise the code stays unchanged, so that the positions in stack
 * traces match it.
 */
const WRITTEN = { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } };

/** Lists the bundled packages with their licences. The console has a list of its own beside its page. */
const LICENSES = 'licenses.json';

/** The files of Swagger UI that the API page needs. */
const API_PAGE = [
  'LICENSE',
  'NOTICE',
  'favicon-16x16.png',
  'favicon-32x32.png',
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'swagger-ui-standalone-preset.js',
  'swagger-ui-standalone-preset.js.LICENSE.txt',
  'swagger-ui.css',
];

/** Common options of all bundles. Packages that are not installed, such as drivers of other databases, are left unresolved; they are not needed. */
export const BUNDLING = { cwd: ROOT, platform: 'node', logLevel: 'silent' };

/**
 * Output options of a bundle. Class names are kept, since Nest and TypeORM depend on them.
 * @param dir the output folder.
 * @param extension of the output files.
 */
export function outputOf(dir, extension) {
  return {
    dir,
    keepNames: true,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `shared-[hash].${extension}`,
  };
}

/**
 * Bundles the compiled program and its packages into a few files, which halves the start time: Node resolves each of two thousand package modules
 * separately.
 */
export async function bundleProgram() {
  const bundle = await rolldown({
    ...BUNDLING,
    input: programs(),
    external: UNBUNDLED,
    resolve: { alias: ONE_COPY },
    plugins: [SEEN_REQUIRE, WITHOUT_UNUSED],
  });
  const made = join(ROOT, `.bundle-${process.pid}`);
  const { output } = await bundle.write({
    ...outputOf(made, 'js'),
    format: 'esm',
    comments: false,
    minify: WRITTEN,
  });
  writeFileSync(join(made, LICENSES), JSON.stringify(packagesIn(output), null, 2));
  copyApiPage(join(made, 'api-page'));
  for (const name of namesIn(BUNDLED)) {
    if (name !== 'console') rmSync(join(BUNDLED, name), { recursive: true, force: true });
  }
  mkdirSync(BUNDLED, { recursive: true });
  for (const name of namesIn(made)) renameSync(join(made, name), join(BUNDLED, name));
  rmSync(made, { recursive: true });
}

function copyApiPage(folder) {
  const source = dirname(require.resolve('swagger-ui-dist/package.json'));
  mkdirSync(folder);
  for (const name of API_PAGE) {
    copyFileSync(join(source, name), join(folder, name));
    if (/\.(js|css)$/.test(name)) compress(join(folder, name));
  }
}

/** Writes compressed siblings of a file, for clients that accept them. */
function compress(path) {
  const content = readFileSync(path);
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params: BROTLI }));
  writeFileSync(`${path}.gz`, gzipSync(content));
}

/** The highest quality takes twenty times as long to save another tenth. */
const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 9 };

/** The entry points: the command line, the server alone, and the programs of worker threads. Each keeps its path. */
function programs() {
  const threads = readdirSync(COMPILED, { recursive: true }).filter((path) => path.endsWith('-worker.js'));
  const paths = ['cli.js', 'main.js', ...threads];
  return Object.fromEntries(paths.map((path) => [path.replace(/\.js$/, ''), join(COMPILED, path)]));
}

function namesIn(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}

if (process.argv[1] === import.meta.filename) await bundleProgram();
