import { renameSync, rmSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SessionAccess } from '../../src/domain/access.js';
import type { SessionPage, SessionPageRequest } from '../../src/sessions/session-query.js';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { HermesConnection } from '../../src/stores/hermes/file/hermes-connection.js';
import { IndexThread } from '../../src/stores/hermes/index/index-thread.js';
import { SessionDigests } from '../../src/stores/hermes/index/session-digests.js';
import { SessionIndex } from '../../src/stores/hermes/index/session-index.js';
import { SessionLists } from '../../src/stores/hermes/listing/session-lists.js';
import { SearchThreads } from '../../src/stores/hermes/search/search-threads.js';
import { SessionSearch, type FoundPage } from '../../src/stores/hermes/search/session-search.js';
import { IndexSupplements } from '../../src/stores/hermes/search/index-supplements.js';
import { hour, say } from '../support/histories.js';
import { temporaryHistory } from '../support/temporary-history.js';

const BO: SessionAccess = { userId: 'bo' };

function searchFor(text: string, access: SessionAccess): SessionPageRequest {
  return {
    filter: { access, search: text, archived: 'any', includeChildren: false },
    ...{ sort: 'relevance', limit: 20, start: { offset: 0 } },
  };
}

/** Searches as the store does, and does something between a search and the page that is made of it. */
class InterruptedSearch extends SessionSearch {
  afterNext: (() => void) | undefined;

  override async find(text: string, request: SessionPageRequest): Promise<FoundPage | undefined> {
    const found = await super.find(text, request);
    this.afterNext?.();
    this.afterNext = undefined;
    return found;
  }
}

describe('a search during which the index is built anew', () => {
  let writer: HistoryWriter;
  let connection: HermesConnection;
  let search: InterruptedSearch;
  let lists: SessionLists;
  let index: SessionIndex;

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  beforeEach(() => {
    const location = temporaryHistory(25);
    writer = HistoryWriter.open(location.stateDb);
    for (const [at, user] of ['bo', 'eve', 'bo', 'eve'].entries()) {
      writer.addSession({ id: `${user}-${at}`, source: 'cli', user_id: user, started_at: hour(at) });
      say(writer, `${user}-${at}`, 'user', `the merger password of ${user}`, hour(at));
    }
    connection = new HermesConnection(location, () => undefined);
    index = new SessionIndex(connection, new IndexThread(connection), location.indexFolder);
    const threads = new SearchThreads(connection, 10_000, new SilentObserver());
    search = new InterruptedSearch(
      'default',
      threads,
      index,
      connection,
      new IndexSupplements(threads, connection),
    );
    lists = new SessionLists('default', index, new SessionDigests(), search);
  });

  afterEach(async () => {
    writer.close();
    index.stopFollowing();
    await Promise.all([index.close(), connection.close()]);
  });

  /** What has the index made anew: another file in the history's place, in which sessions get other numbers. */
  function replace(): void {
    const { stateDb } = connection.location;
    writer.db.exec(
      `DELETE FROM messages WHERE session_id = 'bo-0'; DELETE FROM sessions WHERE id = 'bo-0'; VACUUM INTO '${stateDb}.other'`,
    );
    writer.close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${stateDb}${suffix}`, { force: true });
    renameSync(`${stateDb}.other`, stateDb);
    writer = HistoryWriter.open(stateDb);
  }

  function foundIn({ entries }: SessionPage): readonly (readonly [string, string | undefined])[] {
    return entries.map(({ session }) => [session.id, session.match?.snippet] as const);
  }

  it("shows nobody another's text, and finds what is there", async () => {
    await lists.page(searchFor('merger', BO));
    search.afterNext = replace;
    const page = await lists.page(searchFor('merger', BO));
    expect(foundIn(page)).toEqual([['bo-2', 'the <mark>merger</mark> password of bo']]);
    expect(page.total).toBe(1);
  });

  it('gives the places of its hits by the new index', async () => {
    await lists.page(searchFor('merger', {}));
    search.afterNext = replace;
    const all = { after: undefined, every: 1, most: 10 };
    const places = await lists.places(searchFor('merger', {}), all);
    expect(places.map(({ id }) => id).sort()).toEqual(['bo-2', 'eve-1', 'eve-3']);
  });

  it('never takes an excerpt from another session than the entry is of', async () => {
    const eve =
      writer.db.prepare<[], number>("SELECT id FROM messages WHERE session_id = 'eve-1'").pluck().get() ?? 0;
    await lists.page(searchFor('merger', BO));
    expect(await search.excerpts('merger', [{ messageId: eve, sessionIds: ['bo-0', 'bo-2'] }])).toEqual(
      new Map(),
    );
    expect((await search.excerpts('merger', [{ messageId: eve, sessionIds: ['eve-1'] }])).size).toBe(1);
  });
});
