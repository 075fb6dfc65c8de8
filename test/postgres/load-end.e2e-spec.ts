import pg from 'pg';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { createDatabase, runSql } from '../support/database.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { CliProcess } from '../support/process.js';
import { temporaryFolder } from '../support/server.js';
import { until } from '../support/wait.js';

/** What whoever prepares the database, or ends a first load, holds meanwhile. */
const LOCK = 0x6865_726d_6573;

describe('a shipper whose first load cannot be ended, since somebody prepares the database', () => {
  it('follows its history meanwhile, says what it waits for, and ends when it is told to', async () => {
    const url = await createDatabase();
    const path = smallHistory(25);
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const follow = (): CliProcess =>
      new CliProcess(
        ['ship', '--origin', 'build-01'],
        { STATE_DB: path, DATABASE_URL: url },
        { cwd: temporaryFolder() },
      );
    const isThere = async (sql: string): Promise<boolean> => (await runSql(url, sql)).length > 0;
    const first = follow();
    await until(() => isThere("SELECT 1 FROM sessions WHERE id = 'plain'"));
    await first.printed(/it is waited for/);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'Said meanwhile', hour(90));
    writer.close();
    await until(() => isThere("SELECT 1 FROM messages WHERE content = 'Said meanwhile'"));
    expect(await runSql(url, 'SELECT is_loaded FROM histories')).toEqual([{ is_loaded: false }]);
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0 });
    const second = follow();
    await second.printed(/it is waited for/);
    await holder.query('COMMIT');
    await holder.end();
    await until(() => isThere('SELECT 1 FROM histories WHERE is_loaded'));
    await second.printed(/default was sent and will be kept up to date/);
    second.kill('SIGTERM');
    expect(await second.ended).toMatchObject({ code: 0 });
  });
});
