import { dirname, resolve } from 'node:path';
import { CliProcess } from './process.js';
import { ROOT } from './root.js';

const INSPECTOR = resolve(ROOT, 'node_modules/@modelcontextprotocol/inspector-cli/build/index.js');

/**
 * The output of the protocol's inspector for a server.
 * @param target a command with its arguments, or the address of `/mcp`.
 */
export async function inspected(
  target: readonly string[],
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const { code, stdout, stderr } = await new CliProcess([...target, ...args], environment, {
    program: INSPECTOR,
    // It looks for its package.json relative to the working folder.
    cwd: dirname(INSPECTOR),
  }).ended;
  if (code !== 0) throw new Error(`The inspector ended with ${String(code)}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}
