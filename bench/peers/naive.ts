/**
 * The list of 20 as it is usually queried: each request looks up the newest message of every conversation, and follows every compression chain,
 * without caching anything.
 */
import { fastify } from 'fastify';
import Sqlite from 'better-sqlite3';

const [, , path = ''] = process.argv;

const db = new Sqlite(path, { readonly: true });
const page = db.prepare<[number], Record<string, number | string | null>>(`
  WITH RECURSIVE chain(root_id, session_id, depth) AS (
    SELECT id, id, 0 FROM sessions
      WHERE (parent_session_id IS NULL OR json_extract(model_config, '$._branched_from') IS NOT NULL)
        AND archived = 0
    UNION ALL
    SELECT c.root_id, s.id, c.depth + 1 FROM chain c
      JOIN sessions p ON p.id = c.session_id AND p.end_reason = 'compression'
      JOIN sessions s ON s.parent_session_id = p.id AND s.model_config IS NULL
      WHERE c.depth < 100
  ), active AS (
    SELECT root_id, max(coalesce(
        (SELECT max(m.timestamp) FROM messages m WHERE m.session_id = chain.session_id),
        (SELECT started_at FROM sessions WHERE id = chain.session_id)
      )) AS last_active FROM chain GROUP BY root_id
  )
  SELECT s.*, a.last_active,
    (SELECT substr(replace(m.content, char(10), ' '), 1, 63) FROM messages m
      WHERE m.session_id = s.id AND m.role = 'user' ORDER BY m.id LIMIT 1) AS preview
  FROM active a JOIN sessions s ON s.id = a.root_id
  ORDER BY a.last_active DESC, s.started_at DESC, s.id DESC LIMIT ?`);

const server = fastify();
server.get<{ Querystring: { limit: string } }>('/v1/sessions', (request) => ({
  object: 'list',
  data: page.all(Number(request.query.limit)),
}));
process.stdout.write(`${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);
