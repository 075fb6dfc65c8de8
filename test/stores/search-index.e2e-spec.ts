import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

describe('search on an index that is not whole', () => {
  async function found(change: string, query: string): Promise<SessionListResponse> {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'accents', source: 'cli', started_at: hour(40) });
    say(writer, 'accents', 'user', 'Crème brûlée recipe, not creamy', hour(40));
    writer.db.exec(change);
    writer.close();
    const server = await TestServer.start(path);
    try {
      return await server.json<SessionListResponse>(`/v1/sessions?${query}`);
    } finally {
      await server.close();
    }
  }

  const dropIndex =
    ['insert', 'delete', 'update'].map((event) => `DROP TRIGGER messages_fts_${event};`).join('') +
    'DROP TABLE messages_fts;';

  it.each([
    ['as usual', ''],
    ['by reading the messages where it is missing', dropIndex],
    ['by reading the messages where it is stale', "INSERT INTO state_meta VALUES ('fts_stale', '1')"],
  ])('finds the same %s', async (_name, change) => {
    expect(await found(change, 'search=creme+brulee')).toMatchObject({
      total: 1,
      data: [
        { id: 'accents', match: { snippet: '<mark>Crème</mark> <mark>brûlée</mark> recipe, not creamy' } },
      ],
    });
    expect(await found(change, 'search=%22water+often%22')).toMatchObject({ total: 0 });
    expect(await found(change, 'search=crea*')).toMatchObject({ total: 1 });
    expect(await found(change, 'search=cream')).toMatchObject({ total: 0 });
    expect(await found(change, 'search=brulee+NOT+creamy')).toMatchObject({ total: 0 });
    expect((await found(change, 'search=brulee')).search_incomplete).toBeUndefined();
  });

  it('says so while it is being rebuilt', async () => {
    const rebuilding =
      "INSERT INTO state_meta VALUES ('fts_rebuild_high_water', '20'), ('fts_rebuild_progress', '3')";
    expect(await found(rebuilding, 'search=tomatoes')).toMatchObject({ total: 1, search_incomplete: true });
    const rebuilt =
      "INSERT INTO state_meta VALUES ('fts_rebuild_high_water', '20'), ('fts_rebuild_progress', '20')";
    expect((await found(rebuilt, 'search=tomatoes')).search_incomplete).toBeUndefined();
  });
});
