import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ErrorResponse } from '../http/error.response.js';

const DESCRIPTION = `The conversation history of Hermes Agent over REST.

Press **Authorize**, paste a key, and try any request. On \`npm run demo\` the prefilled values work for every request, from top to bottom, except those that
need the id of a trash entry or the code of a sign-in link. Event streams show nothing here until they are cancelled: use \`curl -N\`.

- Times are RFC 3339 in UTC with milliseconds.
- Every error has the body \`{"error": {"message", "type", "param", "code"}}\`; branch on \`code\`.
- Every GET of one JSON document carries an \`ETag\`; with \`If-None-Match\` the answer is 304 while nothing has changed.
- Unknown parameters are refused, so that a typo never returns everything.`;

const KEYS =
  "The server's `API_SERVER_KEY`, a further key of `hermes-sessions keys create`, or an access token of its OpenID Connect issuer.";

/**
 * The OpenAPI 3.1 description of the running application.
 * @param basePath path prefix of every route, which goes into `servers`.
 */
export function buildOpenApiDocument(
  app: INestApplication,
  version: string,
  basePath: string,
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('hermes-sessions')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(basePath === '' ? '/' : basePath)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: KEYS })
    .addTag('Sessions', 'List, search, read, rename, archive and delete conversations.')
    .addTag('Trash', 'Deleted conversations that can be restored.')
    .addTag('Events', 'Events as they happen.')
    .addTag('Profiles', 'The profiles of Hermes that this server serves.')
    .addTag('Hermes clients', "The history in the shapes of Hermes's own API server.")
    .addTag('Sign-in', 'Sign-in for pages of this server, so that they need not store a key.')
    .addTag('Capabilities', 'What this server can do.')
    .addTag('Operations', 'Probes and metrics for operators.')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    ignoreGlobalPrefix: true,
    extraModels: [ErrorResponse],
  });
  describeProfilePathsOnce(document);
  putInOrder(document);
  describeConditionalReads(document);
  return inJsonSchemaTerms(document) as OpenAPIObject;
}

/** Removes paths below `/p/{profile}`: they equal those without it. */
function describeProfilePathsOnce({ paths }: OpenAPIObject): void {
  for (const path of Object.keys(paths))
    if (path.startsWith('/p/{profile}/')) Reflect.deleteProperty(paths, path);
}

/** Sorts paths: first those of all sessions, then those of one, then those of many, each alphabetically. */
function putInOrder(document: OpenAPIObject): void {
  const keyed = Object.entries(document.paths).map(([path, item]) => ({
    key: path.replaceAll('{', ' '),
    path,
    item,
  }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  document.paths = Object.fromEntries(keyed.map(({ path, item }) => [path, item]));
}

/**
 * Documents conditional reads: every GET except of files and event streams has an `ETag` and supports `If-None-Match`, without code in the endpoint.
 */
function describeConditionalReads({ paths }: OpenAPIObject): void {
  for (const { get } of Object.values(paths)) {
    if (get === undefined || isStreamed(get)) continue;
    get.parameters = [
      ...(get.parameters ?? []),
      {
        name: 'If-None-Match',
        in: 'header',
        required: false,
        description: 'An `ETag` from an earlier answer: 304 without a body while the answer is unchanged.',
        schema: { type: 'string' },
      },
    ];
    get.responses['304'] = { description: 'The answer named by `If-None-Match` is still current.' };
  }
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** Whether an operation answers with anything but one JSON document. */
function isStreamed({ responses }: Operation): boolean {
  const ok = responses['200'];
  const types = ok === undefined || '$ref' in ok ? [] : Object.keys(ok.content ?? {});
  return types.some((type) => type !== 'application/json');
}

/** OpenAPI 3.1 uses JSON Schema's keywords for nulls and examples; the decorators still produce those of 3.0. */
function inJsonSchemaTerms(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inJsonSchemaTerms);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, inJsonSchemaTerms(item)] as const);
  const object: Record<string, unknown> = Object.fromEntries(entries);
  return isParameter(object) ? withExamples(object) : withLengthsOfItems(withNull(object));
}

/** For a list in a query, the library puts the length limits of the items on the list itself. */
function withLengthsOfItems(schema: Record<string, unknown>): Record<string, unknown> {
  const { minLength, maxLength, items, ...rest } = schema;
  if (schema.type !== 'array' || maxLength === undefined || typeof items !== 'object') return schema;
  return { ...rest, items: { ...items, minLength, maxLength } };
}

function withNull(schema: Record<string, unknown>): Record<string, unknown> {
  if (schema.nullable !== true || typeof schema.type !== 'string') return schema;
  const { nullable: _nullable, ...rest } = schema;
  return { ...rest, type: [schema.type, 'null'] };
}

interface Parameter extends Record<string, unknown> {
  readonly schema: Readonly<Record<string, unknown>>;
}

function isParameter(object: Record<string, unknown>): object is Parameter {
  return (
    (object.in === 'query' || object.in === 'path' || object.in === 'header') &&
    typeof object.schema === 'object' &&
    object.schema !== null
  );
}

/**
 * Swagger UI pre-fills a parameter with its `example`, which is right for a required one. Pre-filling every optional filter would find nothing, so
 * those get `examples`, which are only displayed.
 */
function withExamples(parameter: Parameter): Record<string, unknown> {
  const { example: ofParameter, schema, ...rest } = parameter;
  const { example: ofSchema, ...types } = schema;
  const example = ofParameter ?? ofSchema;
  if (example === undefined) return parameter;
  return parameter.required === true
    ? { ...rest, example, schema: types }
    : { ...rest, schema: { ...types, examples: [example] } };
}
