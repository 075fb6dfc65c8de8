import { request } from 'node:http';
import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { DomainError } from '../../src/domain/errors.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { onceWritten, say } from '../support/histories.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

const EXPORT = '/dashboard/api/sessions/long/export';

/** More than any connection takes before anybody reads. */
const MESSAGES = 1200;
const CHARACTERS = 20_000;

function longHistory(): string {
  return onceWritten('a session of many pages', (path) => {
    const writer = HistoryWriter.create(path, 25);
    writer.addSession({ id: 'long', source: 'cli', started_at: 10 });
    writer.addSession({ id: 'empty', source: 'cli', started_at: 10 });
    for (let at = 0; at < MESSAGES; at++)
      say(writer, 'long', at % 2 === 0 ? 'user' : 'assistant', `${at} ${'é'.repeat(CHARACTERS)}`, 10 + at);
    writer.close();
  });
}

describe('the dashboard’s export', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(longHistory());
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  afterAll(() => server.close());

  it('is one session with all of its messages, however many pages of them there are', async () => {
    for (const id of ['long', 'empty']) {
      const { text, headers } = await server.get(`/dashboard/api/sessions/${id}/export`).buffer(true);
      expect(headers['content-type']).toBe('application/json; charset=utf-8');
      const session = await server.json<object>(`/dashboard/api/sessions/${id}`);
      const messages: object[] = [];
      for (let isLast = false; !isLast;) {
        const page = await server.json<{ messages: readonly object[] }>(
          `/dashboard/api/sessions/${id}/messages?limit=500&offset=${messages.length}`,
        );
        messages.push(...page.messages);
        isLast = page.messages.length === 0;
      }
      const {
        profile: _profile,
        is_default_profile: _isDefault,
        ...row
      } = session as Record<string, unknown>;
      expect(text === JSON.stringify({ ...row, messages })).toBe(true);
      expect(messages).toHaveLength(id === 'long' ? MESSAGES : 0);
    }
  });

  /** How many parts of transcripts are read. */
  function countParts(): () => number {
    let parts = 0;
    const repository = server.app.get(SessionsRepository, { strict: false });
    const read = repository.transcript.bind(repository);
    jest.spyOn(repository, 'transcript').mockImplementation(async function* (...asked) {
      for await (const part of read(...asked)) {
        parts++;
        yield part;
      }
    });
    return () => parts;
  }

  it('reads no further than somebody takes it', async () => {
    const parts = countParts();
    const { text } = await server.get(EXPORT).buffer(true);
    const whole = parts();
    expect([text.length > MESSAGES * CHARACTERS, whole > 10]).toEqual([true, true]);
    const headers = { authorization: `Bearer ${TEST_KEY}` };
    const asked = request((await server.app.getUrl()) + EXPORT, { headers }).end();
    asked.on('error', () => undefined);
    await new Promise((resolve) => {
      asked.once('response', (response) => {
        response.once('data', () => asked.destroy());
        response.on('error', () => undefined).once('close', resolve);
      });
    });
    // What was read ahead has its end, and others are answered.
    for (let times = 0; times < 10; times++) await server.get('/v1/sessions');
    expect(parts() - whole).toBeLessThan(whole / 2);
  });

  it('is refused before it begins where its messages cannot be read', async () => {
    const repository = server.app.get(SessionsRepository, { strict: false });
    jest.spyOn(repository, 'transcript').mockImplementation(() => {
      throw new DomainError('store_unavailable');
    });
    expect((await server.get(EXPORT)).status).toBe(503);
  });
});
