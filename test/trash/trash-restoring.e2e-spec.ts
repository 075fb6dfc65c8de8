import { jest } from '@jest/globals';
import { renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { TrashFolder } from '../../src/trash/trash-folder.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { storedRow } from '../support/stored.js';
import { codeOf, filesIn, onlyFile, trash, trashOf, type TrashEntry } from '../support/trash.js';
import { until } from '../support/wait.js';

/** More than one transaction is to hold. */
const MESSAGES = 2000;

describe('a conversation that is being put back', () => {
  let path: string;
  let folder: string;
  let server: TestServer;
  let other: TestServer;

  beforeEach(async () => {
    path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'long', source: 'cli', title: 'Long', started_at: hour(60) });
    for (let at = 0; at < MESSAGES; at++)
      say(writer, 'long', 'user', `Message ${at} ${'of many '.repeat(40)}`, hour(60) + at);
    writer.close();
    folder = join(temporaryFolder(), 'trash');
    server = await TestServer.start(path, { TRASH_DIR: folder });
    other = await TestServer.start(path, { TRASH_DIR: folder });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
    await other.close();
  });

  function messages(): number {
    const writer = HistoryWriter.open(path);
    const count = writer.db.prepare("SELECT count(*) FROM messages WHERE session_id = 'long'").pluck().get();
    writer.close();
    return Number(count);
  }

  /** Puts it back, and does something once a part of it is there. */
  async function restoreAnd(entry: string, work: () => Promise<void>): Promise<number> {
    const restored = server.post(`/v1/trash/${entry}/restore`, {}).then(({ status }) => status);
    await until(() => messages() > 0);
    await work();
    expect(messages()).toBeLessThan(MESSAGES);
    return restored;
  }

  /** Looks after the folder, as a server does now and then. */
  function tidy(): Promise<void> {
    return other.app.get(TrashFolder, { strict: false }).tidy(['default']);
  }

  it('is deleted for good by nobody, whichever server is asked', async () => {
    const entry = await trash(server, 'long');
    await trash(server, 'archived');
    const status = await restoreAnd(entry, async () => {
      for (const asked of [server, other])
        expect(await purgedBy(asked, { id: entry })).toEqual([409, 'session_busy']);
      expect((await other.post('/v1/trash/empty', {})).body).toMatchObject({ purged: 1 });
      expect(filesIn(folder)).toEqual([expect.stringContaining(entry)]);
    });
    expect([status, messages(), filesIn(folder)]).toEqual([200, MESSAGES, []]);
  });

  it('stays in the trash until all of it is there, also where its time is over meanwhile', async () => {
    const entry = await trash(server, 'long');
    const status = await restoreAnd(entry, async () => {
      const longAgo = Date.now() / 1000 - 40 * 86_400;
      utimesSync(onlyFile(folder), longAgo, longAgo);
      await tidy();
      expect(filesIn(folder)).toHaveLength(1);
    });
    expect([status, filesIn(folder)]).toEqual([200, []]);
  });

  it('can be deleted for good, or is removed, ten minutes after the process that put it back has ended', async () => {
    for (const id of ['archived', 'plain']) {
      await trash(server, id);
      const kept = filesIn(folder).find((name) => name.endsWith('.jsonl')) ?? '';
      renameSync(kept, kept.replace('.jsonl', '.restoring'));
    }
    const [plain, archived] = await trashOf(server);
    expect(await purgedBy(other, plain)).toEqual([409, 'session_busy']);
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 11 * 60_000);
    expect(await purgedBy(other, plain)).toEqual([200, undefined]);
    const longAgo = Date.now() / 1000 - 40 * 86_400;
    expect(onlyFile(folder)).toContain(archived?.id);
    utimesSync(onlyFile(folder), longAgo, longAgo);
    await tidy();
    expect(filesIn(folder)).toEqual([]);
  });

  it('is taken up anew by another process', async () => {
    const entry = await trash(server, 'archived');
    const left = onlyFile(folder).replace('.jsonl', '.restoring');
    renameSync(onlyFile(folder), left);
    const before = statSync(left);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'archived', source: 'cli', title: 'Another', started_at: hour(40) });
    writer.close();
    await until(() => Date.now() > before.ctimeMs + 50);
    expect((await other.post(`/v1/trash/${entry}/restore`, {})).status).toBe(409);
    const after = statSync(left);
    expect(after.ctimeMs).toBeGreaterThan(before.ctimeMs);
    expect(after.mtimeMs).toBe(before.mtimeMs);
  });

  it('is not said to be back because its delegate is, while only a part of it is there', async () => {
    const write = (change: (writer: HistoryWriter) => void): void => {
      const writer = HistoryWriter.open(path);
      change(writer);
      writer.close();
    };
    write((writer) => {
      const model_config = '{"_delegate_from": "plain"}';
      const times = { started_at: hour(1), ended_at: hour(2) };
      writer.addSession({
        ...{ id: 'helper', source: 'subagent', parent_session_id: 'plain', model_config, ...times },
      });
    });
    const entry = await trash(server, 'plain');
    write((writer) => {
      const end = { ended_at: Date.now() / 1000, end_reason: 'import_unfinished' };
      writer.addSession({ id: 'plain', source: 'cli', title: null, started_at: hour(1), ...end });
    });
    for (const _trial of ['with its delegate', 'with nothing']) {
      const refused = await server.post(`/v1/trash/${entry}/restore`, {});
      expect([refused.status, codeOf(refused)]).toEqual([409, 'session_exists']);
      expect(refused.text).toContain('Try again in a minute');
    }
    expect(storedRow(path, 'helper')).toMatchObject({ id: 'helper' });
    expect(await trashOf(server)).toMatchObject([{ id: entry }]);
    write(({ db }) => db.exec("UPDATE sessions SET ended_at = ended_at - 120 WHERE id = 'plain'"));
    const restored = await server.post(`/v1/trash/${entry}/restore`, {});
    expect([restored.status, restored.body]).toMatchObject([200, { session_ids: ['plain'] }]);
    expect(storedRow(path, 'helper')).toMatchObject({ parent_session_id: 'plain' });
    expect(await trashOf(server)).toEqual([]);
  });
});

async function purgedBy(
  server: TestServer,
  entry: Pick<TrashEntry, 'id'> | undefined,
): Promise<readonly unknown[]> {
  const answer = await server.delete(`/v1/trash/${entry?.id ?? ''}`);
  return [answer.status, codeOf(answer)];
}
