import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignInLinks } from '../../src/auth/sign-in/sign-in-links.js';
import { DocumentedAnswers, type Document } from '../support/documented-answers.js';
import { smallHistory } from '../support/histories.js';
import { ROOT } from '../support/root.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { strangeHistory } from '../support/strange.js';
import { TEST_KEY } from '../support/test-key.js';
import { trash } from '../support/trash.js';

const DOCUMENT = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as Document;

/** A body for every operation that takes one: a new operation is given one here. */
const BODIES: Readonly<Record<string, unknown>> = {
  updateSession: { title: 'Renamed', pinned: true },
  createHermesSession: { title: 'Begun here' },
  forkHermesSession: { title: 'Goes on here' },
  updateHermesSession: { title: 'Renamed once more' },
  exportSessions: { platform: ['cli'] },
  changeSessionsInBulk: { action: 'archive', ids: ['branch'] },
  pruneSessions: { max_messages: 1 },
  signIn: { stay: true },
};

/** As {@link BODIES}, where the server has to say first what stands in it. */
const BODIES_OF_SERVER: Readonly<Record<string, (server: TestServer) => unknown>> = {
  signInByLink: ({ app }) => ({ code: app.get(SignInLinks, { strict: false }).issue() }),
};

/** The session that an operation is about, where it is not `plain`, which those that come later have to find there. */
const SESSIONS: Readonly<Record<string, string>> = { deleteSession: 'branch', deleteHermesSession: 'reset' };

/** Something in the trash that an operation can be about. */
async function trashed(server: TestServer): Promise<string> {
  const { body } = await server.post('/api/sessions', {}).expect(201);
  const { id } = (body as { readonly session: { readonly id: string } }).session;
  return trash(server, id);
}

const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, method, path, operation] as const,
  ),
);

describe.each([
  ['version 30', () => smallHistory(30)],
  ['version 31', () => smallHistory(31)],
  ['a version that nobody knows', strangeHistory],
])('each operation of the document, on a history of %s', (_version, history) => {
  let server: TestServer;
  let answers: DocumentedAnswers;

  beforeAll(async () => {
    server = await TestServer.onFile(history(), { TRASH_DIR: join(temporaryFolder(), 'trash') });
    await server.json('/v1/sessions');
    answers = new DocumentedAnswers(DOCUMENT);
  });

  afterAll(async () => {
    server.app.getHttpServer().closeAllConnections();
    await server.close();
  });

  it.each(OPERATIONS)(
    '%s does what is asked, and answers as it declares',
    async (_name, method, path, operation) => {
      const { operationId, requestBody } = operation;
      const body = BODIES_OF_SERVER[operationId]?.(server) ?? BODIES[operationId];
      if (requestBody !== undefined && body === undefined)
        throw new Error(`${operationId} takes a body: add one to BODIES.`);
      const target = path
        .replace('{session_id}', SESSIONS[operationId] ?? 'plain')
        .replace('{trash_id}', path.includes('{trash_id}') ? await trashed(server) : '');
      const response = await fetch(`${await server.app.getUrl()}${target}`, {
        method: method.toUpperCase(),
        headers: {
          authorization: `Bearer ${TEST_KEY}`,
          'content-type': 'application/json',
          // Browsers are signed in and out by pages of the server alone.
          'x-hermes-sessions-page': '1',
        },
        body: requestBody === undefined ? undefined : JSON.stringify(body),
      });
      expect([200, 201]).toContain(response.status);
      await answers.check(operation, response);
    },
  );
});
