import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { answerText } from '../support/answer-text.js';
import { BO, historyOfTwo, keyFileWith } from '../support/people.js';
import { ROOT } from '../support/root.js';
import { TestServer } from '../support/server.js';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const DOCUMENT = JSON.parse(readFileSync(resolve(ROOT, 'openapi.json'), 'utf8')) as Document;

const BO_SESSIONS = ['zebra-1', 'zebra-2', 'zebra-3', 'zebra-4'];

/** Queries that would show something of another's where they could. */
const QUERIES: readonly string[] = [
  '',
  'include_children=true&archived=any&limit=200',
  `search=${BO}`,
  'search=apples',
  `search=${BO}&include_children=true&archived=any`,
  'user_id=bo',
  `model=${BO}-model`,
  `title=${BO}%20title%20of%20zebra-1`,
  'lineage=true&include_inactive=true',
  'platform=telegram&sort=started_at',
];

/** Bodies for every operation that takes one: a new operation has to be thought about here. */
const BODIES: Readonly<Record<string, readonly unknown[]>> = {
  updateSession: [{ title: 'Mine now' }, { archived: true, pinned: true }, { title: null }],
  exportSessions: [
    {},
    { include_children: true, lineage: true },
    { search: BO },
    { user_id: 'bo' },
    { ids: ['zebra-1'] },
  ],
  updateHermesSession: [{ title: 'Mine now' }, { archived: true }],
  changeSessionsInBulk: ['archive', 'pin', 'delete'].map((action) => ({
    action,
    ids: BO_SESSIONS,
    ...(action === 'delete' ? { force: true } : {}),
  })),
  pruneSessions: ['delete', 'archive'].map((action) => ({
    action,
    max_messages: 1000,
    include_open: true,
    include_pinned: true,
  })),
};

/** What of a session's row is somebody's own. */
function rowsOf(path: string, user: string): readonly unknown[] {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db
      .prepare(
        `SELECT s.*, (SELECT group_concat(m.content) FROM messages m WHERE m.session_id = s.id) AS texts
          FROM sessions s WHERE s.user_id = ? ORDER BY s.id`,
      )
      .all(user);
  } finally {
    db.close();
  }
}

const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, operation]) => operation.security?.length !== 0)
    .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, method, path, operation })),
);

describe('a key that is limited to one person', () => {
  let path: string;
  let owner: TestServer;
  let ana: TestServer;
  let token: string;

  async function ask(method: string, target: string, body: unknown): Promise<Response> {
    return fetch(`${await owner.app.getUrl()}${target}`, {
      method: method.toUpperCase(),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  beforeEach(async () => {
    path = historyOfTwo();
    const keys = keyFileWith({
      scopes: ['sessions:read', 'sessions:write', 'sessions:delete', 'metrics'],
      user_id: 'ana',
    });
    owner = await TestServer.start(path, { KEYS_FILE: keys.path });
    token = keys.token;
    ana = owner.as(token);
  });

  afterEach(() => owner.close());

  it.each(OPERATIONS)(
    'finds and changes nothing of another in $name',
    async ({ method, path: template, operation }) => {
      const before = rowsOf(path, 'bo');
      expect(before).toHaveLength(BO_SESSIONS.length);
      const paths = template.includes('{session_id}')
        ? BO_SESSIONS.map((id) => template.replace('{session_id}', id))
        : [template];
      const bodies = operation.requestBody === undefined ? [undefined] : BODIES[operation.operationId];
      if (bodies === undefined) throw new Error(`${operation.operationId} takes a body: add some to BODIES.`);
      const known = new Set(
        (operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => one.name),
      );
      const queries = QUERIES.filter((query) =>
        [...new URLSearchParams(query).keys()].every((name) => known.has(name)),
      );
      for (const target of paths) {
        for (const query of queries) {
          for (const body of bodies) {
            const response = await ask(method, `${target}${query === '' ? '' : `?${query}`}`, body);
            if (target !== template) expect([target, response.status]).toEqual([target, 404]);
            // What was sent may be sent back: ids of a request, and the text of a search.
            const told = withoutNamed(await answerText(response));
            expect([target, query, told]).toEqual([
              target,
              query,
              expect.not.stringMatching(/zebra|7000000/),
            ]);
          }
        }
      }
      expect(rowsOf(path, 'bo')).toEqual(before);
    },
  );

  it('sees all of its own, and of what it shares with another nothing of the other', async () => {
    const rows = await ana.json<SessionListResponse>('/v1/sessions?include_children=true&sort=started_at');
    expect(
      rows.data.map(({ id, root_session_id: root, parent_session_id: parent }) => [id, root, parent]),
    ).toEqual([
      ['ana-1', 'ana-1', null],
      ['ana-2', 'ana-2', null],
      ['ana-3', 'ana-3', null],
      ['ana-4', 'ana-4', null],
      ['ana-5', 'ana-5', null],
    ]);
    expect(await ana.json('/v1/sessions')).toMatchObject({ total: 3, hidden: { archived: 0, children: 0 } });
    expect(await ana.json('/v1/sessions/ana-1')).toMatchObject({ child_session_ids: [] });
    expect(await owner.json('/v1/sessions/ana-1')).toMatchObject({ child_session_ids: ['zebra-3'] });
    expect(await ana.json('/v1/sessions/ana-3')).toMatchObject({ tip_session_id: 'ana-3', chain_length: 1 });
    expect(await owner.json('/v1/sessions/ana-3')).toMatchObject({
      tip_session_id: 'zebra-4',
      chain_length: 2,
    });
    const { total } = await ana.json<{ total: number }>('/v1/sessions/ana-5/messages?lineage=true');
    expect(total).toBe(2);
  });

  it('does not change a conversation that it shares with another', async () => {
    expect((await ana.patch('/v1/sessions/ana-3', { archived: true })).status).toBe(404);
    expect((await ana.delete('/v1/sessions/ana-5')).status).toBe(404);
    expect((await ana.patch('/v1/sessions/ana-1', { title: 'Mine' })).status).toBe(200);
    expect((await ana.delete('/v1/sessions/ana-2')).status).toBe(200);
  });

  it('is not answered with what was kept for another', async () => {
    for (let i = 0; i < 3; i++) {
      expect(await owner.json('/v1/sessions')).toMatchObject({ total: 8 });
      expect(await ana.json('/v1/sessions')).toMatchObject({ total: 3 });
    }
  });
});

describe('a key that is limited to a platform', () => {
  it('sees that platform alone', async () => {
    const keys = keyFileWith({ platforms: ['cli'] });
    const owner = await TestServer.start(historyOfTwo(), { KEYS_FILE: keys.path });
    const limited = owner.as(keys.token);
    const { data } = await limited.json<SessionListResponse>('/v1/sessions?search=apples');
    expect(data.map(({ id }) => id)).toEqual(['ana-2']);
    expect(await limited.json('/v1/sessions?platform=telegram')).toMatchObject({ total: 0 });
    expect((await limited.get('/v1/sessions/ana-1')).status).toBe(404);
    await owner.close();
  });
});

/** An answer without the ids that the request itself named, as outcomes of a bulk request repeat them. */
function withoutNamed(text: string): string {
  if (!text.startsWith('{"object":"hermes.session.bulk"')) return text;
  const { data, ...rest } = JSON.parse(text) as { data: readonly { ok: boolean; error?: unknown }[] };
  return JSON.stringify({ ...rest, data: data.map((outcome) => (outcome.ok ? outcome : outcome.error)) });
}
