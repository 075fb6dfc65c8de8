import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { MESSAGE_STATE } from '../../src/sessions/transcript/message-state.js';
import { runSql } from '../support/database.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TestListener } from '../support/listener.js';
import { ShippedHost } from '../support/shipped-host.js';
import { until } from '../support/wait.js';

/** Enough messages that only what follows them is looked at where a session changes. */
const LONG = 1100;

describe('a message that is changed in place, so that no count and no time gives it away', () => {
  let host: ShippedHost;

  beforeEach(async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      writer.addSession({ id: 'long', source: 'cli', started_at: hour(40) });
      for (let at = 0; at < LONG; at++) say(writer, 'long', 'user', `hunter2 ${at}`, hour(40) + at);
      writer.addSession({ id: 'short', source: 'cli', started_at: hour(40) });
      say(writer, 'short', 'user', 'hunter2', hour(40));
      writer.addSession({ id: 'odd', source: 'cli', started_at: hour(40) });
      say(
        writer,
        'odd',
        'user',
        'A zero \0, an escape \x10, half of an emoji \ud800 and a whole one 🦀',
        hour(40),
      );
      say(writer, 'odd', 'user', 'A number of tokens', hour(40));
    });
    writer.db.exec(`UPDATE messages SET token_count = 1e21 WHERE content = 'A number of tokens';
      UPDATE messages SET content = x'c3ff00', timestamp = 'soon' WHERE id = (SELECT max(id) FROM messages WHERE session_id = 'odd') - 1`);
    writer.close();
    host = await ShippedHost.start(path);
  });

  afterEach(() => host.offline());

  /** Of each session that the database has, in which transaction it was written. */
  const written = async (): Promise<ReadonlyMap<unknown, unknown>> =>
    new Map(
      (await runSql(host.url, 'SELECT id, xmin::text FROM sessions')).map(({ id, xmin }) => [id, xmin]),
    );

  it('comes to the database, and nothing else is sent again', async () => {
    const before = await written();
    host.run(
      `UPDATE messages SET content = replace(content, 'hunter2', '*******') WHERE content LIKE 'hunter2%'`,
    );
    await host.settled();
    expect(await host.messages('hunter2')).toBe(LONG + 1);
    await until(async () => (await host.messages('hunter2')) === 0);
    await host.settled();
    expect(await host.messages('*******')).toBe(LONG + 1);
    const after = await written();
    expect([...after].filter(([id, xmin]) => before.get(id) !== xmin).map(([id]) => id)).toEqual(
      expect.arrayContaining(['long', 'short']),
    );
    expect([...after].filter(([id, xmin]) => before.get(id) !== xmin)).toHaveLength(2);
    const server = await TestServer.onDatabase(host.url);
    expect(await server.json('/v1/sessions?search=hunter2')).toMatchObject({ total: 0 });
    await server.close();
  });

  it('is told where readers see it, and not where only searches do', async () => {
    const server = await TestServer.onDatabase(host.url);
    const listener = await TestListener.to(server, '/v1/sessions/events');
    /** What is told of the session `short` when an answer follows. */
    const toldWith = async (answer: string): Promise<readonly string[] | undefined> => {
      const heard = listener.heard.length;
      host.run(`INSERT INTO messages (session_id, role, content, timestamp) VALUES ('short', 'assistant', '${answer}', ${hour(50)});
        UPDATE sessions SET message_count = message_count + 1 WHERE id = 'short'`);
      await host.settled();
      await listener.until(() => listener.heard.slice(heard).some(({ changed }) => changed !== undefined));
      return listener.heard.slice(heard).find(({ changed }) => changed !== undefined)?.changed;
    };
    const ofShort = "SELECT state FROM messages WHERE session_id = 'short' ORDER BY id LIMIT 1";
    const asNow = await runSql(host.url, ofShort);
    // As the rules for words before these left it.
    await runSql(
      host.url,
      `UPDATE messages SET state = (state & ~${MESSAGE_STATE.hasWordsOfNow}) | 128 WHERE session_id = 'short'`,
    );
    expect(await toldWith('An answer')).not.toContain('preview');
    expect(await runSql(host.url, ofShort)).toEqual(asNow);
    host.run(`UPDATE messages SET content = '*******' WHERE session_id = 'short' AND role = 'user';
      UPDATE messages SET timestamp = timestamp + 1 WHERE session_id = 'short' AND role = 'user'`);
    expect(await toldWith('Another one')).toContain('preview');
    listener.leave();
    await server.close();
  });
});
