import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { BUNDLED, bundleProgram } from '../../scripts/bundle.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** Programs that run as threads or processes, and therefore from compiled files. */
const PROGRAMS = [
  { config: 'tsconfig.build.json', sources: 'src', compiled: 'build' },
  { config: 'client/tsconfig.json', sources: 'client/src', compiled: 'client/dist' },
  // The agent that writes beside a server, with its imports.
  ...['test/soak', 'bench/histories', 'src/demo'].map((sources) => {
    return { config: 'test/soak/tsconfig.json', sources, compiled: `.soak/build/${sources}` };
  }),
];

/**
 * Compiles what has changed since the last compilation, so that no test uses an outdated thread or process. It uses TypeScript's own compiler like
 * `npm run build`, but transpiles each file individually without type checks, as the tests do with all other code.
 */
export default async function compile() {
  for (const program of PROGRAMS) await compileProgram(ROOT, program);
  const bundled = [...filesIn(join(ROOT, 'build')), join(ROOT, 'node_modules/.package-lock.json')];
  if (!isNewer(join(BUNDLED, 'cli.js'), bundled)) await bundleProgram();
}

/** Compiles the outdated files of one program; its paths are relative to `root`. */
export async function compileProgram(root, { config, sources, compiled }) {
  const files = filesIn(join(root, sources)).filter((path) => /(?<!\.spec|\.d)\.ts$/.test(path));
  const targetOf = (path) =>
    join(root, compiled, relative(join(root, sources), path)).replace(/\.ts$/, '.js');
  const targets = new Map(files.map((path) => [targetOf(path), path]));
  for (const path of filesIn(join(root, compiled))) {
    if (path.endsWith('.js') && !targets.has(path)) rmSync(path);
  }
  const settings = join(root, config);
  const stale = [...targets].filter(([target, path]) => !isNewer(target, [path, settings]));
  if (stale.length === 0) return;
  process.stdout.write(
    `Compiling ${stale.length} of ${files.length} files of ${sources} for threads and processes.\n`,
  );
  const { default: ts } = await import('typescript');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(settings, ts.sys.readFile).config,
    ts.sys,
    dirname(settings),
  );
  // `transpileModule` does not read package.json, which declares all files as ES modules.
  const compilerOptions = {
    ...options,
    module: ts.ModuleKind.ESNext,
    sourceMap: false,
    inlineSourceMap: true,
  };
  for (const [target, path] of stale) {
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
      fileName: path,
      compilerOptions,
    });
    mkdirSync(dirname(target), { recursive: true });
    // Written under another name first: another run may load the file at this moment.
    const written = `${target}.${process.pid}`;
    writeFileSync(written, outputText);
    renameSync(written, target);
  }
}

/**
 * Whether a file was written after the latest change of all its sources. Compares their ctime, which unlike the mtime also changes when a file is
 * replaced by an older one.
 */
export function isNewer(target, sources) {
  const made = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.every((path) => statSync(path).ctimeMs < made);
}

/** All files below a folder; none if the folder does not exist. */
export function filesIn(folder) {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
