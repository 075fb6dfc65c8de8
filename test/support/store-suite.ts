import fc from 'fast-check';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { Session, SessionDetail } from '../../src/domain/session.js';
import type { SessionFilter, SessionPage, SessionSort } from '../../src/sessions/session-query.js';
import type { SessionsRepository } from '../../src/sessions/sessions.repository.js';
import { hour } from './histories.js';
import { idOf, MODELS, randomHistory, SOURCES, USERS, WORDS, writeHistory } from './random-history.js';
import { checkRounds } from './rounds.js';
import { temporaryHistory } from './temporary-history.js';

/** A store on a history, with functions for tests. */
export interface OpenStore {
  readonly repository: SessionsRepository;
  /** Waits until the store has the content of the file, if it is a separate database. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const ALL: SessionFilter = { access: {}, archived: 'any', includeChildren: false };

/** Search threads take most of the time when a store is opened for each history: a quarter of the histories is enough. */
const SEARCH_SHARE = 0.25;

const COUNTED = { access: {}, since: hour(2), timeZone: 'Europe/Berlin', activeSince: hour(20) };

const SORTS: readonly SessionSort[] = ['-last_active_at', 'last_active_at', '-started_at', 'started_at'];

/** Filters, each with the condition for entries of the unfiltered list. */
const FILTERS: readonly (readonly [Partial<SessionFilter>, (entry: Session) => boolean])[] = [
  [{ platforms: ['cli'] }, ({ platform }) => platform === 'cli'],
  [{ platforms: ['telegram', 'nowhere'] }, ({ platform }) => platform === 'telegram'],
  [{ userId: 'ana' }, (entry) => entry.userId === 'ana'],
  [{ model: MODELS[0] }, ({ model }) => model === MODELS[0]],
  [{ archived: 'true' }, ({ archived }) => archived],
  [{ archived: 'false' }, ({ archived }) => !archived],
  [{ since: hour(7) }, (entry) => startOf(entry) >= hour(7)],
  [{ until: hour(12) }, (entry) => startOf(entry) < hour(12)],
  [
    { since: hour(3), until: hour(15), platforms: ['cli'], archived: 'false' },
    (entry) =>
      startOf(entry) >= hour(3) && startOf(entry) < hour(15) && entry.platform === 'cli' && !entry.archived,
  ],
];

function startOf({ startedAt }: Session): number {
  return startedAt ?? NaN;
}

function idsOf({ entries }: Pick<SessionPage, 'entries'>): readonly string[] {
  return entries.map(({ session }) => session.id);
}

/**
 * Compares a store's answers about random histories with each other: inconsistent pages or totals show without a second implementation of the rules.
 * Runs below HTTP, so that a history takes milliseconds.
 * @param most number of histories of each kind in a long run.
 * @param grown adds further data to each history.
 */
export function describeStore(
  open: (stateDb: string) => Promise<OpenStore>,
  most: number,
  grown: (stateDb: string) => void = () => undefined,
): void {
  /** Runs `check` on random histories, each in a file of its own; slow checks run on a share of them. */
  async function onHistories(
    check: (store: OpenStore, writer: HistoryWriter) => Promise<void>,
    share = 1,
  ): Promise<void> {
    const property = fc.asyncProperty(randomHistory, async (sessions) => {
      const { stateDb } = temporaryHistory(25);
      grown(stateDb);
      const writer = HistoryWriter.open(stateDb);
      writeHistory(writer, sessions);
      const store = await open(stateDb);
      try {
        await check(store, writer);
      } finally {
        writer.close();
        await store.close();
      }
    });
    await checkRounds(property, share * most);
  }

  function listed(
    { repository }: OpenStore,
    filter: Partial<SessionFilter> = {},
    sort: SessionSort = '-last_active_at',
    limit = 200,
  ): Promise<SessionPage> {
    return repository.list({ filter: { ...ALL, ...filter }, sort, limit, start: { offset: 0 } });
  }

  /** All ids of a list, page by page. */
  async function paged(
    store: OpenStore,
    filter: SessionFilter,
    sort: SessionSort,
  ): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let start: { offset: number } | { after: NonNullable<SessionPage['next']> } = { offset: 0 }; ;) {
      const page = await store.repository.list({ filter, sort, limit: 3, start });
      ids.push(...idsOf(page));
      if (page.next === null) return ids;
      start = { after: page.next };
    }
  }

  it.each(SORTS)('pages in the order %s fit together, by cursor and by offset', async (sort) => {
    await onHistories(async (store) => {
      for (const includeChildren of [false, true]) {
        const filter = { ...ALL, includeChildren };
        const whole = await listed(store, filter, sort);
        const ids = idsOf(whole);
        expect(new Set(ids).size).toBe(whole.total);
        expect(await paged(store, filter, sort)).toEqual(ids);
        const middle = { filter, sort, limit: 2, start: { offset: 1 } };
        expect(idsOf(await store.repository.list(middle))).toEqual(ids.slice(1, 3));
        const keys = whole.entries.map(({ place }) => place);
        const direction = sort.startsWith('-') ? -1 : 1;
        for (const [at, place] of keys.slice(1).entries()) {
          const before = keys[at] ?? place;
          const step = before.value - place.value || before.startedAt - place.startedAt;
          expect(direction * (step === 0 ? (before.id < place.id ? -1 : 1) : step)).toBeLessThan(0);
        }
      }
    });
  });

  it('pages of what a search found fit together, in every order', async () => {
    await onHistories(async (store) => {
      for (const sort of [...SORTS, 'relevance'] as const) {
        for (const includeChildren of [false, true]) {
          const filter: SessionFilter = { ...ALL, includeChildren, search: WORDS.join(' OR ') };
          const whole = await listed(store, filter, sort);
          expect(new Set(idsOf(whole)).size).toBe(whole.total);
          expect(await paged(store, filter, sort)).toEqual(idsOf(whole));
        }
      }
    }, SEARCH_SHARE);
  });

  it('every filter lets through what it says, and counts it', async () => {
    await onHistories(async (store) => {
      for (const includeChildren of [false, true]) {
        const { entries } = await listed(store, { includeChildren });
        for (const [filter, lets] of FILTERS) {
          const page = await listed(store, { ...filter, includeChildren });
          const expected = entries.filter(({ session }) => lets(session)).map(({ session }) => session.id);
          expect([filter, idsOf(page)]).toEqual([filter, expected]);
          expect(page.total).toBe(expected.length);
          const { total: withArchived } = await listed(store, {
            ...filter,
            includeChildren,
            archived: 'any',
          });
          expect(page.hidden.archived).toBe(filter.archived === undefined ? 0 : withArchived - page.total);
        }
      }
    });
  });

  it('conversations are made of all sessions, none of which is in two', async () => {
    await onHistories(async (store) => {
      const rows = await listed(store, { includeChildren: true });
      const conversations = await listed(store);
      expect(conversations.hidden.children).toBe(rows.total - conversations.total);
      const seen = new Map<string, string>();
      for (const { session } of rows.entries) {
        const members: SessionDetail[] = [];
        for await (const member of store.repository.chain(session.id, {})) members.push(member);
        for (const member of members) expect(member).toEqual(await store.repository.get(member.id, {}));
        const chain = members.map(({ id }) => id);
        expect(chain).toContain(session.id);
        const detail = await store.repository.get(session.id, {});
        expect(chain[0]).toBe(detail.rootId);
        expect(chain.at(-1)).toBe(detail.tipId);
        seen.set(session.id, detail.rootId);
      }
      for (const { session } of conversations.entries) expect(seen.get(session.id)).toBe(session.rootId);
    });
  });

  it('a limited key sees the conversations that are its own, and no more', async () => {
    await onHistories(async (store) => {
      const all = await listed(store, { includeChildren: true });
      for (const user of USERS.filter((name) => name !== null)) {
        const own = await listed(store, { access: { userId: user }, includeChildren: true });
        expect(idsOf(own)).toEqual(
          all.entries.filter(({ session }) => session.userId === user).map(({ session }) => session.id),
        );
        const conversations = await listed(store, { access: { userId: user } });
        for (const { session } of conversations.entries) expect(session.userId).toBe(user);
        expect(idsOf(await listed(store))).toEqual(expect.arrayContaining([...idsOf(conversations)]));
      }
    });
  });

  it('a search finds the sessions in which a word stands', async () => {
    await onHistories(async (store, writer) => {
      const having = writer.db
        .prepare<[string, string], string>(
          `SELECT DISTINCT s.id FROM sessions s LEFT JOIN messages m ON m.session_id = s.id AND m.active = 1
            WHERE instr(' ' || m.content || ' ', ?) > 0 OR s.title = ? ORDER BY s.id`,
        )
        .pluck();
      for (const word of WORDS) {
        const expected = having.all(` ${word} `, word);
        const found = await listed(store, { search: word, includeChildren: true });
        expect([word, [...idsOf(found)].sort()]).toEqual([word, expected]);
        expect(found.total).toBe(expected.length);
      }
    }, SEARCH_SHARE);
  });

  it.each([
    // In a large history, an in-place change moves a session in the lists only after a comparison of its row, which a filter like this triggers.
    // Additions and removals appear in the next answer.
    ['after every change, with a filter', { platforms: SOURCES }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 1],
    ['after what is added or removed, without one', {}, [0, 2, 3, 6], 1],
    ['after what is added or removed, in a search', { search: 'amber' }, [0, 2, 3, 6], SEARCH_SHARE],
  ] as const)('%s it answers as a store that was opened behind it', async (_when, filter, kinds, share) => {
    const change = fc.tuple(fc.nat(24), fc.constantFrom<number>(...kinds));
    const property = fc.asyncProperty(
      randomHistory,
      fc.array(change, { minLength: 1, maxLength: 8 }),
      async (sessions, changes) => {
        const { stateDb } = temporaryHistory(25);
        grown(stateDb);
        const writer = HistoryWriter.open(stateDb);
        writeHistory(writer, sessions);
        const store = await open(stateDb);
        try {
          await listed(store);
          for (const [place, kind] of changes) {
            changeHistory(writer, idOf(place % sessions.length), kind);
            await store.settled();
            const later = await open(stateDb);
            for (const includeChildren of [false, true]) {
              const [now, fresh] = await Promise.all(
                // A store rechecks the entries that it shows: with this page size, most are not shown.
                [store, later].map((one) =>
                  listed(one, { ...filter, includeChildren }, '-last_active_at', 2),
                ),
              );
              expect(now?.entries.map(({ session }) => session)).toEqual(
                fresh?.entries.map(({ session }) => session),
              );
              expect([now?.total, now?.hidden]).toEqual([fresh?.total, fresh?.hidden]);
            }
            // Statistics must match at once too, after every kind of change.
            const [counted, recounted] = await Promise.all(
              [store, later].map((one) => one.repository.statistics(COUNTED)),
            );
            expect(counted).toEqual(recounted);
            await later.close();
          }
        } finally {
          writer.close();
          await store.close();
        }
      },
    );
    await checkRounds(property, share * most);
  });
}

