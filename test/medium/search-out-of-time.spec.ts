import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { Deadline, DeadlineError } from '../../src/sessions/search/deadline.js';
import { HistorySearch, type SearchFindings } from '../../src/stores/hermes/search/history-search.js';
import type { SqliteReader } from '../../src/stores/hermes/file/sqlite-reader.js';
import type { IndexSupplement } from '../../src/stores/hermes/search/index-supplement.js';
import { toMixedWords } from '../../src/stores/hermes/search/mixed-words.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { openIndexed } from '../support/indexed-history.js';

/** Is over once it was looked at so many times. */
class CountedDeadline extends Deadline {
  constructor(private looks: number) {
    super(60_000);
  }

  override part(share: number): Deadline {
    return new CountedDeadline(this.looks * share);
  }

  override check(): void {
    if (this.looks-- <= 0) throw new DeadlineError('out of time');
  }
}

describe('a search that runs out of time', () => {
  function find(change: string, text: string, looks: number): SearchFindings | undefined {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'pears', source: 'cli', started_at: hour(40) });
    for (let at = 0; at < 10; at++) say(writer, 'pears', 'user', `a pear, 梨 ${at}`, hour(40) + at);
    writer.db.unsafeMode(true);
    writer.db.exec(change);
    writer.close();
    const history = openIndexed(path);
    const deadline = new CountedDeadline(looks);
    const search = new HistorySearch(history);
    const filter = { access: {}, search: text, archived: 'any', includeChildren: false } as const;
    const request = { filter, sort: 'relevance', limit: 20, start: { offset: 0 } } as const;
    try {
      return search.find({ text, request, every: 1, profile: 'default', supplement: undefined, deadline });
    } finally {
      history.reader.db.close();
    }
  }

  const damage = 'UPDATE messages_fts_data SET block = zeroblob(length(block)) WHERE id > 10';
  const newest = 28;

  it('in the place of a damaged index has found the newest, and says that there may be more', () => {
    const found = find(damage, 'pear', 3);
    expect(found?.entries).toMatchObject([{ id: 'pears', message_id: newest }]);
    expect(found?.incomplete).toBe(true);
  });

  it('has failed where it was known that no index would answer', () => {
    expect(() => find('', '梨', 3)).toThrow(DeadlineError);
  });
});

describe('a search beside thousands of messages with pictures', () => {
  const MANY = 2600;
  let search: HistorySearch;
  let open: SqliteReader;

  beforeAll(() => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.together(() => {
      for (let at = 0; at < MANY; at++) {
        const id = `screen-${at}`;
        const text = at < 300 ? 'für line\nzebra' : 'für picture';
        const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
        // As Python writes it.
        const json = JSON.stringify([{ type: 'text', text }, picture]).replaceAll('ü', '\\u00fc');
        writer.addSession({ id, source: 'cli', started_at: hour(40) + at });
        say(writer, id, 'user', `\0json:${json}`, hour(40) + at);
      }
    });
    writer.close();
    const history = openIndexed(path);
    search = new HistorySearch(history);
    open = history.reader;
  });

  afterAll(() => {
    open.db.close();
  });

  function find(
    text: string,
    deadline: Deadline,
    escapedWords: readonly string[] = [],
  ): SearchFindings | undefined {
    const filter = { access: {}, search: text, archived: 'any', includeChildren: false } as const;
    const request = { filter, sort: 'last_active_at', limit: 1, start: { offset: 0 } } as const;
    const mixedWords = toMixedWords(escapedWords);
    const throughId = 1e6 + escapedWords.length;
    const supplement = { mixedWords, hiddenMessages: [], throughId, isWhole: true };
    return search.find({
      ...{ text, request, every: 1, profile: 'default', deadline },
      supplement: supplement as unknown as IndexSupplement,
    });
  }

  it.each([
    ['image', 0],
    ['zebra OR picture', MANY],
    ['für', MANY],
  ])('finds what they say, and no word of the JSON around it: %s', (text, total) => {
    expect(find(text, new Deadline(60_000))).toMatchObject({ counts: { total }, incomplete: false });
  });

  it('takes none of them for a hit that it had no time to read, and says so', () => {
    const found = find('image OR picture', new CountedDeadline(1000));
    expect(found?.counts.total).toBeGreaterThan(0);
    expect(found?.counts.total).toBeLessThan(MANY - 300);
    expect(found?.incomplete).toBe(true);
  });

  it.each(['image OR picture', 'line zebra', 'p* i* f*'])(
    'takes none of them for a hit that it had no time to find, and says so: %s',
    (text) => {
      expect(find(text, new CountedDeadline(2))).toMatchObject({ counts: { total: 0 }, incomplete: true });
    },
  );

  describe('in the index of which thousands of escaped words begin alike', () => {
    const PREFIXES = ['f', 'l', 'p', 'z'];
    const ESCAPES = 500;
    const words = PREFIXES.flatMap((prefix) =>
      Array.from(
        { length: 4 * ESCAPES },
        (_, at) => `u${(0x4e00 + (at % ESCAPES)).toString(16)}${prefix}x${at}`,
      ),
    );

    function asked(text: string): readonly string[] {
      const matches: string[] = [];
      const tuples = open.tuples.bind(open);
      const spy = jest.spyOn(open, 'tuples').mockImplementation((sql, ...parameters) => {
        if (sql.includes('MATCH')) matches.push(String(parameters[0]));
        return tuples(sql, ...parameters);
      });
      try {
        const found = find(text, new CountedDeadline(100_000), words);
        expect(found).toMatchObject({ counts: { total: 300 }, incomplete: false });
        return matches;
      } finally {
        spy.mockRestore();
      }
    }

    it('has those decoded once, though each search is given a supplement of its own', () => {
      find('fx1', new CountedDeadline(100_000), words);
      const decode = jest.spyOn(Buffer.prototype, 'toString');
      try {
        find('fx1', new CountedDeadline(100_000), words);
        expect(decode.mock.calls.length).toBeLessThan(words.length / 2);
      } finally {
        decode.mockRestore();
      }
    });

    it('asks for each of several short beginnings by itself, and for each escape before one once', () => {
      const matches = asked('f* l* z*');
      const groups = Math.ceil((ESCAPES + 4) / 200);
      expect(matches).toHaveLength(3 * groups);
      expect(matches.join(' ').split(' OR ').length).toBeLessThan(3 * (ESCAPES + 10));
    });
  });
});
