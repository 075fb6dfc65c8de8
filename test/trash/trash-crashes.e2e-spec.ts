import { jest } from '@jest/globals';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { TrashService } from '../../src/trash/trash.service.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { codeOf, filesIn, onlyFile, trash, trashOf } from '../support/trash.js';
import { until } from '../support/wait.js';

describe('a trash beside which a process ended', () => {
  let path: string;
  let folder: string;
  let server: TestServer;

  async function start(): Promise<void> {
    server = await TestServer.start(path, { TRASH_DIR: folder });
  }

  beforeEach(async () => {
    path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(60) });
    for (let at = 0; at < 2000; at++)
      say(writer, 'long', 'user', `Message ${at} ${'of many '.repeat(40)}`, hour(60) + at);
    writer.close();
    folder = join(temporaryFolder(), 'trash');
    await start();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  /** Leaves what a process leaves that ends before it deletes what it has written down. */
  async function leaveBeforeDeletion(id: string, seconds: number): Promise<string> {
    await server.post(`/v1/trash/${await keepCopy(id)}/restore`, {}).expect(200);
    const [copy = ''] = filesIn(folder);
    const [head = '', ...lines] = readFileSync(copy, 'utf8').split('\n');
    const earlier = { ...(JSON.parse(head) as object), deletedAt: Date.now() / 1000 - seconds };
    const left = copy.replace('.jsonl.copy', '.pending');
    writeFileSync(left, [JSON.stringify(earlier), ...lines].join('\n'));
    rmSync(copy);
    return left;
  }

  async function keepCopy(id: string): Promise<string> {
    const entry = await trash(server, id);
    const file = onlyFile(folder);
    copyFileSync(file, `${file}.copy`);
    return entry;
  }

  /** Leaves what a process leaves that ends between putting back and taking out of the trash. */
  async function leaveBehindRestoring(id: string): Promise<string> {
    const entry = await trash(server, id);
    const file = onlyFile(folder);
    const restored = server.post(`/v1/trash/${entry}/restore`, {}).then(({ status }) => status);
    await until(() => messagesOf(id) > 0);
    const during = onlyFile(folder);
    copyFileSync(during, `${file}.copy`);
    expect(await restored).toBe(200);
    renameSync(`${file}.copy`, during);
    return entry;
  }

  function messagesOf(id: string): number {
    const writer = HistoryWriter.open(path);
    const count = writer.db.prepare('SELECT count(*) FROM messages WHERE session_id = ?').pluck().get(id);
    writer.close();
    return Number(count);
  }

  /** Starts a server that looks after the folder an hour later. */
  async function startLater(): Promise<void> {
    await server.close();
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 3600_000);
    await start();
  }

  it('before it deleted has one entry of a session that is deleted once more, and none once that is gone for good', async () => {
    await leaveBeforeDeletion('plain', 5);
    expect(await trashOf(server)).toEqual([]);
    const entry = await trash(server, 'plain');
    expect((await trashOf(server)).map(({ id }) => id)).toEqual([entry]);
    await server.delete(`/v1/trash/${entry}`).expect(200);
    expect([await trashOf(server), filesIn(folder)]).toEqual([[], []]);
  });

  it('before it deleted keeps what was deleted then, and nothing that it has in it', async () => {
    const left = await leaveBeforeDeletion('plain', 5);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'It went on', hour(70));
    writer.close();
    const entry = await trash(server, 'plain');
    expect(filesIn(folder)).toContain(left);
    await startLater();
    await until(() => filesIn(folder).length === 1);
    expect(onlyFile(folder)).toContain(entry);
  });

  it('before it deleted keeps what nothing else has', async () => {
    const left = await leaveBeforeDeletion('plain', 5);
    const writer = HistoryWriter.open(path);
    writer.db.exec(
      "DELETE FROM messages WHERE id = (SELECT max(id) FROM messages WHERE session_id = 'plain')",
    );
    writer.close();
    await trash(server, 'plain');
    await startLater();
    await until(() => filesIn(folder).includes(left.replace('.pending', '.jsonl')));
    expect((await trashOf(server)).map(({ session_id: id }) => id)).toEqual(['plain', 'plain']);
  });

  it('once all was put back has no entry of it, and no file either when somebody has looked', async () => {
    const entry = await leaveBehindRestoring('long');
    expect(await trashOf(server)).toEqual([]);
    const refusal = await server.post(`/v1/trash/${entry}/restore`, {});
    expect([refusal.status, codeOf(refusal)]).toEqual([404, 'trash_entry_not_found']);
    await startLater();
    await until(() => filesIn(folder).length === 0);
    expect(messagesOf('long')).toBe(2000);
  });

  it('while it put back shows what it has until all of it is there', async () => {
    const entry = await leaveBehindRestoring('long');
    const writer = HistoryWriter.open(path);
    writer.db.exec("UPDATE sessions SET end_reason = 'import_unfinished', ended_at = 1 WHERE id = 'long'");
    writer.db.exec("DELETE FROM messages WHERE session_id = 'long' AND content LIKE 'Message 19%'");
    writer.close();
    expect((await trashOf(server)).map(({ id }) => id)).toEqual([entry]);
    await server.post(`/v1/trash/${entry}/restore`, {}).expect(200);
    expect([messagesOf('long'), filesIn(folder)]).toEqual([2000, []]);
  });

  it('is in order for whoever looks after it while somebody else puts back', async () => {
    await trash(server, 'plain');
    const kept = onlyFile(folder);
    renameSync(kept, kept.replace('.jsonl', '.restoring'));
    const service = server.app.get(TrashService, { strict: false });
    const now = Date.now.bind(Date);
    service.onApplicationBootstrap();
    expect((await trashOf(server)).map(({ session_id: id }) => id)).toEqual(['plain']);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 3600_000);
    service.onApplicationBootstrap();
    await until(() => filesIn(folder).join() === kept);
  });
});
