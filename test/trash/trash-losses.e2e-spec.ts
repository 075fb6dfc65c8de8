import { copyFileSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { BulkSessionsResponse } from '../../src/sessions/dto/bulk-sessions.response.js';
import { TrashFolder } from '../../src/trash/trash-folder.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { codeOf, filesIn, onlyFile, trash, trashOf } from '../support/trash.js';
import { until } from '../support/wait.js';

const DAY = 86_400;

/** The statements of a ledger of Hermes's gateway that names a session. */
function ledgerOf(id: string): string {
  return `CREATE TABLE session_admissions (target_session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE RESTRICT);
    INSERT INTO session_admissions VALUES ('${id}')`;
}

function headOf(file: string): { readonly entry: { readonly id: string } } {
  const [head = ''] = readFileSync(file, 'utf8').split('\n');
  return JSON.parse(head) as ReturnType<typeof headOf>;
}

/** Changes what the head of an entry says. */
function changeHead(file: string, change: Readonly<Record<string, unknown>>): void {
  const [head = '', ...lines] = readFileSync(file, 'utf8').split('\n');
  const changed = { ...(JSON.parse(head) as object), ...change };
  writeFileSync(file, [JSON.stringify(changed), ...lines].join('\n'));
}

/** Makes of an entry what a process leaves that ended behind a deletion, an hour ago. */
function leaveBehind(file: string): void {
  changeHead(file, { deletedAt: Date.now() / 1000 - 3600 });
  renameSync(file, file.replace('.jsonl', '.pending'));
}

function setAge(file: string, seconds: number): void {
  const at = Date.now() / 1000 - seconds;
  utimesSync(file, at, at);
}

describe('what is in the trash', () => {
  let path: string;
  let folder: string;
  let server: TestServer;

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    server = await TestServer.start(path, { TRASH_DIR: folder, ...environment });
  }

  /** Writes beside the server, as an agent does. */
  function write(change: (writer: HistoryWriter) => void): void {
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      change(writer);
    });
    writer.close();
  }

  /** What is stored of a session, to the last bit. */
  function stored(id: string): unknown {
    const writer = HistoryWriter.open(path);
    const [sessions, messages] = (['sessions', 'messages'] as const).map((table) => {
      const names = writer.db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table);
      const columns = names.map(String).filter((name) => !(table === 'messages' && name === 'id'));
      const values = columns.map((name) => `'${name}', quote("${name}")`).join(', ');
      const key = table === 'sessions' ? 'id' : 'session_id';
      return writer.db.prepare(`SELECT json_object(${values}) FROM ${table} WHERE ${key} = ?`).all(id);
    });
    writer.close();
    return { sessions, messages };
  }

  beforeEach(() => {
    path = smallHistory(25);
    folder = join(temporaryFolder(), 'trash');
  });

  afterEach(() => server.close());

  it('does not give way to what is deleted with it: what does not fit is refused and stays', async () => {
    const ids = ['large-1', 'large-2', 'large-3'];
    write((writer) => {
      for (const id of ids) {
        writer.addSession({ id, source: 'cli', started_at: hour(20) });
        say(writer, id, 'user', 'x'.repeat(400_000), hour(20));
      }
    });
    await start({ TRASH_MB: '1' });
    const body = { action: 'delete', ids, trash: true };
    const { data } = (await server.post('/v1/sessions/bulk', body).expect(200)).body as BulkSessionsResponse;
    expect(data.map(({ id, ok, error }) => [id, ok, error?.code])).toEqual([
      ['large-1', true, undefined],
      ['large-2', true, undefined],
      ['large-3', false, 'trash_too_small'],
    ]);
    expect((await server.get('/v1/sessions/large-3')).body).toMatchObject({ message_count: 1 });
    expect((await trashOf(server)).map(({ session_id: id }) => id).sort()).toEqual(['large-1', 'large-2']);
    expect(filesIn(folder)).toHaveLength(2);
    // Nobody undoes what was deleted an hour ago.
    for (const file of filesIn(folder)) setAge(file, 3600);
    await trash(server, 'large-3');
    expect(await trashOf(server)).toHaveLength(2);
  });

  it("is kept for as long as its own server says, whatever another history's server says of its own", async () => {
    write((writer) => {
      for (const id of ['large-1', 'large-2', 'large-3']) {
        writer.addSession({ id, source: 'cli', started_at: hour(20) });
        say(writer, id, 'user', 'x'.repeat(400_000), hour(20));
      }
    });
    await start();
    const ids = ['large-1', 'large-2', 'large-3'];
    for (const id of ids) await trash(server, id);
    const files = filesIn(folder);
    for (const file of files) setAge(file, 2 * DAY);
    const other = await TestServer.start(smallHistory(25), {
      ...{ TRASH_DIR: folder, TRASH_DAYS: '1', TRASH_MB: '1' },
    });
    await trash(other, 'plain');
    const own = filesIn(folder).find((file) => !files.includes(file)) ?? '';
    setAge(own, 2 * DAY);
    await other.app.get(TrashFolder, { strict: false }).tidy(['default']);
    expect(filesIn(folder)).toEqual(files);
    expect(await trashOf(server)).toHaveLength(3);
    // Its server may be no more: what is over is removed by whoever is there.
    changeHead(files[0] ?? '', { keptUntil: Date.now() / 1000 - 1 });
    await other.app.get(TrashFolder, { strict: false }).tidy(['default']);
    expect(filesIn(folder)).toEqual(files.slice(1));
    await other.close();
  });

  it('is not given up for another session with the id of a delegate, even one that began at the same moment', async () => {
    await start();
    const began = HistoryWriter.open(path);
    const [row] = began.db.prepare("SELECT started_at FROM sessions WHERE id = 'delegate'").all() as {
      readonly started_at: number;
    }[];
    began.close();
    const id = await trash(server, 'plain');
    write((writer) => {
      writer.addSession({ id: 'delegate', source: 'cli', started_at: row?.started_at ?? 0 });
      say(writer, 'delegate', 'user', 'Something else', hour(30));
    });
    const refusal = await server.post(`/v1/trash/${id}/restore`, {});
    expect([refusal.status, codeOf(refusal)]).toEqual([409, 'session_exists']);
    expect((await server.get('/v1/sessions/plain')).status).toBe(404);
    expect(await trashOf(server)).toMatchObject([{ id }]);
  });

  it('comes back where restoring was ended half-way, with what is there already', async () => {
    await start();
    const id = await trash(server, 'plain');
    const file = onlyFile(folder);
    copyFileSync(file, `${file}.copy`);
    await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    renameSync(`${file}.copy`, file);
    write((writer) => {
      writer.db.exec("DELETE FROM messages WHERE session_id = 'plain'");
      writer.db.exec("UPDATE sessions SET parent_session_id = NULL WHERE parent_session_id = 'plain'");
      writer.db.exec("DELETE FROM sessions WHERE id = 'plain'");
      // An agent compacted what is there, and went on with it, as a gateway does that keeps a ledger of it.
      writer.db.exec(ledgerOf('delegate'));
      writer.db.exec("UPDATE messages SET active = 0, compacted = 1 WHERE session_id = 'delegate'");
      say(writer, 'delegate', 'user', 'More of it', hour(30));
    });
    const restored = await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect(restored.body).toMatchObject({ session_ids: ['plain'] });
    expect(filesIn(folder)).toEqual([]);
  });

  it('stays where a process ended behind a deletion, and somebody has begun another session with the id', async () => {
    await start();
    const id = await trash(server, 'archived');
    await server.close();
    const kept = onlyFile(folder);
    leaveBehind(kept);
    write((writer) => {
      writer.addSession({ id: 'archived', source: 'cli', title: 'Another', started_at: hour(40) });
    });
    await start();
    expect(await trashOf(server)).toMatchObject([{ id, title: 'Old plans' }]);
    await until(() => filesIn(folder).join() === kept);
  });

  it('stays where a process ended behind a deletion, and an older copy of the session was put back', async () => {
    await start();
    await trash(server, 'plain');
    await server.close();
    const kept = onlyFile(folder);
    leaveBehind(kept);
    write((writer) => {
      writer.addSession({ id: 'plain', source: 'cli', title: 'Of a backup', started_at: hour(1) });
      say(writer, 'plain', 'user', 'All that the backup has', hour(1));
    });
    await start();
    await until(() => filesIn(folder).join() === kept);
    expect(await trashOf(server)).toMatchObject([{ session_id: 'plain', title: 'Garden irrigation' }]);
  });

  it('goes where all of it is there, also in a ledger, and beside others that cannot be compared', async () => {
    await start();
    const ids = ['archived', 'branch', 'plain'];
    for (const id of ids) await trash(server, id);
    const kept = filesIn(folder);
    for (const file of kept) copyFileSync(file, `${file}.copy`);
    const [first = '', middle = '', last = ''] = kept.map((file) => headOf(file).entry.id);
    for (const { id } of await trashOf(server)) await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    await server.close();
    for (const file of kept) {
      renameSync(`${file}.copy`, file);
      leaveBehind(file);
    }
    write(({ db }) => {
      db.exec(ledgerOf(middle));
      const sql = "UPDATE messages SET content = CAST(X'61ff62' AS TEXT) WHERE session_id = ?";
      for (const id of [first, last]) db.prepare(sql).run(id);
    });
    await start();
    await until(() => filesIn(folder).length === 2);
    expect(filesIn(folder).join()).not.toContain(kept[1]?.replace('.jsonl', ''));
  });

  it('stays while somebody else is about to put it back, and where that was ended half-way, however it is called', async () => {
    await start();
    const id = await trash(server, 'plain');
    const kept = onlyFile(folder);
    await server.close();
    // As a process leaves it that is ended in the middle of a long restore.
    write((writer) => {
      writer.addSession({ id: 'plain', source: 'cli', title: null, started_at: hour(1) });
      writer.db
        .prepare("UPDATE sessions SET end_reason = 'import_unfinished', ended_at = ? WHERE id = 'plain'")
        .run(Date.now() / 1000);
      say(writer, 'plain', 'user', 'How often should I water <b>tomatoes</b> & basil?', hour(1));
    });
    await start();
    await server.post(`/v1/trash/${id}/restore`, {});
    const { body } = await server.post(`/v1/trash/${id}/restore`, {}).expect(409);
    expect(body).toMatchObject({
      error: { code: 'session_exists', message: expect.stringContaining('in a minute') as string },
    });
    expect(filesIn(folder)).toEqual([kept]);
    await server.close();
    leaveBehind(kept);
    await start();
    await until(() => filesIn(folder).join() === kept);
    expect(await trashOf(server)).toMatchObject([{ id, session_id: 'plain' }]);
  });

  it('is put back by one at a time, also where another has taken over from one that was away for long', async () => {
    write((writer) => {
      writer.addSession({ id: 'long', source: 'cli', started_at: hour(60) });
      for (let at = 0; at < 4000; at++)
        say(writer, 'long', 'user', `Message ${at} ${'of many '.repeat(40)}`, hour(60) + at);
    });
    await start();
    const id = await trash(server, 'long');
    const restoring = server.post(`/v1/trash/${id}/restore`, {}).then(({ status }) => status);
    const count = (): number => {
      const writer = HistoryWriter.open(path);
      const messages = writer.db
        .prepare("SELECT count(*) FROM messages WHERE session_id = 'long'")
        .pluck()
        .get();
      writer.close();
      return Number(messages);
    };
    await until(() => count() > 0);
    // As another server writes that has begun anew.
    write((writer) => {
      writer.db.exec("UPDATE sessions SET ended_at = ended_at + 0.5 WHERE id = 'long'");
    });
    const taken = count();
    expect(await restoring).toBe(409);
    expect([count(), filesIn(folder).length]).toEqual([taken, 1]);
    expect(taken).toBeLessThan(4000);
  });

  it.each([
    ['one', 3],
    ['several', 400],
  ])('comes back as it was where its import was ended half-way, in %s pieces', async (_pieces, count) => {
    write((writer) => {
      const mark = { ended_at: Math.floor(Date.now() / 1000) - 3600, end_reason: 'import_unfinished' };
      writer.addSession({ id: 'part', source: 'cli', started_at: hour(60), archived: 1, hidden: 1, ...mark });
      for (let at = 0; at < count; at++) say(writer, 'part', 'user', `Message ${at}`, hour(60) + at);
    });
    const before = stored('part');
    await start();
    const id = await trash(server, 'part');
    await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect(stored('part')).toEqual(before);
    expect(filesIn(folder)).toEqual([]);
  });

  it('comes back into a history that has columns more by then, in which it has what Hermes gives them', async () => {
    const before = stored('archived');
    await start();
    const id = await trash(server, 'archived');
    write(({ db }) => {
      db.exec("ALTER TABLE sessions ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'");
      db.exec('ALTER TABLE messages ADD COLUMN _compressed_summary INTEGER NOT NULL DEFAULT 0');
      db.exec('ALTER TABLE messages ADD COLUMN weight REAL NOT NULL DEFAULT 1.5');
    });
    await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    write(({ db }) => {
      const added = db.prepare(
        `SELECT DISTINCT s.mood, m._compressed_summary, m.weight FROM sessions s JOIN messages m ON m.session_id = s.id
          WHERE s.id = 'archived'`,
      );
      expect(added.raw().all()).toEqual([['calm', 0, 1.5]]);
      db.exec('ALTER TABLE sessions DROP COLUMN mood');
      db.exec('ALTER TABLE messages DROP COLUMN _compressed_summary');
      db.exec('ALTER TABLE messages DROP COLUMN weight');
    });
    expect(stored('archived')).toEqual(before);
  });

  it.each([
    ['one piece', 'archived'],
    ['several pieces', 'long'],
  ])('comes back with what Hermes has booked for each model and task, in %s', async (_pieces, id) => {
    write((writer) => {
      writer.addSession({ id: 'long', source: 'cli', started_at: hour(60) });
      for (let at = 0; at < 300; at++) say(writer, 'long', 'user', `Message ${at}`, hour(60) + at);
      // As schema 22 has it.
      writer.db.exec(`DROP TABLE session_model_usage;
        CREATE TABLE session_model_usage (
          session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE, model TEXT NOT NULL, task TEXT NOT NULL DEFAULT '',
          input_tokens INTEGER NOT NULL DEFAULT 0, estimated_cost_usd REAL, first_seen REAL, PRIMARY KEY (session_id, model, task));
        INSERT INTO session_model_usage VALUES
          ('${id}', 'm', '', 1000, 0.1, 1746700000.5), ('${id}', 'flash', 'compression', 9007199254740993, 1.75, NULL),
          ('plain', 'm', '', 7, NULL, NULL)`);
    });
    const booked = (): unknown => {
      const writer = HistoryWriter.open(path);
      const sql =
        'SELECT *, CAST(input_tokens AS TEXT) AS exactly FROM session_model_usage ORDER BY session_id, model';
      const rows = writer.db.prepare(sql).all();
      writer.close();
      return rows;
    };
    const before = booked();
    await start();
    const entry = await trash(server, id);
    expect(booked()).toHaveLength(1);
    await server.post(`/v1/trash/${entry}/restore`, {}).expect(200);
    expect(booked()).toEqual(before);
    expect(filesIn(folder)).toEqual([]);
  });

  it.each([
    ['in its row', "system_prompt = 'Be brief.', system_prompt_hash = NULL"],
    ['nowhere, though it is named', "system_prompt = NULL, system_prompt_hash = 'gone'"],
    ['not at all', 'system_prompt = NULL, system_prompt_hash = NULL'],
  ])('comes back with its prompt where that was: %s', async (_where, prompt) => {
    write(({ db }) => db.exec(`UPDATE sessions SET ${prompt} WHERE id = 'archived'`));
    const before = stored('archived');
    await start();
    const id = await trash(server, 'archived');
    await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect(stored('archived')).toEqual(before);
  });

  it('comes back to the last bit, whatever its columns hold', async () => {
    write(({ db }) => {
      for (const [table, key] of [
        ['sessions', 'id'],
        ['messages', 'session_id'],
      ])
        db.exec(`ALTER TABLE ${table} ADD COLUMN anything; ALTER TABLE ${table} ADD COLUMN bytes BLOB;
          UPDATE ${table} SET anything = 7, bytes = 7.0 WHERE ${key} = 'archived'`);
      db.exec("UPDATE messages SET anything = -1.0, bytes = 0 WHERE session_id = 'archived'");
      db.exec("UPDATE sessions SET model_config = X'00ff10', model = 7 WHERE id = 'archived'");
      db.exec("UPDATE sessions SET started_at = 'long ago', message_count = NULL WHERE id = 'archived'");
      db.exec(
        "UPDATE messages SET token_count = 9007199254740993, tool_name = X'c3' WHERE session_id = 'archived'",
      );
      db.exec("UPDATE messages SET content = content || '\u{FFFD}' WHERE session_id = 'archived'");
      db.exec("UPDATE messages SET id = id + 9007199254740993 WHERE session_id = 'archived'");
    });
    const before = stored('archived');
    await start();
    const id = await trash(server, 'archived');
    await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect(stored('archived')).toEqual(before);
  });

  it.each([
    [
      'a text that is none',
      "UPDATE messages SET content = CAST(X'61ff62' AS TEXT) WHERE session_id = 'archived'",
    ],
    ['a title of bytes', "UPDATE sessions SET title = X'6162' WHERE id = 'archived'"],
    ['a model that is no text', "UPDATE sessions SET model = CAST(X'ff' AS TEXT) WHERE id = 'archived'"],
  ])(
    'is not there, and nothing was deleted, of what could not come back as it is: %s',
    async (_name, sql) => {
      write(({ db }) => {
        db.exec(sql);
      });
      const before = stored('archived');
      await start();
      const refusal = await server.delete('/v1/sessions/archived?trash=true');
      expect([refusal.status, codeOf(refusal)]).toEqual([409, 'trash_inexact']);
      expect(filesIn(folder)).toEqual([]);
      expect(stored('archived')).toEqual(before);
    },
  );
});
