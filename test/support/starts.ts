import { smallHistory } from './histories.js';
import { ServedHistory } from './served.js';
import { temporaryFolder } from './server.js';

/** An address at which nothing listens. */
const NOBODY = '127.0.0.1:9';

const DATABASE_URL = `postgres://hermes@${NOBODY}/hermes`;

/** Settings with which a server loads other modules at its start than without them, or installs them elsewhere. */
const SETTINGS: readonly Readonly<Record<string, string>>[] = [
  { BASE_PATH: '/tools/hermes/' },
  { DOCS: 'off', CONSOLE: 'off', MCP: 'off', METRICS: 'public' },
  { OIDC_ISSUER: `http://${NOBODY}/realm`, OIDC_AUDIENCE: 'hermes', OIDC_CONSOLE_CLIENT_ID: 'console' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${NOBODY}`, CORS_ORIGINS: '*', TRUST_PROXY: 'loopback' },
  { HERMES_UPSTREAM_URL: `http://${NOBODY}` },
  { DATABASE_URL },
  { DATABASE_URL, DATABASE_REPLICA_URLS: DATABASE_URL, BASE_PATH: '/hermes' },
];

/** Starts a released program with each of these settings. What it needs and does not find ends it at the start, or fails a page. */
export async function startWithSettings(program: string): Promise<void> {
  for (const settings of SETTINGS) {
    const server = await ServedHistory.start(
      smallHistory(25),
      { ...settings, TRASH_DIR: temporaryFolder() },
      { program },
    );
    const pages = settings.DOCS === 'off' ? [] : ['/docs', '/docs/', '/docs/swagger-ui.css', '/openapi.json'];
    for (const path of ['/livez', ...pages]) {
      const { status } = await server.get(path);
      expect([settings, path, status]).toEqual([settings, path, 200]);
    }
    await server.stop();
  }
}
