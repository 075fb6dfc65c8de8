import { jest } from '@jest/globals';
import { HistoryWriter } from '../../../src/demo/state-db/history-writer.js';
import { SessionsRepository } from '../../../src/sessions/sessions.repository.js';
import { ask } from '../../support/ask.js';
import { historyWithLongSession, hour, smallHistory } from '../../support/histories.js';
import { TestServer } from '../../support/server.js';
import { until } from '../../support/wait.js';

/** Is told when a server begins to read a transcript, and when it stops. */
function watchTranscripts(
  { app }: TestServer,
  onBegin: () => unknown,
  onEnd: () => unknown = () => undefined,
): void {
  const repository = app.get(SessionsRepository);
  const read = repository.transcript.bind(repository);
  jest.spyOn(repository, 'transcript').mockImplementation(async function* (...request) {
    onBegin();
    try {
      yield* read(...request);
    } finally {
      onEnd();
    }
  });
}

describe('exports beside each other', () => {
  it('end when whoever wanted them leaves', async () => {
    const server = await TestServer.start(historyWithLongSession());
    let begun = 0;
    let ended = 0;
    watchTranscripts(
      server,
      () => begun++,
      () => ended++,
    );
    for (const [before, format] of ['jsonl', 'json', 'markdown', 'html'].entries()) {
      const { body } = await ask(server, `/v1/sessions/long/export?format=${format}`);
      const reader = body?.getReader();
      await until(async () => {
        await reader?.read();
        return begun > before;
      }, `The beginning of ${format}`);
      expect([format, ended]).toEqual([format, before]);
      await reader?.cancel();
      await until(() => ended === before + 1, `The end of ${format}`);
    }
    await server.close();
  });

  it('keep no other waiting that are hard to write', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'hard', source: 'cli', started_at: hour(30) });
    for (let at = 0; at < 20; at++)
      writer.addMessage({
        session_id: 'hard',
        role: 'assistant',
        // As intricate as it may be.
        content: '*a_ '.repeat(1400),
        timestamp: hour(30) + at,
      });
    writer.close();
    const server = await TestServer.start(path);
    const order: string[] = [];
    const whole = async (id: string): Promise<void> => {
      const response = await ask(server, `/v1/sessions/${id}/export?format=html`);
      expect(await response.text()).toMatch(/<\/html>\n$/);
      order.push(id);
    };
    await Promise.all([whole('hard'), whole('plain')]);
    expect(order).toEqual(['plain', 'hard']);
    await server.close();
  });

  it('let others have their turn, however many sessions they are of', async () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      for (let at = 0; at < 400; at++)
        writer.addSession({
          ...{ id: `member-${at}`, source: 'cli', started_at: hour(30) + at },
          ...(at === 0 ? {} : { parent_session_id: `member-${at - 1}` }),
          ...(at === 399 ? {} : { ended_at: hour(31) + at, end_reason: 'compression' }),
        });
    });
    writer.close();
    const server = await TestServer.start(path);
    // The server runs on the event loop of this test.
    let turn = 0;
    const next = (): void => {
      turn++;
      counting = setImmediate(next);
    };
    let counting = setImmediate(next);
    const turns = new Set<number>();
    watchTranscripts(server, () => turns.add(turn));
    const text = await (await ask(server, '/v1/sessions/member-399/export?lineage=true')).text();
    clearImmediate(counting);
    expect(text.match(/"hermes.session"/g)).toHaveLength(400);
    expect(turns.size).toBe(400);
    await server.close();
  });

  it('for people are refused where too many of one key are being written', async () => {
    const server = await TestServer.start(historyWithLongSession());
    const path = '/v1/sessions/long/export?format=html';
    const answers = await Promise.all(Array.from({ length: 9 }, () => ask(server, path)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(await Promise.all(refused.map((answer) => answer.json()))).toMatchObject([
      { error: { code: 'overloaded' } },
    ]);
    const written = answers.filter(({ status }) => status === 200);
    await Promise.all(written.map(async ({ body }) => body?.cancel()));
    await until(async () => {
      const again = await ask(server, path);
      await again.body?.cancel();
      return again.status === 200;
    }, 'A page after the others');
    await server.close();
  });
});
