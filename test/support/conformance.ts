import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliProcess } from './process.js';
import { ROOT } from './root.js';
import { temporaryFolder } from './server.js';

const SUITE = resolve(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');

/** The suite imports a named function that Node has only since version 22, for a command that is not used here. */
const WITH_GLOB = resolve(ROOT, 'test/support/fs-with-glob.js');

/** The result of one check of the suite. */
export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

/** Runs one scenario of the protocol's conformance suite against a server. */
export async function conformanceChecks(
  url: string,
  scenario: string,
  revision: string,
): Promise<readonly Check[]> {
  const folder = temporaryFolder();
  const args = ['server', '--url', url, '--scenario', scenario, '--spec-version', revision, '-o', folder];
  const { stdout, stderr } = await new CliProcess(
    args,
    { NODE_OPTIONS: `--import=${WITH_GLOB}` },
    { program: SUITE, cwd: folder },
  ).ended;
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('checks.json'),
  );
  if (found === undefined) throw new Error(`${scenario} left no checks:\n${stdout}${stderr}`);
  return JSON.parse(readFileSync(join(folder, found), 'utf8')) as readonly Check[];
}
