import { renameSync, rmSync } from 'node:fs';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { atLength } from '../support/rounds.js';
import { TestServer } from '../support/server.js';
import { untilEqual } from '../support/until-equal.js';
import { first, until } from '../support/wait.js';

/** What the contract lets reach order and totals later than the next request. */
const AGENTS_OWN = /SET (archived|hidden|last_activity_at)/;

type Setting = readonly ['small' | 'large', 'wal' | 'delete'];

/**
 * Histories of both sizes, since a large one is followed by increments and compared by a thread; each journal mode and each size once,
 * and all of both in a long run.
 */
const SETTINGS = atLength<readonly Setting[]>(
  [
    ['small', 'wal'],
    ['small', 'delete'],
    ['large', 'wal'],
    ['large', 'delete'],
  ],
  [
    ['small', 'delete'],
    ['large', 'wal'],
  ],
);

describe.each(SETTINGS)('beside an agent that writes, a %s history, journal mode %s', (size, journalMode) => {
  let path: string;
  let agent: HistoryWriter;
  let server: TestServer;

  beforeEach(async () => {
    path = size === 'large' ? withManySessions(smallHistory(25, journalMode)) : smallHistory(25, journalMode);
    agent = HistoryWriter.open(path);
    server = await TestServer.start(path);
    await server.json('/v1/sessions');
  });

  afterEach(async () => {
    agent.close();
    await server.close();
  });

  const list = (query = ''): Promise<SessionListResponse> =>
    server.json<SessionListResponse>(`/v1/sessions?${query}`);
  const ids = async (query = ''): Promise<readonly string[]> => (await list(query)).data.map((row) => row.id);
  const sql = (text: string, ...values: readonly (string | number | null)[]): unknown =>
    agent.db.prepare(text).run(...values);

  it('the next request shows new sessions in the places of the newest ones, which are gone', async () => {
    const add = (startedAt: number, ...added: readonly string[]): void => {
      for (const id of added) agent.addSession({ id, source: 'cli', started_at: startedAt });
    };
    add(hour(50), 'kept', 'first', 'second', 'third');
    const { total } = await list();
    // Those that came are on another page than those that are gone.
    agent.together(() => {
      sql("DELETE FROM sessions WHERE id IN ('second', 'third')");
      add(60, 'new-second', 'new-third');
    });
    expect(await ids('sort=started_at&limit=3')).toEqual(['damaged', 'new-second', 'new-third']);
    agent.together(() => {
      sql("DELETE FROM sessions WHERE id IN ('new-second', 'new-third')");
    });
    expect((await list()).total).toBe(total - 2);
    agent.together(() => {
      sql("DELETE FROM sessions WHERE id = 'kept'");
      add(60, 'last');
    });
    expect(await ids('sort=started_at&limit=2')).toEqual(['damaged', 'last']);
    expect((await list()).total).toBe(total - 2);
  });

  it('the next request shows a new session and its messages', async () => {
    const { total } = await list();
    agent.together(() => {
      agent.addSession({ id: 'new', source: 'cli', started_at: hour(50) });
      say(agent, 'new', 'user', 'brand new axolotl', hour(50));
    });
    expect((await ids())[0]).toBe('new');
    expect((await list()).total).toBe(total + 1);
    expect(await ids('search=axolotl')).toEqual(['new']);
  });

  it('the next request shows what was deleted and added again, and what is in the place of others', async () => {
    const before = (await list('archived=any&include_children=true')).data;
    agent.together(() => {
      const rowids = agent.db
        .prepare<[], number>('SELECT rowid FROM sessions ORDER BY rowid LIMIT 6')
        .pluck()
        .all();
      // SQLite numbers rows anew where a file is made compact, or they are restored from elsewhere.
      rowids.forEach((rowid, at) => sql('UPDATE sessions SET rowid = ? WHERE rowid = ?', -1 - at, rowid));
      rowids.forEach((_rowid, at) =>
        sql('UPDATE sessions SET rowid = ? WHERE rowid = ?', rowids.at(-1 - at) ?? 0, -1 - at),
      );
      sql("UPDATE sessions SET rowid = 1000000 WHERE id = 'plain'");
      sql("UPDATE sessions SET title = 'Moved' WHERE id = 'plain'");
    });
    const after = async (): Promise<readonly string[]> =>
      (await list('archived=any&include_children=true')).data.map(({ id }) => id);
    await untilEqual(
      after,
      before.map(({ id }) => id),
    );
    expect(await ids('title=Moved')).toEqual(['plain']);
  });

  it('the next request shows a new message in order, counts and transcript', async () => {
    say(agent, 'plain', 'user', 'one more question', hour(60));
    const [first] = (await list()).data;
    expect(first).toMatchObject({
      id: 'plain',
      turn_count: 2,
      message_count: 5,
      last_active_at: new Date(hour(60) * 1000).toISOString(),
    });
    expect(await server.json('/v1/sessions/plain/messages?order=desc&limit=1')).toMatchObject({
      data: [{ content: 'one more question' }],
      total: 5,
    });
  });

  it.each([
    [
      'a rename',
      "UPDATE sessions SET title = 'Renamed by the agent' WHERE id = 'plain'",
      'title=Renamed+by+the+agent',
      ['plain'],
    ],
    ['another model', "UPDATE sessions SET model = 'x/y' WHERE id = 'plain'", 'model=x/y', ['plain']],
    [
      'an archived session',
      "UPDATE sessions SET archived = 1 WHERE id = 'plain'",
      'archived=true&since=2026-05-01',
      ['archived', 'plain'],
    ],
    [
      'a heartbeat',
      `UPDATE sessions SET last_activity_at = ${hour(90)} WHERE id = 'plain'`,
      'limit=1',
      ['plain'],
    ],
    [
      'an ended session',
      "UPDATE sessions SET ended_at = 1, end_reason = 'done' WHERE id = 'empty'",
      'platform=slack',
      ['empty'],
    ],
    [
      'a session that became a delegate',
      `UPDATE sessions SET model_config = '{"_delegate_from": "plain"}' WHERE id = 'empty'`,
      'platform=slack',
      [],
    ],
    [
      'a session that lost its parent',
      "UPDATE sessions SET parent_session_id = NULL WHERE id = 'unmarked-child'",
      'platform=tool',
      ['unmarked-child'],
    ],
  ])('the next request shows %s', async (_name, statement, query, expected) => {
    sql(statement);
    // A flag or heartbeat that the agent alone changed may take half a second where not all rows are read each time.
    if (size === 'large' && AGENTS_OWN.test(statement)) await soon(query, expected);
    else expect(await ids(query)).toEqual(expected);
  });

  /** Asks again until the answer is there. How long an agent's own flag takes is measured by the bench, not here. */
  const soon = (query: string, expected: readonly string[]): Promise<void> =>
    untilEqual(() => ids(query), expected);

  it("shows an agent's own flags and heartbeats in order and totals soon after", async () => {
    const { total } = await list('archived=true');
    sql("UPDATE sessions SET archived = 1 WHERE id = 'plain'");
    await soon('archived=true&limit=1&title=Garden+irrigation', ['plain']);
    expect((await list('archived=true')).total).toBe(total + 1);
    sql(`UPDATE sessions SET last_activity_at = ${hour(95)} WHERE id = 'reset'`);
    await soon('limit=1', ['reset']);
    sql(`UPDATE sessions SET last_activity_at = ${hour(96)} WHERE id = 'branch'`);
    await soon('limit=1&sort=-last_active_at', ['branch']);
    if (size === 'small') return;
    sql("UPDATE sessions SET archived = 1 WHERE id IN ('filler-1', 'filler-2')");
    await soon('archived=true&sort=started_at&limit=3', ['filler-0', 'filler-1', 'filler-2']);
  });

  it('the next request knows an archived session that stood in the page', async () => {
    const before = await list('limit=5');
    const [first] = before.data;
    sql(`UPDATE sessions SET archived = 1 WHERE id = '${first?.id ?? ''}'`);
    const after = await list('limit=5');
    expect(after.data.map((row) => row.id)).not.toContain(first?.id);
    expect(after.data).toHaveLength(5);
    expect(after.total).toBe(before.total - 1);
  });

  it('a session that was archived, seen to be, and brought back at once is listed again', async () => {
    for (let turn = 0; turn < 8; turn++) {
      sql("UPDATE sessions SET archived = 1 WHERE id = 'plain'");
      expect(await ids('limit=200')).not.toContain('plain');
      sql("UPDATE sessions SET archived = 0 WHERE id = 'plain'");
      await until(async () => (await ids('limit=200')).includes('plain'), 'The session');
    }
  });

  it('the next request shows that many sessions were pruned and others added', async () => {
    const { total } = await list('include_children=true&archived=any');
    agent.together(() => {
      for (const id of ['plain', 'archived', 'empty', 'filler-7', 'filler-8', 'filler-10']) {
        sql('DELETE FROM messages WHERE session_id = ?', id);
        sql('DELETE FROM sessions WHERE id = ?', id);
      }
      for (let number = 0; number < 4; number++) {
        agent.addSession({ id: `added-${number}`, source: 'cli', started_at: hour(80 + number) });
      }
    });
    const removed = size === 'large' ? 6 : 3;
    expect((await list('include_children=true&archived=any')).total).toBe(total - removed + 4);
    expect(await ids('limit=4')).toEqual(['added-3', 'added-2', 'added-1', 'added-0']);
    expect(await ids('search=tomatoes')).toEqual([]);
  });

  it('the next request shows transcripts that were written anew', async () => {
    agent.together(() => {
      sql("DELETE FROM messages WHERE session_id = 'plain'");
      say(agent, 'plain', 'user', 'only this pomegranate is left', hour(2));
    });
    expect(await ids('search=tomatoes')).toEqual([]);
    expect(await list('search=pomegranate')).toMatchObject({
      total: 1,
      data: [{ id: 'plain', turn_count: 1 }],
    });
    expect(await list('title=Garden+irrigation')).toMatchObject({
      data: [{ last_active_at: new Date(hour(2) * 1000).toISOString() }],
    });
  });

  it('the next request moves a session that lost its newest message, also where it is on no page', async () => {
    const oldest = 'damaged';
    expect(await ids('sort=last_active_at&limit=1')).toEqual([oldest]);
    const message = say(agent, oldest, 'user', 'soon gone', hour(70));
    expect(await ids('sort=last_active_at&limit=1')).not.toEqual([oldest]);
    sql('DELETE FROM messages WHERE id = ?', message);
    expect(await ids('sort=last_active_at&limit=1')).toEqual([oldest]);
  });

  it('everything adds up after hundreds of changes of all kinds', async () => {
    for (let turn = 0; turn < 60; turn++) {
      agent.together(() => {
        agent.addSession({
          id: `turn-${turn}`,
          source: 'cli',
          started_at: hour(100 + turn),
          parent_session_id: turn % 3 === 1 ? `turn-${turn - 1}` : null,
        });
        say(agent, `turn-${turn}`, 'user', `tangerine ${turn}`, hour(100 + turn));
        if (turn % 3 === 0)
          sql("UPDATE sessions SET end_reason = 'compression' WHERE id = ?", `turn-${turn}`);
        if (turn % 7 === 3) sql('UPDATE sessions SET archived = 1 WHERE id = ?', `turn-${turn - 1}`);
        if (turn % 11 === 5) {
          sql('DELETE FROM messages WHERE session_id = ?', `turn-${turn - 2}`);
          sql('DELETE FROM sessions WHERE id = ?', `turn-${turn - 2}`);
        }
      });
      if (turn % 4 === 0) await list();
      if (turn % 9 === 0) await server.patch(`/v1/sessions/turn-${turn}`, { pinned: true });
    }
    const restarted = await TestServer.start(path);
    try {
      for (const query of [
        '',
        'archived=any',
        'archived=true&since=2026-05-01',
        'include_children=true',
        'search=tangerine',
        'platform=cli',
      ]) {
        const expected = await restarted.json<SessionListResponse>(`/v1/sessions?limit=200&${query}`);
        await soon(
          `limit=200&${query}`,
          expected.data.map((row) => row.id),
        );
        expect(await list(`limit=200&${query}`)).toEqual(expected);
      }
    } finally {
      await restarted.close();
    }
  });

  it('the next request shows a compression', async () => {
    agent.together(() => {
      sql("UPDATE sessions SET ended_at = ?, end_reason = 'compression' WHERE id = 'plain'", hour(70));
      agent.addSession({ id: 'plain-2', source: 'cli', parent_session_id: 'plain', started_at: hour(70) });
      say(agent, 'plain-2', 'user', 'going on', hour(71));
    });
    const [first] = (await list()).data;
    expect(first).toMatchObject({ id: 'plain-2', root_session_id: 'plain', chain_length: 2, user_id: 'ana' });
    sql("UPDATE sessions SET end_reason = 'user_exit' WHERE id = 'plain'");
    expect(await ids()).toContain('plain');
    expect(await ids()).not.toContain('plain-2');
  });

  it('the next request shows a rewind', async () => {
    say(agent, 'plain', 'user', 'take this back', hour(60));
    expect(await list('limit=1')).toMatchObject({ data: [{ turn_count: 2 }] });
    sql("UPDATE messages SET active = 0 WHERE content = 'take this back'");
    expect(await list('limit=1')).toMatchObject({ data: [{ turn_count: 1 }] });
    expect(await ids('search=take')).toEqual([]);
  });

  it('the next request shows deleted messages and sessions', async () => {
    say(agent, 'plain', 'user', 'soon gone', hour(60));
    expect((await ids())[0]).toBe('plain');
    sql("DELETE FROM messages WHERE content = 'soon gone'");
    expect((await ids())[0]).not.toBe('plain');
    sql("DELETE FROM messages WHERE session_id = 'chain-2'");
    sql("UPDATE sessions SET parent_session_id = NULL WHERE id = 'chain-3'");
    sql("DELETE FROM sessions WHERE id = 'chain-2'");
    expect(await ids('platform=telegram')).toEqual(['chain-1']);
    expect((await server.get('/v1/sessions/chain-2')).status).toBe(404);
  });

  it('a session that takes the place of a deleted one is another', async () => {
    agent.together(() => {
      sql("DELETE FROM messages WHERE session_id = 'damaged'");
      sql("DELETE FROM sessions WHERE id = 'damaged'");
      agent.addSession({ id: 'successor', source: 'cli', started_at: hour(2) });
    });
    expect(await ids()).toContain('successor');
    expect(await ids()).not.toContain('damaged');
  });

  it('a file that was put in the place of the old one is served', async () => {
    agent.close();
    const other = smallHistory(16);
    const writer = HistoryWriter.open(other);
    writer.addSession({ id: 'restored', source: 'cli', started_at: hour(99) });
    writer.db.pragma('journal_mode = delete');
    writer.close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    renameSync(other, path);
    expect((await ids())[0]).toBe('restored');
    expect(await server.json('/health/detailed')).toMatchObject({ store: { schema_version: 16 } });
    rmSync(path);
    expect((await server.get('/v1/sessions')).body).toMatchObject({ error: { code: 'store_unavailable' } });
    expect((await server.http.get('/readyz')).status).toBe(503);
    agent = HistoryWriter.create(path, 25, journalMode);
    expect(await list()).toMatchObject({ total: 0 });
  });

  it('two writers at once lose nothing', async () => {
    const before = await server.json<{ total: number }>('/v1/sessions/plain/messages');
    const writes: Promise<number>[] = [];
    // Where the other holds the lock for long, a client is asked to come again.
    const changed = (id: string, changes: object): Promise<number> =>
      first(async () => {
        const { status } = await server.patch(`/v1/sessions/${id}`, changes);
        return status === 503 ? undefined : status;
      }, 'The change');
    for (let turn = 0; turn < 40; turn++) {
      writes.push(
        changed('plain', { title: `Title ${turn}` }),
        changed('branch', { pinned: turn % 2 === 0 }),
      );
      agent.together(() => {
        say(agent, 'plain', 'user', `message ${turn}`, hour(50) + turn);
      });
      await new Promise(setImmediate);
    }
    expect(new Set(await Promise.all(writes))).toEqual(new Set([200]));
    expect(await server.json('/v1/sessions/plain/messages')).toMatchObject({ total: before.total + 40 });
    expect(agent.db.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('a lock that stays taken answers 503 and changes nothing', async () => {
    agent.db.exec('BEGIN IMMEDIATE');
    const response = await server.patch('/v1/sessions/plain', { title: 'Not now' });
    agent.db.exec('ROLLBACK');
    expect(response.status).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.body).toMatchObject({ error: { type: 'service_unavailable', code: 'store_busy' } });
    expect(await server.json('/v1/sessions/plain')).toMatchObject({ title: 'Garden irrigation' });
  });
});
