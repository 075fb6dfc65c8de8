import helmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** What pages of this server may load. Plain HTTP on loopback is the normal case; a proxy in front decides about TLS. */
const SECURITY_HEADERS = {
  contentSecurityPolicy: {
    directives: {
      'upgrade-insecure-requests': null,
      'script-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
    },
  },
  strictTransportSecurity: false,
};

/** Request headers that pages of other origins may send. */
const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Mcp-Method',
  'Mcp-Name',
  'Mcp-Protocol-Version',
  'Read-Position',
  'X-Hermes-Session-Id',
  'X-Hermes-Session-Key',
  'X-Hermes-Session-Token',
  'X-Request-Id',
];

/** Response headers that pages of other origins may read. */
const EXPOSED_HEADERS = [
  'Content-Disposition',
  'ETag',
  'Retry-After',
  'X-Hermes-Session-Id',
  'X-Hermes-Session-Key',
  'X-Request-Id',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Read-Position',
  'WWW-Authenticate',
];

/** How long a browser may keep the answer to a preflight, in seconds. */
const PREFLIGHT_AGE = 600;

/**
 * Installs the security headers of answers, and CORS.
 * @param origins from which browsers may call; `*` for any, none to disable CORS.
 */
export async function setUpBrowsers(app: NestFastifyApplication, origins: readonly string[]): Promise<void> {
  await app.register(helmet, SECURITY_HEADERS);
  if (origins.length === 0) return;
  app.enableCors({
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_AGE,
    // With it, an OPTIONS request that is not a preflight would be refused as plain text.
    strictPreflight: false,
  });
}
