import { join } from 'node:path';
import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { STEP } from '../../src/stores/hermes/file/state-db-file.js';
import { hour } from '../support/histories.js';
import { writeHome } from '../support/profiles.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

describe("the sidebar in the words of Hermes's dashboard", () => {
  const SIDEBAR = '/dashboard/api/profiles/sessions/sidebar';

  interface Sidebar {
    readonly recents: { readonly profiles_usage: Readonly<Record<string, { readonly tokens: number }>> };
  }

  it('asks which profiles there are once, and counts nothing again while nothing has changed', async () => {
    const stateDb = join(writeHome(), 'state.db');
    const written = Date.now();
    const server = await TestServer.start(stateDb, { PROFILES: 'on' });
    const repository = server.app.get(SessionsRepository, { strict: false });
    const usage = async (): Promise<Sidebar['recents']['profiles_usage']> =>
      (await server.json<Sidebar>(SIDEBAR)).recents.profiles_usage;
    // Before its index is built, nobody can say whether a history has changed.
    await until(async () => (await server.get('/readyz')).status === 200, 'the indexes');
    // Within one step of the clock of its file system a file that was written to is looked at once more, since another change would leave no trace.
    await until(() => Date.now() - written > 2 * STEP, 'the next step of the clock');
    await usage();
    const before = await usage();
    expect(Object.keys(before).sort()).toEqual(['coder', 'default', 'writer']);
    const names = jest.spyOn(repository, 'profileNames');
    const count = jest.spyOn(repository, 'statistics');
    expect(await usage()).toEqual(before);
    expect([names.mock.calls.length, count.mock.calls.length]).toEqual([1, 0]);
    const writer = HistoryWriter.open(stateDb);
    writer.addSession({ id: 'more', source: 'cli', started_at: hour(1), input_tokens: 1000 });
    writer.close();
    await server.settled();
    const { default: now } = await usage();
    expect(now?.tokens).toBe((before.default?.tokens ?? 0) + 1000);
    jest.restoreAllMocks();
    await server.close();
  });
});
