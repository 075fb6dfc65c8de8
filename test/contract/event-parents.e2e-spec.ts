import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import { hour, onceWritten, say } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { keyFileWith } from '../support/people.js';
import { TestServer } from '../support/server.js';

/** A conversation of each of two people, from each of which one of Ana's branched off that was compressed then. */
function historyOfBranches(): string {
  return onceWritten('compressed branches', (path) => {
    const writer = HistoryWriter.create(path, 25);
    const add = (id: string, user_id: string, more: Readonly<Record<string, string>> = {}): void => {
      writer.addSession({ id, source: 'cli', user_id, started_at: hour(1), ended_at: hour(2), ...more });
      say(writer, id, 'user', `Said in ${id}`, hour(1));
    };
    for (const user of ['ana', 'bo']) {
      const id = `of-${user}`;
      add(id, user);
      const model_config = JSON.stringify({ _branched_from: id });
      add(`${id}-branch`, 'ana', { parent_session_id: id, model_config, end_reason: 'compression' });
      add(`${id}-tip`, 'ana', { parent_session_id: `${id}-branch`, model_config });
    }
    writer.close();
  });
}

describe('the parent of a compressed branch', () => {
  let owner: TestServer;
  let listeners: readonly TestListener[] = [];

  afterEach(async () => {
    for (const listener of listeners) listener.leave();
    await owner.close();
  });

  it.each(['', 'include_children=true'])('is told as the list tells it, with "%s"', async (query) => {
    const path = historyOfBranches();
    const { path: KEYS_FILE, token } = keyFileWith({ user_id: 'ana' });
    owner = await TestServer.start(path, { KEYS_FILE });
    const ana = owner.as(token);
    await ana.json('/v1/sessions');
    const anas = await TestListener.to(owner, `/v1/sessions/events?${query}`, { key: token });
    const all = await TestListener.to(owner, `/v1/sessions/events?${query}`);
    listeners = [anas, all];
    const tips = ['of-ana-tip', 'of-bo-tip'];
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      for (const id of tips) say(writer, id, 'user', 'More', hour(3));
    });
    writer.close();
    for (const [server, listener] of [
      [ana, anas],
      [owner, all],
    ] as const) {
      const toldOf = (id: string): string | null | undefined =>
        listener.heard.find(({ type, session }) => type === 'session.updated' && session?.id === id)?.session
          ?.parent_session_id;
      await listener.until(() => tips.every((id) => toldOf(id) !== undefined));
      const { data } = await server.json<SessionListResponse>(`/v1/sessions?limit=50&${query}`);
      const listed = tips.map((tip) => data.find(({ id }) => id === tip)?.parent_session_id);
      expect(tips.map(toldOf)).toEqual(listed);
    }
    expect(JSON.stringify(anas.heard)).not.toContain('"of-bo"');
  });
});
