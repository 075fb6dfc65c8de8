import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { StoreEvent } from '../../src/sessions/session-event.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { StoredEvents } from '../../src/stores/postgres/events/stored-events.js';
import { createDatabase, runSql } from '../support/database.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

/** How long changes are kept, in milliseconds. */
const KEPT = 600_000;

describe('changes that could not be read when they were told of', () => {
  let path: string;
  let url: string;
  let role: string;
  let shipper: TestShipper;
  let connection: PostgresConnection;
  let events: StoredEvents;
  let told: StoreEvent[];
  /** Looks that failed. */
  let failed: number;

  beforeEach(async () => {
    path = smallHistory(25);
    url = await createDatabase();
    shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    const reader = new URL(url);
    role = `${reader.pathname.slice(1)}_reader`;
    reader.username = role;
    reader.password = 'reader-password';
    await runSql(url, `CREATE ROLE ${role} LOGIN PASSWORD 'reader-password'`);
    await runSql(url, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    connection = new PostgresConnection({
      ...{ url: reader.href, replicaUrls: [], poolSize: 2, timeLimit: 30_000 },
    });
    countFailures();
    events = new StoredEvents(connection);
    told = [];
    await events.follow((event) => told.push(event));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    events.unfollow();
    await connection.close();
    await shipper.stop();
    await runSql(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  function countFailures(): void {
    failed = 0;
    const current = connection.current.bind(connection);
    jest.spyOn(connection, 'current').mockImplementation(async (read) => {
      try {
        return await current(read);
      } catch (error) {
        failed++;
        throw error;
      }
    });
  }

  const lookInVain = async (): Promise<void> => {
    const before = failed;
    // The first of these may have begun before.
    await until(() => failed > before + 1, 'a look in vain');
  };

  /** Says something that nobody reads of although it has arrived. */
  const sayUnread = async (): Promise<void> => {
    await runSql(url, `REVOKE SELECT ON changes FROM ${role}`);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'A persimmon meanwhile', hour(60));
    writer.close();
    const arrived = "SELECT 1 AS one FROM messages WHERE content LIKE '%persimmon%'";
    await until(async () => (await runSql(url, arrived)).length > 0, 'the message');
    await lookInVain();
    expect(told).toEqual([]);
  };

  it('are told as soon as they can be read', async () => {
    await sayUnread();
    await runSql(url, `GRANT SELECT ON changes TO ${role}`);
    await until(() => told.some(({ kind }) => kind === 'message'), 'the change');
    expect(told.map(({ kind }) => kind)).not.toContain('reset');
  });

  it('are said to be missing where they may have been forgotten meanwhile', async () => {
    await sayUnread();
    let later = 0;
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + later);
    later = KEPT / 3;
    await lookInVain();
    expect(told).toEqual([]);
    // Less than a change is kept after the last look, but not after the last one that has read anything.
    later = (2 * KEPT) / 3;
    await until(() => told.length > 0, 'word of it');
    expect(told.map(({ kind }) => kind)).toEqual(['reset']);
  });
});
