import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionDetailResponse } from '../../src/sessions/dto/session-detail.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import type { SessionResponse } from '../../src/sessions/dto/session.response.js';
import { copyOf, TestServer } from '../support/server.js';

/** A row as Hermes's own list gives it. */
interface ExpectedRow {
  readonly id: string;
  readonly source: string;
  readonly title: string | null;
  readonly model: string | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly end_reason: string | null;
  readonly message_count: number;
  readonly parent_session_id: string | null;
  readonly last_active: number;
  readonly preview: string;
  readonly archived: number;
  readonly pinned: number;
  readonly _lineage_root_id: string | null;
  readonly user_id: string | null;
  readonly turn_count: number;
}

interface Expected {
  readonly schema_version: number;
  readonly ids: Readonly<Record<string, string | null>>;
  readonly list_by_started_at: readonly ExpectedRow[] | null;
  readonly order_by_last_active: readonly string[] | null;
  readonly include_children_ids: readonly string[];
  readonly with_archived_ids: readonly string[] | null;
  readonly search_session_ids: Readonly<Record<string, readonly string[]>>;
  readonly messages: Readonly<
    Record<string, readonly { role: string; content: unknown; timestamp: number; tool_name: string | null }[]>
  >;
  readonly list_count?: number;
}

const FOLDER = resolve(import.meta.dirname, '../../../shared/fixtures');
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.db')) : [];

if (files.length === 0) {
  it.skip(`compares with Hermes's own answers: skipped, there are no history files in ${FOLDER}`, () =>
    undefined);
} else {
  describe.each(files)('%s answers as Hermes does', comparesWithHermes);
}

