import { smallHistory } from '../support/histories.js';
import { ORIGIN, temporaryFolder, TestServer } from '../support/server.js';

/** Whether what is deleted can be kept: a database has not all that its hosts have. */
const canKeep = ORIGIN === null;

const WAYS = [
  ['delete', '/v1/sessions/plain?trash=true', undefined],
  ['post', '/v1/sessions/bulk', { action: 'delete', ids: ['plain'], trash: true }],
  ['post', '/v1/sessions/bulk', { action: 'delete', filter: { platform: ['cli'] }, trash: true }],
  ['post', '/v1/sessions/prune', { older_than: '1d', trash: true }],
  ['get', '/v1/trash', undefined],
  ['post', '/v1/trash/empty', undefined],
] as const;

describe('a trash', () => {
  it.each([
    ['on', canKeep],
    ['off', false],
  ])('that is %s is told of, and refuses everything where nothing is kept', async (setting, isOn) => {
    const folder = setting === 'on' ? { TRASH_DIR: `${temporaryFolder()}/trash` } : {};
    const server = await TestServer.start(smallHistory(25), folder);
    const { features } = await server.json<{ features: Readonly<Record<string, unknown>> }>(
      '/v1/capabilities',
    );
    expect(features.sessions_trash).toBe(isOn);
    if (!isOn)
      for (const [method, path, body] of WAYS) {
        const response = await server.send(method, path, body);
        expect([path, response.status, response.body]).toEqual([
          path,
          409,
          { error: expect.objectContaining({ code: 'trash_off' }) },
        ]);
      }
    expect((await server.get('/v1/sessions/plain')).status).toBe(200);
    await server.close();
  });
});
