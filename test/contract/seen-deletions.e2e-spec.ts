import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { bulk, idsOf } from '../support/bulk.js';
import { hour, onceWritten, say } from '../support/histories.js';
import { TestServer } from '../support/server.js';

const EMPTY = '/dashboard/api/sessions/empty';

/** More than are listed at a time. */
const MANY = 501;

describe('what an agent does between the look at a history and a deletion', () => {
  let path: string;
  let server: TestServer;
  let repository: SessionsRepository;

  beforeEach(async () => {
    path = onceWritten('empty ones and others', (file) => {
      const writer = HistoryWriter.create(file, 25);
      const add = (id: string, more: Readonly<Record<string, string | number>> = {}): void => {
        writer.addSession({ id, source: 'cli', started_at: hour(1), ended_at: hour(2), ...more });
      };
      for (const id of ['resumed', 'spoken in', 'empty', 'boss']) add(id);
      add('worker', { source: 'subagent', model_config: '{"_delegate_from": "boss"}' });
      for (const id of ['apples', 'pears']) {
        add(id, { end_reason: 'compression' });
        add(`${id}-2`, { parent_session_id: id, started_at: hour(3), ended_at: hour(4) });
        say(writer, id, 'user', `About ${id}`, hour(1));
        say(writer, `${id}-2`, 'user', `More of ${id}`, hour(3));
      }
      say(writer, 'worker', 'user', 'Work', hour(1));
      writer.close();
    });
    server = await TestServer.start(path);
    repository = server.app.get(SessionsRepository, { strict: false });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  /** Writes as soon as a method of the repository is called, before it does anything. */
  function writeBefore(method: 'bulk' | 'delete', write: (writer: HistoryWriter) => void): void {
    const own = repository[method].bind(repository) as (...args: unknown[]) => Promise<never>;
    jest.spyOn(repository, method).mockImplementationOnce(async (...args: unknown[]) => {
      const writer = HistoryWriter.open(path);
      writer.together(() => {
        write(writer);
      });
      writer.close();
      await server.settled();
      return own(...args);
    });
  }

  it('keeps what is not empty any more, and what has worked for it', async () => {
    writeBefore('bulk', (writer) => {
      writer.db.prepare("UPDATE sessions SET ended_at = NULL WHERE id = 'resumed'").run();
      say(writer, 'spoken in', 'user', 'Not empty', hour(5));
    });
    expect((await server.delete(EMPTY)).body).toEqual({ ok: true, deleted: 1 });
    expect(await idsOf(server, 'include_children=true')).toEqual(
      ['apples', 'apples-2', 'boss', 'pears', 'pears-2', 'resumed', 'spoken in', 'worker'].sort(),
    );
  });

  it('keeps conversations in which something was said, of all that a filter selects', async () => {
    const body = { action: 'delete', filter: { search: 'apples OR pears' } };
    const { plan } = await bulk(server, body);
    writeBefore('delete', (writer) => {
      // In the first one of the chain, as what a race has left beside it.
      say(writer, 'apples', 'user', 'Nobody has seen this', hour(6));
    });
    const done = await bulk(server, { ...body, dry_run: false, plan });
    expect(done).toMatchObject({ succeeded: 1, failed: 1 });
    expect(done.data.find(({ ok }) => !ok)).toMatchObject({
      ...{ id: 'apples-2', error: { code: 'plan_changed' } },
    });
    expect(await idsOf(server, 'search=apples OR pears')).toEqual(['apples-2']);
  });

  it('is tried once for each empty session, whatever becomes of it', async () => {
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      for (let index = 0; index < MANY; index++)
        writer.addSession({ id: `more-${index}`, source: 'cli', started_at: hour(1), ended_at: hour(2) });
    });
    writer.close();
    await server.settled();
    const { count } = await server.json<{ count: number }>(`${EMPTY}/count`);
    expect(count).toBeGreaterThan(MANY);
    // As a host that sends what was deleted again.
    const refusing = jest
      .spyOn(repository, 'bulk')
      .mockImplementation(({ ids }) => Promise.resolve(ids.map((id) => ({ kind: 'changed', id }))));
    expect((await server.delete(EMPTY)).body).toEqual({ ok: true, deleted: count });
    refusing.mockRestore();
    expect((await server.delete(EMPTY)).body).toEqual({ ok: true, deleted: count - 1 });
    expect(await server.json(`${EMPTY}/count`)).toEqual({ count: 1 });
  });
});
