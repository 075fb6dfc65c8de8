import { runSql } from '../support/database.js';
import { smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { TestServer } from '../support/server.js';
import { ShippedHost } from '../support/shipped-host.js';
import { TEST_ORIGIN } from '../support/shipped.js';

describe('whoever listens', () => {
  it.each([
    ['was set back, as a backup does it that is restored', 'UPDATE histories SET version = version - 1'],
    ['was taken away', 'DELETE FROM histories'],
  ])('is told to read anew where a history %s', async (_what, sql) => {
    const host = await ShippedHost.start(smallHistory(25));
    await host.offline();
    const server = await TestServer.onDatabase(host.url);
    const listener = await TestListener.to(server, '/v1/sessions/events');
    await runSql(host.url, sql);
    await listener.until((events) =>
      events.some(({ type, origin }) => type === 'resync' && origin === TEST_ORIGIN),
    );
    listener.leave();
    await server.close();
  });
});
