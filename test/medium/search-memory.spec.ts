import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { Deadline } from '../../src/sessions/search/deadline.js';
import { parseSearch, type SearchTerm } from '../../src/sessions/search/search-query.js';
import { readLayout, type HistoryMoment } from '../../src/stores/hermes/file/layout.js';
import { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import type { FoundSessions } from '../../src/stores/hermes/search/found-sessions.js';
import type { IndexSupplement } from '../../src/stores/hermes/search/index-supplement.js';
import { MessageScan } from '../../src/stores/hermes/search/message-scan.js';
import { NewMessages } from '../../src/stores/hermes/search/new-messages.js';
import { readStructured } from '../../src/stores/hermes/search/structured-messages.js';
import { searchTranscript } from '../../src/stores/hermes/search/transcript-search.js';
import { damageLongValues } from '../support/damaged-messages.js';
import { hour } from '../support/histories.js';
import { temporaryHistory } from '../support/temporary-history.js';

const MEBIBYTE = 1024 * 1024;
const PICTURES = 10;

function query(text: string): NonNullable<ReturnType<typeof parseSearch>> {
  const parsed = parseSearch(text);
  if (parsed === undefined) throw new Error('nothing to search for');
  return parsed;
}

describe('a search in messages with pictures', () => {
  let writer: HistoryWriter;
  let reader: SqliteReader;
  let history: HistoryMoment;

  beforeAll(() => {
    writer = HistoryWriter.open(temporaryHistory(25).stateDb);
    writer.addSession({ id: 's', source: 'cli', started_at: hour(1) });
    for (let index = 0; index < PICTURES; index++) {
      const picture = {
        type: 'image_url',
        image_url: { url: `data:image/png;base64,${'A'.repeat(MEBIBYTE)}` },
      };
      const content = `\0json:${JSON.stringify([{ type: 'text', text: 'A 用API picture' }, picture])}`;
      writer.addMessage({ session_id: 's', role: 'user', content, timestamp: hour(1) + index });
    }
    writer.db.exec('CREATE TEMP TABLE known_messages AS SELECT id, 1 AS session FROM messages');
    reader = new SqliteReader(writer.db);
    history = { reader, layout: readLayout(writer.db) };
  });

  afterAll(() => {
    writer.close();
  });

  /** Each with how many messages it finds, or mixed words. */
  const searches: readonly (readonly [string, () => number])[] = [
    [
      'in what an index names',
      () => {
        const found = readStructured(history, query('picture'), 'messages_fts', {
          spellings: (term) => [term],
          mixedWords: [],
          deadline: new Deadline(60_000),
        });
        return found.hits.length;
      },
    ],
    [
      'without an index',
      () => {
        const taken: unknown[] = [];
        const found = { take: (hits: readonly unknown[]) => taken.push(...hits) };
        const scan = new MessageScan(history);
        const way = { deadline: new Deadline(60_000) };
        scan.findAfter(0, query('用'), way, found as unknown as FoundSessions);
        return taken.length;
      },
    ],
    [
      'in a transcript',
      () => {
        const request = { text: 'picture', sessionIds: ['s'], includeInactive: false };
        const found = searchTranscript(history, request, new Deadline(60_000));
        return found.ids.length;
      },
    ],
    [
      'for words of new messages',
      () => {
        const messages = new NewMessages(history);
        messages.readSince({ throughId: 0, hiddenMessages: [] } as unknown as IndexSupplement);
        return messages.count;
      },
    ],
  ];

  it.each(searches)('reads some megabytes at a time %s', (_where, search) => {
    const read = jest.spyOn(reader, 'all');
    expect(search()).toBe(PICTURES);
    const sizes = read.mock.results.map(({ value }) => JSON.stringify(value).length);
    read.mockRestore();
    expect(Math.max(...sizes)).toBeGreaterThan(MEBIBYTE);
    expect(Math.max(...sizes)).toBeLessThan(5 * MEBIBYTE);
  });
});

describe('a search whose index names messages that may have pictures', () => {
  const tables = ['messages_fts', 'messages_fts_trigram'] as const;
  let path: string;
  let open: HistoryWriter | undefined;

  beforeEach(() => {
    path = temporaryHistory(25, 'delete').stateDb;
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 's', source: 'cli', started_at: hour(1) });
    const contents = [
      `\0json:${JSON.stringify([{ type: 'text', text: 'a picture' }, { url: 'A'.repeat(100_000) }])}`,
      `\0json:${JSON.stringify([{ type: 'text', text: 'a drawing' }, { url: 'picture' }])}`,
      'json: say that of a picture',
      'a picture as json: [...]',
    ];
    contents.forEach((content, at) => {
      writer.addMessage({ session_id: 's', role: 'user', content, timestamp: hour(1) + at });
    });
    writer.close();
  });

  afterEach(() => {
    open?.close();
    open = undefined;
  });

  /** @param left milliseconds. */
  function read(table: (typeof tables)[number], left: number): ReturnType<typeof readStructured> {
    open ??= HistoryWriter.open(path);
    const deadline = new Deadline(left);
    const spellings = (term: SearchTerm): readonly SearchTerm[] => [term];
    const moment = { reader: new SqliteReader(open.db), layout: readLayout(open.db) };
    return readStructured(moment, query('picture'), table, { spellings, mixedWords: [], deadline });
  }

  it.each(tables)('leaves to the index what begins as they do, and is plain text: %s', (table) => {
    expect(read(table, 60_000)).toEqual({ hits: [1], noHits: [2], isWhole: true });
  });

  it.each(tables)('reads none of them for which it has no time: %s', (table) => {
    damageLongValues(path);
    expect(read(table, -1)).toEqual({ hits: [], noHits: [1, 2, 3], isWhole: false });
    expect(() => read(table, 60_000)).toThrow('malformed');
  });
});
