import { execFileSync } from 'node:child_process';
import Sqlite from 'better-sqlite3';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { PruneSessionsResponse } from '../../src/sessions/dto/prune-sessions.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { NEEDS } from '../setup/needs.js';
import { hour, smallHistory } from '../support/histories.js';
import { describeWith } from '../support/needs.js';
import { temporaryFolder, TestServer } from '../support/server.js';

/** Hermes's own SQLite takes messages that the driver of this server does not read. */
const WRITE = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
# The first one was taken away by a compaction in place, beside another of its time. Of what tools return, little is indexed.
for session, at, active in (('plain', -1, 0), ('branch', 1, 1)):
    db.execute("INSERT INTO messages (session_id, role, content, timestamp, active, compacted) VALUES (?, 'tool', ?, ?, ?, ?)",
               (session, 'x' * 600_000_000, float(sys.argv[2]) + at, active, 1 - active))
db.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('plain', 'tool', 'And?', ?)",
           (float(sys.argv[2]) - 1,))
db.commit()
`;

/** One more that has ended long ago. */
const WRITE_OLD = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
started = float(sys.argv[2])
for session in ('old', 'small'):
    db.execute("INSERT INTO sessions (id, source, started_at, ended_at, end_reason) VALUES (?, 'cli', ?, ?, 'user_exit')",
               (session, started, started + 1))
    db.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES (?, 'tool', ?, ?)",
               (session, 'x' * (600_000_000 if session == 'old' else 10), started))
db.commit()
`;

/** What is left of the two sessions, and whether all indexes are whole. */
const LOOK = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for index in ('messages_fts', 'messages_fts_trigram'):
    db.execute(f"INSERT INTO {index}({index}) VALUES ('integrity-check')")
gone = "IN ('plain', 'branch')"
left = [db.execute(f"SELECT count(*) FROM {table} WHERE {column} {gone}").fetchone()[0]
        for table, column in (('messages', 'session_id'), ('sessions', 'id'), ('sessions', 'parent_session_id'))]
