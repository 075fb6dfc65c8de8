import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';
import { integrityOf, storedRow } from '../support/stored.js';
import { codeOf } from '../support/trash.js';
import { until } from '../support/wait.js';

/** More than one transaction is to hold. */
const MESSAGES = 4_000;

describe('a fork of a session of more messages than one transaction is to hold', () => {
  let server: TestServer;
  let stateDb: string;

  beforeEach(async () => {
    stateDb = smallHistory(30);
    write((writer) => {
      writer.addSession({ id: 'long', source: 'cli', title: 'Lighthouse', started_at: hour(20) });
      for (let at = 0; at < MESSAGES; at++)
        say(
          writer,
          'long',
          at % 2 === 0 ? 'user' : 'assistant',
          `Message ${at} of the keeper`,
          hour(20) + at,
        );
    });
    server = await TestServer.onFile(stateDb);
  });

  afterEach(async () => {
    await server.close();
    expect(integrityOf(stateDb)).toEqual([true, 'ok']);
  });

  /** Writes beside the server, as an agent does. */
  function write(change: (writer: HistoryWriter) => void): void {
    const writer = HistoryWriter.open(stateDb);
    writer.together(() => {
      change(writer);
    });
    writer.close();
  }

  function contentsOf(id: string): readonly string[] {
    const db = new Sqlite(stateDb, { readonly: true });
    const contents = db
      .prepare<[string], string>('SELECT content FROM messages WHERE session_id = ? ORDER BY id')
      .pluck()
      .all(id);
    db.close();
    return contents;
  }

  /** Forks it, and does something as soon as some of it is there, but not all. */
  async function forkAnd(work: () => void): Promise<Awaited<ReturnType<TestServer['post']>>> {
    let isOver = false;
    const answer = server.post('/api/sessions/long/fork', { id: 'fork' }).then((response) => {
      isOver = true;
      return response;
    });
    await until(() => isOver || contentsOf('fork').length > 0, 'a part of the fork');
    expect([isOver, contentsOf('fork').length < MESSAGES]).toEqual([false, true]);
    work();
    return answer;
  }

  it('lets others in, is not taken for whole before its last message is there, and has what came meanwhile', async () => {
    const { status, body } = await forkAnd(() => {
      expect(storedRow(stateDb, 'fork')).toMatchObject({
        ...{ title: null, parent_session_id: null, end_reason: 'import_unfinished', archived: 1, hidden: 1 },
      });
      expect(storedRow(stateDb, 'long')).toMatchObject({ ended_at: null });
      write((writer) => say(writer, 'long', 'user', 'An agent goes on', hour(90)));
    });
    expect([status, body]).toMatchObject([
      201,
      { session: { id: 'fork', title: 'Lighthouse #2', message_count: MESSAGES + 1 } },
    ]);
    expect(contentsOf('fork')).toEqual(contentsOf('long'));
    const origin = storedRow(stateDb, 'long');
    expect(origin).toMatchObject({ end_reason: 'branched' });
    expect(storedRow(stateDb, 'fork')).toMatchObject({
      ...{ parent_session_id: 'long', started_at: origin.ended_at, title_source: 'user' },
      ...{ ended_at: null, end_reason: null, archived: 0, hidden: 0, message_count: MESSAGES + 1 },
    });
  });

  it('is a branch of a session that ends otherwise meanwhile', async () => {
    const { status } = await forkAnd(() => {
      write(({ db }) =>
        db.exec(`UPDATE sessions SET end_reason = 'compression', ended_at = ${hour(90)} WHERE id = 'long'`),
      );
    });
    expect(status).toBe(201);
    expect(storedRow(stateDb, 'fork').model_config).toBe('{"_branched_from":"long"}');
    const { data } = await server.json<{ data: readonly { id: string }[] }>('/v1/sessions');
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['fork', 'long']));
  });

  it('is not made of a session of which only a part is there', async () => {
    write(({ db }) =>
      db.exec("UPDATE sessions SET end_reason = 'import_unfinished', ended_at = 10 WHERE id = 'long'"),
    );
    const refused = await server.post('/api/sessions/long/fork', { id: 'fork of a part' });
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('Only a part')]);
    expect(storedRow(stateDb, 'fork of a part')).toBeUndefined();
  });

  it('is taken out again where an agent takes back meanwhile what was copied', async () => {
    const answer = await forkAnd(() => {
      write((writer) =>
        writer.db.exec("UPDATE messages SET active = 0 WHERE content = 'Message 0 of the keeper'"),
      );
    });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'session_busy']);
    expect(contentsOf('fork')).toEqual([]);
    expect(storedRow(stateDb, 'fork')).toBeUndefined();
    expect(storedRow(stateDb, 'long')).toMatchObject({ ended_at: null, end_reason: null });
  });

  it('takes the place of what an earlier one left half-way, but of nothing that somebody may not know of', async () => {
    write((writer) => {
      const part = { source: 'cli', started_at: 10, ended_at: hour(0), end_reason: 'import_unfinished' };
      for (const [id, user_id] of [
        ['hers', 'ana'],
        ['his', 'bo'],
      ] as const) {
        writer.addSession({ id, user_id, ...part });
        say(writer, id, 'user', 'A part', 10);
      }
      writer.db.exec("UPDATE sessions SET user_id = 'ana' WHERE id = 'long'");
    });
    const { path, token } = keyFileWith({ user_id: 'ana', scopes: ['sessions:read', 'sessions:write'] });
    const guarded = await TestServer.onFile(stateDb, { KEYS_FILE: path });
    const ana = guarded.as(token);
    const refused = await ana.post('/api/sessions/long/fork', { id: 'his' });
    expect([refused.status, codeOf(refused)]).toEqual([409, 'session_exists']);
    expect([storedRow(stateDb, 'his'), contentsOf('his')]).toMatchObject([{ user_id: 'bo' }, ['A part']]);
    expect((await ana.post('/api/sessions/long/fork', { id: 'hers' })).status).toBe(201);
    expect(contentsOf('hers')).toEqual(contentsOf('long'));
    await guarded.close();
  });
});
