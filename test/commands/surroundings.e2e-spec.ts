import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { smallHistory } from '../support/histories.js';
import { CliProcess, type Launch } from '../support/process.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

/** What `--state-db` and the like do not say. */
const ENVIRONMENT = { API_SERVER_KEY: TEST_KEY, PORT: '0' };

const serve = (launch: Launch): CliProcess =>
  new CliProcess(['serve', '--state-db', smallHistory(25)], ENVIRONMENT, launch);

/** What a shell does before it becomes the program. */
const after = (commands: string): Launch => ({
  through: ['/bin/bash', '-c', `${commands}; exec "$@"`, 'bash'],
});

describe('a server that is started', () => {
  it('with less address space than Node.js reserves says so, instead of ending with the first request', async () => {
    const { code, stdout, stderr } = await serve(after('ulimit -v 6000000')).ended;
    expect(stderr).toMatch(/^This process is not allowed to reserve the address space .*ulimit -v.*\n$/);
    expect([code, stdout]).toEqual([1, '']);
  });

  it('in a folder that was removed says so', async () => {
    const { code, stderr } = await serve(after('cd "$(mktemp -d)" && rmdir "$PWD"')).ended;
    expect(stderr).toMatch(/^The folder that this was started in is gone, .*\n$/);
    expect(code).toBe(1);
  });

  it('beside a folder that is called .env, as that of a Python environment, answers', async () => {
    const cwd = folderWith((path) => {
      mkdirSync(path);
    });
    const server = serve({ cwd });
    const [, url] = await server.printed(/"url":"(http:[^"]+)"/);
    expect((await fetch(`${url ?? ''}/livez`)).status).toBe(200);
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });
});

it.each(['serve', 'doctor', 'export', 'mcp', 'keys list'])(
  'hermes-sessions %s says that .env cannot be read',
  async (command) => {
    // Nobody can read it, root neither.
    const cwd = folderWith((path) => {
      symlinkSync(path, path);
    });
    const { code, stderr } = await new CliProcess(command.split(' '), ENVIRONMENT, { cwd, input: '' }).ended;
    expect(stderr).toBe('.env in the working folder cannot be read (ELOOP): what it sets is not known.\n');
    expect(code).toBe(1);
  },
);

/** A folder with something that is called `.env`. */
function folderWith(make: (path: string) => void): string {
  const folder = temporaryFolder();
  make(join(folder, '.env'));
  return folder;
}
