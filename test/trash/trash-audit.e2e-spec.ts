import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { serverWithLog, type LogLine } from '../support/log.js';
import { temporaryFolder, type TestServer } from '../support/server.js';
import { filesIn, onlyFile, trash } from '../support/trash.js';
import { until } from '../support/wait.js';

const OWNER = 'api_server_key';

/** What the audit log says of what is kept: the action, whose it was, what it was done to, and why. */
function told(log: readonly LogLine[]): readonly unknown[] {
  return log
    .filter(({ audit, action }) => audit === true && action !== 'delete')
    .map(({ action, principal, session_id: session, trash_id: id, reason }) => [
      ...[action, principal, session, id],
      ...(reason === undefined ? [] : [reason]),
    ]);
}

describe('the audit log of the trash', () => {
  let path: string;
  let folder: string;
  let server: TestServer;
  let log: readonly LogLine[];

  beforeEach(() => {
    path = smallHistory(25);
    folder = join(temporaryFolder(), 'trash');
  });

  afterEach(() => server.close());

  async function start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    ({ server, log } = await serverWithLog({ STATE_DB: path, TRASH_DIR: folder, ...more }));
  }

  function age(file: string, seconds: number): void {
    const then = Date.now() / 1000 - seconds;
    utimesSync(file, then, then);
  }

  it('names the request of each change that one asked for', async () => {
    await start();
    const asked = [
      server.patch('/v1/sessions/plain', { title: 'Another' }),
      server.delete('/v1/sessions/branch?trash=true'),
      server.post('/v1/trash/empty', {}),
    ].entries();
    for (const [index, request] of asked) await request.set('X-Request-Id', `request-${index}`).expect(200);
    expect(log.filter(({ audit }) => audit === true)).toMatchObject([
      { action: 'rename', session_id: 'plain', request_id: 'request-0' },
      { action: 'delete', session_id: 'branch', request_id: 'request-1' },
      { action: 'purge', session_id: 'branch', request_id: 'request-2' },
    ]);
  });

  it('names of what was restored, and of what was deleted for good, which deletion it was', async () => {
    await start();
    const first = await trash(server, 'branch');
    await server.post(`/v1/trash/${first}/restore`, {}).expect(200);
    const second = await trash(server, 'branch');
    await server.delete(`/v1/trash/${second}`).expect(200);
    const third = await trash(server, 'archived');
    await server.post('/v1/trash/empty', {}).expect(200);
    expect(told(log)).toEqual([
      ['restore', OWNER, 'branch', first],
      ['purge', OWNER, 'branch', second],
      ['purge', OWNER, 'archived', third],
    ]);
  });

  it('names what goes with an entry for good, since a deletion that wrote it down did not happen', async () => {
    await start();
    const first = await trash(server, 'archived');
    const file = onlyFile(folder);
    const [head = '', ...lines] = readFileSync(file, 'utf8').split('\n');
    const earlier = { ...(JSON.parse(head) as object), deletedAt: Date.now() / 1000 - 5 };
    await server.post(`/v1/trash/${first}/restore`, {}).expect(200);
    writeFileSync(file.replace('.jsonl', '.pending'), [JSON.stringify(earlier), ...lines].join('\n'));
    const second = await trash(server, 'archived');
    await server.delete(`/v1/trash/${second}`).expect(200);
    expect(filesIn(folder)).toEqual([]);
    expect(told(log).slice(1)).toEqual([
      ['purge', OWNER, 'archived', second],
      ['purge', OWNER, 'archived', first],
    ]);
  });

  it('says that there was no room for something', async () => {
    const writer = HistoryWriter.open(path);
    const ids = ['large-1', 'large-2', 'large-3'];
    for (const id of ids) {
      writer.addSession({ id, source: 'cli', started_at: hour(20) });
      say(writer, id, 'user', 'x'.repeat(400_000), hour(20));
    }
    writer.close();
    await start({ TRASH_MB: '1' });
    const first = await trash(server, 'large-1');
    age(onlyFile(folder), 3600);
    for (const id of ids.slice(1)) await trash(server, id);
    expect(told(log)).toEqual([['purge', null, 'large-1', first, 'TRASH_MB']]);
  });

  it('says that something has been there for its days', async () => {
    await start();
    const id = await trash(server, 'plain');
    age(onlyFile(folder), 31 * 86_400);
    await server.close();
    await start();
    await until(() => filesIn(folder).length === 0 && told(log).length > 0);
    expect(told(log)).toEqual([['purge', null, 'plain', id, 'TRASH_DAYS']]);
  });
});
