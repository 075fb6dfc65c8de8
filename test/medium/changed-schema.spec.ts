import { Logger } from '@nestjs/common';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { HermesSessionsRepository } from '../../src/stores/hermes/hermes-sessions.repository.js';
import { HermesProfiles } from '../../src/stores/hermes/profiles/hermes-profiles.js';
import { hour, say, withManySessions } from '../support/histories.js';
import { testSettings } from '../support/server.js';
import { temporaryHistory } from '../support/temporary-history.js';

/** What Hermes or the owner does to a file that changes its schema, or SQLite's mark of it. */
const UPKEEP: readonly (readonly [string, string])[] = [
  ['is packed', 'VACUUM'],
  ['gets an index', 'CREATE INDEX idx_of_mine ON sessions (title, cwd)'],
  ['has a trigger made again', triggerMadeAgain('messages_fts_insert')],
  ['gets a table', 'CREATE TABLE beside (id INTEGER PRIMARY KEY)'],
];

/** SQL that makes a trigger anew; a version without it has nothing to be made anew. */
function triggerMadeAgain(name: string): string {
  const { stateDb } = temporaryHistory(25);
  const writer = HistoryWriter.open(stateDb);
  const sql = writer.db
    .prepare<[string], string>("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?")
    .pluck()
    .get(name);
  writer.close();
  if (sql === undefined) throw new Error(`There is no trigger ${name}.`);
  return `DROP TRIGGER ${name}; ${sql}`;
}

const SIZES: readonly (readonly [string, (stateDb: string) => string])[] = [
  ['small', (stateDb) => stateDb],
  ['large', withManySessions],
];

describe.each(SIZES)('the first list of a %s history', (_size, grown) => {
  let writer: HistoryWriter;
  let profiles: HermesProfiles;
  let repository: HermesSessionsRepository;

  /** Ids of the newest sessions, and how many there are. */
  async function list(): Promise<{ readonly total: number | null; readonly ids: readonly string[] }> {
    const { total, entries } = await repository.list({
      filter: { access: {}, archived: 'any', includeChildren: false },
      ...{ sort: '-last_active_at', limit: 3, start: { offset: 0 } },
    });
    return { total, ids: entries.map(({ session }) => session.id) };
  }

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  beforeEach(async () => {
    const { stateDb } = temporaryHistory(25);
    writer = HistoryWriter.open(grown(stateDb));
    for (const [at, id] of ['first', 'second', 'third'].entries()) {
      writer.addSession({ id, source: 'cli', started_at: hour(2000 + at) });
      say(writer, id, 'user', `hello of ${id}`, hour(2000 + at));
    }
    profiles = new HermesProfiles(
      testSettings({ STATE_DB: stateDb, PROFILES: 'false' }),
      new SilentObserver(),
    );
    await profiles.onApplicationBootstrap();
    repository = new HermesSessionsRepository(profiles);
  });

  afterEach(async () => {
    writer.close();
    profiles.beforeApplicationShutdown();
    await profiles.onApplicationShutdown();
  });

  it.each(UPKEEP)('once the file %s has what was committed with that', async (_name, sql) => {
    const { total } = await list();
    say(writer, 'first', 'user', 'newest of all', hour(3000));
    writer.db.exec(sql);
    expect(await list()).toEqual({ total, ids: ['first', 'third', 'second'] });
  });

  it('once a session was deleted and the file packed has it no more', async () => {
    const { total } = await list();
    writer.db.exec(
      "DELETE FROM messages WHERE session_id = 'second'; DELETE FROM sessions WHERE id = 'second'; VACUUM",
    );
    expect(await list()).toMatchObject({ total: Number(total) - 1 });
    expect((await list()).ids).not.toContain('second');
  });

  it('once a session and an index were added has the session', async () => {
    const { total } = await list();
    writer.addSession({ id: 'fourth', source: 'cli', started_at: hour(3000) });
    writer.db.exec('CREATE INDEX idx_of_mine ON sessions (title, cwd)');
    expect(await list()).toMatchObject({ total: Number(total) + 1, ids: ['fourth', 'third', 'second'] });
  });
});
