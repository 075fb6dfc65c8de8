import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  DocumentedAnswers,
  type Document,
  type Operation,
  type Schema,
} from '../support/documented-answers.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { BULK_ACTIONS } from '../../src/sessions/bulk/session-bulk.js';
import { litter, ODD_IDS } from '../support/garbage.js';
import { onceWritten, smallHistory } from '../support/histories.js';
import { likelyStatuses } from '../support/likely-statuses.js';
import { ROOT } from '../support/root.js';
import { checkRounds } from '../support/rounds.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

/** What the server gives as well, see test/openapi. */
const DOCUMENT = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as Document;

/** A request as it goes over the wire. */
interface FuzzedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Headers carry visible ASCII; anything else a client cannot send. */
const headerText = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    'true',
    'null',
    '1e3',
    '99999999999999999999',
    '2026-02-30',
    '%',
    '\u0000',
    "' OR 1=1 --",
  ),
);

/** Values that a schema allows. */
function allowed(schema: Schema): fc.Arbitrary<string> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map(String));
  const type = Array.isArray(schema.type) ? String(schema.type[0]) : schema.type;
  if (type === 'integer')
    return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 5000 }).map(String);
  if (type === 'boolean') return fc.constantFrom('true', 'false');
  const examples = (schema.examples ?? []).flat().map(String);
  return examples.length === 0 ? anyText : fc.oneof(fc.constantFrom(...examples), anyText);
}

function segment(): fc.Arbitrary<string> {
  const ids = ['plain', 'chain-3', 'delegate', 'archived', 'damaged', 'littered', ...ODD_IDS];
  // A path with dots is another path before it leaves the client.
  return fc
    .oneof({ weight: 4, arbitrary: fc.constantFrom(...ids) }, { weight: 1, arbitrary: anyText })
    .filter((id) => !/^\.{0,2}$/.test(id))
    .map((id) => encodeURIComponent(id.toWellFormed()));
}

/** What a field of a cursor never is, and numbers that no store can count in. */
const oddField = fc.oneof(
  { weight: 1, arbitrary: anyText },
  { weight: 1, arbitrary: fc.jsonValue() },
  {
    weight: 6,
    arbitrary: fc.constantFrom<unknown>(
      ...[
        { toString: null },
        { valueOf: null, toString: null },
        [],
        null,
        true,
        '1.5',
        '-1',
        '2147483648',
        '1e300',
      ],
      ...[-1, 0, 1.5, 1e300, 5e-324, 2 ** 53, Number.MAX_SAFE_INTEGER, 'default', '\u0000', '\ud800'],
    ),
  },
);

/** Whether what a cursor says can be read. */
function isOpen(cursor: string): boolean {
  return Buffer.from(cursor, 'base64url').toString().startsWith('[');
}

/** Cursors of this list with one field changed to something else, left out or added, beside those that are right. */
function cursorNear(cursors: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom(...cursors),
      fc.nat(5),
      oddField,
      fc.constantFrom('keep', 'change', 'cut', 'infinite'),
    )
    .map(([cursor, at, field, how]) => {
      // One of a search is sealed: nothing in it can be changed by itself.
      if (how === 'keep' || !isOpen(cursor)) return how === 'keep' ? cursor : cursor.slice(at);
      const fields = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
      if (how === 'cut') fields.splice(at);
      else fields[at] = how === 'infinite' ? 'INFINITE' : field;
      // No value is written like that, but it is read.
      const text = JSON.stringify(fields).replace('"INFINITE"', '1e999');
      return Buffer.from(text).toString('base64url');
    });
}

function queryOf({ parameters }: Operation, cursors: readonly string[]): fc.Arbitrary<string> {
  const known = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) =>
      fc
        .oneof(
          // Of twenty parameters one is wrong, so that some requests are right in all.
          { weight: 10, arbitrary: fc.constant(undefined) },
          // Elsewhere the parameter of this name is the number of a message.
          {
            weight: 9,
            arbitrary: name === 'after' && schema.type === 'string' ? cursorNear(cursors) : allowed(schema),
          },
          { weight: 1, arbitrary: anyText },
        )
        .map((value) => (value === undefined ? [] : [[name, value]])),
    );
  const unknown = fc.oneof(
    { weight: 12, arbitrary: fc.constant<string[][]>([]) },
    { weight: 1, arbitrary: fc.tuple(anyText, anyText).map((pair) => [pair]) },
  );
  return fc
    .tuple(...known, unknown)
    .map((pairs) => {
      const query = new URLSearchParams();
      for (const [name = '', value = ''] of pairs.flat()) query.append(name, value);
      return query.toString();
    })
    .map((query) => (query === '' ? '' : `?${query}`));
}

/** JSON with many lists and objects inside each other, some more than a stack has room for. */
const deepText = fc
  .tuple(fc.constantFrom('title', 'ids', 'platform', 'nonsense'), fc.constantFrom(2, 31, 32, 1000, 15_000))
  .chain(([name, levels]) =>
    fc.constantFrom(
      `{"${name}": ${'['.repeat(levels)}${']'.repeat(levels)}}`,
      `{"${name}": ${'{"a":'.repeat(Math.floor(levels / 2))}1${'}'.repeat(Math.floor(levels / 2))}}`,
    ),
  );

