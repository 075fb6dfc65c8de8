import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { Deadline } from '../../src/sessions/search/deadline.js';
import type { TotalPrecision } from '../../src/sessions/session-query.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { SessionSearch } from '../../src/stores/postgres/search/session-search.js';
import { runSql } from '../support/database.js';
import { hour, say } from '../support/histories.js';
import { temporaryFolder } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';

/** Rows of words that are read in one go along a list. */
const ROWS = 200;

/** Counts nothing that it need not. */
const FEW = { entries: 0, read: 0 };

describe('a list that is walked along for a search whose total is told as about so many', () => {
  let connection: PostgresConnection;
  let host: ShippedHost;

  /** @param add adds a conversation, each older than the one before it. */
  const ship = async (
    write: (add: (id: string, texts: readonly string[], title?: string) => void) => void,
  ): Promise<void> => {
    const path = join(temporaryFolder(), 'state.db');
    const writer = HistoryWriter.create(path, 25);
    let at = hour(1000);
    writer.together(() => {
      write((id, texts, title) => {
        at -= 3600;
        writer.addSession({ id, source: 'cli', started_at: at, title: title ?? null });
        for (const [index, text] of texts.entries()) say(writer, id, 'user', text, at + index / 1000);
      });
    });
    writer.close();
    host = await ShippedHost.start(path);
    await host.offline();
    await runSql(host.url, 'VACUUM (ANALYZE) sessions, conversations, session_words, session_counts');
    connection = new PostgresConnection({ url: host.url, replicaUrls: [], poolSize: 1, timeLimit: 30_000 });
  };

  afterEach(() => connection.close());

  const search = async (text: string, total: TotalPrecision, limit: number): Promise<readonly string[]> => {
    const { entries } = await connection.snapshot((manager) =>
      new SessionSearch(manager, new Deadline(30_000), FEW).page(
        {
          ...{ sort: '-last_active_at', limit, start: { offset: 0 }, total },
          filter: { access: {}, includeChildren: false, archived: 'false', search: text },
        },
        text,
      ),
    );
    return entries.map(({ session }) => session.id);
  };

  it('has what lies between the end of the walk and titles', async () => {
    await ship((add) => {
      for (let at = 0; at < 100; at++) add(`new-${at}`, ['Nothing of the kind']);
      for (let at = 0; at < 200; at++) add(`hit-${at}`, ['About kubernetes']);
      for (let at = 0; at < 5; at++) add(`titled-${at}`, ['Nothing'], `A plan for kubernetes ${at}`);
    });
    expect(await search('kubernetes', 'about', 2)).toEqual(['hit-0', 'hit-1']);
  });

  it('has a conversation whose rows were read in two parts', async () => {
    const apart = 'quince then orchard';
    await ship((add) => {
      for (let at = 0; at < ROWS - 1; at++) add(`new-${at}`, [apart]);
      add('long', ['the quince orchard', ...Array.from({ length: 150 }, () => apart)]);
      for (let at = 0; at < 20; at++) add(`old-${at}`, [apart]);
    });
    expect(await search('"quince orchard"', 'exact', 5)).toEqual(['long']);
    expect(await search('"quince orchard"', 'about', 5)).toEqual(['long']);
  });
});
