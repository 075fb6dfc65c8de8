import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/wait.js';

describe('search on an index that is not whole', () => {
  async function found(change: string, query: string): Promise<SessionListResponse> {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'accents', source: 'cli', started_at: hour(40) });
    say(writer, 'accents', 'user', 'Crème brûlée recipe, not creamy', hour(40));
    changeAnything(writer, change);
    writer.close();
    const server = await TestServer.start(path);
    try {
      return await server.json<SessionListResponse>(`/v1/sessions?${query}`);
    } finally {
      await server.close();
    }
  }

  /** SQLite guards the tables in which an index is kept. */
  function changeAnything(writer: HistoryWriter, sql: string): void {
    writer.db.unsafeMode(true);
    writer.db.exec(sql);
    writer.db.unsafeMode(false);
  }

  const damageIndex = 'UPDATE messages_fts_data SET block = zeroblob(length(block)) WHERE id > 10;';

  const dropIndex =
    ['insert', 'delete', 'update'].map((event) => `DROP TRIGGER messages_fts_${event};`).join('') +
    'DROP TABLE messages_fts;';

  it.each([
    ['as usual', ''],
    ['by reading the messages where it is missing', dropIndex],
    ['by reading the messages where it is stale', "INSERT INTO state_meta VALUES ('fts_stale', '1')"],
    ['by reading the messages where it is damaged', damageIndex],
    ['by reading the messages where its own tables are gone', 'DROP TABLE messages_fts_data'],
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

  it.each([
    ['words', 'kiwi', 'messages_fts_insert'],
    ['parts of words', '奇异果', 'messages_fts_trigram_insert'],
  ])('finds %s of what came after its trigger was dropped while it runs', async (_what, text, trigger) => {
    const path = smallHistory(25);
    const server = await TestServer.start(path);
    const search = `/v1/sessions?search=${encodeURIComponent(text)}`;
    const add = (writer: HistoryWriter, id: string): void => {
      writer.addSession({ id, source: 'cli', started_at: hour(40) });
      say(writer, id, 'user', 'kiwi, 奇异果汁', hour(40));
    };
    const writer = HistoryWriter.open(path);
    add(writer, 'early');
    expect(await server.json(search)).toMatchObject({ total: 1 });
    writer.db.exec(`DROP TRIGGER ${trigger}`);
    add(writer, 'late');
    writer.close();
    const late = await server.json<SessionListResponse>(search);
    expect([late.total, late.search_incomplete]).toEqual([2, undefined]);
    await server.close();
  });

  it('says so where nothing tells it what changed', async () => {
    expect(await found('DROP TRIGGER messages_fts_update', 'search=brulee')).toMatchObject({
      total: 1,
      search_incomplete: true,
    });
  });

  it('keeps no answer that says so, for the next who asks', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    changeAnything(
      writer,
      "INSERT INTO state_meta VALUES ('fts_rebuild_high_water', '20'), ('fts_rebuild_progress', '3')",
    );
    writer.close();
    const server = await TestServer.start(path);
    await until(async () => (await server.get('/readyz')).status === 200, 'The server');
    const kept = async (): Promise<string | undefined> =>
      /^hermes_sessions_answers_total\{source="kept"\} .*$/m.exec(
        (await server.get('/metrics').buffer(true)).text,
      )?.[0];
    for (let time = 0; time < 3; time++) await server.json('/v1/sessions?search=tomatoes');
    expect(await kept()).toBeUndefined();
    for (let time = 0; time < 3; time++) await server.json('/v1/sessions?search=');
    expect(await kept()).toBe('hermes_sessions_answers_total{source="kept"} 2');
    await server.close();
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
