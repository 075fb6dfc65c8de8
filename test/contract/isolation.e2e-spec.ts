import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { answerText } from '../support/answer-text.js';
import { hour, say } from '../support/histories.js';
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
  `search=${BO}&search_in=titles&include_children=true&archived=any`,
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
  createHermesSession: [{ id: 'zebra-1' }, { id: 'mine', title: `${BO} title of zebra-1` }],
  forkHermesSession: [{}, { title: 'Mine now' }],
  updateHermesSession: [{ title: 'Mine now' }, { archived: true }],
  changeSessionsInBulk: ['archive', 'pin', 'delete'].flatMap((action) => [
    { action, ids: BO_SESSIONS, ...(action === 'delete' ? { force: true } : {}) },
    ...[{ archived: 'any' }, { user_id: 'bo' }, { search: BO }, { search: 'apples' }].map((filter) => ({
      action,
      filter,
    })),
  ]),
  signIn: [{}, { stay: true }],
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
            const told = withoutSent(withoutNamed(await answerText(response)), target, body);
            expect([target, query, told]).toEqual([
              target,
              query,
              expect.not.stringMatching(/zebra|7000000/),
            ]);
          }
        }
      }
      await owner.settled();
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
    // The rest of them is in conversations that are not hers as a whole.
    for (const query of ['archived=false', 'search=apples', 'search=title&search_in=titles'])
      expect([query, await ana.json(`/v1/sessions?${query}`)]).toMatchObject([
        query,
        { total: 3, hidden: { archived: 0, children: 2 } },
      ]);
    expect(await ana.json('/v1/sessions?search=title&search_in=titles&include_children=true')).toMatchObject({
      total: 5,
    });
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
    expect(await ana.patch('/v1/sessions/ana-3', { archived: true })).toMatchObject({
      status: 404,
      body: {
        error: {
          code: 'session_not_found',
          message: expect.stringContaining('part of a conversation of others') as unknown,
        },
      },
    });
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

describe('sessions that worked for those of a limited key', () => {
  const ENDED = { ended_at: hour(30), end_reason: 'done' };
  let owner: TestServer;
  let ana: TestServer;

  beforeEach(async () => {
    const path = historyOfTwo();
    const writer = HistoryWriter.open(path);
    const delegate = (id: string, boss: string, user: string | null): void => {
      writer.addSession({
        ...{ id, source: 'subagent', user_id: user, started_at: hour(20), ...ENDED },
        ...{ parent_session_id: boss, model_config: JSON.stringify({ _delegate_from: boss }) },
      });
      say(writer, id, 'user', `Said to ${id}`, hour(20));
    };
    delegate('nobodys-1', 'ana-1', null);
    delegate('zebras-1', 'ana-2', 'bo');
    writer.close();
    const keys = keyFileWith({ scopes: ['sessions:read', 'sessions:delete'], user_id: 'ana' });
    owner = await TestServer.start(path, { KEYS_FILE: keys.path });
    ana = owner.as(keys.token);
  });

  afterEach(() => owner.close());

  it('go along where they have no user, without being named', async () => {
    const deleted = await ana.delete('/v1/sessions/ana-1');
    expect([deleted.status, deleted.body]).toMatchObject([200, { deleted_session_ids: ['ana-1'] }]);
    expect((await owner.get('/v1/sessions/nobodys-1')).status).toBe(404);
  });

  it('spare what they worked for where they are of another', async () => {
    expect((await ana.delete('/v1/sessions/ana-2')).status).toBe(404);
    const bulk = await ana.post('/v1/sessions/bulk', { action: 'delete', ids: ['ana-2'], force: true });
    expect(bulk.body).toMatchObject({ failed: 1, data: [{ error: { code: 'session_not_found' } }] });
    const criteria = { max_messages: 100, include_open: true, include_pinned: true };
    const { body: plan } = (await ana.post('/v1/sessions/prune', criteria)) as {
      body: { plan: string; ids: readonly string[]; delegates: number; delegate_ids: readonly string[] };
    };
    expect(plan).toMatchObject({ delegates: 1, delegate_ids: [] });
    expect(plan.ids).toContain('ana-1');
    expect(plan.ids).not.toContain('ana-2');
    const run = await ana.post('/v1/sessions/prune', { ...criteria, dry_run: false, plan: plan.plan });
    expect(run.body).toMatchObject({ failed: [] });
    for (const id of ['ana-2', 'zebras-1', 'zebra-1', 'zebra-3'])
      expect([id, (await owner.get(`/v1/sessions/${id}`)).status]).toEqual([id, 200]);
    expect((await owner.delete('/v1/sessions/ana-2')).body).toMatchObject({
      deleted_session_ids: ['ana-2', 'zebras-1'],
    });
  });
});

describe('searches of a limited key', () => {
  it('show nothing of another while the index is built anew', async () => {
    const path = historyOfTwo();
    const keys = keyFileWith({ user_id: 'ana' });
    const owner = await TestServer.start(path, { KEYS_FILE: keys.path });
    const ana = owner.as(keys.token);
    await ana.json('/v1/sessions?search=apples');
    const writer = HistoryWriter.open(path);
    const searches: Promise<{ readonly text: string }>[] = [];
    const search = (): void => {
      for (let number = 0; number < 4; number++)
        searches.push(
          ana.get(`/v1/sessions?search=things&include_children=true&limit=${10 + number}`).then(),
        );
    };
    search();
    // What makes a small history a large one, whose index is of another kind: sessions are numbered anew.
    writer.together(() => {
      writer.db.exec(
        "DELETE FROM messages WHERE session_id = 'ana-1'; DELETE FROM sessions WHERE id = 'ana-1'",
      );
      for (let number = 0; number < 300; number++)
        writer.addSession({
          id: `zebra-new-${number}`,
          source: 'cli',
          user_id: 'bo',
          started_at: hour(50 + number),
        });
    });
    search();
    for (const { text } of await Promise.all(searches)) expect(text).not.toMatch(/zebra/);
    await owner.settled();
    expect(await ana.json('/v1/sessions?search=things&include_children=true')).toMatchObject({ total: 4 });
    writer.close();
    await owner.close();
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

/** An answer without what Hermes's own refusals repeat of the request: the id in its path, or the id or title in its body. */
function withoutSent(text: string, target: string, body: unknown): string {
  const id = /zebra-\d/.exec(target)?.[0] ?? '-';
  const sent = Object.values(body ?? {}).filter((value) => typeof value === 'string');
  const refusals = [`not found: ${id}`, ...sent.flatMap((value) => [`exists: ${value}`, `Title '${value}'`])];
  return refusals.reduce((left, refusal) => left.replace(refusal, ''), text);
}

/** An answer without the ids that the request itself named, as outcomes of a bulk request repeat them. */
function withoutNamed(text: string): string {
  if (!text.startsWith('{"object":"hermes.session.bulk"')) return text;
  const { data, ...rest } = JSON.parse(text) as { data: readonly { ok: boolean; error?: unknown }[] };
  return JSON.stringify({ ...rest, data: data.map((outcome) => (outcome.ok ? outcome : outcome.error)) });
}
