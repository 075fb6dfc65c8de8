import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { copyOf, temporaryFolder, TestServer } from '../support/server.js';

const histories: readonly (readonly [string, () => string])[] = [
  ['small', () => smallHistory(25)],
  ['large', () => withManySessions(smallHistory(25))],
];

/** Writes a backup into a file that others have open, as `.restore` of SQLite's shell does. */
async function restore(backup: string, path: string): Promise<void> {
  const db = new Sqlite(backup, { readonly: true });
  await db.backup(path);
  db.close();
}

describe.each(histories)('a backup that is restored into the file of a %s history', (_size, write) => {
  it('is followed as any history is, though its messages have ids of those that are gone', async () => {
    const path = write();
    const backup = copyOf(path);
    const server = await TestServer.start(path);
    const agent = HistoryWriter.open(path);
    for (let at = 0; at < 50; at++) say(agent, 'plain', 'user', `Lost ${at}`, hour(3000) + at);
    agent.close();
    const find = async (word: string): Promise<readonly unknown[]> => {
      const { data } = await server.json<SessionListResponse>(
        `/v1/sessions?search=${encodeURIComponent(word)}`,
      );
      return data.map(({ id, match }) => [id, match?.snippet]);
    };
    expect(await find('Lost')).toHaveLength(1);
    const listener = await TestListener.to(server, '/v1/sessions/events');
    await restore(backup, path);
    await listener.until((events) => events.some(({ type }) => type === 'resync'));
    expect(await find('Lost')).toEqual([]);
    const after = HistoryWriter.open(path);
    say(after, 'reset', 'user', 'kiwi 用API调用', hour(3001));
    expect(await server.json('/v1/sessions?limit=1')).toMatchObject({ data: [{ id: 'reset' }] });
    await listener.until((events) => events.some(({ message }) => message?.content === 'kiwi 用API调用'));
    for (const word of ['kiwi', 'API'])
      expect(await find(word)).toEqual([['reset', expect.stringContaining('<mark>')]]);
    listener.leave();
    after.close();
    await server.close();
  });

  it('is not told by an index that was kept, whose newest messages are others of the same ids', async () => {
    const path = write();
    const backup = copyOf(path);
    const environment = { INDEX_DIR: temporaryFolder() };
    const served = async (words: readonly string[]): Promise<readonly unknown[]> => {
      const server = await TestServer.onFile(path, environment);
      const found: unknown[] = [];
      for (const word of words) {
        const { data } = await server.json<SessionListResponse>(`/v1/sessions?search=${word}`);
        found.push(data.map(({ id, match }) => [id, match?.snippet]));
      }
      await server.close();
      return found;
    };
    const sayBoth = (first: readonly [string, string], second: readonly [string, string]): void => {
      const agent = HistoryWriter.open(path);
      for (const [id, text] of [first, second]) say(agent, id, 'user', text, hour(3000));
      agent.close();
    };
    sayBoth(['plain', 'walrus'], ['reset', 'ocelot']);
    expect(await served(['walrus', 'ocelot'])).toEqual([
      [['plain', '<mark>walrus</mark>']],
      [['reset', '<mark>ocelot</mark>']],
    ]);
    await restore(backup, path);
    sayBoth(['reset', 'narwhal'], ['plain', 'lynx']);
    const after = [[['reset', '<mark>narwhal</mark>']], [['plain', '<mark>lynx</mark>']], []];
    expect(await served(['narwhal', 'lynx', 'walrus'])).toEqual(after);
  });
});
