import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEMO_HISTORY, writeDemoHistory } from '../../src/demo/demo-history.js';
import { smallHistory } from '../support/histories.js';
import { copyOf, temporaryFolder, TestServer } from '../support/server.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly example?: unknown;
  readonly schema: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly requestBody?: {
    readonly content: {
      readonly 'application/json': {
        readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
      };
    };
  };
  readonly parameters: readonly Parameter[];
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

interface Document {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What nobody can know beforehand: the id of something in the trash, the code of a link; and what goes on until it is ended. */
const NOT_FILLED_IN = /^\/v1\/trash\/\{|\/sign-in\/link$|\/events$/;

describe('the OpenAPI document', () => {
  let document: Document;

  beforeAll(async () => {
    const server = await TestServer.start(smallHistory(25));
    document = await server.json<Document>('/openapi.json');
    await server.close();
  });

  const operations = (): readonly Operation[] =>
    Object.values(document.paths).flatMap((methods) => Object.values(methods));

  it('is the one that is checked in', () => {
    const checkedIn: unknown = JSON.parse(
      readFileSync(resolve(import.meta.dirname, '../../openapi.json'), 'utf8'),
    );
    expect(document).toEqual(checkedIn);
  });

  it('describes every parameter, and sets none by itself but to its default', () => {
    for (const { operationId, parameters } of operations()) {
      for (const parameter of parameters) {
        expect([operationId, parameter.name, parameter.description ?? '']).toEqual([
          operationId,
          parameter.name,
          expect.stringMatching(/.{10,}/),
        ]);
        // Swagger UI would send an example of a filter together with all the others; what must be sent needs one.
        expect([parameter.name, parameter.example !== undefined, parameter.schema.example]).toEqual([
          parameter.name,
          parameter.required === true,
          undefined,
        ]);
      }
    }
  });

  it('tells how long texts and lists may be, as they are checked', async () => {
    const server = await TestServer.start(smallHistory(25));
    const tooLong = ({ schema }: Parameter): string | undefined => {
      const { maxItems, maxLength, items } = schema;
      if (typeof maxItems === 'number')
        return Array(maxItems + 1)
          .fill('x')
          .join(',');
      return typeof maxLength === 'number' && items === undefined ? 'x'.repeat(maxLength + 1) : undefined;
    };
    const limited: string[] = [];
    for (const path of ['/v1/sessions', '/v1/sessions/{session_id}/messages']) {
      for (const parameter of document.paths[path]?.get?.parameters ?? []) {
        const value = parameter.in === 'query' ? tooLong(parameter) : undefined;
        if (value === undefined) continue;
        limited.push(parameter.name);
        const { body } = await server.get(
          `${path.replace('{session_id}', 'plain')}?${parameter.name}=${value}`,
        );
        expect(body).toMatchObject({ error: { param: parameter.name } });
      }
    }
    await server.close();
    expect(limited.sort().join(' ')).toBe(
      'after model origin origin platform profile profile role search search title user_id',
    );
    const [platform] = operations()
      .flatMap(({ parameters }) => parameters)
      .filter(({ name }) => name === 'platform');
    expect(platform?.schema).toMatchObject({
      ...{ minItems: 1, maxItems: 50 },
      items: { type: 'string', minLength: 1, maxLength: 200 },
    });
    expect(platform?.schema).not.toHaveProperty('maxLength');
  });

  it('says more of every operation than its name', () => {
    for (const { operationId, description } of operations())
      expect([operationId, description ?? '']).toEqual([operationId, expect.stringMatching(/.{40,}/s)]);
  });

  it('begins with the list, and goes on with one session', () => {
    expect(
      Object.keys(document.paths)
        .filter((path) => path.startsWith('/v1/sessions'))
        .slice(0, 2),
    ).toEqual(['/v1/sessions', '/v1/sessions/{session_id}']);
  });

  describe('on the history of the demo', () => {
    let stateDb: string;

    beforeAll(() => {
      stateDb = join(temporaryFolder(), 'state.db');
      writeDemoHistory(stateDb, DEMO_HISTORY);
    });

    it('fills in what succeeds there', async () => {
      for (const [path, methods] of Object.entries(document.paths)) {
        for (const [method, { requestBody, parameters }] of Object.entries(methods)) {
          if (path.endsWith('/events')) continue;
          // Pages that show that they are the server's own sign browsers in, which the API page does not.
          if (path.startsWith('/v1/sign-in')) continue;
          // Nothing has been deleted there yet.
          if (path.startsWith('/v1/trash')) continue;
          const id = parameters.find(({ name }) => name === 'session_id')?.example;
          const filled = path.replace('{session_id}', String(id));
          const examples = Object.values(requestBody?.content['application/json'].examples ?? {});
          expect([path, method, examples.length > 0]).toEqual([path, method, requestBody !== undefined]);
          for (const body of examples.length === 0 ? [undefined] : examples.map(({ value }) => value)) {
            // What one example changed is not what the next one meets.
            const server = await TestServer.start(copyOf(stateDb));
            await server.json('/v1/sessions');
            const { status, text } = await server.send(method, filled, body);
            expect([method, filled, body, status < 300, text]).toEqual([
              ...[method, filled, body, true],
              expect.not.stringMatching(/"(count|total|succeeded)":0/),
            ]);
            await server.close();
          }
        }
      }
    });

    it('fills in what succeeds there one after the other, as the page sends it from top to bottom', async () => {
      const server = await TestServer.start(copyOf(stateDb), { TRASH_DIR: temporaryFolder() });
      const sections = document.tags.map(({ name }) => name);
      const all = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
      );
      const sectionOf = ({ tags: [tag = ''] }: Operation): number => sections.indexOf(tag);
      for (const { path, method, parameters, requestBody } of all.sort(
        (a, b) => sectionOf(a) - sectionOf(b),
      )) {
        if (NOT_FILLED_IN.test(path)) continue;
        const filled = { path, query: new URLSearchParams(), headers: {} as Record<string, string> };
        for (const { in: place, name, example, schema } of parameters) {
          const value = (example ?? schema.default) as string | number | boolean | undefined;
          if (value === undefined) continue;
          if (place === 'path') filled.path = filled.path.replace(`{${name}}`, String(value));
          else if (place === 'query') filled.query.set(name, String(value));
          else filled.headers[name] = String(value);
        }
        const [body] = Object.values(requestBody?.content['application/json'].examples ?? {});
        const { status, text } = await server
          .send(method, `${filled.path}?${filled.query.toString()}`, body?.value ?? (requestBody && {}))
          .set(filled.headers);
        expect([method, filled.path, status < 300 ? 'succeeds' : text]).toEqual([
          ...[method, filled.path, 'succeeds'],
        ]);
      }
      await server.close();
    });

    it('fills in nothing that rules out what somebody adds', () => {
      const messages = document.paths['/v1/sessions/{session_id}/messages']?.get;
      const offset = messages?.parameters.find(({ name }) => name === 'offset');
      expect(offset?.schema).not.toHaveProperty('default');
    });
  });

  it('says of every operation that needs a key that nobody may be there to say whose it is', () => {
    const guarded = operations().filter(({ security }) => security?.some((way) => 'bearer' in way) === true);
    expect(guarded.length).toBeGreaterThan(30);
    for (const { operationId, responses } of guarded) {
      const unavailable = JSON.stringify(responses['503'] ?? {});
      expect([operationId, unavailable.includes('"store_unavailable"')]).toEqual([operationId, true]);
    }
  });

  it('describes every answer with a body', () => {
    for (const { operationId, responses } of operations()) {
      expect(Object.keys(responses).filter((status) => status.startsWith('2'))).toHaveLength(1);
      for (const [status, { content }] of Object.entries(responses))
        expect([operationId, status, content]).toEqual([
          operationId,
          status,
          status === '304' ? undefined : expect.any(Object),
        ]);
    }
  });
});

describe('the page of the API', () => {
  it('does not leave the key behind in the browser', async () => {
    const server = await TestServer.start(smallHistory(25));
    const { text } = await server.get('/docs/swagger-ui-init.js').buffer(true);
    await server.close();
    // What Swagger UI persists it writes to localStorage, which every page of the origin reads.
    expect(text).toContain('"persistAuthorization": false');
  });
});
