import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ErrorResponse } from '../http/error.response.js';

const DESCRIPTION = `The conversation history of Hermes Agent over REST.

Press **Authorize** and paste the server's API key, then try any request.

- Times are RFC 3339 in UTC with milliseconds.
- Every error has the body \`{"error": {"message", "type", "param", "code"}}\`; branch on \`code\`.
- Unknown parameters are refused, so that a typo never returns everything.`;

/**
 * The OpenAPI 3.1 description of the running application.
 * @param basePath path in front of every route, which goes into \`servers\`.
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
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: "The server's API_SERVER_KEY." })
    .addTag('Sessions', 'List, search, read, rename, archive and delete conversations.')
    .addTag('Capabilities', 'What this server can do.')
    .addTag('Operations', 'Probes for whoever runs the server.')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    ignoreGlobalPrefix: true,
    extraModels: [ErrorResponse],
  });
  return withJsonSchemaNulls(document) as OpenAPIObject;
}

/** OpenAPI 3.1 takes JSON Schema's way to allow null; the decorators still write 3.0's `nullable`. */
function withJsonSchemaNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withJsonSchemaNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withJsonSchemaNulls(item)] as const);
  const schema: Record<string, unknown> = Object.fromEntries(entries);
  if (schema.nullable !== true || typeof schema.type !== 'string') return schema;
  const { nullable: _nullable, ...rest } = schema;
  return { ...rest, type: [schema.type, 'null'] };
}
