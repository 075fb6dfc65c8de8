import { smallHistory } from '../../support/histories.js';
import { TestServer } from '../../support/server.js';
import { API_SERVER_APPS } from './api-server-apps.js';
import { DASHBOARD_APPS } from './dashboard-apps.js';
import { BEARER, TOKEN } from './exchange.js';

describe.each(Object.entries({ ...API_SERVER_APPS, ...DASHBOARD_APPS }))(
  'what is asked by %s',
  (_app, exchanges) => {
    it('is answered with what it reads', async () => {
      const server = await TestServer.onFile(smallHistory(25));
      const url = await server.app.getUrl();
      for (const { method = 'GET', path, headers = BEARER, body, status = 200, reads } of exchanges) {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          body: body === undefined ? undefined : JSON.stringify(body),
        });
        expect([path, response.status, await response.json()]).toMatchObject([path, status, reads]);
      }
      await server.close();
    });
  },
);

/** The routes about sessions in the public source of Hermes's dashboard, but for those that `docs/clients.md` names as not answered. */
const DASHBOARD_ROUTES = [
  ...['GET /api/sessions', 'GET /api/sessions/search?q=x', 'GET /api/sessions/stats', 'GET /api/status'],
  ...['GET /api/sessions/empty/count', 'DELETE /api/sessions/empty', 'POST /api/sessions/bulk-delete'],
  ...['POST /api/sessions/import', 'POST /api/sessions/prune', 'GET /api/profiles'],
  ...['GET /api/profiles/sessions', 'GET /api/profiles/sessions/sidebar', 'GET /api/sessions/plain'],
  ...['GET /api/sessions/plain/latest-descendant', 'GET /api/sessions/plain/messages'],
  ...['GET /api/sessions/plain/export', 'PATCH /api/sessions/plain', 'DELETE /api/sessions/plain'],
  ...['GET /api/analytics/usage', 'GET /api/analytics/models', 'GET /openapi.json'],
];

describe("the routes of Hermes's dashboard", () => {
  it('are all there', async () => {
    const server = await TestServer.onFile(smallHistory(25));
    const url = await server.app.getUrl();
    for (const route of DASHBOARD_ROUTES) {
      const [method, path] = route.split(' ');
      const { status } = await fetch(`${url}${path ?? ''}`, { method, headers: TOKEN });
      expect([200, 400]).toContain(status);
    }
    await server.close();
  });
});
