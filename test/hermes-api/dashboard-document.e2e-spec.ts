import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: { 'application/json': { schema: { $ref: string } } } };
}

interface Document {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: object }>> };
}

/** What FastAPI says of the same routes, from the declarations in Hermes's public source. */
const HERMES = JSON.parse(
  readFileSync(join(import.meta.dirname, 'dashboard.openapi.json'), 'utf8'),
) as Document;

/** Newer than what Hermes's declarations were taken from. */
const NEWER = ['get /api/analytics/models: days profile', 'get /api/analytics/usage: days profile'];

/** Each operation with its parameters, and the fields of its body, in their order. */
function operationsOf({ paths, components }: Document): readonly string[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
        const schema = requestBody?.content['application/json'].schema.$ref.split('/').at(-1) ?? '';
        const fields = Object.keys(components.schemas[schema]?.properties ?? {});
        return `${method} ${path}: ${[...parameters.map(({ name }) => name), ...fields].sort().join(' ')}`;
      }),
    )
    .sort();
}

describe("the document of Hermes's dashboard", () => {
  it.each([
    ['/openapi.json', { 'X-Hermes-Session-Token': TEST_KEY }],
    ['/openapi.json', { 'X-Hermes-Session-Token': TEST_KEY, Authorization: 'Basic dXNlcjpwYXNz' }],
    ['/dashboard/openapi.json', { 'X-Hermes-Session-Token': TEST_KEY }],
    ['/dashboard/openapi.json?a=1', { Authorization: `Bearer ${TEST_KEY}` }],
  ])('names at %s, for %o, every operation that Hermes names, and its parameters', async (path, headers) => {
    const server = await TestServer.onFile(smallHistory(25));
    const answer = await server.http.get(path).set(headers);
    expect(answer.status).toBe(200);
    expect(operationsOf(answer.body as Document)).toEqual([...operationsOf(HERMES), ...NEWER].sort());
    await server.close();
  });

  it('is behind a key, and leads to where its operations are answered, below a path as well', async () => {
    const server = await TestServer.onFile(smallHistory(25), { BASE_PATH: '/tools' });
    const token = { 'X-Hermes-Session-Token': TEST_KEY };
    const { body } = await server.http.get('/tools/openapi.json').set(token);
    const { servers, paths } = body as Document;
    expect(servers).toEqual([{ url: '/tools/dashboard' }]);
    for (const path of Object.keys(paths).filter((name) => paths[name]?.get !== undefined)) {
      const url = `${servers[0]?.url ?? ''}${path.replace('{session_id}', 'plain')}`;
      expect([url, (await server.http.get(url).set(token)).status]).toEqual([url, 200]);
    }
    const wrong = { 'X-Hermes-Session-Token': 'wrong-key-0123456789' };
    for (const path of ['/tools/openapi.json', '/tools/dashboard/openapi.json']) {
      const refused = await server.http.get(path).set(wrong);
      expect([refused.status, refused.body]).toEqual([401, { detail: 'Unauthorized' }]);
    }
    // Its own document, for everybody.
    expect((await server.http.get('/tools/openapi.json')).body).toMatchObject({
      info: { title: 'hermes-sessions' },
    });
    await server.close();
  });
});
