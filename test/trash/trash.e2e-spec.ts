import { readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SCHEMA_VERSIONS } from '../../src/demo/state-db/schema.js';
import type { BulkSessionsResponse } from '../../src/sessions/dto/bulk-sessions.response.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import { SessionTrash } from '../../src/sessions/trash/session-trash.js';
import { TrashFolder } from '../../src/trash/trash-folder.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { wholeRows, type WholeRows } from '../support/stored.js';
import { codeOf, filesIn, onlyFile, trash, trashOf } from '../support/trash.js';
import { until } from '../support/wait.js';

/** Where a parent was deleted, its other children have become roots. */
function withoutParents({ sessions, messages }: WholeRows): WholeRows {
  return { sessions: sessions.map((session) => ({ ...session, parent_session_id: null })), messages };
}

function withoutIds({ data }: { readonly data: readonly object[] }): readonly object[] {
  return data.map((message) => ({ ...message, id: null }));
}

describe('the trash', () => {
  let path: string;
  let folder: string;
  let server: TestServer;

  beforeEach(async () => {
    path = smallHistory(25);
    folder = join(temporaryFolder(), 'trash');
    server = await TestServer.start(path, { TRASH_DIR: folder });
  });

  afterEach(() => server.close());

  /** Writes beside the server, as an agent does. */
  function write(change: (writer: HistoryWriter) => void): void {
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      change(writer);
    });
    writer.close();
  }

  it('takes nothing that is not asked for', async () => {
    await server.delete('/v1/sessions/plain').expect(200);
    expect(await trashOf(server)).toEqual([]);
  });

  it('shows what was deleted, and when it goes', async () => {
    const id = await trash(server, 'plain');
    const [entry, ...others] = await trashOf(server);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      id,
      session_id: 'plain',
      title: 'Garden irrigation',
      platform: 'cli',
      user_id: 'ana',
      profile: 'default',
      session_ids: ['plain', 'delegate', 'delegate-of-delegate'],
      message_count: 6,
      bytes: statSync(onlyFile(folder)).size,
    });
    expect(Date.parse(entry?.expires_at ?? '') - Date.parse(entry?.deleted_at ?? '')).toBe(30 * 86_400_000);
    expect(await server.json(`/v1/trash/${id}`)).toEqual(entry);
    expect(await trashOf(server, 'search=GARDEN')).toHaveLength(1);
    expect(await trashOf(server, 'search=tomatoes')).toHaveLength(1);
    expect(await trashOf(server, 'search=nowhere')).toEqual([]);
    expect((await server.get('/v1/sessions/plain')).status).toBe(404);
  });

  it('is of its owner alone, and its names tell nothing', async () => {
    await trash(server, 'plain');
    const file = onlyFile(folder);
    expect(file.slice(folder.length)).toMatch(/^\/[0-9a-f]{24}\/[0-9a-f]{32}\.jsonl$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.each(SCHEMA_VERSIONS.filter((version) => version >= 16))(
    'gives back every row as it was, of version %i',
    async (version) => {
      await server.close();
      path = smallHistory(version);
      write(({ db }) => {
        // What a compaction in place and a rewind leave.
        if (version >= 25)
          db.exec("UPDATE messages SET active = 0, compacted = 1 WHERE content = 'Dry until Friday'");
        db.exec("UPDATE messages SET active = 0 WHERE content LIKE 'Twice a week%'");
        if (version >= 25) {
          const hash = createHash('sha256').update('SECRET SYSTEM PROMPT').digest('hex');
          db.prepare(
            "INSERT INTO system_prompts (hash, prompt) SELECT ?, system_prompt FROM sessions WHERE id = 'plain'",
          ).run(hash);
          db.prepare(
            "UPDATE sessions SET system_prompt = NULL, system_prompt_hash = ? WHERE id = 'plain'",
          ).run(hash);
        }
        db.exec(
          "UPDATE messages SET content = content || char(8232) || char(10) || '\u2029' WHERE role = 'user'",
        );
        if (version >= 25) db.exec("UPDATE sessions SET pinned = 1 WHERE id = 'chain-2'");
        if (version >= 30) db.exec("UPDATE sessions SET hidden = 1 WHERE id = 'chain-2'");
      });
      server = await TestServer.start(path, { TRASH_DIR: folder });
      const before = wholeRows(path);
      const ids = [await trash(server, 'plain'), await trash(server, 'chain-2', 'lineage=true')];
      ids.push(await trash(server, 'odd/id "quoted" 🚀'));
      expect(wholeRows(path).sessions.map(({ id }) => id)).not.toContain('chain-1');
      for (const id of ids) await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
      expect(await trashOf(server)).toEqual([]);
      expect(filesIn(folder)).toEqual([]);
      // Other children have become roots.
      expect(withoutParents(wholeRows(path))).toEqual(withoutParents(before));
    },
  );

  it('gives back what is read in the same order', async () => {
    const path = '/v1/sessions/chain-3/messages?lineage=true';
    const before = await server.json<{ data: readonly object[] }>(path);
    const id = await trash(server, 'chain-1', 'lineage=true');
    const restored = await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect(restored.body).toMatchObject({
      object: 'hermes.session.restored',
      session_id: 'chain-1',
      session_ids: ['chain-1', 'chain-2', 'chain-3'],
      detached: 0,
    });
    expect(withoutIds(await server.json(path))).toEqual(withoutIds(before));
    expect((await server.get('/v1/sessions?search=storm')).body).toMatchObject({ total: 1 });
  });

  it('gives back a session that is too long for one transaction', async () => {
    write((writer) => {
      writer.addSession({ id: 'long', source: 'cli', title: 'Long', started_at: hour(20), pinned: 1 });
      for (let at = 0; at < 350; at++) say(writer, 'long', 'user', `Line ${at}`, hour(20) + at);
    });
    const before = wholeRows(path);
    const id = await trash(server, 'long');
    await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect(wholeRows(path)).toEqual(before);
  });

  it('overwrites nothing', async () => {
    const id = await trash(server, 'plain');
    write((writer) => {
      writer.addSession({ id: 'other', source: 'cli', title: 'Garden irrigation', started_at: hour(30) });
    });
    const taken = await server.post(`/v1/trash/${id}/restore`, {});
    expect([taken.status, codeOf(taken)]).toEqual([409, 'title_in_use']);
    write((writer) => {
      writer.db.exec("UPDATE sessions SET title = 'Other' WHERE id = 'other'");
      writer.addSession({ id: 'plain', source: 'cli', title: 'New', started_at: hour(31) });
    });
    const there = await server.post(`/v1/trash/${id}/restore`, {});
    expect([there.status, codeOf(there)]).toEqual([409, 'session_exists']);
    expect((await server.get('/v1/sessions/plain')).body).toMatchObject({ title: 'New', message_count: 0 });
    expect(await trashOf(server)).toHaveLength(1);
  });

  it('is restored once, whoever asks at the same time', async () => {
    const id = await trash(server, 'plain');
    const answers = await Promise.all(
      [1, 2, 3].map(() => server.post(`/v1/trash/${id}/restore`, {}).then(({ status }) => status)),
    );
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
    expect(answers.every((status) => [200, 404, 409].includes(status))).toBe(true);
    expect(wholeRows(path).messages.filter(({ session_id: of }) => of === 'plain')).toHaveLength(4);
  });

  it('is read once where it is restored at the same time, and one entry at a time is', async () => {
    const ids = [await trash(server, 'plain'), await trash(server, 'archived')];
    const trashFolder = server.app.get(TrashFolder, { strict: false });
    const lines = trashFolder.lines.bind(trashFolder);
    const remove = trashFolder.remove.bind(trashFolder);
    const steps: string[] = [];
    let refused = 0;
    jest.spyOn(trashFolder, 'lines').mockImplementation(async function* (entry) {
      steps.push(`read ${entry.id}`);
      await until(() => refused === ids.length, 'the refusals');
      yield* lines(entry);
    });
    jest.spyOn(trashFolder, 'remove').mockImplementation((entry) => {
      steps.push(`remove ${entry.id}`);
      return remove(entry);
    });
    const answers = [...ids, ...ids].map(async (id) => {
      const { status } = await server.post(`/v1/trash/${id}/restore`, {});
      if (status === 409) refused++;
      return status;
    });
    expect((await Promise.all(answers)).sort()).toEqual([200, 200, 409, 409]);
    const stepsOf = (id: string): readonly string[] => [`read ${id}`, `remove ${id}`];
    const inOrder = steps[0] === `read ${ids[0]}` ? ids : [...ids].reverse();
    expect(steps).toEqual(inOrder.flatMap(stepsOf));
  });

  it('goes for good where it is told to, one by one or all', async () => {
    const first = await trash(server, 'plain');
    await trash(server, 'chain-1', 'lineage=true');
    await trash(server, 'archived');
    expect((await server.delete(`/v1/trash/${first}`)).body).toEqual({
      object: 'hermes.session.trash.purged',
      id: first,
      purged: true,
    });
    expect((await server.delete(`/v1/trash/${first}`)).status).toBe(404);
    expect((await server.post('/v1/trash/empty', {})).body).toEqual({
      object: 'hermes.session.trash.emptied',
      purged: 2,
    });
    expect(filesIn(folder)).toEqual([]);
  });

  it.each([
    '..%2F..%2Fstate',
    '%2e%2e',
    'x'.repeat(32),
    '0'.repeat(32),
    '5c1f0e7a9b3d4f6280a1c2e3d4b5f607%00',
  ])('has nothing under the id %s', async (id) => {
    await trash(server, 'plain');
    for (const [method, suffix] of [
      ['get', ''],
      ['delete', ''],
      ['post', '/restore'],
    ] as const) {
      const response = await server.send(method, `/v1/trash/${id}${suffix}`);
      expect([method, response.status]).toEqual([method, 404]);
    }
    expect(filesIn(folder)).toHaveLength(1);
  });

  it('keeps what many are deleted at once, each by itself', async () => {
    const body = { action: 'delete', ids: ['plain', 'nobody', 'archived'], trash: true };
    const { data } = (await server.post('/v1/sessions/bulk', body).expect(200)).body as BulkSessionsResponse;
    expect(data.map(({ id, ok }) => [id, ok])).toEqual([
      ['plain', true],
      ['nobody', false],
      ['archived', true],
    ]);
    const kept = await trashOf(server);
    expect(kept.map(({ id }) => id).sort()).toEqual(data.flatMap(({ trash_id: id }) => id ?? []).sort());
  });

  it('keeps what a filter selects, with its whole chain', async () => {
    const body = { action: 'delete', filter: { platform: ['telegram'] }, trash: true };
    const { plan } = (await server.post('/v1/sessions/bulk', body).expect(200)).body as BulkSessionsResponse;
    const done = await server.post('/v1/sessions/bulk', { ...body, dry_run: false, plan }).expect(200);
    const { data } = done.body as BulkSessionsResponse;
    expect(data).toMatchObject([{ id: 'chain-3', ok: true }]);
    expect(await trashOf(server)).toMatchObject([
      {
        id: data[0]?.trash_id,
        title: 'Novel draft',
        platform: 'telegram',
        user_id: 'bo',
        session_ids: ['chain-3', 'chain-1', 'chain-2'],
      },
    ]);
  });

  it('keeps what is pruned', async () => {
    const body = { older_than: '1d', platform: ['cli', 'telegram'], include_open: true, trash: true };
    const told = (await server.post('/v1/sessions/prune', body).expect(200)).body as PruneSessionsResponse;
    expect(told.count).toBeGreaterThan(2);
    const run = { ...body, dry_run: false, plan: told.plan };
    const done = (await server.post('/v1/sessions/prune', run).expect(200)).body as PruneSessionsResponse;
    expect([done.count, done.remaining, done.failed]).toEqual([told.count, 0, []]);
    const kept = await trashOf(server);
    expect(kept).toHaveLength(told.count);
    for (const { id } of kept) await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    const again = (await server.post('/v1/sessions/prune', body).expect(200)).body as PruneSessionsResponse;
    expect([...again.ids].sort()).toEqual([...told.ids].sort());
  });

  it('refuses to be asked for where nothing is deleted', async () => {
    for (const [way, body] of [
      ['bulk', { action: 'archive', ids: ['plain'], trash: true }],
      ['prune', { action: 'archive', older_than: '1d', trash: true }],
    ] as const) {
      const response = await server.post(`/v1/sessions/${way}`, body);
      expect([way, response.status, codeOf(response)]).toEqual([way, 400, 'invalid_parameter']);
    }
  });

  it('deletes what was written down and nothing else', async () => {
    const keeping = server.app.get(SessionTrash, { strict: false });
    const keep = keeping.keep.bind(keeping);
    let times = 0;
    const spy = jest.spyOn(keeping, 'keep').mockImplementation(async (taken, by) => {
      const entry = await keep(taken, by);
      if (++times <= 2)
        write((writer) => {
          say(writer, 'plain', 'user', `Wait ${times}`, hour(1) + 40);
        });
      return entry;
    });
    const id = await trash(server, 'plain');
    expect(times).toBe(3);
    expect(filesIn(folder)).toHaveLength(1);
    spy.mockRestore();
    expect((await trashOf(server))[0]).toMatchObject({ id, message_count: 8 });
    await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect((await server.get('/v1/sessions?search=Wait')).body).toMatchObject({ total: 1 });
  });

  it('holds what two delete at once a single time', async () => {
    const answers = await Promise.all(
      ['plain', 'plain'].map((id) => server.delete(`/v1/sessions/${id}?trash=true`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
    expect(filesIn(folder)).toHaveLength(1);
    expect(await trashOf(server)).toMatchObject([{ session_id: 'plain', message_count: 6 }]);
  });

  it('leaves alone what goes on all the time', async () => {
    const keeping = server.app.get(SessionTrash, { strict: false });
    const keep = keeping.keep.bind(keeping);
    const spy = jest.spyOn(keeping, 'keep').mockImplementation(async (taken, by) => {
      const entry = await keep(taken, by);
      // As many messages, and as long: only what one says is another.
      const day = spy.mock.calls.length % 2 === 0 ? 'Monday' : 'Sunday';
      write(({ db }) => {
        db.exec(`UPDATE messages SET content = 'Dry until ${day}' WHERE content LIKE 'Dry until %'`);
      });
      return entry;
    });
    const response = await server.delete('/v1/sessions/plain?trash=true');
    expect([response.status, codeOf(response)]).toEqual([409, 'session_busy']);
    expect(spy).toHaveBeenCalledTimes(3);
    spy.mockRestore();
    expect(filesIn(folder)).toEqual([]);
    await server.get('/v1/sessions/plain').expect(200);
  });

  it('deletes nothing where it cannot be written', async () => {
    writeFileSync(folder, 'A file stands in its place.');
    const response = await server.delete('/v1/sessions/plain?trash=true');
    expect([response.status, codeOf(response)]).toEqual([503, 'trash_unavailable']);
    expect(JSON.stringify(response.body)).not.toContain(folder);
    await server.get('/v1/sessions/plain').expect(200);
  });

  it('is not shown what is still there, and is shown what is gone, whenever its process ended', async () => {
    const id = await trash(server, 'plain');
    const file = onlyFile(folder);
    const pending = file.replace('.jsonl', '.pending');
    // The process ended behind the deletion.
    renameSync(file, pending);
    expect(await trashOf(server)).toMatchObject([{ id }]);
    await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
    expect(filesIn(folder)).toEqual([]);
    // The process ended before the deletion.
    const second = await trash(server, 'plain');
    const bytes = readFileSync(onlyFile(folder));
    await server.post(`/v1/trash/${second}/restore`, {}).expect(200);
    writeFileSync(pending, bytes, { mode: 0o600 });
    expect(await trashOf(server)).toEqual([]);
    expect((await server.post(`/v1/trash/${id}/restore`, {})).status).toBe(404);
    expect(filesIn(folder)).toEqual([pending]);
  });

  it('removes what a process left that ended before it deleted, and keeps what it deleted', async () => {
    await trash(server, 'plain');
    const undeleted = await trash(server, 'archived');
    const entry = filesIn(folder).find((file) => file.includes(undeleted)) ?? '';
    const bytes = readFileSync(entry);
    await server.post(`/v1/trash/${undeleted}/restore`, {}).expect(200);
    writeFileSync(entry, bytes, { mode: 0o600 });
    const long = Date.now() / 1000 - 3600;
    for (const file of filesIn(folder)) {
      const [head = '', ...lines] = readFileSync(file, 'utf8').split('\n');
      const old = { ...(JSON.parse(head) as object), deletedAt: long };
      writeFileSync(file, [JSON.stringify(old), ...lines].join('\n'));
      renameSync(file, file.replace('.jsonl', '.pending'));
    }
    writeFileSync(join(folder, readdirSync(folder)[0] ?? '', `${'a'.repeat(32)}.part`), 'Half of it');
    utimesSync(join(folder, readdirSync(folder)[0] ?? '', `${'a'.repeat(32)}.part`), long, long);
    await server.close();
    server = await TestServer.start(path, { TRASH_DIR: folder });
    await until(
      () =>
        filesIn(folder)
          .map((file) => file.split('.').at(-1))
          .join() === 'jsonl',
    );
    expect(await trashOf(server)).toMatchObject([{ session_id: 'plain' }]);
  });
});
