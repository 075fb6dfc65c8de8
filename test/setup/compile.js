import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { BUNDLED, bundleProgram } from '../../scripts/bundle.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** What runs as threads and processes of its own, and so from compiled files. */
const PROGRAMS = [
  { config: 'tsconfig.build.json', sources: 'src', compiled: 'build' },
  { config: 'client/tsconfig.json', sources: 'client/src', compiled: 'client/dist' },
  // The agent that writes beside a server, with what it imports.
  ...['test/soak', 'bench/histories', 'src/demo'].map((sources) => {
    return { config: 'test/soak/tsconfig.json', sources, compiled: `.soak/build/${sources}` };
  }),
];

/**
 * Compiles what changed since it was compiled last, so that no test runs an old thread or process, whichever is asked for and
 * whatever was built before. It is done with TypeScript's own compiler as `npm run build` does it, but each file by itself and
 * without checking types, as the tests compile everything else.
 */
export default async function compile() {
  for (const program of PROGRAMS) await compileProgram(ROOT, program);
  const bundled = [...filesIn(join(ROOT, 'build')), join(ROOT, 'node_modules/.package-lock.json')];
  if (!isNewer(join(BUNDLED, 'cli.js'), bundled)) await bundleProgram();
}

/** Brings the compiled files of one program up to date; its paths are below `root`. */
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
  // Each file is compiled without a look at package.json, which says that all are ES modules.
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
    // Another run may load the same file at this moment.
    const written = `${target}.${process.pid}`;
    writeFileSync(written, outputText);
    renameSync(written, target);
  }
}

/**
 * Whether a file was made after all of its sources came to be as they are. That is told by when the file system itself last
 * noted a change of them, which unlike the date of the text also tells of a file that was put in the place of another.
 */
export function isNewer(target, sources) {
  const made = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.every((path) => statSync(path).ctimeMs < made);
}

/** All files of a folder, in whatever depth; none where there is no such folder. */
export function filesIn(folder) {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
