import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { smallHistory } from '../support/histories.js';
import { TestServer } from '../support/server.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly example?: unknown;
  readonly schema: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

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
        // Swagger UI would send an example of a filter together with all the others.
        expect([parameter.name, parameter.example, parameter.schema.example]).toEqual([
          parameter.name,
          undefined,
          undefined,
        ]);
      }
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
