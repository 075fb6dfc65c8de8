import Sqlite from 'better-sqlite3';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionResponse } from '../../src/sessions/dto/session.response.js';
import type { ServedHistory } from '../support/served.js';
import type { AgentLog } from './agent-log.js';
import type { ExpectedSession } from './clients.js';

type Row = Readonly<Record<string, string | number | null>>;

/** What is wrong with a file by SQLite's own checks; empty where nothing is. */
export function damagesOf(path: string): readonly string[] {
  const db = new Sqlite(path, { fileMustExist: true });
  const damages: string[] = [];
  try {
    const verdict = db.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') damages.push(`integrity_check: ${String(verdict)}`);
    for (const index of ['messages_fts', 'messages_fts_trigram']) {
      try {
        db.prepare(`INSERT INTO ${index}(${index}, rank) VALUES ('integrity-check', 1)`).run();
      } catch (error) {
        damages.push(`${index}: ${String(error)}`);
      }
    }
  } finally {
    db.close();
  }
  return damages;
}

/** What an agent committed and the file does not hold as it was committed. */
export function lostWrites(path: string, log: AgentLog): readonly string[] {
  const db = new Sqlite(path, { readonly: true });
  const session = db.prepare<[string], Row>('SELECT title, end_reason FROM sessions WHERE id = ?');
  const messages = db
    .prepare<[string], [number, string, number]>(
      'SELECT id, content, active FROM messages WHERE session_id = ? ORDER BY id',
    )
    .raw();
  const lost: string[] = [];
  for (const written of log.sessions) {
    const row = session.get(written.id);
    if (row?.title !== written.title || row.end_reason !== written.endReason)
      lost.push(
        `${written.id}: ${JSON.stringify(row)} instead of ${written.title ?? ''}, ${written.endReason ?? ''}`,
      );
    const stored = messages.all(written.id).map(([id, content, active]) => [id, content, active !== 0]);
    if (JSON.stringify(stored) !== JSON.stringify(written.messages))
      lost.push(`${written.id}: ${stored.length} messages instead of ${written.messages.length}`);
  }
  for (const id of log.deleted) if (session.get(id) !== undefined) lost.push(`${id} is back`);
  db.close();
  return lost;
}

/** What clients were promised and the file does not hold. */
export function brokenPromises(
  path: string,
  expected: ReadonlyMap<string, ExpectedSession>,
): readonly string[] {
  const db = new Sqlite(path, { readonly: true });
  const session = db.prepare<[string], Row>(
    'SELECT title, archived, message_count FROM sessions WHERE id = ?',
  );
  const count = db.prepare<[string], number>('SELECT count(*) FROM messages WHERE session_id = ?').pluck();
  const broken: string[] = [];
  for (const [id, { titles, archived, gone }] of expected) {
    const row = session.get(id);
    const messages = count.get(id) ?? 0;
    if (row === undefined) {
      if (gone === 'no') broken.push(`${id} is gone`);
      if (messages > 0) broken.push(`${id} is gone but ${messages} of its messages are there`);
      continue;
    }
    if (gone === 'yes') broken.push(`${id} was deleted and is there`);
    if (messages !== row.message_count)
      broken.push(`${id} has ${messages} of ${String(row.message_count)} messages`);
    if (!titles.some((title) => title === row.title)) broken.push(`${id} is called ${String(row.title)}`);
    if (!archived.includes(row.archived !== 0)) broken.push(`${id}: archived is ${String(row.archived)}`);
  }
  db.close();
  return broken;
}

/** All entries of a list, page by page. */
export async function listAll(server: ServedHistory, query: string): Promise<readonly SessionResponse[]> {
  const entries: SessionResponse[] = [];
  for (let after = ''; ;) {
    const page = (await (
      await server.get(`/v1/sessions?limit=200&${query}${after}`)
    ).json()) as SessionListResponse;
    entries.push(...page.data);
    if (page.next_cursor === null) {
      if (page.total !== entries.length) throw new Error(`${entries.length} entries of ${page.total}`);
      return entries;
    }
    after = `&after=${encodeURIComponent(page.next_cursor)}`;
  }
}

/** Where the API says another thing than the file, which must be at rest: every session row, and the transcripts of `ids`. */
export async function deviations(
  server: ServedHistory,
  path: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const db = new Sqlite(path, { readonly: true });
  const rows = db
    .prepare<[], Row>(
      `SELECT id, source AS platform, title, model, parent_session_id, end_reason, user_id,
        message_count, tool_call_count, archived, pinned, started_at, ended_at FROM sessions`,
    )
    .all();
  const messages = db.prepare<[string], Row>(
    'SELECT id, role, content FROM messages WHERE session_id = ? AND (active <> 0 OR compacted <> 0) ORDER BY id',
  );
  const shown = new Map(
    (await listAll(server, 'include_children=true&archived=any')).map((session) => [session.id, session]),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const found = rows.flatMap((unowned) => {
    const session = shown.get(String(unowned.id));
    const row: Row = { ...unowned, user_id: unowned.user_id ?? inheritedOwner(session, unowned, byId) };
    const isSame = session !== undefined && JSON.stringify(answered(session)) === JSON.stringify(stored(row));
    return isSame
      ? []
      : [`${String(row.id)}: the API says ${JSON.stringify(session)}, the file ${JSON.stringify(row)}`];
  });
  if (shown.size !== rows.length) found.push(`the API has ${shown.size} sessions, the file ${rows.length}`);
  const present = new Set(rows.map((row) => row.id));
  for (const id of ids.filter((each) => present.has(each))) {
    const kept = messages.all(id).map((row) => [row.id, row.role, row.content]);
    const read = await readTranscript(server, id);
    if (JSON.stringify(read) !== JSON.stringify(kept))
      found.push(`${id}: ${read.length} messages are shown, ${kept.length} stored`);
  }
  db.close();
  return found;
}

/** The owner that is told of a session whose row names none, where the nearest row before it that names one says the same. */
function inheritedOwner(
  session: SessionResponse | undefined,
  row: Row,
  byId: ReadonlyMap<string | number | null | undefined, Row>,
): string | null {
  let before = byId.get(row.parent_session_id);
  while (before?.user_id === null) before = byId.get(before.parent_session_id);
  return session !== undefined && session.user_id === before?.user_id ? session.user_id : null;
}

async function readTranscript(server: ServedHistory, id: string): Promise<readonly unknown[]> {
  const messages: unknown[] = [];
  for (;;) {
    const page = (await (
      await server.get(`/v1/sessions/${encodeURIComponent(id)}/messages?limit=500&offset=${messages.length}`)
    ).json()) as MessageListResponse;
    messages.push(...page.data.map((message) => [message.id, message.role, message.content]));
    if (!page.has_more) return messages;
  }
}

/** What stands in a row as it is answered. */
const FIELDS = [
  'platform',
  'title',
  'model',
  'parent_session_id',
  'end_reason',
  'user_id',
  'message_count',
  'tool_call_count',
] as const;

function stored(row: Row): readonly unknown[] {
  const flags = [row.archived !== 0, row.pinned !== 0];
  return [...FIELDS.map((field) => row[field]), ...flags, instant(row.started_at), instant(row.ended_at)];
}

function answered(session: SessionResponse): readonly unknown[] {
  const { archived, pinned, started_at, ended_at } = session;
  return [...FIELDS.map((field) => session[field]), archived, pinned, started_at, ended_at];
}

function instant(seconds: string | number | null | undefined): string | null {
  return typeof seconds === 'number' ? new Date(Math.round(seconds * 1000)).toISOString() : null;
}
