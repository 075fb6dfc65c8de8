import { execFileSync } from 'node:child_process';
import { NEEDS } from '../setup/needs.js';
import { describeWith } from '../support/needs.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { temporaryHistory } from '../support/temporary-history.js';
import { trash } from '../support/trash.js';

/** Hermes is a program in Python: here it writes, checks and deletes with the SQLite that this machine's Python has. */
const HERMES = `
import json, sqlite3, sys
path, work, *given = sys.argv[1:]
db = sqlite3.connect(path, isolation_level=None, timeout=30)
def check():
    for table in ('messages_fts', 'messages_fts_trigram'):
        db.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")
    return db.execute('PRAGMA integrity_check').fetchone()[0]
def found(table):
    return sorted(row[0] for row in db.execute(f"SELECT DISTINCT m.session_id FROM {table} f JOIN messages m ON m.id = f.rowid WHERE {table} MATCH 'zebraquokka'"))
if work == 'write':
    db.execute("INSERT INTO sessions (id, source, started_at) VALUES ('pictures', 'cli', 1746700000)")
    for at in range(int(given[0])):
        content = '\\0json:' + json.dumps([{'type': 'text', 'text': f'zebraquokka number {at}'}, {'type': 'image_url', 'image_url': {'url': 'data:,'}}])
        db.execute("INSERT INTO messages (session_id, role, content, timestamp) VALUES ('pictures', 'user', ?, ?)", (content, 1746700001 + at))
elif work == 'delete':
    for session in given:
        db.execute('BEGIN IMMEDIATE')
        db.execute('DELETE FROM messages WHERE session_id = ?', (session,))
        db.execute('DELETE FROM sessions WHERE id = ?', (session,))
        db.execute('COMMIT')
print(json.dumps({'check': check(), 'words': found('messages_fts'), 'parts': found('messages_fts_trigram')}))
`;

/** What Hermes finds in its file, and whether it is in order. */
interface Findings {
  readonly check: string;
  readonly words: readonly string[];
  readonly parts: readonly string[];
}

/** Imported sessions as Hermes's dashboard sends them. */
const IMPORTED = [
  {
    ...{ id: 'imported', source: 'cli', started_at: 1_746_000_000 },
    messages: [
      { role: 'user', timestamp: 1_746_000_001, content: [{ type: 'text', text: 'zebraquokka imported' }] },
    ],
  },
];

describeWith(['python'], "a history of pictures that Hermes's own SQLite goes on with", () => {
  describe.each([16, 25] as const)('of schema version %d', (version) => {
    let path: string;
    let server: TestServer;

    const hermes = (work: string, ...given: readonly string[]): Findings =>
      JSON.parse(
        execFileSync(NEEDS.python.path ?? '', ['-c', HERMES, path, work, ...given], { encoding: 'utf8' }),
      ) as Findings;

    afterEach(async () => {
      await server.close();
    });

    it.each([
      ['short', 3],
      ['long', 150],
    ])(
      'is in order after forks, imports and what comes back from the trash: a %s one',
      async (_size, count) => {
        path = temporaryHistory(version).stateDb;
        hermes('write', String(count));
        server = await TestServer.start(path, { TRASH_DIR: temporaryFolder() });
        await server.post('/api/sessions/pictures/fork', { id: 'fork' }).expect(201);
        expect(hermes('look')).toMatchObject({ check: 'ok', words: ['fork', 'pictures'] });
        await server.post('/dashboard/api/sessions/import', { sessions: IMPORTED }).expect(200);
        const id = await trash(server, 'pictures');
        await server.post(`/v1/trash/${id}/restore`, {}).expect(200);
        expect(hermes('look')).toMatchObject({ check: 'ok', words: ['fork', 'imported', 'pictures'] });
        expect(hermes('delete', 'fork', 'imported', 'pictures')).toEqual({
          check: 'ok',
          words: [],
          parts: [],
        });
      },
    );
  });
});
