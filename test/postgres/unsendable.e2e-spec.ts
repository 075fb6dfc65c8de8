import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import { MessageCopies } from '../../src/stores/postgres/incoming/copied-messages.js';
import { createDatabase, runSql } from '../support/database.js';
import { hour, smallHistory, withManySessions } from '../support/histories.js';
import { CliProcess, runCli } from '../support/process.js';
import { temporaryFolder, TestServer, testSettings } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';
import { TestShipper } from '../support/shipped.js';
import { until } from '../support/wait.js';

const MEBIBYTE = 1024 * 1024;

function writeRow(path: string, sql: string, ...parameters: readonly unknown[]): void {
  const writer = HistoryWriter.open(path);
  writer.db.prepare(sql).run(...parameters);
  writer.close();
}

describe('a message that a shipper cannot send', () => {
  let url: string;

  beforeEach(async () => {
    url = await createDatabase();
  });

  const sessions = async (condition: string): Promise<unknown> =>
    (await runSql(url, `SELECT id FROM sessions WHERE ${condition} ORDER BY id`)).map(({ id }) => id);

  const shipOnce = async (path: string): Promise<void> => {
    const shipper = await TestShipper.start(testSettings({ STATE_DB: path }), url);
    await shipper.settled();
    await shipper.stop();
  };

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each([
    ['content', null],
    ['reasoning_content', 'Yes'],
  ])('comes without what its host does not read either: %s', async (column, told) => {
    const path = smallHistory(25);
    const message = {
      session_id: 'plain',
      role: 'assistant',
      content: 'Yes',
      reasoning: 'Hm',
      timestamp: hour(40),
    };
    const writer = HistoryWriter.open(path);
    const id = writer.addMessage(message);
    writer.close();
    writeRow(
      path,
      `UPDATE messages SET ${column} = CAST(zeroblob(${300 * MEBIBYTE}) AS TEXT) WHERE id = ?`,
      id,
    );
    await shipOnce(path);
    const read = async (server: TestServer): Promise<unknown> => {
      const { data } = await server.json<MessageListResponse>('/v1/sessions/plain/messages');
      await server.close();
      return data.map(({ content, reasoning, too_large: isTooLarge }) => [content, reasoning, isTooLarge]);
    };
    const expected = await read(await TestServer.onFile(path));
    expect(expected).toContainEqual([told, 'Hm', true]);
    expect(await read(await TestServer.onDatabase(url))).toEqual(expected);
  });

  it.each([0, 150])(
    'is left out where no number tells it from the next, in a history of %i sessions more',
    async (more) => {
      const path = more === 0 ? smallHistory(25) : withManySessions(smallHistory(25), more);
      writeRow(
        path,
        `INSERT INTO messages (id, session_id, role, content, timestamp) VALUES (9223372036854775807, 'plain', 'user', 'No number', ?)`,
        hour(40),
      );
      const warn = jest.spyOn(Logger.prototype, 'warn');
      await shipOnce(path);
      expect(warn).toHaveBeenCalledWith(
        'A session of default is sent without 1 of its messages, whose ids are beyond 2^53 - 1 (plain).',
      );
      expect(await runSql(url, 'SELECT is_loaded FROM histories')).toEqual([{ is_loaded: true }]);
      expect(await sessions("id IN ('plain', 'branch')")).toEqual(['branch', 'plain']);
      expect(
        await runSql(url, "SELECT id FROM messages WHERE session_id = 'plain' AND content = 'No number'"),
      ).toEqual([]);
    },
  );

  it('keeps nothing of its session back, also where most of its messages are such', async () => {
    const host = await ShippedHost.start(smallHistory(25));
    const stored = async (): Promise<number> => {
      const [row] = await runSql(host.url, "SELECT stored_messages FROM sessions WHERE id = 'plain'");
      return Number(row?.stored_messages);
    };
    const before = await stored();
    host.run(
      `INSERT INTO messages (id, session_id, role, content, timestamp) VALUES (1000000000000000000, 'plain', 'user', 'No number', ${hour(40)})`,
    );
    // From then on SQLite gives no smaller ones.
    host.say(50, 'No number', hour(41));
    await host.settled();
    host.say(1, 'No number', hour(42));
    await host.settled();
    expect(await stored()).toBe(before + 52);
    await host.offline();
  });

  it('keeps nothing back but its session where it cannot be read, or be made a row', async () => {
    jest.spyOn(MessageCopies.prototype, 'add').mockImplementationOnce(() => {
      throw new RangeError('No row is made of it.');
    });
    await shipOnce(smallHistory(25));
    expect(await runSql(url, 'SELECT is_loaded FROM histories')).toEqual([{ is_loaded: true }]);
    expect(await runSql(url, 'SELECT count(*)::int AS sessions FROM sessions')).toEqual([{ sessions: 12 }]);
  });

  it('keeps nothing back but its session where the database refuses it, also of a shipper that sends once', async () => {
    const path = smallHistory(25);
    await runSql(
      url,
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.session_id IN ('plain', 'branch'))
        EXECUTE FUNCTION refuse()`,
    );
    const { code, stdout } = await runCli(['ship', '--once'], { STATE_DB: path, DATABASE_URL: url });
    expect(code).toBe(0);
    for (const id of ['plain', 'branch'])
      expect(stdout).toMatch(`A session of default cannot be sent (${id})`);
    expect(await runSql(url, 'SELECT is_loaded FROM histories')).toEqual([{ is_loaded: true }]);
    expect(await runSql(url, 'SELECT count(*)::int AS sessions FROM sessions')).toEqual([{ sessions: 11 }]);
  });

  it('is one that a slow database takes with fewer others, also from a shipper that sends once', async () => {
    const path = withManySessions(smallHistory(25), 420);
    await runSql(
      url,
      `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION slow()`,
    );
    const limits = { DATABASE_TIMEOUT_MS: '3000', LOG_LEVEL: 'warn' };
    const { code } = await runCli(['ship', '--once'], { STATE_DB: path, DATABASE_URL: url, ...limits });
    expect(code).toBe(0);
    expect(await runSql(url, 'SELECT is_loaded FROM histories')).toEqual([{ is_loaded: true }]);
    expect(await runSql(url, 'SELECT count(*)::int AS sessions FROM sessions')).toEqual([{ sessions: 433 }]);
  });

  it('keeps nothing back but its session where it takes longer than a statement may', async () => {
    const path = smallHistory(25);
    writeRow(
      path,
      `INSERT INTO messages (session_id, role, content, timestamp) VALUES ('plain', 'tool', ?, ${hour(40)})`,
      `Large ${'-'.repeat(150_000)}`,
    );
    await runSql(
      url,
      `CREATE SEQUENCE attempts;
      CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('attempts'); PERFORM pg_sleep(10); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.content LIKE 'Large %') EXECUTE FUNCTION slow()`,
    );
    // What is tried in vain is counted nevertheless.
    const attempts = async (): Promise<number> =>
      Number((await runSql(url, 'SELECT last_value FROM attempts'))[0]?.last_value);
    const compared = async (): Promise<unknown> =>
      (await runSql(url, 'SELECT compared_at::text FROM histories'))[0]?.compared_at;
    /** Has everything compared: something may have gone with a connection. */
    const breakConnections = async (): Promise<void> => {
      await runSql(
        url,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    };
    const ship = new CliProcess(
      ['ship', '--origin', 'build-01'],
      { STATE_DB: path, DATABASE_URL: url, LOG_LEVEL: 'silent', DATABASE_TIMEOUT_MS: '1000' },
      { cwd: temporaryFolder() },
    );
    await until(async () => (await runSql(url, 'SELECT 1 FROM histories WHERE is_loaded')).length > 0);
    expect(await sessions("id IN ('plain', 'branch', 'chain-1')")).toContain('branch');
    await until(async () => (await compared()) !== null);
    const first = await attempts();
    for (const id of ['new-1', 'new-2']) {
      writeRow(path, 'UPDATE sessions SET message_count = message_count + 1 WHERE id = ?', 'plain');
      writeRow(path, 'INSERT INTO sessions (id, source, started_at) VALUES (?, ?, ?)', id, 'cli', hour(41));
      await until(async () => (await runSql(url, 'SELECT 1 FROM sessions WHERE id = $1', [id])).length > 0);
    }
    expect(await attempts()).toBe(first);
    const before = await compared();
    await breakConnections();
    await until(async () => (await compared()) !== before);
    expect(await attempts()).toBe(first + 1);
    await runSql(url, 'DROP TRIGGER slow ON messages');
    await breakConnections();
    await until(
      async () => (await runSql(url, "SELECT 1 FROM messages WHERE content LIKE 'Large %'")).length > 0,
    );
    process.kill(ship.pid, 'SIGTERM');
    await ship.ended;
  });
});
