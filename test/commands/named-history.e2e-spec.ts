import { join } from 'node:path';
import { CliProcess } from '../support/process.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

describe.each(['serve', 'export', 'mcp'])('hermes-sessions %s', (command) => {
  const folder = temporaryFolder();

  it.each([
    ['--state-db', join(folder, 'state.db')],
    ['--home', folder],
  ])('reads what %s names, whatever database the environment names', async (option, value) => {
    const environment = {
      API_SERVER_KEY: TEST_KEY,
      DATABASE_URL: 'mysql://nowhere',
      DATABASE_REPLICA_URLS: 'mysql://nowhere-else',
    };
    const { code, stderr } = await new CliProcess([command, option, value], environment, {
      cwd: folder,
      input: '',
    }).ended;
    expect(stderr).toContain(`There is no file at ${join(folder, 'state.db')}.`);
    expect(code).toBe(1);
  });
});