function comparesWithHermes(name: string): void {
  const expected = JSON.parse(
    readFileSync(join(FOLDER, name.replace(/\.db$/, '.expected.json')), 'utf8'),
  ) as Expected;
  const needsTokenizer = name.includes('cjk');
  let path: string;
  let server: TestServer;

  beforeAll(async () => {
    path = copyOf(join(FOLDER, name));
    server = await TestServer.start(path);
  });

  afterAll(() => server.close());

  const list = (query: string): Promise<SessionListResponse> =>
    server.json<SessionListResponse>(`/v1/sessions?limit=200&${query}`);
  const ids = async (query: string): Promise<readonly string[]> =>
    (await list(query)).data.map((row) => row.id);

  it('lists the same conversations, newest start first, every field equal', async () => {
    const page = await list('sort=-started_at');
    if (expected.list_by_started_at === null) {
      expect(page.total).toBe(expected.list_count);
      expect(page.data).toHaveLength(page.total);
      return;
    }
    const starts = new Map(expected.list_by_started_at.map((row) => [row.id, row]));
    expect(page.data.map((row) => row.id)).toEqual(
      [...expected.list_by_started_at]
        .sort((a, b) => rootStart(b) - rootStart(a) || (a.id < b.id ? 1 : -1))
        .map((row) => row.id),
    );
    for (const row of page.data) expect(comparable(row)).toEqual(comparableExpectation(starts.get(row.id)));
    expect(page.total).toBe(expected.list_by_started_at.length);
  });

  /** Hermes lists a chain under its tip's start, this API under its root's. */
  function rootStart(row: ExpectedRow): number {
    return row._lineage_root_id === null ? row.started_at : startOf(row._lineage_root_id);
  }

  function startOf(id: string): number {
    return Number(stored(id, 'started_at'));
  }

  /** This version of Hermes shows no title where a chain's tip has none; newer ones, and this API, show its root's. */
  function titleOfRoot({ _lineage_root_id: root }: ExpectedRow): unknown {
    return root === null ? null : stored(root, 'title');
  }

  function stored(id: string, column: 'started_at' | 'title'): unknown {
    const db = new Sqlite(path, { readonly: true });
    const value: unknown = db.prepare(`SELECT ${column} FROM sessions WHERE id = ?`).pluck().get(id);
    db.close();
    return value;
  }

  function comparableExpectation(row: ExpectedRow | undefined): unknown {
    if (row === undefined) return undefined;
    return {
      id: row.id,
      platform: row.source,
      title: row.title ?? titleOfRoot(row),
      model: row.model,
      started_at: new Date(rootStart(row) * 1000).toISOString(),
      ended_at: row.ended_at === null ? null : new Date(row.ended_at * 1000).toISOString(),
      last_active_at: new Date(row.last_active * 1000).toISOString(),
      end_reason: row.end_reason,
      message_count: row.message_count,
      parent_session_id: row.parent_session_id,
      preview: row.preview,
      archived: row.archived === 1,
      pinned: row.pinned === 1,
      root_session_id: row._lineage_root_id ?? row.id,
      user_id: row.user_id,
      turn_count: row.turn_count,
    };
  }

  it('orders them by last activity as Hermes does', async () => {
    if (expected.order_by_last_active === null) return;
    expect(await ids('')).toEqual(expected.order_by_last_active);
  });

  it('lists every session row when children are included', async () => {
    expect([...(await ids('include_children=true'))].sort()).toEqual(
      [...expected.include_children_ids].sort(),
    );
  });

  it('lists archived conversations when asked', async () => {
    if (expected.with_archived_ids === null) return;
    expect([...(await ids('archived=any'))].sort()).toEqual([...expected.with_archived_ids].sort());
  });

  it.each(Object.keys(expected.search_session_ids))('finds the same sessions for %s', async (text) => {
    const found = await ids(`include_children=true&archived=any&search=${encodeURIComponent(text)}`);
    const byTitle = (await list('include_children=true&archived=any')).data
      .filter((row) => titleContains(row.title, text))
      .map((row) => row.id);
    const wanted = new Set([...(expected.search_session_ids[text] ?? []), ...byTitle]);
    expect([...found].sort()).toEqual([...wanted].sort());
  });

  it.each(Object.keys(expected.messages))('reads the same transcript of %s', async (id) => {
    const page = await server.json<MessageListResponse>(`/v1/sessions/${id}/messages?limit=500`);
    const transcript = page.data.map(({ role, content, timestamp, tool_name = null }) => ({
      role,
      content,
      timestamp,
      tool_name,
    }));
    expect(transcript).toEqual(
      expected.messages[id]?.map((message) => ({
        ...message,
        timestamp: new Date(message.timestamp * 1000).toISOString(),
      })),
    );
    expect(page.total).toBe(page.data.length);
  });

  it('knows where a compression chain begins and lives on', async () => {
    const { root, mid, tip } = expected.ids;
    const session = await server.json<SessionDetailResponse>(`/v1/sessions/${mid ?? ''}`);
    expect(session).toMatchObject({ root_session_id: root, tip_session_id: tip, chain_length: 3 });
  });

  it('renames, archives, pins and deletes without harm to the file', async () => {
    const copy = copyOf(path);
    const integrity = integrityOf(copy);
    const writable = await TestServer.start(copy);
    const schema = schemaOf(copy);
    const { root, parent, delegate, branch } = expected.ids;

    expect(
      (await writable.patch(`/v1/sessions/${root ?? ''}`, { title: '  A new\tname ' })).body,
    ).toMatchObject({
      title: 'A new name',
    });
    const archived = await writable.patch(`/v1/sessions/${root ?? ''}`, { archived: true });
    expect(archived.status).toBe(expected.schema_version >= 16 ? 200 : 409);
    const pinned = await writable.patch(`/v1/sessions/${root ?? ''}`, { pinned: true });
    expect(pinned.status).toBe(expected.schema_version >= 25 ? 200 : 409);

    const deletion = await writable.delete(`/v1/sessions/${parent ?? ''}`);
    if (needsTokenizer) {
      expect(deletion.status).toBe(503);
      expect(deletion.body).toMatchObject({ error: { code: 'tokenizer_unavailable' } });
      expect((await writable.get(`/v1/sessions/${parent ?? ''}`)).status).toBe(200);
    } else {
      expect(deletion.body).toMatchObject({ deleted: true, deleted_session_ids: [parent, delegate] });
      expect((await writable.get(`/v1/sessions/${delegate ?? ''}`)).status).toBe(404);
      expect((await writable.get(`/v1/sessions/${branch ?? ''}`)).body).toMatchObject({
        parent_session_id: null,
      });
    }
    await writable.settled();
    await writable.close();
    expect(schemaOf(copy)).toEqual(schema);
    expect(integrityOf(copy)).toEqual(integrity);
  });

  it('leaves the search indexes right when structured messages are deleted', async () => {
    // Nothing can be deleted without the tokenizer, and schema 6 stored no structured content.
    if (needsTokenizer || expected.schema_version < 16) return;
    const copy = copyOf(path);
    const structured = structuredSessions(copy);
    expect(structured.length).toBeGreaterThan(0);
    const writable = await TestServer.start(copy);
    for (const id of structured) expect((await writable.delete(`/v1/sessions/${id}`)).status).toBe(200);
    await writable.settled();
    await writable.close();
    // What an older SQLite had indexed otherwise than ours is gone, so every check must pass now.
    expect(Object.values(integrityOf(copy)).filter((verdict) => verdict !== 'ok')).toEqual([]);
  });
}

