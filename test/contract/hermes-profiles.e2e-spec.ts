import { join } from 'node:path';
import type { HermesSessionListResponse } from '../../src/hermes-api/api-server/api-server.response.js';
import { smallHistory } from '../support/histories.js';
import { writeHome } from '../support/profiles.js';
import { ORIGIN, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

describe("profiles in Hermes's own shapes", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(join(writeHome(), 'state.db'), { PROFILES: 'on' });
  });

  afterAll(() => server.close());

  const ids = async (path: string): Promise<readonly string[]> =>
    (await server.json<HermesSessionListResponse>(path)).data.map(({ id }) => id);

  it('are the main one without a path of their own, whatever the query says', async () => {
    expect(await ids('/api/sessions')).toEqual(['twin', 'd7', 'd4', 'd1']);
    expect(await ids('/api/sessions?profile=coder')).toEqual(['twin', 'd7', 'd4', 'd1']);
    expect((await server.get('/api/sessions/c2')).status).toBe(404);
    expect((await server.get('/api/sessions/twin')).status).toBe(200);
  });

  it.each([
    ['delete', '/api/sessions/twin?profile=coder', {}],
    ['delete', '/api/sessions/twin', { profile: 'coder' }],
    ['delete', '/p/coder/api/sessions/twin', { profile: 'writer' }],
    ['patch', '/api/sessions/twin?profile=coder', { title: 'Twin' }],
    ['post', '/api/sessions/twin/fork', { profile: 'coder' }],
    ['post', '/api/sessions?profile=coder', {}],
    ['delete', '/api/sessions/twin?profile=default&profile=coder', {}],
    ['delete', '/p/coder/api/sessions/twin?profile=default', {}],
  ] as const)('are named by the path of a change alone: %s %s %j', async (method, path, body) => {
    const { status, body: answer } = await server.http[method](path)
      .set('Authorization', `Bearer ${TEST_KEY}`)
      .send(body);
    expect([status, answer]).toMatchObject([400, { error: { code: 'unknown_parameter', param: 'profile' } }]);
    expect(await ids('/api/sessions')).toEqual(['twin', 'd7', 'd4', 'd1']);
    expect(await ids('/p/coder/api/sessions')).toEqual(['twin', 'c8', 'c5', 'c2']);
  });

  it('may be named beside the path as in it; other fields of a deletion are ignored, as in Hermes', async () => {
    const deletion = server.http
      .delete('/p/coder/api/sessions/nobody?profile=coder')
      .set('Authorization', `Bearer ${TEST_KEY}`);
    expect((await deletion.send({ profile: 'coder', force: true })).status).toBe(404);
  });

  it('may be named where the path names none, if that is the main one', async () => {
    const asked = async (method: 'delete' | 'patch' | 'post', path: string, body: object): Promise<number> =>
      (await server.http[method](path).set('Authorization', `Bearer ${TEST_KEY}`).send(body)).status;
    expect(await asked('patch', '/api/sessions/d1?profile=default', { archived: false })).toBe(200);
    expect(await asked('delete', '/api/sessions/nobody', { profile: 'default' })).toBe(404);
    const created = await asked('post', '/api/sessions?profile=default', { id: 'mine', profile: 'default' });
    expect(created).toBe(ORIGIN === null ? 201 : 409);
    expect(await asked('delete', '/api/sessions/mine?profile=default&profile=default', {})).toBe(
      ORIGIN === null ? 200 : 404,
    );
  });

  it('may be named where there is only one', async () => {
    const alone = await TestServer.start(smallHistory(25));
    const named = async (profile: string): Promise<number> =>
      (await alone.patch(`/api/sessions/plain?profile=${profile}`, { pinned: true })).status;
    expect([await named('default'), await named('coder')]).toEqual([200, 400]);
    await alone.close();
  });

  it('are each below its own path', async () => {
    expect(await ids('/p/coder/api/sessions')).toEqual(['twin', 'c8', 'c5', 'c2']);
    expect(await ids('/p/default/api/sessions')).toEqual(['twin', 'd7', 'd4', 'd1']);
    expect((await server.get('/p/coder/api/sessions/c2/messages')).body).toMatchObject({ session_id: 'c2' });
    expect((await server.get('/p/writer/api/sessions/c2')).status).toBe(404);
    expect((await server.get('/p/coder/v1/capabilities')).status).toBe(200);
    expect((await server.http.get('/p/coder/health')).body).toMatchObject({ platform: 'hermes-agent' });
    const { status, body } = await server.get('/p/nobody/api/sessions');
    expect([status, body]).toEqual([404, { error: 'Unknown or unconfigured profile' }]);
  });
});
