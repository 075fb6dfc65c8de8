import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, isNewer } from '../setup/compile.js';
import { ROOT } from './root.js';

const FOLDER = join(ROOT, 'dist/console/page');

/** Builds the console if it is older than its sources. It is built in another folder first, and then replaces the old one. */
export function buildConsolePage(): void {
  if (isCurrent()) return;
  process.stdout.write('The page of the console is older than its sources: it is built.\n');
  const begun = new Date();
  const built = `${FOLDER}-${process.pid}`;
  const { status, stdout, stderr } = spawnSync(
    'npx',
    ['vite', 'build', '--logLevel', 'warn', '--outDir', built],
    // Jest sets NODE_ENV to test, with which React is twice as large as in production.
    { cwd: join(ROOT, 'console'), encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
  );
  if (status !== 0) throw new Error(`The page of the console cannot be built: ${stdout}${stderr}`);
  // Changes of the sources during the build are not in it, so it gets the time of its start.
  utimesSync(join(built, 'index.html'), begun, begun);
  const old = `${built}-old`;
  if (existsSync(FOLDER)) renameSync(FOLDER, old);
  renameSync(built, FOLDER);
  rmSync(old, { recursive: true, force: true });
}

function isCurrent(): boolean {
  const folders = ['console/src', 'console/worker', 'console/public', 'client/src', 'src/text'];
  const files = ['console/index.html', 'console/vite.config.ts', 'package-lock.json'];
  const sources = folders.flatMap((folder) => filesIn(join(ROOT, folder)));
  return isNewer(join(FOLDER, 'index.html'), [...sources, ...files.map((name) => join(ROOT, name))]);
}
