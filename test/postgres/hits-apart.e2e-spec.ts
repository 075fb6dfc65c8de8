import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { Deadline } from '../../src/sessions/search/deadline.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { SessionSearch } from '../../src/stores/postgres/search/session-search.js';
import { createDatabase, runSql } from '../support/database.js';
import { hour, say } from '../support/histories.js';
import { tellStatements } from '../support/sent-statements.js';
import { temporaryFolder, TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';

/** A history in which each session says one thing. */
function historyOf(sayings: Readonly<Record<string, string>>): string {
  const path = join(temporaryFolder(), 'state.db');
  const writer = HistoryWriter.create(path, 30);
  writer.together(() => {
    Object.entries(sayings).forEach(([id, text], at) => {
      writer.addSession({ id, source: 'cli', started_at: hour(at) });
      say(writer, id, 'user', text, hour(at));
    });
  });
  writer.close();
  return path;
}

async function send(path: string, url: string, origin?: string): Promise<void> {
  const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url, origin);
  await shipper.settled();
  await shipper.stop();
}

describe('what a search finds in a database', () => {
  let url: string;

  beforeEach(async () => {
    url = await createDatabase();
  });

  const found = async (server: TestServer, text: string): Promise<readonly (readonly unknown[])[]> => {
    const { data, total } = await server.json<SessionListResponse>(
      `/v1/sessions?search=${encodeURIComponent(text)}`,
    );
    expect(total).toBe(data.length);
    return data.map(({ id, match }) => [id, match?.snippet]);
  };

  it('is told apart by the history as well as by the number of a session, which a host chooses', async () => {
    await send(historyOf({ theirs: 'ripe figs and dates' }), url, 'one');
    await send(historyOf({ own: 'dried figs and dates' }), url, 'two');
    await runSql(
      url,
      `WITH taken AS (SELECT number FROM sessions WHERE id = 'theirs'), mine AS (SELECT history_id, number FROM sessions WHERE id = 'own'),
        w AS (UPDATE session_words SET session_number = (SELECT number FROM taken) WHERE history_id = (SELECT history_id FROM mine)),
        c AS (UPDATE conversations SET number = (SELECT number FROM taken) WHERE history_id = (SELECT history_id FROM mine))
        UPDATE sessions SET number = (SELECT number FROM taken), root_number = (SELECT number FROM taken) WHERE id = 'own'`,
    );
    const server = await TestServer.onDatabase(url);
    const marked = [
      ['own', 'dried <mark>figs and dates</mark>'],
      ['theirs', 'ripe <mark>figs and dates</mark>'],
    ];
    expect((await found(server, '"figs and dates"')).toSorted()).toEqual(marked);
    expect((await found(server, 'dried OR ripe')).toSorted()).toEqual([
      ['own', '<mark>dried</mark> figs and dates'],
      ['theirs', '<mark>ripe</mark> figs and dates'],
    ]);
    await server.close();
  });

  it('does not have what it excludes, though the words of a message are too many to be kept', async () => {
    const many = Array.from({ length: 90_000 }, (_, at) => `word${at}`).join(' ');
    await send(historyOf({ long: `figs ${many} dates`, short: 'figs alone' }), url);
    expect(await runSql(url, 'SELECT count(*)::int AS cut FROM session_words WHERE NOT is_whole')).toEqual([
      { cut: 1 },
    ]);
    const server = await TestServer.onDatabase(url);
    expect(await found(server, 'figs NOT dates')).toEqual([['short', '<mark>figs</mark> alone']]);
    expect((await found(server, 'figs')).map(([id]) => id).toSorted()).toEqual(['long', 'short']);
    await server.close();
  });

  it('is read once, where it is too little for an estimate', async () => {
    await send(
      historyOf({ a: 'figs and dates', b: 'dates and figs', c: 'figs or dates', d: 'and figs dates' }),
      url,
    );
    let reads = 0;
    const end = tellStatements((sql) => {
      if (/JOIN messages m/.test(sql)) reads++;
    });
    const connection = new PostgresConnection({ url, replicaUrls: [], poolSize: 1, timeLimit: 30_000 });
    const text = '"and dates"';
    const page = await connection.snapshot((manager) =>
      new SessionSearch(manager, new Deadline(30_000), { entries: 0, read: 0 }).page(
        {
          filter: { access: {}, includeChildren: false, archived: 'false', search: text },
          ...{ sort: 'relevance', limit: 3, start: { offset: 0 }, total: 'about' },
        },
        text,
      ),
    );
    end();
    await connection.close();
    expect([page.total, page.isTotalAbout]).toEqual([1, undefined]);
    // Once to find out, and once for what is shown.
    expect(reads).toBe(2);
  });
});
