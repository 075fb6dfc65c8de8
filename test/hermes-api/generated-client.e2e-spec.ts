import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import createClient from 'openapi-fetch';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import type { paths } from './dashboard.schema.js';

/**
 * What FastAPI says of the routes of Hermes's dashboard that are about sessions, from the declarations in its public source. The types beside it
 * are made from it with `npx openapi-typescript test/hermes-api/dashboard.openapi.json --output test/hermes-api/dashboard.schema.ts
 * --default-non-nullable=false --empty-objects-unknown`.
 */
const DOCUMENT = JSON.parse(readFileSync(join(import.meta.dirname, 'dashboard.openapi.json'), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

describe("a client that is generated from the document of Hermes's dashboard", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.onFile(smallHistory(30));
  });

  afterAll(() => server.close());

  it('is answered at each of its operations', async () => {
    const asked: string[] = [];
    const client = createClient<paths>({
      baseUrl: await server.app.getUrl(),
      headers: { 'X-Hermes-Session-Token': TEST_KEY },
    });
    client.use({
      onRequest: ({ request, schemaPath }) => {
        asked.push(`${request.method} ${schemaPath}`);
      },
    });
    const profile = 'default';
    const plain = { params: { path: { session_id: 'plain' }, query: { profile } } };
    const lists = {
      archived: 'include',
      min_messages: 1,
      exclude_sources: 'cron,tool',
      full: false,
    } as const;
    const answers = [
      await client.GET('/api/status'),
      await client.GET('/api/profiles'),
      await client.GET('/api/sessions', {
        params: { query: { ...lists, limit: 5, order: 'recent', profile } },
      }),
      await client.GET('/api/profiles/sessions', {
        params: { query: { ...lists, limit: 500, profile: 'all' } },
      }),
      await client.GET('/api/profiles/sessions/sidebar', { params: { query: { recents_limit: 20 } } }),
      await client.GET('/api/sessions/search', { params: { query: { q: 'lighthouse', limit: 5, profile } } }),
      await client.GET('/api/sessions/stats', { params: { query: { profile } } }),
      await client.GET('/api/sessions/empty/count', { params: { query: { profile } } }),
      await client.GET('/api/sessions/{session_id}', plain),
      await client.GET('/api/sessions/{session_id}/latest-descendant', plain),
      await client.GET('/api/sessions/{session_id}/messages', {
        params: {
          path: { session_id: 'plain' },
          query: { profile, limit: 5, offset: 0, order: 'latest', include_compacted: true },
        },
      }),
      await client.GET('/api/sessions/{session_id}/export', plain),
      await client.PATCH('/api/sessions/{session_id}', {
        params: { path: { session_id: 'plain' } },
        body: { title: 'Generated', pinned: true, unread: false, hidden: false, archived: false, profile },
      }),
      await client.POST('/api/sessions/import', {
        body: { sessions: [{ id: 'sent', messages: [{ role: 'user', content: 'Hello' }] }], profile },
      }),
      await client.POST('/api/sessions/bulk-delete', { body: { ids: ['sent'], profile } }),
      await client.POST('/api/sessions/prune', {
        body: { older_than_days: 30, dry_run: true, include_archived: true },
      }),
      await client.DELETE('/api/sessions/empty', { params: { query: { profile } } }),
      await client.DELETE('/api/sessions/{session_id}', plain),
    ];
    expect(answers.map(({ response }) => response.status)).toEqual(answers.map(() => 200));
    expect([...asked].sort()).toEqual([...OPERATIONS].sort());
  });
});