print(left, db.execute('PRAGMA integrity_check').fetchone()[0])
`;

/** A Node that has a SQLite of its own. */
const NEWER_NODE = NEEDS.newerNode.path;
const withNewerNode = NEWER_NODE === undefined ? it.skip : it;

describeWith(['python'], 'a message of 600 MB', () => {
  let path: string;
  let server: TestServer;

  const python = (program: string, ...args: readonly string[]): string =>
    execFileSync(NEEDS.python.path ?? 'python3', ['-c', program, ...args]).toString();

  beforeAll(async () => {
    path = smallHistory(30);
    python(WRITE, path, String(hour(1)));
    server = await TestServer.onFile(path, { SQLITE_NODE: NEWER_NODE });
  });

  afterAll(() => server.close());

  it('is told without what it holds, and everything around it as ever', async () => {
    const { data } = await server.json<MessageListResponse>('/v1/sessions/plain/messages');
    expect(data.length).toBeGreaterThan(3);
    expect(
      data.filter(({ too_large: isTooLarge }) => isTooLarge).map(({ role, content }) => [role, content]),
    ).toEqual([['tool', null]]);
    expect(JSON.stringify(data)).toContain('How often should I water');
    expect((await server.get('/api/sessions/plain/messages')).status).toBe(200);
    expect((await server.get('/v1/sessions/plain')).status).toBe(200);
    const exported = await server.get('/v1/sessions/plain/export?format=json');
    expect(exported.status).toBe(200);
  });

  it('keeps no search from finding what is elsewhere', async () => {
    for (const [text, id] of [
      ['tomatoes', 'plain'],
      ['部署', 'odd/id "quoted" 🚀'],
    ] as const) {
      const found = await server.json<SessionListResponse>(`/v1/sessions?search=${encodeURIComponent(text)}`);
      expect(found.data.map((session) => session.id)).toContain(id);
    }
    expect((await server.get(`/v1/sessions/plain/messages?search=${encodeURIComponent('水')}`)).status).toBe(
      200,
    );
  });

  it('keeps no other session from being deleted', async () => {
    expect((await server.delete('/v1/sessions/archived')).status).toBe(200);
  });

  it('is named as what keeps its session from being deleted where there is no newer Node', async () => {
    const alone = await TestServer.onFile(path, { SQLITE_NODE: '/nowhere/node' });
    const refused = await alone.delete('/v1/sessions/plain');
    expect([refused.status, refused.body]).toMatchObject([409, { error: { code: 'message_too_large' } }]);
    const bulk = await alone.post('/v1/sessions/bulk', { action: 'delete', ids: ['plain', 'branch'] });
    expect(bulk.body).toMatchObject({ failed: 2 });
    await alone.close();
    expect((await server.get('/v1/sessions/plain')).status).toBe(200);
  });

  it('keeps its session from being deleted into the trash, since it could not be kept', async () => {
    const keeping = await TestServer.onFile(path, { SQLITE_NODE: NEWER_NODE, TRASH_DIR: temporaryFolder() });
    const refused = await keeping.delete('/v1/sessions/plain?trash=true');
    expect([refused.status, refused.body]).toMatchObject([409, { error: { code: 'message_too_large' } }]);
    expect((await keeping.get('/v1/sessions/plain')).status).toBe(200);
    expect(await keeping.json('/v1/trash')).toMatchObject({ data: [] });
    await keeping.close();
  });

  withNewerNode('keeps its session no longer than any other, by the same rules', async () => {
    const lease = (sql: string): void => {
      const db = new Sqlite(path);
      db.exec(sql);
      db.close();
    };
    lease(`INSERT INTO session_turn_leases VALUES ('branch', 'x', 0, 9e9)`);
    expect((await server.delete('/v1/sessions/branch')).body).toMatchObject({
      error: { code: 'session_busy' },
    });
    lease('DELETE FROM session_turn_leases');
    const changed = await server.delete('/v1/sessions/branch').set('If-Match', '"another"');
    expect(changed.status).toBe(412);
    expect((await server.get('/v1/sessions/branch')).status).toBe(200);
  });

  withNewerNode('goes with its session, as the session goes by itself or with others', async () => {
    const { headers } = await server.get('/v1/sessions/branch');
    const deleted = await server.delete('/v1/sessions/branch').set('If-Match', String(headers.etag));
    expect([deleted.status, deleted.body]).toMatchObject([200, { deleted: true }]);
    const bulk = await server.post('/v1/sessions/bulk', { action: 'delete', ids: ['plain', 'nobody'] });
    expect(bulk.body).toMatchObject({
      data: [
        { id: 'plain', ok: true },
        { id: 'nobody', ok: false },
      ],
    });
    for (const id of ['plain', 'branch']) expect((await server.get(`/v1/sessions/${id}`)).status).toBe(404);
    expect(python(LOOK, path).trim()).toBe('[0, 0, 0] ok');
  });

  withNewerNode('goes with a clean-up', async () => {
    python(WRITE_OLD, path, String(hour(-9000)));
    const criteria = { last_active_before: new Date(hour(-8000) * 1000).toISOString() };
    const { body: planned } = await server.post('/v1/sessions/prune', { ...criteria, dry_run: true });
    expect(planned).toMatchObject({ count: 2 });
    const { plan } = planned as PruneSessionsResponse;
    const pruned = await server.post('/v1/sessions/prune', { ...criteria, dry_run: false, plan });
    expect([pruned.status, pruned.body]).toMatchObject([200, { count: 2, failed: [] }]);
    for (const id of ['old', 'small']) expect((await server.get(`/v1/sessions/${id}`)).status).toBe(404);
    expect(python(LOOK, path).trim()).toBe('[0, 0, 0] ok');
  });
});