/** A change that an agent makes to one session. */
function changeHistory(writer: HistoryWriter, id: string, kind: number): void {
  const run = (sql: string, ...values: readonly (string | number | null)[]): unknown =>
    writer.db.prepare(sql).run(...values);
  switch (kind) {
    case 0:
      writer.addMessage({ session_id: id, role: 'user', content: 'amber news', timestamp: hour(30) });
      break;
    case 1:
      run("UPDATE sessions SET end_reason = 'compression', ended_at = ? WHERE id = ?", hour(31), id);
      break;
    case 2:
      writer.together(() => {
        run('UPDATE sessions SET parent_session_id = NULL WHERE parent_session_id = ?', id);
        run('DELETE FROM messages WHERE session_id = ?', id);
        run('DELETE FROM sessions WHERE id = ?', id);
      });
      break;
    case 3:
      writer.addSession({
        id: `${id}-${String(changesOf(writer))}`,
        source: 'cli',
        started_at: hour(32),
        parent_session_id: id,
      });
      break;
    case 4:
      run('UPDATE sessions SET archived = 1 - archived WHERE id = ?', id);
      break;
    case 5:
      writer.together(() => {
        run('UPDATE messages SET active = 0 WHERE session_id = ?', id);
        run('UPDATE sessions SET rewind_count = rewind_count + 1 WHERE id = ?', id);
      });
      break;
    case 6:
      run('DELETE FROM messages WHERE id = (SELECT max(id) FROM messages WHERE session_id = ?)', id);
      break;
    case 7:
      run('UPDATE sessions SET parent_session_id = NULL WHERE id = ?', id);
      break;
    case 8:
      run('UPDATE sessions SET model_config = NULL, title = NULL WHERE id = ?', id);
      break;
    default:
      run("UPDATE sessions SET source = 'telegram', last_activity_at = ? WHERE id = ?", hour(33), id);
  }
}

/** The writer's total number of changed rows, which never repeats. */
function changesOf(writer: HistoryWriter): number {
  return writer.db.prepare<[], number>('SELECT total_changes()').pluck().get() ?? 0;
}