function comparable(row: SessionResponse): unknown {
  const {
    object: _object,
    tool_call_count: _tools,
    chain_length: _chain,
    match: _match,
    profile: _profile,
    origin: _origin,
    ...rest
  } = row;
  return rest;
}

/** The API also finds titles; Hermes's own message search does not. */
function titleContains(title: string | null, text: string): boolean {
  if (title === null || /\b(OR|NOT)\b/.test(text)) return false;
  const words = text.replace(/\bAND\b/g, ' ').match(/"[^"]+"|[^\s"]+/g) ?? [];
  return words.every((word) =>
    title.toLowerCase().includes(word.toLowerCase().replace(/^[("]+|["*)]+$/g, '')),
  );
}

function schemaOf(path: string): unknown {
  const db = new Sqlite(path, { readonly: true });
  const schema = {
    statements: db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid').all(),
    journalMode: db.pragma('journal_mode', { simple: true }),
    userVersion: db.pragma('user_version', { simple: true }),
  };
  db.close();
  return schema;
}

/** Sessions with content that Hermes stored as JSON behind a NUL. */
function structuredSessions(path: string): readonly string[] {
  const db = new Sqlite(path, { readonly: true });
  const ids = db
    .prepare<[], string>(
      "SELECT DISTINCT session_id FROM messages WHERE substr(CAST(content AS BLOB), 1, 1) = x'00'",
    )
    .pluck()
    .all();
  db.close();
  return ids;
}

/**
 * What SQLite and FTS5 say of a file. Some of the files fail before anything is written: an older SQLite
 * indexed structured messages otherwise than the one that checks here.
 */
function integrityOf(path: string): Readonly<Record<string, unknown>> {
  const db = new Sqlite(path);
  const verdicts: Record<string, unknown> = { file: db.pragma('integrity_check', { simple: true }) };
  const tables = db
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%' AND sql NOT LIKE '%cjk_unicode61%'",
    )
    .all();
  expect(tables.length).toBeGreaterThan(0);
  for (const { name } of tables) verdicts[name] = integrityOfIndex(db, name);
  db.close();
  return verdicts;
}

function integrityOfIndex(db: Sqlite.Database, table: string): string {
  try {
    db.prepare(`INSERT INTO ${table}(${table}, rank) VALUES ('integrity-check', 1)`).run();
    return 'ok';
  } catch (error) {
    return String(error);
  }
}
