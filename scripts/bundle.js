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

/** Where TypeScript's compiler puts a file for each source. */
const COMPILED = join(ROOT, 'build');

/** Where the program lies that is released; the page of the console, which is built by itself, lies there as well. */
export const BUNDLED = join(ROOT, 'dist');

/**
 * Packages that stay as they are installed: native code; what finds files beside itself; and what must be loaded before all else.
 * They alone are dependencies of what is released.
 */
export const UNBUNDLED = [/^node:/, 'better-sqlite3', 'piscina', 'reflect-metadata'];

const require = createRequire(import.meta.url);

/**
 * Some of Nest's modules require these, others import them; of two copies one would not know what the other was told.
 * The sign says that only these names are meant, and not what lies below them.
 */
const ONE_COPY = Object.fromEntries(
  ['class-transformer', 'class-validator'].map((name) => [`${name}$`, require.resolve(name)]),
);

/** Modules that make a `require` of their own are not seen to require anything; without it they are. */
const SEEN_REQUIRE = {
  name: 'seen-require',
  transform: {
    filter: { id: /@nestjs\/mapped-types/ },
    handler: (code) => code.replace('const require = createRequire(import.meta.url);', ''),
  },
};

/**
 * What packages load though nothing here uses it: the numbering plans of all countries for a rule about telephone numbers, and drivers of
 * databases. Node would have to read and compile it at each start.
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
 * Text of letters of ASCII alone takes half the memory of other text, and is read faster. All else stays as it is written, so that the
 * places in a stack are found in it.
 */
const WRITTEN = { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } };

/** Names what is bundled, and its licences; beside it lies that of the console's page. */
const LICENSES = 'licenses.json';

/** The page of the API, of the many files of its package. */
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

/** What all bundles have in common. Packages that are no dependency, as drivers of other databases, are not found, and not needed. */
export const BUNDLING = { cwd: ROOT, platform: 'node', logLevel: 'silent' };

/**
 * How a bundle is written. Names of classes are kept, since Nest and TypeORM know them by these.
 * @param dir the folder that it is written to.
 * @param extension of its files.
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
 * Makes of the compiled program and its packages a few files, from which it starts in half the time: Node looks for each module
 * of a package by itself, and there are two thousand of them.
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

/** Puts the compressed forms of a file beside it, which are handed out to whoever understands them. */
function compress(path) {
  const content = readFileSync(path);
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params: BROTLI }));
  writeFileSync(`${path}.gz`, gzipSync(content));
}

/** The highest quality takes twenty times as long for a tenth less. */
const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 9 };

/** What is started by its name: the command line, the server alone, and what threads run. Each keeps its place. */
function programs() {
  const threads = readdirSync(COMPILED, { recursive: true }).filter((path) => path.endsWith('-worker.js'));
  const paths = ['cli.js', 'main.js', ...threads];
  return Object.fromEntries(paths.map((path) => [path.replace(/\.js$/, ''), join(COMPILED, path)]));
}

function namesIn(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}

if (process.argv[1] === import.meta.filename) await bundleProgram();
