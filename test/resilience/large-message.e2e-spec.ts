import { execFileSync } from 'node:child_process';
import Sqlite from 'better-sqlite3';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { NEEDS } from '../setup/needs.js';
import { hour, smallHistory } from '../support/histories.js';
import { describeWith } from '../support/needs.js';
import { TestServer } from '../support/server.js';

/** Hermes's own SQLite takes messages that the driver of this server does not read. */
const WRITE = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for role, at in (('user', -1), ('tool', 1)):
    db.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('plain', ?, ?, ?)",
               (role, 'x' * 600_000_000, float(sys.argv[2]) + at))
# A compaction in place took the first one away, beside another of its time.
db.execute("UPDATE messages SET active = 0, compacted = 1 WHERE role = 'user' AND length(content) > 1000")
db.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('plain', 'user', 'And?', ?)",
           (float(sys.argv[2]) - 1,))
db.commit()
`;

describeWith(['python'], 'a message of 600 MB', () => {
  let server: TestServer;

  beforeAll(async () => {
    // Indexing so much takes a minute, and is none of what is tested.
    const path = smallHistory(25);
    const db = new Sqlite(path);
    db.exec('DROP TRIGGER messages_fts_insert; DROP TRIGGER messages_fts_trigram_insert');
    db.close();
    execFileSync(NEEDS.python.path ?? 'python3', ['-c', WRITE, path, String(hour(1))]);
    server = await TestServer.onFile(path);
  });

  afterAll(() => server.close());

  it('is told without what it holds, and everything around it as ever', async () => {
    const { data } = await server.json<MessageListResponse>('/v1/sessions/plain/messages');
    expect(data.length).toBeGreaterThan(3);
    expect(
      data.filter(({ too_large: isTooLarge }) => isTooLarge).map(({ role, content }) => [role, content]),
    ).toEqual([
      ['user', null],
      ['tool', null],
    ]);
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

  it('is named as what keeps its session from being deleted, and only that one', async () => {
    const refused = await server.delete('/v1/sessions/plain');
    expect([refused.status, refused.body]).toMatchObject([409, { error: { code: 'message_too_large' } }]);
    expect((await server.get('/v1/sessions/plain')).status).toBe(200);
    expect((await server.delete('/v1/sessions/branch')).status).toBe(200);
  });
});
