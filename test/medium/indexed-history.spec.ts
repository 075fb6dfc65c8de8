import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { OWN_SQL } from '../../src/stores/hermes/index/index-builder.js';
import { IndexedHistory } from '../../src/stores/hermes/index/indexed-history.js';
import { IndexWriter } from '../../src/stores/hermes/index/index-writer.js';
import { SessionDigests } from '../../src/stores/hermes/index/session-digests.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { openIndexedHistory } from '../support/indexed-history.js';

describe('what an answer shows, beside its index', () => {
  let agent: HistoryWriter;
  let writer: IndexWriter;
  let indexed: IndexedHistory;

  beforeEach(() => {
    const path = smallHistory(25);
    agent = HistoryWriter.open(path);
    ({ indexed, writer } = openIndexedHistory(path));
  });

  afterEach(() => {
    writer.close();
    indexed.reader.db.close();
    agent.close();
  });

  const rowidOf = (id: string): number =>
    Number(agent.db.prepare('SELECT rowid FROM sessions WHERE id = ?').pluck().get(id));

  it('costs the index nothing where its rows are as they were', () => {
    const { transactions } = writer;
    expect(indexed.recheck(writer.rowids())).toBe(false);
    expect(indexed.recheck([123_456])).toBe(false);
    expect(writer.transactions).toBe(transactions);
  });

  it.each([
    ['a flag', "UPDATE sessions SET archived = 1 WHERE id = 'plain'"],
    ['a field that was empty', "UPDATE sessions SET cwd = '/srv' WHERE id = 'plain'"],
    ['a marker', `UPDATE sessions SET model_config = '{"_branched_from":"reset"}' WHERE id = 'plain'`],
    [
      'a possession',
      "UPDATE sessions SET system_prompt = NULL, system_prompt_hash = NULL WHERE id = 'plain'",
    ],
    [
      'the time of its newest message',
      "UPDATE messages SET timestamp = timestamp + 7000 WHERE session_id = 'plain'",
    ],
    ['a rewind', "UPDATE messages SET active = 0 WHERE session_id = 'plain'"],
    ['messages that are gone', "DELETE FROM messages WHERE session_id = 'plain'"],
    ['its own end', "DELETE FROM sessions WHERE id = 'plain'"],
    ['another name', "UPDATE sessions SET id = 'other' WHERE id = 'plain'"],
  ])('finds a session that differs by %s, once', (_what, change) => {
    const rowids = [rowidOf('plain'), rowidOf('reset')];
    agent.db.exec(change);
    expect(indexed.recheck(rowids)).toBe(true);
    expect(indexed.recheck(rowids)).toBe(false);
  });

  it('knows whose each message is that an agent adds, one after the other', () => {
    const owners = (): unknown =>
      indexed.reader
        .all(
          `SELECT m.id, k.id AS owner, o.session < 0 AS rewound FROM messages m LEFT JOIN known_messages o ON o.id = m.id
            LEFT JOIN known_sessions k ON k.number = abs(o.session) WHERE m.session_id IN ('plain', 'reset') ORDER BY m.id DESC LIMIT 5`,
        )
        .map(({ owner, rewound }) => [owner, rewound]);
    for (const [session, text] of [
      ['plain', 'One more'],
      ['reset', 'Another one'],
      ['plain', 'And one'],
      ['plain', 'The last one'],
    ] as const) {
      say(agent, session, 'user', text, hour(62));
      indexed.refresh();
    }
    agent.addMessage({
      session_id: 'plain',
      role: 'user',
      content: 'Rewound',
      timestamp: hour(63),
      active: 0,
    });
    indexed.refresh();
    expect(owners()).toEqual([
      ['plain', 1],
      ['plain', 0],
      ['plain', 0],
      ['reset', 0],
      ['plain', 0],
    ]);
  });

  it('knows whose a message is that has the id of another, which a backup took out of a file with many', () => {
    for (const name of agent.db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")
      .pluck()
      .all())
      agent.db.exec(`DROP TRIGGER ${String(name)}`);
    agent.db.exec(`INSERT INTO messages (session_id, role, content, timestamp)
      SELECT 'plain', 'user', 'x', ${hour(61)} FROM json_each('[${'0,'.repeat(100_000)}0]')`);
    indexed.refresh();
    agent.db
      .exec(`DELETE FROM messages WHERE id > (SELECT seq - 5 FROM sqlite_sequence WHERE name = 'messages');
      UPDATE sqlite_sequence SET seq = seq - 5 WHERE name = 'messages'`);
    indexed.refresh();
    const id = say(agent, 'reset', 'user', 'And so on', hour(62));
    indexed.refresh();
    const owner = indexed.reader.value(
      'SELECT k.id FROM known_messages o JOIN known_sessions k ON k.number = o.session WHERE o.id = ?',
      id,
    );
    expect(owner).toBe('reset');
  });

  it.each(['compression', 'session_reset', 'branched'])(
    'knows at once what goes on after a session that ended by %s',
    (reason) => {
      const begin = (): void => {
        agent.addSession({
          ...{ id: 'next', source: 'cli', parent_session_id: 'plain', started_at: hour(61) },
          session_key: 'a chat',
        });
      };
      const end = agent.db.prepare(
        "UPDATE sessions SET ended_at = ?, end_reason = ?, session_key = 'a chat' WHERE id = 'plain'",
      );
      agent.db.transaction(() => {
        end.run(hour(61), reason);
        begin();
        say(agent, 'next', 'user', 'And so on', hour(61));
      })();
      indexed.refresh();
      expect(tipIn(indexed, 'next')).toBe('next');
      expect(tipIn(indexed, 'plain')).toBe(reason === 'compression' ? 'next' : 'plain');
      // An agent may also begin the next one first, and end the last one when nobody has said anything yet.
      agent.db.exec(
        "DELETE FROM messages WHERE session_id = 'next'; DELETE FROM sessions WHERE id = 'next'; UPDATE sessions SET end_reason = NULL, ended_at = NULL WHERE id = 'plain'",
      );
      indexed.readAll();
      begin();
      indexed.refresh();
      expect(tipIn(indexed, 'next')).toBeUndefined();
      end.run(hour(61), reason);
      indexed.refresh();
      say(agent, 'next', 'user', 'And so on', hour(62));
      indexed.refresh();
      expect(tipIn(indexed, 'next')).toBe('next');
    },
  );

  it('looks for replaced rows once where the last row has no id that can be asked for', () => {
    agent.db.exec("INSERT INTO sessions (id, source, started_at) VALUES ('', 'cli', 1)");
    indexed.refresh();
    const read = jest.spyOn(indexed.reader, 'all');
    for (const text of ['One more', 'Another one']) {
      say(agent, 'plain', 'user', text, hour(61));
      indexed.refresh();
    }
    const statements = read.mock.calls.map(([sql]) => sql);
    read.mockRestore();
    expect(statements.filter((sql) => sql === 'SELECT rowid AS session_rowid, id FROM sessions')).toEqual([]);
  });

  it('reads whose messages are whose in one go, however many one session has', () => {
    const { db } = writer.reader;
    const plan = db.prepare<[string], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${OWN_SQL}`);
    expect(plan.all('[]').map(({ detail }) => detail)).toEqual([
      ...['MATERIALIZE lists', expect.stringMatching(/^SCAN json_each/)],
      ...['SCAN lists', expect.stringMatching(/^SCAN own/)],
    ]);
    db.prepare(OWN_SQL).run('[[7,[900001,900002]],[-7,[900003]],[8,[]]]');
    expect(db.prepare('SELECT * FROM known_messages WHERE id > 900000 ORDER BY id').raw().all()).toEqual([
      [900_001, 7],
      [900_002, 7],
      [900_003, -7],
    ]);
  });

  it('tells of all its sessions at once what it tells of each', () => {
    const twice = { role: 'user', content: 'Said before a compaction', timestamp: hour(60) };
    for (const active of [0, 1])
      agent.addMessage({ session_id: 'plain', ...twice, active, compacted: 1 - active });
    say(agent, 'reset', 'user', 'One more', hour(61));
    const moment = { reader: indexed.reader, layout: indexed.layout, dataVersion: 1 };
    const ids = writer.ids().map(([, id]) => id);
    const together = new SessionDigests();
    together.read(moment, ids);
    const read = jest.spyOn(indexed.reader, 'all').mockReturnValue([]);
    const known = ids.map((id) => together.of(moment, id));
    read.mockRestore();
    expect(known).toEqual(ids.map((id) => new SessionDigests().of(moment, id)));
    expect(together.of(moment, 'plain').turnCount).toBe(
      agent.db
        .prepare("SELECT count(*) FROM messages WHERE session_id = 'plain' AND role = 'user' AND active = 1")
        .pluck()
        .get(),
    );
  });
});

/** The session that a conversation goes on in, as a list has it; undefined where the session is in none. */
function tipIn(indexed: IndexedHistory, id: string): string | undefined {
  const session = indexed.known.node(id);
  return session === undefined ? undefined : indexed.known.conversation(session.familyNumber)?.tipId;
}
