import { mkdirSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { DeletedSessionResponse } from '../../src/sessions/dto/deleted-session.response.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { historyOfTwo, keyFileWith } from '../support/people.js';
import { writeHome } from '../support/profiles.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { codeOf, filesIn, onlyFile, trash, trashOf } from '../support/trash.js';
import { until } from '../support/wait.js';

describe('a trash that is bounded', () => {
  let folder: string;
  let server: TestServer;

  async function start(environment: Readonly<Record<string, string>>): Promise<string> {
    const path = smallHistory(25);
    folder = join(temporaryFolder(), 'trash');
    const writer = HistoryWriter.open(path);
    for (const id of ['large-1', 'large-2', 'large-3']) {
      writer.addSession({ id, source: 'cli', started_at: hour(20) });
      say(writer, id, 'user', 'x'.repeat(400_000), hour(20));
    }
    writer.addSession({ id: 'too-large', source: 'cli', started_at: hour(20) });
    for (let at = 0; at < 3; at++) say(writer, 'too-large', 'user', 'x'.repeat(400_000), hour(20) + at);
    writer.close();
    server = await TestServer.start(path, { TRASH_DIR: folder, ...environment });
    return path;
  }

  afterEach(() => server.close());

  /** Deletes three of which two fit, the first of them so long ago that nobody undoes it. */
  async function trashAll(where: string): Promise<void> {
    await trash(server, 'large-1');
    const longAgo = Date.now() / 1000 - 3600;
    utimesSync(onlyFile(where), longAgo, longAgo);
    for (const id of ['large-2', 'large-3']) await trash(server, id);
  }

  it('loses the oldest, and says how much there is', async () => {
    await start({ TRASH_MB: '1', METRICS: 'public' });
    await trashAll(folder);
    expect((await trashOf(server)).map(({ session_id: id }) => id)).toEqual(['large-3', 'large-2']);
    const { text } = await server.get('/metrics');
    const bytes = filesIn(folder).reduce((sum, file) => sum + statSync(file).size, 0);
    expect(text).toContain(`hermes_sessions_trash_bytes ${bytes}\n`);
    expect(text).toContain('hermes_sessions_trash_entries 2\n');
  });

  it('is not exceeded by what is deleted at the same time: as much goes as fits', async () => {
    const path = await start({ TRASH_MB: '1' });
    const writer = HistoryWriter.open(path);
    for (const id of ['large-4', 'large-5', 'large-6']) {
      writer.addSession({ id, source: 'cli', started_at: hour(20) });
      say(writer, id, 'user', 'x'.repeat(400_000), hour(20));
    }
    writer.close();
    // From here on it is known how much there is.
    await trash(server, 'plain');
    const ids = [1, 2, 3, 4, 5, 6].map((at) => `large-${at}`);
    const answers = await Promise.all(ids.map((id) => server.delete(`/v1/sessions/${id}?trash=true`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409, 409, 409, 409]);
    const bytes = filesIn(folder).reduce((sum, file) => sum + statSync(file).size, 0);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(await trashOf(server)).toHaveLength(3);
  });

  it('is bounded where its folder is a link, too', async () => {
    const link = join(temporaryFolder(), 'link');
    const target = join(temporaryFolder(), 'elsewhere');
    mkdirSync(target);
    symlinkSync(target, link);
    await start({ TRASH_MB: '1', TRASH_DIR: link });
    await trashAll(target);
    expect(filesIn(target)).toHaveLength(2);
    expect((await trashOf(server)).map(({ session_id: id }) => id)).toEqual(['large-3', 'large-2']);
  });

  it('refuses what is larger, and deletes none of it', async () => {
    await start({ TRASH_MB: '1' });
    const refusal = await server.delete('/v1/sessions/too-large?trash=true');
    expect([refusal.status, codeOf(refusal)]).toEqual([409, 'trash_too_small']);
    expect((await server.get('/v1/sessions/too-large')).body).toMatchObject({ message_count: 3 });
    expect(filesIn(folder)).toEqual([]);
  });

  it('loses what has been there for its days', async () => {
    const path = await start({ TRASH_DAYS: '2' });
    await trash(server, 'plain');
    await trash(server, 'archived');
    const [entry] = await trashOf(server);
    const file = filesIn(folder).find((name) => name.includes(entry?.id ?? ''));
    const longAgo = Date.now() / 1000 - 2 * 86_400 - 60;
    utimesSync(file ?? '', longAgo, longAgo);
    await server.close();
    server = await TestServer.start(path, { TRASH_DIR: folder, TRASH_DAYS: '2' });
    await until(() => filesIn(folder).length === 1);
    expect(await trashOf(server)).toMatchObject([{ session_id: 'plain' }]);
  });
});

describe('a trash of several people and profiles', () => {
  it('shows, restores and removes for each what they might have known of', async () => {
    const folder = join(temporaryFolder(), 'trash');
    const { path: keys, token } = keyFileWith({
      scopes: ['sessions:read', 'sessions:write', 'sessions:delete'],
      user_id: 'bo',
    });
    const server = await TestServer.start(historyOfTwo(), { TRASH_DIR: folder, KEYS_FILE: keys });
    const bo = server.as(token);
    for (const id of ['ana-1', 'zebra-1', 'nobody']) await trash(server, id);
    const own = await trashOf(bo);
    expect(own.map(({ session_id: id }) => id)).toEqual(['zebra-1']);
    for (const { id, session_id: session } of await trashOf(server)) {
      if (session === 'zebra-1') continue;
      const answers = [
        await bo.get(`/v1/trash/${id}`),
        await bo.post(`/v1/trash/${id}/restore`, {}),
        await bo.delete(`/v1/trash/${id}`),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    }
    const { trash_id: second } = (await bo.delete('/v1/sessions/zebra-3?trash=true').expect(200))
      .body as DeletedSessionResponse;
    expect((await bo.delete('/v1/sessions/ana-2?trash=true')).status).toBe(404);
    await bo.post(`/v1/trash/${second ?? ''}/restore`, {}).expect(200);
    expect((await bo.post('/v1/trash/empty', {})).body).toMatchObject({ purged: 1 });
    expect((await trashOf(server)).map(({ session_id: id }) => id).sort()).toEqual(['ana-1', 'nobody']);
    await server.close();
  });

  it.each([
    [['sessions:read'], [200, 403, 403, 403]],
    [
      ['sessions:read', 'sessions:write'],
      [200, 200, 403, 403],
    ],
    [
      ['sessions:read', 'sessions:delete'],
      [200, 403, 200, 200],
    ],
  ] as const)('needs the scope of what is done: %j', async (scopes, expected) => {
    const folder = join(temporaryFolder(), 'trash');
    const { path: keys, token } = keyFileWith({ scopes: [...scopes] });
    const server = await TestServer.start(smallHistory(25), { TRASH_DIR: folder, KEYS_FILE: keys });
    const first = await trash(server, 'plain');
    const second = await trash(server, 'archived');
    const limited = server.as(token);
    const statuses = [
      (await limited.get('/v1/trash')).status,
      (await limited.post(`/v1/trash/${first}/restore`, {})).status,
      (await limited.delete(`/v1/trash/${second}`)).status,
      (await limited.post('/v1/trash/empty', {})).status,
    ];
    expect(statuses).toEqual(expected);
    await server.close();
  });

  it('puts each back into its own profile, and shares a folder with servers of others', async () => {
    const folder = join(temporaryFolder(), 'trash');
    const home = writeHome();
    const settings = { STATE_DB: '', HERMES_HOME: home, TRASH_DIR: folder };
    const server = await TestServer.onFile('', settings);
    const other = await TestServer.start(smallHistory(25), { TRASH_DIR: folder });
    await trash(other, 'plain');
    await trash(server, 'twin', 'profile=coder');
    await trash(server, 'w3');
    expect((await trashOf(server)).map(({ session_id: id, profile }) => [id, profile])).toEqual([
      ['w3', 'writer'],
      ['twin', 'coder'],
    ]);
    expect((await trashOf(server, 'profile=coder')).map(({ session_id: id }) => id)).toEqual(['twin']);
    expect((await trashOf(other)).map(({ session_id: id }) => id)).toEqual(['plain']);
    for (const { id } of await trashOf(server)) await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect((await server.get('/v1/sessions/twin?profile=coder')).status).toBe(200);
    expect((await server.get('/v1/sessions/w3')).body).toMatchObject({ profile: 'writer' });
    await server.close();
    await other.close();
  });
});
