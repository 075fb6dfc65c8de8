import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say } from '../support/histories.js';
import { historyOfTwo, keyFileWith } from '../support/people.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { storedRow } from '../support/stored.js';

const IMPORT = '/dashboard/api/sessions/import';

/** Longer than one transaction adds. */
const LONG = Array.from({ length: 500 }, (_, index) => ({ role: 'user', content: `Message ${index}` }));

describe('who may not know of a session', () => {
  let stateDb: string;
  let owner: TestServer;
  let ana: TestServer;

  beforeEach(async () => {
    stateDb = historyOfTwo();
    const writer = HistoryWriter.open(stateDb);
    const model_config = JSON.stringify({ _delegate_from: 'gone' });
    writer.addSession({ id: 'worker', source: 'subagent', started_at: hour(20), model_config });
    say(writer, 'worker', 'user', 'Work', hour(20));
    writer.close();
    const scopes = ['sessions:read', 'sessions:write', 'sessions:delete'] as const;
    const keys = keyFileWith({ scopes: [...scopes], user_id: 'ana' });
    owner = await TestServer.start(stateDb, { KEYS_FILE: keys.path, TRASH_DIR: temporaryFolder() });
    ana = owner.as(keys.token);
  });

  afterEach(() => owner.close());

  const configOf = (id: string): unknown => JSON.parse(String(storedRow(stateDb, id).model_config));

  it.each([
    ['an object', { _delegate_from: 'zebra-1', kept: 1 }],
    ['a text', '{"_delegate_from": "zebra-1", "kept": 1}'],
    ['a name that stands there twice', '{"_delegate_from": "zebra-1", "kept": 1, "_delegate_from": "ana-1"}'],
    ['a name of nobody that follows', '{"_delegate_from": "zebra-1", "kept": 1, "_delegate_from": null}'],
    [
      'a name that follows that of nobody',
      '{"_delegate_from": null, "kept": 1, "_delegate_from": "zebra-1"}',
    ],
  ])('adds no delegate of it, in %s', async (_what, model_config) => {
    const sessions = [
      { id: 'evil', model_config },
      { id: 'evil and long', model_config, messages: LONG },
    ];
    expect((await ana.post(IMPORT, { sessions })).body).toMatchObject({ imported: 2 });
    expect((await owner.delete('/v1/sessions/zebra-1')).body).toMatchObject({
      deleted_session_ids: ['zebra-1'],
    });
    for (const { id } of sessions) expect(configOf(id)).toMatchObject({ kept: 1 });
  });

  it('adds delegates of what is theirs, or comes with them, or is nowhere', async () => {
    const of = (id: string, other: string): object => ({ id, model_config: { _delegate_from: other } });
    const sessions = [of('a', 'ana-1'), of('b', 'boss'), { id: 'boss' }, of('c', 'nowhere')];
    expect((await ana.post(IMPORT, { sessions })).body).toMatchObject({ imported: 4 });
    expect(['a', 'b', 'c'].map(configOf)).toEqual([
      { _delegate_from: 'ana-1' },
      { _delegate_from: 'boss' },
      { _delegate_from: '__orphaned__' },
    ]);
    const whole = [of('d', 'nowhere'), of('e', 'zebra-1')];
    expect((await owner.post(IMPORT, { sessions: whole })).body).toMatchObject({ imported: 2 });
    expect(configOf('d')).toEqual({ _delegate_from: 'nowhere' });
    expect((await owner.delete('/v1/sessions/zebra-1')).body).toMatchObject({
      deleted_session_ids: expect.arrayContaining(['zebra-1', 'e']) as unknown,
    });
  });

  it('gets back what worked for theirs as it was, with what worked for that', async () => {
    const seed = '"seed":12345678901234567890';
    const writer = HistoryWriter.open(stateDb);
    for (const [id, boss] of [
      ['helper', 'ana-1'],
      ['helper of helper', 'helper'],
    ] as const)
      writer.addSession({
        ...{ id, source: 'subagent', started_at: hour(21), parent_session_id: boss },
        model_config: `{${seed},"_delegate_from":"${boss}"}`,
      });
    writer.close();
    const before = storedRow(stateDb, 'helper of helper');
    const { trash_id } = (await ana.delete('/v1/sessions/ana-1?trash=true')).body as { trash_id: string };
    expect((await owner.get('/v1/sessions/helper')).status).toBe(404);
    expect((await ana.post(`/v1/trash/${trash_id}/restore`, {})).status).toBe(200);
    expect(storedRow(stateDb, 'helper of helper')).toEqual(before);
    expect(storedRow(stateDb, 'helper').model_config).toContain(seed);
    expect((await ana.delete('/v1/sessions/ana-1')).status).toBe(200);
    expect((await owner.get('/v1/sessions/helper%20of%20helper')).status).toBe(404);
  });

  it('gets a long session of theirs back behind what worked for it', async () => {
    const writer = HistoryWriter.open(stateDb);
    writer.addSession({
      ...{ id: 'a helper', source: 'subagent', started_at: hour(21) },
      model_config: '{"_delegate_from":"long"}',
    });
    writer.addSession({ id: 'long', source: 'cli', user_id: 'ana', started_at: hour(20) });
    writer.together(() => {
      for (let at = 0; at < 300; at++) say(writer, 'long', 'user', `Message ${at}`, hour(20) + at);
    });
    writer.close();
    const { trash_id } = (await ana.delete('/v1/sessions/long?trash=true')).body as { trash_id: string };
    expect((await ana.post(`/v1/trash/${trash_id}/restore`, {})).body).toMatchObject({
      session_ids: ['long'],
    });
    expect((await ana.get('/v1/sessions/long')).body).toMatchObject({ id: 'long' });
    expect(configOf('a helper')).toEqual({ _delegate_from: 'long' });
  });

  it('makes nothing anew that it worked for', async () => {
    expect((await ana.post('/api/sessions', { id: 'gone' })).status).toBe(409);
    for (const messages of [[], LONG])
      expect((await ana.post(IMPORT, { sessions: [{ id: 'gone', messages }] })).body).toMatchObject({
        ...{ imported: 0, skipped: 1 },
      });
    const fork = await ana.post('/api/sessions/ana-1/fork', { id: 'gone' });
    expect(fork.status).toBe(409);
    expect((await owner.post('/api/sessions', { id: 'gone' })).status).toBe(201);
    expect((await owner.get('/v1/sessions/worker')).status).toBe(200);
  });
});
