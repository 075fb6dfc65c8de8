/**
 * The list of 20, hand-written: bare Fastify, the best SQL on the same file, and facts about sessions in an in-memory table. It returns the same
 * fields, counts with SQL (with `counted=once` only at its start) and checks a key. It does not validate, log or follow the file.
 */
import { fastify } from 'fastify';
import Sqlite from 'better-sqlite3';

const [, , path = '', key = ''] = process.argv;

const db = new Sqlite(path, { readonly: true });
db.pragma('temp_store = MEMORY');
db.exec(`
  CREATE TEMP TABLE facts AS
    SELECT s.rowid AS session_rowid, s.id, s.archived, s.started_at,
      coalesce((SELECT max(m.timestamp) FROM messages m WHERE m.session_id = s.id), s.started_at) AS last_active_at,
      (SELECT count(*) FROM messages m WHERE m.session_id = s.id AND m.role = 'user' AND m.active = 1) AS turn_count,
      substr((SELECT m.content FROM messages m WHERE m.session_id = s.id AND m.role = 'user' ORDER BY m.id LIMIT 1), 1, 60)
        AS preview,
      s.parent_session_id IS NULL OR instr(s.model_config, '_branched_from') > 0 AS listed
    FROM sessions s;
  CREATE TEMP TABLE counts AS SELECT listed, archived, count(*) AS entries FROM facts GROUP BY listed, archived;
  CREATE INDEX temp.facts_active ON facts(listed, archived, last_active_at, started_at, id);
`);

const page = db.prepare<[number], Record<string, number | string | null>>(`
  SELECT s.id, s.source, s.title, s.model, s.started_at, f.last_active_at, s.ended_at, f.turn_count,
    s.parent_session_id, s.message_count, s.tool_call_count, f.preview, s.user_id, s.end_reason, s.archived, s.pinned
  FROM facts f JOIN sessions s ON s.rowid = f.session_rowid
  WHERE f.listed = 1 AND f.archived = 0 ORDER BY f.last_active_at DESC, f.started_at DESC, f.id DESC LIMIT ?`);
const countNow = db
  .prepare<[number, number], number>('SELECT count(*) FROM facts WHERE listed = ? AND archived = ?')
  .pluck();
const countedOnce = db
  .prepare<[number, number], number>('SELECT entries FROM counts WHERE listed = ? AND archived = ?')
  .pluck();

const time = (seconds: unknown): string | null =>
  typeof seconds === 'number' ? new Date(Math.round(seconds * 1000)).toISOString() : null;

const server = fastify();
server.get<{ Querystring: { limit: string; counted?: string } }>('/v1/sessions', (request, reply) => {
  if (request.headers.authorization !== `Bearer ${key}`) return reply.status(401).send();
  const limit = Number(request.query.limit);
  const count = request.query.counted === 'once' ? countedOnce : countNow;
  const rows = page.all(limit + 1);
  const last = rows[limit - 1];
  return {
    object: 'list',
    data: rows.slice(0, limit).map((row) => ({
      id: row.id,
      object: 'hermes.session',
      platform: row.source,
      title: row.title,
      model: row.model,
      started_at: time(row.started_at),
      last_active_at: time(row.last_active_at),
      ended_at: time(row.ended_at),
      turn_count: row.turn_count,
      parent_session_id: row.parent_session_id,
      root_session_id: row.id,
      message_count: row.message_count,
      tool_call_count: row.tool_call_count,
      preview: row.preview,
      user_id: row.user_id,
      end_reason: row.end_reason,
      archived: row.archived === 1,
      pinned: row.pinned === 1,
      chain_length: 1,
    })),
    total: count.get(1, 0),
    has_more: rows.length > limit,
    next_cursor:
      last === undefined
        ? null
        : Buffer.from(JSON.stringify([last.last_active_at, last.started_at, last.id])).toString('base64url'),
    hidden: { archived: count.get(1, 1), children: count.get(0, 0) },
  };
});
process.stdout.write(`${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);
