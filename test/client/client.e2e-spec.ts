import { join } from 'node:path';
import {
  AuthenticationError,
  ConflictError,
  ConnectionError,
  HermesSessions,
  InvalidRequestError,
  NotFoundError,
  type ClientOptions,
  type HermesSessionsError,
  type SessionEvent,
} from '../../client/src/index.js';
import { SignInLinks } from '../../src/auth/sign-in/sign-in-links.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { collectGarbage } from '../support/garbage-collection.js';
import { Gateway } from '../support/gateway.js';
import { hour, say, smallHistory, withManySessions } from '../support/histories.js';
import { writeHome } from '../support/profiles.js';
import { temporaryFolder, TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';
import { until } from '../support/wait.js';

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

/** Never comes, and fails for the reason of the signal. */
function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}

describe('the typed client', () => {
  let path: string;
  let server: TestServer;
  let baseUrl: string;
  let history: HermesSessions;

  const clientOf = (options: Partial<ClientOptions> = {}): HermesSessions =>
    new HermesSessions({ baseUrl, key: TEST_KEY, ...options });

  beforeEach(async () => {
    path = withManySessions(smallHistory(25), 450);
    server = await TestServer.onFile(path);
    baseUrl = await server.app.getUrl();
    history = clientOf();
  });

  afterEach(() => server.close());

  it('reads a session that is called as another path of the API', async () => {
    const writer = HistoryWriter.open(path);
    for (const id of ['stats', 'events']) writer.addSession({ id, source: 'cli', started_at: hour(30) });
    writer.close();
    for (const id of ['stats', 'events']) expect(await history.get(id)).toMatchObject({ id });
  });

  it('gives the pages that the API gives', async () => {
    const query = { limit: 7, platform: ['cli', 'telegram'] };
    expect(await history.list({ ...query, sort: 'started_at', archived: 'any' })).toEqual(
      await server.json('/v1/sessions?limit=7&platform=cli&platform=telegram&sort=started_at&archived=any'),
    );
    expect(await history.get('chain-3')).toEqual(await server.json('/v1/sessions/chain-3'));
    expect(await history.messages('plain', { role: ['user'] })).toEqual(
      await server.json('/v1/sessions/plain/messages?role=user'),
    );
    expect(await history.statistics({ time_zone: 'Europe/Berlin' })).toEqual(
      await server.json('/v1/sessions/stats?time_zone=Europe/Berlin'),
    );
    expect(await history.capabilities()).toEqual(await server.json('/v1/capabilities'));
    expect(await history.profiles()).toEqual(await server.json('/v1/profiles'));
    expect(await clientOf({ key: 'nobody-at-all-000' }).health()).toMatchObject({ status: 'ok' });
  });

  it('walks over every conversation once, and over those of a search', async () => {
    const { total } = await server.json<SessionListResponse>('/v1/sessions?limit=1');
    const conversations = await all(history.conversations());
    expect(new Set(conversations.map(({ id }) => id)).size).toBe(conversations.length);
    expect(conversations).toHaveLength(total);
    expect(await all(history.conversations({ limit: 50, sort: 'started_at' }))).toHaveLength(total);
    const behind = await all(history.conversations({ limit: 50, offset: 60 }));
    expect(behind.map(({ id }) => id)).toEqual(conversations.slice(60).map(({ id }) => id));
    const found = await all(history.conversations({ search: 'tomatoes' }));
    expect(found.map(({ id, match }) => [id, match?.snippet])).toEqual([
      ['plain', expect.stringContaining('<mark>tomatoes</mark>')],
    ]);
  });

  it('walks over a transcript in both orders, and over a chain', async () => {
    const messages = await all(history.transcript('chain-3', { limit: 2, lineage: true }));
    const { data } = await server.json<{ data: unknown[] }>('/v1/sessions/chain-3/messages?lineage=true');
    expect(messages).toEqual(data);
    const backwards = await all(history.transcript('chain-3', { limit: 2, lineage: true, order: 'desc' }));
    expect([...backwards].reverse()).toEqual(data);
  });

  it('renames, archives and deletes, and throws what the server refuses', async () => {
    expect(await history.update('plain', { title: 'Herbs', archived: true })).toMatchObject({
      title: 'Herbs',
      archived: true,
    });
    const taken = history.update('chain-3', { title: 'Herbs' });
    await expect(taken).rejects.toThrow(ConflictError);
    await expect(taken).rejects.toMatchObject({
      ...{ code: 'title_in_use', param: 'title', status: 409, isTransient: false },
      requestId: expect.any(String),
    });
    const stale = history.update('plain', { title: 'x' }, {}, { ifMatch: '"old"' });
    await expect(stale).rejects.toThrow(ConflictError);
    await expect(stale).rejects.toMatchObject({ status: 412, isTransient: false });
    const body = { action: 'pin', ids: ['chain-3', 'nowhere'] } as const;
    expect((await history.bulk({ ...body, ids: [...body.ids] })).data).toHaveLength(2);
    expect(await history.delete('plain')).toMatchObject({ deleted: true, id: 'plain' });
    await expect(history.get('plain')).rejects.toThrow(NotFoundError);
  });

  it('changes only what still is as it was read, by the tag of the answer', async () => {
    let etag: string | null = null;
    const onHeaders = (headers: Headers): void => {
      etag = headers.get('etag');
    };
    await history.get('plain', {}, { onHeaders });
    await history.update('plain', { pinned: true }, {}, { ifMatch: etag });
    for (const change of [
      history.update('plain', { title: 'x' }, {}, { ifMatch: etag }),
      history.delete('plain', {}, { ifMatch: etag, onHeaders }),
    ])
      await expect(change).rejects.toMatchObject({ code: 'precondition_failed', status: 412 });
    await history.list({}, { onHeaders });
    expect(etag).toMatch(/^(W\/)?"/);
    await history.get('plain', {}, { onHeaders });
    await history.delete('plain', {}, { ifMatch: etag });
    await expect(history.get('plain')).rejects.toThrow(NotFoundError);
  });

  it('throws errors by their class and code', async () => {
    await expect(clientOf({ key: 'wrong-key-00000000' }).list()).rejects.toThrow(AuthenticationError);
    const wrong = history.list({ limit: 5000 });
    await expect(wrong).rejects.toThrow(InvalidRequestError);
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_parameter', param: 'limit' });
    const nowhere = new HermesSessions({ baseUrl: 'http://127.0.0.1:9' });
    await expect(nowhere.list()).rejects.toThrow(ConnectionError);
    await expect(nowhere.list()).rejects.toMatchObject({ isTransient: true, code: 'connection_failed' });
    const proxied = clientOf({
      fetch: () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 })),
    });
    await expect(proxied.list()).rejects.toMatchObject({ status: 502, code: 'unknown', isTransient: true });
    const late = clientOf({ fetch: () => Promise.resolve(new Response('', { status: 408 })) });
    await expect(late.list()).rejects.toMatchObject({ status: 408, isTransient: true });
  });

  it('asks for the key before each request, and ends a request that nobody waits for', async () => {
    const keys = ['expired-key-000000', TEST_KEY];
    const changing = clientOf({ key: () => Promise.resolve(keys.shift() ?? TEST_KEY) });
    await expect(changing.list()).rejects.toThrow(AuthenticationError);
    expect((await changing.list({ limit: 1 })).data).toHaveLength(1);
    const signal = AbortSignal.abort();
    await expect(history.list({}, { signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('throws the reason for which a caller ends a request, and takes no end of anything else for that', async () => {
    const enough = new Error('enough');
    for (const ask of [history.list.bind(history, {}), history.exportAll.bind(history, {})])
      await expect(ask({ signal: AbortSignal.abort(enough) })).rejects.toBe(enough);
    const silent = clientOf({ fetch: ({ signal }) => ended(signal) });
    const signal = AbortSignal.timeout(20);
    await expect(silent.list({}, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    const impatient = clientOf({ fetch: () => ended(AbortSignal.timeout(20)) });
    await expect(impatient.list({}, { signal: new AbortController().signal })).rejects.toMatchObject({
      isTransient: true,
    });
  });

  it('signs a browser in and out as a page of the server', async () => {
    expect(await history.signIn({ stay: true })).toMatchObject({ signed_in: true });
    const code = server.app.get(SignInLinks, { strict: false }).issue();
    expect(await clientOf({ key: undefined }).signInByLink(code)).toMatchObject({ signed_in: true });
    expect(await history.signOut()).toMatchObject({ signed_in: false });
  });

  it('hands exports on as they arrive', async () => {
    expect(await textOf(await history.export('plain', { format: 'markdown' }))).toBe(
      (await server.get('/v1/sessions/plain/export?format=markdown')).text,
    );
    const lines = await textOf(await history.exportAll({ platform: ['cli'] }));
    expect(lines.trim().split('\n').length).toBeGreaterThan(5);
    await expect(history.export('nowhere')).rejects.toThrow(NotFoundError);
  });

  it('plans a prune and carries it out', async () => {
    const selection = { last_active_before: '2027-01-01', action: 'archive' } as const;
    const planned = await history.prune({ ...selection, dry_run: true });
    expect(planned).toMatchObject({ dry_run: true, plan: expect.any(String) });
    const done = await history.prune({ ...selection, dry_run: false, plan: planned.plan ?? '' });
    expect(done).toMatchObject({ dry_run: false });
  });

  it('hears what happens, also what happened while the connection was broken', async () => {
    const gateway = await Gateway.open(baseUrl);
    const listening = new HermesSessions({ baseUrl: gateway.url, key: TEST_KEY });
    const ended = new AbortController();
    const heard: SessionEvent[] = [];
    const interruptions: HermesSessionsError[] = [];
    const requestIds: (string | null)[] = [];
    const hearing = (async () => {
      const events = listening.events(
        {},
        {
          signal: ended.signal,
          onInterruption: (error) => interruptions.push(error),
          onHeaders: (headers) => requestIds.push(headers.get('X-Request-Id')),
        },
      );
      for await (const event of events) heard.push(event);
    })();
    const writer = HistoryWriter.open(path);
    const tell = async (text: string): Promise<void> => {
      say(writer, 'plain', 'user', text, hour(60));
      await until(() => heard.some(({ message }) => message?.content === text), text, 30_000);
    };
    // What is told before the first stream has begun is not heard.
    await until(() => {
      say(writer, 'plain', 'user', 'first', hour(59));
      return heard.length > 0;
    });
    await tell('second');
    await gateway.refuse();
    say(writer, 'plain', 'user', 'while nobody listened', hour(61));
    await until(() => interruptions.length > 0);
    await gateway.accept();
    await tell('third');
    expect(heard.map(({ message }) => message?.content)).toContain('while nobody listened');
    expect(heard.every(({ event_id: id }) => id !== undefined)).toBe(true);
    expect(requestIds).toEqual([expect.any(String), expect.any(String)]);
    writer.close();
    ended.abort();
    await hearing;
    await gateway.refuse();
  });

  it('goes on from where it was heard last, where nothing had happened yet', async () => {
    const ended = new AbortController();
    let lastEventId = '';
    const onHeard = (id: string): void => {
      lastEventId = id;
      ended.abort();
    };
    expect(await all(history.events({}, { signal: ended.signal, onHeard }))).toEqual([]);
    const writer = HistoryWriter.open(path);
    say(writer, 'plain', 'user', 'while nobody listened', hour(60));
    writer.close();
    for await (const { message } of history.events(
      {},
      { lastEventId, signal: AbortSignal.timeout(20_000) },
    )) {
      if (message?.content === 'while nobody listened') return;
    }
    throw new Error('It was not told.');
  });

  it('ends by its signal what it listens to, whatever the garbage collection has taken', async () => {
    const ended = new AbortController();
    let isHeard = false;
    let isOver = false;
    const onHeard = (): void => {
      isHeard = true;
    };
    const hearing = all(history.events({}, { signal: ended.signal, onHeard })).finally(() => {
      isOver = true;
    });
    await until(() => isHeard);
    await collectGarbage();
    ended.abort();
    await until(() => isOver, 'the end of the stream', 20_000);
    expect(await hearing).toEqual([]);
  });

  it('refuses at once what no request can be made with', () => {
    for (const wrong of ['127.0.0.1:8643', 'http://user:word@127.0.0.1:8643'])
      expect(() => clientOf({ baseUrl: wrong })).toThrow(/URL/);
    expect(() => clientOf({ key: 'pasted\u2026' })).toThrow(/ByteString/);
  });

  it("throws what the caller's own functions throw, also where it would listen again", async () => {
    const signedOut = new Error('signed out');
    const refusing = clientOf({
      key: () => {
        throw signedOut;
      },
    });
    await expect(refusing.list()).rejects.toBe(signedOut);
    await expect(refusing.events().next()).rejects.toBe(signedOut);
    await expect(
      clientOf({ key: () => 'pasted\u2026' })
        .events()
        .next(),
    ).rejects.toThrow(/ByteString/);
    const full = new Error('disk full');
    const onHeard = (): void => {
      throw full;
    };
    const listening = history.events({}, { onHeard });
    await expect(listening.next()).rejects.toBe(full);
  });

  it('stops listening where no further try would help', async () => {
    const events = clientOf({ key: 'wrong-key-00000000' }).events();
    await expect(events.next()).rejects.toThrow(AuthenticationError);
    let requestId: string | null = null;
    const onHeaders = (headers: Headers): void => {
      requestId = headers.get('X-Request-Id');
    };
    const refused = history.sessionEvents('nowhere', {}, { onHeaders }).next();
    await expect(refused).rejects.toThrow(NotFoundError);
    await expect(refused).rejects.toMatchObject({ requestId });
  });
});

describe('the trash of several profiles', () => {
  it('is restored and emptied of one of them', async () => {
    const server = await TestServer.onFile(join(writeHome(), 'state.db'), {
      ...{ PROFILES: 'on', TRASH_DIR: join(temporaryFolder(), 'trash') },
    });
    await server.json('/v1/sessions');
    const history = new HermesSessions({ baseUrl: await server.app.getUrl(), key: TEST_KEY });
    const trashed = async (id: string, profile: string): Promise<string> =>
      (await history.delete(id, { profile, trash: true })).trash_id ?? '';
    const [, c2, c5] = [
      await trashed('d1', 'default'),
      await trashed('c2', 'coder'),
      await trashed('c5', 'coder'),
    ];
    const elsewhere = { profile: 'writer' };
    for (const refused of [history.restore(c2, elsewhere), history.purge(c2, elsewhere)])
      await expect(refused).rejects.toBeInstanceOf(NotFoundError);
    expect(await history.restore(c2, { profile: 'coder' })).toMatchObject({ session_id: 'c2' });
    expect(await history.purge(c5, { profile: 'coder' })).toMatchObject({ purged: true });
    await trashed('c8', 'coder');
    expect(await history.emptyTrash({ profile: 'coder' })).toMatchObject({ purged: 1 });
    expect((await history.trash()).data.map(({ session_id: id }) => id)).toEqual(['d1']);
    await server.close();
  });
});