function bodyOf(operation: Operation): fc.Arbitrary<string | undefined> {
  const nonsense = fc.oneof(fc.json(), anyText, deepText, fc.constant(`{"title": "${'x'.repeat(70_000)}"}`));
  if (operation.requestBody === undefined)
    return fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: nonsense });
  const body = BODIES[operation.operationId] ?? fc.object();
  const names = fc.constantFrom(
    'title',
    'archived',
    'pinned',
    'action',
    'ids',
    'force',
    'plan',
    'filter',
    'platform',
    'name',
    '__proto__',
  );
  const wrong = fc.dictionary(names, fc.jsonValue());
  const written = fc.oneof({ weight: 4, arbitrary: body }, { weight: 3, arbitrary: wrong });
  return fc.oneof(
    { weight: 7, arbitrary: written.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: nonsense },
  );
}

/** A change to a session, whose every field may be left out. */
const CHANGES = fc.record(
  {
    title: fc.oneof(fc.string({ unit: 'binary', maxLength: 110 }), fc.constant(null)),
    archived: fc.boolean(),
    pinned: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** Fields of a session that is made. */
const MADE = fc.record(
  {
    id: anyText,
    title: fc.oneof(anyText, fc.constant(null)),
    model: anyText,
    system_prompt: anyText,
    source: anyText,
  },
  { requiredKeys: [] },
);

/** Filters of the list, as bodies have them. */
const FILTERS = {
  platform: fc.array(fc.constantFrom('cli', 'cron', 'nowhere'), { maxLength: 3 }),
  search: anyText,
  since: fc.constantFrom('2026-05-01', '2026-05-01T00:00:00Z', 'never'),
  archived: fc.constantFrom('true', 'false', 'any', 'maybe'),
};

/** Bodies that an operation understands. */
const BODIES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  updateSession: CHANGES,
  updateHermesSession: CHANGES,
  signIn: fc.record({ stay: fc.boolean() }, { requiredKeys: [] }),
  signInByLink: fc.record({ code: anyText }),
  createHermesSession: MADE,
  forkHermesSession: MADE,
  pruneSessions: fc.record(
    {
      action: fc.constantFrom('archive', 'delete'),
      dry_run: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
      plan: anyText,
      platform: fc.array(fc.constantFrom('cli', 'cron', 'nowhere'), { maxLength: 3 }),
      older_than: fc.constantFrom('1d', '5w', '100h', '0d', 'long'),
      last_active_before: fc.constantFrom('2026-05-01', '2026-05-01T00:00:00Z', 'never'),
      max_messages: fc.integer({ min: -1, max: 10 }),
      titled: fc.boolean(),
      archived: fc.boolean(),
      include_open: fc.boolean(),
      include_pinned: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  exportSessions: fc.record(
    {
      ids: fc.array(fc.constantFrom('plain', 'chain-1', 'nobody', ...ODD_IDS), { maxLength: 4 }),
      ...FILTERS,
      lineage: fc.boolean(),
      include_children: fc.boolean(),
      include_inactive: fc.boolean(),
      gzip: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  changeSessionsInBulk: fc.oneof(
    fc.record(
      {
        action: fc.constantFrom(...BULK_ACTIONS),
        ids: fc.uniqueArray(
          fc.oneof(fc.constantFrom('plain', 'chain-1', 'archived', 'empty', ...ODD_IDS), anyText),
          { maxLength: 8 },
        ),
        force: fc.boolean(),
      },
      { requiredKeys: ['action', 'ids'] },
    ),
    fc.record(
      {
        action: fc.constantFrom(...BULK_ACTIONS),
        filter: fc.record(FILTERS, { requiredKeys: [] }),
        dry_run: fc.boolean(),
        plan: anyText,
        force: fc.boolean(),
      },
      { requiredKeys: ['action', 'filter'] },
    ),
  ),
};

function headersOf(operation: Operation): fc.Arbitrary<Record<string, string>> {
  const rarely = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> =>
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const key = fc.oneof(
    { weight: 20, arbitrary: fc.constant<string | undefined>(`Bearer ${TEST_KEY}`) },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: headerText },
  );
  const conditional = operation.parameters.filter((parameter) => parameter.in === 'header');
  return fc
    .record({
      authorization: key,
      'content-type': fc.oneof(
        { weight: 9, arbitrary: fc.constant<string | undefined>('application/json') },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            undefined,
            'text/plain',
            'application/xml',
            'application/json; charset=latin1',
          ),
        },
      ),
      'x-request-id': rarely(headerText),
      ...Object.fromEntries(
        conditional.map(({ name }) => [
          name,
          rarely(fc.oneof(headerText, fc.constantFrom('*', '"x"', 'W/"x", "y"'))),
        ]),
      ),
    })
    .map(
      (headers) =>
        Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
          string,
          string
        >,
    );
}

function requestOf(
  template: string,
  operation: Operation,
  cursors: readonly string[],
): fc.Arbitrary<FuzzedRequest> {
  return fc
    .tuple(segment(), queryOf(operation, cursors), headersOf(operation), bodyOf(operation))
    .map(([id, query, headers, body]) => ({
      path: template.replace(/\{(session|trash)_id\}/, () => id) + query,
      headers,
      body,
    }));
}

describe('every answer is one that the OpenAPI document declares', () => {
  const answers = new DocumentedAnswers(DOCUMENT);
  const seen = new Map<string, Set<string>>();
  let shared: TestServer;
  let cursors: readonly string[];

  beforeAll(async () => {
    shared = await startLittered();
    cursors = await Promise.all(
      ['sort=-last_active_at', 'sort=started_at', 'search=the'].map(async (query) => {
        const page = await shared.json<SessionListResponse>(`/v1/sessions?limit=1&${query}`);
        if (page.next_cursor === null) throw new Error(`There is no second page of ${query}.`);
        return page.next_cursor;
      }),
    );
  });

  afterAll(() => close(shared));

  function startLittered(): Promise<TestServer> {
    const path = onceWritten('littered', (file) => {
      copyFileSync(smallHistory(30), file);
      litter(file);
    });
    return TestServer.start(path, { TRASH_DIR: join(temporaryFolder(), 'trash') });
  }

  async function close(server: TestServer): Promise<void> {
    // The client keeps connections open that it has not used yet.
    server.app.getHttpServer().closeAllConnections();
    await server.close();
  }

  async function send(server: TestServer, method: string, request: FuzzedRequest): Promise<Response> {
    return fetch(`${await server.app.getUrl()}${request.path}`, {
      method: method.toUpperCase(),
      headers: request.headers,
      // A GET with a body is nothing that this client sends.
      body: method === 'get' ? undefined : request.body,
    });
  }

  async function check(operation: Operation, response: Response): Promise<void> {
    const statuses = seen.get(operation.operationId) ?? new Set();
    seen.set(operation.operationId, statuses.add(String(response.status)));
    await answers.check(operation, response);
  }

  it.each([
    ['get', '/v1/sessions'],
    ['get', '/v1/sessions/{session_id}'],
    ['get', '/v1/sessions/{session_id}/details'],
    ['get', '/v1/sessions/{session_id}/messages'],
    ['get', '/v1/sessions/{session_id}/chain'],
    ['get', '/v1/sessions/stats'],
    ['get', '/v1/sessions/{session_id}/export'],
    ['post', '/v1/sessions/export'],
    ['get', '/v1/sessions/events'],
    ['get', '/v1/sessions/{session_id}/events'],
    ['get', '/v1/trash'],
    ['get', '/v1/trash/{trash_id}'],
    ['post', '/v1/trash/{trash_id}/restore'],
    ['delete', '/v1/trash/{trash_id}'],
    ['post', '/v1/trash/empty'],
    ['get', '/v1/profiles'],
    ['post', '/v1/sign-in'],
    ['delete', '/v1/sign-in'],
    ['post', '/v1/sign-in/link'],
    ['get', '/metrics'],
    ['get', '/api/sessions'],
    ['get', '/api/sessions/{session_id}'],
    ['get', '/api/sessions/{session_id}/messages'],
    ['post', '/api/sessions'],
    ['post', '/api/sessions/{session_id}/fork'],
    ['patch', '/api/sessions/{session_id}'],
    ['delete', '/api/sessions/{session_id}'],
    ['get', '/v1/capabilities'],
    ['get', '/livez'],
    ['get', '/readyz'],
    ['get', '/health'],
    ['get', '/health/detailed'],
    ['post', '/v1/sessions/bulk'],
    ['post', '/v1/sessions/prune'],
    ['patch', '/v1/sessions/{session_id}'],
    ['delete', '/v1/sessions/{session_id}'],
  ])('%s %s', async (method, template) => {
    const operation = DOCUMENT.paths[template]?.[method];
    if (operation === undefined) throw new Error('there is no such operation');
    // What changes something gets a history of its own, which others have deleted nothing from.
    const isReading = method === 'get' || template.endsWith('/export');
    const server = isReading ? shared : await startLittered();
    const isWhole = await checkRounds(
      fc.asyncProperty(requestOf(template, operation, cursors), async (request) => {
        await check(operation, await send(server, method, request));
      }),
      400,
    );
    if (!isReading) await close(server);
    if (!isWhole) {
      // Of few rounds with a seed of their own it is chance which statuses they meet.
      process.stderr.write(
        `${method} ${template}: no time for all rounds, so its statuses are not looked at.\n`,
      );
      return;
    }
    expect([...(seen.get(operation.operationId) ?? [])]).toEqual(
      expect.arrayContaining(likelyStatuses(method, template)),
    );
  });

  it('and no operation is left out', () => {
    const operations = Object.values(DOCUMENT.paths).flatMap((methods) => Object.values(methods));
    expect([...seen.keys()].sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });
});
