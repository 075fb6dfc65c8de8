import { smallHistory } from '../support/histories.js';
import { buildConsolePage } from '../support/console-page.js';
import { serverWithLog } from '../support/log.js';
import { TestServer } from '../support/server.js';

/** What a browser asks for when somebody types an address. */
const ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('a browser that was given the address of the server alone', () => {
  let server: TestServer;

  beforeAll(() => {
    buildConsolePage();
  });

  afterEach(() => server.close());

  const ask = async (path: string, accept: string): Promise<readonly [number, string | null]> => {
    const url = (await server.app.getUrl()) + path;
    const response = await fetch(url, { headers: { accept }, redirect: 'manual' });
    await response.text();
    return [response.status, response.headers.get('location')];
  };

  it('is led to the console, and whoever asks for anything else finds nothing', async () => {
    server = await TestServer.start(smallHistory(25), { CONSOLE: 'on' });
    expect(await ask('/', ACCEPT)).toEqual([302, '/console/']);
    expect(await ask('/', '*/*')).toEqual([404, null]);
    expect(await ask('/', 'application/json')).toEqual([404, null]);
    expect(await ask('/nowhere', ACCEPT)).toEqual([404, null]);
    expect(await ask('/', 'TEXT/HTML')).toEqual([302, '/console/']);
    expect(await ask('/', 'application/json, text/html;q=0')).toEqual([404, null]);
  });

  it('may ask for a folder of the console, which is no error of the server', async () => {
    const logged = await serverWithLog({ STATE_DB: smallHistory(25), CONSOLE: 'on' });
    server = logged.server;
    expect((await ask('/console/assets', ACCEPT))[0]).toBe(301);
    expect((await ask('/console/assets/', ACCEPT))[0]).toBe(404);
    expect(logged.log.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });

  it('is led there from the base path as well', async () => {
    server = await TestServer.start(smallHistory(25), { BASE_PATH: '/hermes' });
    for (const path of ['/', '/hermes', '/hermes/'])
      expect(await ask(path, ACCEPT)).toEqual([302, '/hermes/console/']);
  });

  it("finds the console's icon where it looks for one of the server", async () => {
    server = await TestServer.start(smallHistory(25), { CONSOLE: 'on', BASE_PATH: '/hermes' });
    const url = `${await server.app.getUrl()}/hermes/favicon.ico`;
    const icon = await fetch(url);
    expect([icon.status, icon.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
    await icon.text();
  });

  it('is led to the API page where there is no console, and nowhere where there is neither', async () => {
    server = await TestServer.start(smallHistory(25), { CONSOLE: 'off' });
    expect(await ask('/', ACCEPT)).toEqual([302, '/docs']);
    await server.close();
    server = await TestServer.start(smallHistory(25), { CONSOLE: 'off', DOCS: 'off' });
    expect(await ask('/', ACCEPT)).toEqual([404, null]);
  });
});
